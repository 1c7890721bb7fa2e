import { rmSync } from 'node:fs';
import type { Logger } from 'pino';
import type { StickTable } from './affinity/stick-table.ts';
import type { TableView } from './contract.ts';
import type { ProxyState } from './state.ts';
import { readTable, writeTable } from './table-file.ts';

/** A table that changed is saved this often at the most … */
const SAVE_MS = 500;
/** … and when that takes long, only so often that saving is a tenth of the time. */
const REST = 9;

export interface Peers {
  view(): TableView['peers'];
  /** Saves what was learned last. Call it when nobody learns any more. */
  close(): Promise<void>;
}

/**
 * The setting `peers`: affinity table outlives a restart of the proxy, as HAProxy's stick-table does where there are peers.
 *
 * With a teaching difference. HAProxy tells each update to its peers at once, and on a reload the old process hands its
 * table to the new one over the network; here the table is a file, written shortly after it changed and at an orderly
 * end. So a SIGKILL loses what was learned since the last save, SAVE_MS ago as a rule (GET /table says when), and
 * two proxies at once do not learn from each other.
 *
 * Switched on, a table is loaded at the next start; switched off, the file goes.
 */
export function startPeers(options: {
  file: string;
  table: StickTable;
  state: ProxyState;
  log: Logger;
}): Peers {
  const { file, table, state, log } = options;
  const isOn = () => state.settings.peers === 'on';
  let savedMs: number | null = null;
  /** The table's count of changes when it was saved. */
  let savedChanges: number | null = null;
  let notBeforeMs = 0;
  let saving: Promise<void> | null = null;
  /** Whether there is certainly no file; one may have been left by an earlier run. */
  let removed = false;
  let trouble: string | null = null;

  if (isOn() && file !== '') load();
  const timer = setInterval(tick, SAVE_MS).unref();

  function load(): void {
    const nowMs = performance.now();
    try {
      const entries = readTable(file, { nowMs, wallMs: Date.now() });
      if (entries === null) return;
      for (const entry of entries) if (entry.usedMs > nowMs - table.ttlMs) table.restore(entry);
      log.info({ file, entries: table.size }, 'the table goes on from where it was');
    } catch (error) {
      log.warn({ file, why: (error as Error).message }, 'the table of an earlier run is passed over');
    }
  }

  function tick(): void {
    if (saving !== null || performance.now() < notBeforeMs) return;
    saving = keep().finally(() => {
      saving = null;
    });
  }

  /** Makes the file what it should be. What fails is tried again with the next turn, and said once. */
  async function keep(): Promise<void> {
    try {
      if (isOn()) await save();
      else forget();
      trouble = null;
    } catch (error) {
      const { message } = error as Error;
      if (message !== trouble) log.warn({ file, why: message }, 'the table is not kept');
      trouble = message;
    }
  }

  async function save(): Promise<void> {
    if (file === '') throw new Error('expected a name for it: start the proxy with --table-file FILE');
    const { changes } = table;
    if (changes === savedChanges) return;
    const nowMs = performance.now();
    removed = false;
    await writeTable(file, table, { nowMs, wallMs: Date.now() });
    [savedMs, savedChanges] = [nowMs, changes];
    notBeforeMs = performance.now() + (performance.now() - nowMs) * REST;
  }

  /** What was to be lost must not come back later. */
  function forget(): void {
    if (file === '' || removed) return;
    rmSync(file, { force: true });
    removed = true;
    [savedMs, savedChanges] = [null, null];
  }

  return {
    view: () => ({ savedMsAgo: savedMs === null ? null : Math.round(performance.now() - savedMs) }),
    async close() {
      clearInterval(timer);
      await saving;
      await keep();
    },
  };
}
