import type { Account } from './account.ts';
import type { Fault } from './faults.ts';

interface Column {
  title: string;
  width: number;
  of(account: Account, windowMs: number): string;
  means: string;
}

const COLUMNS: Column[] = [
  {
    title: 'requests',
    width: 9,
    of: ({ requests }) => String(requests),
    means: 'of all its clients, the untroubled too, until the last answer',
  },
  {
    title: 'failed',
    width: 8,
    of: ({ failed }) => String(failed),
    means: 'any answer but 200, or none within 8 s',
  },
  {
    title: 'retried',
    width: 9,
    of: ({ retried }) => String(retried),
    means: 'sent more than once, as the balancer says: x-attempts, HAProxy’s log (%rc), $upstream_addr',
  },
  {
    title: 'duplicated',
    width: 12,
    of: ({ duplicated }) => String(duplicated),
    means: 'executed more than once, by the notes of the replicas on the disk',
  },
  {
    title: 'lost-ack',
    width: 10,
    of: ({ lostAck }) => String(lostAck),
    means: 'executed, and the client saw a failure',
  },
  {
    title: 'detect',
    width: 10,
    of: ({ detectMs }, windowMs) => timeOf(middleOf(detectMs), windowMs),
    means:
      'ms from the fault to the last request that failed or was retried, as it was sent; median of the rounds',
  },
  {
    title: 'max',
    width: 9,
    of: ({ detectMs }, windowMs) => timeOf(lastOf(detectMs), windowMs),
    means: 'the same in the worst round',
  },
  {
    title: 'reroute',
    width: 10,
    of: ({ rerouteMs }, windowMs) => timeOf(middleOf(rerouteMs), windowMs),
    means:
      'ms from the fault to the first good answer of another replica, for each client tied to the lost one; median',
  },
  {
    title: 'max',
    width: 9,
    of: ({ rerouteMs }, windowMs) => timeOf(lastOf(rerouteMs), windowMs),
    means: 'the same for the worst client',
  },
];

const NAME_WIDTH = 36;

/** The table of one fault. */
export function tableOf(
  fault: Fault,
  rows: readonly { title: string; account: Account }[],
  windowMs: number,
): string {
  const line = (name: string, cell: (column: Column) => string) =>
    name.padEnd(NAME_WIDTH) + COLUMNS.map((column) => cell(column).padStart(column.width)).join('');
  return `${[
    line(`${fault.name}`, ({ title }) => title),
    ...rows.map(({ title, account }) => line(`  ${title}`, ({ of }) => of(account, windowMs))),
    `  (${fault.means})`,
  ].join('\n')}\n`;
}

export const legend = (): string =>
  COLUMNS.map(({ title, means }) => `${title.padEnd(12)}${means}\n`).join('');

/** Those that never came sort last. */
const sorted = (times: readonly (number | null)[]): number[] =>
  times.map((time) => time ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);

const middleOf = (times: readonly (number | null)[]): number | undefined =>
  sorted(times)[Math.floor(times.length / 2)];
const lastOf = (times: readonly (number | null)[]): number | undefined => sorted(times).at(-1);

function timeOf(time: number | undefined, windowMs: number): string {
  if (time === undefined) return '-';
  return time === Number.POSITIVE_INFINITY ? `> ${windowMs}` : String(Math.round(time));
}
