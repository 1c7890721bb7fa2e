import type { SettingName } from '../../../../proxy/contract.ts';
import type { Call } from '../shared/api.ts';

/** What the parts of the page can do; everything that changes something goes through `run` or `switchTo`. */
export interface Actions {
  /** no token: the page can be read, and its controls lead to the field where the token goes */
  locked: boolean;
  /** where the console is, for the `curl` lines */
  origin: string;
  run(call: Call): Promise<void>;
  switchTo(name: SettingName, value: string): Promise<void>;
  /** says a sentence in the message line */
  say(text: string): void;
  giveToken(token: string): void;
}

export const NEED_TOKEN = 'Paste the token printed in the terminal';
export const TOKEN_FIELD = 'token';
