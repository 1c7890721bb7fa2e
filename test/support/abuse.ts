import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { send, type Wire } from './client.ts';
import type { Holdings } from './proxy-child.ts';
import { type ProxyProcess, startProxyProcess } from './proxy-process.ts';
import { type Respond, readWhole, type Seen, startUpstream, type TestUpstream } from './upstream.ts';
import { waitFor } from './wait.ts';

/** Health checks, and connections that are kept for the next request. */
const SOCKETS_LEFT = 20;
const TIMERS_LEFT = 20;
/** What the proxy may have learned meanwhile: compiled code, metrics of new statuses, remembered events. */
const HEAP_LEFT_MIB = 12;
const RECOVERY_MS = 30_000;
/** Replicas and a thousand clients share a process with each other: a check may wait for its turn. */
const PATIENCE = ['--check-timeout', '10s', '--connect-timeout', '10s', '--first-byte-timeout', '20s'];
const FLAGS = ['--affinity', 'cookie', '--idle-timeout', '500ms', ...PATIENCE];

export const get = (...fields: string[]): string =>
  ['GET / HTTP/1.1', 'Host: x', ...fields, '', ''].join('\r\n');
export const post = (...fields: string[]): string => get(...fields).replace('GET', 'POST');

/** A proxy in a process of its own before three replicas, to be abused. */
export interface Stage {
  proxy: ProxyProcess;
  shops: TestUpstream[];
  /** The same proxy answers, and holds about what it held before. */
  wellAgain(): Promise<void>;
}

export async function stage(
  t: TestContext,
  { respond, flags = [] }: { respond?: Respond; flags?: string[] } = {},
): Promise<Stage> {
  const quick: Respond = async (seen) => void (await readWhole(seen)).res.end('ok');
  const shops = await Promise.all(
    ['shop-1', 'shop-2', 'shop-3'].map((id) => startUpstream(t, id, respond ?? quick)),
  );
  const proxy = await startProxyProcess(t, [...FLAGS, ...flags]);
  await proxy.place(shops.map(({ address }) => address));
  // The first requests compile and connect.
  for (let turn = 0; turn < 50; turn++) await send(proxy.port, { path: '/well' });
  const before = await proxy.holdings();
  const wellAgain = async () => {
    await proxy.idle();
    for (const _ of shops) assert.equal((await send(proxy.port, { path: '/well' })).status, 200);
    let last = before;
    const isWell = async () => {
      last = await proxy.holdings();
      return within(last, before);
    };
    await waitFor('the proxy to hold what it held before', isWell, { timeoutMs: RECOVERY_MS }).catch(() =>
      assert.fail(`it held ${JSON.stringify(before)}, now it holds ${JSON.stringify(last)}`),
    );
    assert.deepEqual(last.defects, []);
    assert.equal(proxy.exitCode(), null);
    assert.equal(proxy.errors(), '');
  };
  return { proxy, shops, wellAgain };
}

const within = (now: Holdings, before: Holdings): boolean =>
  now.sockets <= before.sockets + SOCKETS_LEFT &&
  now.timers <= before.timers + TIMERS_LEFT &&
  now.heapMiB <= before.heapMiB + HEAP_LEFT_MIB;

/** The targets of all that replicas have seen. */
export const seenBy = (shops: readonly TestUpstream[]): string[] =>
  shops.flatMap(({ requests }) => requests.map(({ url }) => url));
export const asked = (shops: readonly TestUpstream[], path: string): Seen[] =>
  shops.flatMap(({ requests }) => requests.filter(({ url }) => url === path));

/** The status of the first answer on a bare connection. */
export async function statusOf(wire: Wire): Promise<string> {
  await waitFor('an answer', () => /^HTTP\/1\.1 [0-9]{3} /.test(wire.text()));
  return wire.text().slice(9, 12);
}
