// Segments of both directions through their courses.

import { equalBytes } from '../../bytes/index.ts';
import { TCPHDR_ACK, TCPHDR_FIN, TCPHDR_PSH, TCPHDR_RST, TCPHDR_SYN } from '../../uapi/index.ts';
import {
  type Connection,
  Connections,
  type ConnectionsOptions,
  type Ends,
  endsOf,
} from './connections.ts';
import type { Course } from './course.ts';
import { Outgoing } from './outgoing.ts';
import { Segment } from './segment.ts';

export interface RewriterOptions extends ConnectionsOptions {
  /** Bytes kept for one direction, and for all of them. */
  readonly memory: number;
  readonly totalMemory: number;
  /** Segments are asked to be so much shorter than they could be. */
  readonly headroom: number;
  /** Decide what waits when the sender says that nothing follows for now. */
  readonly flushOnPush: boolean;
}

/** A direction may keep so much however little is left for all: without it nothing would move. */
const LEAST_MEMORY = 4096;
/** Every host takes segments of this length (RFC 9293 §3.7.1). */
const SMALLEST_MSS = 536;
const LONGEST_PACKET = 0xffff;

export class Rewriter {
  readonly connections: Connections;
  readonly #options: RewriterOptions;
  readonly #segment = new Segment();
  readonly #out = new Outgoing();
  readonly #ends: Ends = { key: '', from: 0 };

  constructor(options: RewriterOptions) {
    this.#options = options;
    this.connections = new Connections(options);
  }

  /**
   * A packet on its way; lengths and checksums are left to the caller.
   * @param bytes an IP packet; numbers of its header are changed in place
   * @param trusted its checksum need not be looked at
   * @param whole it will be cut into segments later on, and may be as long as a packet can be
   * @returns the packet instead of it, where its data has changed
   */
  rewrite(
    bytes: Uint8Array,
    trusted: boolean,
    whole: boolean,
    now: number,
  ): Uint8Array | undefined {
    const segment = this.#segment;
    if (!segment.read(bytes) || !(trusted || segment.hasGoodChecksum)) return undefined;
    endsOf(bytes, segment.before - segment.headerLength, this.#ends);
    const connection = this.#connection(now);
    if (connection === undefined) return undefined;
    const { from } = this.#ends;
    const before = connection.size;
    this.#acknowledge(connection.courses[from === 0 ? 1 : 0]);
    const course = connection.courses[from];
    const made = course === undefined ? undefined : this.#say(connection, course, whole);
    this.connections.size += connection.size - before;
    return made;
  }

  #connection(now: number): Connection | undefined {
    const { key, from } = this.#ends;
    const { flags, seq } = this.#segment;
    const known = this.connections.find(key, now);
    if ((flags & TCPHDR_SYN) !== 0) return this.#synchronize(known, now);
    const connection = known ?? this.#takeUp(now);
    if (connection === undefined) return undefined;
    connection.isReset = (flags & TCPHDR_RST) !== 0;
    if (connection.bases[from] === undefined) this.connections.begin(connection, from, seq);
    return connection;
  }

  /** A connection that began before this did. The server is who has the lower port. */
  #takeUp(now: number): Connection | undefined {
    const { key, from } = this.#ends;
    const segment = this.#segment;
    if ((segment.flags & TCPHDR_RST) !== 0 || segment.isSigned) return undefined;
    const other = from === 0 ? 1 : 0;
    const client = segment.sourcePort < segment.destinationPort ? other : from;
    return this.connections.add(key, client, now);
  }

  /** A SYN begins a connection, or a direction of one. */
  #synchronize(known: Connection | undefined, now: number): Connection | undefined {
    const segment = this.#segment;
    const { key, from } = this.#ends;
    const base = (segment.seq + 1) >>> 0;
    if (segment.isSigned) {
      this.connections.remove(key);
      return undefined;
    }
    const isFirst = (segment.flags & TCPHDR_ACK) === 0;
    let connection = known ?? (isFirst ? this.connections.add(key, from, now) : undefined);
    if (connection !== undefined && (connection.bases[from] ?? base) !== base)
      connection = this.#another(connection, base, now);
    if (connection === undefined) return undefined;
    if (connection.bases[from] === undefined) this.connections.begin(connection, from, base);
    this.#negotiate(connection, from === 0 ? 1 : 0, segment.mss);
    return connection;
  }

  /**
   * The ends are used again. Anybody can send a SYN: the connection that was is forgotten only when the
   * other end takes the new one up, which one that is alive does not (RFC 5961 §4).
   */
  #another(connection: Connection, base: number, now: number): Connection | undefined {
    const { key, from } = this.#ends;
    const { flags, ack, mss } = this.#segment;
    const { again } = connection;
    if ((flags & TCPHDR_ACK) === 0) {
      connection.again = { from, base, mss };
      return undefined;
    }
    if (again === undefined || again.from === from || again.base !== ack) return undefined;
    const made = this.connections.add(key, again.from, now);
    if (made === undefined) return undefined;
    this.connections.begin(made, again.from, again.base);
    made.room[from] = again.mss;
    return made;
  }

  /** What a SYN asks for: the segments that come back shall have room to grow. */
  #negotiate(connection: Connection, back: 0 | 1, mss: number): void {
    const { toServer, toClient, headroom } = this.#options;
    connection.room[back] = mss;
    const grows = (back === connection.client ? toServer : toClient) !== undefined;
    if (grows) this.#segment.clampMss(Math.max(SMALLEST_MSS, mss) - headroom);
    this.#segment.removeMptcp();
  }

  #acknowledge(course: Course | undefined): void {
    const segment = this.#segment;
    if (course === undefined || (segment.flags & TCPHDR_ACK) === 0) return;
    segment.moveSack((left, right) => course.selective(left, right));
    segment.ack = course.acknowledge(segment.ack);
  }

  #say(connection: Connection, course: Course, whole: boolean): Uint8Array | undefined {
    const segment = this.#segment;
    const { flags, data } = segment;
    const { urgent } = segment;
    const syn = (flags & TCPHDR_SYN) === 0 ? 0 : 1;
    const fin = (flags & TCPHDR_FIN) !== 0;
    if (data.length === 0 && !fin) {
      if (syn === 0) segment.seq = course.silent(segment.seq, (flags & TCPHDR_RST) !== 0);
      return undefined;
    }
    const out = this.#out;
    const flush = this.#options.flushOnPush && (flags & TCPHDR_PSH) !== 0;
    const room = this.#room(connection, data.length, whole);
    const memory = this.#memory(course);
    const start = (segment.seq + syn) >>> 0;
    const seq = (course.hear(start, data, fin, flush, room, memory, out) - syn) >>> 0;
    const same = out.fin === fin && out.length === data.length;
    const packet =
      same && equalBytes(out.buffer, 0, data, 0, data.length)
        ? undefined
        : segment.withData(seq, out.payload, out.fin);
    if (packet === undefined) segment.seq = seq;
    else segment.read(packet);
    if (urgent !== undefined) segment.setUrgent((course.tell(urgent) - seq) | 0);
    return packet;
  }

  /** How much data the segment may have. */
  #room(connection: Connection, length: number, whole: boolean): number {
    const { from } = this.#ends;
    const segment = this.#segment;
    if (whole) return LONGEST_PACKET - segment.before;
    const options = segment.headerLength - 20;
    const longest = Math.max(connection.room[from] || SMALLEST_MSS, length + options);
    connection.room[from] = longest;
    return longest - options;
  }

  #memory(course: Course): number {
    const left = this.#options.totalMemory - this.connections.size + course.size;
    return Math.max(LEAST_MEMORY, Math.min(this.#options.memory, left));
  }
}
