import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { beginRun } from '../apps/agent/run-volume.ts';
import { keptSecrets } from '../apps/agent/secrets.ts';
import { UsageError } from '../lib/flags.ts';
import { withValueFiles } from '../lib/value-files.ts';
import { startTestProxy } from './support/proxy.ts';

test('a value is taken from its file, and only where it was asked for', (t) => {
  const file = join(scratch(t), 'token');
  writeFileSync(file, 'abc\n');
  const env = { CARTWRECK_TOKEN_FILE: file, CARTWRECK_SETTINGS_FILE: '/settings.json' };
  assert.deepEqual(withValueFiles(env, ['CARTWRECK_TOKEN']), { ...env, CARTWRECK_TOKEN: 'abc' });
});

test('a value file that is missing, empty or given twice is an error that does not show the value', (t) => {
  const folder = scratch(t);
  writeFileSync(join(folder, 'empty'), ' \n');
  const refused = (env: Record<string, string>, expected: RegExp) =>
    assert.throws(
      () => withValueFiles(env, ['CARTWRECK_TOKEN']),
      (error: Error) =>
        error instanceof UsageError && expected.test(error.message) && !/hush/.test(error.message),
    );
  refused({ CARTWRECK_TOKEN_FILE: join(folder, 'none') }, /cannot read .*none \(ENOENT\).*agent makes it/);
  refused({ CARTWRECK_TOKEN_FILE: join(folder, 'empty') }, /got an empty file/);
  refused({ CARTWRECK_TOKEN: 'hush', CARTWRECK_TOKEN_FILE: 'x' }, /both set/);
});

test('the secrets of a cluster of containers are made once, and each lies where its readers have the volume', (t) => {
  const root = volumes(t);
  const first = keptSecrets(root);
  assert.deepEqual(keptSecrets(root), first);
  assert.equal(new Set(Object.values(first)).size, 5);
  assert.deepEqual(readdirSync(join(root, 'cluster')).sort(), ['cookie-keys', 'session', 'stamp']);
  assert.deepEqual(readdirSync(join(root, 'control')).sort(), ['agent', 'token']);
  assert.equal(readFileSync(join(root, 'control', 'token'), 'utf8'), first.token);
  // The readers run as another user than the writer.
  assert.equal(statSync(join(root, 'cluster', 'stamp')).mode & 0o777, 0o644);
});

test('an agent that is started again goes on with the run while its proxy is there, and begins a new one otherwise', async (t) => {
  const root = volumes(t);
  const { controlUrl } = await startTestProxy(t);
  const nobody = 'http://127.0.0.1:1';
  const first = await beginRun(root, nobody);
  assert.ok(first.isNew);
  assert.deepEqual(await beginRun(root, controlUrl), { startedAt: first.startedAt, isNew: false });
  const next = await beginRun(root, nobody);
  assert.ok(next.isNew && next.startedAt >= first.startedAt);
  assert.equal(readFileSync(join(root, 'cluster', 'run-started'), 'utf8'), String(next.startedAt));
});

function volumes(t: TestContext): string {
  const root = scratch(t);
  for (const name of ['cluster', 'control']) mkdirSync(join(root, name));
  return root;
}

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'cw-values-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
