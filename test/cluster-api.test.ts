import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeployView, FaultView } from '../apps/agent/contract.ts';
import type { Method } from '../lib/call.ts';
import { send } from './support/client.ts';
import { startTestCluster } from './support/cluster.ts';
import { commandOf } from './support/processes.ts';
import { eventsAfter, story } from './support/stream.ts';
import { waitFor } from './support/wait.ts';

/** Every call that changes something. */
const CHANGES: [Method, string, unknown][] = [
  ['PATCH', '/settings', { affinity: 'cookie' }],
  ['PATCH', '/upstreams/shop-1', { admin: 'drain' }],
  ['POST', '/faults', { fault: 'replica.kill', target: 'shop-1' }],
  ['DELETE', '/faults/f1', undefined],
  ['PUT', '/replicas', { count: 1 }],
  ['POST', '/deploys', {}],
  ['POST', '/stop', {}],
  ['POST', '/arm', {}],
  ['POST', '/reset', {}],
  ['POST', '/load', { shoppers: 1 }],
  ['DELETE', '/load', undefined],
  ['POST', '/progress', { events: [] }],
];

/** Requests that are wrong, and what is said about it. */
const MISTAKES: [Method, string, unknown, number, string, RegExp][] = [
  ['POST', '/faults', { fault: 'replica.burn', target: 'shop-1' }, 400, 'bad_body', /fault: .*replica\.kill/],
  ['POST', '/faults', { fault: 'replica.kill' }, 400, 'bad_body', /target/],
  ['POST', '/faults', { fault: 'replica.kill', target: '' }, 400, 'bad_body', /target/],
  [
    'POST',
    '/faults',
    { fault: 'replica.kill', target: 'shop-9' },
    404,
    'not_found',
    /shop-9.*shop-1, shop-2 or random/,
  ],
  ['POST', '/faults', { fault: 'store.kill', target: 'shop-1' }, 404, 'not_found', /store.kill.*redis/],
  [
    'POST',
    '/faults',
    { fault: 'replica.kill', target: 'shop-1', for: 'ever' },
    400,
    'bad_time',
    /8s.*"ever"/,
  ],
  [
    'POST',
    '/faults',
    { fault: 'proxy.restart', target: 'proxy', for: '1s' },
    400,
    'no_undo',
    /takes no "for"/,
  ],
  ['POST', '/faults', { fault: 'replica.kill', target: 'shop-1', force: 1 }, 400, 'bad_body', /force/],
  [
    'POST',
    '/faults',
    { fault: 'replica.stop', target: 'shop-1', with: { graceMs: 1e9 } },
    400,
    'bad_body',
    /graceMs/,
  ],
  [
    'POST',
    '/faults',
    { fault: 'replica.kill', target: { mode: 'some', value: 1 } },
    400,
    'bad_body',
    /target/,
  ],
  [
    'POST',
    '/faults',
    { fault: 'replica.kill', target: { mode: 'fixed', value: 3 } },
    409,
    'no_target',
    /3 were to be hit, but only 2 can be/,
  ],
  ['POST', '/faults?dry', { fault: 'replica.kill', target: 'shop-9' }, 404, 'not_found', /shop-9/],
  ['POST', '/faults', { fault: 'scale.in', with: { by: 2 } }, 409, 'refused', /one shop must stay/],
  ['POST', '/faults', { fault: 'client.whale' }, 409, 'no_load', /npm run load/],
  ['POST', '/faults', undefined, 400, 'bad_body', /./],
  ['POST', '/faults', [], 400, 'bad_body', /./],
  ['DELETE', '/faults/f77', undefined, 404, 'not_found', /"f77"; active: none/],
  ['PUT', '/replicas', { count: 0 }, 400, 'bad_count', /1 to 16.*got 0/],
  ['PUT', '/replicas', { count: 17 }, 400, 'bad_count', /1 to 16.*got 17/],
  ['PUT', '/replicas', { count: 2.5 }, 400, 'bad_count', /got 2.5/],
  ['PUT', '/replicas', { count: 'x' }, 400, 'bad_body', /count: .*expected number/],
  ['PUT', '/replicas', {}, 400, 'bad_body', /count/],
  ['POST', '/deploys', { drain: 'slowly' }, 400, 'bad_time', /drain: .*"slowly"/],
  ['POST', '/deploys', { drain: '2h' }, 400, 'bad_time', /drain: expected at most 60s/],
  ['POST', '/deploys', { strategy: 'blue-green' }, 400, 'bad_body', /rolling/],
  ['PATCH', '/settings', { affinty: 'cookie' }, 400, 'unknown_setting', /affinty.*affinity/],
  ['PATCH', '/settings', { affinity: 'glue' }, 400, 'unknown_setting', /ip-hash.*glue/],
  ['PATCH', '/settings', [], 400, 'unknown_setting', /./],
  ['PATCH', '/upstreams/shop-9', { admin: 'drain' }, 404, 'not_found', /shop-9.*shop-1, shop-2/],
  ['PATCH', '/upstreams/shop-1', { admin: 'off' }, 400, 'bad_wish', /drain.*ready.*off/],
  ['PATCH', '/upstreams/shop-1', { weight: 257 }, 400, 'bad_wish', /0 .*256/],
  ['POST', '/load', { shoppers: 0 }, 400, 'bad_body', /shoppers/],
  ['POST', '/load', { shoppers: 501 }, 400, 'bad_body', /500/],
  ['POST', '/load', { shoppers: 1, duration: 'long' }, 400, 'bad_time', /duration.*"long"/],
  ['POST', '/load', { shoppers: 1, duration: '0s' }, 400, 'bad_time', /more than 0/],
  ['POST', '/load', { shoppers: 1, duration: '2h' }, 400, 'bad_time', /at most 1h/],
  ['POST', '/progress', { events: [{ type: 'fault.injected' }] }, 400, 'bad_body', /events/],
  ['GET', '/nothing', undefined, 404, 'not_found', /no GET \/api\/nothing here/],
  ['DELETE', '/state', undefined, 404, 'not_found', /no DELETE \/api\/state here/],
];

test('the control API of one cluster', async (t) => {
  const cluster = await startTestCluster(t, { replicas: 2 });
  // Its start is told by then: what comes after is of these tests.
  await story(t, cluster, ({ type }) => type === 'console.state');
  const port = Number(new URL(cluster.info.consoleUrl).port);
  const bearer = { authorization: `Bearer ${cluster.info.token}` };

  /** One call as its bytes; `headers` go on top of the token's. */
  const raw = async (method: string, path: string, headers: Record<string, string>, body = '') => {
    const answer = await send(port, { method, path: `/api${path}`, headers, body });
    const text = answer.body.toString();
    return { status: answer.status, error: (text === '' ? {} : JSON.parse(text)).error ?? {} };
  };

  await t.test('the snapshot is read back from all parts, and holds no secret', async () => {
    const state = await cluster.state();
    assert.equal(state.name, 'cartwreck');
    assert.equal(state.url, cluster.info.url);
    assert.equal(state.settings?.epoch, 1);
    assert.deepEqual(
      state.replicas?.map(({ id, life, upstream }) => [id, life, upstream?.life, upstream?.state]),
      [
        ['shop-1', 'shop-1#1', 'shop-1#1', 'up'],
        ['shop-2', 'shop-2#1', 'shop-2#1', 'up'],
      ],
    );
    assert.deepEqual(
      [state.store?.member?.state, state.faults, state.deploy, state.load],
      ['ready', [], null, null],
    );
    assert.equal(JSON.stringify(state).includes(cluster.info.token), false);
  });

  await t.test('no change without the token, or with a wrong one', async () => {
    const before = await cluster.state();
    for (const [method, path, body] of CHANGES) {
      const wrong = [
        {},
        { authorization: 'Bearer wrong' },
        { authorization: cluster.info.token },
        { cookie: 'token=x' },
      ];
      for (const headers of wrong) {
        const { status, error } = await raw(
          method,
          path,
          headers as Record<string, string>,
          JSON.stringify(body),
        );
        assert.deepEqual([status, error.code], [401, 'token_required'], `${method} ${path}`);
        assert.match(error.message, /Authorization: Bearer <token>/);
      }
    }
    const after = await cluster.state();
    assert.deepEqual([after.settings, after.faults, after.loadRunning], [before.settings, [], false]);
  });

  await t.test('foreign names and foreign pages are refused, even with the token', async () => {
    const own = `127.0.0.1:${port}`;
    const foreign: [Record<string, string>, string][] = [
      [{ host: 'evil.example' }, 'host_refused'],
      [{ host: `127.0.0.1.evil.example:${port}` }, 'host_refused'],
      [{ host: own, origin: 'http://evil.example' }, 'origin_refused'],
      [{ host: own, origin: 'null' }, 'origin_refused'],
      [{ host: own, origin: `http://127.0.0.1:${port + 1}` }, 'origin_refused'],
    ];
    for (const [headers, code] of foreign) {
      for (const [method, path] of [
        ['GET', '/state'],
        ['GET', '/events'],
        ['PATCH', '/settings'],
      ] as const) {
        const { status, error } = await raw(method, path, { ...bearer, ...headers }, '{}');
        assert.deepEqual([status, error.code], [403, code], `${method} ${path} ${JSON.stringify(headers)}`);
      }
    }
    for (const headers of [{ host: own, origin: `http://${own}` }, { host: `localhost:${port}` }]) {
      assert.equal((await raw('PATCH', '/settings', { ...bearer, ...headers }, '{}')).status, 200);
    }
  });

  await t.test('every mistake is told apart and explained, and changes nothing', async () => {
    const { seq } = await cluster.state();
    for (const [method, path, body, status, code, message] of MISTAKES) {
      const answer = await raw(method, path, bearer, body === undefined ? '' : JSON.stringify(body));
      const call = `${method} ${path} ${JSON.stringify(body)}`;
      assert.deepEqual(
        [answer.status, answer.error.code],
        [status, code],
        `${call}: ${answer.error.message}`,
      );
      assert.match(answer.error.message, message, call);
    }
    const malformed = await raw('POST', '/faults', bearer, '{"fault":');
    assert.deepEqual([malformed.status, malformed.error.code], [400, 'bad_json']);
    const huge = await raw('POST', '/faults', bearer, JSON.stringify({ fault: 'x'.repeat(300_000) }));
    assert.deepEqual([huge.status, huge.error.code], [413, 'too_large']);
    assert.match(huge.error.message, /256kb/);
    const events = await eventsAfter(cluster, seq);
    assert.deepEqual(
      events.filter(({ type }) => !type.endsWith('.sampled')),
      [],
    );
  });

  await t.test('the agent itself answers nobody without its own token', async () => {
    const url = /--agent-url (\S+)/.exec(commandOf(cluster.pidOf('console/main.js')))?.[1];
    for (const headers of [{}, bearer]) {
      assert.equal((await fetch(`${url}/state`, { headers })).status, 401);
      assert.equal((await fetch(`${url}/reset`, { method: 'POST', headers })).status, 401);
    }
  });

  await t.test('what the state of a shop forbids is a refusal, and a fault that failed', async () => {
    const kill = { fault: 'replica.kill', target: 'shop-1' };
    const { id } = await cluster.api<FaultView>('POST', '/faults', kill);
    for (const fault of ['replica.kill', 'replica.pause']) {
      const { status, error } = await raw(
        'POST',
        '/faults',
        bearer,
        JSON.stringify({ fault, target: 'shop-1' }),
      );
      assert.deepEqual([status, error.code], [409, 'wrong_state']);
      assert.match(error.message, /shop-1: it is exited/);
    }
    await cluster.api('DELETE', `/faults/${id}`);
    await cluster.api('DELETE', `/faults/${id}`);
    await cluster.whole();
  });

  await t.test('a fault is over when its target was brought back by other means', async () => {
    await cluster.api('POST', '/faults', { fault: 'replica.kill', target: 'shop-1' });
    await cluster.api('POST', '/faults', { fault: 'replica.restart', target: 'shop-1' });
    const { faults } = await cluster.whole();
    assert.deepEqual(
      faults.slice(-2).map(({ state }) => state),
      ['undone', 'done'],
    );
  });

  await t.test('one change of the whole cluster at a time; a reset cancels a deploy', async (t) => {
    const deploy = await cluster.api<DeployView>('POST', '/deploys', { drain: '30s' });
    assert.deepEqual([deploy.state, deploy.replaced, deploy.of], ['running', 0, 2]);
    for (const [method, path, body] of [
      ['PUT', '/replicas', { count: 3 }],
      ['POST', '/deploys', {}],
    ] as const) {
      const { status, error } = await raw(method, path, bearer, JSON.stringify(body));
      assert.deepEqual([status, error.code], [409, 'busy'], path);
      assert.match(error.message, /is deploying; try again/);
    }
    const { ms } = await cluster.api<{ ms: number }>('POST', '/reset', {});
    assert.equal(ms < 5000, true, `${ms} ms`);
    const state = await cluster.whole();
    assert.deepEqual(state.deploy, { ...deploy, state: 'failed' });
    assert.deepEqual(
      state.replicas?.map(({ upstream }) => upstream?.admin),
      ['ready', 'ready'],
      'nobody is left draining',
    );
    const events = await story(t, cluster, ({ type }) => type === 'cluster.reset');
    const failed = events.find((event) => event.type === 'deploy.failed');
    assert.equal(failed?.type === 'deploy.failed' && failed.message, 'cancelled by a reset');
    const scaling = cluster.api('PUT', '/replicas', { count: 3 });
    await waitFor('the scaling to be under way', async () => (await cluster.state()).replicas?.length === 3);
    assert.equal((await raw('POST', '/deploys', bearer, '{}')).error.code, 'busy');
    await scaling;
    await cluster.api('PUT', '/replicas', { count: 2 });
  });
});
