import { ApiError, badRequest } from '../../../lib/api-error.ts';
import { readBody } from '../../../lib/read-body.ts';
import { FAULTS, type FaultRequest, type FaultRow, type FaultView } from '../contract.ts';
import type { Hands } from './action.ts';
import { FAULT_ACTIONS } from './actions/index.ts';
import { aim, targetText } from './aim.ts';
import { readFor } from './safety.ts';

/**
 * Reads a request into the fault it would be: aimed, with its words and its time, without a name yet. Throws ApiError for
 * a bad aim, for words that are not known, for what this cluster cannot have. `now`: ms since the run began.
 */
export async function readRequest(
  request: FaultRequest,
  { hands, now }: { hands: Hands; now(): number },
): Promise<FaultView> {
  const { fault } = request;
  const action = FAULT_ACTIONS[fault];
  const { role, with: takes = 'nothing' }: FaultRow = FAULTS[fault];
  const wantedMs = readFor(request);
  const words = readWords(() => readBody(action.with, request.with ?? {}), `${fault} takes ${takes}`);
  const forMs = action.lastsMs?.(words) ?? wantedMs;
  const targets = await aim(request, hands);
  const no = await action.refuse?.(hands, { targets, with: words });
  if (no) throw new ApiError(409, 'refused', `${fault}: ${no}`);
  const target = targetText(role, targets);
  return {
    ...{ id: '-', fault, target, targets, with: words as Record<string, unknown>, forMs },
    ...{ injectedAt: now(), state: 'injecting' as const },
  };
}

function readWords<T>(read: () => T, hint: string): T {
  try {
    return read();
  } catch (error) {
    throw badRequest('bad_body', `with: ${(error as Error).message}. ${hint}`);
  }
}
