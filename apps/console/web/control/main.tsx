import './control.css';
import { render } from 'preact';
import type { SettingName, Settings } from '../../../../proxy/contract.ts';
import { type Call, send, switchSetting } from '../shared/api.ts';
import {
  applyEvent,
  applySnapshot,
  ask,
  confirm,
  heard,
  initialModel,
  type Model,
  resumeAfter,
  withdraw,
} from '../shared/model.ts';
import { followCluster } from '../shared/stream.ts';
import { view } from '../shared/view.ts';
import { type Actions, NEED_TOKEN, TOKEN_FIELD } from './actions.ts';
import { dropToken, keepToken, takeToken } from './token.ts';
import { Page } from './view.tsx';

/** Clocks and numbers move twice a second; whatever has a line in the log is shown at once. */
const TICK_MS = 500;

const root = document.getElementById('page');
if (!root) throw new Error('index.html lost its <div id="page">');

let model: Model = initialModel();
let token = takeToken();
let message = '';
let painting = false;

function paint(): void {
  painting = false;
  if (root) render(<Page view={view(model, Date.now())} message={message} act={actions()} />, root);
}

function paintSoon(): void {
  if (painting) return;
  painting = true;
  requestAnimationFrame(paint);
}

function update(next: Model): void {
  const quiet = next.log === model.log && next.asked === model.asked;
  model = next;
  if (!quiet) paintSoon();
}

function say(text: string): void {
  message = text;
  paintSoon();
}

async function run(call: Call): Promise<unknown> {
  if (token === null) {
    say(`${NEED_TOKEN} first.`);
    document.getElementById(TOKEN_FIELD)?.focus();
    return null;
  }
  const answer = await send(call, token);
  if (answer.ok) {
    say('');
    return answer.body;
  }
  if (answer.status === 401) forgetToken();
  say(`${call.what}: ${answer.message}`);
  return null;
}

async function switchTo(name: SettingName, value: string): Promise<void> {
  if (token !== null) update(ask(model, name, value));
  const settings = (await run(switchSetting(name, value))) as Settings | null;
  update(settings === null ? withdraw(model, name) : confirm(model, name, settings));
}

function giveToken(given: string): void {
  token = given;
  keepToken(given);
  say('');
}

function forgetToken(): void {
  token = null;
  dropToken();
}

const actions = (): Actions => ({
  locked: token === null,
  origin: location.origin,
  run: async (call) => void (await run(call)),
  switchTo,
  say,
  giveToken,
});

addEventListener('hashchange', () => {
  token = takeToken();
  paintSoon();
});
setInterval(paintSoon, TICK_MS);
paint();
followCluster({
  onSnapshot: (state) => {
    update(applySnapshot(heard(model, Date.now()), state));
    paintSoon();
  },
  onEvent: (event) => update(applyEvent(heard(model, Date.now()), event)),
  resumeAfter: () => resumeAfter(model),
});
