/** Docker hands out a file of a container as a tar archive. This reads the first plain file of one; null: there is none. */
export function fileInTar(archive: Buffer): Buffer | null {
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const size = Number.parseInt(archive.toString('latin1', at + SIZE_AT, at + SIZE_END), 8);
    const type = archive[at + TYPE_AT];
    if (!Number.isSafeInteger(size)) return null;
    const start = at + BLOCK;
    if (type === PLAIN || type === PLAIN_OLD)
      return start + size <= archive.length ? archive.subarray(start, start + size) : null;
    // Something else, such as the attributes of the file that follows.
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return null;
}

/** The format of POSIX.1-1988, "ustar": a header of one block, then the content in whole blocks. */
const BLOCK = 512;
const SIZE_AT = 124;
const SIZE_END = 136;
const TYPE_AT = 156;
const PLAIN = '0'.charCodeAt(0);
const PLAIN_OLD = 0;
