import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** An import from the first file of each row must be refused by the linter: the design's arrows point one way. */
const FORBIDDEN: [from: string, imported: string][] = [
  ['apps/cart/a.ts', '../../lib/api.ts'],
  ['apps/cart/sessions/b.ts', '../../agent/contract.ts'],
  ['apps/cart/faults/q.ts', '../../../lib/call.ts'],
  ['scripts/oracle/c.ts', '../load/plan.ts'],
  ['scripts/oracle/d.ts', 'node:fs'],
  ['proxy/e.ts', '../apps/agent/contract.ts'],
  ['proxy/affinity/f.ts', 'node:fs'],
  ['proxy/pool.ts', '../lib/event-log.ts'],
  ['apps/agent/g.ts', '../../proxy/pool.ts'],
  ['apps/agent/h.ts', '../console/contract.ts'],
  ['apps/console/i.ts', '../agent/agent.ts'],
  ['apps/console/phones/t.ts', '../../agent/agent.ts'],
  ['apps/console/runs/u.ts', '../../../proxy/pool.ts'],
  ['apps/console/web/j.ts', 'node:fs'],
  ['lib/k.ts', '../proxy/contract.ts'],
  ['scripts/load/l.ts', '../../proxy/pool.ts'],
  ['apps/agent/faults/n.ts', 'dockerode'],
  ['lib/o.ts', 'dockerode'],
  ['scripts/p.ts', 'dockerode'],
  ['proxy/q.ts', 'dockerode'],
  ['apps/agent/runtime/docker/r.ts', '../../../console/contract.ts'],
];
const ALLOWED: [from: string, imported: string][] = [
  ['apps/console/m.ts', '../agent/contract.ts'],
  ['apps/agent/runtime/docker/s.ts', 'dockerode'],
];

const biome = fileURLToPath(new URL('../node_modules/.bin/biome', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'arrows-'));
after(() => rmSync(folder, { recursive: true }));
copyFileSync(new URL('../biome.json', import.meta.url), join(folder, 'biome.json'));
for (const [from, imported] of [...FORBIDDEN, ...ALLOWED]) {
  mkdirSync(dirname(join(folder, from)), { recursive: true });
  writeFileSync(join(folder, from), `import { x } from '${imported}';\nexport const y = x;\n`);
}
const args = [
  'lint',
  '--colors=off',
  '--vcs-enabled=false',
  '--reporter=json',
  '--max-diagnostics=none',
  '.',
];
const { stdout } = spawnSync(biome, args, { cwd: folder, encoding: 'utf8' });
const refused = new Set(
  (
    JSON.parse(stdout) as {
      diagnostics: { category: string; location: { path: string | { file: string } } }[];
    }
  ).diagnostics
    .filter(({ category }) => category === 'lint/style/noRestrictedImports')
    .map(({ location: { path } }) => (typeof path === 'string' ? path : path.file)),
);

for (const [from, imported] of FORBIDDEN) {
  test(`${dirname(from)} must not import ${imported}`, () => assert.equal(refused.has(from), true));
}

for (const [from, imported] of ALLOWED) {
  test(`${dirname(from)} may import ${imported}`, () => assert.equal(refused.has(from), false));
}
