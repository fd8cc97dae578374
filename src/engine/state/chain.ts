// Chains and rules at run time (struct nft_chain, nft_base_chain, nft_rule).

import type { HookEntry } from '../../core/index.ts';
import {
  type BaseHook,
  type Chain as ChainSpec,
  type Expr,
  notesOf,
  type Rule as RuleSpec,
} from '../../program/index.ts';
import type { Image } from '../interpreter/image.ts';
import type { Op } from '../op.ts';
import type { Table } from './table.ts';

/**
 * Rules that are the same but for the data of comparisons. What was checked of the first is true of all
 * of them, and none refers to anything, so their ops are made when somebody asks for them.
 */
export interface Kin {
  readonly first: Rule;
  readonly prepare: (spec: RuleSpec) => readonly Op[];
}

export class Rule {
  readonly handle: number;
  readonly spec: RuleSpec;
  kin: Kin | null = null;
  #ops: readonly Op[] | null;

  /** Without ops a rule has kin. */
  constructor(handle: number, spec: RuleSpec, ops: readonly Op[] | null) {
    this.handle = handle;
    this.spec = spec;
    this.#ops = ops;
  }

  get ops(): readonly Op[] {
    this.#ops ??= this.kin?.prepare(this.spec) ?? NO_OPS;
    return this.#ops;
  }

  /** Those that may refer to sets and chains. */
  get referring(): readonly Op[] {
    return this.kin === null ? this.ops : NO_OPS;
  }

  /** With their state of now. */
  exprs(): readonly Expr[] {
    return this.#ops?.map((op) => op.dump()) ?? this.spec.exprs;
  }
}

const NO_OPS: readonly Op[] = [];

/** Where a base chain hangs: what to call to take it away. */
export interface Registration {
  readonly entry: HookEntry;
  readonly remove: () => void;
}

export class Chain {
  readonly table: Table;
  readonly handle: number;
  name: string;
  readonly base: BaseHook | undefined;
  devices: readonly string[];
  policy: 'accept' | 'drop';
  readonly flags: ChainSpec['flags'];
  readonly notes: ReturnType<typeof notesOf>;
  readonly source: ChainSpec['source'];
  rules: Rule[] = [];
  /** Jumps and gotos from rules and elements. */
  uses = 0;
  /** Packets and bytes that met the policy (struct nft_stats), and whether they are shown. */
  packets: number;
  bytes: number;
  counted: boolean;
  registrations: Registration[] = [];
  /** The interpreter's form of the rules; null after they changed. */
  image: Image | null = null;

  constructor(table: Table, handle: number, spec: Omit<ChainSpec, 'rules'>) {
    this.table = table;
    this.handle = handle;
    this.name = spec.name;
    this.base = spec.base;
    this.devices = spec.base?.devices ?? [];
    this.policy = spec.policy ?? 'accept';
    this.packets = spec.counters?.packets ?? 0;
    this.bytes = spec.counters?.bytes ?? 0;
    this.counted = spec.counters !== undefined;
    this.flags = spec.flags;
    this.notes = notesOf(spec);
    this.source = spec.source;
  }

  get binding(): boolean {
    return this.flags.includes('binding');
  }

  /** What a trace calls the chain's hook entry. */
  get title(): string {
    return `${this.table.family} ${this.table.name} ${this.name}`;
  }
}
