// The connections whose streams are rewritten. A connection that was made longer or shorter must be
// known to its end, so a full table refuses new ones, which then go on as they are.

import { latin1 } from '../../bytes/index.ts';
import { NS_PER_SECOND } from '../../core/index.ts';
import { Course, type CourseCounts, type CourseOptions } from './course.ts';

export interface ConnectionsOptions {
  /** Of what the client says; undefined leaves it. And of what the server says. */
  readonly toServer: (() => CourseOptions) | undefined;
  readonly toClient: (() => CourseOptions) | undefined;
  readonly most: number;
}

export interface ConnectionCounts extends CourseCounts {
  /** That were begun, and that were not because the table was full. */
  connections: number;
  refused: number;
}

const DAY = 86_400 * NS_PER_SECOND;
/** As long as conntrack remembers an established connection, and one that is closing. */
const IDLE = 5 * DAY;
const CLOSING = 120 * NS_PER_SECOND;
/** Old ones looked at to make room for a new one. */
const LOOKED_AT = 64;

/** Both directions, by who of the two ends speaks: 0 is the one that comes first in the key. */
export class Connection {
  readonly courses: [Course | undefined, Course | undefined] = [undefined, undefined];
  /** Sequence number of the first byte of each. */
  readonly bases: [number | undefined, number | undefined] = [undefined, undefined];
  /** The longest segment that each may send, or did; 0 while nobody has said. */
  readonly room: [number, number] = [0, 0];
  readonly client: 0 | 1;
  /** A SYN that may begin another connection, if the other end agrees. */
  again: { readonly from: 0 | 1; readonly base: number; readonly mss: number } | undefined;
  seen = 0;
  /** The last segment was a reset. */
  isReset = false;

  constructor(client: 0 | 1) {
    this.client = client;
  }

  get size(): number {
    return (this.courses[0]?.size ?? 0) + (this.courses[1]?.size ?? 0);
  }

  isOver(now: number): boolean {
    const finished = this.courses.every((c) => c?.isFinished === true);
    return now - this.seen > (this.isReset || finished ? CLOSING : IDLE);
  }

  get isPlain(): boolean {
    return this.courses.every((c) => c === undefined || c.isPlain);
  }
}

/** The ends of a segment as a key that is the same both ways, and which of them speaks. */
export interface Ends {
  key: string;
  from: 0 | 1;
}

/** The two ends of an IP packet with TCP at `tcp`. */
export function endsOf(bytes: Uint8Array, tcp: number, ends: Ends): void {
  const [at, length] = bytes[0]! >>> 4 === 4 ? [12, 4] : [8, 16];
  const source = latin1(bytes.subarray(at, at + length)) + latin1(bytes.subarray(tcp, tcp + 2));
  const to = at + length;
  const target = latin1(bytes.subarray(to, to + length)) + latin1(bytes.subarray(tcp + 2, tcp + 4));
  ends.from = source <= target ? 0 : 1;
  ends.key = ends.from === 0 ? source + target : target + source;
}

export class Connections {
  readonly counts: ConnectionCounts = {
    connections: 0,
    refused: 0,
    edits: 0,
    flushed: 0,
    overlong: 0,
    early: 0,
  };
  readonly #options: ConnectionsOptions;
  /** The one that was seen last is last. */
  readonly #table = new Map<string, Connection>();
  /** Bytes kept for all of them. */
  size = 0;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  find(key: string, now: number): Connection | undefined {
    const known = this.#table.get(key);
    if (known === undefined) return undefined;
    known.seen = now;
    this.#table.delete(key);
    this.#table.set(key, known);
    return known;
  }

  /** A new one; undefined where there is no room for it. */
  add(key: string, client: 0 | 1, now: number): Connection | undefined {
    this.remove(key);
    if (!this.#makeRoom(now)) {
      this.counts.refused++;
      return undefined;
    }
    const made = new Connection(client);
    made.seen = now;
    this.#table.set(key, made);
    this.counts.connections++;
    return made;
  }

  remove(key: string): void {
    this.size -= this.#table.get(key)?.size ?? 0;
    this.#table.delete(key);
  }

  /** Begins what the end `from` says; `base` is the sequence number of its first byte. */
  begin(connection: Connection, from: 0 | 1, base: number): void {
    const { toServer, toClient } = this.#options;
    connection.bases[from] = base;
    const options = (from === connection.client ? toServer : toClient)?.();
    if (options !== undefined) connection.courses[from] = new Course(base, options, this.counts);
  }

  /** Forgets what is over, or else what can be taken up again at any time. */
  #makeRoom(now: number): boolean {
    let looked = 0;
    for (const [key, connection] of this.#table) {
      const isFull = this.#table.size >= this.#options.most;
      if (++looked > (isFull ? LOOKED_AT : 2)) break;
      if (connection.isOver(now) || (isFull && connection.isPlain)) this.remove(key);
    }
    return this.#table.size < this.#options.most;
  }
}
