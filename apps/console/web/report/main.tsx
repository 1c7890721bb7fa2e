import './report.css';
import { render } from 'preact';
import { giveKey, takeToken } from '../shared/access.ts';
import { applyTheme } from '../shared/theme.ts';
import { KeyForm, Notice } from './notice.tsx';
import { type Read, readRun } from './read.ts';
import { Report } from './report.tsx';

/** While a run goes on its numbers are read again. */
const AGAIN_MS = 3000;

const root = document.getElementById('page');
if (!root) throw new Error('index.html lost its <div id="page">');

const id = decodeURIComponent(location.pathname.split('/').at(-1) ?? '');
let message = '';
let last: Read | null = null;

applyTheme();
takeToken();

async function read(): Promise<void> {
  const got = await readRun(id);
  // What was read once stays on the paper; only that it is old is said.
  const isLost = got.is === 'silent' && last?.is === 'run';
  message = isLost ? 'The control room does not answer: these are the last numbers it told.' : '';
  if (!isLost) last = got;
  paint();
  if (got.is === 'silent' || (got.is === 'run' && got.run.running)) setTimeout(read, AGAIN_MS);
}

async function give(typed: string): Promise<void> {
  const answer = await giveKey(typed);
  if (!answer.ok) say(answer.message);
  else await read();
}

function say(text: string): void {
  message = text;
  paint();
}

function paint(): void {
  if (root) render(<Page />, root);
}

function Page() {
  if (last === null) return <Notice>Asking the control room for run {id}…</Notice>;
  if (last.is === 'locked') return <KeyForm message={message} onGive={give} />;
  if (last.is === 'run') return <Report run={last.run} message={message} say={say} />;
  return <Notice>{last.message}</Notice>;
}

addEventListener('resize', paint);
paint();
void read();
