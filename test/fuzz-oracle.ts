import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { helpText, integer, optionalInteger, parseFlags } from '../lib/flags.ts';
import { runMain } from '../lib/main.ts';
import { RIGHT_SHOPS, WRONG_SHOPS } from './support/oracle-sim.ts';

/** `npm run fuzz:oracle`: the oracle against brute force on many more random histories than `npm test` has time for. */
const USAGE = 'npm run fuzz:oracle -- --runs 100000';
const MAX = 2 ** 32 - 1;
const FLAGS = {
  runs: integer('histories in all, spread over the simulated shops, right ones and wrong ones', 100_000, {
    min: 100,
    max: MAX,
  }),
  seed: optionalInteger('repeats a run  [chance, printed]', { min: 0, max: MAX }),
};

await runMain(async () => {
  const { flags, help } = parseFlags(FLAGS, process.argv.slice(2), process.env);
  if (help) {
    process.stdout.write(helpText(USAGE, FLAGS));
    return 0;
  }
  const seed = flags.seed ?? randomInt(1_000_000_000);
  const shops = RIGHT_SHOPS.length + WRONG_SHOPS.length;
  const perShop = Math.ceil(flags.runs / shops);
  process.stdout.write(`${perShop} histories for each of ${shops} simulated shops, seed ${seed}\n`);
  const file = fileURLToPath(new URL('slow/oracle-fuzz.test.ts', import.meta.url));
  const env = { ...process.env, ORACLE_FUZZ_SEED: String(seed), ORACLE_FUZZ_RUNS: String(perShop) };
  const args = ['--import', 'tsx', '--test', '--test-reporter=spec', file];
  return spawnSync(process.execPath, args, { env, stdio: 'inherit' }).status ?? 1;
});
