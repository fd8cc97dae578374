// What calls that change the ruleset tell those that watch it.

import type { Program, Table } from '../../program/index.ts';
import type { Commit } from './nft-events.ts';
import { tellWatchers, watchersOf } from './watchers.ts';

export interface Entry extends Commit {
  readonly generation: number;
  readonly process: number;
}

/** The tables that changed; others say nothing about the changes. */
const touched = (program: Program, names: ReadonlySet<string>): Program => ({
  tables: program.tables.filter((table) => names.has(keyOf(table))),
});

const keyOf = ({ family, name }: Pick<Table, 'family' | 'name'>): string => `${family} ${name}`;

/** Only while the state is locked: entries stand in the order of their generations. */
export function publish(state: string, commit: Commit & { readonly generation: number }): void {
  const files = watchersOf(state, 'watch');
  if (files.length === 0 || commit.changes.length === 0) return;
  const names = new Set(
    commit.changes.map((change) =>
      change.op === 'newtable' || change.op === 'deltable'
        ? `${change.family} ${change.table?.name}`
        : `${change.family} ${change.table}`,
    ),
  );
  const entry: Entry = {
    generation: commit.generation,
    process: process.pid,
    changes: commit.changes,
    before: touched(commit.before, names),
    after: touched(commit.after, names),
  };
  tellWatchers(files, [entry]);
}
