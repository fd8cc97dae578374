// `conntrack -E`: what other calls do with the connections, as they do it, until interrupted.

import type { ConntrackEntry, ExpectationEntry } from '../../../conntrack/index.ts';
import type { Host } from '../../host.ts';
import { follow, Journal } from '../watchers.ts';
import { PREFIX } from './fault.ts';
import type { Labels } from './labels.ts';
import { checkMasks, matches } from './match.ts';
import { type EventKind, entryLine, expectationLine, stamp } from './print.ts';
import type { ParsedCommand } from './template.ts';
import { xmlHead } from './xml.ts';

/** A line of a watcher's file. */
export type Told = { readonly process: number } & (
  | { readonly type: EventKind; readonly entry: ConntrackEntry }
  | { readonly type: 'expect-new' | 'expect-destroy'; readonly expected: ExpectationEntry }
);

/** What an event says of an entry: counters and age only when it ends (ctnetlink_conntrack_event). */
function asTold(entry: ConntrackEntry, type: EventKind): ConntrackEntry {
  if (type === 'destroy') return entry;
  const { age: _, start: __, stop: ___, ...rest } = entry;
  const bare = ({ packets: _p, bytes: _b, ...ends }: ConntrackEntry['original']) => ends;
  return { ...rest, original: bare(entry.original), reply: bare(entry.reply) };
}

/** The line of an event, or undefined for one that was not asked for. */
export function eventLine(
  event: Told,
  command: ParsedCommand,
  labels: Labels | undefined,
  now: Date,
): string | undefined {
  const { output, events } = command;
  const style = {
    output,
    now,
    use: 'unknown',
    ...(labels === undefined ? {} : { labels }),
  } as const;
  if ('expected' in event) {
    if (command.command !== 'exp-event') return undefined;
    const kind = event.type === 'expect-new' ? 'new' : 'destroy';
    return expectationLine(event.expected, { ...style, event: kind });
  }
  const wanted = events.size === 0 || events.has(event.type);
  if (command.command !== 'event' || !wanted || !matches(command, event.entry)) return undefined;
  const line = entryLine(asTold(event.entry, event.type), { ...style, event: event.type });
  const timed = output.has('timestamp') && !output.has('xml');
  return `${timed ? stamp(now, 10) : ''}${line} [USERSPACE] portid=${event.process}`;
}

/** Resolves when SIGINT or SIGTERM comes. */
export async function watch(
  state: string,
  command: ParsedCommand,
  labels: Labels | undefined,
  host: Host,
): Promise<void> {
  checkMasks(command);
  const [table, what] =
    command.command === 'event' ? ['conntrack', 'flow'] : ['expect', 'expectation'];
  const framed = command.output.has('xml') && !command.output.has('save');
  let shown = 0;
  await follow(new Journal<Told>(state, 'ctwatch'), (event) => {
    const line = eventLine(event, command, labels, new Date());
    if (line === undefined) return;
    host.out(`${framed && shown === 0 ? xmlHead(table ?? '') : ''}${line}\n`);
    shown++;
  });
  if (framed && shown > 0) host.out(`</${table}>\n`);
  host.err(`${PREFIX}${shown} ${what} events have been shown.\n`);
}
