import { lookup } from 'node:dns';
import { connect, isIP, type LookupFunction, type Socket, type TcpNetConnectOpts } from 'node:net';
import { Lease } from './link/lease.ts';
import { Tap } from './link/tap.ts';
import { behaviourOf, delayOf, type ToxicName, type Toxics } from './link/toxics.ts';

export { Lease, readLease } from './link/lease.ts';
export { isToxicName, readToxic, TOXIC_NAMES, type ToxicName, type Toxics } from './link/toxics.ts';

/**
 * The connections of this process to one peer, which can be impaired at this end: open ones and those to come. While
 * nothing is wrong with it a link adds nothing to a connection.
 *
 * Not imitated: a peer that dies while the link is parted is noticed at once, where a real partition would hide it.
 */
export class Link {
  #toxics: Toxics = {};
  readonly #leases = new Map<ToxicName, Lease>();
  /** every connection, with its tap while it has one */
  readonly #sockets = new Map<Socket, Tap | null>();
  /** connections that cannot be made as long as the link is as it is */
  readonly #waiting = new Set<() => void>();
  readonly #onChange: (toxics: Toxics, why: string) => void;

  constructor(onChange: (toxics: Toxics, why: string) => void = () => {}) {
    this.#onChange = onChange;
  }

  /** What is wrong with it now; `{}`: nothing. */
  get toxics(): Toxics {
    return this.#toxics;
  }

  /** Like `net.connect`; `dial` makes the connection, e.g. with TLS. */
  connect(options: TcpNetConnectOpts, dial: (options: TcpNetConnectOpts) => Socket = connect): Socket {
    const well = behaviourOf(this.#toxics).connect === 'open';
    const socket: Socket = well ? dial(options) : dial(this.#withHandshake(options, () => socket));
    this.#sockets.set(socket, null);
    socket.once('close', () => this.#sockets.delete(socket));
    if (Object.keys(this.#toxics).length > 0) this.#tap(socket);
    return socket;
  }

  /** Adds toxics, or goes on with them, for `leaseMs`: what is not renewed by then is taken off. */
  add(toxics: Toxics, leaseMs: number): void {
    for (const name of Object.keys(toxics) as ToxicName[]) {
      const lease = this.#leases.get(name) ?? new Lease();
      this.#leases.set(name, lease);
      lease.renew(leaseMs, () => this.remove([name], 'its lease ran out'));
    }
    this.#become({ ...this.#toxics, ...toxics }, 'asked');
  }

  /** Takes toxics off; taking off what is not there is a success. */
  remove(names: readonly ToxicName[], why: string): void {
    const left = { ...this.#toxics };
    for (const name of names) {
      this.#leases.get(name)?.end();
      this.#leases.delete(name);
      delete left[name];
    }
    this.#become(left, why);
  }

  #become(toxics: Toxics, why: string): void {
    // A renewal is no change: it must not start the clocks of the connections again.
    if (fingerprint(toxics) === fingerprint(this.#toxics)) return;
    this.#toxics = toxics;
    for (const [socket, tap] of [...this.#sockets]) tap ? tap.set(toxics) : this.#tap(socket);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const tryAgain of waiting) tryAgain();
    this.#onChange(toxics, why);
  }

  #tap(socket: Socket): void {
    const onGone = () => void (this.#sockets.has(socket) && this.#sockets.set(socket, null));
    this.#sockets.set(socket, new Tap(socket, this.#toxics, onGone));
  }

  /** A handshake that takes its time is one whose address is found late: Node asks for it before it connects. */
  #withHandshake(options: TcpNetConnectOpts, socketOf: () => Socket): TcpNetConnectOpts {
    const host = options.host ?? 'localhost';
    const look: LookupFunction = (_name, how, found) => {
      const family = isIP(host);
      const go = () => (family ? found(null, host, family) : lookup(host, how, found));
      // Node looks up while it makes the socket: a moment later there is one.
      process.nextTick(() => this.#handshake(socketOf(), go, (error) => found(error, '')));
    };
    // Node looks nothing up that is an address already. One answer is enough for it without the race of families.
    return { ...options, host: isIP(host) ? 'address.invalid' : host, lookup: look, autoSelectFamily: false };
  }

  #handshake(socket: Socket, go: () => void, fail: (error: NodeJS.ErrnoException) => void): void {
    const tryNow = () => {
      const { connect: how } = behaviourOf(this.#toxics);
      if (how === 'refuse') fail(refused());
      else if (how === 'hang') this.#waiting.add(tryNow);
      else go();
    };
    if (socket.destroyed) return;
    const timer = setTimeout(tryNow, delayOf(this.#toxics, Math.random()));
    socket.once('close', () => {
      clearTimeout(timer);
      this.#waiting.delete(tryNow);
    });
  }
}

const fingerprint = (toxics: Toxics): string => JSON.stringify(Object.entries(toxics).sort());

const refused = (): NodeJS.ErrnoException =>
  Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
