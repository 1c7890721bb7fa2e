import type { CartsProgress } from '../../../../scripts/load/contract.ts';
import type { Model } from './model.ts';

/** One of the three numbers; `alarming` = carts are broken, the only thing that may be vermillion. */
export interface NumberView {
  name: 'broken' | 'hit' | 'errors';
  /** "–" before anything was counted */
  value: string;
  of: string | null;
  text: string;
  alarming: boolean;
}

export interface LoadView {
  /** "60 shoppers, 66 req/s" */
  isText: string;
  /** a load that was started here runs and can be stopped here */
  running: boolean;
}

/** Progress comes four times a second; after this long without, the load script is gone. */
const PROGRESS_LASTS_MS = 3000;

/** Broken carts are silent and errors are seen: they are counted apart. */
export function numberViews(load: CartsProgress | null): NumberView[] {
  if (load === null) {
    return [
      { name: 'broken', value: '–', of: null, text: 'broken carts', alarming: false },
      { name: 'hit', value: '–', of: null, text: 'shoppers hit', alarming: false },
      { name: 'errors', value: '–', of: null, text: 'errors', alarming: false },
    ];
  }
  const { carts, shoppersHit, shoppers, errors } = load;
  return [
    {
      name: 'broken',
      value: String(carts.broken),
      of: String(carts.checked),
      text: `broken carts${carts.undecided > 0 ? `, ${carts.undecided} undecided` : ''}`,
      alarming: carts.broken > 0,
    },
    {
      name: 'hit',
      value: String(shoppersHit),
      of: String(shoppers),
      text: 'shoppers hit',
      alarming: false,
    },
    {
      name: 'errors',
      value: String(errors.fail + errors.unknown),
      of: null,
      text: `errors: ${errors.fail} failed, ${errors.unknown} unknown`,
      alarming: false,
    },
  ];
}

export function loadView({ state, progressAtMs }: Model, nowMs: number): LoadView {
  const running = state?.loadRunning ?? false;
  const load = state?.load ?? null;
  const moving = load && !load.done && progressAtMs !== null && nowMs - progressAtMs < PROGRESS_LASTS_MS;
  if (moving) return { running, isText: `${load.shoppers} shoppers, ${load.requestsPerSecond} req/s` };
  if (running) return { running, isText: 'running' };
  return { running, isText: load === null ? 'none yet' : 'stopped' };
}
