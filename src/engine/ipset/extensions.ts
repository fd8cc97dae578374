// What entries carry besides their key, in columns with a row per slot: struct ip_set_ext and the functions
// of include/linux/netfilter/ipset/{ip_set_timeout,ip_set_counter,ip_set_comment,ip_set_skbinfo}.h.

import { type Clock, NS_PER_MS, NS_PER_SECOND } from '../../core/index.ts';
import type { IpSetEntry, IpSetOptions, IpSetRequest } from '../../program/index.ts';
import { failed } from './numbers.ts';
import { NO_TIMEOUT, SetFlag, type SetOptions } from './options.ts';

const TWO_32 = 0x100000000;

/** Words of a counter row: packets low and high, bytes low and high. */
const COUNTER_WORDS = 4;
const SKB_WORDS = 4;

/** struct ip_set_ext as an operation brings it; one per set, filled for each. */
export class Ext {
  timeout = 0;
  /** Not given, as ULLONG_MAX says in the kernel: counters are left as they are. */
  hasPackets = false;
  hasBytes = false;
  packetsLow = 0;
  packetsHigh = 0;
  bytesLow = 0;
  bytesHigh = 0;
  comment: string | undefined = undefined;
  skbmark = 0;
  skbmarkmask = 0;
  skbprio = 0;
  skbqueue = 0;
}

const low = (value: string): number => Number(BigInt(value) & 0xffffffffn);
const high = (value: string): number => Number(BigInt(value) >> 32n);

const u64 = (highWord: number, lowWord: number): string =>
  highWord < 0x200000
    ? String(highWord * TWO_32 + lowWord)
    : String((BigInt(highWord) << 32n) | BigInt(lowWord));

const isMet = (op: SetOptions['packetsOp'], counter: number, value: number): boolean => {
  switch (op) {
    case 'eq':
      return counter === value;
    case 'ne':
      return counter !== value;
    case 'lt':
      return counter < value;
    case 'gt':
      return counter > value;
    default:
      return true;
  }
};

/** Bytes of struct ip_set_comment_rcu in front of the text and the zero behind it. */
const COMMENT_OVERHEAD = 17;

const align = (n: number, to: number): number => Math.ceil(n / to) * to;

export class Extensions {
  readonly options: IpSetOptions;
  readonly ext = new Ext();
  /** Bytes the comments take (set->ext_size). */
  commentBytes = 0;
  readonly #clock: Clock;
  /** Nanoseconds of the clock when the entry ends, 0 for never, below 0 a clock that stands still. */
  #deadline = new Float64Array(0);
  #counters = new Uint32Array(0);
  #skb = new Uint32Array(0);
  readonly #comments: (string | undefined)[] = [];
  #rows = 0;

  constructor(options: IpSetOptions, clock: Clock) {
    this.options = options;
    this.#clock = clock;
  }

  /** Makes room for rows 0 … n-1; new ones are zero. */
  reserve(n: number): void {
    if (n <= this.#rows) return;
    const rows = Math.max(n, this.#rows * 2, 8);
    const { timeout, counters, skbinfo } = this.options;
    if (timeout !== undefined) this.#deadline = grown(this.#deadline, new Float64Array(rows));
    if (counters === true)
      this.#counters = grown(this.#counters, new Uint32Array(rows * COUNTER_WORDS));
    if (skbinfo === true) this.#skb = grown(this.#skb, new Uint32Array(rows * SKB_WORDS));
    this.#rows = rows;
  }

  /** A row as kzalloc() gives it. */
  clear(slot: number): void {
    this.dropComment(slot);
    if (this.options.timeout !== undefined) this.#deadline[slot] = 0;
    if (this.options.counters === true)
      this.#counters.fill(0, slot * COUNTER_WORDS, (slot + 1) * COUNTER_WORDS);
    if (this.options.skbinfo === true) this.#skb.fill(0, slot * SKB_WORDS, (slot + 1) * SKB_WORDS);
  }

  /** ip_set_ext_destroy(): counters and the rest stay behind in the memory, as in the kernel. */
  dropComment(slot: number): void {
    const comment = this.#comments[slot];
    if (comment === undefined) return;
    this.commentBytes -= comment.length + COMMENT_OVERHEAD;
    this.#comments[slot] = undefined;
  }

  /** ip_set_elem_len(): bytes of an entry of `length` bytes with its extensions. */
  size(length: number, alignment: number): number {
    const { counters, timeout, skbinfo, comment } = this.options;
    let n = length;
    if (counters === true) n = align(n, 8) + 16;
    if (timeout !== undefined) n = align(n, 8) + 8;
    if (skbinfo === true) n = align(n, 4) + 16;
    if (comment === true) n = align(n, 8) + 8;
    return align(n, alignment);
  }

  /** ip_set_get_extensions(): 0, or what is wrong with the request. */
  fromRequest(request: IpSetRequest): number {
    const { options, ext } = this;
    if (request.timeout !== undefined && options.timeout === undefined) return failed('TIMEOUT');
    ext.timeout = request.timeout ?? options.timeout ?? 0;
    ext.hasPackets = request.packets !== undefined;
    ext.hasBytes = request.bytes !== undefined;
    if ((ext.hasPackets || ext.hasBytes) && options.counters !== true) return failed('COUNTER');
    if (request.packets !== undefined) {
      ext.packetsLow = low(request.packets);
      ext.packetsHigh = high(request.packets);
    }
    if (request.bytes !== undefined) {
      ext.bytesLow = low(request.bytes);
      ext.bytesHigh = high(request.bytes);
    }
    if (request.comment !== undefined && options.comment !== true) return failed('COMMENT');
    ext.comment = request.comment;
    return this.#skbFromRequest(request);
  }

  #skbFromRequest(request: IpSetRequest): number {
    const { ext } = this;
    const { skbmark, skbmarkmask, skbprio, skbqueue } = request;
    const some = skbmark !== undefined || skbprio !== undefined || skbqueue !== undefined;
    if (some && this.options.skbinfo !== true) return failed('SKBINFO');
    ext.skbmark = skbmark ?? 0;
    ext.skbmarkmask = skbmarkmask ?? 0;
    ext.skbprio = skbprio ?? 0;
    ext.skbqueue = skbqueue ?? 0;
    return 0;
  }

  /** IP_SET_INIT_KEXT(): what a packet brings. */
  fromPacket(length: number, options: SetOptions): void {
    const { ext } = this;
    ext.timeout = options.timeout === NO_TIMEOUT ? (this.options.timeout ?? 0) : options.timeout;
    ext.hasPackets = true;
    ext.hasBytes = true;
    ext.packetsLow = 1;
    ext.packetsHigh = 0;
    ext.bytesLow = length;
    ext.bytesHigh = 0;
    ext.comment = undefined;
    ext.skbmark = 0;
    ext.skbmarkmask = 0;
    ext.skbprio = 0;
    ext.skbqueue = 0;
  }

  /** Writes what the operation brought into a row; the timeout only if `timed`. */
  write(slot: number, timed = true): void {
    const { options, ext } = this;
    if (timed && options.timeout !== undefined) this.startTimeout(slot, ext.timeout);
    if (options.counters === true) this.#initCounter(slot);
    if (options.comment === true) this.#initComment(slot);
    if (options.skbinfo !== true) return;
    const row = slot * SKB_WORDS;
    this.#skb[row] = ext.skbmark;
    this.#skb[row + 1] = ext.skbmarkmask;
    this.#skb[row + 2] = ext.skbprio;
    this.#skb[row + 3] = ext.skbqueue;
  }

  /** ip_set_init_counter(). */
  #initCounter(slot: number): void {
    const { ext } = this;
    const row = slot * COUNTER_WORDS;
    if (ext.hasPackets) {
      this.#counters[row] = ext.packetsLow;
      this.#counters[row + 1] = ext.packetsHigh;
    }
    if (ext.hasBytes) {
      this.#counters[row + 2] = ext.bytesLow;
      this.#counters[row + 3] = ext.bytesHigh;
    }
  }

  /** ip_set_init_comment(). */
  #initComment(slot: number): void {
    this.dropComment(slot);
    const { comment } = this.ext;
    if (comment === undefined || comment === '') return;
    this.#comments[slot] = comment;
    this.commentBytes += comment.length + COMMENT_OVERHEAD;
  }

  /** ip_set_timeout_set(). */
  startTimeout(slot: number, seconds: number): void {
    this.#deadline[slot] = seconds === 0 ? 0 : this.#clock.now() + seconds * NS_PER_SECOND;
  }

  /** A timeout that is kept until somebody starts it. */
  keepTimeout(slot: number, seconds: number): void {
    this.#deadline[slot] = -1 - seconds;
  }

  keptTimeout(slot: number): number {
    return -1 - this.#deadline[slot]!;
  }

  /** ip_set_timeout_expired(). */
  expired(slot: number): boolean {
    if (this.options.timeout === undefined) return false;
    const deadline = this.#deadline[slot]!;
    // A number of seconds that was kept is a moment long ago, where it is taken for one.
    return deadline < -1 || (deadline > 0 && this.#clock.now() > deadline);
  }

  /**
   * ip_set_match_extensions(): whether the entry counts, by its timeout and counters. Counts the
   * packet, and takes over what the entry says of it.
   */
  match(slot: number, asked: SetOptions | null): boolean {
    if (this.expired(slot)) return false;
    if (asked === null) return true;
    const { counters, skbinfo } = this.options;
    if (counters === true && !this.#count(slot, asked)) return false;
    if (skbinfo === true) {
      const row = slot * SKB_WORDS;
      asked.skbmark = this.#skb[row]!;
      asked.skbmarkmask = this.#skb[row + 1]!;
      asked.skbprio = this.#skb[row + 2]!;
      asked.skbqueue = this.#skb[row + 3]!;
    }
    return true;
  }

  #count(slot: number, asked: SetOptions): boolean {
    const row = slot * COUNTER_WORDS;
    const counters = this.#counters;
    // Counted first, whether the counters then match or not.
    if ((asked.cmdflags & SetFlag.skipCounterUpdate) === 0) {
      addTo(counters, row, this.ext.packetsLow);
      addTo(counters, row + 2, this.ext.bytesLow);
    }
    if ((asked.cmdflags & SetFlag.matchCounters) !== 0) {
      const packets = counters[row + 1]! * TWO_32 + counters[row]!;
      if (!isMet(asked.packetsOp, packets, asked.packets)) return false;
      const bytes = counters[row + 3]! * TWO_32 + counters[row + 2]!;
      if (!isMet(asked.bytesOp, bytes, asked.bytes)) return false;
    }
    return true;
  }

  /** The columns of a row for a listing; made afresh. */
  entry(slot: number): IpSetEntry {
    const { timeout, counters, skbinfo } = this.options;
    const row = slot * COUNTER_WORDS;
    const words = this.#counters;
    const comment = this.#comments[slot];
    return {
      ...(timeout === undefined ? {} : this.#remaining(slot)),
      ...(counters === true
        ? {
            packets: u64(words[row + 1]!, words[row]!),
            bytes: u64(words[row + 3]!, words[row + 2]!),
          }
        : {}),
      ...(comment === undefined ? {} : { comment }),
      ...(skbinfo === true ? this.#skbEntry(slot * SKB_WORDS) : {}),
    };
  }

  #remaining(slot: number): IpSetEntry {
    const deadline = this.#deadline[slot]!;
    if (deadline < 0) return { timeout: -1 - deadline };
    if (deadline === 0) return { expires: 0 };
    return { expires: Math.max(1, Math.ceil((deadline - this.#clock.now()) / NS_PER_MS)) };
  }

  /** ip_set_put_skbinfo(): only what is not zero is told. */
  #skbEntry(row: number): IpSetEntry {
    const skb = this.#skb;
    const mark = skb[row]! !== 0 || skb[row + 1]! !== 0;
    return {
      ...(mark ? { skbmark: skb[row]!, skbmarkmask: skb[row + 1]! } : {}),
      ...(skb[row + 2] === 0 ? {} : { skbprio: skb[row + 2]! }),
      ...(skb[row + 3] === 0 ? {} : { skbqueue: skb[row + 3]! }),
    };
  }

  /** Puts the time that is left where an entry is read back. */
  restoreTimeout(slot: number, entry: IpSetEntry): void {
    if (this.options.timeout === undefined) return;
    if (entry.expires === undefined && entry.timeout !== undefined)
      this.keepTimeout(slot, entry.timeout);
    else
      this.#deadline[slot] =
        entry.expires === undefined || entry.expires === 0
          ? 0
          : this.#clock.now() + entry.expires * NS_PER_MS;
  }
}

/** Adds to a 64-bit counter in two words. */
function addTo(words: Uint32Array, at: number, n: number): void {
  const sum = words[at]! + n;
  words[at] = sum;
  if (sum >= TWO_32) words[at + 1] = words[at + 1]! + 1;
}

function grown<T extends Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from as never);
  return to;
}
