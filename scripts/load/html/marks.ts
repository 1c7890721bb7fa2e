import { type Html, html } from './html.ts';

/** The mark of Cartwreck: a cart whose right half has torn off. Drawn only where something broke. */
export const CRACKED = html`<svg class="mark" viewBox="0 0 25 24" aria-hidden="true" stroke-linejoin="round" stroke-linecap="round"><path d="M1.2 2.6h3l1.2 4" fill="none" stroke="var(--edge)" stroke-width="2"/><path d="M5 6.2h6.6L9.4 9.8l2.8 1.8-1.7 3.4H7.4z" fill="var(--edge)" stroke="var(--edge)"/><circle cx="8.8" cy="19.6" r="2" fill="var(--edge)"/><g transform="translate(2 1.6) rotate(14 17 11)"><path d="M13.9 6.2H21.6l-2.4 8.8h-6.4l1.8-3.4-2.8-1.8z" fill="var(--broken)" stroke="var(--broken)" stroke-width="1.6"/></g><circle cx="19" cy="21" r="2" fill="var(--broken)"/></svg>`;

/** A whole cart. */
export const WHOLE = cart(html``);

/** A cart nobody could look into. */
export const DOUBTFUL = cart(html` stroke-dasharray="2.4 2.2"`);

function cart(outline: Html): Html {
  return html`<svg class="mark" viewBox="0 0 25 24" aria-hidden="true" fill="none" stroke="var(--edge)" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"><path d="M5.2 6.2H22l-2.4 8.6H7.6z"${outline}/><path d="M1.4 3h3l3.2 11.8"/><circle cx="9.6" cy="19.6" r="1.9" fill="var(--edge)" stroke="none"/><circle cx="17.6" cy="19.6" r="1.9" fill="var(--edge)" stroke="none"/></svg>`;
}

/** The line of a fault on the time line: a crack from top to bottom. */
export const ZIGZAG_PATH = 'M4.5 0L8 12L1 28L8 44L1 60L8 76L1 90L4.5 100';

/** The number of a replica; never colour alone. "shop-2#5" → 2; what has no number gets a plain badge. */
export function badgeOf(life: string): Html {
  const number = /-(\d+)(?:#|$)/.exec(life)?.[1] ?? '?';
  return html`<span class="badge ${replicaClass(life)}" aria-hidden="true">${number}</span>`;
}

export function replicaClass(life: string): string {
  const number = Number(/-(\d+)(?:#|$)/.exec(life)?.[1] ?? 0);
  return number >= 1 && number <= 5 ? `r${number}` : 'r0';
}
