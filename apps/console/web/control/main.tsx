import './control.css';
import { render } from 'preact';
import { createFeed } from '../picture/feed.ts';
import { takeToken } from '../shared/access.ts';
import { RESET } from '../shared/api.ts';
import { connect } from '../shared/connect.ts';
import { applyTheme } from '../shared/theme.ts';
import { view } from '../shared/view.ts';
import { actionsAt, type Desk } from './act.ts';
import { createCaption } from './caption.ts';
import { listenToKeys } from './keyboard.ts';
import { createMessageLine } from './message-line.ts';
import { obey } from './obey.ts';
import type { PageState } from './page-state.ts';
import { createRunStore } from './run-store.ts';
import { Page } from './view.tsx';

/** Clocks and numbers move twice a second; whatever has a line in the log is shown at once. */
const TICK_MS = 500;
/** A page that was opened late tells what happened in the last minutes of a busy cluster. */
const HISTORY_EVENTS = 5000;

const root = document.getElementById('page');
if (!root) throw new Error('index.html lost its <div id="page">');

let painting = false;

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
const desk: Desk = { page, change, connection, line: createMessageLine(change) };

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
  if (root) render(<Page page={page} view={view(page.model, Date.now())} act={actionsAt(desk)} />, root);
}

function paintSoon(): void {
  if (painting) return;
  painting = true;
  requestAnimationFrame(paint);
}

listenToKeys(
  (order, index) => obey(desk, order, index),
  () => void actionsAt(desk).run(RESET),
);
addEventListener('hashchange', () => {
  takeToken();
  connection.again();
});
setInterval(paintSoon, TICK_MS);
paint();
runStore.read();
