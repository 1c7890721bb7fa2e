import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { openWithKey } from '../shared/access.ts';
import { type Call, curlOf } from '../shared/api.ts';
import { type Actions, NEED_KEY } from './actions.ts';

const COPIED_MS = 2000;
/** A press so soon after the last one is the second half of a double click and means nothing. */
const PRESS_GAP_MS = 500;
/** How long a button waits for the second press that confirms. */
const CONFIRM_MS = 4000;

/**
 * A button that makes one call. `off` is the reason why it can do nothing now: it is greyed, and says so when it is
 * pressed; it keeps its place in the tab order, so that a keyboard does not lose its place when a state changes.
 */
export function CallButton(props: {
  act: Actions;
  call: Call;
  label?: string;
  /** read out after the label, where the page shows it in the row */
  target?: string;
  off?: string | null;
  /** what it does, for whom the pointer rests on it */
  says?: string | undefined;
  /** what it says while it waits for a second press; without it, one press does it */
  confirm?: string;
  kind?: 'quiet' | 'wide' | 'go';
  /** the key that does the same, as KEYS shows it */
  hotkey?: string;
}) {
  const { act, call, label = call.what, target, off = null, says, confirm, kind = '', hotkey } = props;
  const [busy, setBusy] = useState(false);
  const [armed, setArmed] = useState(false);
  const press = async () => {
    if (busy) return;
    if (act.locked) return void act.run(call);
    if (off !== null) return act.say(off);
    setBusy(true);
    const gap = pause(PRESS_GAP_MS);
    if (confirm && !armed) {
      setArmed(true);
      setTimeout(() => setArmed(false), CONFIRM_MS);
    } else {
      setArmed(false);
      await act.run(call);
    }
    await gap;
    setBusy(false);
  };
  return (
    <button
      type="button"
      class={`btn ${armed ? 'go' : kind}`}
      aria-disabled={act.locked || off !== null}
      aria-busy={busy && !armed}
      title={off ?? (act.locked ? NEED_KEY : (says ?? ''))}
      onClick={press}
    >
      {armed ? confirm : label}
      {target && !label.includes(target) && <span class="vh"> {target}</span>}
      {hotkey && !armed && <Hotkey keys={hotkey} />}
    </button>
  );
}

/** A link to another of our pages. Its address shows no key; the click hands it over. */
export function PageLink({ to, children }: { to: string; children: ComponentChildren }) {
  const follow = (event: MouseEvent) => {
    event.preventDefault();
    openWithKey(to);
  };
  return (
    <a href={to} target="_blank" rel="noreferrer" onClick={follow}>
      {children}
    </a>
  );
}

/** The key that does the same, for the eye; `aria-keyshortcuts` would have it read out at each button. */
export const Hotkey = ({ keys }: { keys: string }) => (
  <span aria-hidden="true">
    <kbd>{keys}</kbd>
  </span>
);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A titled group of controls with the calls behind them, folded away. */
export function Group(props: {
  act: Actions;
  title: string;
  /** for whom the pointer rests on the title */
  help?: string;
  titleId?: string;
  is: string | null;
  /** what to know before it is used: "only with LB cookie" */
  hint?: string | null;
  calls: Call[];
  children: ComponentChildren;
}) {
  const [open, setOpen] = useState(false);
  return (
    <div class="group">
      <div class="top">
        <h2 id={props.titleId} title={props.help}>
          {props.title}
        </h2>
        <span class="is">
          {props.is !== null && (
            <>
              is <b>{props.is}</b>
            </>
          )}
        </span>
        <CurlToggle of={props.title} open={open} onToggle={() => setOpen(!open)} />
      </div>
      {props.hint && <p class="hint">{props.hint}</p>}
      {props.children}
      {open && <Curls act={props.act} calls={props.calls} />}
    </div>
  );
}

export function CurlToggle(props: { of: string; open: boolean; onToggle(): void }) {
  return (
    <button type="button" class="link" aria-expanded={props.open} onClick={props.onToggle}>
      curl<span class="vh"> for {props.of}</span>
    </button>
  );
}

/** The calls as shell commands, one to copy each. */
export function Curls({ act, calls }: { act: Actions; calls: Call[] }) {
  return (
    <div class="curls">
      {calls.map((call) => (
        <Curl key={call.what} act={act} call={call} />
      ))}
    </div>
  );
}

function Curl({ act, call }: { act: Actions; call: Call }) {
  const [copied, setCopied] = useState(false);
  const text = curlOf(call, act.origin);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return act.say('This browser does not let the page copy: select the line and copy it.');
    }
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  };
  return (
    <div class="call">
      <code>{text}</code>
      <button type="button" class="link copy" onClick={copy}>
        {copied ? 'Copied' : 'Copy'}
        <span class="vh"> the call for {call.what}</span>
      </button>
    </div>
  );
}
