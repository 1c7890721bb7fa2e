import { Agent, request } from 'node:http';
import type { Joined, NameTaken, PhoneCart, PhoneView } from '../../apps/console/contract.ts';

/** A student's phone without its screen: the same calls as the page /join makes, over real sockets. */
export class HttpPhone {
  readonly #urls: { console: string; shop: string };
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 });
  readonly #cookies = new Map<string, string>();
  /** of its calls to the console, ms */
  readonly latencies: number[] = [];
  /** answers of the shop that were not 200 */
  failures = 0;
  #me: Joined | null = null;
  #seq = 0;
  #on: string | null = null;
  #items = 0;

  constructor(urls: { console: string; shop: string }) {
    this.#urls = urls;
  }

  get name(): string {
    return this.#me?.name ?? '';
  }

  /** Taps names until one is free. */
  async join(): Promise<void> {
    let { names } = (await this.#ask<{ names: string[] }>('GET', '/names')).body;
    while (this.#me === null) {
      const name = names[Math.floor(Math.random() * names.length)];
      const { status, body } = await this.#ask<Joined | NameTaken>('POST', '/join', { name });
      if (status === 201) this.#me = body as Joined;
      else if (status === 409) names = (body as NameTaken).names;
      else throw new Error(`a phone could not join: ${status} ${JSON.stringify(body)}`);
    }
  }

  /** Begins with a new session, as the page does, puts that many things in, and tells the console. */
  async shop(count: number): Promise<void> {
    await this.#change('POST', '/api/logout');
    for (let n = 0; n < count; n++) await this.#change('POST', '/api/cart/lines', { sku: 'mug', qty: 1 });
    const cart: PhoneCart = { on: this.#on, cart: 'right', items: this.#items, silent: false };
    const { status } = await this.#ask('PUT', '/me/cart', cart);
    if (status !== 204) throw new Error(`a cart was not taken: ${status}`);
  }

  /** One poll. */
  async ask(): Promise<PhoneView> {
    const { status, body } = await this.#ask<PhoneView>('GET', '/me');
    if (status !== 200) throw new Error(`a phone was refused: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #change(method: string, path: string, body?: object): Promise<void> {
    this.#seq += 1;
    const answer = await this.#call(this.#urls.shop + path, {
      method,
      body,
      headers: {
        origin: this.#urls.console,
        'x-op-id': `class.${this.#me?.id}.${this.#seq}`,
        cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
    });
    for (const line of answer.setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(name, value);
    }
    if (answer.status !== 200) {
      this.failures += 1;
      return;
    }
    const { servedBy, cart } = answer.body as { servedBy: string; cart: { lines: unknown[] } };
    this.#on = servedBy;
    this.#items = cart.lines.length;
  }

  async #ask<T>(method: string, path: string, body?: object): Promise<{ status: number; body: T }> {
    const headers: Record<string, string> =
      this.#me === null ? {} : { authorization: `Bearer ${this.#me.key}` };
    const startedAt = performance.now();
    const answer = await this.#call(`${this.#urls.console}/api/phones${path}`, { method, headers, body });
    this.latencies.push(performance.now() - startedAt);
    return { status: answer.status, body: answer.body as T };
  }

  #call(
    url: string,
    { method, headers, body }: { method: string; headers: Record<string, string>; body: object | undefined },
  ): Promise<{ status: number; body: unknown; setCookies: string[] }> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const all = {
      ...headers,
      ...(text === '' ? {} : { 'content-type': 'application/json' }),
      'content-length': Buffer.byteLength(text),
    };
    return new Promise((resolve, reject) => {
      const req = request(url, { method, agent: this.#agent, headers: all, timeout: 10_000 }, async (res) => {
        let got = '';
        for await (const chunk of res) got += chunk;
        const setCookies = res.headers['set-cookie'] ?? [];
        resolve({ status: res.statusCode ?? 0, body: got === '' ? null : JSON.parse(got), setCookies });
      });
      req.on('timeout', () => req.destroy(new Error(`no answer from ${url} within 10 s`)));
      req.on('error', reject);
      req.end(text);
    });
  }
}
