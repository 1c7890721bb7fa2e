import type { ClusterInfo } from '../../lib/cluster.ts';
import type { Measured } from './run.ts';

/** What is about to happen, and where: a killed process refuses a connection, a killed container lets it hang. */
export function openingText(
  { name, runtime, store }: Pick<ClusterInfo, 'name' | 'runtime' | 'store'>,
  { shoppers, seed }: { shoppers: number; seed: number },
): string {
  const shops =
    runtime === 'docker' ? `Three shops in containers (project "${name}")` : 'Three shops as processes';
  return `${shops}, ${shoppers} shoppers, seed ${seed}. Redis is: ${store}. shop-2 is killed under each design.`;
}

/** One design, as the class reads it. */
export function designText(measured: Measured): string {
  const { design, shoppers, hit, hitBefore, share, errors, requests, undecided } = measured;
  const percent = `${Math.round(share * 100)} %`;
  const before = hitBefore === 0 ? 'all of them after the kill' : `${hitBefore} of them before the kill`;
  return [
    `Design ${design.id}: ${design.name}`,
    `  predicted  ${design.predicted.words}`,
    `  measured   ${percent}: ${hit} of ${shoppers} shoppers have a broken cart${hit === 0 ? '' : `, ${before}`}`,
    `  errors     ${errors.fail} failed, ${errors.unknown} of unknown outcome, of ${requests} requests (not counted as broken)`,
    ...(undecided === 0
      ? []
      : [`  undecided  ${undecided} carts: an unknown outcome hides what happened to them`]),
    `  ${measured.asPredicted ? 'As predicted.' : 'NOT as predicted.'} ${design.because}`,
  ].join('\n');
}

/** `npm run demo -- --json`: schema demo/1. */
export function demoJson(
  all: readonly Measured[],
  facts: { seed: number; runtime: string; store: string; durationMs: number },
) {
  return {
    schema: 'demo/1',
    ...facts,
    asPredicted: all.every(({ asPredicted }) => asPredicted),
    designs: all.map(({ design, ...measured }) => ({
      id: design.id,
      name: design.name,
      settings: design.settings,
      predicted: { min: design.predicted.min, max: design.predicted.max },
      ...measured,
      because: design.because,
    })),
  };
}
