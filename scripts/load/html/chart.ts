import type { Flag, Story } from '../story.ts';
import { clock, damageText, deedText, thousands } from '../words.ts';
import { type Bucket, bucketsOf } from './buckets.ts';
import { type Html, html } from './html.ts';
import { placeFlags } from './lanes.ts';
import { ZIGZAG_PATH } from './marks.ts';

const MAX_STEPS = 300;
const MAX_ROWS = 60;
const LANE_REM = 2;

/** Broken carts, waiting times and errors over the run, with a flag for everything done to the cluster. */
export function timelineOf(shown: { story: Story; durationMs: number; shoppers: number }): Html {
  const { story, durationMs, shoppers } = shown;
  const { seconds, flags } = story;
  if (seconds.length === 0) return html`<p>Nothing happened: no request ended.</p>`;
  const steps = bucketsOf(seconds, MAX_STEPS);
  const spanMs = Math.max(durationMs, seconds.length * 1000);
  const over = { steps, spanMs, cracks: cracksOf(flags, spanMs) };
  return html`<div class="scroll keep" role="region" aria-label="Time line, the same numbers are in the table below" tabindex="0"><div class="chart">
${flagsOf(flags, spanMs)}
${cartsOf(over, shoppers)}
${answersOf(over)}
${errorsOf({ steps, spanMs })}
${axisOf(spanMs)}
</div></div>
${legendOf(flags)}
${tableOf(bucketsOf(seconds, MAX_ROWS))}`;
}

interface Over {
  steps: Bucket[];
  spanMs: number;
  cracks: Html[];
}

function flagsOf(flags: readonly Flag[], spanMs: number): Html | null {
  if (flags.length === 0) return null;
  const times = flags.map(({ t }) => t);
  const signs = placeFlags(times, spanMs).map(({ first, last, at, lane }) => {
    const name = first === last ? `${first}` : `${first}–${last}`;
    const top = `${lane * LANE_REM}rem`;
    return html`<span class="pole" style="left:${percentOf(at)};top:${top};bottom:0"></span><span class="flag" style="left:${percentOf(at)};top:${top}">${name}</span>`;
  });
  return html`<div class="lane">Done to the cluster</div><div class="plot flags">${signs}</div>`;
}

/** The zigzag means that something was done to the cluster; it is drawn in ink, because only carts are vermillion. */
const cracksOf = (flags: readonly Flag[], spanMs: number): Html[] =>
  flags.map(
    ({ t }) =>
      html`<svg class="zig" style="left:${percentOf(t / spanMs)}" viewBox="0 0 9 100" preserveAspectRatio="none" aria-hidden="true"><path d="${ZIGZAG_PATH}" fill="none" stroke="var(--ink)" stroke-width="1.5" vector-effect="non-scaling-stroke"/></svg>`,
  );

/** The scale is that of all shoppers, so that one broken cart of two hundred does not look like the end of the world. */
function cartsOf({ steps, spanMs, cracks }: Over, shoppers: number): Html {
  const most = steps.at(-1)?.brokenSoFar ?? 0;
  const top = Math.max(1, most, shoppers);
  const x = (seconds: number) => (seconds * 100_000) / spanMs;
  const points = steps.map(({ from, to, brokenSoFar }) => {
    const y = 100 - (brokenSoFar / top) * 100;
    return `L${at(x(from))} ${at(y)}L${at(x(to))} ${at(y)}`;
  });
  const end = x(steps.at(-1)?.to ?? 0);
  const area = html`<path d="M0 100${points.join('')}L${at(end)} 100z" fill="var(--broken)"/>`;
  const height = (most / top) * 100;
  return html`<div class="title">Broken carts <span>counted from the start${most <= shoppers ? '; the scale ends at the number of shoppers' : ''}</span></div><div class="plot carts">${svgOf(most > 0 ? area : html``)}${cracks}
${yLabel(0, '0')}${yLabel(100, thousands(top))}<span class="at end${most > 0 ? ' bad' : ''}" style="bottom:${at(height)}%">${thousands(most)} broken</span></div>`;
}

/** A scale by powers of ten: a frozen replica takes a thousand times as long as a healthy one. */
function answersOf({ steps, spanMs, cracks }: Over): Html {
  const slowest = Math.max(1, ...steps.map(({ p99Ms }) => p99Ms ?? 0));
  const decades = Math.max(1, Math.ceil(Math.log10(slowest) - 0.05));
  const y = (ms: number) => 100 - (Math.log10(Math.max(1, ms)) / decades) * 100;
  const x = (seconds: number) => (seconds * 100_000) / spanMs;
  const line = (of: (step: Bucket) => number | null) => {
    let pen = 'M';
    const path = steps.map((step) => {
      const ms = of(step);
      const move = pen;
      pen = ms === null ? 'M' : 'L';
      return ms === null
        ? ''
        : `${move}${at(x((step.from + step.to) / 2))} ${at(y(ms))}${move === 'M' ? 'h0.01' : ''}`;
    });
    return path.join('');
  };
  const grid = Array.from({ length: decades + 1 }, (_, power) => 10 ** power);
  const rules = grid.map(
    (ms) =>
      html`<path d="M0 ${at(y(ms))}H100" stroke="var(--line)" stroke-width="1" vector-effect="non-scaling-stroke"/>`,
  );
  const p99 = html`<path d="${line(({ p99Ms }) => p99Ms)}" fill="none" stroke="var(--ink)" stroke-width="2.25" stroke-linejoin="round" stroke-linecap="round" vector-effect="non-scaling-stroke"/>`;
  const p50 = html`<path d="${line(({ p50Ms }) => p50Ms)}" fill="none" stroke="var(--ink-2)" stroke-width="2" stroke-dasharray="2 5" stroke-linecap="round" vector-effect="non-scaling-stroke"/>`;
  return html`<div class="title">Waiting for an answer <span>solid: 99 of 100 waited no longer · dotted: half waited no longer · each line is ten times the one below</span></div><div class="plot answers">${svgOf(html`${rules}${p50}${p99}`)}${cracks}
${grid.map((ms) => yLabel(100 - y(ms), ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`))}</div>`;
}

function errorsOf({ steps, spanMs }: Omit<Over, 'cracks'>): Html {
  const most = Math.max(...steps.map(({ errors }) => errors));
  const x = (seconds: number) => (seconds * 100_000) / spanMs;
  const bars = steps
    .filter(({ errors }) => errors > 0)
    .map(({ from, to, errors }) => {
      const height = Math.max(4, (errors / most) * 100);
      return html`<rect x="${at(x(from))}" y="${at(100 - height)}" width="${at(Math.max(0.2, x(to - from) * 0.8))}" height="${at(height)}" fill="var(--ink)"/>`;
    });
  return html`<div class="title">Requests without a good answer <span>seen by the shopper; a broken cart is silent</span></div><div class="plot errors">${svgOf(html`${bars}`)}
${yLabel(0, '0')}${most > 0 ? yLabel(100, thousands(most)) : null}</div>`;
}

const TICK_SECONDS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400];
const MAX_TICKS = 8;

function axisOf(spanMs: number): Html {
  const span = spanMs / 1000;
  const step = TICK_SECONDS.find((seconds) => span / seconds <= MAX_TICKS) ?? span;
  const ticks: Html[] = [];
  for (let t = 0; t <= span; t += step) {
    const edge = t === 0 ? ' first' : t / span > 0.97 ? ' last' : '';
    ticks.push(
      html`<span class="at x${edge}" style="left:${percentOf(t / span)}">${span < 120 ? `${t} s` : clock(t * 1000).slice(0, -2)}</span>`,
    );
  }
  return html`<div class="plot axis">${ticks}</div>`;
}

function legendOf(flags: readonly Flag[]): Html | null {
  if (flags.length === 0) return null;
  const rows = flags.map((flag, index) => {
    const damage = damageText(flag);
    return html`<li><span class="flag k">${index + 1}</span><span class="note">${clock(flag.t)}</span><span>${deedText(flag.what)} → <span class="${flag.broken > 0 ? 'bad-text' : 'note'}">${damage}</span></span></li>`;
  });
  return html`<ol class="legend" aria-label="What was done to the cluster">${rows}</ol>`;
}

function tableOf(steps: Bucket[]): Html {
  const rows = steps.map(
    (step) =>
      html`<tr><th scope="row">${clock(step.from * 1000).slice(0, -2)}</th><td class="n">${thousands(step.answers)}</td><td class="n">${thousands(step.errors)}</td><td class="n">${step.p50Ms ?? '–'}</td><td class="n">${step.p99Ms ?? '–'}</td><td class="n">${thousands(step.brokenSoFar)}</td><td>${step.marks.map(deedText).join('; ')}</td></tr>`,
  );
  return html`<details><summary>The same as a table</summary><div class="scroll" role="region" aria-label="Time line as a table" tabindex="0"><table><thead><tr><th scope="col">From</th><th scope="col" class="n">Good answers</th><th scope="col" class="n">Without</th><th scope="col" class="n">Half within ms</th><th scope="col" class="n">99 % within ms</th><th scope="col" class="n">Broken so far</th><th scope="col">Done to the cluster</th></tr></thead><tbody>${rows}</tbody></table></div></details>`;
}

const svgOf = (inside: Html): Html =>
  html`<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">${inside}</svg>`;
const yLabel = (height: number, text: string): Html =>
  html`<span class="at y" style="bottom:${at(height)}%">${text}</span>`;
const at = (value: number): string => String(Math.round(value * 100) / 100);
const percentOf = (fraction: number): string => `${at(Math.min(1, fraction) * 100)}%`;
