import { FAULTS, type FaultName, type FaultRow } from '../../../agent/contract.ts';

/** One value that may be said with a fault, as the `with` of its row describes it: `name=value`. */
export interface Field {
  name: string;
  /** number and text: what it is when nobody says it · choice: the first · flag: it must be said */
  kind: 'number' | 'choice' | 'flag' | 'text';
  initial: string;
  options: string[];
  /** what an empty text stands for: "what it uses now" */
  hint: string;
}

const PAIR = /(\w+)=(<[^>]*>|\S+)/g;

/** "latencyMs=100 between=a|b" → two fields. A fault that takes nothing has none. */
export function fieldsOf(fault: FaultName): Field[] {
  const row: FaultRow = FAULTS[fault];
  return [...(row.with ?? '').matchAll(PAIR)].map(([, name = '', value = '']) => fieldOf(name, value));
}

function fieldOf(name: string, value: string): Field {
  const plain = { name, initial: value, options: [], hint: '' };
  if (value === 'true') return { ...plain, kind: 'flag' };
  if (value.startsWith('<')) return { ...plain, kind: 'text', initial: '', hint: value.slice(1, -1) };
  if (value.includes('|')) {
    const options = value.split('|');
    return { ...plain, kind: 'choice', initial: options[0] ?? '', options };
  }
  return { ...plain, kind: Number.isNaN(Number(value)) ? 'text' : 'number' };
}

/** What to send: only what differs from what the cluster does by itself, and flags, which it wants to hear. */
export function wordsOf(
  fields: readonly Field[],
  typed: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const said = fields.flatMap(({ name, kind, initial }): [string, unknown][] => {
    const text = (typed[name] ?? initial).trim();
    if (kind === 'flag') return [[name, true]];
    if (text === initial || text === '') return [];
    return [[name, kind === 'number' || /^\d+$/.test(text) ? Number(text) : text]];
  });
  return Object.fromEntries(said);
}

/** "latencyMs" → "latency, ms"; "kbPerSecond" → "kb per second" */
export function fieldLabel(name: string): string {
  const words = name.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
  return words.replace(/ ms$/, ', ms');
}
