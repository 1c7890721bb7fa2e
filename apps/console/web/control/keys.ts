/** What a key does: an order, with its number where there are several of a kind. */
export interface KeyRow {
  keys: readonly string[];
  /** how it is printed on a keyboard */
  show: string;
  what: string;
  order: Order;
}

export type Order =
  | 'pause'
  | 'affinity'
  | 'sessions'
  | 'kill'
  | 'deploy'
  | 'freeze'
  | 'more'
  | 'fewer'
  | 'undo'
  | 'blank'
  | 'next'
  | 'back'
  | 'help';

/** Letters of a presenter; also what clickers send. Reset is Alt+R held, see HOLD_RESET_MS. */
export const KEYS: readonly KeyRow[] = [
  { keys: [' ', '.'], show: 'Space or .', what: 'Pause the picture', order: 'pause' },
  { keys: ['1', '2', '3', '4', '5', '6'], show: '1 to 6', what: 'Affinity', order: 'affinity' },
  { keys: ['q', 'w', 'e'], show: 'Q W E', what: 'Where sessions live', order: 'sessions' },
  { keys: ['k'], show: 'K', what: 'Kill the replica with the most carts', order: 'kill' },
  { keys: ['f'], show: 'F', what: 'Freeze it for 8 s', order: 'freeze' },
  { keys: ['d'], show: 'D', what: 'Rolling deploy', order: 'deploy' },
  { keys: ['+', '='], show: '+', what: 'Add a replica', order: 'more' },
  { keys: ['-'], show: '-', what: 'Remove a replica', order: 'fewer' },
  { keys: ['z'], show: 'Z', what: 'Undo the last fault', order: 'undo' },
  { keys: ['b'], show: 'B', what: 'Blank the stage', order: 'blank' },
  { keys: ['PageDown'], show: 'PgDn', what: 'Vote: next step', order: 'next' },
  { keys: ['PageUp'], show: 'PgUp', what: 'Vote: take it away', order: 'back' },
  { keys: ['?'], show: '?', what: 'This list', order: 'help' },
];

export const HOLD_RESET_MS = 1000;

/** What was pressed means, and which of its keys it was; null = nothing of ours. */
export function orderOf(key: string): { order: Order; index: number } | null {
  const pressed = key.length === 1 ? key.toLowerCase() : key;
  for (const { keys, order } of KEYS) {
    const index = keys.indexOf(pressed);
    if (index >= 0) return { order, index };
  }
  return null;
}
