import { announceReady, behaveAsChild } from '../lib/child.ts';
import { helpText, parseFlags } from '../lib/flags.ts';
import { createLog } from '../lib/log.ts';
import { runMain } from '../lib/main.ts';
import { withValueFiles } from '../lib/value-files.ts';
import { PROXY_FLAGS } from './config.ts';
import { startProxy } from './proxy.ts';

/** What closing may take beyond the time that requests under way get. */
const CLOSING_MS = 1000;
/** May come as files, as containers get them. */
const IN_FILES = ['CARTWRECK_SECRET', 'CARTWRECK_RUN_STARTED'];

await runMain(async () => {
  const env = withValueFiles(process.env, IN_FILES);
  const { flags, help } = parseFlags(PROXY_FLAGS, process.argv.slice(2), env);
  if (help) return void process.stdout.write(helpText('node dist/proxy/main.js [flags]', PROXY_FLAGS));
  const log = createLog('proxy', flags['log-level']);
  const proxy = await startProxy(flags, log);
  behaveAsChild({ onStop: proxy.close, limitMs: flags.grace + CLOSING_MS });
  log.info({ port: proxy.port, controlPort: proxy.controlPort }, 'ready');
  announceReady({ port: proxy.port, controlPort: proxy.controlPort });
});
