import { Agent, get } from 'node:http';

/** Asks at once, at most. */
const LANES = 32;

/** Many sessions of as many clients, each with an address and cookies of its own. */
export interface Sessions {
  /** Each asks once; resolves with who served it, in the order of the sessions. */
  ask(): Promise<string[]>;
  close(): void;
}

/**
 * So many sessions at a proxy that trusts one hop: an address is what X-Forwarded-For says. They share connections,
 * unless each has one of its own because a connection is what ties it.
 */
export function openSessions(url: string, count: number, options: { ownConnections: boolean }): Sessions {
  const agents = Array.from(
    { length: options.ownConnections ? count : LANES },
    () => new Agent({ keepAlive: true, maxSockets: 1 }),
  );
  const cookies = Array.from({ length: count }, (_, index) => `cw_sid=s%3Aclient-${index}.signature`);

  async function askOne(index: number): Promise<string> {
    const agent = agents[index % agents.length];
    const headers = { cookie: cookies[index] ?? '', 'x-forwarded-for': addressOf(index) };
    const answer = await answerTo(url, { agent, headers });
    if (answer.pin !== null) cookies[index] = `${cookies[index]?.split('; ')[0]}; ${answer.pin}`;
    return answer.by;
  }

  return {
    async ask() {
      const served: string[] = Array.from({ length: count }, () => '');
      await Promise.all(
        Array.from({ length: LANES }, async (_, lane) => {
          for (let index = lane; index < count; index += LANES) served[index] = await askOne(index);
        }),
      );
      return served;
    },
    close() {
      for (const agent of agents) agent.destroy();
    },
  };
}

/** Each in a /24 of its own, so that nothing changes where only that is hashed. */
const addressOf = (index: number): string => `10.${index >> 8}.${index & 255}.7`;

interface Answer {
  by: string;
  pin: string | null;
}

function answerTo(url: string, options: { agent: Agent | undefined; headers: Record<string, string> }) {
  return new Promise<Answer>((resolve, reject) => {
    const req = get(url, options, (res) => {
      res.resume().on('end', () => {
        // "shop-2:ok" is the last attempt of any answer a replica made.
        const [, by] = /([^,:]+):ok$/.exec(String(res.headers['x-attempts'])) ?? [];
        if (by === undefined)
          return reject(new Error(`expected an answer of a replica, got ${res.statusCode}`));
        const [pin = null] = /cw_pin=[^;]+/.exec(String(res.headers['set-cookie'])) ?? [];
        resolve({ by, pin });
      });
    });
    req.on('error', reject);
  });
}
