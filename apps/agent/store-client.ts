import type { StoreHands } from './faults/action.ts';
import { RuntimeError } from './runtime/runtime.ts';
import { hideSecrets } from './store/choose.ts';

const CONNECT_LIMIT_MS = 1000;
/** Longer than any command of a fault takes; a paused store keeps its answer for longer. */
const COMMAND_LIMIT_MS = 1500;

/** The administration of a session store of our own. A connection for each command: faults break the ones that stay. */
export function createStoreClient(kind: StoreHands['kind'], url: string): StoreHands {
  return {
    kind,
    async command(words) {
      const [name = '', ...rest] = words;
      const { Redis } = await import('ioredis');
      const client = new Redis(url, {
        lazyConnect: true,
        connectTimeout: CONNECT_LIMIT_MS,
        commandTimeout: COMMAND_LIMIT_MS,
        maxRetriesPerRequest: 0,
        // It reads INFO first otherwise, which a paused store does not answer.
        enableReadyCheck: false,
        retryStrategy: () => null,
      });
      // Told by the call that fails.
      client.on('error', () => {});
      try {
        await client.connect();
        return await client.call(name, ...rest);
      } catch (error) {
        const { message } = error as Error;
        throw new RuntimeError('failed', `${words.join(' ')} at ${hideSecrets(url)}: ${message}`);
      } finally {
        client.disconnect();
      }
    },
  };
}
