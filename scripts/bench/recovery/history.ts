/** One request of a client of the drill, from the client's side. Times are of one clock, ms. */
export interface Asked {
  /** unique in the run: what the replicas note when they execute it */
  id: string;
  client: number;
  method: 'GET' | 'POST';
  sentMs: number;
  endedMs: number;
  /** null = no whole answer */
  status: number | null;
  /** the replica that made the answer; null = the balancer itself, or there was none */
  by: string | null;
  /** what the balancer's answer says about its attempts, in its own words */
  attempts: string;
}

/** Everything one row did in one drill. */
export interface History {
  /** the replica the fault hits */
  victim: string;
  /** when it stood still or was dead */
  faultMs: number;
  asked: readonly Asked[];
  /** requests, by id, that the balancer sent more than once */
  retried: ReadonlySet<string>;
  /** how often a replica executed a request, by id */
  executed: ReadonlyMap<string, number>;
}

export const isGood = ({ status }: Asked): boolean => status === 200;
