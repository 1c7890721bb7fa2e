import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { AgentEvent, MemberView } from '../../apps/agent/contract.ts';
import { type Runtime, RuntimeError } from '../../apps/agent/runtime/runtime.ts';
import { waitFor } from './wait.ts';

/** How the next lives of the shops are: like any good program, deaf to SIGTERM, or dead before they are ready. */
export type Behaviour = 'good' | 'deaf' | 'broken';

/** What a broken one says before it dies. */
export const LAST_WORDS = /the shelf is broken/;

/** An adapter of the Runtime port, and what a test needs beside it. It begins without any shop. */
export interface RuntimeUnderTest {
  runtime: Runtime;
  /** everything it told, in order */
  events: AgentEvent[];
  behave(behaviour: Behaviour): void;
  /** SIGKILL by somebody who is not the runtime */
  killFromOutside(id: string): void;
  /** The life that answers for this shop; null when nothing answers soon. */
  ask(id: string): Promise<string | null>;
}

export interface Adapter {
  name: string;
  /** `close` must be called when the test ends */
  make(t: TestContext): Promise<RuntimeUnderTest>;
  /** a shop that ignores SIGTERM can be made */
  canBeDeaf: boolean;
  /**
   * A shop counts its own starts (nobody can give a container another environment for each start). Then a start that is
   * broken off before it could count is not counted. Otherwise the runtime counts, and every start.
   */
  countsItself?: boolean;
  /** The address may be another one after a start: Docker promises none. */
  mayMove?: boolean;
  /** why none of it can be checked here */
  skip?: string | false;
}

/** Each rule has a runtime of its own, and most of its time is waiting. */
const AT_ONCE = 3;

/** What every adapter of the Runtime port must do. One call per adapter, at the top of a test file. */
export function runtimeContract(adapter: Adapter): void {
  describe(
    `the runtime contract: ${adapter.name}`,
    { concurrency: AT_ONCE, skip: adapter.skip ?? false },
    () => addRules(adapter),
  );
}

function addRules(adapter: Adapter): void {
  const rule = (
    sentence: string,
    check: (under: RuntimeUnderTest) => Promise<void>,
    options: { skip?: boolean | string } = {},
  ) => test(sentence, options, async (t) => check(await adapter.make(t)));

  rule('a shop that was added answers, and was told of from start to ready', async (under) => {
    assert.equal(await under.runtime.add(), 'shop-1');
    const shop = find(under, 'shop-1');
    assert.deepEqual([shop.role, shop.life, shop.state], ['shop', 'shop-1#1', 'ready']);
    assert.equal(await under.ask('shop-1'), 'shop-1#1');
    assert.deepEqual(types(under), ['replica.started', 'replica.ready']);
    const ready = under.events.at(-1);
    assert.ok(ready?.type === 'replica.ready' && ready.ms > 0 && ready.life === 'shop-1#1', told(under));
  });

  rule('shops are numbered from the lowest free number and listed in that order', async (under) => {
    const added = await Promise.all([under.runtime.add(), under.runtime.add(), under.runtime.add()]);
    assert.deepEqual(added, ['shop-1', 'shop-2', 'shop-3']);
    await under.runtime.remove('shop-1', { graceMs: 2000 });
    assert.deepEqual(ids(under), ['shop-2', 'shop-3']);
    assert.equal(await under.runtime.add(), 'shop-1');
    assert.deepEqual(ids(under), ['shop-1', 'shop-2', 'shop-3']);
  });

  rule('starting what runs changes nothing, and starts at the same time are one', async (under) => {
    const { runtime } = under;
    await runtime.add();
    await runtime.start('shop-1');
    assert.equal(find(under, 'shop-1').life, 'shop-1#1');
    await runtime.stop('shop-1', { graceMs: 2000 });
    await Promise.all([runtime.start('shop-1'), runtime.start('shop-1'), runtime.start('shop-1')]);
    assert.equal(find(under, 'shop-1').state, 'ready', 'each of them waits until it is ready');
    await waitFor('its second life to answer', async () => (await under.ask('shop-1')) === 'shop-1#2');
    assert.equal(count(under, 'replica.started'), 2);
  });

  rule('a stop is there when it resolves, is expected, and is a success when repeated', async (under) => {
    const { runtime } = under;
    await runtime.add();
    await Promise.all([runtime.stop('shop-1', { graceMs: 2000 }), runtime.stop('shop-1', { graceMs: 2000 })]);
    assert.equal(find(under, 'shop-1').state, 'exited');
    assert.equal(find(under, 'shop-1').handle, null);
    assert.equal(await under.ask('shop-1'), null);
    await runtime.stop('shop-1', { graceMs: 2000 });
    assert.equal(count(under, 'replica.exited'), 1);
    const exit = under.events.at(-1);
    assert.ok(exit?.type === 'replica.exited' && exit.expected, told(under));
    assert.doesNotMatch(exit.how, /KILL/, 'it had the time to end by itself');
  });

  rule(
    'what does not listen to a stop is killed when the grace is over, and a second stop can shorten it',
    async (under) => {
      under.behave('deaf');
      await under.runtime.add();
      await under.runtime.stop('shop-1', { graceMs: 50 });
      assert.equal(find(under, 'shop-1').state, 'exited');
      await under.runtime.start('shop-1');
      const patient = under.runtime.stop('shop-1', { graceMs: 60_000 });
      await Promise.all([patient, under.runtime.stop('shop-1', { graceMs: 50 })]);
      assert.equal(find(under, 'shop-1').state, 'exited');
      const exit = under.events.at(-1);
      assert.ok(exit?.type === 'replica.exited' && exit.expected && /KILL/.test(exit.how), told(under));
    },
    {
      skip: adapter.canBeDeaf
        ? false
        : 'a real replica always listens to SIGTERM; the small programs show this rule',
    },
  );

  rule('a killed shop stays dead, while one that dies by itself is started again', async (under) => {
    const { runtime, events } = under;
    await runtime.add();
    await runtime.add();
    await runtime.kill('shop-1');
    assert.equal(find(under, 'shop-1').state, 'exited');
    assert.equal(await under.ask('shop-1'), null);
    under.killFromOutside('shop-2');
    await waitFor('the second life of shop-2', async () => (await under.ask('shop-2')) === 'shop-2#2');
    assert.equal(find(under, 'shop-1').life, 'shop-1#1', 'it had the same time to come back');
    const exits = events.filter((event) => event.type === 'replica.exited');
    assert.deepEqual(
      exits.map(({ replica, expected }) => [replica, expected]),
      [
        ['shop-1', true],
        ['shop-2', false],
      ],
    );
  });

  rule('who dies again and again is waited for longer each time', async (under) => {
    await under.runtime.add();
    const waits: number[] = [];
    for (let boot = 1; boot <= 3; boot++) {
      await waitFor(`life ${boot}`, async () => (await under.ask('shop-1')) === `shop-1#${boot}`);
      const killed = performance.now();
      under.killFromOutside('shop-1');
      await waitFor('the next start', () => count(under, 'replica.started') === boot + 1);
      waits.push(performance.now() - killed);
    }
    // Lower bounds only: a busy machine makes every wait longer, and none shorter.
    const shortest = [100, 200, 400];
    const tooSoon = waits.filter((wait, index) => wait < (shortest[index] ?? 0));
    assert.deepEqual(tooSoon, [], `waits: ${waits.map(Math.round).join(', ')} ms`);
  });

  rule('killing or pausing what does not run is refused', async (under) => {
    const { runtime } = under;
    await runtime.add();
    await runtime.stop('shop-1', { graceMs: 2000 });
    await assert.rejects(runtime.kill('shop-1'), refusal('wrong-state', /shop-1/));
    await assert.rejects(runtime.pause('shop-1'), refusal('wrong-state', /shop-1/));
  });

  rule('a refused kill does not take away the next life of one that died by itself', async (under) => {
    await under.runtime.add();
    under.killFromOutside('shop-1');
    await waitFor('its death', () => find(under, 'shop-1').state === 'exited');
    await assert.rejects(under.runtime.kill('shop-1'), refusal('wrong-state', /shop-1/));
    await waitFor('its second life', async () => (await under.ask('shop-1')) === 'shop-1#2');
  });

  rule('every verb refuses an unknown member and names those there are', async (under) => {
    const { runtime } = under;
    await runtime.add();
    const verbs: Record<string, () => Promise<void>> = {
      start: () => runtime.start('shop-9'),
      stop: () => runtime.stop('shop-9', { graceMs: 0 }),
      kill: () => runtime.kill('shop-9'),
      pause: () => runtime.pause('shop-9'),
      resume: () => runtime.resume('shop-9'),
      restart: () => runtime.restart('shop-9', { graceMs: 0 }),
      remove: () => runtime.remove('shop-9', { graceMs: 0 }),
    };
    for (const [name, verb] of Object.entries(verbs)) {
      await assert.rejects(verb(), refusal('not-found', /"shop-9".*shop-1/), name);
    }
  });

  rule(
    'a paused shop answers nothing until it is resumed; both are a success when repeated',
    async (under) => {
      const { runtime } = under;
      await runtime.add();
      await runtime.pause('shop-1');
      await runtime.pause('shop-1');
      assert.equal(find(under, 'shop-1').state, 'paused');
      assert.equal(await under.ask('shop-1'), null);
      await runtime.resume('shop-1');
      await runtime.resume('shop-1');
      assert.equal(find(under, 'shop-1').state, 'ready');
      assert.equal(await under.ask('shop-1'), 'shop-1#1');
      assert.deepEqual(types(under).slice(2), ['replica.paused', 'replica.resumed']);
    },
  );

  rule('a stop resumes a paused shop, so that it can end by itself', async (under) => {
    await under.runtime.add();
    await under.runtime.pause('shop-1');
    await under.runtime.stop('shop-1', { graceMs: 5000 });
    const exit = under.events.at(-1);
    assert.ok(exit?.type === 'replica.exited' && exit.expected, told(under));
    assert.doesNotMatch(exit.how, /KILL/);
  });

  rule('a paused shop can be killed', async (under) => {
    await under.runtime.add();
    await under.runtime.pause('shop-1');
    await under.runtime.kill('shop-1');
    assert.equal(find(under, 'shop-1').state, 'exited');
  });

  rule(
    `every start is a new life ${adapter.mayMove ? 'that is found' : 'at the same address'}`,
    async (under) => {
      const { runtime } = under;
      await runtime.add();
      const { address } = find(under, 'shop-1');
      await runtime.restart('shop-1', { graceMs: 2000 });
      assert.equal(await under.ask('shop-1'), 'shop-1#2');
      await runtime.kill('shop-1');
      await runtime.start('shop-1');
      assert.equal(await under.ask('shop-1'), 'shop-1#3');
      await runtime.stop('shop-1', { graceMs: 2000 });
      await runtime.restart('shop-1', { graceMs: 2000 });
      assert.equal(await under.ask('shop-1'), 'shop-1#4');
      if (!adapter.mayMove) assert.deepEqual(find(under, 'shop-1').address, address);
    },
  );

  rule('a removed shop is gone and forgotten', async (under) => {
    await under.runtime.add();
    await under.runtime.add();
    await under.runtime.remove('shop-2', { graceMs: 2000 });
    assert.deepEqual(ids(under), ['shop-1']);
    assert.deepEqual(under.events.at(-1), { type: 'replica.removed', replica: 'shop-2' });
  });

  rule(
    'a start that fails says so in the last words of the program, and nothing of it stays',
    async (under) => {
      const { runtime } = under;
      under.behave('broken');
      await assert.rejects(runtime.add(), refusal('failed', LAST_WORDS));
      assert.deepEqual(ids(under), []);
      assert.deepEqual(types(under), ['replica.started', 'replica.exited', 'replica.removed']);
      under.behave('good');
      assert.equal(await runtime.add(), 'shop-1');
      await runtime.stop('shop-1', { graceMs: 2000 });
      under.behave('broken');
      await assert.rejects(runtime.start('shop-1'), refusal('failed', LAST_WORDS));
      assert.equal(find(under, 'shop-1').state, 'exited', 'known before, it stays known');
      const exit = under.events.at(-1);
      assert.ok(
        exit?.type === 'replica.exited' && exit.expected,
        'nobody starts it again but who asks for it',
      );
    },
  );

  rule('who dies by itself is tried again even when its next life cannot start', async (under) => {
    await under.runtime.add();
    under.behave('broken');
    under.killFromOutside('shop-1');
    await waitFor('two failed lives', () => count(under, 'replica.exited') >= 3);
    under.behave('good');
    await waitFor('a life that answers', () => under.ask('shop-1'));
  });

  rule('a stop ends the attempts to start it again', async (under) => {
    const { runtime, events } = under;
    await runtime.add();
    await runtime.add();
    under.behave('broken');
    under.killFromOutside('shop-1');
    // In the middle of an attempt: the most awkward moment.
    await waitFor(
      'an attempt under way',
      () => find(under, 'shop-1').life !== 'shop-1#1' && find(under, 'shop-1').state === 'starting',
    );
    await runtime.stop('shop-1', { graceMs: 0 });
    under.behave('good');
    const from = events.length;
    // Two deaths of the other: longer than the first would have waited for its next attempt.
    for (const next of ['shop-2#2', 'shop-2#3']) {
      under.killFromOutside('shop-2');
      await waitFor(next, async () => (await under.ask('shop-2')) === next);
    }
    const started = events.slice(from).filter((event) => event.type === 'replica.started');
    assert.deepEqual(
      started.map(({ life }) => life),
      ['shop-2#2', 'shop-2#3'],
    );
    assert.equal(find(under, 'shop-1').state, 'exited');
  });

  rule('a stop during a start wins: the start fails, and the next one is not harmed by it', async (under) => {
    const { runtime } = under;
    await runtime.add();
    await runtime.stop('shop-1', { graceMs: 2000 });
    const starting = runtime.start('shop-1');
    const failure = assert.rejects(starting, RuntimeError);
    await waitFor('it to be starting', () => find(under, 'shop-1').state === 'starting');
    await runtime.stop('shop-1', { graceMs: 0 });
    assert.equal(find(under, 'shop-1').state, 'exited');
    await runtime.start('shop-1');
    await failure;
    const boots = Number((await under.ask('shop-1'))?.split('#')[1]);
    assert.ok(boots === 3 || (adapter.countsItself && boots === 2), `it is in life ${boots}`);
    assert.equal(find(under, 'shop-1').life, `shop-1#${boots}`);
    under.killFromOutside('shop-1');
    const next = `shop-1#${boots + 1}`;
    await waitFor('its next life', async () => (await under.ask('shop-1')) === next);
  });

  rule('after close nothing runs and nothing can be started', async (under) => {
    const { runtime } = under;
    await Promise.all([runtime.add(), runtime.add(), runtime.add()]);
    await runtime.pause('shop-2');
    under.killFromOutside('shop-3');
    await waitFor('the death of shop-3', () => find(under, 'shop-3').state === 'exited');
    const restarting = assert.rejects(runtime.restart('shop-1', { graceMs: 2000 }), RuntimeError);
    await runtime.close();
    await restarting;
    assert.deepEqual(
      runtime.members().map(({ state }) => state),
      ['exited', 'exited', 'exited'],
    );
    await runtime.close();
    await assert.rejects(runtime.start('shop-1'), refusal('wrong-state', /./));
    await assert.rejects(runtime.add(), refusal('wrong-state', /./));
  });
}

/** Checks a RuntimeError by its reason and what it says. */
export const refusal = (reason: RuntimeError['reason'], message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RuntimeError, `expected a RuntimeError, got ${error}`);
  assert.equal(error.reason, reason);
  assert.match(error.message, message);
  return true;
};

function find({ runtime }: RuntimeUnderTest, id: string): MemberView {
  const member = runtime.members().find((candidate) => candidate.id === id);
  assert.ok(member, `${id} is a member`);
  return member;
}

const ids = ({ runtime }: RuntimeUnderTest): string[] => runtime.members().map(({ id }) => id);
/** What was told, for a failure. */
const told = ({ events }: RuntimeUnderTest): string => JSON.stringify(events, null, 1);
const types = ({ events }: RuntimeUnderTest): string[] => events.map(({ type }) => type);
const count = ({ events }: RuntimeUnderTest, type: AgentEvent['type']): number =>
  events.filter((event) => event.type === type).length;
