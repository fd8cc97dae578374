// Takes packets from a transport, asks the handler, and gives verdicts: in the order of the packets
// unless told otherwise, within the deadline, whatever the handler does.

import { type Clock, NS_PER_MS, type Timer } from '../core/index.ts';
import type { QueueMessage } from '../netlink/index.ts';
import { NF_ACCEPT, NF_DROP } from '../uapi/index.ts';
import { type Answer, type HandlerContext, type HandlerModule, handlerModule } from './handler.ts';
import type { QueuedPacket } from './packet.ts';
import { type Slot, SlotPool, SlotRing } from './slots.ts';
import { type Cause, newStatistics, type QueueStatistics } from './statistics.ts';
import type { QueueTransport } from './transport.ts';
import { verdictName, verdictOf } from './verdict.ts';

/** Packets handed over by one call of `receive`, and calls before others have a turn. */
const BATCH = 64;
const BATCHES = 16;

/** Who watches. Packets are only valid during the call; look at `storage`, which costs nothing. */
export interface QueueObserver {
  /** As it came, before the handler sees it. */
  received?(packet: QueuedPacket): void;
  /** `verdict` is NF_*; `edited` says whether the packet goes on as another. */
  answered?(packet: QueuedPacket, verdict: number, edited: boolean, cause: Cause): void;
  /** A handler that threw, rejected, gave no answer in time, or a wrong one. */
  failed?(packet: QueuedPacket, cause: Cause, error: unknown): void;
}

export interface RunnerOptions {
  readonly handler: unknown;
  readonly transport: QueueTransport;
  readonly clock: Clock;
  readonly littleEndian?: boolean;
  /** For packets that the handler gives no verdict on. */
  readonly policy?: 'accept' | 'drop';
  /** Milliseconds a handler has for a packet. */
  readonly deadline?: number;
  /** Verdicts in the order of the packets, which is the default. */
  readonly ordered?: boolean;
  /** With more packets under way than this none is taken; the queue's own length then counts. */
  readonly underWay?: number;
  readonly observer?: QueueObserver;
  readonly args?: readonly string[];
  readonly log?: (text: string) => void;
}

const isPromise = (answer: unknown): answer is Promise<Answer> =>
  typeof (answer as { then?: unknown } | undefined)?.then === 'function';

export class QueueRunner {
  readonly statistics: QueueStatistics;
  /** Resolves when the transport has ended or the runner was stopped; rejects when either failed. */
  readonly finished: Promise<void>;
  readonly #module: HandlerModule;
  readonly #transport: QueueTransport;
  readonly #clock: Clock;
  readonly #context: HandlerContext;
  readonly #policy: number;
  readonly #deadline: number;
  readonly #ordered: boolean;
  readonly #underWay: number;
  readonly #observer: QueueObserver | undefined;
  readonly #pool: SlotPool;
  readonly #ring = new SlotRing();
  readonly #take = (message: QueueMessage): void => this.#packet(message);
  readonly #pump = (): void => this.#turn();
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  /** A promise was seen: packets are copied from now on, for the transport reuses its buffers. */
  #slow = false;
  #state: 'new' | 'running' | 'stopping' | 'done' = 'new';
  /** `wait` is under way, or was not called because too many packets are. */
  #waiting = false;
  #flushing = false;
  #timer: Timer | undefined;
  #now = 0;
  #given = 0;

  constructor(options: RunnerOptions) {
    const { transport, clock } = options;
    this.#module = handlerModule(options.handler);
    this.#transport = transport;
    this.#clock = clock;
    this.#policy = options.policy === 'drop' ? NF_DROP : NF_ACCEPT;
    this.#deadline = (options.deadline ?? 1000) * NS_PER_MS;
    this.#ordered = options.ordered ?? true;
    this.#underWay = options.underWay ?? 4096;
    this.#observer = options.observer;
    this.#context = { clock, args: options.args ?? [], log: options.log ?? (() => {}) };
    this.statistics = newStatistics(transport.losses);
    this.#pool = new SlotPool({
      interfaceName: (index) => transport.interfaceName(index),
      littleEndian: options.littleEndian ?? true,
    });
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Opens the handler and begins. @throws what the handler's `open` does */
  async start(): Promise<void> {
    await this.#module.open?.(this.#context);
    if (this.#state !== 'new') return;
    this.#state = 'running';
    this.#pump();
  }

  /** Tells the handler to read its tables again. */
  async reload(): Promise<void> {
    await this.#module.reload?.(this.#context);
  }

  /** Answers everything by the policy, what waits in the queue too, and closes. Idempotent. */
  async stop(): Promise<void> {
    if (this.#state === 'new' || this.#state === 'running') {
      this.#state = 'stopping';
      try {
        this.#answerRest();
      } catch (error) {
        this.#fail(error);
      }
      await this.#close();
    }
    await this.finished;
  }

  #answerRest(): void {
    for (let i = 0; i < this.#ring.length; i++) this.#decide(this.#ring.at(i)!, 'stopped');
    this.#emit();
    this.#transport.flush();
    while (this.#transport.receive(this.#take, BATCH) > 0) this.#transport.flush();
    this.#transport.answerAll(this.#policy);
  }

  async #close(): Promise<void> {
    this.#timer?.cancel();
    try {
      await this.#module.close?.();
    } catch (error) {
      this.#fail(error);
    }
    this.#transport.close();
    if (this.#state === 'done') return;
    this.#state = 'done';
    this.#resolve();
  }

  #fail(error: unknown): void {
    if (this.#state === 'done') return;
    this.#state = 'done';
    this.#timer?.cancel();
    this.#reject(error);
  }

  #turn(): void {
    this.#waiting = false;
    if (this.#state !== 'running') return;
    try {
      for (let i = 0; i < BATCHES && this.#ring.length < this.#underWay; i++) {
        if (this.#batch() === 0) break;
      }
      this.#arm();
      this.#goOn();
    } catch (error) {
      this.#transport.close();
      this.#fail(error);
    }
  }

  /** Receives once, answers what can be answered. */
  #batch(): number {
    this.#now = this.#clock.now();
    this.#given = 0;
    const count = this.#transport.receive(this.#take, BATCH);
    if (this.#given === 0) return count;
    this.#transport.flush();
    this.statistics.latency.add(this.#clock.now() - this.#now, this.#given);
    return count;
  }

  #goOn(): void {
    if (this.#transport.ended) {
      if (this.#ring.length === 0) void this.#close();
      return;
    }
    // Too many are under way: the one that makes room calls again.
    if (this.#ring.length >= this.#underWay || this.#waiting) return;
    this.#waiting = true;
    this.#transport.wait(this.#pump);
  }

  #packet(message: QueueMessage): void {
    const slot = this.#pool.take(this.#now);
    const { packet } = slot;
    packet.fill(message, this.#slow);
    this.statistics.packets++;
    this.statistics.bytes += packet.length;
    this.#observer?.received?.(packet);
    if (this.#state === 'stopping') this.#decide(slot, 'stopped');
    else this.#ask(slot);
    if (slot.verdict < 0) this.#hold(slot);
    else if (this.#ring.length === 0 || !this.#ordered) {
      this.#answer(slot, this.#ring.length === 0);
      this.#pool.give(slot);
      this.#given++;
    } else this.#ring.push(slot);
  }

  #ask(slot: Slot): void {
    let answer: unknown;
    try {
      answer = this.#module.handle(slot.packet);
    } catch (error) {
      this.#decide(slot, 'threw', error);
      return;
    }
    if (isPromise(answer)) this.#follow(slot, answer);
    else this.#conclude(slot, answer);
  }

  #follow(slot: Slot, answer: Promise<Answer>): void {
    if (!this.#slow) {
      this.#slow = true;
      slot.packet.keep(false);
      this.#transport.keep();
    }
    slot.held = true;
    answer.then(
      (value) => this.#settled(slot, 'handler', value),
      (error: unknown) => this.#settled(slot, 'rejected', error),
    );
  }

  #settled(slot: Slot, cause: 'handler' | 'rejected', value: unknown): void {
    slot.held = false;
    if (slot.verdict >= 0) {
      this.statistics.late++;
      return;
    }
    if (cause === 'rejected') this.#decide(slot, cause, value);
    else this.#conclude(slot, value);
    if (!this.#ordered) this.#answerNow(slot);
    this.#flushSoon();
  }

  /** The handler has answered. */
  #conclude(slot: Slot, answer: unknown): void {
    const verdict = verdictOf(answer);
    if (verdict < 0) {
      this.#decide(slot, 'invalid', new TypeError(`no verdict: ${String(answer)}`));
      return;
    }
    try {
      slot.edited = verdict !== NF_DROP && slot.packet.seal();
      slot.verdict = verdict;
    } catch (error) {
      this.#decide(slot, 'invalid', error);
    }
  }

  /** The policy decides; the packet goes on as it came. */
  #decide(slot: Slot, cause: Cause, error?: unknown): void {
    if (slot.verdict >= 0) return;
    slot.verdict = this.#policy;
    slot.edited = false;
    slot.cause = cause;
    if (cause !== 'stopped') this.#observer?.failed?.(slot.packet, cause, error);
  }

  #hold(slot: Slot): void {
    this.#ring.push(slot);
    this.statistics.pending = this.#ring.length;
  }

  #answer(slot: Slot, last: boolean): void {
    const { packet, verdict, edited, cause } = slot;
    const { statistics } = this;
    this.#observer?.answered?.(packet, verdict, edited, cause);
    this.#transport.answer(packet, verdict, edited, cause === 'handler', last);
    statistics.verdicts[verdictName(verdict)]++;
    statistics.causes[cause]++;
    if (edited) statistics.edited++;
  }

  /** Gives the verdicts that are due, from the oldest on. */
  #emit(): void {
    const now = this.#clock.now();
    for (let slot = this.#ring.head; slot !== undefined && slot.verdict >= 0; ) {
      this.#ring.shift();
      if (slot.gone) this.#pool.give(slot);
      else {
        this.statistics.latency.add(now - slot.at);
        this.#answer(slot, true);
        this.#pool.give(slot);
      }
      slot = this.#ring.head;
    }
    this.statistics.pending = this.#ring.length;
  }

  /** Out of turn: the slot stays where it is until those before it are through. */
  #answerNow(slot: Slot): void {
    this.statistics.latency.add(this.#clock.now() - slot.at);
    this.#answer(slot, this.#ring.head === slot);
    slot.gone = true;
  }

  /** Handlers that answer in the same turn are flushed together. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    void Promise.resolve().then(() => {
      this.#flushing = false;
      if (this.#state === 'running') this.#emitAndGoOn();
    });
  }

  #emitAndGoOn(): void {
    try {
      this.#emit();
      this.#transport.flush();
      this.#arm();
      this.#goOn();
    } catch (error) {
      this.#transport.close();
      this.#fail(error);
    }
  }

  /** One timer, for the oldest packet under way: they are in the order they came in. */
  #arm(): void {
    const oldest = this.#ring.head;
    if (oldest === undefined || this.#timer !== undefined) return;
    const left = Math.max(0, oldest.at + this.#deadline - this.#clock.now());
    this.#timer = this.#clock.after(left, () => this.#expire());
  }

  #expire(): void {
    this.#timer = undefined;
    if (this.#state !== 'running') return;
    const due = this.#clock.now() - this.#deadline;
    for (let i = 0; i < this.#ring.length; i++) {
      const slot = this.#ring.at(i)!;
      if (slot.at > due) break;
      this.#decide(slot, 'expired', new Error('no answer in time'));
    }
    this.#emitAndGoOn();
  }
}
