import { createConnection } from 'node:net';
import type { MemberView } from '../../contract.ts';
import type { Before, Hands } from '../action.ts';

/** How the faults look at members: from outside, as the proxy and the shops do. */

/** A member that runs answers well within this; one that does not in this time counts as not answering. */
const ANSWER_MS = 250;

export const find = ({ runtime }: Pick<Hands, 'runtime'>, id: string): MemberView | undefined =>
  runtime.members().find((member) => member.id === id);

/** Whether it answers a request of its own protocol now: HTTP, or PING at the store. */
export async function answers({ role, address }: MemberView): Promise<boolean> {
  if (address === null) return false;
  return role === 'store' ? answersLine(address, 'PING\r\n') : answersHttp(address);
}

async function answersHttp({ host, port }: { host: string; port: number }): Promise<boolean> {
  const path = `http://${host.includes(':') ? `[${host}]` : host}:${port}/healthz`;
  const limit = { signal: AbortSignal.timeout(ANSWER_MS), headers: { connection: 'close' } };
  // Whatever it says, it says something.
  return fetch(path, limit).then(
    (answer) => answer.text().then(() => true),
    () => false,
  );
}

function answersLine(address: { host: string; port: number }, line: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(address, () => socket.write(line));
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_MS, () => settle(false));
    socket.once('data', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
}

/** Why not every target is in this state and silent; null: they are. */
export async function notSilent(
  hands: Hands,
  targets: readonly string[],
  state: MemberView['state'],
): Promise<string | null> {
  const looked = await Promise.all(
    targets.map(async (id) => {
      const member = find(hands, id);
      if (!member) return null;
      if (member.state !== state) return `${id} is ${member.state}, not ${state}`;
      return (await answers(member)) ? `${id} still answers` : null;
    }),
  );
  return looked.find((why) => why !== null) ?? null;
}

/** The lives and states of members, to know afterwards what was changed. */
export function readMembers(hands: Hands, targets: readonly string[]): Before {
  const members = targets.flatMap((id) => find(hands, id) ?? []);
  return Object.fromEntries(members.map(({ id, life, state }) => [id, { life, state }]));
}

/** What `readMembers` has noted about one. */
export const noted = (before: Before, id: string): { life?: string; state?: string } =>
  (before?.[id] ?? {}) as { life?: string; state?: string };

/** Why not every target runs in a new life; null: they do. */
export function notReborn(hands: Hands, targets: readonly string[], before: Before): string | null {
  for (const id of targets) {
    const member = find(hands, id);
    if (member?.state !== 'ready') return `${id} is ${member?.state ?? 'gone'}, not ready`;
    if (member.life === noted(before, id).life) return `${id} is still in its life ${member.life}`;
  }
  return null;
}

/** Does it to every target at once. Waits for all of them, then throws the first failure. */
export async function each<T>(targets: readonly T[], work: (target: T) => Promise<void>): Promise<void> {
  const done = await Promise.allSettled(targets.map(work));
  const failed = done.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
