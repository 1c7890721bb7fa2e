import type { SettingName } from '../../../../proxy/contract.ts';
import type { Call } from '../shared/api.ts';

/** What the parts of the page can do; everything that changes something goes through `run` or `switchTo`. */
export interface Actions {
  /** no key: the page can be read, and its controls lead to the field where the key goes */
  locked: boolean;
  /** where the console is, for the `curl` lines */
  origin: string;
  /** The answer's body; null when it was refused, which is said in the message line. */
  run(call: Call): Promise<unknown>;
  switchTo(name: SettingName, value: string): Promise<void>;
  /** The load again from its beginning, with the same numbers: new shoppers, empty carts. */
  newCohort(shoppers: number, seed: number | null): Promise<void>;
  /** says a sentence in the message line */
  say(text: string): void;
  giveKey(typed: string): Promise<void>;
  /** what the stage shows: dark, standing still; nothing of the cluster */
  blank(): void;
  pause(): void;
}

export const NEED_KEY = 'Type the PIN, or paste the token, printed in the terminal';
export const KEY_FIELD = 'key';
