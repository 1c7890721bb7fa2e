import { EMPTY_SCENE } from '../../scene/scene.ts';
import { numbersView } from '../picture/numbers-view.ts';
import type { Model } from './model.ts';

/** One of the three numbers; `alarming` = carts are broken, the only thing that may be vermillion. */
export interface NumberView {
  name: 'broken' | 'silent' | 'blast';
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

/** Broken carts are silent and errors are seen: they are counted apart. The third is what the last fault broke. */
export function numberViews({ state }: Model): NumberView[] {
  const { broken, carts, silent, errors, blast, alarming } = numbersView(state?.scene ?? EMPTY_SCENE);
  const radius = blast === '–' ? blast : `${blast} %`;
  return [
    { name: 'broken', value: broken, of: carts, text: 'broken carts now', alarming },
    { name: 'silent', value: silent, of: null, text: `silent · ${errors}`, alarming: false },
    { name: 'blast', value: radius, of: null, text: 'blast radius', alarming: false },
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
