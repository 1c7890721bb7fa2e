import { requireCluster, runBase } from '../lib/cluster.ts';
import { helpText, parseFlags, UsageError } from '../lib/flags.ts';
import { runMain } from '../lib/main.ts';
import { CHAOS_FLAGS, type Context, VERBS } from './chaos/verbs.ts';

/** `npm run chaos`: hurts the cluster, and mends it. Every verb is one call of the control API. */
const rows = Object.values(VERBS).map(({ usage, help }) => `  ${usage.padEnd(36)} ${help}`);
const USAGE = `npm run chaos -- <verb> [target] [flags]\n\n${rows.join('\n')}`;

await runMain(async () => {
  const { flags, positionals, help } = parseFlags(CHAOS_FLAGS, process.argv.slice(2), process.env);
  const [word, ...rest] = positionals;
  if (help || word === undefined) {
    process.stdout.write(helpText(USAGE, CHAOS_FLAGS));
    return help ? 0 : 2;
  }
  // "redis kill" and "proxy restart" read better with the target first; both orders work.
  const [verb = '', targets] =
    rest[0] !== undefined && rest[0] in VERBS && !(word in VERBS) ? [rest[0], [word]] : [word, rest];
  const found = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (!found) throw new UsageError(`unknown verb "${verb}"\n\n${USAGE}`);
  const context: Context = { cluster: requireCluster(runBase(process.env), flags.name), flags, targets };
  return found.run(context);
});
