// Which tuple a connection gets (get_unique_tuple() and below, net/netfilter/nf_nat_core.c). Addresses
// come out as the kernel's; ports that the kernel draws by chance can only follow the same policy.

import type { Conntrack, Tuple } from '../conntrack/index.ts';
import {
  allowsClash,
  copyTuple,
  createTuple,
  dstPortOf,
  IPS_DYING,
  IPS_FIXED_TIMEOUT,
  IPS_HW_OFFLOAD,
  IPS_NAT_MASK,
  IPS_OFFLOAD,
  IPS_SEQ_ADJUST,
  IPS_SRC_NAT,
  invertTuple,
  l3Of,
  l4Of,
  NFPROTO_IPV4,
  srcPortOf,
  T_DST,
  T_PORTS,
  T_SRC,
  TCP_CONNTRACK_SYN_SENT,
  TCP_CONNTRACK_TIME_WAIT,
} from '../conntrack/index.ts';
import type { Random } from '../core/index.ts';
import {
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../uapi/index.ts';
import { jhash2 } from './jhash.ts';
import type { Manip, NatRange } from './range.ts';
import {
  NF_NAT_MANIP_DST,
  NF_NAT_MANIP_SRC,
  NF_NAT_RANGE_MAP_IPS,
  NF_NAT_RANGE_PERSISTENT,
  NF_NAT_RANGE_PROTO_OFFSET,
  NF_NAT_RANGE_PROTO_RANDOM_ALL,
  NF_NAT_RANGE_PROTO_SPECIFIED,
} from './range.ts';
import type { SourceIndex } from './sources.ts';

const MAX_ATTEMPTS = 128;
/** NF_NAT_HARDER_THRESH: with so few attempts left, a dead TCP connection may be pushed out. */
const HARDER_THRESHOLD = MAX_ATTEMPTS / 4;
const USES_NAT = IPS_NAT_MASK | IPS_SEQ_ADJUST;

/** An address word as the kernel's little-endian machine sees it. */
const swap = (word: number): number =>
  (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);

/** reciprocal_scale(): (value × range) >> 32, both unsigned. */
const scale = (value: number, range: number): number =>
  Number.isSafeInteger(value * range)
    ? Math.floor((value * range) / 0x100000000)
    : scaleWide(value, range);

/** The same where the product needs more than 53 bits. */
function scaleWide(value: number, range: number): number {
  const low = (value & 0xffff) * range;
  const high = (value >>> 16) * range;
  return Math.floor((high + Math.floor(low / 0x10000)) / 0x10000);
}

function compareWords(a: Int32Array, aFrom: number, b: Int32Array): number {
  for (let i = 0; i < 4; i++) {
    const difference = (a[aFrom + i]! >>> 0) - (b[i]! >>> 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const isIcmp = (protocol: number): boolean =>
  protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6;

const hasPorts = (protocol: number): boolean =>
  protocol === IPPROTO_TCP ||
  protocol === IPPROTO_UDP ||
  protocol === IPPROTO_UDPLITE ||
  protocol === IPPROTO_SCTP;

/**
 * Whether a destination that nobody changes stays whatever others have: a port of it is never chosen
 * (nf_nat_l4proto_unique_tuple()), an identifier or a call id may be.
 */
export const keepsDestination = (protocol: number): boolean =>
  !isIcmp(protocol) && protocol !== IPPROTO_GRE;

/** l4proto_in_range(): protocols without ports are always in. */
function portInRange(tuple: Tuple, manip: Manip, range: NatRange): boolean {
  const protocol = l4Of(tuple);
  if (!isIcmp(protocol) && !hasPorts(protocol) && protocol !== IPPROTO_GRE) return true;
  const source = isIcmp(protocol) || manip === NF_NAT_MANIP_SRC;
  const port = source ? srcPortOf(tuple) : dstPortOf(tuple);
  return port >= range.minPort && port <= range.maxPort;
}

export class UniqueTuples {
  readonly #ct: Conntrack;
  readonly #sources: SourceIndex;
  readonly #random: Random;
  readonly #reply: Tuple = createTuple();
  readonly #other: Tuple = createTuple();
  readonly #words = new Int32Array(4);

  constructor(ct: Conntrack, sources: SourceIndex, random: Random) {
    this.#ct = ct;
    this.#sources = sources;
    this.#random = random;
  }

  /** get_unique_tuple(): `result` becomes the tuple `original` is to be sent as. */
  choose(result: Tuple, original: Tuple, range: NatRange, slot: number, manip: Manip): void {
    const random = (range.flags & NF_NAT_RANGE_PROTO_RANDOM_ALL) !== 0;
    if (manip === NF_NAT_MANIP_SRC && !random && this.#keepSource(result, original, range, slot))
      return;
    copyTuple(original, result);
    this.#chooseAddress(result, range, slot, manip);
    if (!random && this.#portWillDo(result, range, slot, manip)) return;
    this.#choosePort(result, range, slot, manip);
  }

  /** The tuple as it is, or the mapping its source has already. */
  #keepSource(result: Tuple, original: Tuple, range: NatRange, slot: number): boolean {
    if (this.#inRange(original, range)) {
      if (this.#isUsedNew(original, slot)) return false;
      copyTuple(original, result);
      return true;
    }
    return this.#findSource(result, original, range, slot) && !this.#isUsed(result, slot);
  }

  /** in_range(), for source mappings. */
  #inRange(tuple: Tuple, range: NatRange): boolean {
    if ((range.flags & NF_NAT_RANGE_MAP_IPS) !== 0) {
      if (compareWords(tuple, T_SRC, range.min) < 0) return false;
      if (compareWords(tuple, T_SRC, range.max) > 0) return false;
    }
    if ((range.flags & NF_NAT_RANGE_PROTO_SPECIFIED) === 0) return true;
    return portInRange(tuple, NF_NAT_MANIP_SRC, range);
  }

  /** find_appropriate_src(). */
  #findSource(result: Tuple, original: Tuple, range: NatRange, slot: number): boolean {
    const sources = this.#sources;
    for (let s = sources.first(original, slot); s !== 0; s = sources.next(s, original, slot)) {
      this.#ct.readTuple(s, 1, this.#other);
      invertTuple(this.#other, result);
      for (let i = T_DST; i < T_PORTS; i++) result[i] = original[i]!;
      result[T_PORTS] = (result[T_PORTS]! & ~0xffff) | (original[T_PORTS]! & 0xffff);
      if (this.#inRange(result, range)) return true;
    }
    return false;
  }

  /** nf_nat_used_tuple(): whether the answers to this tuple would be another connection's. */
  #isUsed(tuple: Tuple, slot: number): boolean {
    invertTuple(tuple, this.#reply);
    return this.#ct.store.isTaken(this.#reply, slot);
  }

  /**
   * nf_nat_used_tuple_new(): a connection of the other side that is the same flow is no obstacle; clash
   * resolution merges the two.
   */
  #isUsedNew(tuple: Tuple, slot: number): boolean {
    if (!this.#isUsed(tuple, slot)) return false;
    if (!allowsClash(l4Of(tuple)) || (this.#ct.status(slot) & USES_NAT) !== 0) return true;
    const { store } = this.#ct;
    let link = store.find(tuple, this.#ct.zoneWord(slot));
    if (link === 0) {
      invertTuple(tuple, this.#reply);
      link = store.find(this.#reply, this.#ct.zoneWord(slot));
    }
    if (link === 0) return false;
    const other = link >>> 1;
    if ((link & 1) !== 1 || (this.#ct.status(other) & USES_NAT) !== 0) return true;
    return !(this.#isMirror(other, 0, slot, 1) && this.#isMirror(other, 1, slot, 0));
  }

  #isMirror(one: number, a: 0 | 1, two: number, b: 0 | 1): boolean {
    this.#ct.readTuple(two, b, this.#other);
    return this.#ct.store.table.tupleEquals(one, a, this.#other);
  }

  /** find_best_ips_proto(): spreads sources over the range, the same source always alike. */
  #chooseAddress(tuple: Tuple, range: NatRange, slot: number, manip: Manip): void {
    if ((range.flags & NF_NAT_RANGE_MAP_IPS) === 0) return;
    const at = manip === NF_NAT_MANIP_SRC ? T_SRC : T_DST;
    if (compareWords(range.min, 0, range.max) === 0) {
      for (let i = 0; i < 4; i++) tuple[at + i] = range.min[i]!;
      return;
    }
    const last = l3Of(tuple) === NFPROTO_IPV4 ? 0 : 3;
    const persistent = (range.flags & NF_NAT_RANGE_PERSISTENT) !== 0;
    for (let i = 0; i < 4; i++) this.#words[i] = swap(tuple[T_SRC + i]!);
    const initval = persistent ? 0 : swap(tuple[T_DST + last]!) ^ this.#ct.zoneId(slot);
    let j = jhash2(this.#words, 4, initval);
    let full = false;
    for (let i = 0; i <= last; i++) {
      const min = full ? 0 : range.min[i]! >>> 0;
      const distance = full ? 0xffffffff : ((range.max[i]! >>> 0) - min + 1) >>> 0;
      tuple[at + i] = (min + scale(j, distance)) | 0;
      if (tuple[at + i] !== range.max[i]) full = true;
      if (!persistent) j = (j ^ swap(tuple[T_DST + i]!)) >>> 0;
    }
  }

  /** Whether the port (or identifier) needs no change. */
  #portWillDo(tuple: Tuple, range: NatRange, slot: number, manip: Manip): boolean {
    if ((range.flags & NF_NAT_RANGE_PROTO_SPECIFIED) === 0) return !this.#isUsed(tuple, slot);
    if ((range.flags & NF_NAT_RANGE_PROTO_OFFSET) !== 0) return false;
    if (!portInRange(tuple, manip, range)) return false;
    return range.minPort === range.maxPort || !this.#isUsed(tuple, slot);
  }

  /** nf_nat_l4proto_unique_tuple(): tries ports from a starting point on, then from others. */
  #choosePort(tuple: Tuple, range: NatRange, slot: number, manip: Manip): void {
    const protocol = l4Of(tuple);
    const specified = (range.flags & NF_NAT_RANGE_PROTO_SPECIFIED) !== 0;
    const source = isIcmp(protocol) || manip === NF_NAT_MANIP_SRC;
    const port = source ? srcPortOf(tuple) : dstPortOf(tuple);
    let min = range.minPort;
    let max = range.maxPort;
    if (isIcmp(protocol) || protocol === IPPROTO_GRE) {
      // GRE without a master is not PPTP, and has no call id to change.
      if (protocol === IPPROTO_GRE && this.#ct.master(slot) === 0) return;
      if (!specified) [min, max] = [isIcmp(protocol) ? 0 : 1, 65535];
    } else if (!hasPorts(protocol)) return;
    else if (!specified) {
      if (manip === NF_NAT_MANIP_DST) return;
      [min, max] = portClass(port);
    } else if (max < min) [min, max] = [max, min];
    this.#search(tuple, range, slot, manip, source, min, max - min + 1, port);
  }

  #search(
    tuple: Tuple,
    range: NatRange,
    slot: number,
    manip: Manip,
    source: boolean,
    min: number,
    size: number,
    port: number,
  ): void {
    let offset = this.#start(range, manip, port);
    let attempts = Math.min(size, MAX_ATTEMPTS);
    for (;;) {
      for (let i = 0; i < attempts; i++) {
        const candidate = min + (offset % size);
        tuple[T_PORTS] = source
          ? (candidate << 16) | (tuple[T_PORTS]! & 0xffff)
          : (tuple[T_PORTS]! & ~0xffff) | (candidate & 0xffff);
        if (!this.#isUsedHarder(tuple, slot, attempts - i)) return;
        offset = (offset + 1) & 0xffff;
      }
      if (attempts >= size || attempts < 16) return;
      attempts >>>= 1;
      offset = this.#random.below(0x10000);
    }
  }

  #start(range: NatRange, manip: Manip, port: number): number {
    if ((range.flags & NF_NAT_RANGE_PROTO_OFFSET) !== 0) return (port - range.basePort) & 0xffff;
    const random = (range.flags & NF_NAT_RANGE_PROTO_RANDOM_ALL) !== 0;
    return random || manip !== NF_NAT_MANIP_DST ? this.#random.below(0x10000) : 0;
  }

  /** nf_nat_used_tuple_harder(): near the end, a TCP connection in TIME_WAIT makes room for a newer SYN. */
  #isUsedHarder(tuple: Tuple, slot: number, attemptsLeft: number): boolean {
    const { store } = this.#ct;
    invertTuple(tuple, this.#reply);
    const mayEvict =
      attemptsLeft <= HARDER_THRESHOLD &&
      l4Of(tuple) === IPPROTO_TCP &&
      this.#ct.protocolState(slot) === TCP_CONNTRACK_SYN_SENT;
    if (!mayEvict) return store.isTaken(this.#reply, slot);
    const link = store.find(this.#reply, this.#ct.zoneWord(slot));
    if (link === 0) return false;
    const other = link >>> 1;
    const status = this.#ct.status(other);
    if ((link & 1) === 0 || this.#ct.protocolState(other) < TCP_CONNTRACK_TIME_WAIT) return true;
    if ((status & (IPS_FIXED_TIMEOUT | IPS_DYING)) !== 0 || (status & IPS_SRC_NAT) === 0)
      return true;
    // Late segments of the old connection must not fit into the new one.
    if (((this.#ct.tcpEnd(slot, 0) - this.#ct.tcpEnd(other, 0)) | 0) <= 0) return true;
    return !this.#ct.kill(other) || (status & (IPS_OFFLOAD | IPS_HW_OFFLOAD)) !== 0;
  }
}

/** Without a range, a port stays in its class: below 512, from 600 to 1023, or above. */
function portClass(port: number): [number, number] {
  if (port >= 1024) return [1024, 65535];
  return port < 512 ? [1, 511] : [600, 1023];
}
