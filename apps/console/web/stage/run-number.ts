import type { RunSummary } from '../../contract.ts';
import { keyHeaders } from '../shared/access.ts';

const LIMIT_MS = 3000;
/** A run is on the console's list a moment after its first event, or never: then it has no number here. */
const ASK_AGAIN_MS = 3000;
const TIMES = 4;

/** Asks which number people know a run by; `onKnown` when the answer is there. */
export function createRunNumber(onKnown: () => void): (run: string | null) => number | null {
  let asked: { run: string; times: number; number: number | null } | null = null;
  const ask = async (run: string) => {
    const mine = asked?.run === run ? asked : { run, times: 0, number: null };
    asked = mine;
    mine.times++;
    mine.number = await numberOf(run).catch(() => null);
    if (mine.number !== null) onKnown();
    else if (mine.times < TIMES) setTimeout(() => asked === mine && void ask(run), ASK_AGAIN_MS);
  };
  return (run) => {
    if (run !== null && asked?.run !== run) void ask(run);
    return run !== null && asked?.run === run ? asked.number : null;
  };
}

async function numberOf(run: string): Promise<number | null> {
  const response = await fetch('/api/runs', { headers: keyHeaders(), signal: AbortSignal.timeout(LIMIT_MS) });
  if (!response.ok) return null;
  const runs = (await response.json()) as RunSummary[];
  return runs.find(({ id }) => id === run)?.number ?? null;
}
