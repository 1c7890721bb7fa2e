import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterEvent } from '../apps/console/contract.ts';
import { captionOf } from '../apps/console/scene/caption.ts';
import { idleBecause } from '../apps/console/web/shared/setting-groups.ts';
import { SETTINGS, type SettingName, type Settings, type UpstreamState } from '../proxy/contract.ts';
import { DEFAULTS } from '../proxy/settings.ts';
import { broke, exited, fault, Story, shopping } from './support/scene-events.ts';

/** What the proxy does about its upstreams: drained, ejected, in a panic. How it is told, and what it is blamed for. */
const lunch = (settings: Parameters<Story['with']>[0] = {}) =>
  new Story().with({ affinity: 'cookie', ...settings }).tell(...shopping(60));
const turns = (id: string, from: UpstreamState, to: UpstreamState, why = ''): ClusterEvent => ({
  ...{ type: 'upstream.state', upstream: id, life: `${id}#1`, from, to, why },
});
const drain = turns('shop-2', 'up', 'draining', 'drained by the operator');
const eject = turns('shop-2', 'up', 'ejected', '5 failures in a row');
const text = ({ state }: Story, laterMs = 0) => captionOf(state, state.t + laterMs, state.t + laterMs).text;
const flags = ({ scene }: Story) => scene.flags.map(({ lane, text: told }) => `${lane}: ${told}`);

test('a drain says who is still served, by the rule and the setting', () => {
  assert.equal(text(lunch().tell(drain)), 'shop-2 is draining. Pinned shoppers stay, new ones go elsewhere.');
  assert.equal(
    text(lunch({ drain: 'in-flight-only' }).tell(drain)),
    'shop-2 is draining. Its shoppers are sent elsewhere.',
  );
  assert.equal(
    text(lunch({ affinity: 'ip-hash' }).tell(drain)),
    'shop-2 is draining. The hash sends its shoppers elsewhere.',
  );
  assert.equal(
    text(lunch({ affinity: 'none' }).tell(drain)),
    'shop-2 is draining. New requests go to the others.',
  );
});

test('carts that break while a replica drains are its blast radius, and it is not said to be removed', () => {
  const story = lunch({ drain: 'in-flight-only' }).tell(drain, broke(2, 'shop-2#1'), broke(5, 'shop-2#1'));
  const { what, kind, broken, fromTargets } = story.scene.impact ?? assert.fail();
  assert.deepEqual([what, kind, broken, fromTargets], ['Drain shop-2', 'drain', 2, 0]);
  assert.equal(text(story), 'Draining shop-2 broke 2 of 60 carts. Its shoppers were sent elsewhere.');
  story.tell(turns('shop-2', 'draining', 'up', 'restored by the operator'));
  assert.deepEqual(flags(story), ['we: Drain shop-2', 'we: Restore shop-2']);
  story.tell(exited('shop-2#1'));
  assert.equal(story.scene.deaths.at(-1)?.how, 'stopped', 'it was restored: nothing announced its end');
});

test('a replica that drains and dies by itself was not removed, one that a deploy replaces neither', () => {
  const died = lunch().tell(drain, exited('shop-2#1', false));
  assert.equal(died.scene.deaths.at(-1)?.how, 'ended by a crash of its own');
  const deploy = { type: 'deploy.phase', id: 'd1', replica: null, done: 0, of: 3 } as const;
  const replaced = lunch().tell(drain, { ...deploy, phase: 'started' }, exited('shop-2#1'));
  assert.equal(replaced.scene.deaths.at(-1)?.how, 'replaced by a deploy');
});

test('more replicas after a drain are not taken for what the drain led to', () => {
  const story = lunch().tell(drain, { type: 'cluster.scaled', from: 3, to: 4 });
  assert.deepEqual([story.scene.impact?.what, story.scene.impact?.targets], ['3 → 4 replicas', []]);
});

test('an ejection is told with its reason, and is no death', () => {
  const story = lunch().tell(eject);
  assert.equal(text(story), 'shop-2 is ejected: 5 failures in a row.');
  assert.equal(text(story, 9000), 'All 60 carts are right. shop-2 is ejected: 5 failures in a row.');
  assert.deepEqual([story.scene.deaths, story.scene.floor.lost], [[], 0]);
  story.tell(turns('shop-2', 'ejected', 'up', 'its time is up'));
  assert.equal(text(story, 9000), 'All 60 carts are right. Each lives in the memory of one replica.');
  assert.deepEqual(flags(story), ['cluster: shop-2 ejected', 'cluster: shop-2 back']);
  assert.deepEqual(story.scene.outs, {});
});

test('a line that breaks carts because its replica was ejected says so', () => {
  const story = lunch().tell(fault('link.reset', 'shop-2'), eject, broke(2, 'shop-2#1'));
  assert.equal(text(story), 'The broken link to shop-2 broke 1 of 60 carts. It is ejected.');
});

test('a panic is news beside a fault, counted as it is now, and over when the proxy says so or ends', () => {
  const down = (id: string) => turns(id, 'up', 'down', 'health check failed');
  const panic = { type: 'pool.panic', on: true, up: 1, of: 3 } as const;
  const story = lunch().tell(
    fault('replica.kill', 'shop-1', 'shop-2'),
    down('shop-1'),
    down('shop-2'),
    panic,
  );
  assert.equal(text(story), 'Panic: 1 of 3 replicas are up, so the proxy sends to all of them.');
  assert.match(text(story, 9000), /^Killing shop-1 and shop-2 broke 0 of 60 carts/);
  assert.equal(flags(story).at(-1), 'cluster: Panic: 1 of 3 up');
  story.tell(down('shop-3'));
  assert.match(text(story), /^Panic: 0 of 3/);
  story.tell({ ...panic, on: false, up: 2 });
  assert.deepEqual([story.scene.panic, flags(story).at(-1)], [null, 'cluster: Panic is over']);
  story.tell(panic, { type: 'proxy.state', state: 'exited', how: 'signal SIGKILL' });
  assert.equal(story.scene.panic, null);
});

test('a recording of before knows no reasons and no panic, and still plays', () => {
  const story = new Story();
  const { outs: _outs, panic: _panic, ...old } = story.scene;
  story.state = { ...story.state, scene: old };
  story.tell(...shopping(60), drain, eject, turns('shop-3', 'up', 'down'));
  assert.deepEqual(Object.keys(story.scene.outs ?? {}), ['shop-2', 'shop-3']);
  assert.match(text(story), /^shop-2|^Draining/);
});

test('every value of every setting is told when it is switched, and where it has no effect that too', () => {
  const names = (Object.keys(SETTINGS) as SettingName[]).filter((name) => name !== 'sessions');
  for (const affinity of SETTINGS.affinity) {
    for (const name of names.filter((one) => one !== 'affinity')) {
      for (const value of SETTINGS[name]) {
        const settings = { ...DEFAULTS, affinity, [name]: value, epoch: 2 } as Settings;
        const told = text(lunch().tell({ type: 'settings.changed', settings, changed: [name] }));
        assert.ok(told.length <= 80 && told.endsWith('.'), told);
        assert.equal(
          told.includes(', but only with'),
          idleBecause(name, settings)?.startsWith('only with') === true,
          told,
        );
      }
    }
  }
  const settings = { ...DEFAULTS, panic: 'half-down', epoch: 2 } as const;
  assert.equal(
    text(lunch().tell({ type: 'settings.changed', settings, changed: ['panic'] })),
    'With fewer than half of the replicas up the proxy now sends to all.',
  );
});
