import assert from 'node:assert/strict';
import { type EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import * as ws from 'ws';
import { EventEnds } from '../proxy/streams/event-ends.ts';
import { closeFrame, Frames } from '../proxy/streams/websocket-frames.ts';

const SEEDS = 200;
const CLOSE = 8;
/** Around each width of the length field, and more than a chunk of TCP. */
const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536, 100_000];

/** The halves of the library that its types keep to themselves. */
const library = ws as unknown as {
  Sender: new (socket: {
    cork(): void;
    uncork(): void;
    write(bytes: Buffer): void;
  }) => {
    send(data: string, options: { fin: boolean; mask: boolean }): void;
    ping(data: string, mask: boolean): void;
  };
  Receiver: new (options: { isServer: boolean }) => EventEmitter & { write(bytes: Buffer): void };
};

interface FrameWish {
  opcode: number;
  length: number;
  masked: boolean;
  final: boolean;
}

test('frames are counted whatever they are and however their bytes are split', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = randomOf(seed);
    const wishes = Array.from({ length: 12 }, () => anyFrame(random));
    const bytes = wishes.map(frameOf);
    const ends = new Set([0, ...sums(bytes.map(({ length }) => length))]);
    const frames = new Frames();
    let passed = 0;
    for (const chunk of splits(Buffer.concat(bytes), random)) {
      const expected = [...ends].find((end) => end > passed && end <= passed + chunk.length);
      assert.equal(frames.take(chunk), expected === undefined ? -1 : expected - passed, `seed ${seed}`);
      passed += chunk.length;
      assert.equal(frames.atBoundary, ends.has(passed), `seed ${seed}, after ${passed} bytes`);
      assert.equal(frames.closed, false, `seed ${seed}`);
    }
    frames.take(frameOf({ opcode: CLOSE, length: 2, masked: random() < 0.5, final: true }));
    assert.equal(frames.closed, true, `seed ${seed}`);
  }
});

test('what the library of the clients sends, in pieces and with a ping between them, ends where we say', () => {
  const written: Buffer[] = [];
  const sender = new library.Sender({ cork() {}, uncork() {}, write: (bytes) => void written.push(bytes) });
  sender.send('a'.repeat(300), { fin: false, mask: true });
  sender.ping('between', true);
  sender.send('b', { fin: true, mask: true });
  const frames = new Frames();
  for (const byte of Buffer.concat(written)) frames.take(Buffer.of(byte));
  assert.equal(frames.atBoundary, true);
  assert.equal(frames.closed, false);
});

test('a Close frame is one, masked or not, with a reason that fits', async () => {
  for (const isServer of [false, true]) {
    const frame = closeFrame(1001, 'é'.repeat(100), isServer ? Buffer.of(1, 2, 3, 4) : undefined);
    const receiver = new library.Receiver({ isServer });
    const heard = once(receiver, 'conclude');
    receiver.write(frame);
    const [code, reason] = await heard;
    assert.deepEqual([code, String(reason)], [1001, 'é'.repeat(61)], 'no half character');
    const frames = new Frames();
    assert.equal(frames.take(frame), frame.length);
    assert.equal(frames.closed, true);
  }
});

test('events of a stream end at blank lines of any kind, however the bytes are split', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = randomOf(seed);
    const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
    // A CR and an LF in two line ends in a row would be one.
    const lineEnd = pick(['\n', '\r\n', '\r']);
    const events = Array.from({ length: 6 }, () =>
      [pick([': comment', 'data: é', 'id: 7', 'data:']), 'data: x', '', ''].slice(pick([0, 1])).join(lineEnd),
    ).map((event) => Buffer.from(event));
    const ends = new Set([0, ...sums(events.map(({ length }) => length))]);
    // Where a chunk ends between the last CR and its LF, the event has ended too: the LF adds nothing.
    const atEnd = (bytes: number) => ends.has(bytes) || (lineEnd === '\r\n' && ends.has(bytes + 1));
    const tracker = new EventEnds();
    assert.equal(tracker.atBoundary, true, 'before the first');
    let passed = 0;
    for (const chunk of splits(Buffer.concat(events), random)) {
      const within = [...ends].find((end) => end > passed && end <= passed + chunk.length);
      const expected = within ?? (chunk.length > 0 && atEnd(passed + chunk.length) && passed + chunk.length);
      if (!tracker.atBoundary) {
        const first = tracker.firstEnd(chunk);
        assert.equal(first, typeof expected === 'number' ? expected - passed : -1, `seed ${seed}`);
      }
      tracker.take(chunk);
      passed += chunk.length;
      assert.equal(tracker.atBoundary, atEnd(passed), `seed ${seed}, after ${passed} bytes`);
    }
  }
});

function anyFrame(random: () => number): FrameWish {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const opcode = pick([0, 1, 2, 9, 10]);
  return {
    opcode,
    length: opcode > 8 ? pick([0, 5, 125]) : pick(LENGTHS),
    masked: random() < 0.5,
    final: random() < 0.5,
  };
}

/** By the letter of RFC 6455, section 5.2; the payload looks like headers of Close frames. */
function frameOf({ opcode, length, masked, final }: FrameWish): Buffer {
  const mask = masked ? 0x80 : 0;
  const header = [(final ? 0x80 : 0) | opcode];
  if (length < 126) header.push(mask | length);
  else if (length < 65_536) header.push(mask | 126, length >> 8, length & 255);
  else header.push(mask | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255);
  return Buffer.concat([Buffer.from(header), Buffer.alloc((masked ? 4 : 0) + length, Buffer.of(0x88, 0x02))]);
}

/** Mostly small pieces, some of nothing, and now and then a large one. */
function* splits(bytes: Buffer, random: () => number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const size = random() < 0.7 ? Math.floor(random() * 12) : Math.floor(random() * 40_000);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const sums = (numbers: readonly number[]): number[] => {
  let sum = 0;
  return numbers.map((number) => (sum += number));
};

/** The same numbers for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
