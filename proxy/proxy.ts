import { createServer } from 'node:http';
import type { Logger } from 'pino';
import { listen } from '../lib/listen.ts';
import { assemble, type Rim } from './assemble.ts';
import { controlPortOf, type ProxyFlags } from './config.ts';
import { createControl } from './control/control.ts';
import { createDataPlane } from './edge/data-plane.ts';
import type { ProxyState } from './state.ts';

/** A running proxy: both planes open. */
export interface RunningProxy {
  port: number;
  controlPort: number;
  state: ProxyState;
  /** Stops accepting, lets requests under way finish (for the flag `grace` at the longest), resolves when all is closed. */
  close(): Promise<void>;
}

/** Builds the proxy from its parts and opens both ports. Throws ListenError or UsageError. */
export async function startProxy(flags: ProxyFlags, log: Logger, rim: Rim = {}): Promise<RunningProxy> {
  // May throw: before anything runs that would keep the process alive.
  const controlAddress = { host: flags['control-host'], port: controlPortOf(flags), flag: '--control-port' };
  const { state, gateway, warmUp, controlled, close: closeParts } = assemble(flags, log, rim);
  const limits = {
    headMs: flags['head-timeout'],
    bodyMs: flags['body-timeout'],
    connections: flags['max-connections'],
  };
  const data = createDataPlane(gateway, { limits, warmUp, log });
  const hosts = flags['control-names'].split(',').filter((name) => name !== '');
  const control = createServer(createControl({ ...controlled, log, hosts }));
  const close = () =>
    closeParts({
      data: () => data.close(flags.grace),
      async control() {
        control.closeAllConnections();
        await new Promise((resolve) => control.close(resolve));
      },
    });

  try {
    const port = await listen(data.server, { host: flags.host, port: flags.port, flag: '--port' });
    const controlPort = await listen(control, controlAddress);
    return { port, controlPort, state, close };
  } catch (error) {
    // A port that did open would keep the process alive.
    await close();
    throw error;
  }
}
