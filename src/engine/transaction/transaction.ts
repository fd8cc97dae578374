// One batch being applied. Changes are made in place, each with what undoes it; a refusal runs the
// undos backwards, so nothing of the batch remains (nf_tables_abort). No packet is looked at
// meanwhile, so nobody sees the middle.

import type { Change, Expr, Family, ObjectKind, RuleCompat } from '../../program/index.ts';
import { Endianness } from '../endianness.ts';
import { refuse } from '../errno.ts';
import { prepareExpr } from '../expr/index.ts';
import type { Env, Op, Prepare } from '../op.ts';
import type { RuntimeSet } from '../set/set.ts';
import { Chain } from '../state/chain.ts';
import type { NamedObj } from '../state/objects.ts';
import { chainOf, type RulesetState } from '../state/ruleset.ts';
import { objectKey, type Table } from '../state/table.ts';

/**
 * What undoes one step: a function; or, without making two closures for each of ten thousand rules,
 * expressions to be deactivated, or a chain whose last rule goes.
 */
type Undo = (() => void) | readonly Op[] | Chain;

function takeBack(undo: Undo): void {
  if (typeof undo === 'function') undo();
  else if (undo instanceof Chain) undo.rules.pop();
  else for (const op of undo) op.deactivate?.();
}

export class Transaction {
  readonly state: RulesetState;
  readonly env: Env;
  /** Chains whose rules, devices or policy changed. */
  readonly chains = new Set<Chain>();
  /** Tables in which jumps or hooks may have changed. */
  readonly tables = new Set<Table>();
  /** Lists of rules that this transaction made: nobody else walks them yet. */
  readonly lists = new Set<readonly unknown[]>();
  /** The batch as it was carried out, with names and handles given; for listeners. */
  readonly done: Change[] = [];
  /** A saved ruleset is put back: everything keeps the handle it had. */
  readonly restoring: boolean;
  /** Whether anybody is told of the changes: only then are those of rules kept in `done`. */
  readonly told: boolean;
  readonly #undo: Undo[] = [];
  /** Maps whose order a step that is taken back later restores: one copy for ten thousand chains that go. */
  readonly #ordered = new Set<unknown>();
  /** Anonymous sets and chains by the names this batch calls them. */
  readonly #aliases = new Map<Table, Map<string, RuntimeSet | Chain>>();

  constructor(state: RulesetState, env: Env, restoring = false, told = true) {
    this.restoring = restoring;
    this.told = told;
    this.state = state;
    this.env = env;
  }

  /** Remembers how to take back what was just done. */
  undoWith(undo: Undo): void {
    this.#undo.push(undo);
  }

  /** How far the transaction has come; `rollback` may go back to it. */
  get mark(): number {
    return this.#undo.length;
  }

  rollback(mark = 0): void {
    for (let i = this.#undo.length - 1; i >= mark; i--) takeBack(this.#undo[i]!);
    this.#undo.length = mark;
  }

  /** Behind the commit: what stays alive of a transaction is what its expressions need. */
  finish(): void {
    this.#undo.length = 0;
    this.#aliases.clear();
    this.#ordered.clear();
    this.chains.clear();
    this.tables.clear();
    this.lists.clear();
    this.done.length = 0;
  }

  get now(): number {
    return this.env.netns.clock.now();
  }

  /** Sets a map entry, to be taken back on abort; a new entry goes last. */
  put<K, V>(map: Map<K, V>, key: K, value: V): void {
    const had = map.has(key);
    const old = map.get(key);
    map.set(key, value);
    this.undoWith(() => {
      if (had && old !== undefined) map.set(key, old);
      else map.delete(key);
    });
  }

  /** Deletes a map entry; when all is taken back, all entries stand in their old order again. */
  drop<K, V>(map: Map<K, V>, key: K): void {
    const value = map.get(key);
    if (value === undefined) return;
    if (this.#ordered.has(map)) {
      map.delete(key);
      this.undoWith(() => {
        map.set(key, value);
      });
      return;
    }
    const before = [...map];
    this.#ordered.add(map);
    map.delete(key);
    this.undoWith(() => {
      this.#ordered.delete(map);
      map.clear();
      for (const [k, v] of before) map.set(k, v);
    });
  }

  /** The handle of something new in a table. */
  handle(table: Table, saved: number | undefined): number {
    return this.restoring && saved !== undefined ? saved : table.nextHandle();
  }

  alias(table: Table, name: string, target: RuntimeSet | Chain): void {
    let names = this.#aliases.get(table);
    if (names === undefined) {
      names = new Map();
      this.#aliases.set(table, names);
    }
    names.set(name, target);
  }

  #aliased(table: Table, name: string): RuntimeSet | Chain | undefined {
    return this.#aliases.get(table)?.get(name);
  }

  /** @throws Refusal ENOENT */
  setIn(table: Table, name: string): RuntimeSet {
    const alias = this.#aliased(table, name);
    if (alias !== undefined && 'backend' in alias) return alias;
    return (
      table.sets.get(name) ??
      refuse('ENOENT', `there is no set ${name} in table ${table.family} ${table.name}`)
    );
  }

  /** @throws Refusal ENOENT */
  chainIn(table: Table, name: string): Chain {
    const alias = this.#aliased(table, name);
    if (alias !== undefined && 'rules' in alias) return alias;
    return chainOf(table, name);
  }

  /** What expressions of one rule are prepared in. */
  context(table: Table, chain: Chain | null, compat?: RuleCompat): Prepare {
    return new RuleContext(this, table, chain, compat);
  }

  activate(ops: readonly Op[]): void {
    for (const op of ops) op.activate?.();
    this.undoWith(ops);
  }

  deactivate(ops: readonly Op[]): void {
    for (const op of ops) op.deactivate?.();
    this.undoWith(() => {
      for (const op of ops) op.activate?.();
    });
  }
}

/** A class: the closures it would else have were made anew for each of ten thousand rules. */
class RuleContext implements Prepare {
  readonly env: Env;
  readonly family: Family;
  readonly table: Table;
  readonly chain: Chain | null;
  readonly protocol: number;
  readonly notProtocol: number;
  readonly endian = new Endianness();
  readonly #tx: Transaction;

  constructor(tx: Transaction, table: Table, chain: Chain | null, compat?: RuleCompat) {
    this.#tx = tx;
    this.env = tx.env;
    this.family = table.family;
    this.table = table;
    this.chain = chain;
    this.protocol = compat === undefined || compat.invert ? 0 : compat.protocol;
    this.notProtocol = compat?.invert === true ? compat.protocol : 0;
  }

  setNamed(name: string): RuntimeSet {
    return this.#tx.setIn(this.table, name);
  }

  chainNamed(name: string): Chain {
    return this.#tx.chainIn(this.table, name);
  }

  objectNamed(kind: ObjectKind, name: string): NamedObj {
    const { table } = this;
    return (
      table.objects.get(objectKey(kind, name)) ??
      refuse('ENOENT', `there is no ${kind} ${name} in table ${table.family} ${table.name}`)
    );
  }

  prepare(expr: Expr): Op {
    return prepareExpr(expr, this);
  }
}

/** The part of a change that says where. */
export interface Where {
  readonly family: Family;
  readonly table: string;
}

/** The first free `__set%d`, `__map%d` or `__chain%d` (nf_tables_set_alloc_name). */
export function freeName(taken: ReadonlyMap<string, unknown>, prefix: string): string {
  let n = 0;
  while (taken.has(`${prefix}${n}`)) n++;
  return `${prefix}${n}`;
}
