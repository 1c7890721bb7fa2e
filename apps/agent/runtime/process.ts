import type { AgentEvent, MemberView } from '../contract.ts';
import { LEDGER_FILE, type Ledger, openLedger } from './ledger.ts';
import { type MemberSpec, ProcessMember } from './member.ts';
import { eventOf, inOrder, unknownMember } from './member-event.ts';
import { collectOutput, type Output } from './output.ts';
import { type Runtime, RuntimeError } from './runtime.ts';

/** Members as child processes of this one. */
export interface ProcessRuntimeOptions {
  /** ledger and logs go here */
  directory: string;
  /** members that are there from the beginning */
  fixed: MemberSpec[];
  /** how shop number N is started */
  shop(number: number): MemberSpec;
  now(): number;
  onEvent(event: AgentEvent): void;
  /** every line a member prints */
  onLine(id: string, line: string): void;
}

/** At the end, members get this long to finish what is under way. */
const CLOSE_GRACE_MS = 2000;

export class ProcessRuntime implements Runtime {
  readonly kind = 'process';
  readonly #options: ProcessRuntimeOptions;
  readonly #members = new Map<string, ProcessMember>();
  /** Lives of shops that are no members any more: one that gets the name again must not pass for them. */
  readonly #boots = new Map<string, number>();
  readonly #ledger: Ledger;
  readonly #output: Output;
  #closed = false;

  constructor(options: ProcessRuntimeOptions) {
    this.#options = options;
    this.#ledger = openLedger(`${options.directory}/${LEDGER_FILE}`);
    this.#output = collectOutput(`${options.directory}/logs`, options.onLine);
    for (const spec of options.fixed) this.#create(spec);
  }

  members(): MemberView[] {
    return inOrder([...this.#members.values()].map((member) => member.view()));
  }

  async start(id: string): Promise<void> {
    await this.#find(id).start();
  }

  async stop(id: string, { graceMs }: { graceMs: number }): Promise<void> {
    await this.#find(id).stop(graceMs);
  }

  async kill(id: string): Promise<void> {
    await this.#find(id).kill();
  }

  async pause(id: string): Promise<void> {
    this.#find(id).pause();
  }

  async resume(id: string): Promise<void> {
    this.#find(id).resume();
  }

  async restart(id: string, options: { graceMs: number }): Promise<void> {
    await this.stop(id, options);
    await this.start(id);
  }

  async add(): Promise<string> {
    let number = 1;
    while (this.#members.has(`shop-${number}`)) number++;
    return this.adopt(this.#options.shop(number));
  }

  /** Starts one more member and keeps it; resolves to its id when it is ready. */
  async adopt(spec: MemberSpec): Promise<string> {
    if (this.#closed) throw new RuntimeError('wrong-state', 'this cluster is ending: nothing is added to it');
    const member = this.#create(spec);
    try {
      await member.start();
    } catch (error) {
      this.#forget(member);
      throw error;
    }
    return spec.id;
  }

  async remove(id: string, { graceMs }: { graceMs: number }): Promise<void> {
    const member = this.#find(id);
    if (member.spec.role !== 'shop')
      throw new RuntimeError('wrong-state', `cannot remove ${id}: only shops can be removed`);
    member.retire();
    await member.stop(graceMs);
    this.#forget(member);
  }

  /** First whoever could give orders or bring requests, last the store that the shops still write to. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const member of this.#members.values()) member.retire();
    for (const role of ['console', 'proxy', 'shop', 'store']) {
      const members = [...this.#members.values()].filter((member) => member.spec.role === role);
      await Promise.all(members.map((member) => member.stop(CLOSE_GRACE_MS)));
    }
    await this.#output.close();
  }

  #create(spec: MemberSpec): ProcessMember {
    const watcher = {
      now: this.#options.now,
      onState: (member: ProcessMember, how: string, expected: boolean) => {
        const event = eventOf(member, how, expected);
        if (event) this.#options.onEvent(event);
      },
    };
    const boots = this.#boots.get(spec.id) ?? 0;
    const member = new ProcessMember(spec, { ledger: this.#ledger, output: this.#output, watcher, boots });
    this.#members.set(spec.id, member);
    return member;
  }

  #forget({ spec, boots }: ProcessMember): void {
    this.#boots.set(spec.id, boots);
    // Two may ask for its removal; it left once.
    if (!this.#members.delete(spec.id) || spec.role !== 'shop') return;
    this.#options.onEvent({ type: 'replica.removed', replica: spec.id });
  }

  #find(id: string): ProcessMember {
    const member = this.#members.get(id);
    if (member) return member;
    throw unknownMember(id, this.#members.keys());
  }
}
