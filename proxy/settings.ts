import { SETTINGS, type SettingName, type Settings, type SettingValues } from './contract.ts';

/** The settings before anybody changed them: the first value of each row. */
export const DEFAULTS: SettingValues = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, values]) => [name, values[0]]),
) as SettingValues;

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** A refusal to change settings: nothing was changed. The message lists what is allowed. */
export class SettingsError extends Error {}

/**
 * Applies a change to the settings and returns the new value; the old one stays as it is for requests under way.
 * The epoch goes up only when something differs. Throws SettingsError for an unknown name or value, and then
 * nothing at all is applied.
 */
export function changeSettings(
  settings: Settings,
  change: unknown,
): { settings: Settings; changed: SettingName[] } {
  const wanted = readChange(change);
  const changed = SETTING_NAMES.filter((name) => name in wanted && wanted[name] !== settings[name]);
  if (changed.length === 0) return { settings, changed };
  return { settings: { ...settings, ...wanted, epoch: settings.epoch + 1 }, changed };
}

function readChange(change: unknown): Partial<SettingValues> {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) {
    throw new SettingsError(
      `expected an object with any of ${SETTING_NAMES.join(', ')}, e.g. {"affinity":"cookie"}`,
    );
  }
  for (const [name, value] of Object.entries(change)) {
    if (!Object.hasOwn(SETTINGS, name)) {
      throw new SettingsError(`unknown setting "${name}"; known: ${SETTING_NAMES.join(', ')}`);
    }
    const allowed: readonly unknown[] = SETTINGS[name as SettingName];
    if (!allowed.includes(value)) {
      throw new SettingsError(`${name}: expected one of ${allowed.join(', ')}, got ${JSON.stringify(value)}`);
    }
  }
  return change as Partial<SettingValues>;
}
