import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Settings, SettingValues } from './contract.ts';
import { changeSettings, DEFAULTS } from './settings.ts';

/** The settings a proxy starts with: those it had before a restart, else the ones it was given. */
export function startSettings(file: string, given: Partial<SettingValues>): Settings {
  const fresh: Settings = { ...DEFAULTS, ...given, epoch: 1 };
  if (file === '') return fresh;
  try {
    const { epoch, ...values } = JSON.parse(readFileSync(file, 'utf8')) as Settings;
    if (!Number.isSafeInteger(epoch)) return fresh;
    // The epoch goes on counting: a response of before the restart must never look newer.
    return { ...changeSettings(fresh, values).settings, epoch };
  } catch {
    return fresh;
  }
}

/** Written beside and renamed: a crash leaves the old or the new file, never half of one. */
export function keepSettings(file: string, settings: Settings): void {
  if (file === '') return;
  writeFileSync(`${file}.new`, JSON.stringify(settings));
  renameSync(`${file}.new`, file);
}
