import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemberView } from '../../apps/agent/contract.ts';
import { LABEL } from '../../apps/agent/runtime/docker/guard.ts';
import { httpProbe, pingProbe } from '../../apps/agent/runtime/docker/probe.ts';
import { openProject, REDIS_IMAGE, SHOP_PORT, SKIP_DOCKER } from '../support/docker-project.ts';
import { type DockerRuntimeUnderTest, watchProject } from '../support/docker-runtime.ts';
import { waitFor } from '../support/wait.ts';

/** Others work on the same containers: docker compose, docker kill, another agent before us. What they do shows. */
const options = { skip: SKIP_DOCKER };

const view = ({ runtime }: DockerRuntimeUnderTest, id: string): MemberView => {
  const member = runtime.members().find((one) => one.id === id);
  assert.ok(member, `${id} is a member`);
  return member;
};
const told = ({ events }: DockerRuntimeUnderTest): string[] =>
  events.map((event) => ('replica' in event ? `${event.replica} ` : '') + event.type);
const becomes = (under: DockerRuntimeUnderTest, id: string, state: MemberView['state']) =>
  waitFor(`${id} ${state}`, () =>
    under.runtime.members().some((one) => one.id === id && one.state === state),
  );

test(
  'an agent that comes later finds every member as it is, and tells none of it as news',
  options,
  async (t) => {
    const project = await openProject(t);
    const [running, paused, dead] = await Promise.all(
      [1, 2, 3].map((number) => project.create('shop', number)),
    );
    await Promise.all([running, paused, dead].map((container) => container?.start()));
    const before = watchProject(t, project);
    await before.runtime.attach();
    await becomes(before, 'shop-1', 'ready');
    await before.runtime.restart('shop-1', { graceMs: 1000 });
    before.runtime.release();
    await paused?.pause();
    await dead?.kill();

    const under = watchProject(t, project);
    await under.runtime.attach();
    const states = under.runtime.members().map(({ id, state }) => `${id} ${state}`);
    assert.deepEqual(states, ['shop-1 ready', 'shop-2 paused', 'shop-3 exited']);
    assert.equal(view(under, 'shop-1').life, 'shop-1#2', 'as it says itself');
    assert.deepEqual(under.events, []);

    await under.runtime.resume('shop-2');
    await becomes(under, 'shop-2', 'ready');
    assert.equal(view(under, 'shop-2').life, 'shop-2#1', 'as it says when it can speak again');
    await under.runtime.start('shop-3');
    assert.equal(view(under, 'shop-3').life, 'shop-3#2', 'not what was guessed when nobody could be asked');
  },
);

test('letting go of a cluster touches nothing', options, async (t) => {
  const project = await openProject(t);
  const shop = await project.create('shop', 1);
  await shop.start();
  const under = watchProject(t, project);
  await under.runtime.attach();
  const { State } = await shop.inspect();
  under.runtime.release();
  await shop.pause();
  await waitFor('Docker to have paused it', async () => (await shop.inspect()).State.Paused);
  assert.deepEqual((await shop.inspect()).State, { ...State, Status: 'paused', Paused: true });
  assert.deepEqual(under.events, [], 'and nobody watches');
});

test(
  'a death by docker kill is told apart from a crash: one stays dead, one comes back',
  options,
  async (t) => {
    const project = await openProject(t);
    const [killed, crashed] = await Promise.all([project.create('shop', 1), project.create('shop', 2)]);
    await Promise.all([killed.start(), crashed.start()]);
    const under = watchProject(t, project);
    await under.runtime.attach();
    await Promise.all([becomes(under, 'shop-1', 'ready'), becomes(under, 'shop-2', 'ready')]);
    under.events.length = 0;
    await killed.kill();
    under.killFromOutside('shop-2');
    await waitFor('the second life of shop-2', () => told(under).includes('shop-2 replica.ready'));
    const exits = under.events.flatMap((event) =>
      event.type === 'replica.exited' ? [[event.replica, event.expected]] : [],
    );
    assert.deepEqual(exits.sort(), [
      ['shop-1', true],
      ['shop-2', false],
    ]);
    assert.equal(view(under, 'shop-1').state, 'exited');
  },
);

test('a shop that somebody else pauses is paused, and resumed when they do that', options, async (t) => {
  const project = await openProject(t);
  const shop = await project.create('shop', 1);
  await shop.start();
  const under = watchProject(t, project);
  await under.runtime.attach();
  await becomes(under, 'shop-1', 'ready');
  under.events.length = 0;
  await shop.pause();
  await becomes(under, 'shop-1', 'paused');
  await shop.unpause();
  await becomes(under, 'shop-1', 'ready');
  assert.deepEqual(told(under), ['shop-1 replica.paused', 'shop-1 replica.resumed']);
});

test('shops that compose adds and removes come and go', options, async (t) => {
  const project = await openProject(t);
  const under = watchProject(t, project);
  await under.runtime.attach();
  assert.deepEqual(under.runtime.members(), []);
  const shop = await project.create('shop', 4);
  await shop.start();
  await becomes(under, 'shop-4', 'ready');
  assert.equal(await under.ask('shop-4'), 'shop-4#1');
  await shop.remove({ force: true });
  await waitFor('nobody', () => under.runtime.members().length === 0);
  assert.deepEqual(told(under), [
    'shop-4 replica.started',
    'shop-4 replica.ready',
    'shop-4 replica.exited',
    'shop-4 replica.removed',
  ]);
  // Its number is free again, and there is still something to make a copy of.
  await Promise.all([under.runtime.add(), under.runtime.add()]);
  assert.deepEqual(
    under.runtime.members().map(({ id }) => id),
    ['shop-1', 'shop-2'],
  );
});

test('while compose replaces a container, the shop is the one that runs', options, async (t) => {
  const project = await openProject(t);
  const old = await project.create('shop', 1);
  await old.start();
  const under = watchProject(t, project);
  await under.runtime.attach();
  await becomes(under, 'shop-1', 'ready');
  under.events.length = 0;
  // As compose does it: the old one steps aside, the new one gets its name and number.
  await old.rename({ name: `${old.id.slice(0, 12)}_${project.project}_shop_1` });
  const successor = await project.create('shop', 1);
  await old.stop({ t: 1 });
  await successor.start();
  await becomes(under, 'shop-1', 'ready');
  await old.remove();
  await waitFor('it to be found', async () => (await under.ask('shop-1')) === 'shop-1#1');
  assert.equal(view(under, 'shop-1').handle, `container ${successor.id.slice(0, 12)}`);
  assert.deepEqual(told(under), ['shop-1 replica.exited', 'shop-1 replica.started', 'shop-1 replica.ready']);
});

test(
  'a shop that comes back at another address is found there, and its old address is not its own any more',
  options,
  async (t) => {
    const project = await openProject(t);
    await (await project.create('shop', 1)).start();
    const under = watchProject(t, project);
    await under.runtime.attach();
    await becomes(under, 'shop-1', 'ready');
    const before = view(under, 'shop-1').address;
    await under.runtime.stop('shop-1', { graceMs: 1000 });
    assert.deepEqual(view(under, 'shop-1').address, before, 'dead, it stays listed where it was');
    // Docker gives a free address to whoever comes next.
    await waitFor('the address to be taken', async () => {
      await under.runtime.add();
      return under.runtime
        .members()
        .some(({ id, address }) => id !== 'shop-1' && address?.host === before?.host);
    });
    assert.equal(view(under, 'shop-1').address, null, 'nobody is sent to the wrong shop');
    await under.runtime.start('shop-1');
    assert.notDeepEqual(view(under, 'shop-1').address, before);
    assert.equal(await under.ask('shop-1'), 'shop-1#2');
  },
);

test(
  'a copy is a shop of its own: host name, MAC address, number, names in every network',
  options,
  async (t) => {
    const project = await openProject(t);
    const { docker } = project;
    const second = await project.network('store');
    const original = await project.create('shop', 1);
    await docker
      .getNetwork(second)
      .connect({ Container: original.id, EndpointConfig: { Aliases: ['shop'] } });
    await original.start();
    const under = watchProject(t, project);
    await under.runtime.attach();
    await under.runtime.add();
    const [copy] = await docker.listContainers({ filters: { label: [`${LABEL.copyOf}=${original.id}`] } });
    assert.ok(copy);
    const [one, other] = await Promise.all([original.inspect(), docker.getContainer(copy.Id).inspect()]);
    assert.equal(other.Name, `/${project.project}_shop_2`);
    assert.equal(other.Config.Labels[LABEL.number], '2');
    assert.equal(other.Config.Hostname, copy.Id.slice(0, 12));
    assert.deepEqual(
      Object.keys(other.NetworkSettings.Networks).sort(),
      Object.keys(one.NetworkSettings.Networks).sort(),
    );
    for (const [name, { Aliases, MacAddress }] of Object.entries(other.NetworkSettings.Networks)) {
      assert.notEqual(MacAddress, one.NetworkSettings.Networks[name]?.MacAddress);
      const aliases = (Aliases ?? []).filter((alias: string) => alias !== copy.Id.slice(0, 12));
      assert.deepEqual(aliases.sort(), [`${project.project}_shop_2`, 'shop'].sort(), name);
    }
  },
);

test('what fails to start stays down: Docker does not go on trying', options, async (t) => {
  const project = await openProject(t);
  const shop = await project.create('shop', 1);
  const under = watchProject(t, project);
  await under.runtime.attach();
  under.behave('broken');
  await assert.rejects(under.runtime.start('shop-1'), /the shelf is broken/);
  const { State } = await shop.inspect();
  assert.deepEqual([State.Running, State.Restarting], [false, false]);
  await assert.rejects(under.runtime.add(), /the shelf is broken/);
  const all = await project.docker.listContainers({
    all: true,
    filters: { label: [`${LABEL.project}=${project.project}`] },
  });
  assert.deepEqual(
    all.map(({ Id }) => Id),
    [shop.id],
    'of a copy that never started nothing stays',
  );
});

test(
  'store and proxy are members too: found, hurt, and found again in another container',
  options,
  async (t) => {
    const project = await openProject(t);
    const proxy = { role: 'proxy', network: 'mesh', port: SHOP_PORT, probe: httpProbe('/healthz') } as const;
    const redis = { role: 'store', network: 'mesh', port: 6379, probe: pingProbe } as const;
    const under = watchProject(t, project, { services: { proxy, redis } });
    await under.runtime.attach();
    const states = () => under.runtime.members().map(({ id, state }) => `${id} ${state}`);
    assert.deepEqual(states(), ['proxy exited', 'redis exited'], 'they will come');
    await assert.rejects(under.runtime.start('redis'), /redis has no container/);

    const store = await project.create('redis', 1, {
      Image: REDIS_IMAGE,
      Entrypoint: ['redis-server', '--save', ''],
    });
    await store.start();
    await becomes(under, 'redis', 'ready');
    await under.runtime.pause('redis');
    await under.runtime.stop('redis', { graceMs: 5000 });
    await under.runtime.start('redis');
    assert.deepEqual(
      under.events.map((event) => (event.type === 'store.state' ? event.state : event.type)),
      ['starting', 'ready', 'paused', 'stopping', 'exited', 'starting', 'ready'],
    );
    await store.remove({ force: true });
    await waitFor('it to be nowhere', () => view(under, 'redis').address === null);
    assert.equal(view(under, 'redis').state, 'exited');
    const next = await project.create('redis', 1, {
      Image: REDIS_IMAGE,
      Entrypoint: ['redis-server', '--save', ''],
    });
    await next.start();
    await becomes(under, 'redis', 'ready');
    await assert.rejects(under.runtime.remove('redis', { graceMs: 0 }), /only shops can be removed/);
  },
);

test('a shop whose name somebody else has taken is not added, and what to do is said', options, async (t) => {
  const project = await openProject(t);
  const first = await project.create('shop', 1);
  await first.start();
  await project.create('shop', 2, { Labels: { [LABEL.project]: 'another' } });
  const under = watchProject(t, project);
  await under.runtime.attach();
  const name = `${project.project}_shop_2`;
  await assert.rejects(under.runtime.add(), ({ message }: Error) => {
    assert.match(message, new RegExp(`could not create ${name}: .*in use.*docker rm -f ${name}$`, 's'));
    return true;
  });
  assert.deepEqual(
    under.runtime.members().map(({ id }) => id),
    ['shop-1'],
    'nothing of it stays',
  );
});

test('a shop cannot be copied without its image, and what to do is said', options, async (t) => {
  const project = await openProject(t);
  const { docker } = project;
  const base = await project.create('shop', 1);
  const { Id: image } = (await base.commit({ comment: 'to be removed' })) as { Id: string };
  await base.remove({ force: true });
  const shop = await project.create('shop', 1, { Image: image });
  await shop.start();
  const under = watchProject(t, project);
  await under.runtime.attach();
  // As long as it runs Docker does not let its image go.
  await shop.remove({ force: true });
  await docker.getImage(image).remove({ force: true });
  await assert.rejects(under.runtime.add(), /could not create .*[Nn]o such image.*docker compose build/s);
});
