import type { ComponentChildren } from 'preact';
import { Tag } from './marks.tsx';

/** What the signs mean, and how many requests a dot stands for. Without motion there are no dots to explain. */
export function Legend({ perDot, moving }: { perDot: number; moving: boolean }) {
  return (
    <ul class="legend" aria-hidden="true">
      {moving && (
        <>
          <Item text="request">
            <circle cx="8" cy="8" r="4.5" fill="var(--ground)" stroke="var(--edge)" stroke-width="2" />
          </Item>
          <Item text="right cart">
            <circle cx="8" cy="8" r="5.5" fill="var(--edge)" />
          </Item>
          <Item text="wrong cart">
            <path d="M8 1l7 7-7 7-7-7z" fill="var(--broken)" />
          </Item>
          <Item text="error">
            <path d="M3 3l10 10M13 3L3 13" stroke="var(--ink)" stroke-width="3" stroke-linecap="round" />
          </Item>
        </>
      )}
      <Item text="session">
        <Tag x={2.5} y={2.5} fill="var(--band)" />
      </Item>
      {!moving && (
        <Item text="broken cart">
          <use href="#cart-broken" x="0" y="0" width="16" height="16" />
        </Item>
      )}
      <li class="scale">{moving ? scaleText(perDot) : 'requests per second'}</li>
    </ul>
  );
}

export const scaleText = (perDot: number): string =>
  perDot === 1 ? '1 dot = 1 request' : `1 dot = ${perDot} requests`;

function Item({ text, children }: { text: string; children: ComponentChildren }) {
  return (
    <li>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        {children}
      </svg>
      {text}
    </li>
  );
}
