import { fileURLToPath } from 'node:url';
import type { MemberSpec } from '../../apps/agent/runtime/member.ts';
import { PROGRAMS } from './cluster.ts';
import type { Behaviour } from './runtime-contract.ts';

/** The built cart program as shop number N, without a store. A broken one dies of a session mode that it does not know. */
export function builtReplica(number: number, behaviour: () => Behaviour): MemberSpec {
  const id = `shop-${number}`;
  return {
    id,
    role: 'shop',
    port: 0,
    ready: 'ipc',
    command: ({ life, port }) => ({
      file: process.execPath,
      args: [fileURLToPath(new URL('apps/cart/main.js', PROGRAMS))],
      env: {
        PATH: process.env.PATH ?? '',
        PORT: String(port),
        REPLICA_ID: id,
        BOOT_ID: life,
        SESSION_SECRET: 'signs the session id',
        COOKIE_KEYS: 'k1:signs the cart',
        SESSIONS: behaviour() === 'broken' ? 'the shelf is broken' : 'memory',
      },
    }),
  };
}
