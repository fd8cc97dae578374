// What the engine asks of address translation. Room nat stands behind it (see nat-adapter.ts);
// without it, nat expressions are opaque and nat chains run like any other.

import type { HookEntry, HookName, NetDevice, Packet } from '../core/index.ts';

/** NF_NAT_RANGE_*, include/uapi/linux/netfilter/nf_nat.h. */
export const NF_NAT_RANGE_MAP_IPS = 1 << 0;
export const NF_NAT_RANGE_PROTO_SPECIFIED = 1 << 1;
export const NF_NAT_RANGE_NETMAP = 1 << 6;

/** struct nf_nat_range2. Addresses are 4 or 16 bytes in the front of 16, network order. */
export interface NatRange {
  flags: number;
  readonly minAddr: Uint8Array;
  readonly maxAddr: Uint8Array;
  minProto: number;
  maxProto: number;
}

export type Manip = 'src' | 'dst';

export interface Translator {
  /** nf_nat_setup_info(): binds the packet's connection. Answers NF_ACCEPT or NF_DROP. */
  setup(packet: Packet, manip: Manip, range: NatRange): number;
  /** nf_nat_masquerade_ipv4/6() towards `out`. */
  masquerade(packet: Packet, out: NetDevice, range: NatRange): number;
  /** nf_nat_redirect_ipv4/6(). */
  redirect(packet: Packet, hook: HookName, device: NetDevice | null, range: NatRange): number;
  /** nf_nat_register_fn(): nat chains run once per connection, from nat's own hooks. */
  register(family: 'ip' | 'ip6', hook: HookName, entry: HookEntry): () => void;
}
