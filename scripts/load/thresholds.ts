import { CLASSES } from '../oracle/oracle.ts';
import type { JudgedResult, ThresholdResult } from './contract.ts';

/** What must hold of a result, e.g. `broken_carts<1`. */
export interface Threshold {
  expr: string;
  metric: string;
  operator: string;
  limit: number;
}

/** A result before its thresholds were looked at. */
export type Measured = Omit<JudgedResult, 'thresholds'>;

export const DEFAULT_THRESHOLDS: readonly string[] = ['broken_carts==0', 'checked_carts>0'];

/** null = no data: nothing was measured that this number could be made of. */
type Metric = (result: Measured) => number | null;

const ofCarts = (count: (result: Measured) => number): Metric => {
  return (result) => (result.carts.checked === 0 ? null : count(result));
};

const METRICS: Record<string, Metric> = {
  checked_carts: ofCarts(({ carts }) => carts.checked),
  broken_carts: ofCarts(({ carts }) => carts.broken),
  broken_rate: ofCarts(({ carts }) => carts.broken / carts.checked),
  shoppers_hit: ofCarts(({ shoppers }) => shoppers.hit),
  undecided: ofCarts(({ carts }) => carts.undecided),
  unverified: ofCarts(({ carts }) => carts.unverified),
  ...Object.fromEntries(CLASSES.map((name) => [snakeCase(name), ofCarts(({ broken }) => broken[name])])),
  error_rate: ({ ops }) => (ops.issued === 0 ? null : (ops.fail + ops.unknown) / ops.issued),
  'p(50)': ({ latencyMs }) => latencyMs?.p50 ?? null,
  'p(90)': ({ latencyMs }) => latencyMs?.p90 ?? null,
  'p(99)': ({ latencyMs }) => latencyMs?.p99 ?? null,
  'p(99.9)': ({ latencyMs }) => latencyMs?.p999 ?? null,
  loop_lag: ({ self }) => self?.loopLagP99Ms ?? null,
};

const OPERATORS: Record<string, (value: number, limit: number) => boolean> = {
  '<=': (value, limit) => value <= limit,
  '>=': (value, limit) => value >= limit,
  '==': (value, limit) => value === limit,
  '!=': (value, limit) => value !== limit,
  '<': (value, limit) => value < limit,
  '>': (value, limit) => value > limit,
};

/** Reads `metric operator number`; latencies are in ms. Throws an Error that names what is allowed. */
export function parseThreshold(expr: string): Threshold {
  const match = /^([a-z_]+(?:\([0-9.]+\))?)(<=|>=|==|!=|<|>)(-?[0-9]+(?:\.[0-9]+)?)$/.exec(
    expr.replaceAll(' ', ''),
  );
  const [, metric = '', operator = '', limit = ''] = match ?? [];
  if (!match) {
    throw new Error(
      `expected metric, one of ${Object.keys(OPERATORS).join(' ')}, and a number, got "${expr}"`,
    );
  }
  if (!Object.hasOwn(METRICS, metric)) {
    throw new Error(`no metric "${metric}"; there are ${Object.keys(METRICS).join(', ')}`);
  }
  return { expr: `${metric}${operator}${limit}`, metric, operator, limit: Number(limit) };
}

/** A threshold without data fails: "0 broken carts" is no news where no cart was checked. */
export function evaluate(thresholds: readonly Threshold[], result: Measured): ThresholdResult[] {
  return thresholds.map(({ expr, metric, operator, limit }) => {
    const value = METRICS[metric]?.(result) ?? null;
    return { expr, value, ok: value !== null && OPERATORS[operator]?.(value, limit) === true };
  });
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
