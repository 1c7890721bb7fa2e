import type { JudgedResult, LoadConfig } from './contract.ts';
import { DEFAULT_CONFIG, OPEN_ITERATIONS, OPEN_SHOPPERS } from './options.ts';
import { mixText } from './read.ts';

/** The command that sends the same shoppers again. A history tells the seed and the shoppers, not the rest. */
export function againCommand({ seed, shoppers, config }: JudgedResult): string {
  const words = config === null ? ['--shoppers', shoppers.total] : wordsOf(config);
  return ['npm run load --', '--seed', seed, ...words].join(' ');
}

/** What is not as it is by default. Names and files of the run itself are left out. */
function wordsOf(config: LoadConfig): (string | number)[] {
  const { ratePerSecond, stages, shoppers, mix, thinkMs, tabs, retry, whale, clientIps } = config;
  const isOpen = ratePerSecond !== null;
  const { thinkMs: usualThink, timeoutMs, workers } = DEFAULT_CONFIG;
  const isUsualThink = thinkMs.min === usualThink.min && thinkMs.max === usualThink.max;
  return [
    ...(isOpen ? ['--rate', `${ratePerSecond}/s`] : stages.length > 0 ? [] : ['--shoppers', shoppers]),
    ...(isOpen && shoppers !== OPEN_SHOPPERS ? ['--max-active', shoppers] : []),
    ...stages.flatMap((stage) => ['--stage', `${timeText(stage.durationMs)}:${stage.target}`]),
    ...howLong(config),
    ...(isUsualThink ? [] : ['--think', `${timeText(thinkMs.min)}-${timeText(thinkMs.max)}`]),
    ...(mixText(mix) === mixText(DEFAULT_CONFIG.mix) ? [] : ['--mix', mixText(mix)]),
    ...(tabs === 1 ? [] : ['--tabs', tabs]),
    ...(retry === 'none' ? [] : ['--retry', retry]),
    ...(config.timeoutMs === timeoutMs ? [] : ['--timeout', timeText(config.timeoutMs)]),
    ...(whale === null ? [] : ['--whale', whale]),
    ...(clientIps === null ? [] : ['--client-ips', clientIps]),
    ...(config.workers === workers ? [] : ['--workers', config.workers]),
  ];
}

/** Stages say it themselves. A duration of null lasts until the steps are done. */
function howLong({ stages, durationMs, iterations, ratePerSecond }: LoadConfig): (string | number)[] {
  const usualSteps = ratePerSecond === null ? null : OPEN_ITERATIONS;
  const isUsual = durationMs === null || durationMs === DEFAULT_CONFIG.durationMs;
  return [
    ...(stages.length > 0 || isUsual ? [] : ['--duration', timeText(durationMs)]),
    ...(iterations === null || iterations === usualSteps ? [] : ['--iterations', iterations]),
  ];
}

/** 10_000 → "10s", 300 → "300ms": as the flags read it. */
const timeText = (ms: number): string => (ms >= 1000 && ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`);
