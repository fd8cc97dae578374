// Tables, chains, rules, sets, objects and flow tables as plain frozen data: the shape of the
// kernel's nf_tables netlink messages (include/uapi/linux/netfilter/nf_tables.h).

import type { Data, Expr, Hex, ObjectKind } from './expr.ts';

export type Family = 'ip' | 'ip6' | 'inet' | 'arp' | 'bridge' | 'netdev';

/** Where a rule, set or chain was written. Lines and columns count from 1. */
export interface Source {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The statement as the person wrote it, on one line. */
  readonly text?: string;
}

/**
 * NFTA_*_USERDATA of tables, chains, rules, sets, elements and objects: bytes that the kernel keeps
 * and does not read. What nft puts there has fields of its own; here is what remains, as it was.
 */
export type Userdata = Hex;

interface Noted {
  readonly comment?: string;
  readonly userdata?: Userdata;
}

/** What a thing carries for people and programs, and the kernel does not look at. */
export const notesOf = ({ comment, userdata }: Noted): Noted => ({
  ...(comment !== undefined && { comment }),
  ...(userdata !== undefined && { userdata }),
});

export type TableFlag = 'dormant' | 'owner' | 'persist';

export interface Table {
  readonly family: Family;
  readonly name: string;
  readonly handle?: number;
  readonly flags: readonly TableFlag[];
  readonly comment?: string;
  readonly userdata?: Userdata;
  readonly chains: readonly Chain[];
  readonly sets: readonly SetSpec[];
  readonly objects: readonly NamedObject[];
  readonly flowtables: readonly Flowtable[];
}

export type ChainType = 'filter' | 'nat' | 'route';
export type HookName =
  | 'prerouting'
  | 'input'
  | 'forward'
  | 'output'
  | 'postrouting'
  | 'ingress'
  | 'egress';

/** What makes a chain a base chain. */
export interface BaseHook {
  readonly type: ChainType;
  readonly hook: HookName;
  readonly priority: number;
  /** netdev family and inet ingress: the interfaces, `eth*` wildcards allowed. */
  readonly devices: readonly string[];
}

export interface Chain {
  readonly name: string;
  readonly handle?: number;
  readonly base?: BaseHook;
  /** Base chains only; the kernel's default is accept. */
  readonly policy?: 'accept' | 'drop';
  /** NFTA_CHAIN_COUNTERS: what met the policy; base chains of iptables count it. */
  readonly counters?: { readonly packets: number; readonly bytes: number };
  /** NFT_CHAIN_HW_OFFLOAD, NFT_CHAIN_BINDING (anonymous, owned by a rule). */
  readonly flags: readonly ('offload' | 'binding')[];
  readonly comment?: string;
  readonly userdata?: Userdata;
  readonly rules: readonly Rule[];
  readonly source?: Source;
}

/**
 * NFTA_RULE_COMPAT: the protocol an xtables rule says it is about (`-p`), which its matches and
 * targets are checked against; for the bridge family the ethertype.
 */
export interface RuleCompat {
  readonly protocol: number;
  readonly invert: boolean;
}

export interface Rule {
  readonly handle?: number;
  readonly exprs: readonly Expr[];
  readonly compat?: RuleCompat;
  readonly comment?: string;
  readonly userdata?: Userdata;
  readonly source?: Source;
}

/** NFT_SET_* in nft's words; `map` and `object` are told by dataType and objType. */
export type SetFlag = 'anonymous' | 'constant' | 'interval' | 'timeout' | 'dynamic' | 'concat';

/**
 * A type of nft's language as the kernel stores it opaquely (NFTA_SET_KEY_TYPE is a number, made
 * of 6-bit ids; here its names): `ipv4_addr`, or `ipv4_addr . inet_service` for a concatenation.
 */
export type TypeName = string;

export interface SetSpec {
  readonly name: string;
  readonly handle?: number;
  readonly flags: readonly SetFlag[];
  readonly keyType: TypeName;
  /** Bytes of a key; for concatenations the sum of the fields each padded to four. */
  readonly keyLen: number;
  /** Bytes of each field of a concatenation, unpadded (NFTA_SET_DESC_CONCAT). */
  readonly fieldLens?: readonly number[];
  /** The expression of a `typeof` declaration, as nft prints it. */
  readonly keyTypeof?: string;
  /** Maps only: a type name, or `verdict`. */
  readonly dataType?: TypeName;
  readonly dataLen?: number;
  readonly dataTypeof?: string;
  /** The data of a map are intervals (NFT_SET_F … with `interval` data: ranges of addresses). */
  readonly dataInterval?: boolean;
  /** Object maps. */
  readonly objType?: ObjectKind;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly gcInterval?: number;
  readonly size?: number;
  readonly policy?: 'performance' | 'memory';
  readonly autoMerge?: boolean;
  readonly comment?: string;
  readonly userdata?: Userdata;
  /** Stateful expressions each element carries. */
  readonly exprs: readonly Expr[];
  readonly elements: readonly SetElement[];
  readonly source?: Source;
}

/**
 * One element. An interval set holds closed ranges here: `key` … `keyEnd`, both inclusive (the
 * kernel's rbtree form, a start element and an INTERVAL_END element, is made by whoever
 * serialises). In concatenated ranges each field has its own bounds, as NFTA_SET_ELEM_KEY_END.
 */
export interface SetElement {
  readonly key: Hex;
  readonly keyEnd?: Hex;
  /** NFT_SET_ELEM_CATCHALL: `*`; key is then empty. */
  readonly catchall?: boolean;
  readonly data?: Data;
  /** Interval data: the end of the range. */
  readonly dataEnd?: Hex;
  /** Object maps: the object's name. */
  readonly objref?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly expires?: number;
  readonly comment?: string;
  readonly userdata?: Userdata;
  readonly exprs?: readonly Expr[];
  /** NFTA_SET_ELEM_* that newer kernels have and nobody here knows, by number. */
  readonly attributes?: Readonly<Record<number, Hex>>;
}

export type ObjectData =
  | { readonly kind: 'counter'; readonly packets: number; readonly bytes: number }
  | {
      readonly kind: 'quota';
      readonly bytes: number;
      readonly consumed: number;
      readonly invert: boolean;
    }
  | {
      readonly kind: 'ct helper';
      readonly helper: string;
      readonly l4proto: number;
      readonly l3proto?: 'ip' | 'ip6' | 'inet';
    }
  | {
      readonly kind: 'limit';
      readonly rate: number;
      readonly unit: number;
      readonly burst: number;
      readonly type: 'packets' | 'bytes';
      readonly invert: boolean;
    }
  | { readonly kind: 'connlimit'; readonly count: number; readonly invert: boolean }
  | {
      readonly kind: 'ct timeout';
      readonly l4proto: number;
      readonly l3proto?: 'ip' | 'ip6' | 'inet';
      /** Seconds by state name (close_wait, established …). */
      readonly policy: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: 'ct expectation';
      readonly l4proto: number;
      readonly l3proto?: 'ip' | 'ip6' | 'inet';
      readonly dport: number;
      /** Milliseconds. */
      readonly timeout: number;
      readonly size: number;
    }
  | { readonly kind: 'secmark'; readonly context: string }
  | {
      readonly kind: 'synproxy';
      readonly mss: number;
      readonly wscale: number;
      readonly flags: number;
    }
  | { readonly kind: 'tunnel'; readonly attributes: Readonly<Record<string, unknown>> };

export interface NamedObject {
  readonly name: string;
  readonly handle?: number;
  readonly data: ObjectData;
  readonly comment?: string;
  readonly userdata?: Userdata;
  readonly source?: Source;
}

export interface Flowtable {
  readonly name: string;
  readonly handle?: number;
  readonly hook: 'ingress';
  readonly priority: number;
  readonly devices: readonly string[];
  /** NFT_FLOWTABLE_HW_OFFLOAD, NFT_FLOWTABLE_COUNTER. */
  readonly flags: readonly ('offload' | 'counter')[];
  readonly source?: Source;
}

/** A whole ruleset, in the order tables were made. */
export interface Program {
  readonly tables: readonly Table[];
}

export const EMPTY_PROGRAM: Program = Object.freeze({ tables: Object.freeze([]) });
