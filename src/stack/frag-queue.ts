// One datagram in pieces: what is there, and what overlaps (net/ipv4/inet_fragment.c).

import type { Packet, Timer } from '../core/index.ts';

/** One piece; its payload lies at `at` in the packet's buffer. */
export interface Fragment {
  readonly packet: Packet;
  readonly offset: number;
  readonly length: number;
  readonly at: number;
}

/** Fragments that came one behind the other without a gap. */
interface Run {
  readonly start: number;
  end: number;
  readonly fragments: Fragment[];
}

export type InsertResult = 'ok' | 'duplicate' | 'overlap';

export class FragQueue {
  readonly key: string;
  /** Sorted by offset; runs that touch are not joined when the gap between them is filled. */
  readonly runs: Run[] = [];
  #tail: Fragment | null = null;
  #tailRun: Run | null = null;
  first = false;
  last = false;
  /** End of the farthest byte known, and how many bytes are there. */
  length = 0;
  meat = 0;
  maxSize = 0;
  maxDfSize = 0;
  /** IPFRAG_ECN_*, a bit for each code point seen. */
  ecn = 0;
  /** Fragments the sender had sent to us when the newest of these came. */
  rid = 0;
  /** Bytes accounted for. */
  memory = 0;
  timer: Timer | null = null;

  constructor(key: string) {
    this.key = key;
  }

  get empty(): boolean {
    return this.#tail === null;
  }

  get whole(): boolean {
    return this.first && this.last && this.meat === this.length;
  }

  /** In order of their offsets. */
  fragments(): Fragment[] {
    return this.runs.flatMap((run) => run.fragments);
  }

  clear(): void {
    this.runs.length = 0;
    this.#tail = null;
    this.#tailRun = null;
    this.first = false;
    this.last = false;
    this.length = 0;
    this.meat = 0;
    this.ecn = 0;
    this.memory = 0;
  }

  /**
   * inet_frag_queue_insert(): a fragment within a run is a duplicate; one that touches bytes of
   * another in any other way is an overlap (RFC 5722, and IPv4 does the same).
   */
  insert(fragment: Fragment): InsertResult {
    const { offset, length } = fragment;
    const end = offset + length;
    const tail = this.#tail;
    const tailEnd = tail === null ? -1 : tail.offset + tail.length;
    if (tail !== null && tailEnd >= end) return this.#insertBetween(fragment, end);
    if (tail !== null && offset < tailEnd) return 'overlap';
    if (tail !== null && offset === tailEnd) {
      this.#tailRun!.fragments.push(fragment);
      this.#tailRun!.end = end;
    } else {
      this.#tailRun = { start: offset, end, fragments: [fragment] };
      this.runs.push(this.#tailRun);
    }
    this.#tail = fragment;
    return 'ok';
  }

  #insertBetween(fragment: Fragment, end: number): InsertResult {
    const { offset } = fragment;
    let at = 0;
    for (; at < this.runs.length; at++) {
      const run = this.runs[at]!;
      if (end <= run.start) break;
      if (offset >= run.end) continue;
      return offset >= run.start && end <= run.end ? 'duplicate' : 'overlap';
    }
    this.runs.splice(at, 0, { start: offset, end, fragments: [fragment] });
    return 'ok';
  }
}

/** CE in any fragment marks the whole, unless some came without ECN at all (RFC 3168 §5.3). */
export function combinedEcn(seen: number): number {
  const notEct = seen & 1;
  const capable = seen & 0b0110;
  const ce = seen & 0b1000;
  if (notEct !== 0) return capable !== 0 || ce !== 0 ? -1 : 0;
  return ce !== 0 && capable !== 0 ? 3 : 0;
}
