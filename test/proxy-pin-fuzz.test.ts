import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCookie } from '../proxy/affinity/cookie.ts';
import { createPinFormats } from '../proxy/affinity/pin-format.ts';
import { writeDates } from '../proxy/affinity/pin-life.ts';
import type { RequestFacts } from '../proxy/affinity/strategy.ts';
import { SETTINGS, type Settings, type SettingValue } from '../proxy/contract.ts';
import { createPinCrypto } from '../proxy/pins.ts';
import { EMPTY_POOL, newcomer } from '../proxy/pool.ts';

const TEXTS = 10_000;
const NOW_S = 1_800_000_000;
const NAMES = ['shop-1', 'shop-2', 'a.b_c-d', '0', 'f'.repeat(64)];
const BYTES = '|.-_=;, \t"%\0\xff09azAZ~€';

const crypto = createPinCrypto('secret');
const formats = createPinFormats(crypto);
const cookie = createCookie({ formats, limits: { maxIdleMs: 60_000, maxLifeMs: 600_000 } });
const all = NAMES.map((id) => ({ ...newcomer({ id, life: `${id}#1`, host: 'h', port: 1 }), healthy: true }));
const pool = { ...EMPTY_POOL, all, up: all, wanted: all };

/** Whether this may tie a client to that replica, told apart by other means than the reader's. */
const IS_OURS: Record<SettingValue<'pinFormat'>, (text: string, id: string) => boolean> = {
  plain: (text, id) => text === id || text.startsWith(`${id}|`),
  hashed: (text, id) => text.split('|')[0] === crypto.hash(id),
  hmac: (text, id) => DATES.some((dates) => text === formats.hmac.write(id, dates)),
};

const DATES = [
  '',
  writeDates({ lastS: NOW_S, firstS: NOW_S - 5 }),
  writeDates({ lastS: NOW_S - 90, firstS: NOW_S - 90 }),
];
const OWN = new Set(
  SETTINGS.pinFormat.flatMap((format) =>
    NAMES.flatMap((id) => DATES.map((dates) => formats[format].write(id, dates))),
  ),
);

for (const pinFormat of SETTINGS.pinFormat) {
  for (const pinLife of SETTINGS.pinLife) {
    test(`${pinFormat}, ${pinLife}: of 10,000 odd pins none throws, and none ties to a replica but one this format writes`, () => {
      const settings = { pinFormat, pinLife, drain: 'honour-pins' } as Settings;
      const random = createRandom(20);
      let tied = 0;
      for (let turn = 0; turn < TEXTS; turn++) {
        const text = oddText(random);
        const located = cookie.locate({ pinCookie: text, wallS: NOW_S } as RequestFacts, pool, settings);
        if (located.upstream === null) assert.match(located.letter, /[IEO]/, text);
        else assert.ok(IS_OURS[pinFormat](text, located.upstream.id), `${text} is ${located.upstream.id}`);
        if (located.upstream !== null) tied++;
      }
      assert.ok(tied > 20, `${tied} untouched ones are among them, and count`);
    });
  }
}

/** One of ours, changed a little or a lot, or nothing but noise. */
function oddText(random: () => number): string {
  const pick = <T>(from: ArrayLike<T>): T => from[Math.floor(random() * from.length)] as T;
  const noise = (length: number) => Array.from({ length }, () => pick(BYTES)).join('');
  const own = pick([...OWN]);
  const at = Math.floor(random() * own.length);
  const changes = [
    () => own,
    () => own.slice(0, at),
    () => own.slice(at),
    () => own.slice(0, at) + pick(BYTES) + own.slice(at + 1),
    () => own.slice(0, at) + noise(3) + own.slice(at),
    () => own + pick([...OWN]),
    () => own.toUpperCase(),
    () => noise(Math.floor(random() * 200)),
    () => own.repeat(Math.floor(random() * 60)),
  ];
  return pick(changes)();
}

/** The same numbers in every run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
