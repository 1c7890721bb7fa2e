import { requireCluster } from '../lib/find-cluster.ts';
import { helpText, parseFlags, UsageError } from '../lib/flags.ts';
import { runMain } from '../lib/main.ts';
import { CHAOS_FLAGS, type Context } from './chaos/context.ts';
import { readVerb, requireFitting, VERBS } from './chaos/verbs.ts';

/** `npm run chaos`: hurts the cluster, and mends it. Every verb is one call of the control API. */
const rows = Object.values(VERBS).map(({ usage, help }) => `  ${usage.padEnd(36)} ${help}`);
const USAGE = `npm run chaos -- <verb> [target] [flags]\n\n${rows.join('\n')}`;

await runMain(async () => {
  const { flags, positionals, help, given } = parseFlags(CHAOS_FLAGS, process.argv.slice(2), process.env);
  if (help) {
    process.stdout.write(helpText(USAGE, CHAOS_FLAGS));
    return 0;
  }
  const [word] = positionals;
  if (word === undefined) throw new UsageError(USAGE);
  const asked = readVerb(positionals);
  if (!asked) throw new UsageError(`unknown verb "${word}"\n\n${USAGE}`);
  requireFitting(asked, given);
  const cluster = await requireCluster(process.env, flags.name);
  const context: Context = { cluster, flags, targets: asked.targets };
  return asked.verb.run(context);
});
