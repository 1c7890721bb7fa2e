import '../picture/picture.css';
import './stage.css';
import { render } from 'preact';
import type { ClusterEvent } from '../../contract.ts';
import type { Caption } from '../../scene/caption.ts';
import { createFeed } from '../picture/feed.ts';
import type { NumbersView } from '../picture/numbers-view.ts';
import { CAPTION_MS, NUMBERS_MS, type Paced, pace } from '../picture/pace.ts';
import { takeToken } from '../shared/access.ts';
import { connect } from '../shared/connect.ts';
import { onStageOrder } from '../shared/stage-remote.ts';
import { applyTheme } from '../shared/theme.ts';
import { joinUrl } from './join.tsx';
import { type Show, turn } from './keys.ts';
import { Locked, Waiting } from './locked.tsx';
import { createRunNumber } from './run-number.ts';
import { stageSize } from './size.ts';
import { Stage } from './stage.tsx';
import { type StageView, stageView } from './view.ts';

/** Everything on the page moves on twice a second; what was done to the cluster is shown at once. */
const TICK_MS = 500;
const TOAST_MS = 3000;
const AT_ONCE: readonly ClusterEvent['type'][] = ['fault.injected', 'replica.exited', 'settings.changed'];

const root = document.getElementById('page');
if (!root) throw new Error('index.html lost its <div id="page">');

const query = new URLSearchParams(location.search);
const still = matchMedia('(prefers-reduced-motion: reduce)');
const feed = createFeed();
let show: Show = {
  paused: false,
  legend: true,
  join: query.has('join'),
  blank: false,
  help: false,
  table: query.has('table'),
};
let toast: { text: string; untilMs: number } | null = null;
let numbers: Paced<NumbersView> | null = null;
let caption: Paced<Caption> | null = null;
let told: Paced<Caption> | null = null;
let painting = 0;

if (!query.has('theme')) document.documentElement.dataset.theme = 'light';
applyTheme();
takeToken();
const font = query.get('font');
if (font !== null) document.documentElement.dataset.font = font;

const runNumber = createRunNumber(paintSoon);
const connection = connect({
  onChange(model, before) {
    if (before.state === null || model.refused !== before.refused) paintSoon();
  },
  onEvent(event) {
    feed.tell(event);
    if (AT_ONCE.includes(event.type)) paintSoon();
  },
});

function paintSoon(): void {
  if (painting === 0) painting = requestAnimationFrame(paint);
}

function paint(): void {
  painting = 0;
  if (!root) return;
  const nowMs = Date.now();
  const model = connection.model();
  const view = stageView(model, nowMs);
  if (model.refused) return render(<Locked onOpen={connection.again} />, root);
  if (view === null) return render(<Waiting />, root);
  hold(view, nowMs);
  if (toast !== null && nowMs > toast.untilMs) toast = null;
  const url = joinUrl(model.state, location);
  const size = stageSize(innerWidth, innerHeight, url !== null);
  fit(size);
  document.body.classList.toggle('blank', show.blank);
  render(
    <Stage
      view={view}
      numbers={numbers?.value ?? view.numbers}
      caption={caption?.value ?? view.caption}
      told={told?.value.text ?? ''}
      size={size}
      show={show}
      motion={!still.matches && query.get('motion') !== 'off'}
      feed={feed}
      joinUrl={url}
      toast={toast?.text ?? null}
      runNumber={runNumber(view.run)}
    />,
    root,
  );
}

/** Numbers and words stay long enough to be read. */
function hold(view: StageView, nowMs: number): void {
  const sameTopic = (a: Caption, b: Caption) => a.about === b.about && a.since === b.since;
  const news =
    view.caption.about !== 'state' && (caption === null || !sameTopic(caption.value, view.caption));
  const same = (a: Caption, b: Caption) => a.text === b.text;
  const goesOn = caption !== null && sameTopic(caption.value, view.caption);
  numbers = pace(numbers, view.numbers, nowMs, { lastsMs: NUMBERS_MS - 20 });
  told = pace(told, view.caption, nowMs, { lastsMs: CAPTION_MS, urgent: news, same });
  caption = pace(caption, view.caption, nowMs, {
    lastsMs: goesOn ? NUMBERS_MS - 20 : CAPTION_MS,
    urgent: news,
    same,
  });
}

/** The page is laid out for a few sizes and magnified to the screen. */
function fit({ zoom, width, height, shape }: ReturnType<typeof stageSize>): void {
  if (!root) return;
  const fixed = shape !== 'small';
  root.style.zoom = fixed ? String(zoom) : '';
  root.style.width = fixed ? `${width}px` : '';
  root.style.height = fixed ? `${height}px` : '';
}

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return;
  const next = turn(show, event.key);
  if (next === null) return;
  event.preventDefault();
  show = next;
  paintSoon();
});
onStageOrder((order) => {
  if (order.type === 'toast') toast = { text: order.text, untilMs: Date.now() + TOAST_MS };
  else show = { ...show, [order.type === 'blank' ? 'blank' : 'paused']: order.on };
  paintSoon();
});
addEventListener('resize', paintSoon);
still.addEventListener('change', paintSoon);
setInterval(paint, TICK_MS);
paint();
