// How calls that change the ruleset tell those that watch it. Every watcher has a file of its own
// beside the state, made when it starts watching; whoever changes the ruleset appends to each. So
// nothing is written while nobody watches, and nothing that happened before is told.

import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Program, Table } from '../../program/index.ts';
import type { Commit } from './nft-events.ts';
import { isAlive } from './nft-lock.ts';

export interface Entry extends Commit {
  readonly generation: number;
  readonly process: number;
}

const SUFFIX = /\.watch\.(\d+)$/;

const filesOf = (state: string): string[] =>
  readdirSync(dirname(state))
    .filter((name) => name.startsWith(`${basename(state)}.`) && SUFFIX.test(name))
    .map((name) => join(dirname(state), name));

/** The tables that changed; others say nothing about the changes. */
const touched = (program: Program, names: ReadonlySet<string>): Program => ({
  tables: program.tables.filter((table) => names.has(keyOf(table))),
});

const keyOf = ({ family, name }: Pick<Table, 'family' | 'name'>): string => `${family} ${name}`;

/** Only while the state is locked: entries stand in the order of their generations. */
export function publish(state: string, commit: Commit & { readonly generation: number }): void {
  const files = filesOf(state);
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
  const line = `${JSON.stringify(entry)}\n`;
  for (const file of files)
    if (isAlive(SUFFIX.exec(file)?.[1] ?? '')) appendFileSync(file, line);
    else rmSync(file, { force: true });
}

/** What a watcher reads: whole lines, each once. */
export class Journal {
  readonly path: string;
  #read = 0;

  constructor(state: string) {
    this.path = `${state}.watch.${process.pid}`;
    writeFileSync(this.path, '', { mode: 0o600 });
  }

  take(): Entry[] {
    const text = readFileSync(this.path);
    const fresh = text.subarray(this.#read);
    const whole = fresh.lastIndexOf(0x0a) + 1;
    this.#read += whole;
    return fresh
      .toString('utf8', 0, whole)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Entry);
  }

  close(): void {
    rmSync(this.path, { force: true });
  }
}
