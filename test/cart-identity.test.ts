import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ConfigError, readConfig } from '../apps/cart/config.ts';
import { reverseLookup, type Surroundings, withIdentity } from '../apps/cart/identity.ts';
import { withSecretFiles } from '../apps/cart/secret-files.ts';
import { startProcess } from './support/process.ts';

const named = (names: Record<string, string[]>, limitMs = 0): Surroundings => ({
  addresses: () => Object.keys(names),
  reverse: async (address) => names[address] ?? [],
  limitMs,
});

for (const [name, id] of [
  ['try_shop_2.try_mesh', 'shop-2'],
  ['try-shop-3.try_mesh', 'shop-3'],
  ['my-shop-shop-12.my-shop_mesh', 'shop-12'],
  ['shop_shop_1', 'shop-1'],
] as const) {
  test(`a container that Docker's DNS knows as ${name} is ${id}`, async () => {
    const env = await withIdentity({ REPLICA_ID: 'auto' }, named({ '10.0.0.2': [], '10.0.1.2': [name] }));
    assert.equal(env.REPLICA_ID, id);
  });
}

test('a name of its own that comes late is waited for', async () => {
  let asked = 0;
  const reverse = async () => {
    if (++asked < 3) throw new Error('ENOTFOUND');
    return ['try_shop_4.try_mesh'];
  };
  const env = await withIdentity(
    { REPLICA_ID: 'auto' },
    { addresses: () => ['10.0.0.2'], reverse, limitMs: 5000 },
  );
  assert.equal(env.REPLICA_ID, 'shop-4');
});

const NAMELESS: [what: string, names: Record<string, string[]>, expected: RegExp][] = [
  ['no name', { '10.0.0.2': [] }, /addresses \(10\.0\.0\.2\) as <project>-shop-<number>, got no name/],
  ['another service', { '10.0.0.2': ['try_proxy_1.try_mesh'] }, /got try_proxy_1\.try_mesh/],
  ['a one-off container', { '10.0.0.2': ['try_shop_run_1f2e.try_mesh'] }, /got try_shop_run_1f2e/],
  ['no network', {}, /addresses \(none\)/],
];

for (const [what, names, expected] of NAMELESS) {
  test(`${what}: the replica says what it looked for and what to do`, async () => {
    await assert.rejects(withIdentity({ REPLICA_ID: 'auto' }, named(names)), (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, expected);
      assert.match(error.message, /service "shop" of docker-compose\.yml, or give REPLICA_ID=shop-2/);
      return true;
    });
  });
}

test('without "auto" nobody is asked', async () => {
  const reverse = () => assert.fail('asked');
  const surroundings = { addresses: () => ['10.0.0.2'], reverse, limitMs: 0 };
  const env = await withIdentity({ REPLICA_ID: 'shop-7' }, surroundings);
  assert.equal(readConfig(env).bootId, 'shop-7#1');
});

test('the address is asked for as a record: names with underscores are left out of a plain reverse lookup', async () => {
  const asked: string[] = [];
  const resolvePtr = async (name: string) => {
    asked.push(name);
    return ['a_b_1.c'];
  };
  assert.deepEqual(await reverseLookup({ resolvePtr })('172.18.0.4'), ['a_b_1.c']);
  assert.deepEqual(asked, ['4.0.18.172.in-addr.arpa']);
});

test('every start is a new life, each replica counts its own, and rubbish counts as none', async (t) => {
  const boots = scratch(t);
  const boot = async (id: string) =>
    (await withIdentity({ REPLICA_ID: id, BOOT_DIR: boots }, named({}))).BOOT_ID;
  assert.equal(await boot('shop-1'), 'shop-1#1');
  assert.equal(await boot('shop-1'), 'shop-1#2');
  assert.equal(await boot('shop-2'), 'shop-2#1');
  writeFileSync(join(boots, 'shop-2'), 'half a num');
  assert.equal(await boot('shop-2'), 'shop-2#1');
  assert.equal(readFileSync(join(boots, 'shop-1'), 'utf8'), '2\n');
});

test('a life that was told is not counted', async (t) => {
  const env = { REPLICA_ID: 'shop-1', BOOT_ID: 'shop-1#9', BOOT_DIR: scratch(t) };
  assert.deepEqual(await withIdentity(env, named({})), env);
});

test('a folder that cannot be written is a clear error', async (t) => {
  const file = join(scratch(t), 'a file');
  writeFileSync(file, '');
  const env = { REPLICA_ID: 'shop-1', BOOT_DIR: join(file, 'boots') };
  await assert.rejects(withIdentity(env, named({})), /BOOT_DIR: cannot write .*boots\/shop-1 \(ENOTDIR\)/);
});

test('secrets come from files, without the line end', (t) => {
  const file = (name: string, text: string) => {
    const path = join(scratch(t), name);
    writeFileSync(path, text);
    return path;
  };
  const env = withSecretFiles({
    CARTWRECK_SECRET_FILE: file('stamp', 'one\n'),
    SESSION_SECRET_FILE: file('session', 'two'),
    COOKIE_KEYS_FILE: file('keys', 'k1:three\n'),
  });
  const { clusterSecret, sessionSecret, cookieKeys, madeUp } = readConfig(env);
  assert.deepEqual(
    [clusterSecret, sessionSecret, cookieKeys],
    ['one', 'two', [{ kid: 'k1', secret: 'three' }]],
  );
  assert.deepEqual(madeUp, []);
});

test('a secret file that is missing, empty, unreadable or given twice is an error without the secret', (t) => {
  const folder = scratch(t);
  const empty = join(folder, 'empty');
  writeFileSync(empty, '\n');
  const refused = (env: Record<string, string>, expected: RegExp) =>
    assert.throws(
      () => withSecretFiles(env),
      (error: Error) =>
        error instanceof ConfigError && expected.test(error.message) && !/hush/.test(error.message),
    );
  refused(
    { SESSION_SECRET_FILE: join(folder, 'none') },
    /SESSION_SECRET_FILE: cannot read .*none \(ENOENT\)/,
  );
  refused({ COOKIE_KEYS_FILE: empty }, /COOKIE_KEYS_FILE: .*got an empty file/);
  refused({ SESSION_SECRET: 'hush', SESSION_SECRET_FILE: empty }, /both set/);
  refused({ CARTWRECK_SECRET_FILE: folder }, /CARTWRECK_SECRET_FILE: cannot read .*\(EISDIR\)/);
});

test('a replica without its secret file ends with exit code 2 and one line', async (t) => {
  const folder = scratch(t);
  chmodSync(folder, 0o700);
  const replica = startProcess(t, ['apps/cart/main.ts'], { SESSION_SECRET_FILE: join(folder, 'session') });
  assert.equal(await replica.exit(), 2);
  assert.match(replica.errors(), /^SESSION_SECRET_FILE: cannot read .*: see its log\.\n$/);
});

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'cw-identity-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
