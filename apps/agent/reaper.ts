import { join } from 'node:path';
import type { ProcessIdentity } from '../../lib/process-identity.ts';
import { claimedByOther, releaseRunDirectory } from './run-directory.ts';
import { LEDGER_FILE, reap } from './runtime/ledger.ts';

/**
 * The dead man's switch: a process beside the cluster that does nothing until its standard input ends. The agent holds
 * the other end, so that happens when the agent is gone, by whatever death. Then every process of the ledger is ended:
 * the frozen ones, which cannot notice by themselves, and the store, which does not know us.
 */
const [directory = '', ownerText = ''] = process.argv.slice(2);
const owner = JSON.parse(ownerText) as ProcessIdentity;
/** Members that notice by themselves get this long to go. */
const PATIENCE_MS = 100;

// Not for the terminal's signals: this process must outlive everything it may have to end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.stdin.resume();
process.stdin.on('end', () => setTimeout(mendAndGo, PATIENCE_MS));

function mendAndGo(): void {
  // A next cluster of this name has done it already; the ledger that lies there now is its own.
  if (!claimedByOther(directory, owner)) {
    reap(join(directory, LEDGER_FILE));
    releaseRunDirectory(directory, owner);
  }
  process.exit(0);
}
