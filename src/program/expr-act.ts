// Expressions that act: on the packet, its connection, sets and objects.

import type { Expr } from './expr.ts';
import type { ExthdrOp, ObjectKind, PayloadBase, Register } from './expr-data.ts';

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

export interface MetaSetExpr {
  readonly kind: 'meta-set';
  readonly key: string;
  readonly sreg: Register;
}

export interface CtSetExpr {
  readonly kind: 'ct-set';
  readonly key: string;
  readonly sreg: Register;
  readonly dir?: 'original' | 'reply';
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
