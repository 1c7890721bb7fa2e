import { createHmac } from 'node:crypto';
import { callApi } from '../../lib/call.ts';
import { FAULT_PORT } from '../cart/contract.ts';
import type { MemberView } from './contract.ts';
import type { ReplicaHands } from './faults/action.ts';
import { RuntimeError } from './runtime/runtime.ts';

/** A replica that answers at all answers its fault port within this; a frozen or blocked one does not. */
const CALL_LIMIT_MS = 1500;

/**
 * Calls the fault port of replicas, past the proxy. Throws RuntimeError for one that does not run, ApiError with what the
 * replica says, or with status 0 when it does not answer in time.
 */
export function createReplicaClient(options: {
  /** the cluster's secret */
  secret: string;
  members(): MemberView[];
}): ReplicaHands {
  const key = createHmac('sha256', options.secret).update(FAULT_PORT.purpose).digest('base64url');
  return {
    async call(replica, method, path, body) {
      const member = options.members().find(({ id }) => id === replica);
      if (!member) throw new RuntimeError('not-found', `there is no ${replica}`);
      if (member.state !== 'ready' || member.address === null) {
        throw new RuntimeError('wrong-state', `${replica} is ${member.state}: it cannot be asked anything`);
      }
      const { host, port } = member.address;
      const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}${FAULT_PORT.path}${path}`;
      const headers = { [FAULT_PORT.header]: key };
      return callApi(url, {
        method,
        headers,
        timeoutMs: CALL_LIMIT_MS,
        ...(body === undefined ? {} : { body }),
      });
    },
  };
}
