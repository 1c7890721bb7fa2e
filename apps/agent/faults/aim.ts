import { ApiError, notFound } from '../../lib/api-error.ts';
import { parseDuration } from '../../lib/duration.ts';
import { FAULTS, type FaultRequest, type MemberView } from './contract.ts';

const MAX_FOR_MS = 3_600_000;

/**
 * Who is meant by a fault's target: a member of the fault's role by its id, or any ready one for "random". Aiming at
 * nothing is an error and never a success (Pumba's exit 0 for zero matches hides typing mistakes).
 */
export function aim({ fault, target }: FaultRequest, members: MemberView[], random = Math.random): string {
  const { role } = FAULTS[fault];
  const candidates = members.filter((member) => member.role === role);
  if (candidates.length === 0) {
    throw new ApiError(409, 'no_target', `${fault} has no target: this cluster runs no ${role} of its own`);
  }
  const known = candidates.map(({ id }) => id).join(', ');
  if (target === 'random') {
    const ready = candidates.filter(({ state }) => state === 'ready');
    const chosen = ready[Math.floor(random() * ready.length)];
    if (chosen) return chosen.id;
    throw new ApiError(409, 'no_target', `no ${role} is ready; there are ${known}`);
  }
  if (candidates.some(({ id }) => id === target)) return target;
  throw notFound(`${fault} cannot be aimed at "${target}"; it can at ${known} or random`);
}

/** The time after which a fault undoes itself; null = it waits for somebody to do it. */
export function readFor({ fault, for: text }: FaultRequest): number | null {
  if (text === undefined) return null;
  if (FAULTS[fault].undo === null) {
    throw new ApiError(400, 'no_undo', `${fault} is over when it is done: it takes no "for"`);
  }
  let ms: number;
  try {
    ms = parseDuration(text);
  } catch (error) {
    throw new ApiError(400, 'bad_time', `for: ${(error as Error).message}`);
  }
  if (ms > MAX_FOR_MS) throw new ApiError(400, 'bad_time', `for: expected at most 1h, got "${text}"`);
  return ms;
}
