// Two ends of TCP (RFC 9293) that speak through a handler over a network that loses, doubles and
// reorders packets, for tests. Each end checks what it hears: nothing is acknowledged that was not
// said, what is said again is the same, and every packet has right lengths and checksums.

import { put16, put32, u16, u32 } from '../../bytes/index.ts';
import { type Random, seeded } from '../../core/index.ts';
import { fixChecksums, verifyChecksums } from '../../packet/index.ts';
import type { MemoryQueue } from '../memory.ts';

const FIN = 1;
const SYN = 2;
const PSH = 8;
const ACK = 16;

export interface EndOptions {
  /** Sequence number of the SYN. */
  readonly iss: number;
  readonly mss: number;
  /** Bytes that are taken beyond what was acknowledged. */
  readonly window: number;
  /** What it says, write by write: the last segment of each has PSH. */
  readonly writes: readonly Uint8Array[];
}

interface Sack {
  readonly from: number;
  readonly to: number;
}

/** One end. Positions count from the byte after the SYN, which itself is at −1. */
export class End {
  readonly #options: EndOptions;
  readonly #port: number;
  readonly #random: Random;
  readonly #said: Uint8Array;
  readonly #pushes = new Set<number>();
  #una = -1;
  #nxt = -1;
  #window = 0;
  #mss: number;
  /** What the other end has though something before is missing. */
  #sacked: Sack[] = [];
  #irs = -1;
  #heard: (number | undefined)[] = [];
  #rcv = 0;
  #finAt = -1;
  readonly out: Uint8Array[] = [];

  constructor(options: EndOptions, port: number, random: Random) {
    this.#options = options;
    this.#port = port;
    this.#random = random;
    this.#mss = options.mss;
    this.#said = Uint8Array.from(options.writes.flatMap((w) => [...w]));
    let at = 0;
    for (const write of options.writes) {
      at += write.length;
      this.#pushes.add(at);
    }
  }

  /** Data without the FIN, once it is complete. */
  get heard(): Uint8Array {
    return Uint8Array.from(
      this.#heard.slice(0, this.#finAt < 0 ? this.#rcv : this.#finAt) as number[],
    );
  }

  /** Everything was said and acknowledged, and the other's FIN is there. */
  get isDone(): boolean {
    return this.#una === this.#said.length + 1 && this.#finAt >= 0 && this.#rcv > this.#finAt;
  }

  connect(): void {
    this.#nxt = 0;
    this.#segment(-1, 0, SYN);
  }

  /** Nothing has come for a while: the first of what is not acknowledged is said again. */
  timeout(): void {
    if (this.#una < 0 && this.#nxt === 0) this.#segment(-1, 0, this.#irs < 0 ? SYN : SYN | ACK);
    else if (this.#una < this.#nxt) this.#sayAgain();
    else if (this.#window === 0 && this.#una >= 0) this.#segment(this.#una - 1, 0, ACK);
  }

  /** One segment, cut anew; without what the other end says it has (RFC 2018 §5.1). */
  #sayAgain(): void {
    const from = Math.max(0, this.#una);
    const most = 1 + (this.#random.u32() % this.#mss);
    const known = this.#sacked.filter((block) => block.to > from).map((block) => block.from);
    this.#data(from, Math.min(this.#said.length, from + most, this.#nxt, ...known));
  }

  /** Says what the window lets it. */
  #sayMore(): void {
    const right = Math.min(this.#una + this.#window, this.#said.length);
    while (this.#nxt < right || this.#isFinDue()) {
      const most = this.#random.u32() % 3 === 0 ? 1 + (this.#random.u32() % this.#mss) : this.#mss;
      const to = Math.min(right, this.#nxt + most);
      this.#data(this.#nxt, Math.max(to, this.#nxt));
    }
  }

  #isFinDue(): boolean {
    return this.#nxt === this.#said.length && this.#una + this.#window > this.#said.length;
  }

  #data(from: number, to: number): void {
    const fin = to === this.#said.length && (this.#nxt > to || this.#isFinDue() || this.#nxt < to);
    const push = this.#pushes.has(to) ? PSH : 0;
    this.#segment(from, to - from, ACK | push | (fin ? FIN : 0));
    this.#nxt = Math.max(this.#nxt, to + (fin ? 1 : 0));
  }

  #segment(at: number, length: number, flags: number): void {
    const options =
      flags & SYN
        ? [2, 4, this.#options.mss >> 8, this.#options.mss & 255, 4, 2, 1, 1]
        : this.#sack();
    const header = 40 + options.length;
    const packet = new Uint8Array(header + length);
    const isClient = this.#port !== 80;
    packet.set([
      0x45,
      0,
      0,
      0,
      0,
      1,
      0x40,
      0,
      64,
      6,
      0,
      0,
      10,
      0,
      0,
      isClient ? 1 : 2,
      10,
      0,
      0,
      isClient ? 2 : 1,
    ]);
    put16(packet, 2, packet.length);
    put16(packet, 20, this.#port);
    put16(packet, 22, isClient ? 80 : 40_000);
    put32(packet, 24, (this.#options.iss + 1 + at) >>> 0);
    if (flags & ACK) put32(packet, 28, (this.#irs + 1 + this.#rcv) >>> 0);
    packet[32] = ((20 + options.length) >>> 2) << 4;
    packet[33] = flags;
    // A closed window stays so until somebody asks.
    put16(packet, 34, this.#random.u32() % 8 === 0 ? 0 : this.#options.window);
    packet.set(options, 40);
    if (length > 0) packet.set(this.#said.subarray(at, at + length), header);
    fixChecksums(packet, 0);
    this.out.push(packet);
  }

  /** At most three blocks of what came early, RFC 2018 §3. */
  #sack(): number[] {
    const blocks: number[] = [];
    for (let at = this.#rcv, from = -1; at <= this.#heard.length && blocks.length < 6; at++) {
      if (this.#heard[at] !== undefined && from < 0) from = at;
      if (this.#heard[at] === undefined && from >= 0) {
        blocks.push(from, at);
        from = -1;
      }
    }
    if (blocks.length === 0) return [];
    const bytes = new Uint8Array(4 * blocks.length);
    blocks.forEach((edge, i) => {
      put32(bytes, 4 * i, (this.#irs + 1 + edge) >>> 0);
    });
    return [1, 1, 5, 2 + bytes.length, ...bytes];
  }

  hear(packet: Uint8Array): void {
    for (const { state } of verifyChecksums(packet, 0)) check(state === 'correct', 'checksum');
    check(u16(packet, 2) === packet.length, 'length');
    const flags = packet[33]!;
    const seq = u32(packet, 24);
    const data = packet.subarray(20 + ((packet[32]! >>> 4) << 2));
    if (flags & SYN) this.#synchronize(packet, seq, flags);
    if (this.#irs < 0) return;
    if (flags & ACK) this.#acknowledge(packet);
    const at = this.#rcv + ((seq - this.#irs - 1 - this.#rcv) | 0);
    if (!(flags & SYN)) this.#take(at, data, (flags & FIN) !== 0);
    const isOld = at < this.#rcv && data.length === 0 && !(flags & SYN);
    if (data.length > 0 || flags & (FIN | SYN) || isOld) this.#answer(flags);
    if (this.#una >= 0) this.#sayMore();
  }

  #synchronize(packet: Uint8Array, seq: number, flags: number): void {
    check(this.#irs < 0 || this.#irs === seq, 'SYN again with another number');
    this.#irs = seq;
    check(packet[40] === 2, 'MSS goes first here');
    this.#mss = Math.min(this.#options.mss, u16(packet, 42)) - 28;
    if (!(flags & ACK)) this.#nxt = 0;
  }

  #answer(flags: number): void {
    if (flags & SYN && !(flags & ACK)) this.#segment(-1, 0, SYN | ACK);
    else this.#segment(this.#nxt, 0, ACK);
  }

  #acknowledge(packet: Uint8Array): void {
    const ack = this.#una + ((u32(packet, 28) - this.#options.iss - 1 - this.#una) | 0);
    check(ack <= this.#nxt, `${ack} is acknowledged, ${this.#nxt} is next`);
    this.#una = Math.max(this.#una, ack);
    this.#window = u16(packet, 34);
    for (let at = 40; at + 10 <= 20 + ((packet[32]! >>> 4) << 2); ) {
      if (packet[at] === 1) at++;
      else if (packet[at] === 5) {
        for (let i = at + 2; i < at + packet[at + 1]!; i += 8)
          this.#selective(u32(packet, i), u32(packet, i + 4));
        at += packet[at + 1]!;
      } else at += packet[at + 1] || 100;
    }
  }

  #selective(left: number, right: number): void {
    const near = (n: number): number => this.#una + ((n - this.#options.iss - 1 - this.#una) | 0);
    const [from, to] = [near(left), near(right)];
    check(from < to && to <= this.#nxt, `block ${from} to ${to}, ${this.#nxt} is next`);
    this.#sacked = [...this.#sacked.filter((s) => s.to > this.#una), { from, to }];
  }

  #take(at: number, data: Uint8Array, fin: boolean): void {
    data.forEach((byte, i) => {
      const place = at + i;
      if (place >= this.#rcv + this.#options.window || place < 0) return;
      const known = this.#heard[place];
      check(known === undefined || known === byte, `another byte at ${place}`);
      this.#heard[place] = byte;
    });
    if (fin) {
      check(this.#finAt < 0 || this.#finAt === at + data.length, 'FIN at another place');
      this.#finAt = at + data.length;
    }
    while (this.#rcv !== this.#finAt && this.#heard[this.#rcv] !== undefined) this.#rcv++;
    if (this.#rcv === this.#finAt) this.#rcv++;
  }
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

export interface Weather {
  readonly seed: number;
  /** Of a hundred packets, on each of both ways there and back. */
  readonly lost: number;
  readonly doubled: number;
  readonly overtaken: number;
}

const PATIENCE = 20_000;

/** Lets two ends speak until both are done. */
export function converse(
  queue: MemoryQueue,
  ends: readonly [EndOptions, EndOptions],
  weather: Weather,
): [End, End] {
  const random = seeded(weather.seed);
  const both: [End, End] = [new End(ends[0], 40_000, random), new End(ends[1], 80, random)];
  const chance = (percent: number): boolean => random.u32() % 100 < percent;
  type Flying = { packet: Uint8Array; to: End; isThrough: boolean };
  const flying: Flying[] = [];
  const send = (one: Flying): void => {
    if (chance(weather.lost)) return;
    flying.push(one);
    if (chance(weather.doubled)) flying.push({ ...one });
  };
  both[0].connect();
  for (let turn = 0; turn < PATIENCE; turn++) {
    for (const i of [0, 1] as const)
      for (const packet of both[i].out.splice(0))
        send({ packet, to: both[1 - i]!, isThrough: false });
    const late =
      chance(weather.overtaken) && flying.length > 1 ? 1 + (random.u32() % (flying.length - 1)) : 0;
    const [one] = flying.splice(late, 1);
    if (one === undefined) {
      if (both.every((end) => end.isDone)) return both;
      for (const end of both) end.timeout();
    } else if (one.isThrough) one.to.hear(one.packet);
    else {
      queue.push(one.packet);
      const verdict = queue.verdicts.pop()!;
      send({ ...one, packet: verdict.bytes ?? one.packet, isThrough: true });
    }
  }
  throw new Error('they are not done');
}
