// What the fields of expressions hold.

/** Bytes in hex, two digits a byte, in big-endian host order. */
export type Hex = string;

/** enum nft_registers. */
export type Register = number;

/** A verdict as nf_tables sees it: NF_ACCEPT, NF_DROP, NFT_CONTINUE, NFT_JUMP … */
export type VerdictData =
  | { readonly code: 'accept' | 'drop' | 'continue' | 'break' | 'return' }
  | { readonly code: 'jump' | 'goto'; readonly chain: string }
  | { readonly code: 'queue'; readonly num: number; readonly flags: number };

/** What a register or set element can hold: NFTA_DATA_VALUE or NFTA_DATA_VERDICT. */
export type Data =
  | { readonly kind: 'value'; readonly bytes: Hex }
  | { readonly kind: 'verdict'; readonly verdict: VerdictData };

/** enum nft_payload_bases. */
export type PayloadBase = 'link' | 'network' | 'transport' | 'inner' | 'tunnel';

/** enum nft_cmp_ops and nft_range_ops. */
export type CmpOp = 'eq' | 'neq' | 'lt' | 'lte' | 'gt' | 'gte';

/** enum nft_exthdr_op; `present` is NFT_EXTHDR_F_PRESENT: load 0 or 1 instead of failing. */
export type ExthdrOp = 'ipv6' | 'tcpopt' | 'ipv4' | 'sctp' | 'dccp';

/** NFT_OBJECT_*. */
export type ObjectKind =
  | 'counter'
  | 'quota'
  | 'ct helper'
  | 'limit'
  | 'connlimit'
  | 'tunnel'
  | 'ct timeout'
  | 'secmark'
  | 'ct expectation'
  | 'synproxy';
