import { clientsFor } from './clients.ts';
import { type Canned, measure, openCanned, type Sample } from './measure.ts';

const CONNECTIONS = 50;
/** Rounds are interleaved, so that a busy moment of the machine hits every client. */
const ROUNDS = 3;
const WINDOW_MS = 2000;

/** Prints what a checked answer costs this script and others, in one run on one server. Resolves with the exit code. */
export async function benchLoad(out: { write(text: string): void }, env: NodeJS.ProcessEnv): Promise<number> {
  if (process.platform !== 'linux') {
    out.write(`CPU time of other processes is read from /proc, which ${process.platform} does not have.\n`);
    return 1;
  }
  const canned = await openCanned();
  try {
    const candidates = clientsFor({ url: canned.url, connections: CONNECTIONS, path: env.PATH ?? '' });
    out.write(
      `${CONNECTIONS} connections, ${ROUNDS} rounds of ${WINDOW_MS / 1000} s, a cart of three lines\n\n`,
    );
    const rows = await measureAll(candidates, canned);
    out.write(tableOf(rows));
    for (const one of candidates) if ('missing' in one) out.write(`skipped: ${one.name} (${one.missing})\n`);
    return 0;
  } finally {
    canned.close();
  }
}

export interface Row {
  name: string;
  samples: Sample[];
}

async function measureAll(candidates: ReturnType<typeof clientsFor>, canned: Canned): Promise<Row[]> {
  const clients = candidates.flatMap((one) => ('missing' in one ? [] : one));
  const rows = clients.map((client) => ({ client, name: client.name, samples: [] as Sample[] }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { client, samples } of rows) samples.push(await measure(client, canned, WINDOW_MS));
  }
  return rows;
}

/** Ratios are to the first row; CPU time is steady where requests per second are not. */
export function tableOf(rows: readonly Row[]): string {
  const [first] = rows;
  if (first === undefined) return 'nobody to compare\n';
  const lines = rows.map((row) =>
    [
      row.name.padEnd(24),
      microsOf(row).toFixed(1).padStart(14),
      `${(microsOf(row) / microsOf(first)).toFixed(2)}×`.padStart(8),
      rateOf(row).toLocaleString('en-US').padStart(12),
    ].join(''),
  );
  const head = `${''.padEnd(24)}${'CPU µs/request'.padStart(14)}${'ratio'.padStart(8)}${'requests/s'.padStart(12)}`;
  return `${[head, ...lines].join('\n')}\n`;
}

const microsOf = ({ samples }: Row): number =>
  median(samples.map(({ cpuMicros, requests }) => cpuMicros / requests));

const rateOf = ({ samples }: Row): number =>
  Math.round(median(samples.map(({ requests, seconds }) => requests / seconds)));

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
