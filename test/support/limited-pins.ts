import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { ProxyFlags } from '../../proxy/config.ts';
import { pinOf, send } from './client.ts';
import { startTestProxy } from './proxy.ts';
import { startUpstream } from './upstream.ts';

/** When the wall clock of these tests begins. */
export const START_S = 1_800_000_000;

/** A plain pin with its dates, last seen and first. */
export const dated = (id: string, lastS: number, firstS: number): string =>
  `${id}|${lastS.toString(36)}|${firstS.toString(36)}`;

/** Two replicas, pins that count 10 s after their last use and 30 s in all, and a clock that passes when it is told to. */
export async function startLimitedPins(t: TestContext, flags: Partial<ProxyFlags> = {}) {
  let nowMs = START_S * 1000;
  const shops = await Promise.all(['shop-1', 'shop-2'].map((id) => startUpstream(t, id)));
  const limits = { 'pin-life': 'limited', 'pin-max-idle': 10_000, 'pin-max-life': 30_000 } as const;
  const rim = { wallMs: () => nowMs };
  const proxy = await startTestProxy(t, { affinity: 'cookie', ...limits, ...flags, rim, upstreams: shops });

  function pass(seconds: number): void {
    nowMs += seconds * 1000;
  }

  /** `pin`: what the client has afterwards, the one it sent where none was set. */
  async function visit(pin?: string): Promise<{ by: string; letters: string; pin: string }> {
    const answer = await send(proxy.port, pin === undefined ? {} : { headers: { cookie: `cw_pin=${pin}` } });
    assert.equal(answer.status, 200);
    const letters = String(answer.headers['x-affinity']);
    return { by: answer.body.toString(), letters, pin: pinOf(answer) ?? pin ?? '' };
  }

  /** "pin.made", "pin.lost shop-1 idle": all since the start. */
  function pinEvents(): string[] {
    return proxy.state.events.since(0).flatMap((event) => {
      if (event.type === 'pin.lost') return [`pin.lost ${event.upstream ?? 'nobody'} ${event.why}`];
      return event.type.startsWith('pin.') ? [event.type] : [];
    });
  }

  return { ...proxy, shops, pass, visit, pinEvents };
}
