// The tables of one family while commands change them: what there is, what each command makes of
// it, and the changes that say the same to the engine. Positions are indices, as the commands
// count them; a rule of the same batch has no handle yet.

import type { Batch, Chain, Change, Program, Rule, Source } from '../../program/index.ts';
import { BUILTIN_TABLES, type BuiltinTable, builtinTable } from '../2-check/tables.ts';
import type { Counters } from '../ast/index.ts';
import type { XtFamily } from '../extension/index.ts';
import { type EbtPolicy, ebtPolicyOf, ebtPolicyRule } from './ebt-policy.ts';

export interface WorkChain {
  readonly name: string;
  readonly isBase: boolean;
  /** The kernel has it; a base chain is made when it is first used. */
  exists: boolean;
  /** Of a base chain; ebtables' other chains may have one, too: then it is a rule behind `rules`. */
  policy: 'accept' | 'drop' | undefined;
  counters: Counters | undefined;
  rules: Rule[];
}

export interface WorkTable {
  readonly builtin: BuiltinTable;
  exists: boolean;
  readonly chains: Map<string, WorkChain>;
}

function chainFrom(chain: Chain, family: XtFamily): WorkChain {
  const isBase = chain.base !== undefined;
  const ebt = family === 'bridge' && !isBase ? ebtPolicyOf(chain.rules.at(-1)) : undefined;
  return {
    name: chain.name,
    isBase,
    exists: true,
    policy: chain.policy ?? ebt,
    counters: chain.counters,
    rules: ebt === undefined ? [...chain.rules] : chain.rules.slice(0, -1),
  };
}

const hasPolicyRule = ({ isBase, policy }: WorkChain): boolean => !isBase && policy !== undefined;

const baseChain = (name: string): WorkChain => ({
  name,
  isBase: true,
  exists: false,
  policy: 'accept',
  counters: { packets: 0, bytes: 0 },
  rules: [],
});

/** Base chains first, in the table's order, then the others in the order they were made. */
function tableFrom(builtin: BuiltinTable, program: Program, family: XtFamily): WorkTable {
  const table = program.tables.find((one) => one.family === family && one.name === builtin.name);
  const there = new Map(
    (table?.chains ?? []).map((chain) => [chain.name, chainFrom(chain, family)]),
  );
  const chains = new Map(
    builtin.chains.map(({ name }) => [name, there.get(name) ?? baseChain(name)]),
  );
  for (const [name, chain] of there) chains.set(name, chain);
  return { builtin, exists: table !== undefined, chains };
}

const NO_COUNTERS: Counters = { packets: 0, bytes: 0 };

/** Where in a table a change is. */
interface At {
  readonly family: XtFamily;
  readonly table: string;
  readonly source?: Source;
}

export class Tables {
  readonly family: XtFamily;
  readonly changes: Change[] = [];
  readonly #program: Program;
  readonly #tables = new Map<string, WorkTable>();

  constructor(program: Program, family: XtFamily) {
    this.#program = program;
    this.family = family;
  }

  /** One of the family's tables, there or not; undefined for a name no table can have. */
  table(name: string): WorkTable | undefined {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const builtin = builtinTable(this.family, name);
    if (builtin === undefined) return undefined;
    const table = tableFrom(builtin, this.#program, this.family);
    this.#tables.set(name, table);
    return table;
  }

  /** The tables there are, in the order iptables-save prints them. */
  existing(): readonly WorkTable[] {
    return BUILTIN_TABLES[this.family]
      .map(({ name }) => this.table(name)!)
      .filter((one) => one.exists);
  }

  get batch(): Batch {
    return this.changes;
  }

  #at(table: WorkTable, source?: Source): At {
    const { family } = this;
    const { name } = table.builtin;
    return source === undefined ? { family, table: name } : { family, table: name, source };
  }

  #push(change: Change): void {
    this.changes.push(change);
  }

  /** Makes the table and, where it is a base chain, the chain. */
  #ensure(table: WorkTable, chain: WorkChain | undefined, source?: Source): void {
    if (!table.exists) {
      const { family } = this;
      this.#push({
        op: 'newtable',
        create: false,
        family,
        table: { name: table.builtin.name, flags: [] },
      });
      table.exists = true;
    }
    if (chain === undefined || chain.exists) return;
    this.#pushChain(table, chain, source);
    chain.exists = true;
  }

  #pushChain(table: WorkTable, chain: WorkChain, source?: Source): void {
    const base = table.builtin.chains.find(({ name }) => name === chain.name)?.base;
    const { name, policy = 'accept', counters = NO_COUNTERS } = chain;
    const at = this.#at(table, source);
    // Where its policy was given, for traces.
    const policed = base && { base, policy, counters, ...(source && { source }) };
    const made = policed === undefined ? { name, flags: [] } : { name, flags: [], ...policed };
    this.#push({ op: 'newchain', create: false, ...at, chain: made });
  }

  append(table: WorkTable, chain: WorkChain, rule: Rule, source?: Source): void {
    this.#ensure(table, chain, source);
    const index = chain.rules.push(rule) - 1;
    const { family } = this;
    const { name } = table.builtin;
    // One literal without spreads, since there may be ten thousand of them.
    if (source !== undefined && !hasPolicyRule(chain))
      this.#push({
        op: 'newrule',
        family,
        table: name,
        chain: chain.name,
        rule,
        where: 'add',
        source,
      });
    else {
      const at = { ...this.#at(table, source), chain: chain.name };
      if (hasPolicyRule(chain)) this.#push({ op: 'newrule', ...at, rule, where: 'insert', index });
      else this.#push({ op: 'newrule', ...at, rule, where: 'add' });
    }
  }

  /** @param index of the rule it will stand before; behind the last one it is appended */
  insert(table: WorkTable, chain: WorkChain, index: number, rule: Rule, source?: Source): void {
    if (index >= chain.rules.length) {
      this.append(table, chain, rule, source);
      return;
    }
    chain.rules.splice(index, 0, rule);
    this.#push({
      op: 'newrule',
      ...this.#at(table, source),
      chain: chain.name,
      rule,
      where: 'insert',
      index,
    });
  }

  replace(table: WorkTable, chain: WorkChain, index: number, rule: Rule, source?: Source): void {
    chain.rules[index] = rule;
    this.#push({
      op: 'newrule',
      ...this.#at(table, source),
      chain: chain.name,
      rule,
      where: 'replace',
      index,
    });
  }

  remove(table: WorkTable, chain: WorkChain, index: number, source?: Source): void {
    chain.rules.splice(index, 1);
    this.#push({
      op: 'delrule',
      destroy: false,
      ...this.#at(table, source),
      chain: chain.name,
      rule: { index },
    });
  }

  flush(table: WorkTable, chain: WorkChain, source?: Source): void {
    if (!chain.exists || chain.rules.length === 0) return;
    chain.rules = [];
    this.#deleteRules(table, chain, source);
    if (hasPolicyRule(chain)) this.#pushPolicyRule(table, chain, source);
  }

  #deleteRules(table: WorkTable, chain: WorkChain, source?: Source): void {
    this.#push({ op: 'delrule', destroy: false, ...this.#at(table, source), chain: chain.name });
  }

  #pushPolicyRule(
    table: WorkTable,
    { name: chain, policy = 'accept' }: WorkChain,
    source?: Source,
  ) {
    const rule = ebtPolicyRule(policy);
    this.#push({ op: 'newrule', ...this.#at(table, source), chain, rule, where: 'add' });
  }

  /** What happens at the end of one of ebtables' own chains; undefined returns. */
  ebtPolicy(
    table: WorkTable,
    chain: WorkChain,
    policy: EbtPolicy | undefined,
    source?: Source,
  ): void {
    if (hasPolicyRule(chain)) {
      const rule = { index: chain.rules.length };
      const at = { ...this.#at(table, source), chain: chain.name };
      this.#push({ op: 'delrule', destroy: false, ...at, rule });
    }
    chain.policy = policy;
    if (policy !== undefined) this.#pushPolicyRule(table, chain, source);
  }

  newChain(table: WorkTable, name: string, source?: Source): WorkChain {
    const chain: WorkChain = {
      name,
      isBase: false,
      exists: false,
      policy: undefined,
      counters: undefined,
      rules: [],
    };
    table.chains.set(name, chain);
    this.#ensure(table, chain, source);
    if (this.family === 'bridge') this.ebtPolicy(table, chain, 'accept', source);
    return chain;
  }

  deleteChain(table: WorkTable, chain: WorkChain, source?: Source): void {
    if (!chain.exists) return;
    if (chain.isBase) table.chains.set(chain.name, baseChain(chain.name));
    else table.chains.delete(chain.name);
    if (hasPolicyRule(chain)) this.#deleteRules(table, chain, source);
    this.#push({
      op: 'delchain',
      destroy: false,
      ...this.#at(table, source),
      chain: { name: chain.name },
    });
  }

  renameChain(table: WorkTable, chain: WorkChain, to: string, source?: Source): void {
    const rest = [...table.chains].filter(([name]) => name !== chain.name);
    table.chains.clear();
    for (const [name, one] of rest) table.chains.set(name, one);
    table.chains.set(to, { ...chain, name: to });
    this.#push({ op: 'renamechain', ...this.#at(table, source), chain: chain.name, to });
  }

  policy(
    table: WorkTable,
    chain: WorkChain,
    policy: 'accept' | 'drop',
    counters: Counters | undefined,
    source?: Source,
  ): void {
    chain.policy = policy;
    if (counters !== undefined) chain.counters = counters;
    if (table.exists && chain.exists) this.#pushChain(table, chain, source);
    else this.#ensure(table, chain, source);
  }

  /** All of it goes, and comes again with what follows (iptables-restore without --noflush). */
  clear(table: WorkTable): void {
    if (table.exists)
      this.#push({
        op: 'deltable',
        destroy: false,
        family: this.family,
        table: { name: table.builtin.name },
      });
    table.exists = false;
    table.chains.clear();
    for (const { name } of table.builtin.chains) table.chains.set(name, baseChain(name));
  }

  /** Makes the table with nothing in it: a file that names it has it. */
  touch(table: WorkTable): void {
    this.#ensure(table, undefined);
  }

  /** Jumps and gotos by the chain they lead to, from everywhere in a table. */
  references(table: WorkTable): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const chain of table.chains.values())
      for (const rule of chain.rules)
        for (const expr of rule.exprs) {
          if (expr.kind !== 'immediate' || expr.data.kind !== 'verdict') continue;
          const { verdict } = expr.data;
          if ('chain' in verdict) counts.set(verdict.chain, (counts.get(verdict.chain) ?? 0) + 1);
        }
    return counts;
  }
}
