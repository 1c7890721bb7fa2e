import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { EventLog } from '../../lib/event-log.ts';
import { Agent } from './agent.ts';
import { createAgentApi } from './api.ts';
import type { AgentConfig } from './config.ts';
import type { AgentEvent } from './contract.ts';
import type { StoreHands } from './faults/action.ts';
import { openRecords } from './faults/records.ts';
import type { KeyRing } from './keyring.ts';
import { createProxyClient } from './proxy-client.ts';
import { createReplicaClient } from './replica-client.ts';
import type { Runtime } from './runtime/runtime.ts';
import type { Secrets } from './secrets.ts';
import { createWipe } from './store/wipe.ts';
import { startStoreSampler } from './store-sampler.ts';

/** What an agent is made of, whether its members are processes or containers. */
export interface Ingredients {
  config: AgentConfig;
  secrets: Secrets;
  /** begun with the secrets' cookie keys; new replicas get the present ones */
  keys: KeyRing;
  /** wall clock ms: events count from here */
  startedAt: number;
  runtime: Runtime;
  /** the proxy's control plane */
  controlUrl: string;
  store: {
    /** what it is, for people */
    words: string;
    /** its address when it is somebody else's, else null */
    external: string | null;
    /** its administration; null: it is somebody else's */
    commands: StoreHands | null;
    /** its address when it is our own, to look how full it is, else null */
    url: string | null;
  };
  /** the folder of the fault records */
  records: string;
  /** further names by which its API may be called */
  hosts?: readonly string[];
  log: Logger;
}

export interface Assembled {
  agent: Agent;
  events: EventLog<AgentEvent>;
  api: RequestListener;
  /** No look at anything any more; call it before the members end. */
  close(): void;
}

/** A class of hours, though a busy store tells something each second. */
const REMEMBERED_EVENTS = 20_000;

/** Puts the agent together over a runtime; nothing is started or told yet. */
export function assembleAgent(ingredients: Ingredients): Assembled {
  const {
    config,
    secrets,
    keys,
    startedAt,
    runtime,
    controlUrl,
    store,
    records,
    hosts = [],
    log,
  } = ingredients;
  const events = new EventLog<AgentEvent>({ now: () => Date.now() - startedAt, limit: REMEMBERED_EVENTS });
  const proxy = createProxyClient(controlUrl);
  const wipeStore = createWipe({ runtime, external: store.external, prefix: config.cookiePrefix });
  const agent = new Agent({
    ...{ config, startedAt, runtime, proxy, events, store: store.words, wipeStore },
    records: openRecords(records),
    replicas: createReplicaClient({ secret: secrets.stamp, members: () => runtime.members() }),
    storeCommands: store.commands,
    keys,
  });
  const api = createAgentApi({ agent, events, token: secrets.agent, hosts, log });
  const sampler =
    store.url === null
      ? null
      : startStoreSampler({
          url: store.url,
          isReady: () => runtime.members().some(({ role, state }) => role === 'store' && state === 'ready'),
          onSample: (sample) => void events.add({ type: 'store.sampled', ...sample }),
        });
  return { agent, events, api, close: () => sampler?.close() };
}
