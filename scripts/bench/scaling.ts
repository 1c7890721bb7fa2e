import { helpText, integer, parseFlags } from '../../lib/flags.ts';
import { SETTINGS } from '../../proxy/contract.ts';
import { openCanned } from './measure.ts';
import { measuredMoves, type Step, type Way } from './scaling/moves.ts';
import { predictedMoves } from './scaling/prediction.ts';

const FLAGS = {
  sessions: integer('of as many clients', 2000, { min: 100, max: 100_000 }),
};

/** How far a measured share may be from the predicted one, in percent points. */
const TOLERANCE = 5;

const STEPS: readonly Step[] = [
  { from: 3, to: 4 },
  { from: 4, to: 3 },
];

/** Those that remember keep what they have; only a hash is asked again with each request. */
const WAYS: readonly Way[] = [
  { affinity: 'cookie', hash: 'rendezvous' },
  { affinity: 'table', hash: 'rendezvous' },
  { affinity: 'connection', hash: 'rendezvous' },
  ...SETTINGS.hash.map((hash) => ({ affinity: 'ip-hash' as const, hash })),
  ...SETTINGS.hash.map((hash) => ({ affinity: 'session-hash' as const, hash })),
];

/** Scales a real proxy's pool and counts whom that moves. Resolves with the exit code: 1 when it is not as predicted. */
export async function benchScaling(
  out: { write(text: string): void },
  argv: string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const { flags, help } = parseFlags(FLAGS, argv, env);
  if (help) {
    out.write(helpText('npm run bench -- scaling [flags]', FLAGS));
    return 0;
  }
  out.write(
    `Share of ${flags.sessions} sessions that another replica serves after the change, in percent.\n\n`,
  );
  out.write(`${''.padEnd(28)}${'scale'.padEnd(8)}${'predicted'.padStart(10)}${'measured'.padStart(10)}\n`);
  const canned = await openCanned();
  let allWithin = true;
  try {
    for (const way of WAYS) {
      for (const step of STEPS) {
        const measured = await measuredMoves(way, step, { canned, sessions: flags.sessions });
        const predicted = predictedMoves(way.affinity, way.hash, step.from, step.to) ?? Number.NaN;
        const within = Math.abs(measured - predicted) <= TOLERANCE;
        allWithin &&= within;
        out.write(lineOf(way, step, { predicted, measured, within }));
      }
    }
  } finally {
    canned.close();
  }
  out.write(allWithin ? `\nAll within ${TOLERANCE} points.\n` : `\nNot all within ${TOLERANCE} points.\n`);
  return allWithin ? 0 : 1;
}

function lineOf(
  { affinity, hash }: Way,
  { from, to }: Step,
  { predicted, measured, within }: { predicted: number; measured: number; within: boolean },
): string {
  const name = affinity.endsWith('-hash') ? `${affinity}, ${hash}` : affinity;
  const numbers = [predicted, measured].map((share) => share.toFixed(1).padStart(10)).join('');
  return `${name.padEnd(28)}${`${from} → ${to}`.padEnd(8)}${numbers}${within ? '' : '  off'}\n`;
}
