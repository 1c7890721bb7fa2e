import type { JSX } from 'preact';

/** The drawings of the shop. The mark and the state "broken" are one: a cart whose right half tears off. */

export function Mark({ size }: { size: number }) {
  return (
    <svg class="mark" viewBox="0 0 25 24" width={size} height={size} aria-hidden="true">
      <Torn />
    </svg>
  );
}

export function Cart({ broken }: { broken: boolean }) {
  return (
    <svg class="cart-sign" viewBox="0 0 25 24" width="34" height="34" aria-hidden="true">
      {broken ? <Torn /> : <Whole />}
    </svg>
  );
}

const Torn = () => (
  <>
    <g stroke-linejoin="round" stroke-linecap="round" stroke="var(--sign)" fill="var(--sign)">
      <path d="M1.2 2.6h3l1.2 4" fill="none" stroke-width="2" />
      <path d="M5 6.2h6.6L9.4 9.8l2.8 1.8-1.7 3.4H7.4z" stroke-width="1" />
      <circle cx="8.8" cy="19.6" r="2" stroke="none" />
    </g>
    <g stroke-linejoin="round" fill="var(--torn)" stroke="var(--torn)">
      <path
        transform="translate(2 1.6) rotate(14 17 11)"
        d="M13.9 6.2H21.6l-2.4 8.8h-6.4l1.8-3.4-2.8-1.8z"
        stroke-width="1.6"
      />
      <circle cx="19" cy="21" r="2" stroke="none" />
    </g>
  </>
);

const Whole = () => (
  <g stroke="var(--sign)" stroke-width="1.7" stroke-linejoin="round" stroke-linecap="round" fill="none">
    <path d="M5.2 6.2H22l-2.4 8.6H7.6z" />
    <path d="M1.4 3h3l3.2 11.8" />
    <circle cx="9.6" cy="19.6" r="1.9" fill="var(--sign)" stroke="none" />
    <circle cx="17.6" cy="19.6" r="1.9" fill="var(--sign)" stroke="none" />
  </g>
);

/** An error is seen, a broken cart is silent: they share no drawing. */
export const Cross = () => (
  <Sign>
    <path d="M6 6l12 12M18 6L6 18" />
  </Sign>
);
export const Hourglass = () => (
  <Sign>
    <path d="M6 3h12M6 21h12M8 3v4l4 5-4 5v4M16 3v4l-4 5 4 5v4" stroke-width="2" />
  </Sign>
);
export const Tick = () => (
  <Sign>
    <path d="M4 13l5 5L20 6" />
  </Sign>
);

const Sign = ({ children }: { children: JSX.Element }) => (
  <svg
    class="cart-sign"
    viewBox="0 0 24 24"
    width="30"
    height="30"
    fill="none"
    stroke="currentColor"
    stroke-width="3.2"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    {children}
  </svg>
);

const PATHS = {
  mug: 'M5 8h16v15a3 3 0 0 1-3 3H8a3 3 0 0 1-3-3zM21 12h3a3 3 0 0 1 3 3v2a3 3 0 0 1-3 3h-3',
  tea: 'M8 12h16v15H8zM8 12l3-6h10l3 6M13 18h6',
  lamp: 'M11 5h10l5 12H6zM16 17v9M10 27h12',
  book: 'M6 6h8a2 2 0 0 1 2 2v18a2 2 0 0 0-2-2H6zM26 6h-8a2 2 0 0 0-2 2v18a2 2 0 0 1 2-2h8z',
  socks: 'M11 4h9v13l-8 8a4 4 0 0 1-6-6l5-5zM11 9h9',
  plant: 'M9 19h14l-2 9H11zM16 19v-6M16 13c0-5-3-7-8-7 0 5 3 7 8 7zM16 15c0-4 3-6 8-6 0 4-3 6-8 6z',
};

export const GOODS_DRAWINGS = Object.fromEntries(
  Object.entries(PATHS).map(([sku, path]) => [
    sku,
    <svg key={sku} viewBox="0 0 32 32" aria-hidden="true">
      <path d={path} />
    </svg>,
  ]),
) as Record<keyof typeof PATHS, JSX.Element>;
