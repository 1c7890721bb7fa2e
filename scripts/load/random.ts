/**
 * Random numbers that depend on nothing but three whole numbers. Each step of each shopper has a generator of its
 * own, so a slow answer, a failed request or a busy machine cannot shift what is drawn next.
 */
export function randomOf(seed: number, shopper: number, step: number): () => number {
  return mulberry32(mix(mix(mix(seed) ^ shopper) ^ step));
}

/** mulberry32 (Tommy Ettinger, public domain): 32 bits of state, numbers in [0, 1). */
function mulberry32(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The finalizer of MurmurHash3: neighbouring seeds, shoppers and steps end up far apart. */
function mix(value: number): number {
  let h = (value + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
