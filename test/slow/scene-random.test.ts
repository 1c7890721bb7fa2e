import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterState, Scene } from '../../apps/console/contract.ts';
import { applyToState } from '../../apps/console/scene/apply-state.ts';
import { captionOf } from '../../apps/console/scene/caption.ts';
import { LIMITS } from '../../apps/console/scene/scene.ts';
import { calmState } from '../support/cluster-state.ts';
import { randomEvents } from '../support/random-events.ts';

const SEEDS = Array.from({ length: 5 }, (_, index) => index + 1);
const EVENTS = 600;

test('whatever happens, in whatever order: nothing throws, all numbers make sense, all is bounded', () => {
  for (const seed of SEEDS) {
    let state = calmState(0);
    for (const event of randomEvents(seed, EVENTS)) {
      const before = structuredClone(state.scene);
      const next = applyToState(state, event);
      assert.deepEqual(state.scene, before, `seed ${seed}: ${event.type} changed the scene it was given`);
      state = next;
      check(state.scene, `seed ${seed}, event ${event.seq} (${event.type})`);
    }
  }
});

test('the sentence is never longer than the stage is wide', () => {
  const seen = new Set<string>();
  for (const seed of SEEDS) {
    randomEvents(seed, EVENTS).reduce<ClusterState>((state, event) => {
      const next = applyToState(state, event);
      for (const wait of [0, 9000]) {
        const { text, since } = captionOf(next, next.t + wait, next.t + wait);
        assert.ok(text.length <= 80 && text.length > 10, `seed ${seed}: ${text.length} characters: ${text}`);
        assert.ok(!/undefined|NaN|null|…/.test(text), text);
        assert.ok(/[.]$/.test(text), text);
        assert.ok(since >= 0);
        seen.add(text.replace(/[0-9]+/g, 'N'));
      }
      return next;
    }, calmState(0));
  }
  assert.ok(seen.size > 40, `only ${seen.size} different sentences were tried`);
});

test('a snapshot taken in the middle, and the rest: the same as all from the beginning', () => {
  for (const seed of SEEDS) {
    const events = randomEvents(seed, EVENTS);
    const all = events.reduce(applyToState, calmState(0));
    const cut = Math.floor((EVENTS * seed) / (SEEDS.length + 1));
    const snapshot = JSON.stringify(events.slice(0, cut).reduce(applyToState, calmState(0)));
    const rest = events.slice(cut).reduce(applyToState, JSON.parse(snapshot) as ClusterState);
    assert.deepEqual(rest, all);
  }
});

function check(scene: Scene, where: string): void {
  const { now, floor, impact, seconds, errors } = scene;
  const numbers = { ...now, ...floor, errors, ...impact };
  for (const [name, value] of Object.entries(numbers)) {
    if (typeof value === 'number')
      assert.ok(value >= 0 && Number.isFinite(value), `${where}: ${name} = ${value}`);
  }
  assert.ok(floor.unasked <= floor.lost, `${where}: more not asked for than lost`);
  if (impact) {
    assert.ok(impact.broken <= impact.carts, `${where}: ${impact.broken} of ${impact.carts} carts`);
    assert.ok(impact.fromTargets <= impact.broken && impact.again <= impact.broken, where);
  }
  for (const [index, { t, errors: failed }] of seconds.entries()) {
    assert.ok(t % 1000 === 0 && failed >= 0, `${where}: second ${t}`);
    if (index > 0) assert.equal(t - (seconds[index - 1]?.t ?? 0), 1000, `${where}: a gap before ${t}`);
  }
  const sizes = {
    seconds: seconds.length,
    flags: scene.flags.length,
    deaths: scene.deaths.length,
    robots: Object.keys(scene.robots).length,
    students: scene.students.length,
  };
  for (const [name, size] of Object.entries(sizes)) {
    assert.ok(size <= LIMITS[name as keyof typeof sizes], `${where}: ${size} ${name}`);
  }
  assert.ok(JSON.stringify(scene).length < 100_000, `${where}: ${JSON.stringify(scene).length} bytes`);
}
