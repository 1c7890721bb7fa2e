import type { JudgedResult, LoadConfig } from './contract.ts';
import { DEFAULT_CONFIG, OPEN_SHOPPERS } from './options.ts';
import { mixText } from './read.ts';

/** The command that sends the same shoppers again. A history tells the seed and the shoppers, not the rest. */
export function againCommand({ seed, shoppers, config }: JudgedResult): string {
  const words = config === null ? ['--shoppers', shoppers.total] : wordsOf(config);
  return ['npm run load --', '--seed', seed, ...words].join(' ');
}

/** What decides who does what; times and limits that only say how long are left out. */
function wordsOf(config: LoadConfig): (string | number)[] {
  const { ratePerSecond, stages, shoppers, mix, tabs, retry, whale, clientIps } = config;
  const isOpen = ratePerSecond !== null;
  return [
    ...(isOpen ? ['--rate', `${ratePerSecond}/s`] : stages.length > 0 ? [] : ['--shoppers', shoppers]),
    ...(isOpen && shoppers !== OPEN_SHOPPERS ? ['--max-active', shoppers] : []),
    ...stages.flatMap(({ durationMs, target }) => ['--stage', `${durationMs}ms:${target}`]),
    ...(mixText(mix) === mixText(DEFAULT_CONFIG.mix) ? [] : ['--mix', mixText(mix)]),
    ...(tabs === 1 ? [] : ['--tabs', tabs]),
    ...(retry === 'none' ? [] : ['--retry', retry]),
    ...(whale === null ? [] : ['--whale', whale]),
    ...(clientIps === null ? [] : ['--client-ips', clientIps]),
  ];
}
