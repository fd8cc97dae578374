// Expressions that load, compute or compare: they change registers, or end the rule.

import type { CmpOp, Data, ExthdrOp, Hex, PayloadBase, Register } from './expr-data.ts';

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

/** `key` is the name libnftnl prints for enum nft_ct_keys (state, direction, mark, src …). */
export interface CtLoadExpr {
  readonly kind: 'ct';
  readonly key: string;
  readonly dreg: Register;
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

export interface ExthdrLoadExpr {
  readonly kind: 'exthdr';
  readonly op: ExthdrOp;
  readonly type: number;
  readonly offset: number;
  readonly len: number;
  readonly present: boolean;
  readonly dreg: Register;
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
