// How nftables numbers what a `typeof` says: enum expr_types of its expression.h, and the entries that
// each expression writes of itself (its build_udata).

import * as names from './typeof-names.ts';

/** enum expr_types, those that can be a `typeof` */
export const EXPR = {
  verdict: 1,
  payload: 7,
  exthdr: 8,
  meta: 9,
  socket: 10,
  osf: 11,
  ct: 12,
  concat: 13,
  numgen: 23,
  rt: 25,
  fib: 26,
  xfrm: 27,
} as const;

/** NFTNL_UDATA_SET_TYPEOF_EXPR, _DATA; of a concatenation's fields as well */
export const TYPEOF_EXPR = 0;
export const TYPEOF_DATA = 1;

/** NFTNL_UDATA_SET_KEY_PAYLOAD_* */
export const PAYLOAD = { desc: 0, type: 1, base: 2, offset: 3, len: 4, innerDesc: 5 } as const;
/** enum proto_bases */
export const BASES = [undefined, 'll', 'nh', 'th', 'ih'] as const;

/** NFTNL_UDATA_EXTHDR_* */
export const EXTHDR = { desc: 0, type: 1, op: 2 } as const;
/** enum nft_exthdr_op; 0 stands for IPv6 and is not written */
export const OPTIONS = [
  { head: 'tcp option', op: 1, table: names.TCP_OPTIONS },
  { head: 'ip option', op: 2, table: names.IP_OPTIONS },
  { head: 'sctp chunk', op: 3, table: names.SCTP_CHUNKS },
] as const;

/** IP_CT_DIR_ORIGINAL, IP_CT_DIR_REPLY */
export const DIRECTIONS = ['original', 'reply'] as const;
/** XFRM_POLICY_IN, XFRM_POLICY_OUT */
export const XFRM_DIRECTIONS = ['in', 'out'] as const;
/** enum nft_ng_types */
export const NUMGEN = ['inc', 'random'] as const;
