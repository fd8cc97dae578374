// What a rule wants of a translation (struct nf_nat_range2, include/uapi/linux/netfilter/nf_nat.h).

import { u32 } from '../bytes/index.ts';
import {
  type NF_NAT_MANIP_DST,
  type NF_NAT_MANIP_SRC,
  NF_NAT_RANGE_MAP_IPS,
  NF_NAT_RANGE_PROTO_SPECIFIED,
  NFPROTO_IPV4,
} from '../uapi/index.ts';

export {
  NF_NAT_MANIP_DST,
  NF_NAT_MANIP_SRC,
  NF_NAT_RANGE_MAP_IPS,
  NF_NAT_RANGE_NETMAP,
  NF_NAT_RANGE_PERSISTENT,
  NF_NAT_RANGE_PROTO_OFFSET,
  NF_NAT_RANGE_PROTO_RANDOM,
  NF_NAT_RANGE_PROTO_RANDOM_ALL,
  NF_NAT_RANGE_PROTO_RANDOM_FULLY,
  NF_NAT_RANGE_PROTO_SPECIFIED,
} from '../uapi/index.ts';

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
