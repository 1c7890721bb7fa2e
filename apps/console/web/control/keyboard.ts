import { HOLD_RESET_MS, type Order, orderOf } from './keys.ts';

const SWITCH = 'cartwreck.keys';
/** Where letters are letters, and where Space and Enter press what has the focus. */
const WRITES = 'input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]';
const PRESSES = 'button, summary, a, input, select';

/** Single keys can be switched off: who steers by voice, or whose cat walks over the keyboard, must be able to. */
export const keysOn = (): boolean => localStorage.getItem(SWITCH) !== 'off';
export const switchKeys = (on: boolean): void => localStorage.setItem(SWITCH, on ? 'on' : 'off');

/** Listens to the keys of the page; `reset` comes when Alt+R was held for long enough. */
export function listenToKeys(take: (order: Order, index: number) => void, reset: () => void): void {
  let holding: number | undefined;
  const letGo = () => {
    clearTimeout(holding);
    holding = undefined;
  };
  addEventListener('keydown', (event) => {
    if (event.altKey && event.code === 'KeyR') {
      event.preventDefault();
      if (!event.repeat && holding === undefined) holding = setTimeout(reset, HOLD_RESET_MS);
      return;
    }
    const found = isOurs(event) ? orderOf(event.key) : null;
    if (found === null || (!keysOn() && found.order !== 'help')) return;
    // Turning a page by clicker must not scroll ours as well.
    event.preventDefault();
    take(found.order, found.index);
  });
  addEventListener('keyup', letGo);
  addEventListener('blur', letGo);
}

/** A key pressed once, by itself, where it does not write; Space presses the button that has the focus, as everywhere. */
function isOurs({ key, target, repeat, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (repeat || ctrlKey || metaKey || altKey || !(target instanceof Element)) return false;
  return !target.matches(key === ' ' ? PRESSES : WRITES);
}
