import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyOf } from '../apps/agent/runtime/docker/copy.ts';
import { DockerRuntime } from '../apps/agent/runtime/docker/docker.ts';
import { Engine } from '../apps/agent/runtime/docker/engine.ts';
import { LABEL, type Order, refusal, SERVICES } from '../apps/agent/runtime/docker/guard.ts';
import { inspectionOf } from './support/docker-inspection.ts';

const SCOPE = { project: 'cartwreck', self: 'the-agent' };
const EVERY_ORDER: Order[] = [
  'inspect',
  'start',
  'stop',
  'kill',
  'pause',
  'unpause',
  'logs',
  'copy',
  'remove',
];

const labels = (more: Record<string, string> = {}): Record<string, string> => ({
  [LABEL.project]: 'cartwreck',
  [LABEL.service]: 'shop',
  [LABEL.number]: '2',
  [LABEL.oneoff]: 'False',
  ...more,
});
const without = (label: string): Record<string, string> =>
  Object.fromEntries(Object.entries(labels()).filter(([name]) => name !== label));

test('everything may be asked of a shop of our project', () => {
  for (const order of EVERY_ORDER)
    assert.equal(refusal(SCOPE, order, { id: 'a-shop', labels: labels() }), null);
});

test('the other members may be hurt and started, and neither copied nor removed', () => {
  for (const service of SERVICES.filter((name) => name !== 'shop')) {
    const subject = { id: 'another', labels: labels({ [LABEL.service]: service }) };
    const refused = EVERY_ORDER.filter((order) => refusal(SCOPE, order, subject) !== null);
    assert.deepEqual(refused, ['copy', 'remove'], service);
  }
});

const NOT_OURS: [what: string, labels: Record<string, string>, why: RegExp][] = [
  ['another project', labels({ [LABEL.project]: 'payroll' }), /project "payroll", and this is "cartwreck"/],
  ['a project whose name begins like ours', labels({ [LABEL.project]: 'cartwreck2' }), /"cartwreck2"/],
  ['a container without labels', {}, /no compose project/],
  ['our project label on a service of another name', labels({ [LABEL.service]: 'db' }), /service is "db"/],
  ['the agent', labels({ [LABEL.service]: 'agent' }), /service is "agent"/],
  ['the reaper', labels({ [LABEL.service]: 'reaper' }), /service is "reaper"/],
  ['no service', without(LABEL.service), /service is ""/],
  ['a service called like a method of objects', labels({ [LABEL.service]: 'toString' }), /"toString"/],
  ["somebody's docker compose run", labels({ [LABEL.oneoff]: 'True' }), /one-off/],
  ['an unknown kind of one-off', without(LABEL.oneoff), /one-off/],
  ['no number', without(LABEL.number), /container-number/],
  ['a number that is none', labels({ [LABEL.number]: '2x' }), /container-number/],
  ['the number 0', labels({ [LABEL.number]: '0' }), /container-number/],
];

for (const [what, theirs, why] of NOT_OURS) {
  test(`nothing may be asked of ${what}`, () => {
    for (const order of EVERY_ORDER)
      assert.match(refusal(SCOPE, order, { id: 'a-container', labels: theirs }) ?? 'allowed', why, order);
  });
}

test('this program never touches its own container, whatever labels it carries', () => {
  for (const order of EVERY_ORDER)
    assert.match(refusal(SCOPE, order, { id: 'the-agent', labels: labels() }) ?? 'allowed', /runs in/);
});

test('a copy takes everything from the original, and nothing from anybody else', () => {
  const original = inspectionOf({ labels: labels() });
  const { create } = copyOf(original, 5);
  const { PortBindings, ...host } = original.HostConfig;
  assert.equal(create.Image, original.Image, 'the image itself, not a tag that may have moved');
  assert.deepEqual(create.Env, original.Config.Env);
  assert.deepEqual(create.HostConfig, host);
  assert.equal(copyOf.length, 2, 'the original and a number: there is no way in for a bind or a privilege');
});

test('what is made of Docker is all there is: no exec, no pull, no create from wishes', () => {
  const surface = (made: { prototype: object }) =>
    Object.getOwnPropertyNames(made.prototype)
      .filter((name) => name !== 'constructor')
      .sort();
  const port = ['add', 'close', 'kill', 'members', 'pause', 'remove', 'restart', 'resume', 'start', 'stop'];
  assert.deepEqual(surface(DockerRuntime), [...port, 'attach', 'release'].sort());
  const orders = ['copy', 'inspect', 'kill', 'pause', 'remove', 'start', 'stop', 'unpause'];
  assert.deepEqual(surface(Engine), [...orders, 'events', 'lastWords', 'list'].sort());
  // Numbers and ids only: `copy(number)`, `stop(container, graceMs)`.
  assert.deepEqual([Engine.prototype.copy.length, DockerRuntime.prototype.add.length], [1, 0]);
});
