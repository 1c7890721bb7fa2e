import { isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { AbstractConnector } from 'ioredis';
import type { Link } from '../../../lib/link.ts';

/** A probe that has no answer by then has found out enough. */
const PROBE_LIMIT_MS = 1000;

/** What ioredis tells its connector; `tls` is set for rediss://. */
interface Target extends TcpNetConnectOpts {
  tls?: object | boolean;
  disconnectTimeout?: number;
}

/** The connection of ioredis' own StandaloneConnector, made over the link. */
export function connectorOver(link: Link, Base: typeof AbstractConnector) {
  return class LinkConnector extends Base {
    readonly #target: Target;

    constructor(target: unknown) {
      super((target as Target).disconnectTimeout ?? 0);
      this.#target = target as Target;
    }

    override async connect(): Promise<Socket> {
      this.connecting = true;
      // A disconnect in the same turn must be able to stop it.
      await new Promise((resolve) => process.nextTick(resolve));
      if (!this.connecting) throw new Error('Connection is closed.');
      const stream = dial(link, this.#target);
      this.stream = stream;
      stream.once('error', (error) => {
        this.firstError = error;
      });
      return stream;
    }
  };
}

function dial(link: Link, { host = 'localhost', port, family, tls }: Target): Socket {
  const options = { host, port, ...(family === undefined ? {} : { family }) };
  if (!tls) return link.connect(options);
  const name = isIP(host) ? {} : { servername: host };
  return link.connect(options, (how) => connectTls({ ...how, ...name, ...(tls === true ? {} : tls) }));
}

/** How one PING on a connection of its own fares; an error reply is an answer too. */
export function probeStore(link: Link, url: string): Promise<{ ms: number; failure: string | null }> {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const started = performance.now();
  const socket = dial(link, { host, port: Number(port || 6379), tls: protocol === 'rediss:' });
  return new Promise((resolve) => {
    const settle = (failure: string | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ms: Math.round(performance.now() - started), failure });
    };
    const timer = setTimeout(() => settle(`no answer within ${PROBE_LIMIT_MS} ms`), PROBE_LIMIT_MS);
    socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    socket.once('data', () => settle(null));
    socket.once('close', () => settle('closed without an answer'));
    socket.write('PING\r\n');
  });
}
