// Sets of every type this kernel has, asked in every direction; counters, timeouts, nomatch, SET.

import { manualClock, type Random } from '../../../src/core/index.ts';
import { IpSets } from '../../../src/engine/index.ts';
import { parseIpsetRestore } from '../../../src/iptables/index.ts';
import type { Asked, Question } from './asked.ts';
import { createLine, element, pick, type RandomSet, randomSet } from './random.ts';

const PACKETS4 = [
  'tcp 10.0.0.2:40000 > 192.0.2.7:80 syn',
  'tcp 10.0.0.3:80 > 192.0.2.7:40000 syn',
  'udp 10.0.0.2:53 > 192.0.2.2:81',
  'udp 10.0.0.3:1024 > 192.0.2.7:443',
  'icmp 10.0.0.2 > 192.0.2.7 echo-request',
  'tcp 10.0.1.1:81 > 192.0.2.7:443 syn',
];

const PACKETS6 = [
  'tcp [2001:db8::2]:40000 > [2001:db8:1::7]:80 syn',
  'udp [2001:db8::3]:53 > [2001:db8:1::7]:443',
  'icmp6 2001:db8::2 > 2001:db8:1::7 echo-request',
  'tcp [2001:db8::3]:81 > [2001:db8:1::2]:443 syn',
];

/** Every direction of every dimension. */
const directions = (dimension: number): string[] =>
  dimension === 0
    ? ['']
    : directions(dimension - 1).flatMap((rest) =>
        ['src', 'dst'].map((one) => (rest === '' ? one : `${rest},${one}`)),
      );

const dimensionOf = (type: string): number => type.split(',').length;

const allWays = (name: string, type: string): Asked[] =>
  directions(dimensionOf(type)).map((flags) => ({ action: 'match', set: name, flags }));

interface Filled {
  readonly type: string;
  readonly options?: string;
  readonly elements: readonly string[];
}

const SETS4: readonly Filled[] = [
  { type: 'bitmap:ip', options: 'range 10.0.0.0/24', elements: ['10.0.0.2'] },
  { type: 'bitmap:ip', options: 'range 10.0.0.0/16 netmask 24', elements: ['10.0.1.0'] },
  {
    type: 'bitmap:ip,mac',
    options: 'range 10.0.0.0/24',
    elements: ['10.0.0.2,02:00:00:00:02:00', '10.0.0.3'],
  },
  { type: 'bitmap:port', options: 'range 0-1024', elements: ['80', '443', '53'] },
  { type: 'hash:ip', elements: ['10.0.0.2', '192.0.2.7'] },
  { type: 'hash:ip', options: 'netmask 24', elements: ['10.0.1.77'] },
  { type: 'hash:net', elements: ['10.0.0.0/24', '10.0.0.3 nomatch', '192.0.2.0/29'] },
  { type: 'hash:ip,port', elements: ['10.0.0.2,40000', '192.0.2.7,80', '192.0.2.7,icmp:8/0'] },
  { type: 'hash:ip,port', options: 'netmask 24', elements: ['10.0.0.9,80', '192.0.2.9,80'] },
  {
    type: 'hash:net,port',
    elements: ['10.0.0.0/8,udp:53', '192.0.2.0/24,80', '10.0.0.2,icmp:8/0'],
  },
  { type: 'hash:ip,port,ip', elements: ['10.0.0.2,80,192.0.2.7', '192.0.2.7,80,10.0.0.2'] },
  {
    type: 'hash:ip,port,net',
    elements: [
      '10.0.0.2,80,192.0.2.0/24',
      '10.0.0.2,80,192.0.2.7 nomatch',
      '10.0.0.3,80,0.0.0.0/1',
    ],
  },
  {
    type: 'hash:net,iface',
    elements: [
      '10.0.0.0/24,eth0',
      '10.0.0.0/8,eth1',
      '192.0.2.0/24,eth wildcard',
      '0.0.0.0/0,eth1',
    ],
  },
];

const SETS6: readonly Filled[] = [
  { type: 'bitmap:port', options: 'range 0-1024', elements: ['80', '53'] },
  { type: 'hash:ip', elements: ['2001:db8::2', '2001:db8:1::7'] },
  { type: 'hash:ip', options: 'netmask 64', elements: ['2001:db8::99'] },
  { type: 'hash:net', elements: ['2001:db8::/64', '2001:db8::3 nomatch', '2001:db8::/32'] },
  { type: 'hash:ip,port', elements: ['2001:db8::2,40000', '2001:db8:1::7,icmpv6:ping'] },
  { type: 'hash:net,port', elements: ['2001:db8::/32,udp:53', '2001:db8:1::/64,80'] },
  { type: 'hash:ip,port,ip', elements: ['2001:db8::2,80,2001:db8:1::7'] },
  { type: 'hash:ip,port,net', elements: ['2001:db8::2,80,2001:db8:1::/48'] },
  { type: 'hash:net,iface', elements: ['2001:db8::/32,eth0', '::/0,eth1'] },
];

function everyWay(
  family: 'inet' | 'inet6',
  filled: readonly Filled[],
  packets: string[],
): Question {
  const sets: string[] = [];
  const rules: Asked[] = [];
  filled.forEach(({ type, options = '', elements }, i) => {
    const hash = type.startsWith('hash:') ? `family ${family} initval ${i}` : '';
    sets.push(`create s${i} ${type} ${hash} ${options} counters`);
    sets.push(...elements.map((one) => `add s${i} ${one}`));
    rules.push(...allWays(`s${i}`, type));
  });
  return { family, sets, rules, packets };
}

const match = (set: string, flags: string, more: Partial<Asked> = {}): Asked => ({
  action: 'match',
  set,
  flags,
  ...more,
});
const change = (
  action: 'add' | 'del' | 'map',
  set: string,
  flags: string,
  more: Partial<Asked> = {},
): Asked => ({ action, set, flags, ...more });

export const QUESTIONS: Readonly<Record<string, Question>> = {
  'every type in every direction, IPv4': everyWay('inet', SETS4, PACKETS4),
  'every type in every direction, IPv6': everyWay('inet6', SETS6, PACKETS6),
  'fewer directions than dimensions': {
    family: 'inet',
    sets: ['create a hash:ip,port initval 1', 'add a 10.0.0.2,40000'],
    rules: [match('a', 'src'), match('a', 'src', { invert: true }), match('a', 'src,src,dst')],
    packets: PACKETS4,
  },
  'counters as a condition, and left alone': {
    family: 'inet',
    sets: [
      'create c hash:ip counters initval 1',
      'add c 10.0.0.2 packets 1 bytes 100',
      'add c 10.0.0.3',
      'create d hash:ip counters initval 2',
      'add d 10.0.0.2',
    ],
    rules: [
      match('c', 'src', { packets: ['gt', 2] }),
      match('c', 'src', { packets: ['lt', 3], bytes: ['gt', 99] }),
      match('c', 'src', { packets: ['eq', 0], still: true }),
      match('d', 'src', { still: true }),
      match('d', 'src', { packets: ['eq', 0], invert: true }),
    ],
    packets: [...PACKETS4, ...PACKETS4],
  },
  'elements that say nomatch': {
    family: 'inet',
    sets: [
      'create n hash:net initval 1 counters',
      'add n 10.0.0.0/24',
      'add n 10.0.0.2 nomatch',
      'add n 192.0.2.0/24 nomatch',
    ],
    rules: [
      match('n', 'src'),
      match('n', 'src', { returnNomatch: true }),
      match('n', 'dst'),
      match('n', 'dst', { returnNomatch: true }),
      match('n', 'src', { invert: true, returnNomatch: true }),
    ],
    packets: PACKETS4,
  },
  'packets add and delete their elements': {
    family: 'inet',
    sets: [
      'create ip hash:ip timeout 600 counters initval 1',
      'create net hash:net timeout 600 counters initval 2',
      'add net 172.16.0.0/16',
      'create mac bitmap:ip,mac range 10.0.0.0/23 timeout 500',
      'add mac 10.0.0.2 timeout 300',
      'create port bitmap:port range 0-65535 counters',
      'create pair hash:ip,port,ip initval 3 maxelem 3 forceadd',
      'create dev hash:net,iface initval 4 counters',
      'create all hash:ip,port initval 5',
      'add all 10.0.0.2,icmp:8/0',
      'add all 10.0.0.3,80',
    ],
    rules: [
      change('add', 'ip', 'src'),
      change('add', 'ip', 'src', { timeout: 100 }),
      change('add', 'ip', 'src', { exist: true, timeout: 0 }),
      change('add', 'ip', 'dst', { timeout: 50 }),
      change('add', 'net', 'src'),
      change('add', 'net', 'dst', { exist: true }),
      match('mac', 'src,src'),
      change('add', 'mac', 'src,src'),
      change('add', 'port', 'dst'),
      change('add', 'pair', 'src,dst,dst'),
      change('add', 'dev', 'src,src'),
      change('add', 'dev', 'dst,dst'),
      change('del', 'all', 'src,src'),
      change('del', 'ip', 'dst'),
    ],
    packets: PACKETS4,
  },
  'marks that an entry maps to': {
    family: 'inet',
    sets: [
      'create m hash:ip skbinfo initval 1',
      'add m 10.0.0.2 skbmark 0x5',
      'add m 10.0.0.3 skbmark 0xf5/0x0f',
      'create none hash:ip initval 1',
      'add none 10.0.0.2',
    ],
    rules: [change('map', 'm', 'src'), change('map', 'none', 'src'), change('map', 'm', 'dst')],
    packets: PACKETS4,
  },
  'lists ask their sets in order, and count apart': {
    family: 'inet',
    sets: [
      'create a hash:ip counters initval 1',
      'add a 10.0.0.2',
      'create b hash:ip,port counters initval 2',
      'add b 10.0.0.3,80',
      'create c hash:ip family inet6 initval 3',
      'create l list:set counters',
      'add l c',
      'add l a packets 5',
      'add l b',
      'create k list:set',
      'add k b',
    ],
    rules: [
      match('l', 'src'),
      match('l', 'src,src'),
      match('l', 'src', { packets: ['gt', 6] }),
      match('l', 'src', { still: true }),
      match('l', 'src', { still: true, stillBelow: true }),
      match('l', 'src', { stillBelow: true }),
      match('k', 'src,src', { invert: true }),
      change('add', 'l', 'dst'),
      change('del', 'l', 'src'),
      match('l', 'dst'),
    ],
    packets: PACKETS4,
  },
};

const TYPES = [
  'bitmap:ip',
  'bitmap:ip,mac',
  'bitmap:port',
  'hash:ip',
  'hash:net',
  'hash:ip,port',
  'hash:net,port',
  'hash:ip,port,ip',
  'hash:ip,port,net',
  'hash:net,iface',
];

function randomAsked(random: Random, { name, type, options }: RandomSet): Asked {
  const flags = pick(random, directions(dimensionOf(type)));
  const some = <T>(n: number, value: T): Partial<T> => (random.below(n) === 0 ? value : {});
  const act = random.below(8);
  if (act === 0) return { action: 'del', set: name, flags };
  if (act === 1) return { action: 'add', set: name, flags, ...some(2, { exist: true }) };
  return {
    ...{ action: 'match', set: name, flags },
    ...some(4, { invert: true }),
    ...some(3, { returnNomatch: true }),
    ...(options.includes('counters') ? some(3, { packets: ['gt', random.below(3)] as const }) : {}),
    ...some(5, { still: true }),
  };
}

const FAMILIES = ['inet', 'inet', 'inet6'] as const;

function setOf(random: Random, name: string, family: Question['family']): RandomSet {
  for (;;) {
    const set = randomSet(random, name, TYPES);
    if (set.family === family || (set.family === 'unspec' && family === 'inet')) return set;
  }
}

/** Sets with a few random elements, and rules about them. */
export function randomQuestion(random: Random): Question {
  const family = pick(random, FAMILIES);
  const kept = new KeptLines(random);
  const rules: Asked[] = [];
  for (let i = 0; i < 4; i++) {
    const set = setOf(random, `r${i}`, family);
    kept.try(createLine(set));
    for (let n = 0; n < 8; n++) {
      const nomatch = set.type.includes('net') && random.below(4) === 0 ? ' nomatch' : '';
      kept.try(`add ${set.name} ${element(random, set, [])}${nomatch}`);
    }
    for (let n = 0; n < 3; n++) rules.push(randomAsked(random, set));
  }
  const packets = family === 'inet6' ? PACKETS6 : PACKETS4;
  return {
    family,
    sets: kept.lines,
    rules,
    packets: Array.from({ length: 8 }, () => pick(random, packets)),
  };
}

/** A file may not have lines that are refused: they are tried out first. */
class KeptLines {
  readonly lines: string[] = [];
  readonly #sets: IpSets;

  constructor(random: Random) {
    this.#sets = new IpSets({ clock: manualClock(), random });
  }

  try(text: string): void {
    const { changes } = parseIpsetRestore({ name: '', text }, { known: this.#sets.list() });
    const [change] = changes;
    if (change !== undefined && this.#sets.apply(change) === undefined) this.lines.push(text);
  }
}
