import { ApiError, badRequest } from '../../../lib/api-error.ts';
import { parseDuration } from '../../../lib/duration.ts';
import { DEFAULT_FOR_MS, FAULTS, type FaultRequest, type FaultRow, type MemberView } from '../contract.ts';

/** What keeps a fault within bounds: a time limit, a floor of ready shops, the emergency stop. */
const MAX_FOR_MS = 3_600_000;

/** The time after which a fault undoes itself; null = it waits for somebody to do it. */
export function readFor({ fault, for: text }: Pick<FaultRequest, 'fault' | 'for'>): number | null {
  const { undo, lasting }: FaultRow = FAULTS[fault];
  if (text === undefined) return undo === null || lasting ? null : DEFAULT_FOR_MS;
  if (undo === null) {
    throw badRequest('no_undo', `${fault} is over when it is done: it takes no "for"`);
  }
  let ms: number;
  try {
    ms = parseDuration(text);
  } catch (error) {
    throw badRequest('bad_time', `for: ${(error as Error).message}`);
  }
  if (ms > MAX_FOR_MS) throw badRequest('bad_time', `for: expected at most 1h, got "${text}"`);
  return ms;
}

/** The ids of the shops that can serve, as far as the runtime knows. */
export const readyShops = (members: readonly MemberView[]): string[] =>
  members.flatMap(({ id, role, state }) => (role === 'shop' && state === 'ready' ? id : []));

/** Throws ApiError when fewer shops than `minHealthy` would be left. `out` = those that open faults take out already. */
export function requireHealthy(options: {
  what: string;
  minHealthy: number;
  /** those that are ready */
  shops: readonly string[];
  out: ReadonlySet<string>;
  takes: readonly string[];
}): void {
  const { what, minHealthy, shops, out, takes } = options;
  const well = shops.filter((id) => !out.has(id));
  const left = well.filter((id) => !takes.includes(id)).length;
  // One that takes nobody makes nothing worse.
  if (left >= minHealthy || left === well.length) return;
  throw new ApiError(
    409,
    'min_healthy',
    `${what} would leave ${left} of ${well.length} ready shops, and at least ${minHealthy} must stay: ` +
      'aim at fewer, mend one first, or lower min-healthy',
  );
}

export function requireArmed(armed: boolean): void {
  if (armed) return;
  const how = 'npm run chaos -- arm (POST /api/arm)';
  throw new ApiError(
    409,
    'stopped',
    `the emergency stop was pressed: nothing is hurt until it is armed again with ${how}`,
  );
}
