// What a rule wants of a translation (struct nf_nat_range2, include/uapi/linux/netfilter/nf_nat.h).

import { u32 } from '../bytes/index.ts';
import { NFPROTO_IPV4 } from '../conntrack/index.ts';

export const NF_NAT_RANGE_MAP_IPS = 1 << 0;
export const NF_NAT_RANGE_PROTO_SPECIFIED = 1 << 1;
export const NF_NAT_RANGE_PROTO_RANDOM = 1 << 2;
export const NF_NAT_RANGE_PERSISTENT = 1 << 3;
export const NF_NAT_RANGE_PROTO_RANDOM_FULLY = 1 << 4;
export const NF_NAT_RANGE_PROTO_OFFSET = 1 << 5;
export const NF_NAT_RANGE_NETMAP = 1 << 6;
/** `random` and `fully-random` are one and the same since kernel 5.0. */
export const NF_NAT_RANGE_PROTO_RANDOM_ALL =
  NF_NAT_RANGE_PROTO_RANDOM | NF_NAT_RANGE_PROTO_RANDOM_FULLY;

/** enum nf_nat_manip_type. */
export const NF_NAT_MANIP_SRC = 0;
export const NF_NAT_MANIP_DST = 1;
export type Manip = typeof NF_NAT_MANIP_SRC | typeof NF_NAT_MANIP_DST;

/** One object serves many packets: clear, fill, hand to `Nat.setupInfo`. */
export class NatRange {
  /** NF_NAT_RANGE_*. */
  flags = 0;
  /** First and last address, as words of a tuple: IPv4 in the first only. */
  readonly min = new Int32Array(4);
  readonly max = new Int32Array(4);
  /** Ports, or ICMP identifiers, in host order. */
  minPort = 0;
  maxPort = 0;
  /** With PROTO_OFFSET: the first port of the range the packets were sent to. */
  basePort = 0;

  clear(): void {
    this.flags = 0;
    this.min.fill(0);
    this.max.fill(0);
    this.minPort = 0;
    this.maxPort = 0;
    this.basePort = 0;
  }

  /** Takes first and last address from bytes in network order and sets MAP_IPS. */
  setAddresses(
    l3: number,
    first: Uint8Array,
    firstOffset = 0,
    last: Uint8Array = first,
    lastOffset: number = firstOffset,
  ): void {
    const words = l3 === NFPROTO_IPV4 ? 1 : 4;
    for (let i = 0; i < 4; i++) {
      this.min[i] = i < words ? u32(first, firstOffset + 4 * i) | 0 : 0;
      this.max[i] = i < words ? u32(last, lastOffset + 4 * i) | 0 : 0;
    }
    this.flags |= NF_NAT_RANGE_MAP_IPS;
  }

  /** Sets first and last port and PROTO_SPECIFIED. */
  setPorts(first: number, last: number = first): void {
    this.minPort = first;
    this.maxPort = last;
    this.flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
  }

  copy(from: NatRange): void {
    this.flags = from.flags;
    this.min.set(from.min);
    this.max.set(from.max);
    this.minPort = from.minPort;
    this.maxPort = from.maxPort;
    this.basePort = from.basePort;
  }
}
