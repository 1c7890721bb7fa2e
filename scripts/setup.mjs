// Makes a fresh clone runnable, with nothing but Node's own modules: installs the dependencies when they are
// missing or older than the lock file, then builds when a source file is newer than the last build.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);
const INSTALLED = at('node_modules', '.cartwreck-installed');
const BUILT = at('dist', '.built');
const SOURCES = ['proxy', 'apps', 'scripts', 'lib'];
const MIN_NODE = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
  fail(
    `Cartwreck needs Node ${MIN_NODE.join('.')} or newer; this is ${process.versions.node}. Get it from nodejs.org.`,
  );
}
if (!installed()) await install();
if (!built()) await build();

function installed() {
  return (
    existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === readFileSync(at('package-lock.json'), 'utf8')
  );
}

async function install() {
  const started = Date.now();
  const say = (text) => process.stderr.write(process.stderr.isTTY ? `\r${text}` : `${text}\n`);
  const seconds = () => Math.round((Date.now() - started) / 1000);
  say('Installing dependencies (npm ci, once, about 10 s) …');
  const ticking = setInterval(() => say(`Installing dependencies (npm ci) … ${seconds()} s`), 2000);
  const npm = process.env.npm_execpath;
  // --include=dev: the build needs esbuild even where NODE_ENV=production is set
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, output } = npm?.endsWith('.js')
    ? await run(process.execPath, [npm, ...args])
    : await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args);
  clearInterval(ticking);
  if (code !== 0)
    fail(
      `npm ci failed (exit ${code}). It needs the npm registry once. Its last words:\n${output.slice(-2000)}`,
    );
  writeFileSync(INSTALLED, readFileSync(at('package-lock.json')));
  say(`Dependencies installed in ${seconds()} s.\n`);
}

function built() {
  if (!existsSync(BUILT)) return false;
  const stamp = statSync(BUILT).mtimeMs;
  const newer = (path) =>
    statSync(path).isDirectory()
      ? readdirSync(path).some((name) => newer(join(path, name)))
      : statSync(path).mtimeMs > stamp;
  return !SOURCES.some((dir) => newer(at(dir))) && statSync(INSTALLED).mtimeMs <= stamp;
}

async function build() {
  const { code, output } = await run(process.execPath, [at('scripts', 'build.mjs')]);
  if (code !== 0) fail(`The build failed:\n${output}`);
  writeFileSync(BUILT, '');
}

/** Runs a command to its end; resolves to its exit code and everything it printed. */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 1, output: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function fail(message) {
  process.stderr.write(`\n${message}\n`);
  process.exit(1);
}
