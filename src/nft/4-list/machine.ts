// What lifting makes, and the registers it follows.

import type { Expr, ExprKind, Register, SetSpec, Table } from '../../program/index.ts';
import type { MangleKey, Statement } from '../ast/index.ts';
import type { Datatype } from '../types/index.ts';
import type { Match } from './layers.ts';
import {
  type ConcatOperand,
  cloneOperand,
  type ExthdrOperand,
  type MapOperand,
  type Operand,
  type PayloadOperand,
  paddedBits,
  type SetOperand,
} from './operand.ts';

type Of<K extends ExprKind> = Extract<Expr, { kind: K }>;

export interface NatLifted {
  readonly kind: 'nat';
  readonly word: 'snat' | 'dnat' | 'masquerade' | 'redirect';
  readonly family?: 'ip' | 'ip6' | 'inet';
  readonly addrMin?: Operand;
  readonly addrMax?: Operand;
  readonly portMin?: Operand;
  readonly portMax?: Operand;
  readonly flags: number;
}

/** A statement whose operands still wait for the protocol context. */
export type Lifted =
  | Match
  | { readonly kind: 'vmap'; key: Operand; readonly mapping: SetOperand }
  | { readonly kind: 'done'; readonly statement: Statement }
  | { readonly kind: 'payload write'; readonly target: PayloadOperand; readonly value: Operand }
  | { readonly kind: 'exthdr write'; readonly target: ExthdrOperand; readonly value?: Operand }
  | {
      readonly kind: 'mangle';
      readonly key: MangleKey;
      readonly type: Datatype;
      readonly value: Operand;
    }
  | NatLifted
  | {
      readonly kind: 'tproxy';
      readonly family: 'ip' | 'ip6' | 'unspec';
      readonly addr?: Operand;
      readonly port?: Operand;
    }
  | { readonly kind: 'reject'; readonly expr: Of<'reject'> }
  | {
      readonly kind: 'dynset';
      readonly expr: Of<'dynset'>;
      readonly set: SetSpec;
      readonly key: Operand;
      readonly data?: Operand;
    }
  | { readonly kind: 'queue'; readonly num?: Operand; readonly flags: number }
  | { readonly kind: 'dup'; readonly addr?: Operand; readonly dev?: Operand }
  | {
      readonly kind: 'fwd';
      readonly dev: Operand;
      readonly addr?: Operand;
      readonly nfproto: number;
    }
  | { readonly kind: 'objref map'; readonly map: MapOperand };

/** The state of reading one rule. */
export class Machine {
  readonly table: Table;
  readonly registers = new Map<number, Operand>();
  readonly out: Lifted[] = [];

  constructor(table: Table) {
    this.table = table;
  }

  set(reg: Register, operand: Operand): void {
    this.registers.set(slotOf(reg), operand);
  }

  /** What `reg` holds; an empty register is the bytecode's mistake, listed as a zero. */
  get(reg: Register): Operand {
    const held = this.registers.get(slotOf(reg));
    return held === undefined ? { kind: 'value', bits: 32, value: 0n } : cloneOperand(held);
  }

  getOptional(reg: Register | undefined): Operand | undefined {
    return reg === undefined ? undefined : this.get(reg);
  }

  /** Neighbouring registers together, `bits` of them, from `reg` on. */
  getConcat(reg: Register, bits: number): Operand {
    const first = this.get(reg);
    if (first.bits >= bits || first.bits === 0) return first;
    const items: Operand[] = [];
    for (let slot = slotOf(reg), left = bits; left > 0; ) {
      const held = this.registers.get(slot);
      if (held === undefined) break;
      const item = cloneOperand(held);
      items.push(item);
      // A key whose width nothing tells fills what is left.
      const width = item.bits === 0 ? left : paddedBits(item.bits);
      left -= width;
      slot += width / 32;
    }
    return items.length === 1 ? items[0]! : ({ kind: 'concat', bits, items } as ConcatOperand);
  }

  findSet(name: string): SetSpec {
    const set = this.table.sets.find((s) => s.name === name);
    return set ?? { name, flags: [], keyType: 'integer', keyLen: 4, exprs: [], elements: [] };
  }

  emit(lifted: Lifted): void {
    this.out.push(lifted);
  }

  done(statement: Statement): void {
    this.out.push({ kind: 'done', statement });
  }
}

/** The sixteen-byte registers 1-4 are the four-byte ones 8-23 by fours. */
const slotOf = (reg: Register): number => (reg >= 8 ? reg - 8 : (reg - 1) * 4);
