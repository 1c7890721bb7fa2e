import { formatMs } from '../../../../lib/duration.ts';
import type { SettingName, Settings } from '../../../../proxy/contract.ts';
import { dropToken, giveKey, theToken } from '../shared/access.ts';
import { type Call, RESET, STOP_LOAD, send, startLoad, switchSetting } from '../shared/api.ts';
import type { Connection } from '../shared/connect.ts';
import { ask, confirm, withdraw } from '../shared/model.ts';
import { orderStage } from '../shared/stage-remote.ts';
import { type Actions, KEY_FIELD, NEED_KEY } from './actions.ts';
import type { MessageLine } from './message-line.ts';
import type { PageState } from './page-state.ts';

/** What the actions read and change. */
export interface Desk {
  page: PageState;
  change(to: Partial<PageState>): void;
  connection: Connection;
  line: MessageLine;
}

/** What the controls of the page do, as it is now: with or without a key. */
export function actionsAt(desk: Desk): Actions {
  const { page, change, connection, line } = desk;
  return {
    locked: theToken() === null,
    origin: location.origin,
    run: (call) => run(desk, call),
    switchTo: (name, value) => switchTo(desk, name, value),
    async newCohort(shoppers, seed) {
      if ((await run(desk, STOP_LOAD)) !== null) {
        await run(desk, { ...startLoad(shoppers, seed), what: 'New cohort' });
      }
    },
    say: line.say,
    async giveKey(typed) {
      const answer = await giveKey(typed);
      line.say(answer.ok ? '' : answer.message);
      if (answer.ok) connection.again();
    },
    blank() {
      orderStage({ type: 'blank', on: !page.blank });
      change({ blank: !page.blank });
    },
    pause() {
      orderStage({ type: 'pause', on: !page.paused });
      change({ paused: !page.paused });
      line.toast(page.paused ? 'The picture stands still' : 'The picture moves');
    },
  };
}

async function run({ page, line }: Desk, call: Call): Promise<unknown> {
  if (theToken() === null && page.model.state?.recording === null) {
    line.say(`${NEED_KEY}, first.`);
    document.getElementById(KEY_FIELD)?.focus();
    return null;
  }
  line.toast(call.what);
  const answer = await send(call);
  if (answer.ok && call.path === RESET.path) line.toast(`Ready again after ${formatMs(msOf(answer.body))}`);
  if (answer.ok) return answer.body ?? {};
  if (answer.status === 401) dropToken();
  line.say(`${call.what}: ${answer.message}`);
  return null;
}

const msOf = (body: unknown): number => (body as { ms?: number } | null)?.ms ?? 0;

async function switchTo(desk: Desk, name: SettingName, value: string): Promise<void> {
  const { page, connection, line } = desk;
  if (theToken() !== null) connection.change((model) => ask(model, name, value));
  const settings = (await run(desk, switchSetting(name, value))) as Settings | null;
  connection.change((model) => (settings === null ? withdraw(model, name) : confirm(model, name, settings)));
  if (settings !== null && name === 'sessions' && page.model.state?.loadRunning)
    line.say('Old carts stay where they were, and will look lost. New cohort starts afresh.');
}
