// `sluice nft monitor`: the changes that other calls make, as they make them, until interrupted.

import type { Command, ListOptions } from '../../nft/index.ts';
import type { Host } from '../host.ts';
import { type Told, tell } from './nft-events.ts';
import type { Entry } from './nft-journal.ts';
import { follow, Journal } from './watchers.ts';

export type MonitorCommand = Extract<Command, { kind: 'monitor' }>;

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
  by = 'sluice',
): string {
  const told = tell(entry, options).filter((one) => isWanted(one, command));
  if (json || command.format === 'json') return told.map((one) => `${one.json}\n`).join('');
  const generation = `# new generation ${entry.generation} by process ${entry.process} (${by})`;
  return `${[...told.map(({ text }) => text), generation].join('\n')}\n`;
}

/** Resolves when SIGINT or SIGTERM comes. */
export const monitor = (
  state: string,
  host: Host,
  print: (entry: Entry) => string,
): Promise<void> => follow(new Journal<Entry>(state, 'watch'), (entry) => host.out(print(entry)));
