import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breakdownOf, type CpuProfile, groupOf } from '../scripts/bench/proxy/cpu-profile.ts';
import { movedShare } from '../scripts/bench/scaling/moves.ts';

const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 0 });

test('a profile names who had the CPU, by owner and by function, and leaves out who was idle', () => {
  const profile: CpuProfile = {
    nodes: [
      { id: 1, callFrame: frame('(idle)') },
      { id: 2, callFrame: frame('writev') },
      { id: 3, callFrame: frame('handle', 'file:///x/dist/proxy/main.js') },
      { id: 4, callFrame: frame('load', 'node:internal/modules/cjs/loader') },
    ],
    startTime: 0,
    endTime: 1900,
    samples: [4, 1, 2, 3],
    timeDeltas: [500, 100, 1200, 100],
  };
  // The last 1400 µs: what was before is starting up. For 900 µs of its 1200 the write stood still: others had the CPU.
  const { groups, functions } = breakdownOf(profile, { windowMicros: 1400, lateMicros: 300 });
  assert.deepEqual(groups, [
    { name: 'writes to sockets (libuv, kernel)', share: 0.75 },
    { name: 'this proxy', share: 0.25 },
  ]);
  assert.deepEqual(
    functions.map(({ name }) => name),
    ['writev', 'handle proxy/main.js:1'],
  );
});

test('each frame of a profile has one owner', () => {
  const owners: [ReturnType<typeof frame>, string][] = [
    [frame('(garbage collector)'), 'garbage collector'],
    [frame('(program)'), 'outside JavaScript: libuv, parser, kernel'],
    [frame('writeLatin1String'), 'writes to sockets (libuv, kernel)'],
    [frame('getAsyncId'), 'other native calls of Node'],
    [frame('parserOnHeadersComplete', 'node:_http_common'), 'http of Node: parser callbacks, headers'],
    [frame('Readable.push', 'node:internal/streams/readable'), 'streams and sockets of Node'],
    [frame('web', 'file:///x/node_modules/http-proxy/lib/http-proxy.js'), 'http-proxy'],
    [frame('inc', 'file:///x/node_modules/prom-client/lib/counter.js'), 'other libraries'],
    [frame('plan', 'file:///x/dist/proxy/main.js'), 'this proxy'],
  ];
  for (const [of, owner] of owners) assert.equal(groupOf(of), owner, of.functionName);
});

test('who has moved is who is served by another replica, in percent', () => {
  assert.equal(
    movedShare(['shop-1', 'shop-2', 'shop-3', 'shop-1'], ['shop-1', 'shop-4', 'shop-3', 'shop-1']),
    25,
  );
});
