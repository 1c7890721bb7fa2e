import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterEvent } from '../../apps/console/contract.ts';
import { dotsAt, FLIGHT_MS, MAX_FLIGHTS, trackOf } from '../../apps/console/web/picture/dots.ts';
import {
  type Box,
  layPicture,
  type PictureLayout,
  type Shape,
} from '../../apps/console/web/picture/layout.ts';
import { percent } from '../../apps/console/web/picture/numbers-view.ts';
import { pace } from '../../apps/console/web/picture/pace.ts';
import { roadsOf } from '../../apps/console/web/picture/routes.ts';
import { textWidth } from '../../apps/console/web/picture/text.ts';
import { axisOf } from '../../apps/console/web/picture/timeline-axis.ts';
import { placeFlags } from '../../apps/console/web/picture/timeline-flags.ts';
import { timelineView } from '../../apps/console/web/picture/timeline-view.ts';
import { heapOf, tokensFor } from '../../apps/console/web/picture/tokens.ts';
import {
  NO_TRAFFIC,
  perDot,
  settled,
  type Traffic,
  withEvent,
} from '../../apps/console/web/picture/traffic.ts';
import { pictureView } from '../../apps/console/web/picture/view.ts';
import { applySnapshot, heard, initialModel } from '../../apps/console/web/shared/model.ts';
import { turn } from '../../apps/console/web/stage/keys.ts';
import { stageSize } from '../../apps/console/web/stage/size.ts';
import { stageView } from '../../apps/console/web/stage/view.ts';
import type { AnswersSampled } from '../../scripts/load/contract.ts';
import { MOMENTS, type Moment, NOW, stateOf } from '../support/stage-states.ts';

const viewOf = (moment: Moment) =>
  pictureView(applySnapshot(heard(initialModel(), NOW), stateOf(moment, 0)), NOW);

const apart = (a: Box, b: Box): boolean =>
  a.x + a.w <= b.x + 0.01 || b.x + b.w <= a.x + 0.01 || a.y + a.h <= b.y + 0.01 || b.y + b.h <= a.y + 0.01;

function assertApart(boxes: Box[], what: string): void {
  boxes.forEach((a, index) => {
    for (const b of boxes.slice(index + 1)) assert.ok(apart(a, b), `${what}: ${JSON.stringify([a, b])}`);
  });
}

const COUNTS = [1, 2, 3, 4, 6, 8, 9, 12, 16].flatMap((replicas) =>
  [0, 1, 8, 9, 18, 19, 40, 41, 200].flatMap((students) =>
    [0, 1, 60, 200, 201, 500].map((robots) => ({ replicas, students, robots })),
  ),
);

for (const shape of ['wide', 'tall', 'narrow'] as const satisfies Shape[]) {
  test(`nothing overlaps or leaves the picture, ${shape}, whoever is there`, () => {
    for (const counts of COUNTS) {
      const what = `${shape} ${JSON.stringify(counts)}`;
      const layout = layPicture({ shape, ...counts });
      const boxes = [layout.proxy, layout.store, ...layout.replicas];
      assertApart(
        [...boxes, ...(layout.students?.places ?? []), ...(layout.robots?.places ?? [])].slice(0, 90),
        what,
      );
      for (const { x, y, w, h } of [...boxes, ...(layout.robots?.places ?? [])]) {
        assert.ok(x >= 0 && y >= 0 && x + w <= layout.width + 0.01 && y + h <= layout.height, what);
      }
      const roads = (layout.replicas[0]?.arrive.x ?? 0) - (layout.proxy.x + layout.proxy.w);
      assert.ok(roads >= 30, `${what}: the roads to the replicas are ${roads} px long`);
    }
  });
}

test('forty students by name and two hundred robots one by one fit beside each other', () => {
  for (const shape of ['wide', 'tall', 'narrow'] as const) {
    const { students, robots } = layPicture({ shape, students: 40, robots: 200, replicas: 3 });
    assert.equal(students?.style, 'names');
    assert.equal(robots?.style, 'carts', shape);
    assert.equal(robots?.places.length, 200);
  }
});

test('sessions that shoppers of before left behind are told apart from the carts of now', () => {
  const ownedOf = (moment: Moment) => viewOf(moment).replicas.map(({ owned }) => owned);
  const first = ownedOf({ affinity: 'cookie', robots: 60 })[0] ?? 0;
  assert.ok(first > 10 && first <= 30, `${first} carts on shop-1`);
  assert.deepEqual(ownedOf({ affinity: 'none' }), [null, null, null], 'nothing says whose is where');
  assert.equal(ownedOf({ affinity: 'cookie', look: { 2: 'frozen' } })[1], null, 'its shoppers may come back');
  const state = stateOf({ affinity: 'cookie', robots: 60 }, 0);
  const run = { id: 'r1', shoppers: 60, startedAt: 0, endedAt: NOW - 1 };
  const view = viewOf({ affinity: 'cookie', robots: 60, scene: { ...state.scene, run, students: [] } });
  assert.deepEqual(
    view.replicas.map(({ owned }) => owned),
    [0, 0, 0],
  );
});

test('when the load has ended the strip says that its shoppers have left', () => {
  const stripOf = (moment: Moment, endedAt: number | null) => {
    const state = stateOf(moment, 0);
    const run = { id: 'r1', shoppers: 60, startedAt: 0, endedAt };
    const model = applySnapshot(heard(initialModel(), NOW), { ...state, scene: { ...state.scene, run } });
    return stageView(model, NOW)?.strip.at(-1)?.value;
  };
  assert.equal(stripOf({}, null), '60 robots');
  assert.equal(stripOf({}, NOW - 1), '60 robots, who have left');
  assert.equal(stripOf({ students: 8 }, NOW - 1), '8 of you, the robots have left');
});

test('what happens to the cluster moves nothing', () => {
  const layoutOf = (moment: Moment): PictureLayout => {
    const view = viewOf(moment);
    return layPicture({
      shape: 'wide',
      students: view.students.length,
      robots: view.robotCount,
      replicas: view.replicas.length,
    });
  };
  const calm = layoutOf(MOMENTS.calm ?? {});
  for (const name of [
    'kill',
    'redis',
    'cookie',
    'draining',
    'ejected',
    'panic',
    'frozen',
    'starting',
    'unplugged',
    'store-down',
  ]) {
    assert.deepEqual(layoutOf(MOMENTS[name] ?? {}), calm, name);
  }
});

test('a dot goes out, turns and comes back at one speed, and is out of sight in the proxy', () => {
  const track = trackOf([
    { from: { x: 0, y: 0 }, to: { x: 100, y: 0 } },
    { from: { x: 240, y: 0 }, to: { x: 340, y: 0 } },
  ]);
  const flight = { track, startMs: 1000, back: 'wrong', beside: 6 } as const;
  const at = (share: number) => dotsAt([flight], 1000 + share * FLIGHT_MS)[0];
  assert.equal(dotsAt([flight], 999).length, 0);
  assert.deepEqual(at(0), { x: 0, y: -6, shape: 'request' });
  assert.equal(at(0.25), undefined);
  assert.equal(Math.round(at(0.49)?.x ?? 0), 335);
  assert.deepEqual(at(0.5), { x: 340, y: 6, shape: 'wrong' });
  const [a, b, c] = [at(0.05)?.x ?? 0, at(0.1)?.x ?? 0, at(0.9)?.x ?? 0];
  assert.ok(Math.abs(b - 2 * a) < 0.01);
  assert.ok(Math.abs(c - b) < 0.01);
  assert.equal(at(1), undefined);
});

const CALM = viewOf({ students: 8 });
const LAYOUT = layPicture({ shape: 'wide', students: 8, robots: 60, replicas: 3 });
const ROADS = roadsOf(LAYOUT, CALM);
const report = (of: number, samples: number, overMs = 250): AnswersSampled => ({
  type: 'answers.sampled',
  run: 'k3f',
  of,
  overMs,
  samples: Array.from({ length: samples }, (_, index) => [index + 1, 'shop-1', 'right']),
});

test('one dot stands for as many requests as there were to a sample, rounded up and said', () => {
  assert.equal(perDot(NO_TRAFFIC), 1);
  assert.equal(perDot(withEvent(NO_TRAFFIC, report(16, 16), ROADS, 0)), 1);
  assert.equal(perDot(withEvent(NO_TRAFFIC, report(17, 16), ROADS, 0)), 2);
  const busy = withEvent(NO_TRAFFIC, report(600, 60), ROADS, 0);
  assert.equal(perDot(busy), Math.ceil(600 / busy.flights.length));
  // It is readable for two seconds, then the quieter truth follows.
  const later = withEvent(busy, report(16, 16), ROADS, 2500);
  assert.equal(perDot(later), 1);
});

test('the samples of a report set out over as long as they were collected', () => {
  const { flights } = withEvent(NO_TRAFFIC, report(10, 10), ROADS, 500);
  assert.deepEqual(
    flights.map(({ startMs }) => startMs),
    [500, 525, 550, 575, 600, 625, 650, 675, 700, 725],
  );
});

test('never more than 300 dots, however many loads tell how much', () => {
  let traffic: Traffic = NO_TRAFFIC;
  let most = 0;
  for (let ms = 0; ms < 5000; ms += 10) {
    traffic = settled(withEvent(traffic, report(1000, 60), ROADS, ms), ms);
    most = Math.max(most, dotsAt(traffic.flights, ms).length, traffic.flights.length);
  }
  assert.ok(most <= MAX_FLIGHTS, `${most} at once`);
  assert.ok(most > 200, `only ${most} at once`);
});

test('an error that no replica answered turns at the proxy', () => {
  const [flight] = withEvent(
    NO_TRAFFIC,
    { ...report(1, 1), samples: [[5, null, 'error']] },
    ROADS,
    0,
  ).flights;
  const turned = dotsAt(flight ? [flight] : [], FLIGHT_MS / 2)[0];
  assert.equal(turned?.shape, 'error');
  assert.ok(Math.abs((turned?.x ?? 0) - LAYOUT.proxy.x) < 8);
});

test('samples of the proxy are shown while no load tells, and not counted twice while one does', () => {
  const request = {
    type: 'request.sampled' as const,
    method: 'GET',
    path: '/api/cart',
    status: 200,
    upstream: 'shop-1',
    affinity: 'VI',
    attempts: [],
    chosenBy: 'pin',
    queuedMs: 0,
    ms: 3,
  } satisfies ClusterEvent;
  assert.equal(withEvent(NO_TRAFFIC, request, ROADS, 0).flights.length, 1);
  const told = withEvent(NO_TRAFFIC, report(4, 4), ROADS, 0);
  assert.equal(withEvent(told, request, ROADS, 1000).flights.length, 4);
  assert.equal(withEvent(told, request, ROADS, 2000).flights.length, 5);
  assert.equal(withEvent(NO_TRAFFIC, { ...request, status: 502 }, ROADS, 0).flights[0]?.back, 'error');
});

test('five faults in ten seconds: every mark is there, and no label stands on another', () => {
  for (const right of [756, 564, 1116]) {
    const axis = axisOf(112, right);
    const placed = placeFlags(MOMENTS['five-faults']?.flags ?? [], NOW, axis, right + 112);
    assert.equal(placed.length, MOMENTS['five-faults']?.flags?.length);
    for (const lane of ['we', 'cluster'] as const) {
      const spans = placed
        .filter((flag) => flag.lane === lane)
        .flatMap(({ label, fault }) => {
          if (label === null) return [];
          const w = Math.min(textWidth(label.text, 18, fault), label.room ?? 1000);
          return [label.anchor === 'start' ? { x: label.x, w } : { x: label.x - w, w }];
        });
      assertApart(
        spans.map(({ x, w }) => ({ x, w, y: 0, h: 1 })),
        `${lane} at ${right}`,
      );
      assert.ok(spans.length > 0);
      for (const { x } of placed.filter((flag) => flag.lane === lane)) {
        const under = spans.filter((span) => span.x < x + 7 && span.x + span.w > x - 7);
        assert.deepEqual(under, [], `a label of ${lane} stands on the mark at ${x}`);
      }
      assert.ok(spans.every(({ x, w }) => x >= axis.left && x + w <= right + 112.01));
    }
    const newest = placed.find(({ lane, label }) => lane === 'we' && label?.text.startsWith('Kill shop-2'));
    assert.ok(newest, 'the newest fault has its name');
  }
});

test('two faults at one moment both have a mark, and one speaks for the others', () => {
  const flag = (text: string) => ({ t: NOW, lane: 'we', text, fault: true }) as const;
  const placed = placeFlags(
    ['Kill shop-1', 'Kill shop-2', 'Kill shop-3', 'Kill shop-4'].map(flag),
    NOW,
    axisOf(112, 756),
    868,
  );
  assert.equal(placed.length, 4);
  assert.ok(placed.some(({ label }) => label?.text.endsWith('+3') || label?.text.endsWith('+2')));
});

test('the last seconds of the time line have room, and time never runs backwards on it', () => {
  const axis = axisOf(112, 756);
  assert.ok(axis.x(0) - axis.x(3000) > 40, 'three seconds can be read');
  for (let ago = 0; ago < 130_000; ago += 500) assert.ok(axis.x(ago) >= axis.x(ago + 500));
  assert.equal(axis.x(120_000), 112);
  assert.equal(axis.x(0), 756);
});

test('the scale of the time line is all carts, and its two labels never stand on each other', () => {
  for (const name of ['calm', 'kill', 'all-broken', 'five-faults', 'nobody', 'many-robots']) {
    const { scene } = stateOf(MOMENTS[name] ?? {}, 0);
    for (const height of [114, 138, 200]) {
      const view = timelineView(scene, NOW, 872, height);
      assert.ok(Math.abs(view.brokenY - view.requestsY) >= 22, name);
      assert.ok(view.brokenY <= view.y0 && view.requestsY <= view.y0, name);
    }
  }
  const half = { ...stateOf({}, 0).scene, now: { carts: 60, broken: 30, silent: 30 } };
  const { y0, yTop, area } = timelineView(half, NOW, 872, 138);
  assert.match(area ?? '', new RegExp(`V${(y0 + yTop) / 2}H756V${y0}z$`));
});

test('tokens that do not fit are a count, and a heap stays within its bounds', () => {
  const box = { x: 0, y: 0, w: 208, h: 45 };
  assert.equal(tokensFor(42, box)?.length, 42);
  assert.equal(tokensFor(43, box), null);
  for (const count of [0, 1, 4, 23, 200]) {
    const heap = heapOf(count, { x: 791, floorY: 340, left: 700, right: 872 });
    assert.ok(heap.length <= count);
    assert.ok(
      heap.every(({ x, y }) => x >= 697 && x + 11 <= 876 && y > 290 && y < 340),
      String(count),
    );
  }
  assert.equal(heapOf(23, { x: 791, floorY: 340, left: 700, right: 872 }).length, 23);
});

test('blast radius: nothing is only for nothing, and all only for all', () => {
  assert.deepEqual(
    [percent(0, 300), percent(1, 300), percent(21, 68), percent(299, 300), percent(300, 300)],
    [0, 1, 31, 99, 100],
  );
});

test('what changes too often is held back, what is urgent is not', () => {
  const first = pace(null, 'a', 0, { lastsMs: 500 });
  assert.equal(pace(first, 'b', 499, { lastsMs: 500 }).value, 'a');
  assert.equal(pace(first, 'b', 500, { lastsMs: 500 }).value, 'b');
  assert.equal(pace(first, 'b', 1, { lastsMs: 500, urgent: true }).value, 'b');
  assert.equal(pace(first, 'a', 700, { lastsMs: 500 }), first);
});

test('a screen gets the layout that keeps letters at 18 px or more', () => {
  const fits = (width: number, height: number) => {
    const { shape, low, zoom } = stageSize(width, height, true);
    return [shape, low, Math.round(zoom * 100) / 100];
  };
  assert.deepEqual(fits(1280, 720), ['wide', false, 1]);
  assert.deepEqual(fits(1024, 768), ['tall', false, 1]);
  assert.deepEqual(fits(1366, 768), ['wide', false, 1.07]);
  assert.deepEqual(fits(1366, 657), ['wide', true, 1.01]);
  assert.deepEqual(fits(1280, 800), ['wide', false, 1]);
  assert.deepEqual(fits(1920, 1080), ['wide', false, 1.5]);
  assert.deepEqual(fits(1600, 1200), ['tall', false, 1.56]);
  assert.deepEqual(fits(390, 844), ['small', false, 1]);
  assert.ok(stageSize(1280, 800, true).timeline.height > stageSize(1280, 720, true).timeline.height);
});

test('a key turns one thing, and on a blank screen it only brings the picture back', () => {
  const dark = { paused: false, legend: true, join: false, blank: true, help: false, table: false };
  assert.deepEqual(turn(dark, 'j'), { ...dark, blank: false });
  assert.deepEqual(turn({ ...dark, blank: false }, '.'), { ...dark, blank: false, paused: true });
  assert.equal(turn(dark, 'x'), null);
});
