import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { HistoryRecord, Line, Observation } from '../../scripts/oracle/history.ts';

export interface RecordedRun {
  shoppers?: number;
  seconds?: number;
  /** what each shopper does once a second, with a look at the end; adds by default, reads never start a cart */
  kind?: 'add' | 'read';
  marks?: { t: number; what: string }[];
  /** seconds in which replica 2 forgets all its sessions */
  forgetAt?: number[];
  /** from this second on nobody is answered */
  silentFrom?: number;
  sku?: string;
}

export const HEADER = {
  type: 'run',
  schema: 'history/1',
  run: 'k3f',
  seed: 41,
  sessionTtlMs: 86_400_000,
} as const;

/** A history as the load script records it: shopper n lives on replica 1 to 3, and does one thing a second. */
export function recordedRun(run: RecordedRun = {}): HistoryRecord[] {
  const { shoppers = 6, seconds = 10, marks = [] } = run;
  const records: HistoryRecord[] = [];
  const carts = Array.from({ length: shoppers }, (): { id: string | null; lines: Line[]; boot: number } => ({
    id: null,
    lines: [],
    boot: 1,
  }));
  for (let second = 0; second < seconds; second++) {
    for (const { t, what } of marks) {
      if (Math.floor(t / 1000) === second) records.push({ type: 'mark', t, what });
    }
    for (const [index, cart] of carts.entries()) {
      const replica = (index % 3) + 1;
      if (replica === 2 && run.forgetAt?.includes(second))
        Object.assign(cart, { id: null, lines: [], boot: cart.boot + 1 });
      records.push(...oneStep(run, { index, second, cart, life: `shop-${replica}#${cart.boot}` }));
    }
  }
  return records;
}

function oneStep(
  {
    shoppers = 6,
    seconds = 10,
    kind: usual = 'add',
    sku = 'mug',
    silentFrom = Number.POSITIVE_INFINITY,
  }: RecordedRun,
  at: { index: number; second: number; cart: { id: string | null; lines: Line[] }; life: string },
): HistoryRecord[] {
  const { index, second, cart, life } = at;
  const kind = second === seconds - 1 ? 'read' : usual;
  const shopper = `s${index + 1}`;
  const key = `k3f.${shopper}.${second + 1}`;
  const t = second * 1000 + 200 + Math.floor((index * 700) / shoppers);
  const call = second + 1;
  const op = kind === 'read' ? ({ key, kind } as const) : ({ key, kind, sku, qty: 1 } as const);
  const sent: HistoryRecord = { type: 'invoke', t, shopper, call, op };
  if (second >= silentFrom) return [sent, { type: 'unknown', t: t + 50, shopper, call, reason: 'timeout' }];
  if (kind === 'add') {
    cart.id ??= `cart-${shopper}-${second}`;
    cart.lines = [...cart.lines, { id: key, sku, qty: 1, w: key }];
  }
  const shown = { id: cart.id, born: 'new', lines: cart.lines };
  const obs: Observation = { user: null, cart: shown, servedBy: life.split('#')[0] ?? '', boot: life };
  return [sent, { type: 'ok', t: t + 2 + (index % 9), shopper, call, obs }];
}

/** The records as a file, gone when the test ends. */
export function historyFile(t: TestContext, records: readonly unknown[] | string): string {
  const folder = mkdtempSync(join(tmpdir(), 'cartwreck-history-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'run.jsonl');
  const lines =
    typeof records === 'string' ? records : records.map((one) => `${JSON.stringify(one)}\n`).join('');
  writeFileSync(file, lines);
  return file;
}
