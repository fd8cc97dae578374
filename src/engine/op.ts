// What an expression becomes when its rule is committed: an object that evaluates itself. All
// decoding, resolving and checking is done by then; evaluation allocates nothing.

import type { Conntrack } from '../conntrack/index.ts';
import type { Netns } from '../core/index.ts';
import type { Nat } from '../nat/index.ts';
import type { Expr, Family, ObjectKind } from '../program/index.ts';
import type { Endianness } from './endianness.ts';
import type { PktInfo } from './pktinfo.ts';
import type { Registers } from './registers.ts';
import type { RuntimeSet } from './set/set.ts';
import type { Chain } from './state/chain.ts';
import type { NamedObj } from './state/objects.ts';
import type { Table } from './state/table.ts';
import type { Synproxy } from './synproxy/index.ts';

/** Words of the register file, for traces. */
export interface Span {
  readonly word: number;
  readonly bytes: number;
}

export interface Op {
  /** A verdict code of `verdict.ts`; NFT_CONTINUE goes on, NFT_BREAK ends the rule unmatched. */
  eval(regs: Registers, pkt: PktInfo): number;
  /** The expression with its state of now. */
  dump(): Expr;
  /** What it reads and writes, for traces. */
  readonly reads?: Span;
  readonly writes?: Span;
  /** What a comparison wanted, and why an expression broke; asked only behind a failed `eval`. */
  wanted?(): string;
  why?(regs: Registers, pkt: PktInfo): string;
  /** Refuses base chains it must not be reached from (nft_expr_ops.validate). */
  validate?(base: Chain): void;
  /** Chains it jumps to, for the loop check. */
  jumps?(): Iterable<Chain>;
  /** Takes and gives back what it refers to, as its rule enters and leaves a generation. */
  activate?(): void;
  deactivate?(): void;
  /** The set it looks into, and the chain it leads to: anonymous ones live and die with it. */
  readonly set?: RuntimeSet;
  /** Zeroes the state (`nft reset`). */
  reset?(): void;
}

/** What is around an expression while it is prepared. */
export interface Prepare {
  readonly env: Env;
  readonly family: Family;
  readonly table: Table;
  readonly chain: Chain | null;
  /** What an xtables rule says it is about (NFTA_RULE_COMPAT): 0 for everything, or all but one. */
  readonly protocol: number;
  /** What the rule is not about, 0 for nothing. */
  readonly notProtocol: number;
  /** Byte order of what each register holds, for arithmetic that follows the host's. */
  readonly endian: Endianness;
  /** @throws Refusal ENOENT */
  setNamed(name: string): RuntimeSet;
  /** @throws Refusal ENOENT */
  chainNamed(name: string): Chain;
  /** @throws Refusal ENOENT */
  objectNamed(kind: ObjectKind, name: string): NamedObj;
  /** Prepares expressions inside an expression or element. */
  prepare(expr: Expr): Op;
}

/** What a ruleset stands on. */
export interface Env {
  readonly netns: Netns;
  readonly conntrack: Conntrack | null;
  readonly nat: Nat | null;
  readonly synproxy: Synproxy | null;
}

/** The common half of every op. */
export abstract class BaseOp<E extends Expr> implements Op {
  readonly expr: E;

  constructor(expr: E) {
    this.expr = expr;
  }

  abstract eval(regs: Registers, pkt: PktInfo): number;

  dump(): Expr {
    return this.expr;
  }
}
