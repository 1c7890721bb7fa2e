import { useId } from 'preact/hooks';
import { switchSetting } from '../shared/api.ts';
import type { SettingView } from '../shared/view.ts';
import { type Actions, NEED_KEY } from './actions.ts';
import { Group } from './parts.tsx';

/** Settings a lesson is about; the others are folded away. */
const MAIN_SETTINGS: readonly string[] = ['affinity', 'sessions'];

const STEPS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export function MainSettings({ act, settings }: { act: Actions; settings: SettingView[] }) {
  return settings
    .filter(({ name }) => MAIN_SETTINGS.includes(name))
    .map((setting) => <Switch key={setting.name} act={act} setting={setting} />);
}

export function MoreSettings({ act, settings }: { act: Actions; settings: SettingView[] }) {
  const more = settings.filter(({ name }) => !MAIN_SETTINGS.includes(name));
  return (
    <details class="more">
      <summary>More settings</summary>
      {more.map((setting) =>
        setting.values.length > 1 ? (
          <Switch key={setting.name} act={act} setting={setting} />
        ) : (
          <p key={setting.name} class="fact">
            {setting.label} is <b>{setting.isLabel}</b>
          </p>
        ),
      )}
    </details>
  );
}

/**
 * One setting as a row of radio buttons. Arrow keys move the focus only, Enter or Space switches: the way to the
 * third value must not switch a cluster to the second.
 */
function Switch({ act, setting }: { act: Actions; setting: SettingView }) {
  const titleId = useId();
  const { name, label, isLabel, value, values } = setting;
  const switching = values.some(({ asked }) => asked);
  const choose = (choice: SettingView['values'][number]) => {
    const already = switching ? choice.asked : choice.current;
    if (!already) act.switchTo(name, choice.value);
  };
  const entry = Math.max(
    0,
    values.findIndex(({ current }) => current),
  );
  return (
    <Group
      act={act}
      title={label}
      titleId={titleId}
      is={isLabel}
      calls={value === null ? [] : [switchSetting(name, value)]}
    >
      <div
        class={values.length === 2 ? 'seg two' : 'seg'}
        role="radiogroup"
        aria-labelledby={titleId}
        onKeyDown={moveFocus}
      >
        {values.map((choice, index) => (
          // biome-ignore lint/a11y/useSemanticElements: a native radio input would switch while arrow keys pass over it
          <button
            key={choice.value}
            type="button"
            role="radio"
            aria-checked={choice.current}
            aria-disabled={act.locked}
            tabIndex={index === entry ? 0 : -1}
            class={choice.asked ? 'asked' : ''}
            title={act.locked ? NEED_KEY : ''}
            onClick={() => choose(choice)}
          >
            {choice.label}
            {choice.asked && <small>switching…</small>}
          </button>
        ))}
      </div>
    </Group>
  );
}

function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = STEPS[event.key];
  if (step === undefined) return;
  const buttons = [...event.currentTarget.querySelectorAll('button')];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  buttons[(at + step + buttons.length) % buttons.length]?.focus();
  event.preventDefault();
}
