import assert from 'node:assert/strict';
import { test } from 'node:test';
import type Docker from 'dockerode';
import { Engine } from '../../apps/agent/runtime/docker/engine.ts';
import { LABEL } from '../../apps/agent/runtime/docker/guard.ts';
import { RuntimeError } from '../../apps/agent/runtime/runtime.ts';
import { openProject, SKIP_DOCKER } from '../support/docker-project.ts';
import { watchProject } from '../support/docker-runtime.ts';
import { refusal } from '../support/runtime-contract.ts';

const options = { skip: SKIP_DOCKER };

/** Each way in which the engine can be made to touch a container. */
const VERBS: [verb: string, touch: (engine: Engine, container: string) => Promise<unknown>][] = [
  ['inspect', (engine, id) => engine.inspect(id)],
  ['start', (engine, id) => engine.start(id)],
  ['stop', (engine, id) => engine.stop(id, 0)],
  ['kill', (engine, id) => engine.kill(id)],
  ['pause', (engine, id) => engine.pause(id)],
  ['unpause', (engine, id) => engine.unpause(id)],
  ['remove', (engine, id) => engine.remove(id)],
];

async function assertUntouchable(engine: Engine, target: Docker.Container, why: RegExp): Promise<void> {
  const before = (await target.inspect()).State;
  for (const [verb, touch] of VERBS) {
    // By its full id, by the beginning of it, and by its name: whatever it is called, it is the same container.
    const { Id, Name } = await target.inspect();
    for (const called of [Id, Id.slice(0, 12), Name.slice(1)]) {
      await assert.rejects(touch(engine, called), (error) => {
        assert.ok(error instanceof RuntimeError, `${verb}: ${error}`);
        assert.match(error.message, why);
        return true;
      });
    }
    assert.deepEqual((await target.inspect()).State, before, verb);
  }
  assert.match(await engine.lastWords(target.id, null), why, 'its log is not read either');
}

test('a container of another project is never touched, not even by its full id', options, async (t) => {
  const { docker, project, create } = await openProject(t);
  const Labels = { [LABEL.project]: 'payroll' };
  const theirs = await create('shop', 1, { name: `${project}_payroll_shop_1`, Labels });
  await theirs.start();
  const engine = new Engine(docker, { project, self: null });
  await assertUntouchable(engine, theirs, /refused to .*project "payroll"/);
  assert.deepEqual(await engine.list(), []);
});

test(
  'our project label on a container of another service opens nothing: labels can be forged',
  options,
  async (t) => {
    const under = watchProject(t, await openProject(t));
    const { docker, project, create } = under.project;
    const forged = await create('db', 1);
    await forged.start();
    await assertUntouchable(new Engine(docker, { project, self: null }), forged, /service is "db"/);
    await under.runtime.attach();
    assert.deepEqual(under.runtime.members(), []);
  },
);

test('the container this program runs in is never touched, whatever its labels', options, async (t) => {
  const project = await openProject(t);
  const own = await project.create('shop', 1);
  await own.start();
  const engine = new Engine(project.docker, { project: project.project, self: own.id });
  await assertUntouchable(engine, own, /the container this program runs in/);
  const under = watchProject(t, project, { self: own.id });
  await under.runtime.attach();
  assert.deepEqual(under.runtime.members(), []);
});

test('only shops are removed', options, async (t) => {
  const { docker, project, create } = await openProject(t);
  const redis = await create('redis', 1);
  const engine = new Engine(docker, { project, self: null });
  await assert.rejects(engine.remove(redis.id), /refused to remove.*its service is "redis"/);
  await redis.inspect();
});

test('a copy may no more than its original', options, async (t) => {
  const under = watchProject(t, await openProject(t));
  const { docker, create } = under.project;
  const original = await create('shop', 1, {
    User: 'node',
    Env: ['COLOUR=green'],
    HostConfig: { Memory: 96 * 1024 * 1024, CapDrop: ['ALL'], ReadonlyRootfs: false },
  });
  await original.start();
  await under.runtime.attach();
  await under.runtime.add();
  const [before, after] = await Promise.all(
    ['shop-1', 'shop-2'].map((id) => docker.getContainer(containerOf(under.runtime, id)).inspect()),
  );
  assert.deepEqual(after?.HostConfig, before?.HostConfig);
  assert.deepEqual(
    after?.Mounts.map(({ Source, Destination, RW }) => [Source, Destination, RW]),
    before?.Mounts.map(({ Source, Destination, RW }) => [Source, Destination, RW]),
  );
  assert.deepEqual(after?.Config.Env, before?.Config.Env);
  assert.equal(after?.Image, before?.Image);
});

test('whoever took the name of the next shop is left alone, and the reason is told', options, async (t) => {
  const under = watchProject(t, await openProject(t));
  const { project, create } = under.project;
  await create('shop', 1);
  const squatter = await create('shop', 2, { Labels: { [LABEL.project]: 'payroll' } });
  await squatter.start();
  await under.runtime.attach();
  await assert.rejects(under.runtime.add(), refusal('failed', new RegExp(`${project}_shop_2.*in use`)));
  assert.equal((await squatter.inspect()).State.Running, true);
  assert.deepEqual(
    under.runtime.members().map(({ id }) => id),
    ['shop-1'],
  );
});

function containerOf(runtime: { members(): { id: string; handle: string | null }[] }, id: string): string {
  const handle = runtime.members().find((member) => member.id === id)?.handle ?? '';
  return handle.replace('container ', '');
}
