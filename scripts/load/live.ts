import { type ClientOrder, orderOfFault } from './client-faults.ts';
import type { LoadConfig, ShopResult } from './contract.ts';
import type { StopSignal } from './exit.ts';
import { followMarks } from './marks.ts';
import { followMode, type ModeFollower } from './mode.ts';
import type { LoadRun } from './runner.ts';
import { openLog, openScreen, type Screen, SHOW_CURSOR } from './screen.ts';
import { stopOnSignals } from './signals.ts';
import type { Report } from './target.ts';
import type { Colours } from './words.ts';

export interface Stage {
  /** where it is shown */
  out: NodeJS.WriteStream;
  colours: Colours;
  quiet: boolean;
  report: Report | null;
}

/** Shows the run while it goes, until it ends by itself or by a signal. */
export async function watchRun(
  run: LoadRun,
  stage: Stage,
): Promise<{ result: ShopResult; signal: StopSignal | null }> {
  const { out, report } = stage;
  const say = (text: string) => void out.write(`${text}\n`);
  say(`Run ${run.run}, seed ${run.seed}: ${whoOf(run.config)} at ${run.config.url}`);
  const cluster = report === null ? null : followCluster(report, run, say);
  const screen = screenFor(run, stage, () => cluster?.mode.text() ?? null);
  const signalled = stopOnSignals({
    first(signal) {
      run.stop(signal);
      if (screen === null || !out.isTTY) {
        say('Stopping: the last answers and reads are awaited. Again to stop at once.');
      }
    },
    lastWords() {
      run.flush();
      if (out.isTTY) out.write(SHOW_CURSOR);
    },
  });
  const result = await run.result.finally(() => {
    screen?.close();
    cluster?.close();
  });
  return { result: { ...result, runtime: cluster?.mode.runtime() ?? null }, signal: signalled() };
}

const whoOf = ({ ratePerSecond, shoppers }: LoadConfig): string =>
  ratePerSecond === null
    ? `${shoppers} shoppers`
    : `${ratePerSecond} new shoppers/s, at most ${shoppers} at once,`;

/** Notes what is done to the cluster, and does what is asked of the shoppers. */
function followCluster(
  report: Report,
  run: LoadRun,
  say: (text: string) => void,
): { mode: ModeFollower; close(): void } {
  const said = new Set<string>();
  const obey = (order: ClientOrder | null) => {
    const refusal = order && run.disguise(order);
    if (!refusal || said.has(refusal)) return;
    said.add(refusal);
    say(`Note: ${order.fault?.fault} is not carried out: ${refusal}`);
  };
  const marks = followMarks(report, { mark: run.mark, order: obey });
  const mode = followMode(report, ({ faults }) => {
    for (const fault of faults) if (fault.state === 'active') obey(orderOfFault(fault));
  });
  return {
    mode,
    close() {
      marks.close();
      mode.close();
    },
  };
}

function screenFor(
  { config, seed, progress }: LoadRun,
  { out, quiet, colours }: Stage,
  mode: () => string | null,
): Screen | null {
  if (quiet) return null;
  return out.isTTY ? openScreen({ out, progress, config, seed, mode, colours }) : openLog({ out, progress });
}
