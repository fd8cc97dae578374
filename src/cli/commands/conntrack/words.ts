// Lists of words behind -u, -o and -e: each may be shortened, in any case, and the first that fits counts.

import {
  IPS_ASSURED,
  IPS_EXPECTED,
  IPS_FIXED_TIMEOUT,
  IPS_HW_OFFLOAD,
  IPS_OFFLOAD,
  IPS_SEEN_REPLY,
} from '../../../conntrack/index.ts';
import { ConntrackFault } from './fault.ts';
import type { Output } from './template.ts';

type Known<T> = readonly (readonly [string, T])[];
type Warn = (text: string) => void;

const STATUS: readonly (readonly [string, number])[] = [
  ['ASSURED', IPS_ASSURED],
  ['SEEN_REPLY', IPS_SEEN_REPLY],
  ['UNSET', 0],
  ['FIXED_TIMEOUT', IPS_FIXED_TIMEOUT],
  ['EXPECTED', IPS_EXPECTED],
  ['OFFLOAD', IPS_OFFLOAD],
  ['HW_OFFLOAD', IPS_HW_OFFLOAD],
];

const OUTPUTS: readonly (readonly [string, Output])[] = (
  ['xml', 'extended', 'timestamp', 'id', 'ktimestamp', 'labels', 'userspace', 'save'] as const
).map((name) => [name, name]);

const EVENTS: readonly (readonly [string, readonly ('new' | 'update' | 'destroy')[]])[] = [
  ['ALL', ['new', 'update', 'destroy']],
  ['NEW', ['new']],
  ['UPDATES', ['update']],
  ['DESTROY', ['destroy']],
];

const INSTEAD: Known<string> = [
  ['SRC_NAT', 'src-nat'],
  ['DST_NAT', 'dst-nat'],
];

const begins = (name: string, item: string): boolean =>
  name.toUpperCase().startsWith(item.toUpperCase());

/** Undefined for what is ignored. @throws ConntrackFault that quotes `rest` */
function wordOf<T>(item: string, rest: string, known: Known<T>, warn: Warn): T | undefined {
  const instead = INSTEAD.find(([name]) => begins(name, item));
  if (instead !== undefined) {
    warn(`WARNING: ignoring ${instead[0]}, use --${instead[1]} instead\n`);
    return undefined;
  }
  const found = known.find(([name]) => begins(name, item));
  if (found === undefined) throw new ConntrackFault(`Bad parameter \`${rest}'`);
  return found[1];
}

/** Each item with what follows it. @throws ConntrackFault for an empty one */
function* itemsOf(value: string): Iterable<readonly [string, string]> {
  for (let rest = value; ; ) {
    const item = rest.replace(/,.*/, '');
    if (item === '' || item === '!')
      throw new ConntrackFault(`Bad parameter \`${rest.replace('!', '')}'`);
    yield [item, rest];
    if (item === rest) return;
    rest = rest.slice(item.length + 1);
  }
}

/** Bits that must be set, and with `!` and UNREPLIED those that must not. */
export function readStatus(value: string, warn: Warn): { status: number; mask: number } {
  let status = 0;
  let mask = 0;
  for (const [item, rest] of itemsOf(value)) {
    const negated = item.startsWith('!');
    if (item.startsWith('UNREPLIED')) mask |= IPS_SEEN_REPLY;
    else if (negated) mask |= wordOf(item.slice(1), rest.slice(1), STATUS, warn) ?? 0;
    else status |= wordOf(item, rest, STATUS, warn) ?? 0;
  }
  return { status, mask };
}

function* wordsOf<T>(value: string, known: Known<T>, warn: Warn): Iterable<T> {
  for (const [item, rest] of itemsOf(value)) {
    const found = wordOf(item, rest, known, warn);
    if (found !== undefined) yield found;
  }
}

export const readOutputs = (value: string, warn: Warn): Output[] => [
  ...wordsOf(value, OUTPUTS, warn),
];

export const readEvents = (value: string, warn: Warn): ('new' | 'update' | 'destroy')[] =>
  [...wordsOf(value, EVENTS, warn)].flat();
