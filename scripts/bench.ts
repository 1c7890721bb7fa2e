/** Measures, for people who change the code: npm run bench -- load */
import { benchLoad } from './bench/load.ts';

const BENCHES: Record<string, () => Promise<number>> = {
  load: () => benchLoad(process.stdout, process.env),
};

const [name = ''] = process.argv.slice(2);
const bench = BENCHES[name];
if (bench === undefined) {
  process.stderr.write(
    `expected one of ${Object.keys(BENCHES).join(', ')}, got "${name}": npm run bench -- load\n`,
  );
  process.exitCode = 104;
} else {
  process.exitCode = await bench();
}
