import { CLASSES } from '../../oracle/oracle.ts';
import { againCommand } from '../again.ts';
import type { JudgedResult } from '../contract.ts';
import type { Story } from '../story.ts';
import {
  CLASS_WORDS,
  crowdText,
  percent,
  plural,
  RUNTIMES,
  reasonText,
  seconds,
  thousands,
} from '../words.ts';
import { timelineOf } from './chart.ts';
import { Html, html } from './html.ts';
import { badgeOf, CRACKED, DOUBTFUL, replicaClass, WHOLE } from './marks.ts';
import { STYLE } from './style.ts';
import { witnessOf } from './witness.ts';

const SHOWN_WITNESSES = 10;
const SHOWN_LIVES = 12;

export interface Report {
  result: JudgedResult;
  story: Story;
  warnings: readonly string[];
}

/** One file that needs nothing else: no network, no script. Everything that came from outside is escaped. */
export function reportHtml(report: Report): string {
  const { result, story, warnings } = report;
  const { examples, run } = result;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${sentenceOf(result)} Cartwreck run ${run}</title><style>${STYLESHEET}</style></head>
<body><main>
${headOf(result)}
${warnings.map((text) => html`<p class="warn">${text}</p>`)}
<h2>What happened, second by second</h2>
${timelineOf({ story, durationMs: result.durationMs, shoppers: result.shoppers.total })}
${classesOf(result)}
${livesOf(story)}
${errorsOf(report)}
${
  examples.length === 0
    ? null
    : html`<h2>${plural(Math.min(examples.length, SHOWN_WITNESSES), 'witness').replace(/witnesss$/, 'witnesses')}</h2>
<p class="note">The last steps of shoppers whose cart broke. The wrong answer is the last one.</p>
${examples.slice(0, SHOWN_WITNESSES).map(witnessOf)}`
}
${againOf(result)}
</main></body></html>
`.text;
}

/** Written by us, not by anybody outside: it must not be escaped. */
const STYLESHEET = new Html(STYLE);

/** The verdict as one sentence; "all" only where all were looked at. */
function sentenceOf({ verdict, carts }: JudgedResult): string {
  if (verdict === 'broken') {
    return `${thousands(carts.broken)} of ${plural(carts.checked, 'cart')} ${carts.broken === 1 ? 'is' : 'are'} broken.`;
  }
  if (verdict === 'valid')
    return carts.checked === 1
      ? 'The one cart is right.'
      : `All ${thousands(carts.checked)} carts are right.`;
  return carts.checked === 0 ? 'No cart could be checked.' : 'Nobody can say that all carts are right.';
}

const MARKS = { broken: CRACKED, valid: WHOLE, unknown: DOUBTFUL };

function headOf(result: JudgedResult): Html {
  const { verdict, carts, shoppers, ops, config } = result;
  const errors = ops.fail + ops.unknown;
  const who = `${crowdText(config, shoppers.total)} for ${seconds(result.durationMs)}`;
  const where = config === null ? 'judged again from a recorded run' : `at ${config.url}`;
  return html`<header><div class="top">${MARKS[verdict]}<div><h1>${sentenceOf(result)}</h1><p class="lead note">${who}, ${where}</p></div></div>
<p class="lead">${explanationOf(result)}</p>
<dl class="numbers">
${numberOf({ count: carts.broken, of: carts.checked, name: 'broken carts', isBad: carts.broken > 0 })}
${numberOf({ count: shoppers.hit, of: shoppers.total, name: 'shoppers hit', isBad: shoppers.hit > 0 })}
${numberOf({ count: errors, of: ops.issued, name: 'requests without a good answer', isBad: false })}
</dl></header>`;
}

function numberOf(number: { count: number; of: number; name: string; isBad: boolean }): Html {
  const { count, of, name, isBad } = number;
  return html`<div${isBad ? html` class="bad"` : null}><dt>${name}</dt><dd>${thousands(count)} <small>of ${thousands(of)}</small></dd></div>`;
}

function explanationOf({ verdict, carts }: JudgedResult): string {
  if (verdict === 'broken')
    return 'A broken cart is silent: the shop confirmed a change, and later showed a cart without it.';
  if (verdict === 'valid') return 'Every change the shop confirmed was still there whenever somebody looked.';
  if (carts.checked === 0)
    return 'No shopper ever saw a confirmed line or sign-in, so there was nothing to check.';
  const parts = [
    carts.undecided > 0
      ? `${plural(carts.undecided, 'cart')} could not be judged, because a change of unknown fate explains either answer`
      : '',
    carts.unverified > 0
      ? `${plural(carts.unverified, 'cart')} could not be seen again after the last change`
      : '',
  ];
  return `No cart is known to be broken, but ${parts.filter(Boolean).join(', and ')}.`;
}

function classesOf({ broken, events, carts }: JudgedResult): Html | null {
  if (carts.broken === 0 && events.flap === 0) return null;
  const rows = CLASSES.filter((name) => broken[name] > 0).map((name) => {
    const words = CLASS_WORDS[name];
    return html`<tr><td class="n">${thousands(broken[name])}</td><th scope="row">${words.name}</th><td>${words.meaning}</td></tr>`;
  });
  const flaps = html`<p class="note">${thousands(events.flap)} times something lost came back for a while, or went again.</p>`;
  return html`<section class="keep"><h2>How the carts broke</h2><div class="scroll" role="region" aria-label="How the carts broke" tabindex="0"><table><thead><tr><th scope="col" class="n">Carts</th><th scope="col">Class</th><th scope="col">What it means</th></tr></thead><tbody>${rows}</tbody></table></div>${events.flap > 0 ? flaps : null}</section>`;
}

function livesOf({ lives }: Story): Html | null {
  const total = lives.reduce((sum, { answers }) => sum + answers, 0);
  if (lives.length === 0) return null;
  const rows = [...lives]
    .sort((a, b) => a.life.localeCompare(b.life, 'en', { numeric: true }))
    .slice(0, SHOWN_LIVES)
    .map(({ life, answers, broken }) => {
      const share = total === 0 ? 0 : answers / total;
      return html`<tr><th scope="row">${badgeOf(life)}${life}</th><td class="n">${thousands(answers)}</td><td class="n">${percent(share)}</td><td class="n${broken > 0 ? ' bad-text' : ''}">${thousands(broken)}</td><td class="wide"><div class="bar ${replicaClass(life)}" style="width:${Math.round(share * 1000) / 10}%"></div></td></tr>`;
    });
  const more =
    lives.length > SHOWN_LIVES
      ? html`<p class="note">and ${lives.length - SHOWN_LIVES} more lives</p>`
      : null;
  return html`<section class="keep"><h2>Who answered</h2><p class="note">shop-2#1 is the first life of replica shop-2: a restart begins the next one, with an empty memory.</p><div class="scroll" role="region" aria-label="Who answered" tabindex="0"><table><thead><tr><th scope="col">Life</th><th scope="col" class="n">Answers</th><th scope="col" class="n">Share</th><th scope="col" class="n">Broken carts last right here</th><td class="wide"></td></tr></thead><tbody>${rows}</tbody></table></div>${more}</section>`;
}

function errorsOf({ result: { ops }, story: { reasons } }: Report): Html {
  const books = html`<p class="note">${thousands(ops.issued)} requests = ${thousands(ops.ok)} good answers + ${thousands(ops.fail)} that certainly changed nothing + ${thousands(ops.unknown)} nobody can be sure of. Changes among the last: ${thousands(ops.unknownLanded)} turned out to be done, ${thousands(ops.unknownNeverSeen)} were never seen, ${thousands(ops.unknownOpen)} are open.</p>`;
  const rows = [...reasons]
    .sort((a, b) => b.fail + b.unknown - a.fail - a.unknown)
    .map(
      ({ reason, fail, unknown }) =>
        html`<tr><th scope="row">${reasonText(reason)}</th><td class="n">${thousands(fail)}</td><td class="n">${thousands(unknown)}</td></tr>`,
    );
  const table = html`<div class="scroll" role="region" aria-label="Errors" tabindex="0"><table><thead><tr><th scope="col">Error</th><th scope="col" class="n">Certainly nothing done</th><th scope="col" class="n">Perhaps done</th></tr></thead><tbody>${rows}</tbody></table></div>`;
  return html`<section class="keep"><h2>Errors</h2><p>An error is seen by the shopper, who can try again. It is not counted as a broken cart.</p>${rows.length > 0 ? table : html`<p>There were none.</p>`}${books}</section>`;
}

function againOf(result: JudgedResult): Html {
  const { run, seed, startedAt, runtime, thresholds } = result;
  const limits = thresholds.map(
    ({ expr, value, ok }) =>
      html`<dt><code>${expr}</code></dt><dd>${ok ? 'holds' : 'missed'} (${value === null ? 'no data' : Math.round(value * 1000) / 1000})</dd>`,
  );
  return html`<section class="keep"><h2>The same again</h2><p>The seed decides what every shopper does; what is done to the cluster is up to you.</p><pre tabindex="0">${againCommand(result)}</pre>
<dl class="facts"><dt>Run</dt><dd>${run}</dd><dt>Seed</dt><dd>${seed}</dd>${startedAt === null ? null : html`<dt>Started</dt><dd>${startedAt}</dd>`}${runtime === null ? null : html`<dt>Runtime</dt><dd>${runtime} (${RUNTIMES[runtime]})</dd>`}${limits}</dl></section>`;
}
