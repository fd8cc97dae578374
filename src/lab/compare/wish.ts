// What a rule wants of a packet: read off its expressions, so that packets can be made that meet it,
// and others that miss it by one.

import type { Random } from '../../core/index.ts';
import type { Chain, Hex, Rule, Table } from '../../program/index.ts';
import type { Draft } from './draft.ts';
import type { Places } from './network.ts';
import type { BytePlace } from './shape.ts';

/** What of a packet a rule asks for, in the words of nft. */
export type Field =
  | 'family'
  | 'protocol'
  | 'saddr'
  | 'daddr'
  | 'sport'
  | 'dport'
  | 'flags'
  | 'type'
  | 'code'
  | 'ttl'
  | 'tos'
  | 'length'
  | 'mark'
  | 'iif'
  | 'oif'
  /** The bridges of the ports a frame comes in and goes out by. */
  | 'bridge in'
  | 'bridge out'
  | 'ether saddr'
  | 'ether daddr'
  | 'state'
  /** Bytes that have no name here. */
  | 'bytes'
  /** Whether there is an option, header or chunk: 1 or 0. */
  | 'present'
  /** Of the program that sends it. */
  | 'uid'
  | 'gid'
  | 'classid'
  /** The security parameters index of what IPsec undid. */
  | 'ipsec'
  | 'pkttype'
  /** What no single number says: ways to make it so, and ways to just miss it. */
  | 'shape';

/** Both ends inclusive, of the same number of digits. */
export interface Span {
  readonly low: Hex;
  readonly high: Hex;
}

export interface Wish {
  readonly field: Field;
  readonly spans: readonly Span[];
  /** The value must be in none of the spans. */
  readonly negated: boolean;
  /** Bits that count; absent where all do. */
  readonly mask?: Hex;
  /** Of `bytes` and `present`. */
  readonly at?: BytePlace;
  /** Of `shape`. */
  readonly inside?: readonly Patch[];
  readonly outside?: readonly Patch[];
}

/** One way to change a packet. */
export type Patch = (draft: Draft, random: Random, places: Places) => Draft;

/** A wish that only patches fulfil. */
export const shapeWish = (
  inside: readonly Patch[],
  outside: readonly Patch[],
  negated = false,
): Wish => ({ field: 'shape', spans: [], negated, inside, outside });

/** A rule with what it wants, and the rules that lead to its chain. */
export interface Goal {
  readonly table: Table;
  readonly chain: Chain;
  readonly index: number;
  readonly rule: Rule;
  readonly wishes: readonly Wish[];
  /** From a base chain down to this one. */
  readonly through: readonly Wish[];
  /** The hook whose packets meet it, where only one does. */
  readonly hook: string | undefined;
}
