import { callApi } from '../../lib/call.ts';
import { EventLog } from '../../lib/event-log.ts';
import { followEvents } from '../../lib/sse.ts';
import type { ProxyEvent, UpstreamView } from '../../proxy/contract.ts';
import type { CartsProgress, LoadEvent } from '../../scripts/load/contract.ts';
import type { AgentEvent } from '../agent/contract.ts';
import type { ClusterEvent } from './contract.ts';
import { collectPast } from './past.ts';
import type { Left } from './runs/left.ts';
import { applyToScene } from './scene/apply-scene.ts';
import { EMPTY_SCENE, type Scene } from './scene/scene.ts';

/** The one stream over the whole cluster: what proxy, agent, load script and console tell, in one order of numbers. */
export interface Story {
  readonly log: EventLog<ClusterEvent>;
  /** Resolves when what proxy and agent remember was put in order. */
  readonly collected: Promise<void>;
  /** What the load script posts. */
  tell(events: LoadEvent[]): void;
  /** The newest progress of a load; null before the first. */
  progress(): CartsProgress | null;
  /** The scene after the newest event of the log. */
  scene(): Scene;
  /** Whether a load goes on and has reported within the last few seconds. */
  loadReports(): boolean;
  close(): void;
}

const SAMPLE_MS = 1000;
const REMEMBERED_EVENTS = 20_000;
/** A load reports each second. One that has been silent for longer is not there, or cannot reach us. */
const REPORT_MS = 3000;
/** Numbers of events that an earlier console told and did not get to write: they are not given again. */
const UNWRITTEN_EVENTS = 1000;

/** Follows proxy and agent from the beginning of what they remember; `left` = what an earlier console has recorded. */
export function followCluster(options: {
  proxyUrl: string;
  agentUrl: string;
  agentToken: string;
  now(): number;
  left?: Left | null;
}): Story {
  const { left = null } = options;
  const log = new EventLog<ClusterEvent>({ now: options.now, limit: REMEMBERED_EVENTS, remembers });
  let progress: CartsProgress | null = left?.state.load ?? null;
  let reportedAt = Number.NEGATIVE_INFINITY;
  let scene = left?.state.scene ?? EMPTY_SCENE;
  if (left) log.restore(left.recording.events, left.state.seq + UNWRITTEN_EVENTS);
  log.follow({
    take(event) {
      scene = applyToScene(scene, event);
      return true;
    },
    end() {},
  });
  const past = collectPast(log, left);
  const hear = (event: ClusterEvent, t: number) => {
    // A reset empties every cart: what a load counted before is no news of this cluster any more.
    if (past.hear(event, t) && event.type === 'cluster.reset') progress = null;
  };
  const follow = (part: 'proxy' | 'agent', url: string, headers: Record<string, string>) => {
    let state: 'connected' | 'lost' | null = null;
    return followEvents<ProxyEvent | AgentEvent>({
      url: `${url}/events`,
      headers,
      after: 0,
      onEvent: ({ seq: _seq, t, ...event }) => hear(event as ClusterEvent, t),
      onState(now) {
        // The first connection is no news; a loss and a recovery are.
        if (now !== state && !(state === null && now === 'connected'))
          log.add({ type: 'link.state', part, state: now });
        state = now;
        if (now === 'connected') past.reached(part);
      },
    });
  };
  const links = [
    follow('proxy', options.proxyUrl, {}),
    follow('agent', options.agentUrl, { authorization: `Bearer ${options.agentToken}` }),
  ];
  const sampler = startSampler(`${options.proxyUrl}/upstreams`, log, () => scene.run?.endedAt === null);
  return {
    log,
    collected: past.collected,
    tell(events) {
      for (const event of events) {
        if (event.type === 'carts.progress') {
          progress = event;
          reportedAt = options.now();
        }
        past.add(event, options.now());
      }
    },
    progress: () => progress,
    scene: () => scene,
    loadReports: () => progress !== null && !progress.done && options.now() - reportedAt <= REPORT_MS,
    close() {
      past.close();
      clearInterval(sampler);
      for (const link of links) link.close();
      log.close();
    },
  };
}

/** Samples are for the moment: they would push everything else out of what is remembered. */
const remembers = ({ type }: ClusterEvent): boolean =>
  type !== 'answers.sampled' && type !== 'request.sampled';

/**
 * Once a second what each upstream did; silent while nothing happens and nothing changes. As long as a run seems to go on
 * it is told all the same: of a load that was killed only the time that passes says so.
 */
function startSampler(url: string, log: EventLog<ClusterEvent>, runGoesOn: () => boolean): NodeJS.Timeout {
  let before = new Map<string, number>();
  let lastTold = '';
  return setInterval(async () => {
    const upstreams = await callApi<UpstreamView[]>(url, { timeoutMs: SAMPLE_MS }).catch(() => null);
    if (upstreams === null) return;
    const event: Extract<ClusterEvent, { type: 'rates.sampled' }> = {
      type: 'rates.sampled',
      upstreams: upstreams.map(({ life: _life, host: _host, port: _port, requests, ...told }) => ({
        ...told,
        // A proxy that was restarted counts from zero again.
        perSecond: Math.max(0, requests - Math.min(before.get(told.id) ?? requests, requests)),
      })),
    };
    before = new Map(upstreams.map(({ id, requests }) => [id, requests]));
    const told = JSON.stringify(event);
    if (told !== lastTold || runGoesOn()) log.add(event);
    lastTold = told;
  }, SAMPLE_MS);
}
