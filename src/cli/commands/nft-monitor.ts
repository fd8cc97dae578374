// `sluice nft monitor`: the changes that other calls make, as they make them, until interrupted.

import { setTimeout as pause } from 'node:timers/promises';
import type { Command, ListOptions } from '../../nft/index.ts';
import type { Host } from '../host.ts';
import { type Told, tell } from './nft-events.ts';
import { type Entry, Journal } from './nft-journal.ts';

export type MonitorCommand = Extract<Command, { kind: 'monitor' }>;

/** Looking at a file's size this often costs nothing to speak of, and works on every file system. */
const PERIOD_MS = 50;

const isWanted = ({ verb, object }: Told, command: MonitorCommand): boolean => {
  const { event, object: only } = command;
  if (event === 'new' && verb === 'delete') return false;
  if (event === 'destroy' && verb !== 'delete') return false;
  return only === undefined || only === 'ruleset' || only === object;
};

export function entryText(
  entry: Entry,
  command: MonitorCommand,
  options: ListOptions,
  json: boolean,
): string {
  const told = tell(entry, options).filter((one) => isWanted(one, command));
  if (json || command.format === 'json') return told.map((one) => `${one.json}\n`).join('');
  const generation = `# new generation ${entry.generation} by process ${entry.process} (sluice)`;
  return `${[...told.map(({ text }) => text), generation].join('\n')}\n`;
}

/** Resolves when SIGINT or SIGTERM comes. */
export async function monitor(
  state: string,
  host: Host,
  print: (entry: Entry) => string,
): Promise<void> {
  const journal = new Journal(state);
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  try {
    while (!stop.signal.aborted) {
      for (const entry of journal.take()) host.out(print(entry));
      await pause(PERIOD_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  } finally {
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
    journal.close();
  }
}
