/** One event in one plain line; `by` says who did it: somebody at the controls, or the cluster itself. */
export interface Line {
  text: string;
  by: 'you' | 'cluster';
}

/** A line about what was done at the controls. */
export const you = (text: string): Line => ({ text, by: 'you' });
/** A line about what the cluster did by itself. */
export const cluster = (text: string): Line => ({ text, by: 'cluster' });

/** Ends a switch in which every case was named: the compiler refuses an event without one; a stranger has no line. */
export const unknownTo = (_event: never): null => null;

/** 1 → "1 cart", 2 → "2 carts" */
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
