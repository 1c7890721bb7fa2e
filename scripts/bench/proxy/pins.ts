import { callApi } from '../../../lib/call.ts';
import type { TableView } from '../../../proxy/contract.ts';
import type { OurProxy } from './our-proxy.ts';
import { runClient } from './own-client.ts';
import { rssMiBOf } from './rounds.ts';

/** Requests before anything is weighed, so that what they leave behind does not count. */
const WARM_UP = 100_000;

/** Shopper 0, 1, 2 …: `#` becomes the number. */
export const SHOPPERS = 'cw_sid=s#';

/** Has the proxy learn so many shoppers, one after the other. Returns what RSS grew by, MiB. */
export async function fill(proxy: OurProxy, count: number): Promise<number> {
  await runClient(proxy.url, 0, '', WARM_UP);
  const before = rssMiBOf(proxy.pid);
  const { errors } = await runClient(proxy.url, 0, SHOPPERS, count);
  const { size } = await callApi<TableView>(`${proxy.controlUrl}/table`);
  if (errors > 0 || size !== count)
    throw new Error(`expected ${count} pins, got ${size} and ${errors} errors`);
  return rssMiBOf(proxy.pid) - before;
}

/** Has some more come to a full table, and says in a line who had to leave for them. */
export async function whoLeaves(proxy: OurProxy, count: number): Promise<string> {
  for (let more = 0; more < LATECOMERS; more++) await isKnown(proxy, count + more);
  // Asking is a use, and who is unknown is learned: the first comes last, or others would leave for it.
  const asked: [string, number][] = [
    ['the newest', count + LATECOMERS - 1],
    [`number ${2 * LATECOMERS}`, 2 * LATECOMERS],
    ['the first', 0],
  ];
  const words = [];
  for (const [who, shopper] of asked) {
    words.push(`${who} is ${(await isKnown(proxy, shopper)) ? 'there' : 'gone'}`);
  }
  return `room for ${count.toLocaleString('en-US')} pins, and ${LATECOMERS} more came: ${words.join(', ')}\n`;
}

/** More than the connections over which the table was filled, whose order is not exact. */
const LATECOMERS = 100;

async function isKnown(proxy: OurProxy, shopper: number): Promise<boolean> {
  const headers = { cookie: SHOPPERS.replace('#', String(shopper)) };
  const { headers: answer } = await fetch(proxy.url, { headers });
  return answer.get('x-affinity')?.startsWith('V') === true;
}
