import { object, optional } from '../../schema.ts';
import { bytes, u16, u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/**
 * struct nf_nat_range2: of DNAT, SNAT, MASQUERADE, REDIRECT and NETMAP. Addresses are hex, absent
 * without NF_NAT_RANGE_MAP_IPS; ports absent without NF_NAT_RANGE_PROTO_SPECIFIED.
 */
export interface NatRangeInfo {
  readonly flags: number;
  readonly minAddr?: string;
  readonly maxAddr?: string;
  readonly minProto?: number;
  readonly maxProto?: number;
  readonly baseProto?: number;
}

const check = object<NatRangeInfo>({
  flags: u32,
  minAddr: optional(bytes(4, 16)),
  maxAddr: optional(bytes(4, 16)),
  minProto: optional(u16),
  maxProto: optional(u16),
  baseProto: optional(u16),
});

export const NAT_SHAPES: readonly XtShape[] = [
  'DNAT',
  'MASQUERADE',
  'NETMAP',
  'REDIRECT',
  'SNAT',
].map((name) => ({ name, check }));
