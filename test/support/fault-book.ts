import type { TestContext } from 'node:test';
import type { AgentEvent, MemberState, MemberView } from '../../apps/agent/contract.ts';
import type { Hands } from '../../apps/agent/faults/action.ts';
import { FaultBook } from '../../apps/agent/faults/book.ts';
import { openRecords, type Records } from '../../apps/agent/faults/records.ts';
import { KeyRing } from '../../apps/agent/keyring.ts';
import { type Runtime, RuntimeError } from '../../apps/agent/runtime/runtime.ts';
import { scratch } from './cluster.ts';

const roleOf = (id: string) => (id === 'redis' ? 'store' : id === 'proxy' ? 'proxy' : 'shop');

/** Members that only change their state. `calls` is what was asked of them; ids in `broken` fail to start. */
function pretendRuntime(ids: string[]) {
  const members = new Map(
    ids.map((id, index) => [id, { state: 'ready' as MemberState, boot: 1, since: index }]),
  );
  const calls: string[] = [];
  const broken = new Set<string>();
  let slowStop: Promise<void> = Promise.resolve();
  const become = (verb: string, id: string, state: MemberState, boots = 0) => {
    calls.push(`${verb} ${id}`);
    const { boot = 1, since = 0 } = members.get(id) ?? {};
    members.set(id, { state, boot: boot + boots, since });
  };
  const stateOf = (id: string) => members.get(id)?.state;
  const runtime = {
    kind: 'process',
    members: (): MemberView[] =>
      [...members].map(([id, { state, boot, since }]) => {
        const life = `${id}#${boot}`;
        return { id, role: roleOf(id), life, state, address: null, handle: null, since };
      }),
    async start(id) {
      if (broken.has(id)) throw new RuntimeError('failed', `${id} cannot start`);
      if (stateOf(id) === 'exited') become('start', id, 'ready', 1);
    },
    async stop(id, { graceMs }) {
      await slowStop;
      become(`stop(${graceMs})`, id, 'exited');
    },
    async kill(id) {
      if (stateOf(id) === 'exited') throw new RuntimeError('wrong-state', `${id} does not run`);
      become('kill', id, 'exited');
    },
    pause: async (id) => become('pause', id, 'paused'),
    resume: async (id) => become('resume', id, 'ready'),
    restart: async (id, { graceMs }) => become(`restart(${graceMs})`, id, 'ready', 1),
    add: () => Promise.reject(new Error('not here')),
    remove: () => Promise.reject(new Error('not here')),
    close: async () => {},
  } satisfies Runtime;
  return {
    runtime,
    calls,
    broken,
    become: (id: string, state: MemberState) => {
      become('', id, state);
      calls.pop();
    },
    remove: (id: string) => void members.delete(id),
    stateOf,
    /** stops take until the returned function is called */
    holdStops(): () => void {
      const { promise, release } = gate();
      slowStop = promise;
      return release;
    },
  };
}

function gate(): { promise: Promise<void>; release: () => void } {
  let release = () => {};
  const promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { promise, release };
}

/** A book over pretended members, its notes in a folder of its own. */
export function openBook(
  t: TestContext,
  options: {
    ids?: string[];
    minHealthy?: number;
    folder?: string;
    hands?: Partial<Hands>;
    records?: Records;
  } = {},
) {
  const pretend = pretendRuntime(options.ids ?? ['shop-1', 'shop-2', 'shop-3', 'redis', 'proxy']);
  const events: AgentEvent[] = [];
  const folder = options.folder ?? scratch(t);
  const nobody = () => Promise.reject(new Error('not here'));
  const scaled: [count: number, leaving: readonly string[]][] = [];
  const hands: Hands = {
    runtime: pretend.runtime,
    proxy: {} as Hands['proxy'],
    replicas: { call: nobody },
    store: null,
    keys: new KeyRing('k1:for this test'),
    cluster: {
      count: () => 3,
      scale: async (count, leaving = []) => void scaled.push([count, leaving]),
      deploy: nobody,
      tidy: async () => {},
    },
    ...options.hands,
  };
  const records = options.records ?? openRecords(folder);
  const { minHealthy = 0 } = options;
  const onEvent = (event: AgentEvent) => void events.push(event);
  const book = new FaultBook({ hands, records, now: () => 7, onEvent, minHealthy });
  t.after(() => book.close());
  const faultState = (id: string) => book.list().find((view) => view.id === id)?.state;
  const story = () =>
    events.flatMap((event) =>
      'fault' in event ? [`${event.type.slice(6)} ${event.id} ${event.target}`] : [event.type],
    );
  const noted = () => records.open().records.map(({ id }) => id);
  return { ...pretend, book, events, story, faultState, folder, records, noted, hands, scaled };
}
