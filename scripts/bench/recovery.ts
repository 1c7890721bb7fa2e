import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { helpText, integer, list, parseFlags, toggle, UsageError } from '../../lib/flags.ts';
import { disturbance } from './disturbance.ts';
import { endAll } from './proxy/program.ts';
import { type Account, sumOf } from './recovery/account.ts';
import { PACE_MS } from './recovery/clients.ts';
import { type Row, runDrill } from './recovery/drill.ts';
import { FAULTS, type Fault } from './recovery/faults.ts';
import { PEERS } from './recovery/peers/index.ts';
import { CHECKS, type Peer, type Stage, TIMEOUTS } from './recovery/peers/peer.ts';
import { type Replica, startReplica } from './recovery/replicas.ts';
import { legend, tableOf } from './recovery/table.ts';

const FLAGS = {
  seconds: integer('how long the clients go on after each fault', 4, { min: 1, max: 60 }),
  rounds: integer('of all faults, whose counts are added', 4, { min: 1, max: 100 }),
  clients: integer('of each row', 12, { min: 3, max: 1000 }),
  only: list('rows whose name has this in it, e.g. HAProxy; may be given again', 'TEXT', (word) => word),
  fault: list(`default: ${FAULTS.map(({ name }) => name).join(', ')}`, 'NAME', faultIn),
  show: toggle('prints the configurations instead'),
};

type Flags = ReturnType<typeof parseFlags<typeof FLAGS>>['flags'];
type Output = { write(text: string): void };

/** Sets every way to recover against the same faults of the same replicas. Resolves with the exit code. */
export async function benchRecovery(out: Output, argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { flags, help } = parseFlags(FLAGS, argv, env);
  if (help) out.write(helpText('npm run bench -- recovery [flags]', FLAGS));
  else if (flags.show) showPeers(out);
  else await withFolder((folder) => drillAll(out, flags, { folder, path: env.PATH ?? '' }));
  return 0;
}

function showPeers(out: Output): void {
  const replicas = REPLICAS.map((name, index) => ({ name, port: 7001 + index }));
  for (const peer of PEERS) out.write(`# ${peer.name}\n${peer.show({ replicas, folder: 'FOLDER' })}\n`);
}

const REPLICAS = ['shop-1', 'shop-2', 'shop-3'];

async function drillAll(out: Output, flags: Flags, where: { folder: string; path: string }): Promise<void> {
  const taking = PEERS.map((peer) => ({ peer, rows: chosenOf(peer, flags.only) })).filter(
    ({ rows }) => rows.length > 0,
  );
  if (taking.length === 0) throw new UsageError(`--only: no row has "${flags.only}" in its name`);
  const present = taking.filter(({ peer }) => peer.missing(where.path) === null);
  const replicas: Replica[] = [];
  const rows: Row[] = [];
  try {
    for (const name of REPLICAS) replicas.push(await startReplica(name, where.folder));
    const stage: Stage = { ...where, replicas };
    for (const { peer, rows: names } of present) {
      const started = await peer.start(stage, names);
      rows.push(...names.map((name) => ({ title: `${peer.name}: ${name}`, name, peer: started })));
    }
    out.write(introduction(flags, rows));
    const faults = flags.fault.length > 0 ? flags.fault : FAULTS;
    const costs = await drillInTurn(rows, replicas, faults, flags);
    for (const fault of faults) {
      const accounts = costs.get(fault.name) ?? [];
      const lines = rows.map(({ title }, index) => ({
        title,
        account: sumOf(accounts.flatMap((all) => all[index] ?? [])),
      }));
      out.write(`${tableOf(fault, lines, flags.seconds * 1000)}\n`);
    }
  } finally {
    endAll();
  }
  out.write(`${legend()}${notes()}`);
  for (const { peer } of taking) {
    const missing = peer.missing(where.path);
    if (missing !== null) out.write(`skipped: ${peer.name} (${missing})\n`);
  }
}

/** Faults take turns, and so do the replicas they hit. Returns the accounts of all rows, round by round. */
async function drillInTurn(
  rows: readonly Row[],
  replicas: readonly Replica[],
  faults: readonly Fault[],
  { rounds, clients, seconds }: Flags,
): Promise<Map<string, Account[][]>> {
  const costs = new Map<string, Account[][]>();
  for (let turn = 0; turn < rounds; turn++) {
    for (const fault of faults) {
      const accounts = await runDrill(rows, replicas, fault, { clients, windowMs: seconds * 1000, turn });
      costs.set(fault.name, [...(costs.get(fault.name) ?? []), accounts]);
    }
  }
  return costs;
}

const chosenOf = (peer: Peer, only: readonly string[]): string[] =>
  peer.rows
    .map(({ name }) => name)
    .filter(
      (name) =>
        only.length === 0 ||
        only.some((word) => `${peer.name}: ${name}`.toLowerCase().includes(word.toLowerCase())),
    );

const introduction = ({ rounds, clients, seconds }: Flags, rows: readonly Row[]): string =>
  `${disturbance()}${rows.length} rows, each with ${clients} clients of its own that are pinned and ask every ${PACE_MS} ms, GET and POST
in turn. All rows share three replicas, and each fault hits them at the same moment; ${rounds} rounds, ${seconds} s after each fault.
Checks every ${CHECKS.intervalMs} ms (${CHECKS.fastMs} ms in doubt), rise ${CHECKS.rise}, fall ${CHECKS.fall}; ${TIMEOUTS.connectMs} ms to connect, ${TIMEOUTS.answerMs} ms to answer.\n\n`;

const notes = (): string => `
Nothing is computed that could be measured: clients note what they saw, replicas what they executed, balancers how often they
tried. cartwreck checks a replica at once when a request to it fails; HAProxy does where its row says observe. nginx here checks
by its clients' requests alone (max_fails 1, fail_timeout 1 s) and hashes a cookie of the client; the others insert one.
--show prints the configurations.
`;

function faultIn(word: string): Fault {
  const fault = FAULTS.find(({ name }) => name === word);
  if (fault === undefined)
    throw new Error(`expected one of ${FAULTS.map(({ name }) => name).join(', ')}, got "${word}"`);
  return fault;
}

/** A folder that is gone afterwards, also when the bench is ended in the middle. */
async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cartwreck-recovery-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    await run(folder);
  } finally {
    process.off('exit', remove);
    remove();
  }
}
