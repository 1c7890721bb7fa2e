/** The mark: a cart whose right half tears off. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 25 24" width="32" height="32" aria-hidden="true">
    <g stroke-linejoin="round" stroke-linecap="round" stroke="var(--edge)" fill="var(--edge)">
      <path d="M1.2 2.6h3l1.2 4" fill="none" stroke-width="2" />
      <path d="M5 6.2h6.6L9.4 9.8l2.8 1.8-1.7 3.4H7.4z" stroke-width="1" />
      <circle cx="8.8" cy="19.6" r="2" stroke="none" />
    </g>
    <g stroke-linejoin="round" fill="var(--broken)" stroke="var(--broken)">
      <path
        transform="translate(2 1.6) rotate(14 17 11)"
        d="M13.9 6.2H21.6l-2.4 8.8h-6.4l1.8-3.4-2.8-1.8z"
        stroke-width="1.6"
      />
      <circle cx="19" cy="21" r="2" stroke="none" />
    </g>
  </svg>
);
