// Restore files of ipset: no text may make the reader or the sets throw, and what is saved must come back the same.

import { manualClock, type Random, seeded } from '../../src/core/index.ts';
import { IpSets } from '../../src/engine/index.ts';
import { listSets, parseIpsetRestore } from '../../src/iptables/index.ts';
import { IPSET_TYPES } from '../../src/program/index.ts';
import { damage } from './nft-language.ts';
import type { FuzzTarget } from './target.ts';

const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)]!;

const PARTS = [
  '10.0.0.1',
  '10.0.0.0/24',
  '10.0.0.1-10.0.0.30',
  '::1',
  '2001:db8::/32',
  '0.0.0.0/0',
  'tcp:80-90',
  'icmp:8/0',
  'vrrp:0',
  '02:00:00:00:00:01',
  '0xff',
  'eth0',
  'physdev:eth+',
  'a',
  '65535',
];
const OPTIONS = [
  'family inet6',
  'hashsize 1',
  'maxelem 3',
  'netmask 24',
  'bitmask 255.0.255.0',
  'timeout 5',
  'counters',
  'comment',
  'skbinfo',
  'forceadd',
  'bucketsize 2',
  'range 10.0.0.0/24',
  'range 1-99',
  'markmask 0xf0',
  'size 4',
];
const EXTRAS = [
  'timeout 9',
  'nomatch',
  'packets 7',
  'comment "x y"',
  'skbmark 0x1/0x3',
  'before b',
];

function some(random: Random, from: readonly string[], most: number): string {
  return Array.from({ length: random.below(most + 1) }, () => pick(random, from)).join(' ');
}

const element = (random: Random): string =>
  Array.from({ length: 1 + random.below(3) }, () => pick(random, PARTS)).join(',');

function line(random: Random): string {
  const [name, other] = [pick(random, ['a', 'b', 'c']), pick(random, ['a', 'b', 'c'])];
  switch (random.below(8)) {
    case 0:
    case 1:
      return `create ${name} ${pick(random, IPSET_TYPES)} ${some(random, OPTIONS, 4)}`;
    case 2:
      return `del ${name} ${element(random)}`;
    case 3:
      return `${pick(random, ['swap', 'rename'])} ${name} ${other}`;
    case 4:
      return `${pick(random, ['flush', 'destroy', 'test'])} ${name} ${random.below(2) ? element(random) : ''}`;
    default:
      return `add ${name} ${element(random)} ${some(random, EXTRAS, 2)}`;
  }
}

function generate(random: Random): string {
  const text = Array.from({ length: 30 }, () => line(random)).join('\n');
  return random.below(2) === 0 ? text : damage(random, text);
}

function apply(text: string): IpSets {
  const sets = new IpSets({ clock: manualClock(), random: seeded(1) });
  for (const change of parseIpsetRestore({ name: 'fuzz', text }).changes) sets.apply(change);
  return sets;
}

function run(text: string): void {
  const listed = apply(text).list();
  for (const output of ['plain', 'xml'] as const) listSets(listed, { output, sorted: true });
  const copy = new IpSets({ clock: manualClock(), random: seeded(2) });
  copy.restore(listed);
  const [first, second] = [listed, copy.list()].map((sets) => listSets(sets, { output: 'save' }));
  if (first !== second) throw new Error(`sets change when they are kept:\n${first}\n${second}`);
}

export const target: FuzzTarget<string> = { name: 'ipset', generate, run, show: (text) => text };
