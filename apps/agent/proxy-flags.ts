import type { Flag } from '../../lib/flags.ts';
import { PROXY_FLAGS } from '../../proxy/config.ts';
import { SETTINGS, type SettingName, type SettingValues } from '../../proxy/contract.ts';

/** What a cluster's proxy is started with besides what the agent decides: flag → the word it is given. */
export type ProxyWords = Record<string, string>;

/** Numbers that the cluster depends on: where the proxy listens, when everything began. */
const OURS = ['port', 'control-port', 'run-started'];
/** These have flags of their own. */
const MAIN = ['affinity', 'sessions'];

/** Amounts and choices. A text may be an address, a file or a secret, and those the cluster decides. */
const isChoice = ({ placeholder = '' }: Flag<unknown>): boolean =>
  ['N', 'TIME'].includes(placeholder) || placeholder.includes('|');

const FLAGS: Readonly<Record<string, Flag<unknown>>> = PROXY_FLAGS;
const NAMES = Object.keys(FLAGS).filter(
  (name) => ![...OURS, ...MAIN].includes(name) && isChoice(FLAGS[name] as Flag<unknown>),
);

/**
 * `--proxy pin-max-idle=20s --proxy upstream-limit=5`. In one variable of the environment by spaces or commas, with the
 * dashes of flags or without, so that the same text can be given to the proxy itself.
 */
export const proxyFlags: Flag<[name: string, word: string][]> = {
  help: 'a setting or an amount of the proxy to start with, several if need be',
  placeholder: 'NAME=VALUE',
  kind: 'list',
  fallback: [],
  read: (text) => text.split(/[\s,]+/).flatMap((word) => (word === '' ? [] : [readOne(word)])),
};

function readOne(text: string): [name: string, word: string] {
  const [, name = '', word = ''] = /^(?:--)?([a-z-]+)=(.+)$/.exec(text) ?? [];
  if (name === '') throw new Error(`expected NAME=VALUE as in pin-max-idle=20s, got "${text}"; ${known()}`);
  if (MAIN.includes(name)) throw new Error(`${name} has a flag of its own: --${name} ${word}`);
  const flag = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
  if (!flag) throw new Error(`the proxy has no flag "${name}"; ${known()}`);
  if (!NAMES.includes(name)) throw new Error(`${name} is decided by the cluster; ${known()}`);
  try {
    flag.read(word);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
  return [name, word];
}

const known = (): string => `known: ${NAMES.join(', ')}`;

/** The settings among them: what a reset goes back to. `dead-pin` is the setting `deadPin`. */
export function settingsAmong(words: ProxyWords): Partial<SettingValues> {
  const names = Object.keys(SETTINGS) as SettingName[];
  return Object.fromEntries(
    names.flatMap((name) => {
      const word = words[name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)];
      return word === undefined ? [] : [[name, word]];
    }),
  );
}
