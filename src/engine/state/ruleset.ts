// All tables of a namespace (struct nftables_pernet).

import type { Family } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Chain } from './chain.ts';
import { type Table, tableKey } from './table.ts';

export class RulesetState {
  /** By family and name, in the order they were made. */
  tables = new Map<string, Table>();
  /** Grows by one with every transaction. */
  generation = 1;
  #lastTableHandle = 0;

  nextTableHandle(): number {
    return ++this.#lastTableHandle;
  }

  get lastTableHandle(): number {
    return this.#lastTableHandle;
  }

  resumeTableHandles(last: number): void {
    this.#lastTableHandle = Math.max(this.#lastTableHandle, last);
  }

  find(family: Family, name: string): Table | undefined {
    return this.tables.get(tableKey(family, name));
  }

  /** @throws Refusal ENOENT */
  table(family: Family, name: string): Table {
    return this.find(family, name) ?? refuse('ENOENT', `there is no table ${family} ${name}`);
  }
}

/** @throws Refusal ENOENT */
export const chainOf = (table: Table, name: string): Chain =>
  table.chains.get(name) ??
  refuse('ENOENT', `there is no chain ${name} in table ${table.family} ${table.name}`);
