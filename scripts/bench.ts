/** Measures, for people who change the code: npm run bench -- load|proxy|recovery|scaling */
import { UsageError } from '../lib/flags.ts';
import { runMain } from '../lib/main.ts';
import { benchLoad } from './bench/load.ts';
import { benchProxy } from './bench/proxy.ts';
import { benchRecovery } from './bench/recovery.ts';
import { benchScaling } from './bench/scaling.ts';

/** Exit code for bad arguments, as scripts/load has it. */
const EXIT_USAGE = 104;
const EXIT_STOPPED = 130;

const BENCHES: Record<string, (argv: string[]) => Promise<number>> = {
  load: () => benchLoad(process.stdout, process.env),
  proxy: (argv) => benchProxy(process.stdout, argv, process.env),
  recovery: (argv) => benchRecovery(process.stdout, argv, process.env),
  scaling: (argv) => benchScaling(process.stdout, argv, process.env),
};

// What was started is ended at exit; a signal alone would be an end without one.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(EXIT_STOPPED));

await runMain(async () => {
  const [name = '', ...argv] = process.argv.slice(2);
  const bench = BENCHES[name];
  if (bench !== undefined) return bench(argv);
  const names = Object.keys(BENCHES);
  throw new UsageError(`expected one of ${names.join(', ')}, got "${name}": npm run bench -- ${names[0]}`);
}, EXIT_USAGE);
