// The expressions of nf_tables as plain data: one interface per kernel expression, named after it
// (net/netfilter/nft_*.c), fields named after the NFTA_* attributes of
// include/uapi/linux/netfilter/nf_tables.h.
//
// Values are hex strings of the bytes as they stand in memory on a *big-endian host*: a mark of 1
// is "00000001", port 22 is "0016". Host byte order thereby never shows in a program; whoever
// speaks to a little-endian kernel (room netlink) swaps the host-endian ones. Registers carry the
// kernel's numbers: 0 verdict, 1-4 the 16-byte ones, 8-23 the 4-byte ones (enum nft_registers).

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

export interface ImmediateExpr {
  readonly kind: 'immediate';
  readonly dreg: Register;
  readonly data: Data;
}

/** Loads `len` bytes at `base` + `offset` into `dreg`. A load past the end breaks the rule. */
export interface PayloadLoadExpr {
  readonly kind: 'payload';
  readonly base: PayloadBase;
  readonly offset: number;
  readonly len: number;
  readonly dreg: Register;
}

/** enum nft_payload_csum_types; `csumFlags` 1 is NFT_PAYLOAD_L4CSUM_PSEUDOHDR. */
export interface PayloadWriteExpr {
  readonly kind: 'payload-write';
  readonly base: PayloadBase;
  readonly offset: number;
  readonly len: number;
  readonly sreg: Register;
  readonly csumType: 'none' | 'inet' | 'sctp';
  readonly csumOffset: number;
  readonly csumFlags: number;
}

export interface CmpExpr {
  readonly kind: 'cmp';
  readonly sreg: Register;
  readonly op: CmpOp;
  readonly data: Hex;
}

export interface RangeExpr {
  readonly kind: 'range';
  readonly sreg: Register;
  readonly op: 'eq' | 'neq';
  readonly from: Hex;
  readonly to: Hex;
}

/** enum nft_bitwise_ops. `mask-xor`: dreg = (sreg & mask) ^ xor. */
export type BitwiseExpr = {
  readonly kind: 'bitwise';
  readonly sreg: Register;
  readonly dreg: Register;
  readonly len: number;
} & (
  | { readonly op: 'mask-xor'; readonly mask: Hex; readonly xor: Hex }
  | { readonly op: 'lshift' | 'rshift'; readonly shift: number }
  | { readonly op: 'and' | 'or' | 'xor'; readonly sreg2: Register }
);

export interface ByteorderExpr {
  readonly kind: 'byteorder';
  readonly sreg: Register;
  readonly dreg: Register;
  readonly op: 'ntoh' | 'hton';
  /** Bytes in all, and per conversion unit (2, 4 or 8). */
  readonly len: number;
  readonly size: number;
}

/** `key` is the name libnftnl prints for enum nft_meta_keys (len, protocol, mark, iifname …). */
export interface MetaLoadExpr {
  readonly kind: 'meta';
  readonly key: string;
  readonly dreg: Register;
}
export interface MetaSetExpr {
  readonly kind: 'meta-set';
  readonly key: string;
  readonly sreg: Register;
}

/** `key` is the name libnftnl prints for enum nft_ct_keys (state, direction, mark, src …). */
export interface CtLoadExpr {
  readonly kind: 'ct';
  readonly key: string;
  readonly dreg: Register;
  readonly dir?: 'original' | 'reply';
}
export interface CtSetExpr {
  readonly kind: 'ct-set';
  readonly key: string;
  readonly sreg: Register;
  readonly dir?: 'original' | 'reply';
}

/** `flags` bit 0 is NFT_LOOKUP_F_INV. With `dreg` a map; register 0 is a verdict map. */
export interface LookupExpr {
  readonly kind: 'lookup';
  readonly set: string;
  readonly sreg: Register;
  readonly dreg?: Register;
  readonly invert: boolean;
}

/** enum nft_dynset_ops. `exprs` are the stateful expressions each new element starts with. */
export interface DynsetExpr {
  readonly kind: 'dynset';
  readonly set: string;
  readonly op: 'add' | 'update' | 'delete';
  readonly sregKey: Register;
  readonly sregData?: Register;
  /** Milliseconds; 0 or absent takes the set's. */
  readonly timeout?: number;
  readonly invert: boolean;
  readonly exprs: readonly Expr[];
}

export interface CounterExpr {
  readonly kind: 'counter';
  readonly packets: number;
  readonly bytes: number;
}

/** enum nft_limit_type; `unit` in seconds, `rate` and `burst` in packets or bytes. */
export interface LimitExpr {
  readonly kind: 'limit';
  readonly rate: number;
  readonly unit: number;
  readonly burst: number;
  readonly type: 'packets' | 'bytes';
  /** NFT_LIMIT_F_INV: match above the rate. */
  readonly invert: boolean;
}

export interface QuotaExpr {
  readonly kind: 'quota';
  readonly bytes: number;
  readonly consumed: number;
  /** NFT_QUOTA_F_INV: match once exceeded. */
  readonly invert: boolean;
}

export interface ConnlimitExpr {
  readonly kind: 'connlimit';
  readonly count: number;
  readonly invert: boolean;
}

/** Milliseconds since the rule was last hit; absent: never. */
export interface LastExpr {
  readonly kind: 'last';
  readonly msecs?: number;
}

export interface LogExpr {
  readonly kind: 'log';
  readonly prefix?: string;
  readonly level?: number;
  readonly flags?: number;
  readonly group?: number;
  readonly snaplen?: number;
  readonly qthreshold?: number;
}

/** enum nft_reject_types and nft_reject_inet_code. */
export interface RejectExpr {
  readonly kind: 'reject';
  readonly type: 'icmp' | 'tcp-reset' | 'icmpx';
  readonly code: number;
}

/**
 * enum nft_nat_types; registers hold addresses (network order) and ports. `flags`: NF_NAT_RANGE_*.
 * Family `inet` is of a rule that maps ports only and so fits either.
 */
export interface NatExpr {
  readonly kind: 'nat';
  readonly type: 'snat' | 'dnat';
  readonly family: 'ip' | 'ip6' | 'inet';
  readonly regAddrMin?: Register;
  readonly regAddrMax?: Register;
  readonly regProtoMin?: Register;
  readonly regProtoMax?: Register;
  readonly flags: number;
}

export interface MasqExpr {
  readonly kind: 'masq';
  readonly flags: number;
  readonly regProtoMin?: Register;
  readonly regProtoMax?: Register;
}
export interface RedirExpr {
  readonly kind: 'redir';
  readonly flags: number;
  readonly regProtoMin?: Register;
  readonly regProtoMax?: Register;
}

export interface TproxyExpr {
  readonly kind: 'tproxy';
  readonly family: 'ip' | 'ip6' | 'unspec';
  readonly regAddr?: Register;
  readonly regPort?: Register;
}

export interface SynproxyExpr {
  readonly kind: 'synproxy';
  readonly mss: number;
  readonly wscale: number;
  readonly flags: number;
}

/** `flags`: NFT_QUEUE_FLAG_BYPASS 1, NFT_QUEUE_FLAG_CPU_FANOUT 2. */
export interface QueueExpr {
  readonly kind: 'queue';
  readonly num?: number;
  readonly total?: number;
  readonly sregQnum?: Register;
  readonly flags: number;
}

export interface DupExpr {
  readonly kind: 'dup';
  readonly sregAddr?: Register;
  readonly sregDev?: Register;
}
export interface FwdExpr {
  readonly kind: 'fwd';
  readonly sregDev: Register;
  readonly sregAddr?: Register;
  readonly nfproto?: number;
}

export interface NotrackExpr {
  readonly kind: 'notrack';
}

/** enum nft_exthdr_op; `present` is NFT_EXTHDR_F_PRESENT: load 0 or 1 instead of failing. */
export type ExthdrOp = 'ipv6' | 'tcpopt' | 'ipv4' | 'sctp' | 'dccp';
export interface ExthdrLoadExpr {
  readonly kind: 'exthdr';
  readonly op: ExthdrOp;
  readonly type: number;
  readonly offset: number;
  readonly len: number;
  readonly present: boolean;
  readonly dreg: Register;
}
export interface ExthdrWriteExpr {
  readonly kind: 'exthdr-write';
  readonly op: ExthdrOp;
  readonly type: number;
  readonly offset: number;
  readonly len: number;
  readonly sreg: Register;
}
/** `reset tcp option`: the option is overwritten with NOPs. */
export interface ExthdrResetExpr {
  readonly kind: 'exthdr-reset';
  readonly op: 'tcpopt';
  readonly type: number;
}

/** enum nft_fib_result and flags; flags in libnftnl's words (saddr daddr mark iif oif present). */
export interface FibExpr {
  readonly kind: 'fib';
  readonly result: 'oif' | 'oifname' | 'type' | 'present';
  readonly flags: readonly ('saddr' | 'daddr' | 'mark' | 'iif' | 'oif' | 'present')[];
  readonly dreg: Register;
}

export interface RtExpr {
  readonly kind: 'rt';
  readonly key: 'classid' | 'nexthop4' | 'nexthop6' | 'tcpmss' | 'ipsec';
  readonly dreg: Register;
}
export interface SocketExpr {
  readonly kind: 'socket';
  readonly key: 'transparent' | 'mark' | 'wildcard' | 'cgroupv2';
  readonly level?: number;
  readonly dreg: Register;
}
export interface OsfExpr {
  readonly kind: 'osf';
  readonly dreg: Register;
  readonly ttl: number;
  readonly flags: number;
}
export interface XfrmExpr {
  readonly kind: 'xfrm';
  readonly dir: 'in' | 'out';
  readonly spnum: number;
  readonly key: 'daddr4' | 'daddr6' | 'saddr4' | 'saddr6' | 'reqid' | 'spi';
  readonly dreg: Register;
}
export interface TunnelExpr {
  readonly kind: 'tunnel';
  readonly key: 'path' | 'id';
  readonly dreg: Register;
}
export interface NumgenExpr {
  readonly kind: 'numgen';
  readonly type: 'inc' | 'random';
  readonly modulus: number;
  readonly offset: number;
  readonly dreg: Register;
}
export type HashExpr = {
  readonly kind: 'hash';
  readonly modulus: number;
  readonly offset: number;
  readonly dreg: Register;
} & (
  | {
      readonly type: 'jenkins';
      readonly sreg: Register;
      readonly len: number;
      readonly seed: number;
      /** A seed that was not given: the kernel takes a random one. */
      readonly autoSeed: boolean;
    }
  | { readonly type: 'sym' }
);

export interface ObjrefExpr {
  readonly kind: 'objref';
  readonly ref:
    | { readonly type: ObjectKind; readonly name: string }
    | { readonly set: string; readonly sreg: Register };
}

export interface FlowOffloadExpr {
  readonly kind: 'flow_offload';
  readonly table: string;
}

/** nft_inner.c: run `expr` (payload or meta) on the packet inside a tunnel. */
export interface InnerExpr {
  readonly kind: 'inner';
  readonly type: 'vxlan' | 'geneve' | 'gre' | 'gretap';
  readonly hdrsize: number;
  readonly flags: number;
  readonly expr: PayloadLoadExpr | MetaLoadExpr;
}

/** An xtables extension that has no nf_tables form (nft_compat.c); `info` is its option text. */
export interface MatchExpr {
  readonly kind: 'match';
  readonly name: string;
  readonly rev: number;
  readonly info: unknown;
}
export interface TargetExpr {
  readonly kind: 'target';
  readonly name: string;
  readonly rev: number;
  readonly info: unknown;
}

/** A construct kept as written that sluice cannot evaluate: verdicts behind it *depend on* it. */
export interface OpaqueExpr {
  readonly kind: 'opaque';
  readonly text: string;
  readonly reason: string;
}

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

export type Expr =
  | ImmediateExpr
  | PayloadLoadExpr
  | PayloadWriteExpr
  | CmpExpr
  | RangeExpr
  | BitwiseExpr
  | ByteorderExpr
  | MetaLoadExpr
  | MetaSetExpr
  | CtLoadExpr
  | CtSetExpr
  | LookupExpr
  | DynsetExpr
  | CounterExpr
  | LimitExpr
  | QuotaExpr
  | ConnlimitExpr
  | LastExpr
  | LogExpr
  | RejectExpr
  | NatExpr
  | MasqExpr
  | RedirExpr
  | TproxyExpr
  | SynproxyExpr
  | QueueExpr
  | DupExpr
  | FwdExpr
  | NotrackExpr
  | ExthdrLoadExpr
  | ExthdrWriteExpr
  | ExthdrResetExpr
  | FibExpr
  | RtExpr
  | SocketExpr
  | OsfExpr
  | XfrmExpr
  | TunnelExpr
  | NumgenExpr
  | HashExpr
  | ObjrefExpr
  | FlowOffloadExpr
  | InnerExpr
  | MatchExpr
  | TargetExpr
  | OpaqueExpr;

export type ExprKind = Expr['kind'];
