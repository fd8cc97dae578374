// What the changes of a batch must know of each other: numbers of sets and chains that have no name
// yet, what sets there are, and the byte order of their keys.

import type { Batch, Change, Family, Program } from '../../program/index.ts';
import type { Names } from './expr/index.ts';
import { followRule, type SetFields, type SetLookup, type Slices } from './flow.ts';
import { fieldsOf } from './set-fields.ts';
import type { Declared } from './sets.ts';

interface KnownSet {
  readonly set: Declared;
  readonly fields: SetFields;
  /** 0 for a set that was there before. */
  readonly id: number;
}

const keyOf = (family: Family, table: string, name: string): string =>
  `${family}\0${table}\0${name}`;

export class BatchContext {
  readonly #sets = new Map<string, KnownSet>();
  readonly #chains = new Map<string, number>();
  readonly #slices = new Map<Change, readonly Slices[]>();
  #nextId = 1;

  constructor(batch: Batch, current: Program) {
    for (const table of current.tables) {
      for (const set of table.sets) this.#know(table.family, table.name, set, 0);
    }
    for (const change of batch) this.#declare(change);
    // A typeless constant takes its order from the rule that looks at it, so all rules are walked
    // before anything is written.
    for (const table of current.tables) {
      const lookup = this.#lookup(table.family, table.name);
      for (const rule of table.chains.flatMap((chain) => chain.rules)) {
        followRule(rule.exprs, lookup);
      }
    }
    for (const change of batch) {
      if (change.op !== 'newrule') continue;
      const lookup = this.#lookup(change.family, change.table);
      this.#slices.set(change, followRule(change.rule.exprs, lookup));
    }
  }

  #know(family: Family, table: string, set: Declared, id: number): void {
    this.#sets.set(keyOf(family, table, set.name), { set, fields: fieldsOf(set), id });
  }

  #declare(change: Change): void {
    if (change.op === 'newset') this.#know(change.family, change.table, change.set, this.#nextId++);
    if (change.op !== 'newchain' || !change.chain.flags.includes('binding')) return;
    this.#chains.set(keyOf(change.family, change.table, change.chain.name), this.#nextId++);
  }

  #lookup(family: Family, table: string): SetLookup {
    return (name) => this.#sets.get(keyOf(family, table, name))?.fields;
  }

  set(family: Family, table: string, name: string): KnownSet | undefined {
    return this.#sets.get(keyOf(family, table, name));
  }

  slices(change: Change): readonly Slices[] {
    return this.#slices.get(change) ?? [];
  }

  chainId(family: Family, table: string, name: string): number | undefined {
    return this.#chains.get(keyOf(family, table, name));
  }

  names(family: Family, table: string): Names {
    return {
      setName: (name) => {
        const known = this.set(family, table, name);
        if (known === undefined || known.id === 0) return name;
        return known.set.flags.includes('anonymous') ? name.replace(/\d+$/, '%d') : name;
      },
      setId: (name) => this.set(family, table, name)?.id || undefined,
      chainId: (name) => this.chainId(family, table, name),
    };
  }
}
