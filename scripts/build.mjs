// Builds what runs into dist/ (about 0.3 s). The replica is bundled with its dependencies, because it is started
// again and again in front of a class and loading modules is most of its start time; everything else keeps its
// dependencies in node_modules.
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const common = {
  absWorkingDir: root,
  bundle: true,
  sourcemap: true,
  logLevel: 'warning',
  outbase: '.',
  outdir: 'dist',
};
const node = { ...common, platform: 'node', target: 'node20', format: 'esm' };
// Express and friends are CommonJS; inside an ES module bundle their require() needs a real one.
const requireShim =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
const exists = (path) => existsSync(new URL(`../${path}`, import.meta.url));

const MAINS = [
  'proxy/main.ts',
  'apps/agent/main.ts',
  'apps/agent/reaper.ts',
  'apps/agent/watch.ts',
  'apps/agent/store/embedded.ts',
  'apps/console/main.ts',
  'scripts/up.ts',
  'scripts/mode.ts',
  'scripts/chaos.ts',
  'scripts/load.ts',
  'scripts/load/worker.ts',
  'scripts/demo.ts',
  'scripts/bench.ts',
  'scripts/replay.ts',
];
const WEB = 'apps/console/web';
const PAGES = ['control', 'stage', 'join', 'report'];
const COPIES = ['apps/cart/page', `${WEB}/shared/tokens.css`];

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
await Promise.all([
  build({ ...node, entryPoints: MAINS.filter(exists), packages: 'external' }),
  build({ ...node, entryPoints: ['apps/cart/main.ts'], minifySyntax: true, banner: { js: requireShim } }),
  build({
    ...common,
    entryPoints: PAGES.map((page) => `${WEB}/${page}/main.tsx`),
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
  }),
]);
for (const path of COPIES.filter(exists)) {
  cpSync(new URL(`../${path}`, import.meta.url), new URL(`../dist/${path}`, import.meta.url), {
    recursive: true,
  });
}
// The pages differ in their script and their style alone.
const page = readFileSync(new URL(`../${WEB}/page.html`, import.meta.url), 'utf8');
for (const name of PAGES) {
  const file = new URL(`../dist/${WEB}/${name}/index.html`, import.meta.url);
  writeFileSync(file, page.replaceAll('{page}', name));
}
