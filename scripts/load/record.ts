import { accessSync, closeSync, constants, existsSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { HistoryRecord, RunHeader } from '../oracle/history.ts';

/** Writes a history (`history/1`) as JSON lines. */
export interface Recorder {
  write(record: HistoryRecord): void;
  /** Hands everything written so far to the operating system. */
  flush(): void;
  close(): void;
  /** Why the history is incomplete, or null. A full disk ends the recording, never the load. */
  failure(): Error | null;
}

const BUFFER_BYTES = 64 * 1024;

/**
 * Opens the file and writes the header at once, so that a wrong path or a full disk is known before the load starts.
 * Throws an Error that says so. Writes are synchronous and in blocks: some microseconds per second of load, in
 * exchange for a history that is complete at exit, whatever ended the run.
 */
export function openRecorder(file: string, header: RunHeader): Recorder {
  let buffered = '';
  let failure: Error | null = null;
  let closed = false;
  let fd: number;
  try {
    fd = openSync(file, 'w');
    writeAll(fd, `${JSON.stringify(header)}\n`);
  } catch (error) {
    throw new Error(`cannot write the history to ${file}: ${(error as Error).message}`);
  }

  function flush(): void {
    // A closed number may belong to somebody else's file or socket by now.
    if (closed || failure !== null || buffered === '') return;
    try {
      writeAll(fd, buffered);
    } catch (error) {
      failure = new Error(`the history in ${file} is incomplete: ${(error as Error).message}`);
    }
    buffered = '';
  }

  return {
    write(record) {
      if (closed || failure !== null) return;
      buffered += `${JSON.stringify(record)}\n`;
      if (buffered.length >= BUFFER_BYTES) flush();
    },
    flush,
    close() {
      if (closed) return;
      flush();
      closed = true;
      closeSync(fd);
    },
    failure: () => failure,
  };
}

/** Throws an Error unless `file` can be written later; does not touch what is in it. */
export function requireWritable(file: string): void {
  try {
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (error) {
    throw new Error(`cannot write ${file}: ${(error as Error).message}`);
  }
}

/** A write may take only a part; the rest follows. */
function writeAll(fd: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest));
}
