import { writeFileSync } from 'node:fs';
import type { JudgedResult } from './contract.ts';
import { csvOf } from './csv.ts';
import type { LoadFlags } from './flags.ts';
import { reportHtml } from './html/report.ts';
import { requireWritable } from './record.ts';
import type { Story } from './story.ts';
import { summaryText } from './summary.ts';
import type { Colours } from './words.ts';

type FileFlags = Pick<LoadFlags, 'summary-export' | 'csv' | 'html'>;

/** Throws an Error unless every file that was asked for can be written at the end; nothing is touched yet. */
export function requireOutputs(flags: FileFlags): void {
  for (const file of [flags['summary-export'], flags.csv, flags.html]) {
    if (file !== undefined) requireWritable(file);
  }
}

/** What a judged run leaves on stdout: one JSON object, or plain words. */
export function resultText(
  judged: { result: JudgedResult; story: Story },
  { json, colours }: { json: boolean; colours: Colours },
): string {
  const { result, story } = judged;
  return json ? `${JSON.stringify(result)}\n` : `\n${summaryText(result, colours, story)}`;
}

/** Writes the files that were asked for. Throws what the file system throws. */
export function writeOutputs(
  { result, story, warnings }: { result: JudgedResult; story: Story; warnings: readonly string[] },
  flags: FileFlags,
): void {
  const { 'summary-export': summary, csv, html } = flags;
  if (summary !== undefined) writeFileSync(summary, `${JSON.stringify(result, null, 2)}\n`);
  if (csv !== undefined) writeFileSync(csv, csvOf(story));
  if (html !== undefined) writeFileSync(html, reportHtml({ result, story, warnings }));
}
