import type { ClusterState, Stand, StudentStand } from '../../contract.ts';
import { LIMITS } from '../../scene/scene.ts';
import { valueLabel } from '../shared/labels.ts';
import type { Model } from '../shared/model.ts';
import { type StoreLook, storeLook } from './store-look.ts';
import { type Note, noteOf } from './view-note.ts';
import { numberOf, type ReplicaLook, replicaLooks } from './view-replicas.ts';

export type { ReplicaLook } from './view-replicas.ts';

/** Everything the picture shows, in the words it shows it. */
export interface PictureView {
  /** as the proxy says it: null = it cannot be asked */
  affinity: string | null;
  affinityLabel: string;
  /** affinity ties shoppers to replicas */
  pins: boolean;
  note: Note;
  students: ShopperLook[];
  robots: ShopperLook[];
  /** of those there is no room to draw one by one */
  robotCount: number;
  brokenRobots: number;
  /** each shopper carries its session in a cookie */
  carried: boolean;
  replicas: ReplicaLook[];
  store: StoreLook;
  floor: FloorLook;
}

export interface ShopperLook {
  key: string;
  /** of a student */
  name: string | null;
  /** number of the replica it is pinned to; null = none, or affinity does not pin */
  pin: number | null;
  broken: boolean;
}

export interface FloorLook {
  lost: number;
  text: string;
  rest: string;
  /** numbers of the replicas the tokens come from; 0 = the store */
  from: number[];
}

/** Affinities that tie nobody to anything. */
const UNTIED = ['none'];

export function pictureView(model: Model, runMs: number): PictureView {
  const { state } = model;
  const affinity = state?.settings?.affinity ?? null;
  const pins = affinity !== null && !UNTIED.includes(affinity);
  const look = lookOf(pins);
  const students = (state?.scene.students ?? []).map((one) => look(one.id, one, one));
  const robots = robotLooks(state, look);
  const robotCount = Math.max(robots.length, state?.scene.run?.shoppers ?? 0);
  const replicas = replicaLooks(model, runMs, pins);
  return {
    affinity,
    affinityLabel: affinity === null ? 'not known' : valueLabel('affinity', affinity),
    pins,
    note: noteOf(affinity, replicas, {
      drain: state?.settings?.drain ?? null,
      panic: Boolean(state?.scene.panic),
    }),
    students,
    robots,
    robotCount,
    brokenRobots: Math.max(0, (state?.scene.now.broken ?? 0) - students.filter((one) => one.broken).length),
    carried: state?.settings?.sessions === 'cookie',
    replicas,
    store: storeLook(state),
    floor: floorLook(state),
  };
}

const lookOf =
  (pins: boolean) =>
  (key: string, { on, cart }: Stand, student?: StudentStand): ShopperLook => ({
    key,
    name: student?.name ?? null,
    pin: pins && on !== null ? numberOf(on) : null,
    broken: cart === 'broken',
  });

/**
 * Robots by slot: number 12 stands in slot 12 for as long as it shops. Where shoppers come and go (the open model) a newer
 * one takes the slot of one long gone.
 */
function robotLooks(state: ClusterState | null, look: ReturnType<typeof lookOf>): ShopperLook[] {
  const scene = state?.scene;
  if (!scene?.run) return [];
  const numbers = Object.keys(scene.robots)
    .map(Number)
    .sort((a, b) => a - b);
  const slots = Math.min(scene.run.shoppers, LIMITS.robots);
  const robots = Array.from({ length: slots }, (_, slot): ShopperLook => {
    return { key: `s${slot + 1}`, name: null, pin: null, broken: false };
  });
  for (const number of numbers) {
    const stand = scene.robots[number];
    if (slots > 0 && stand) robots[slotOf(number, slots)] = look(`s${slotOf(number, slots) + 1}`, stand);
  }
  return robots;
}

/** Where shopper s12 of `slots` stands. */
export const slotOf = (number: number, slots: number): number => (number - 1 + slots) % slots;

/** What the floor is for, while nothing was ever done to the cluster. */
export const AT_FIRST = 'lost sessions fall here';

function floorLook(state: ClusterState | null): FloorLook {
  const { lost, unasked, from } = state?.scene.floor ?? { lost: 0, unasked: 0, from: [] };
  const text =
    lost > 0
      ? `${lost} session${lost === 1 ? '' : 's'} lost`
      : state?.scene.impact
        ? 'no session lost'
        : AT_FIRST;
  return {
    lost,
    text,
    rest: unasked > 0 ? `· ${unasked} not asked for yet` : '',
    from: from.map((id) => numberOf(id)),
  };
}
