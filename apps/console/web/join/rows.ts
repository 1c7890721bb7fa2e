import { type Ledger, unknownAdds } from './ledger.ts';

/** What the shop sells, in the order of its shelf. */
export const GOODS = ['mug', 'tea', 'lamp', 'book', 'socks', 'plant'] as const;

/** One product on either side of the table. */
export interface Row {
  sku: string;
  /** pieces the student put in, and pieces the shop shows */
  put: number;
  says: number;
  /** of those put in, not shown */
  gone: number;
  /** shown, and not put in */
  extra: number;
  /** adds whose fate nobody knows */
  unknown: number;
  /** the newest line the shop shows of it, to be removed; null = it shows none */
  newest: string | null;
}

/** Every product either side knows. Lines are matched by their ids: the shop never merges them. */
export function rowsOf(ledger: Ledger): Row[] {
  const { mine, seen, open } = ledger;
  const shown = seen?.lines ?? [];
  const skus = new Set<string>([...mine, ...shown].map(({ sku }) => sku));
  for (const op of open) if (op.kind === 'add') skus.add(op.sku);
  const known = new Set(mine.map(({ id }) => id));
  const there = new Set(shown.map(({ id }) => id));
  const row = (sku: string): Row => {
    const put = mine.filter((line) => line.sku === sku);
    const says = shown.filter((line) => line.sku === sku);
    const isSecond = (id: string, index: number) => says.findIndex((line) => line.id === id) < index;
    return {
      sku,
      put: piecesOf(put),
      says: piecesOf(says),
      gone: piecesOf(put.filter(({ id }) => !there.has(id))),
      extra: piecesOf(says.filter(({ id }, index) => !known.has(id) || isSecond(id, index))),
      unknown: unknownAdds(ledger, sku),
      newest: says.at(-1)?.id ?? null,
    };
  };
  return [...skus].sort((a, b) => shelf(a) - shelf(b)).map(row);
}

/** Of all these lines together. */
export const piecesOf = (lines: { qty: number }[]): number => lines.reduce((sum, { qty }) => sum + qty, 0);

/** What we do not sell, if the shop should show any, comes last. */
function shelf(sku: string): number {
  const place = (GOODS as readonly string[]).indexOf(sku);
  return place < 0 ? GOODS.length : place;
}

export const nameOf = (sku: string): string => sku.charAt(0).toUpperCase() + sku.slice(1);
