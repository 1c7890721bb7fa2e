import type { Memory } from './news.ts';

const KEY = 'cartwreck.phone';
const NOTHING: Memory = {
  me: null,
  name: null,
  shopPort: null,
  startedAt: null,
  resetAt: null,
  ledger: null,
};

export function recall(): Memory {
  try {
    return { ...NOTHING, ...JSON.parse(localStorage.getItem(KEY) ?? '{}') };
  } catch {
    return NOTHING; // private windows may refuse; then it lives as long as the page
  }
}

export function keep(memory: Memory): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(memory));
  } catch {
    // refused or full: the page goes on without
  }
}
