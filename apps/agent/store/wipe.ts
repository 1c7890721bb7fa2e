import { type Runtime, RuntimeError } from '../runtime/runtime.ts';

/**
 * Empties the session store for a reset. A store of ours is killed and started: it keeps nothing on disk. From somebody
 * else's only the keys of this cluster are removed.
 */
export function createWipe(options: {
  runtime: Runtime;
  external: string | null;
  prefix: string;
}): () => Promise<void> {
  const { runtime, external, prefix } = options;
  if (external !== null) return () => removeKeys(external, `${prefix}:sess:*`);
  return async () => {
    await runtime.stop('redis', { graceMs: 0 });
    await runtime.start('redis');
  };
}

const BATCH = 500;

async function removeKeys(url: string, pattern: string): Promise<void> {
  const { Redis } = await import('ioredis');
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, connectTimeout: 1000 });
  client.on('error', () => {});
  try {
    await client.connect().catch((error: Error) => {
      throw new RuntimeError('failed', `the session store cannot be emptied: ${error.message}`);
    });
    let cursor = '0';
    do {
      const [next, keys] = await client.scan(cursor, 'MATCH', pattern, 'COUNT', BATCH);
      if (keys.length > 0) await client.unlink(...keys);
      cursor = next;
    } while (cursor !== '0');
  } finally {
    client.disconnect();
  }
}
