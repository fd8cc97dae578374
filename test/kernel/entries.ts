// Conntrack entries as text, the way /proc/net/nf_conntrack and `conntrack -L` print them.

import { formatIPv6, parseIPv6 } from '../../src/bytes/index.ts';
import type { Case } from './case.ts';
import { portClass } from './frames.ts';

type Chance = Pick<Case, 'chance' | 'ports'>;

export interface ParsedEntry {
  /** Everything but the remaining time, in a fixed order. */
  readonly key: string;
  /** Seconds. */
  readonly timeout: number;
}

/**
 * Words that hang on the reference count or the machine, not on what netfilter did, those that only
 * /proc has, the timeouts of GRE, and the helper, which only `conntrack -L` has.
 */
const NOISE = /^(use|id|delta-time|secctx|timeout|stream_timeout|helper)=/;

/** `conntrack -L` names DCCP and its ports, which the kernel tracks no longer (6.17). */
const withoutDccp = (line: string): string =>
  /\bdccp\b/.test(line) ? line.replace(/\bdccp\b/, 'unknown').replaceAll(/ [sd]port=0/g, '') : line;

/** Reads one line of either form; a leading `ipv4 2` is taken as the family. */
export function parseEntry(printed: string, one: Chance): ParsedEntry {
  const line = withoutDccp(printed);
  const words = line.trim().split(/\s+/);
  const family = /^ipv[46]$/.test(words[0] ?? '') ? words.splice(0, 2)[0] : familyOf(line);
  const [protocol, , timeout] = words;
  const rest = words
    .slice(3)
    .filter((w) => !NOISE.test(w) && w !== 'zone=0' && w !== 'secmark=0')
    .map(shortAddress);
  const key = [family, protocol, ...ordered(rest)].join(' ');
  return { key: withoutChancePorts(key, one), timeout: Number(timeout) };
}

/** /proc writes IPv6 addresses in full. */
function shortAddress(word: string): string {
  const address = /^(src|dst)=(.*:.*)$/.exec(word);
  return address === null ? word : `${address[1]}=${formatIPv6(parseIPv6(address[2]!)!)}`;
}

const familyOf = (line: string): string => (/src=\S*:/.test(line) ? 'ipv6' : 'ipv4');

/** Flags last and sorted: their place among the words differs between the two forms. */
function ordered(words: readonly string[]): string[] {
  const flags = words.filter((w) => w.startsWith('['));
  return [...words.filter((w) => !w.startsWith('[')), ...flags.sort()];
}

/** As it is, or where ports are chance with their classes. */
export const withoutChancePorts = (key: string, { chance = [], ports = [] }: Chance): string =>
  chance.includes('port')
    ? key.replace(/\b(sport|dport)=(\d+)/g, (_, name: string, port: string) => {
        const kind = portClass(Number(port), ports);
        return `${name}=${kind === Number(port) ? port : `class ${kind}`}`;
      })
    : key;
