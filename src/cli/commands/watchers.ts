// How calls that change the state tell those that watch it. Every watcher has a file of its own beside
// the state, made when it starts watching; whoever changes the state appends to each. So nothing is
// written while nobody watches, and nothing that happened before is told.

import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from './nft-lock.ts';

/** What is watched: the ruleset, or the connections. */
export type Watched = 'watch' | 'ctwatch';

/** Looking at a file's size this often costs nothing to speak of, and works on every file system. */
const PERIOD_MS = 50;

const processOf = (name: string): string => /\.(\d+)$/.exec(name)?.[1] ?? '';

export function watchersOf(state: string, kind: Watched): string[] {
  const begin = `${basename(state)}.${kind}.`;
  return readdirSync(dirname(state))
    .filter((name) => name.startsWith(begin) && processOf(name) !== '')
    .map((name) => join(dirname(state), name));
}

/** Only while the state is locked: entries stand in the order of the changes. */
export function tellWatchers(files: readonly string[], entries: readonly unknown[]): void {
  const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  for (const file of files)
    if (isAlive(processOf(file))) appendFileSync(file, lines);
    else rmSync(file, { force: true });
}

/** What a watcher reads: whole lines, each once. */
export class Journal<Entry> {
  readonly path: string;
  #read = 0;

  constructor(state: string, kind: Watched) {
    this.path = `${state}.${kind}.${process.pid}`;
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

/** Hands on what is told until SIGINT or SIGTERM comes. */
export async function follow<Entry>(
  journal: Journal<Entry>,
  told: (entry: Entry) => void,
): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  try {
    while (!stop.signal.aborted) {
      for (const entry of journal.take()) told(entry);
      await pause(PERIOD_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  } finally {
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
    journal.close();
  }
}
