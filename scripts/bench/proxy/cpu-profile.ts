/** The parts used here of what `node --cpu-prof` writes (the inspector's Profiler.Profile). Times in µs. */
export interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame }[];
  endTime: number;
  startTime: number;
  /** ids of the nodes that were seen running, */
  samples: number[];
  /** and how long after the one before */
  timeDeltas: number[];
}

export interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
}

/** Self time: of the function itself, without what it called. */
export interface Spent {
  name: string;
  /** of the time the thread was busy, 0 to 1 */
  share: number;
}

export interface Breakdown {
  groups: Spent[];
  functions: Spent[];
}

/** Whose code a frame is. The first that fits. */
const GROUPS: [name: string, fits: (frame: CallFrame) => boolean][] = [
  ['garbage collector', ({ functionName }) => functionName === '(garbage collector)'],
  ['outside JavaScript: libuv, parser, kernel', ({ functionName }) => functionName === '(program)'],
  [
    'writes to sockets (libuv, kernel)',
    ({ functionName, url }) => url === '' && /^write|^shutdown|^consume/.test(functionName),
  ],
  ['other native calls of Node', ({ url }) => url === ''],
  ['http of Node: parser callbacks, headers', ({ url }) => /^node:_http/.test(url)],
  ['streams and sockets of Node', ({ url }) => /^node:(net|_?stream|internal\/streams?|events)/.test(url)],
  ['timers and ticks of Node', ({ url }) => /^node:(internal\/)?(timers|process\/task_queues)/.test(url)],
  ['the rest of Node', ({ url }) => url.startsWith('node:')],
  ['http-proxy', ({ url }) => url.includes('/node_modules/http-proxy/')],
  ['other libraries', ({ url }) => url.includes('/node_modules/')],
  ['this proxy', () => true],
];

/**
 * Who had the CPU in the last `windowMicros` of the profile, most first. A sample that comes later than `lateMicros` after
 * the one before counts as no more: while another program had the CPU, ours stood wherever it was stopped, mostly in a write.
 */
export function breakdownOf(
  profile: CpuProfile,
  { windowMicros, lateMicros }: { windowMicros: number; lateMicros: number },
): Breakdown {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const groups = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;
  let at = profile.startTime;
  profile.samples.forEach((id, index) => {
    const sinceLast = profile.timeDeltas[index] ?? 0;
    at += sinceLast;
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === '(idle)' || at <= profile.endTime - windowMicros)
      return;
    const micros = Math.min(sinceLast, lateMicros);
    busy += micros;
    add(groups, groupOf(frame), micros);
    add(functions, nameOf(frame), micros);
  });
  return { groups: ranked(groups, busy), functions: ranked(functions, busy) };
}

export const groupOf = (frame: CallFrame): string => GROUPS.find(([, fits]) => fits(frame))?.[0] ?? '';

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const file = url.replace(/^.*\/(node_modules|dist)\//, '').replace(/^file:\/\//, '');
  const where = url === '' ? '' : ` ${file}:${lineNumber + 1}`;
  return `${functionName || '(anonymous)'}${where}`;
}

function add(sums: Map<string, number>, name: string, micros: number): void {
  sums.set(name, (sums.get(name) ?? 0) + micros);
}

const ranked = (sums: ReadonlyMap<string, number>, busy: number): Spent[] =>
  [...sums].map(([name, micros]) => ({ name, share: micros / busy })).sort((a, b) => b.share - a.share);
