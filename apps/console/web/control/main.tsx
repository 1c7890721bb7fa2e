import './control.css';
import { render } from 'preact';
import { formatMs } from '../../../../lib/duration.ts';
import type { SettingName, Settings } from '../../../../proxy/contract.ts';
import { createFeed } from '../picture/feed.ts';
import { dropToken, giveKey, takeToken, theToken } from '../shared/access.ts';
import { type Call, DROP_VOTE, RESET, STOP_LOAD, send, startLoad, switchSetting } from '../shared/api.ts';
import { createCaption } from '../shared/caption-pace.ts';
import { connect } from '../shared/connect.ts';
import { ask, confirm, withdraw } from '../shared/model.ts';
import { orderStage } from '../shared/stage-remote.ts';
import { applyTheme } from '../shared/theme.ts';
import { view } from '../shared/view.ts';
import { type Actions, KEY_FIELD, NEED_KEY } from './actions.ts';
import { listenToKeys } from './keyboard.ts';
import type { Order } from './keys.ts';
import { deedOf } from './orders.ts';
import type { PageState } from './page-state.ts';
import { createRunStore } from './run-store.ts';
import { Page } from './view.tsx';
import { nextStep, TEMPLATES } from './vote-steps.ts';

/** Clocks and numbers move twice a second; whatever has a line in the log is shown at once. */
const TICK_MS = 500;
/** A page that was opened late tells what happened in the last minutes of a busy cluster. */
const HISTORY_EVENTS = 5000;
/** What was done is said for this long. */
const BRIEF_MS = 2500;

const root = document.getElementById('page');
if (!root) throw new Error('index.html lost its <div id="page">');

let painting = false;
let briefly: number | undefined;

takeToken();
applyTheme();
const feed = createFeed();
const connection = connect({
  history: HISTORY_EVENTS,
  onChange(model, before) {
    page.model = model;
    const loud = model.log !== before.log || model.asked !== before.asked || model.refused !== before.refused;
    if (loud || before.state === null) paintSoon();
  },
  onEvent(event) {
    runStore.hear(event);
    feed.tell(event);
  },
});
const caption = createCaption();
const runStore = createRunStore((runs) => {
  page.runs = runs;
  paintSoon();
});
const page: PageState = {
  model: connection.model(),
  runs: runStore.runs(),
  caption: '',
  message: '',
  stays: false,
  blank: false,
  paused: false,
  motion: wantsMotion(),
  feed,
  help: false,
  question: 0,
  set: change,
  tick: runStore.tick,
};

function wantsMotion(): boolean {
  const asked = new URLSearchParams(location.search).get('motion') !== 'off';
  return asked && !matchMedia('(prefers-reduced-motion: reduce)').matches;
}

function change(to: Partial<PageState>): void {
  Object.assign(page, to);
  paintSoon();
}

function paint(): void {
  painting = false;
  page.caption = caption(page.model, Date.now());
  if (root) render(<Page page={page} view={view(page.model, Date.now())} act={actions()} />, root);
}

function paintSoon(): void {
  if (painting) return;
  painting = true;
  requestAnimationFrame(paint);
}

/** A refusal stays until it is dismissed. */
function say(message: string): void {
  clearTimeout(briefly);
  change({ message, stays: true });
}

/** What was done, here and on the stage. */
function toast(text: string): void {
  clearTimeout(briefly);
  briefly = setTimeout(() => change({ message: '' }), BRIEF_MS);
  change({ message: text, stays: false });
  orderStage({ type: 'toast', text });
}

async function run(call: Call): Promise<unknown> {
  if (theToken() === null && page.model.state?.recording === null) {
    say(`${NEED_KEY}, first.`);
    document.getElementById(KEY_FIELD)?.focus();
    return null;
  }
  toast(call.what);
  const answer = await send(call);
  if (answer.ok && call.path === RESET.path) toast(`Ready again after ${formatMs(msOf(answer.body))}`);
  if (answer.ok) return answer.body ?? {};
  if (answer.status === 401) dropToken();
  say(`${call.what}: ${answer.message}`);
  return null;
}

const msOf = (body: unknown): number => (body as { ms?: number } | null)?.ms ?? 0;

async function switchTo(name: SettingName, value: string): Promise<void> {
  if (theToken() !== null) connection.change((model) => ask(model, name, value));
  const settings = (await run(switchSetting(name, value))) as Settings | null;
  connection.change((model) => (settings === null ? withdraw(model, name) : confirm(model, name, settings)));
  if (settings !== null && name === 'sessions' && page.model.state?.loadRunning)
    say('Old carts stay where they were, and will look lost. New cohort starts afresh.');
}

const actions = (): Actions => ({
  locked: theToken() === null,
  origin: location.origin,
  run,
  switchTo,
  async newCohort(shoppers, seed) {
    if ((await run(STOP_LOAD)) !== null) await run({ ...startLoad(shoppers, seed), what: 'New cohort' });
  },
  say,
  async giveKey(typed) {
    const answer = await giveKey(typed);
    say(answer.ok ? '' : answer.message);
    if (answer.ok) connection.again();
  },
  blank() {
    orderStage({ type: 'blank', on: !page.blank });
    change({ blank: !page.blank });
  },
  pause() {
    orderStage({ type: 'pause', on: !page.paused });
    change({ paused: !page.paused });
    toast(page.paused ? 'The picture stands still' : 'The picture moves');
  },
});

function obey(order: Order, index: number): void {
  const act = actions();
  const { vote, impact } = page.model.state?.scene ?? { vote: null, impact: null };
  if (order === 'help') return change({ help: !page.help });
  if (order === 'pause') return act.pause();
  if (order === 'blank') return act.blank();
  if (page.model.state?.recording) return;
  if (order === 'back') return void (vote && run(DROP_VOTE));
  if (order === 'next') {
    const template = TEMPLATES[page.question];
    const step = template ? nextStep(vote, template, impact) : null;
    return step === null ? say('Say which option came true.') : void run(step);
  }
  const deed = deedOf(order, index, view(page.model, Date.now()));
  if (deed === null) return;
  if ('why' in deed) return say(deed.why);
  void ('call' in deed ? run(deed.call) : switchTo(deed.switch, deed.value));
}

listenToKeys(obey, () => void run(RESET));
addEventListener('hashchange', () => {
  takeToken();
  connection.again();
});
setInterval(paintSoon, TICK_MS);
paint();
runStore.read();
