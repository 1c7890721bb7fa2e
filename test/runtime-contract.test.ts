import { fileURLToPath } from 'node:url';
import type { MemberSpec } from '../apps/agent/runtime/member.ts';
import { PROGRAMS } from './support/cluster.ts';
import { makeProcessRuntime } from './support/process-runtime.ts';
import { type Behaviour, runtimeContract } from './support/runtime-contract.ts';

runtimeContract({
  name: 'small programs as processes',
  make: async (t) => makeProcessRuntime(t),
  canBeDeaf: true,
});

runtimeContract({
  name: 'real replicas as processes',
  make: async (t) => makeProcessRuntime(t, replica),
  canBeDeaf: false,
});

/** The built cart program. It dies of a session mode that it does not know. */
function replica(number: number, behaviour: () => Behaviour): MemberSpec {
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
