import { idleBecause, SETTING_GROUPS } from '../apps/console/web/shared/setting-groups.ts';
import { SETTING_LABELS } from '../apps/console/web/shared/setting-labels.ts';
import { callApi } from '../lib/call.ts';
import { requireCluster } from '../lib/find-cluster.ts';
import { type FlagTable, helpText, optionalText, parseFlags, UsageError } from '../lib/flags.ts';
import { runMain } from '../lib/main.ts';
import { SETTINGS, type SettingName, type Settings } from '../proxy/contract.ts';

/** `npm run mode`: shows the settings, or changes any of them live. */
const FLAGS = { name: optionalText('which cluster, when several run', 'NAME') } satisfies FlagTable;
const USAGE = `npm run mode                                     shows the settings
npm run mode -- affinity=cookie sessions=redis   changes them, between two requests

${grouped(
  (name) =>
    `  ${name.padEnd(12)} ${SETTINGS[name].join(' | ')}\n${''.padEnd(15)}${SETTING_LABELS[name].help}`,
)}`;

await runMain(async () => {
  const { flags, positionals, help } = parseFlags(FLAGS, process.argv.slice(2), process.env);
  if (help) return void process.stdout.write(helpText(USAGE, FLAGS));
  const change = readChange(positionals);
  const { consoleUrl, token } = await requireCluster(process.env, flags.name);
  const url = `${consoleUrl}/api/settings`;
  const before = await callApi<Settings>(url, { token });
  // What is printed is what the proxy says it is now, never what was asked for.
  const now =
    change === null ? before : await callApi<Settings>(url, { method: 'PATCH', body: change, token });
  process.stdout.write(`${grouped((name) => row(name, now, before))}\n\n${row('epoch', now, before)}\n`);
});

function row(name: keyof Settings, now: Settings, before: Settings): string {
  const idle = name === 'epoch' ? null : idleBecause(name, now);
  const was = before[name] === now[name] ? '' : `   (was ${before[name]})`;
  return `${name.padEnd(12)} ${now[name]}${was}${idle === null ? '' : `   (${idle})`}`;
}

/** Every setting as a line, as the control page groups them. */
function grouped(line: (name: SettingName) => string): string {
  const groups = SETTING_GROUPS.map(({ title, names }) =>
    [...(title === null ? [] : [`${title}:`]), ...names.map(line)].join('\n'),
  );
  return groups.join('\n\n');
}

/** "affinity=cookie" … as an object; null for none. Names and values are judged by the proxy, which knows them. */
function readChange(words: string[]): Record<string, string> | null {
  if (words.length === 0) return null;
  return Object.fromEntries(
    words.map((word) => {
      const [name, value, ...rest] = word.split('=');
      if (name && value && rest.length === 0) return [name, value];
      throw new UsageError(`expected name=value such as affinity=cookie, got "${word}"\n\n${USAGE}`);
    }),
  );
}
