import assert from 'node:assert/strict';
import { test } from 'node:test';
import type Docker from 'dockerode';
import { apiVersion, endpointOf, unreachable } from '../apps/agent/runtime/docker/connect.ts';
import { copyOf } from '../apps/agent/runtime/docker/copy.ts';
import { Engine } from '../apps/agent/runtime/docker/engine.ts';
import { type DockerEvent, eventsIn, followEvents, rememberer } from '../apps/agent/runtime/docker/events.ts';
import { LABEL } from '../apps/agent/runtime/docker/guard.ts';
import { textOfLog } from '../apps/agent/runtime/docker/logs.ts';
import { sightOf } from '../apps/agent/runtime/docker/sight.ts';
import { inspectionOf } from './support/docker-inspection.ts';
import { waitFor } from './support/wait.ts';

const LABELS = {
  [LABEL.project]: 'cartwreck',
  [LABEL.service]: 'shop',
  [LABEL.number]: '2',
  [LABEL.oneoff]: 'False',
  'com.docker.compose.config-hash': 'abc',
};

test('only a socket of this machine is spoken to, unless that was said', () => {
  assert.deepEqual(endpointOf({}), { socket: '/var/run/docker.sock' });
  assert.deepEqual(endpointOf({ DOCKER_HOST: 'unix:///run/user/1000/docker.sock' }), {
    socket: '/run/user/1000/docker.sock',
  });
  for (const wish of ['tcp://10.0.0.7:2375', 'ssh://root@prod', 'https://prod', 'prod:2375']) {
    const mend = /DOCKER_HOST is .*(10\.0\.0\.7|prod).+Unset it, or set CARTWRECK_DOCKER_REMOTE=1/;
    assert.throws(() => endpointOf({ DOCKER_HOST: wish }), mend);
    assert.throws(() => endpointOf({ DOCKER_HOST: wish, CARTWRECK_DOCKER_REMOTE: 'yes' }), mend);
    assert.deepEqual(endpointOf({ DOCKER_HOST: wish, CARTWRECK_DOCKER_REMOTE: '1' }), { remote: wish });
  }
});

test('whoever cannot reach Docker is told where it was looked for and what to do', () => {
  const endpoint = { socket: '/var/run/docker.sock' };
  const told = (code: string, others: string[] = []) => unreachable(endpoint, { code, message: 'x' }, others);
  assert.match(told('ENOENT'), /docker\.sock: no such socket.*rootless/);
  assert.match(told('ENOENT', ['/run/user/1000/docker.sock']), /try DOCKER_HOST=unix:\/\/\/run\/user\/1000/);
  assert.match(told('EACCES'), /no permission.*group docker/);
  assert.match(told('ECONNREFUSED'), /not running.*Start it/);
  assert.match(told('EPIPE'), /does not answer: x/);
  assert.match(unreachable({ remote: 'tcp://a:1' }, { message: 'x' }, []), /tcp:\/\/a:1.*DOCKER_HOST/);
});

test('the API version is the one this was written for, or the nearest that the engine speaks', () => {
  const rows: [newest: string, oldest: string | undefined, settled: string][] = [
    ['1.41', '1.12', 'v1.41'],
    ['1.40', '1.12', 'v1.40'],
    ['1.51', '1.24', 'v1.41'],
    // Docker 29 speaks nothing older than 1.44.
    ['1.52', '1.44', 'v1.44'],
    ['1.41', undefined, 'v1.41'],
  ];
  for (const [ApiVersion, MinAPIVersion, settled] of rows) {
    const versions = MinAPIVersion === undefined ? { ApiVersion } : { ApiVersion, MinAPIVersion };
    assert.equal(apiVersion(versions), settled, JSON.stringify(versions));
  }
  assert.throws(() => apiVersion({ ApiVersion: '1.39' }), /API 1\.39; 1\.40 or newer/);
});

test('a copy has no host name and no MAC address of the original, its own number, and the right aliases', () => {
  const { create, join } = copyOf(inspectionOf({ labels: LABELS }), 5);
  assert.equal(create.name, 'cartwreck_shop_5');
  for (const name of ['Hostname', 'Domainname', 'MacAddress']) assert.equal(name in create, false, name);
  assert.equal(JSON.stringify(create).includes('02:42'), false, 'nowhere');
  assert.equal('PortBindings' in (create.HostConfig ?? {}), false);
  assert.deepEqual(create.Labels, {
    ...LABELS,
    [LABEL.number]: '5',
    [LABEL.copyOf]: inspectionOf({ labels: LABELS }).Id,
  });
  const aliases = ['cartwreck_shop_5', 'shop'];
  // One network at the creation, the one it is named after; engines before API 1.44 take no more.
  assert.deepEqual(create.NetworkingConfig, { EndpointsConfig: { cartwreck_mesh: { Aliases: aliases } } });
  assert.deepEqual(join, [{ network: 'cartwreck_store', aliases }]);
});

test('a copy is named with the separator that its project uses', () => {
  const original = inspectionOf({ labels: LABELS });
  const named = (Name: string) => copyOf({ ...original, Name }, 4).create.name;
  assert.equal(named('/cartwreck-shop-2'), 'cartwreck-shop-4');
  assert.equal(named('/cartwreck_shop_2'), 'cartwreck_shop_4');
  // While compose puts another container in its place, the old one has its id in front.
  assert.equal(named('/0123456789ab_cartwreck_shop_2'), 'cartwreck_shop_4');
});

test('how a container is, in the order that counts: what waits for its restart counts as running for Docker', () => {
  const { State, ...rest } = inspectionOf({ labels: LABELS });
  const seen = (more: Partial<typeof State>) =>
    sightOf({ ...rest, State: { ...State, ...more } }, 'cartwreck_mesh');
  assert.equal(seen({}).status, 'running');
  assert.equal(seen({}).host, '172.18.0.3');
  assert.equal(seen({ Paused: true }).status, 'paused');
  assert.equal(seen({ Restarting: true }).status, 'restarting');
  assert.equal(seen({ Running: false }).status, 'exited');
  assert.equal(seen({ StartedAt: '0001-01-01T00:00:00Z' }).startedAt, null);
  assert.equal(seen({ Running: false, ExitCode: 137 }).how, 'signal SIGKILL');
  assert.equal(seen({ Running: false, ExitCode: 3 }).how, 'code 3');
  assert.match(seen({ Running: false, ExitCode: 137, OOMKilled: true }).how, /out of memory/);
  assert.equal(sightOf(inspectionOf({ labels: LABELS }), 'elsewhere').host, null);
});

const eventAt = (timeNano: number, Action = 'die', ID = 'c1'): DockerEvent => ({
  Action,
  Actor: { ID, Attributes: { name: 'Käse' } },
  time: Math.floor(timeNano / 1e9),
  timeNano,
});
const bytes = (...events: DockerEvent[]): Buffer =>
  Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));

test('events are whole wherever the stream is cut, inside a character too', async () => {
  const events = [eventAt(1e9), eventAt(2e9, 'start'), eventAt(3e9, 'pause')];
  const whole = bytes(...events);
  for (let size = 1; size <= whole.length; size++) {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
    }
    const read: DockerEvent[] = [];
    for await (const event of eventsIn(chunks())) read.push(event);
    assert.deepEqual(read, events, `chunks of ${size}`);
  }
});

test('after a break events go on where they were, none is told twice, and it is looked anew', async (t) => {
  const streams = [[eventAt(1e9), eventAt(2e9)], [eventAt(2e9), eventAt(2e9, 'start'), eventAt(4e9)], []];
  const watching = new AbortController();
  t.after(() => watching.abort());
  const asked: (number | undefined)[] = [];
  const told: DockerEvent[] = [];
  let opened = 0;
  let troubles = 0;
  const following = followEvents({
    async open(since) {
      asked.push(since);
      const events = streams[asked.length - 1];
      if (!events) throw new Error('Docker is not there');
      return (async function* () {
        yield bytes(...events);
      })();
    },
    onEvent: (event) => void told.push(event),
    onOpen: () => void opened++,
    onTrouble: () => void troubles++,
    signal: watching.signal,
  });
  await waitFor('the fourth attempt', () => asked.length === 4 && troubles === 4);
  watching.abort();
  await following;
  assert.deepEqual(told, [eventAt(1e9), eventAt(2e9), eventAt(2e9, 'start'), eventAt(4e9)]);
  assert.deepEqual(asked, [undefined, 2, 4, 4]);
  assert.equal(opened, 3);
});

test('two different events of the same moment are two', () => {
  const isNew = rememberer();
  assert.equal(isNew(eventAt(1e9, 'kill')), true);
  assert.equal(isNew(eventAt(1e9, 'die')), true);
  assert.equal(isNew(eventAt(1e9, 'die', 'c2')), true);
  assert.equal(isNew(eventAt(1e9, 'die')), false);
});

test('a log is read piece by piece as Docker frames it', () => {
  const piece = (stream: number, text: string) => {
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };
  const log = Buffer.concat([piece(1, 'one shelf\n'), piece(2, 'it is broken: Käse\n')]);
  assert.equal(textOfLog(log), 'one shelf\nit is broken: Käse');
  assert.equal(textOfLog(Buffer.alloc(0)), '');
  assert.match(textOfLog(log.subarray(0, -3)), /^one shelf\nit is/);
});

/** A Docker with one shop, whose `pause` fails like this, one after the other. */
function failingToPause(failures: string[]): { engine: Engine; attempts: () => number } {
  let attempts = 0;
  const shop = {
    inspect: async () => inspectionOf({ labels: LABELS }),
    pause: async () => {
      const message = failures[attempts++];
      if (message !== undefined) throw Object.assign(new Error(message), { statusCode: 500 });
    },
  };
  const docker = { getContainer: () => shop } as unknown as Docker;
  return { engine: new Engine(docker, { project: 'cartwreck', self: null }), attempts: () => attempts };
}

test('a process that escapes the freezer is caught at the next attempt, and not for ever', async () => {
  const escaped = 'OCI runtime pause failed: unable to freeze: unknown';
  const once = failingToPause([escaped]);
  await once.engine.pause('c1');
  assert.equal(once.attempts(), 2);
  const always = failingToPause(Array.from({ length: 100 }, () => escaped));
  await assert.rejects(always.engine.pause('c1'), /Docker could not pause.*unable to freeze/);
  assert.equal(always.attempts(), 5);
  const otherwise = failingToPause(['container is not running']);
  await assert.rejects(otherwise.engine.pause('c1'), /not running/);
  assert.equal(otherwise.attempts(), 1);
});
