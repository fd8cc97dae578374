// `sluice queue --replay`: a handler on the packets of a capture. Time is that of the capture, also for
// a handler that waits and for the deadline; a packet that waited is written with the time it left.

import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { u16 } from '../../../bytes/index.ts';
import {
  type CaptureRecord,
  commentsOf,
  createReader,
  directionOf,
  networkOf,
  type PacketRecord,
  withPacket,
} from '../../../capture/index.ts';
import { ETH_P_IP, ETH_P_IPV6, Hook, type ManualClock, manualClock } from '../../../core/index.ts';
import { Match } from '../../../lab/index.ts';
import {
  type HandlerModule,
  MemoryQueue,
  type PacketDescription,
  type QueuedPacket,
  QueueRunner,
} from '../../../queue/index.ts';
import { NF_DROP } from '../../../uapi/index.ts';
import { EXIT_INPUT, EXIT_OK, EXIT_USAGE, Failure, fileFailure } from '../../failure.ts';
import { loadHandler } from '../../handler-file.ts';
import type { Host } from '../../host.ts';
import { readComment } from './record.ts';
import { Rewritten } from './rewritten.ts';

export interface QueueReplayRequest {
  readonly handler: string;
  readonly args: readonly string[];
  readonly capture: string;
  readonly output: string | undefined;
  readonly match: string | undefined;
  readonly policy: 'accept' | 'drop';
  /** Milliseconds. */
  readonly deadline: number;
  readonly ordered: boolean;
  readonly json: boolean;
}

const NS = 1e9;
/** Turns of the event loop that a handler gets for what is no matter of the clock. */
const TURNS = 8;
/** Mistakes of a handler that are told one by one. */
const TOLD = 10;
const IPV6_HEADER = 40;

/** A packet on its way through the handler. */
interface Going {
  readonly record: PacketRecord;
  /** Where the packet begins in its frame. */
  readonly offset: number;
}

export async function queueReplay(request: QueueReplayRequest, host: Host): Promise<number> {
  const { capture, output } = request;
  if (output !== undefined && resolve(output) === resolve(capture))
    throw new Failure('the capture cannot be written over itself', EXIT_USAGE);
  const module = await loadHandler(request.handler, host);
  const written = output === undefined ? undefined : await Rewritten.create(output, host);
  const run = new Replay(request, module, written, host);
  const failure = await run.all();
  await written?.close();
  run.report();
  if (failure === undefined) return EXIT_OK;
  host.err(`sluice: ${failure.message}\n`);
  return EXIT_INPUT;
}

class Replay {
  readonly #request: QueueReplayRequest;
  readonly #module: HandlerModule;
  readonly #written: Rewritten | undefined;
  readonly #host: Host;
  readonly #queue = new MemoryQueue();
  readonly #going = new Map<number, Going>();
  readonly #indexes = new Map<string, number>();
  #clock: ManualClock = manualClock();
  #runner: QueueRunner | undefined;
  #match: Match | undefined;
  #first: PacketRecord | undefined;
  #packets = 0;
  #failures = 0;

  constructor(
    request: QueueReplayRequest,
    module: HandlerModule,
    written: Rewritten | undefined,
    host: Host,
  ) {
    this.#request = request;
    this.#module = module;
    this.#written = written;
    this.#host = host;
  }

  /** Every packet; gives what was wrong with the file, if anything was. */
  async all(): Promise<Failure | undefined> {
    const { capture } = this.#request;
    const reader = createReader();
    try {
      for await (const chunk of this.#host.chunks(capture)) {
        for (const record of reader.push(chunk)) await this.#record(record);
        if (reader.error !== undefined) break;
      }
    } catch (error) {
      throw error instanceof Failure ? error : fileFailure(capture, error);
    }
    const error = reader.end();
    await this.#end();
    return error === undefined ? undefined : new Failure(`${capture}: ${error.message}`);
  }

  async #record(record: CaptureRecord): Promise<void> {
    if (record.kind === 'packet') await this.#packet(record);
    else {
      // Interfaces are numbered anew in each section: what waits belongs to the one before.
      if (record.kind === 'section') await this.#drain();
      this.#written?.describe(record);
    }
    await this.#written?.flush();
  }

  async #packet(record: PacketRecord): Promise<void> {
    if (this.#first === undefined) await this.#start(record);
    this.#packets++;
    if (record.timed) await this.#advanceTo(this.#time(record));
    const place = networkOf(record.interface.linkType, record.data);
    const isIP =
      place.kind === 'network' && (place.ethertype === ETH_P_IP || place.ethertype === ETH_P_IPV6);
    if (!isIP || !this.#offer(record, place.offset)) this.#written?.packet(record);
    await this.#settle();
  }

  async #start(first: PacketRecord): Promise<void> {
    const { handler, match = this.#module.match, args, policy, deadline, ordered } = this.#request;
    this.#first = first;
    this.#clock = manualClock(first.seconds + first.nanoseconds / NS);
    if (match !== undefined) this.#match = matchOf(match, this.#clock);
    this.#runner = new QueueRunner({
      handler: this.#module,
      transport: this.#queue,
      clock: this.#clock,
      policy,
      deadline,
      ordered,
      args,
      log: (text) => this.#host.err(`${text}\n`),
      observer: {
        answered: (packet, verdict, edited) => this.#answered(packet, verdict, edited),
        failed: (packet, cause, error) => this.#failed(packet, cause, error),
      },
    });
    await this.#runner.start().catch((error: Error) => {
      throw new Failure(`${handler}: open() failed: ${error.message}`);
    });
  }

  /** Nanoseconds since the first packet. */
  #time({ seconds, nanoseconds }: PacketRecord): number {
    const first = this.#first!;
    return (seconds - first.seconds) * NS + nanoseconds - first.nanoseconds;
  }

  /** Queues a packet, if it is one that the handler wants to see. */
  #offer(record: PacketRecord, offset: number): boolean {
    const packet = packetOf(record, offset);
    if (packet === undefined) return false;
    const recorded = commentsOf(record)
      .map(readComment)
      .find((r) => r !== undefined);
    const isSent = directionOf(record) === 'outbound';
    const name = record.interface.name ?? '';
    const indev = recorded?.indev ?? (isSent ? '' : name);
    const outdev = recorded?.outdev ?? (isSent ? name : '');
    const mark = recorded?.mark ?? 0;
    // What a queue saw was chosen already.
    const match =
      recorded === undefined || this.#request.match !== undefined ? this.#match : undefined;
    if (match?.test(packet, { indev, outdev, mark }) === false) return false;
    const cut = record.originalLength - record.data.length;
    const hook = Hook[(recorded?.hook ?? 'forward') as keyof typeof Hook] ?? Hook.forward;
    const description: PacketDescription = {
      length: packet.length + Math.max(0, cut),
      indev: this.#index(indev),
      outdev: this.#index(outdev),
      hook,
      mark,
      seconds: record.seconds,
      microseconds: Math.floor(record.nanoseconds / 1000),
      queue: recorded?.queue ?? 0,
      uid: recorded?.uid ?? -1,
      gid: recorded?.gid ?? -1,
      ctInfo: recorded?.ctInfo ?? -1,
    };
    this.#going.set(this.#queue.pushed + 1, { record, offset });
    this.#queue.push(packet, description);
    return true;
  }

  #index(name: string): number {
    if (name === '') return 0;
    const index = this.#indexes.get(name) ?? this.#indexes.size + 1;
    this.#indexes.set(name, index);
    this.#queue.interfaces[index] = name;
    return index;
  }

  #answered(packet: QueuedPacket, verdict: number, edited: boolean): void {
    const going = this.#going.get(packet.id);
    this.#going.delete(packet.id);
    this.#queue.verdicts.length = 0;
    if (going === undefined || verdict === NF_DROP) return;
    const { record, offset } = going;
    const bytes = packet.storage.subarray(packet.start, packet.end);
    const frame = edited
      ? withPacket(record.interface.linkType, record.data, offset, bytes)
      : undefined;
    this.#written?.packet(this.#late(record), frame);
  }

  /** The record with the time it is now, if that is another. */
  #late(record: PacketRecord): PacketRecord {
    const now = this.#clock.now();
    if (!record.timed || now <= this.#time(record)) return record;
    const total = this.#first!.nanoseconds + now;
    const seconds = this.#first!.seconds + Math.floor(total / NS);
    return { ...record, seconds, nanoseconds: Math.floor(total % NS) };
  }

  #failed(packet: QueuedPacket, cause: string, error: unknown): void {
    const number = this.#going.get(packet.id)?.record.number;
    if (++this.#failures > TOLD) return;
    const text =
      error instanceof Error ? (cause === 'threw' && error.stack) || error.message : error;
    this.#host.err(`packet ${number}: the handler ${cause}: ${text}\n`);
  }

  /** Time passes from one timer to the next, so that what waits for one goes when it is due. */
  async #advanceTo(ns: number): Promise<void> {
    for (let at = this.#clock.next(); at !== undefined && at <= ns; at = this.#clock.next()) {
      this.#clock.advanceTo(at);
      await this.#settle();
    }
    this.#clock.advanceTo(ns);
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < TURNS && this.#going.size > 0; turn++) await setImmediate();
  }

  /** Until every packet has its verdict; the deadline gives it at last. */
  async #drain(): Promise<void> {
    for (let at = this.#clock.next(); this.#going.size > 0 && at !== undefined; ) {
      await this.#advanceTo(at);
      at = this.#clock.next();
    }
  }

  async #end(): Promise<void> {
    if (this.#runner === undefined) return;
    await this.#drain();
    this.#queue.end();
    await this.#runner.stop();
  }

  report(): void {
    const { json, output } = this.#request;
    const { verdicts, causes, edited, packets } = this.#runner?.statistics ?? NONE;
    if (json) {
      const numbers = { read: this.#packets, packets, verdicts, causes, edited };
      this.#host.out(
        `${JSON.stringify({ schema: 'sluice-queue-replay/1', ...numbers }, null, 2)}\n`,
      );
      return;
    }
    const { accept, drop, ...others } = verdicts;
    const parts = [
      `${accept} accepted${edited > 0 ? ` (${edited} edited)` : ''}`,
      `${drop} dropped`,
      ...Object.entries(others).flatMap(([name, n]) => (n > 0 ? [`${n} ${name}`] : [])),
    ];
    const policy = packets - causes.handler;
    if (policy > 0) parts.push(`${policy} by the policy`);
    this.#host.out(`${this.#packets} packets, ${packets} to the handler: ${parts.join(', ')}\n`);
    if (output !== undefined) this.#host.out(`written to ${output}\n`);
  }
}

/** What a capture without packets comes to. */
const NONE = {
  packets: 0,
  edited: 0,
  verdicts: { accept: 0, drop: 0 },
  causes: { handler: 0 },
};

function matchOf(text: string, clock: ManualClock): Match {
  try {
    return new Match(text, clock);
  } catch (error) {
    throw new Failure(`--match: ${(error as Error).message}`, EXIT_USAGE);
  }
}

/** The IP packet of a frame, without what pads the frame; undefined for what is none. */
function packetOf({ data }: PacketRecord, offset: number): Uint8Array | undefined {
  const packet = data.subarray(offset);
  const isV6 = (packet[0] ?? 0) >>> 4 === 6;
  if (packet.length < (isV6 ? IPV6_HEADER : 20)) return undefined;
  const said = isV6 ? u16(packet, 4) + IPV6_HEADER : u16(packet, 2);
  // Of a jumbogram, and of a packet that was to be cut by the hardware, the header does not say it.
  const length = said === 0 || said === IPV6_HEADER ? packet.length : said;
  return packet.subarray(0, length);
}
