// Where rules stand while a batch goes on. The language counts rules, the kernel knows handles, and
// a rule that is made in the same batch has no handle yet: it is told by a number of its own,
// NFTA_RULE_ID, which holds within the batch (nft_rule_lookup_byid() in nf_tables_api.c).

import type { Batch, Change, Family, Program } from '../../program/index.ts';

/** A rule of a chain: it has a handle, or a change of the batch makes it, or replaces what has one. */
interface Placed {
  readonly handle?: number;
  /** The `newrule` that makes it. */
  readonly made?: Change;
}

type NewRule = Extract<Change, { op: 'newrule' }>;
type DelRule = Extract<Change, { op: 'delrule' }>;

const tableKey = (family: Family, table: string): string => `${family}\0${table}\0`;
const chainKey = (change: { family: Family; table: string; chain: string }): string =>
  tableKey(change.family, change.table) + change.chain;

/** The rules of all chains, in order, as one change after the other is made. */
export class RulePlaces {
  readonly #chains = new Map<string, Placed[]>();

  constructor(current: Program) {
    for (const { family, name: table, chains } of current.tables) {
      for (const { name: chain, rules } of chains) {
        this.#chains.set(
          chainKey({ family, table, chain }),
          rules.map(({ handle }) => (handle === undefined ? {} : { handle })),
        );
      }
    }
  }

  #rules(change: { family: Family; table: string; chain: string }): Placed[] {
    const key = chainKey(change);
    const known = this.#chains.get(key);
    if (known !== undefined) return known;
    const rules: Placed[] = [];
    this.#chains.set(key, rules);
    return rules;
  }

  /** The rule that the language calls by its index. */
  at(change: NewRule | DelRule, index: number): Placed | undefined {
    const { chain } = change;
    return chain === undefined ? undefined : this.#rules({ ...change, chain })[index];
  }

  /** The index of the rule that `made` has made. */
  indexOf(made: NewRule): number {
    return this.#rules(made).findIndex((rule) => rule.made === made);
  }

  #place(change: NewRule): void {
    const rules = this.#rules(change);
    const { where, handle, index } = change;
    const at = handle === undefined ? index : rules.findIndex((rule) => rule.handle === handle);
    const made: Placed = { made: change };
    if (where === 'replace') rules.splice(at ?? 0, 1, { ...rules[at ?? 0], ...made });
    else if (where === 'insert') rules.splice(Math.max(at ?? 0, 0), 0, made);
    else rules.splice(at === undefined || at < 0 ? rules.length : at + 1, 0, made);
  }

  #remove({ family, table, chain, rule }: DelRule): void {
    if (chain === undefined) this.#forget(tableKey(family, table));
    else if (rule === undefined) this.#chains.delete(chainKey({ family, table, chain }));
    else {
      const rules = this.#rules({ family, table, chain });
      const at = rule.index ?? rules.findIndex(({ handle }) => handle === rule.handle);
      if (at >= 0) rules.splice(at, 1);
    }
  }

  #forget(prefix: string): void {
    for (const key of this.#chains.keys()) if (key.startsWith(prefix)) this.#chains.delete(key);
  }

  #rename({ family, table, chain, to }: Extract<Change, { op: 'renamechain' }>): void {
    const rules = this.#rules({ family, table, chain });
    this.#chains.delete(chainKey({ family, table, chain }));
    this.#chains.set(chainKey({ family, table, chain: to }), rules);
  }

  make(change: Change): void {
    switch (change.op) {
      case 'newrule':
        this.#place(change);
        break;
      case 'delrule':
        this.#remove(change);
        break;
      case 'deltable':
        this.#forget(tablesOf(change));
        break;
      case 'delchain':
        if (change.chain.name !== undefined) {
          this.#chains.delete(chainKey({ ...change, chain: change.chain.name }));
        }
        break;
      case 'renamechain':
        this.#rename(change);
        break;
      default:
        break;
    }
  }
}

/** The beginning of the keys of what goes with a table, all tables of a family, or all. */
function tablesOf({ family, table }: Extract<Change, { op: 'deltable' }>): string {
  if (family === undefined) return '';
  return table?.name === undefined ? `${family}\0` : tableKey(family, table.name);
}

/** How the messages of a batch name rules: by handle, or by the number of a rule the batch makes. */
export class RuleNumbers {
  readonly #ids = new Map<Change, number>();
  readonly #anchors = new Map<Change, Placed>();

  constructor(batch: Batch, current: Program) {
    const places = new RulePlaces(current);
    for (const change of batch) {
      const index = change.op === 'newrule' ? change.index : indexDeleted(change);
      if (index !== undefined) this.#anchor(change as NewRule | DelRule, index, places);
      places.make(change);
    }
  }

  #anchor(change: NewRule | DelRule, index: number, places: RulePlaces): void {
    const rule = places.at(change, index);
    if (rule === undefined) return;
    this.#anchors.set(change, rule);
    if (rule.made !== undefined && !this.#ids.has(rule.made)) {
      this.#ids.set(rule.made, this.#ids.size + 1);
    }
  }

  /** NFTA_RULE_ID of the rule that a change makes, where another one names it. */
  idOf(change: Change): number | undefined {
    return this.#ids.get(change);
  }

  /** What the index of a change stands for; undefined where there is no such rule. */
  anchorOf(change: Change): { readonly handle: number } | { readonly id: number } | undefined {
    const rule = this.#anchors.get(change);
    // The handle of what was replaced stands before its replacement until the batch is committed.
    const id = rule?.made && this.#ids.get(rule.made);
    if (id !== undefined) return { id };
    return rule?.handle === undefined ? undefined : { handle: rule.handle };
  }
}

const indexDeleted = (change: Change): number | undefined =>
  change.op === 'delrule' ? change.rule?.index : undefined;
