import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ComposeCluster,
  composeConfig,
  docker,
  type Inspected,
  inContainer,
  leftovers,
  SKIP_COMPOSE,
  startCompose,
} from '../support/compose.ts';
import { waitFor } from '../support/wait.ts';

test('docker compose up: from nothing to the first cart, nothing in reach of students, and nothing left', {
  skip: SKIP_COMPOSE,
}, async (t) => {
  const cluster = await startCompose(t);
  const { healthyMs, firstCartMs } = cluster.took;
  t.diagnostic(`first cart ${firstCartMs} ms after up, all healthy after ${healthyMs} ms`);
  await t.test('three shops serve, each under the number that Compose gave it', () => namesOf(cluster));
  await t.test('no container has more rights than it needs', () => rightsOf(cluster));
  await t.test('only the shop and the control room are published, on this machine', () =>
    publishedBy(cluster),
  );
  await t.test('a shop that was taken over reaches no control port and no socket', () => fromInside(cluster));
  await t.test('the published ports give orders to nobody without the token', () => fromOutside(cluster));
  await t.test('no secret is in an environment or a log', () => secretsOf(cluster));
  await t.test('an agent that was killed and started again goes on with the same run', () =>
    newAgent(cluster),
  );
  await t.test('docker compose down -v leaves nothing, also not what was scaled out or is broken', () =>
    down(cluster),
  );
});

test('LAN opens shop and control room, which knows it and asks for a PIN', {
  skip: SKIP_COMPOSE,
}, async () => {
  const ports = { SHOP_PORT: '9080', CONSOLE_PORT: '9090' };
  for (const [LAN, address] of [
    ['0.0.0.0', '0.0.0.0'],
    ['192.168.1.5', '192.168.1.5'],
    ['', '127.0.0.1'],
  ]) {
    const config = await composeConfig({ LAN: LAN ?? '', LAN_NAME: 'laptop.local', ...ports });
    for (const published of [`${address}:9080:8080`, `${address}:9090:8090`])
      assert.ok(config.includes(published) || config.includes(`host_ip: ${address}`), published);
    assert.ok(config.includes(`CARTWRECK_PUBLISHED: ${address}:9090`));
    assert.match(config, /CARTWRECK_LAN_NAME: laptop\.local/);
  }
});

async function namesOf(cluster: ComposeCluster): Promise<void> {
  const { replicas, runtime, name } = await cluster.whole(3);
  assert.deepEqual([runtime, name], ['docker', cluster.project]);
  assert.deepEqual(
    replicas?.map(({ life }) => life),
    ['shop-1#1', 'shop-2#1', 'shop-3#1'],
  );
  for (const shop of await cluster.containers('shop')) {
    const number = shop.Config.Labels['com.docker.compose.container-number'];
    const view: { id: string } | undefined = replicas?.find(
      ({ handle }) => handle === `container ${shop.Id.slice(0, 12)}`,
    );
    assert.equal(view?.id, `shop-${number}`);
  }
}

async function rightsOf(cluster: ComposeCluster): Promise<void> {
  const all = await cluster.containers();
  assert.equal(all.length, 8);
  for (const { Name, Config, HostConfig, Mounts } of all) {
    const service = Config.Labels['com.docker.compose.service'] ?? '';
    const powerful = ['agent', 'reaper'].includes(service);
    assert.deepEqual([HostConfig.ReadonlyRootfs, HostConfig.Privileged], [true, false], Name);
    assert.deepEqual(HostConfig.CapDrop, ['ALL'], Name);
    assert.ok(HostConfig.SecurityOpt.includes('no-new-privileges:true'), Name);
    assert.equal(
      Mounts.some(({ Destination }) => Destination.endsWith('docker.sock')),
      powerful,
      Name,
    );
    // An anonymous volume would outlive `down -v` whenever the container was made anew.
    if (service === 'redis') assert.deepEqual(Mounts, []);
    assert.equal(Config.User, powerful ? '0:0' : service === 'redis' ? 'redis' : 'node', Name);
  }
}

async function publishedBy(cluster: ComposeCluster): Promise<void> {
  const published = (await cluster.containers()).flatMap(({ Config, NetworkSettings }) =>
    Object.values(NetworkSettings.Ports)
      .flatMap((bindings) => bindings ?? [])
      .map(({ HostIp, HostPort }) => `${Config.Labels['com.docker.compose.service']} ${HostIp}:${HostPort}`),
  );
  const { url, consoleUrl } = cluster.info;
  assert.deepEqual(published.sort(), [`console ${new URL(consoleUrl).host}`, `proxy ${new URL(url).host}`]);
}

/** Tries to connect to each host:port it is given; prints one line each. */
const TRY_ALL = `
const net = require('net');
const attempt = (target) => new Promise((resolve) => {
  const [host, port] = target.split(':');
  const socket = net.connect({ host, port: Number(port), timeout: 800 });
  const end = (how) => { socket.destroy(); resolve(target + ' ' + how); };
  socket.on('connect', () => end('open')).on('error', () => end('closed')).on('timeout', () => end('closed'));
});
Promise.all(process.argv.slice(1).map(attempt)).then((lines) => console.log(lines.join('\\n')));
`;

async function fromInside(cluster: ComposeCluster): Promise<void> {
  const [shop] = await cluster.containers('shop');
  const addressOf = async (service: string, network: string) => {
    const [one] = await cluster.containers(service);
    return one?.NetworkSettings.Networks[`${cluster.project}_${network}`]?.IPAddress ?? '';
  };
  const inPower = [`${await addressOf('proxy', 'power')}:8081`, `${await addressOf('agent', 'power')}:8082`];
  const inMesh = [`${await addressOf('proxy', 'mesh')}:8081`, `${await addressOf('agent', 'mesh')}:8082`];
  const closed = [...inPower, ...inMesh, `${await addressOf('console', 'edge')}:8090`];
  const open = [`${await addressOf('proxy', 'mesh')}:8080`, `${await addressOf('redis', 'store')}:6379`];
  const lines = await inContainer(shop?.Id ?? '', TRY_ALL, ...closed, ...open);
  assert.deepEqual(lines.split('\n'), [
    ...closed.map((one) => `${one} closed`),
    ...open.map((one) => `${one} open`),
  ]);
  const secrets = await inContainer(
    shop?.Id ?? '',
    "console.log(require('fs').readdirSync('/secrets').join())",
  );
  assert.equal(secrets, 'cluster');
}

async function fromOutside({ info, state }: ComposeCluster): Promise<void> {
  const before = await state();
  const tries: [string, RequestInit, number][] = [
    ['/api/settings', { method: 'PATCH', body: '{"affinity":"cookie"}' }, 401],
    ['/api/faults', { method: 'POST', body: '{"fault":"replica.kill","target":"shop-1"}' }, 401],
    [
      '/api/replicas',
      { method: 'PUT', body: '{"count":1}', headers: { authorization: 'Bearer guess' } },
      401,
    ],
    ['/api/state', { headers: { origin: 'http://evil.example' } }, 403],
    [
      '/api/faults',
      { method: 'POST', headers: { authorization: `Bearer ${info.token}`, origin: info.url } },
      403,
    ],
  ];
  for (const [path, init, status] of tries)
    assert.equal(
      (await fetch(`${info.consoleUrl}${path}`, init)).status,
      status,
      `${path} ${JSON.stringify(init)}`,
    );
  // fetch does not let a page choose its Host; a rebound name does.
  const curl = (...args: string[]) => inHost(info.consoleUrl, args);
  assert.equal(await curl('/api/state', 'evil.example'), 403);
  for (const path of ['/settings', '/upstreams', '/metrics', '/events']) {
    const response = await fetch(`${info.url}${path}`, { headers: { 'x-cartwreck-secret': 'guess' } });
    assert.equal(response.status, 404, `${path} of the data plane`);
    assert.match(response.headers.get('x-served-by') ?? '', /^shop-/, 'a shop answered, not the proxy');
    await response.body?.cancel();
  }
  const { settings, faults, replicas } = await state();
  assert.deepEqual([settings, faults.length, replicas?.length], [before.settings, 0, 3]);
}

async function inHost(url: string, [path = '', host = '']: string[]): Promise<number> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end();
  });
}

async function secretsOf(cluster: ComposeCluster): Promise<void> {
  const { token } = cluster.info;
  const [agent] = await cluster.containers('agent');
  const read =
    "console.log(['stamp','session','cookie-keys'].map(f => require('fs').readFileSync('/secrets/cluster/' + f, 'utf8')).join())";
  const secrets = [...(await inContainer(agent?.Id ?? '', read)).split(','), token];
  assert.equal(secrets.length, 4);
  for (const { Id, Name, Config } of await cluster.containers()) {
    const seen = [...Config.Env, await docker('logs', Id)].join('\n');
    // The agent's log is where the instructor reads the token.
    const mayTell = Config.Labels['com.docker.compose.service'] === 'agent' ? [token] : [];
    for (const secret of secrets)
      assert.equal(seen.includes(secret), mayTell.includes(secret), `${secret} in ${Name}`);
  }
}

async function newAgent(cluster: ComposeCluster): Promise<void> {
  const { startedAt } = await cluster.state();
  await cluster.script('mode', 'affinity=cookie');
  const [agent] = (await cluster.containers('agent')) as [Inspected];
  await docker('kill', agent.Id);
  assert.match((await cluster.script('chaos', 'kill', 'shop-1')).stderr, /got no answer/);
  await docker('start', agent.Id);
  const state = await cluster.whole(3);
  assert.equal(state.settings?.affinity, 'cookie', 'no setting was set back');
  assert.equal(state.startedAt, startedAt);
  const { code } = await cluster.script('chaos', 'restart', 'shop-1');
  assert.equal(code, 0, 'it has its power again');
}

async function down(cluster: ComposeCluster): Promise<void> {
  assert.equal((await cluster.script('chaos', 'scale', '4')).code, 0);
  assert.equal((await cluster.script('chaos', 'kill', 'shop-2')).code, 0);
  assert.equal((await cluster.script('chaos', 'pause', 'shop-3')).code, 0);
  assert.ok((await leftovers(cluster.project)).length > 10);
  await cluster.compose('down', '-v');
  await waitFor('nothing to be left', async () => (await leftovers(cluster.project)).length === 0, {
    timeoutMs: 5000,
  });
}
