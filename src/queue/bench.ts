// A bench for handlers: packets go in, and what becomes of them comes out, in a test or by hand. Time
// stands still but for `advance`.

import { latin1 } from '../bytes/index.ts';
import { type HookName, type ManualClock, manualClock, NS_PER_SECOND } from '../core/index.ts';
import {
  type ChecksumReport,
  findTransport,
  formatNotationError,
  isNotationError,
  notationOf,
  parsePacketNotation,
  transportPlace,
  verifyChecksums,
} from '../packet/index.ts';
import { LINKTYPE_ETHERNET } from '../uapi/index.ts';
import { MemoryQueue, type PacketDescription } from './memory.ts';
import { HOOKS } from './meta.ts';
import type { QueuedPacket } from './packet.ts';
import { type QueueObserver, QueueRunner, type RunnerOptions } from './runner.ts';
import type { Cause, QueueStatistics } from './statistics.ts';
import { type VerdictName, verdictName, verdictQueue } from './verdict.ts';
import { payloadOffset } from './views.ts';

export interface BenchOptions
  extends Pick<RunnerOptions, 'policy' | 'deadline' | 'ordered' | 'args'> {
  /** The clock's beginning, in seconds since 1970. */
  readonly time?: number;
}

/** What a queue would say of a packet. */
export interface Surroundings {
  /** Default forward; output for what the notation says is sent from here. */
  readonly hook?: HookName;
  readonly queue?: number;
  /** Interfaces by name. */
  readonly in?: string;
  readonly out?: string;
  readonly mark?: number;
  /** Anything else, in the kernel's numbers. */
  readonly more?: PacketDescription;
}

const ETH_HLEN = 14;

/** What became of a packet. */
export class Judgement {
  readonly verdict: VerdictName;
  /** Of a `queue` verdict. */
  readonly queue: number | undefined;
  /** Who decided: the handler, or why it did not. */
  readonly cause: Cause;
  /** It goes on as another than it came. */
  readonly edited: boolean;
  /** The packet as it goes on. */
  readonly bytes: Uint8Array;
  /** As they were set with the verdict. */
  readonly mark: number | undefined;
  readonly ctMark: number | undefined;

  constructor(
    came: Uint8Array,
    packet: QueuedPacket,
    verdict: number,
    edited: boolean,
    cause: Cause,
  ) {
    this.verdict = verdictName(verdict);
    this.queue = this.verdict === 'queue' ? verdictQueue(verdict) : undefined;
    this.cause = cause;
    this.edited = edited;
    this.bytes = edited ? packet.storage.slice(packet.start, packet.end) : came;
    const isHandlers = cause === 'handler';
    this.mark = isHandlers ? packet.newMark : undefined;
    this.ctMark = isHandlers ? packet.newCtMark : undefined;
  }

  /** In the notation of docs/packet-notation.md. */
  get notation(): string {
    return notationOf(this.bytes, { exact: true });
  }

  get payload(): Uint8Array {
    const place = transportPlace();
    if (!findTransport(this.bytes, 0, this.bytes.length, place)) return this.bytes;
    return this.bytes.subarray(payloadOffset(this.bytes, place), place.end);
  }

  /** The payload, a character per byte. */
  get text(): string {
    return latin1(this.payload);
  }

  /** Of the network header and of the transport header, where there are any. */
  get checksums(): readonly ChecksumReport[] {
    return verifyChecksums(this.bytes, 0);
  }

  get hasRightChecksums(): boolean {
    return this.checksums.every(({ state }) => state !== 'incorrect');
  }
}

interface Waiting {
  readonly came: Uint8Array;
  resolve(judgement: Judgement): void;
}

export class QueueBench {
  readonly clock: ManualClock;
  readonly #queue = new MemoryQueue();
  readonly #runner: QueueRunner;
  readonly #waiting = new Map<number, Waiting>();
  /** What the handler told whoever watches. */
  readonly log: string[] = [];
  /** What it threw, and other reasons why it had no say. */
  readonly failures: unknown[] = [];

  private constructor(handler: unknown, options: BenchOptions) {
    this.clock = manualClock(options.time);
    const observer: QueueObserver = {
      answered: (packet, ...answer) => {
        const waiting = this.#waiting.get(packet.id);
        this.#waiting.delete(packet.id);
        waiting?.resolve(new Judgement(waiting.came, packet, ...answer));
      },
      failed: (_packet, _cause, error) => this.failures.push(error),
    };
    this.#runner = new QueueRunner({
      ...options,
      handler,
      transport: this.#queue,
      clock: this.clock,
      observer,
      log: (text) => this.log.push(text),
    });
  }

  /**
   * A bench for a handler, which is opened.
   *
   * @example
   * const bench = await QueueBench.open(handler);
   * const { verdict, text } = await bench.send('udp 10.0.0.2:1331 > 192.0.2.1:1331 data "hello"');
   */
  static async open(handler: unknown, options: BenchOptions = {}): Promise<QueueBench> {
    const bench = new QueueBench(handler, options);
    await bench.#runner.start();
    return bench;
  }

  get statistics(): QueueStatistics {
    return this.#runner.statistics;
  }

  /**
   * Queues a packet; resolves when it has its verdict. A handler that waits for time to pass gets it by
   * `advance`.
   * @param packet in the notation of docs/packet-notation.md, or its bytes from the network header on
   */
  send(packet: string | Uint8Array, around: Surroundings = {}): Promise<Judgement> {
    const { bytes, description } = this.#packet(packet, around);
    return new Promise((resolve) => {
      // Handlers may answer before `push` returns.
      this.#waiting.set(this.#queue.pushed + 1, { came: bytes.slice(), resolve });
      this.#queue.push(bytes, description);
    });
  }

  #packet(packet: string | Uint8Array, around: Surroundings) {
    if (typeof packet !== 'string') return { bytes: packet, description: this.#describe(around) };
    const spec = parsePacketNotation(packet);
    if (isNotationError(spec)) throw new Error(formatNotationError(spec));
    const isFrame = spec.linkType === LINKTYPE_ETHERNET;
    const isSent = spec.direction === 'out';
    const said: Surroundings = {
      hook: isSent ? 'output' : 'forward',
      ...(spec.iface !== undefined && { [isSent ? 'out' : 'in']: spec.iface }),
      ...(spec.mark !== undefined && { mark: spec.mark }),
    };
    const bytes = isFrame ? spec.bytes.subarray(ETH_HLEN) : spec.bytes;
    return { bytes, description: this.#describe({ ...said, ...around }) };
  }

  #describe({ hook = 'forward', queue = 0, mark = 0, more, ...names }: Surroundings) {
    const now = this.clock.realtime();
    const seconds = Math.floor(now);
    return {
      hook: HOOKS.indexOf(hook),
      queue,
      mark,
      indev: this.#index(names.in),
      outdev: this.#index(names.out),
      seconds,
      microseconds: Math.floor((now - seconds) * 1e6),
      ...more,
    };
  }

  #index(name: string | undefined): number {
    if (name === undefined) return 0;
    const { interfaces } = this.#queue;
    const known = Object.entries(interfaces).find(([, other]) => other === name);
    if (known !== undefined) return Number(known[0]);
    const index = Object.keys(interfaces).length + 1;
    interfaces[index] = name;
    return index;
  }

  /** Lets time pass. */
  advance(seconds: number): void {
    this.clock.advance(seconds * NS_PER_SECOND);
  }

  /** As SIGHUP does. */
  reload(): Promise<void> {
    return this.#runner.reload();
  }

  /** Ends the handler; what it holds gets the policy. */
  close(): Promise<void> {
    return this.#runner.stop();
  }
}
