import { useEffect, useRef, useState } from 'preact/hooks';
import { keysOn, switchKeys } from './keyboard.ts';
import { KEYS } from './keys.ts';

/** The list of keys, under "?". */
export function KeysHelp({ open, onClose }: { open: boolean; onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const byUs = useRef(false);
  const [on, setOn] = useState(keysOn());
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else if (dialog.current?.open) {
      byUs.current = true;
      dialog.current.close();
    }
  }, [open]);
  // SUBTLE: the browser tells of a closing later, when the list may have been asked for again. Only Escape is news.
  const closed = () => {
    if (!byUs.current) onClose();
    byUs.current = false;
  };
  return (
    <dialog ref={dialog} aria-label="Keys" onClose={closed}>
      <h2>Keys</h2>
      <dl>
        {KEYS.map(({ show, what }) => (
          <div key={what}>
            <dt>
              <kbd>{show}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>Alt+R</kbd>
          </dt>
          <dd>Reset, held for a second</dd>
        </div>
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => {
            switchKeys(event.currentTarget.checked);
            setOn(event.currentTarget.checked);
          }}
        />
        Keys work on this page
      </label>
      <button type="button" class="btn" onClick={onClose}>
        Close
      </button>
    </dialog>
  );
}
