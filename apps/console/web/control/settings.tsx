import { useId } from 'preact/hooks';
import { switchSetting } from '../shared/api.ts';
import { SETTING_GROUPS } from '../shared/setting-groups.ts';
import type { SettingView } from '../shared/view.ts';
import { type Actions, NEED_KEY } from './actions.ts';
import { Group } from './parts.tsx';

const STEPS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** The settings a lesson is about. */
export function MainSettings({ act, settings }: { act: Actions; settings: SettingView[] }) {
  const [main] = SETTING_GROUPS;
  return settingsOf(settings, main?.names ?? []).map((setting) => (
    <Switch key={setting.name} act={act} setting={setting} />
  ));
}

/** All others, folded away by what a teacher looks for; a closed group says what in it is not as it was at first. */
export function MoreSettings({ act, settings }: { act: Actions; settings: SettingView[] }) {
  return (
    <div class="folds settings">
      <h2>More settings</h2>
      {SETTING_GROUPS.slice(1).map(({ title, names }) => {
        const inGroup = settingsOf(settings, names);
        return (
          <details key={title}>
            <summary>
              {title} <Changed settings={inGroup} />
            </summary>
            {inGroup.map((setting) => (
              <Switch key={setting.name} act={act} setting={setting} />
            ))}
          </details>
        );
      })}
    </div>
  );
}

const settingsOf = (settings: SettingView[], names: readonly string[]): SettingView[] =>
  settings.filter(({ name }) => names.includes(name));

function Changed({ settings }: { settings: SettingView[] }) {
  const changed = settings.filter(({ values }) => values.some(({ current }, place) => current && place > 0));
  if (changed.length === 0) return null;
  const what = changed.map(({ label, isLabel }) => `${label}: ${isLabel}`).join(', ');
  return (
    <span class="is" title={what}>
      {changed.length} changed
    </span>
  );
}

/**
 * One setting as a row of radio buttons. Arrow keys move the focus only, Enter or Space switches: the way to the
 * third value must not switch a cluster to the second.
 */
function Switch({ act, setting }: { act: Actions; setting: SettingView }) {
  const titleId = useId();
  const { name, label, help, isLabel, idle, value, values } = setting;
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
      help={help}
      titleId={titleId}
      is={isLabel}
      hint={idle}
      calls={value === null ? [] : [switchSetting(name, value)]}
    >
      <div
        class={values.length % 2 === 0 && values.length < 6 ? 'seg two' : 'seg'}
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
