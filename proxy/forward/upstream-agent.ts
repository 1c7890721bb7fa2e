import { Agent, type ClientRequest } from 'node:http';
import type { Socket, TcpNetConnectOpts } from 'node:net';

/** Idle connections kept to one upstream; more may be open while there is work. */
const MAX_IDLE = 256;
/** A connection is left alone so long before the upstream would close it: a request on its way then would be reset. */
const MARGIN_MS = 1000;
/** TCP asks for a sign of life after so long without a byte, as with Node's Agent. */
const PROBE_AFTER_MS = 1000;

/**
 * Keeps connections to one upstream and hands out again the one that was used last: what Node's Agent does, for one
 * host. Node's books by name and its copies of options took a fifth of the proxy's CPU time.
 *
 * A connection leads to the address it was made to: when the upstream has another one, those to its old one are closed as
 * they become idle, because an earlier life may still be there to answer. And one on which something came while nobody
 * had asked is closed, as by HAProxy and nginx: it would be taken for the answer to whoever asks next.
 */
export class UpstreamAgent extends Agent {
  readonly #connect: (options: TcpNetConnectOpts) => Socket;
  readonly #idle: KeptSocket[] = [];
  readonly #open = new Set<Socket>();
  /** where the upstream is now */
  #host = '';
  #port = 0;

  constructor(connect: (options: TcpNetConnectOpts) => Socket) {
    super({ keepAlive: true });
    this.#connect = connect;
  }

  /** Node's client asks for a connection with this; what it hands back comes as the socket's event 'free'. */
  addRequest(request: ClientRequest, { host, port }: { host: string; port: number }): void {
    if (port !== this.#port || host !== this.#host) this.#move(host, port);
    const kept = this.#reuse();
    request.reusedSocket = kept !== null;
    request.onSocket(kept ?? this.#openNew(host, port));
  }

  /** Some connection is open, idle or not. */
  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  /** Also those that carry a request. */
  override destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #move(host: string, port: number): void {
    [this.#host, this.#port] = [host, port];
    for (const socket of this.#idle.splice(0)) socket.destroy();
  }

  #reuse(): KeptSocket | null {
    for (let socket = this.#idle.pop(); socket; socket = this.#idle.pop()) {
      const late = socket[UNTIL] !== undefined && performance.now() > socket[UNTIL];
      if (socket.writable && !late && socket.bytesRead === socket[READ]) return socket;
      socket.destroy();
    }
    return null;
  }

  #openNew(host: string, port: number): KeptSocket {
    const socket: KeptSocket = this.#connect({
      ...{ host, port, noDelay: true },
      ...{ keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS },
    });
    const free = () => {
      const moved = port !== this.#port || host !== this.#host;
      // `connecting`: it did not stand yet when its request was given up.
      if (moved || !socket.writable || socket.connecting || this.#idle.length >= MAX_IDLE) socket.destroy();
      else {
        socket[READ] = socket.bytesRead;
        this.#idle.push(socket);
      }
    };
    const forget = () => {
      this.#open.delete(socket);
      const at = this.#idle.indexOf(socket);
      if (at >= 0) this.#idle.splice(at, 1);
    };
    this.#open.add(socket);
    // While it is idle nobody else listens; it closes next.
    socket
      .on('free', free)
      .on('close', forget)
      .on('error', () => {});
    // An upgrade takes it away for good.
    socket.once('agentRemove', () => {
      socket.off('free', free);
      forget();
    });
    return socket;
  }
}

const UNTIL = Symbol('when it may be used no more, ms as of performance.now()');
const READ = Symbol('bytes that had come when it became idle');
type KeptSocket = Socket & { [UNTIL]?: number; [READ]?: number };

/** Of the field `Keep-Alive` of an answer: how long the upstream keeps this connection, idle. */
export function keepFor(socket: KeptSocket, hint: string): void {
  const seconds = secondsIn(hint);
  if (seconds !== null) socket[UNTIL] = performance.now() + seconds * 1000 - MARGIN_MS;
}

/** Upstreams say the same each time. */
let last: { hint: string; seconds: number | null } = { hint: '', seconds: null };

function secondsIn(hint: string): number | null {
  if (hint === last.hint) return last.seconds;
  const [, digits] = /(?:^|[\s,;])timeout=([0-9]{1,6})(?:$|[\s,;])/i.exec(hint) ?? [];
  last = { hint, seconds: digits === undefined ? null : Number(digits) };
  return last.seconds;
}
