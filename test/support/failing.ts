import type { TestContext } from 'node:test';
import { startTestProxy } from './proxy.ts';
import { readWhole, type Seen, startUpstream, type TestUpstream } from './upstream.ts';

/** No test waits for the end of an ejection that it does not shorten. */
export const EJECTING = { ejection: 'on', 'eject-time': 60_000 } as const;

/** Three replicas that pass their checks whatever they do; those in `failing` break every connection. */
export async function failingCluster(t: TestContext, flags: Parameters<typeof startTestProxy>[1]) {
  const failing = new Set<string>();
  const ids = ['shop-1', 'shop-2', 'shop-3'];
  const shops = await Promise.all(ids.map((id) => startFailing(t, id, failing)));
  return { ...(await startTestProxy(t, { affinity: 'cookie', ...flags, upstreams: shops })), shops, failing };
}

/** Answers with the status that the path names; /reset breaks the connection, /silent gets no answer. */
export function startFailing(
  t: TestContext,
  id: string,
  failing: ReadonlySet<string>,
  life?: string,
): Promise<TestUpstream> {
  const answer = async (seen: Seen) => {
    await readWhole(seen);
    const { url, req, res } = seen;
    if (failing.has(id) || url === '/reset') req.socket.resetAndDestroy();
    else if (url !== '/silent') res.writeHead(Number(url.slice(1)) || 200).end(id);
  };
  return startUpstream(t, id, answer, life);
}
