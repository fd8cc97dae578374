// Random commands about few sets with few addresses, so that they meet: elements twice, networks in networks,
// full sets, ranges over what is there.

import type { Random } from '../../../src/core/index.ts';

type Family = 'inet' | 'inet6' | 'unspec';

export interface RandomSet {
  readonly name: string;
  readonly type: string;
  readonly family: Family;
  readonly options: readonly string[];
}

export const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)]!;
const chance = (random: Random, oneIn: number): boolean => random.below(oneIn) === 0;

/** What this kernel has; the others are not to be asked. */
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
  'list:set',
] as const;

const IPV4 = ['10.0.0.2', '10.0.0.3', '10.0.0.255', '10.0.1.1', '192.0.2.7', '9.255.255.255'];
const IPV6 = ['2001:db8::2', '2001:db8::3', '2001:db8:1::7', '2001:db8:ffff::', 'fe80::1', '::1'];
const PORTS = ['80', '81', '443', '0', '65535', '1024'];
const PROTOCOLS = ['tcp', 'udp', 'sctp', 'udplite', '6', '17'];
const MACS = ['02:00:00:00:02:00', '02:00:00:00:02:01', '0a:0b:0c:0d:0e:0f'];
const IFACES = ['eth0', 'eth1', 'eth2', 'eth', 'lo', 'physdev:eth0'];

const address = (random: Random, family: Family): string =>
  pick(random, family === 'inet6' ? IPV6 : IPV4);

function network(random: Random, family: Family): string {
  const lengths =
    family === 'inet6' ? [0, 1, 16, 32, 48, 64, 127, 128] : [0, 1, 8, 16, 24, 30, 31, 32];
  return `${address(random, family)}/${pick(random, lengths)}`;
}

/** Ranges end near where they begin: each address may become an element. */
function range(random: Random): string {
  const from = pick(random, IPV4).split('.');
  const last = Number(from[3]);
  const to = Math.min(255, last + random.below(12));
  const text = [from.join('.'), [...from.slice(0, 3), to].join('.')];
  return (chance(random, 4) ? text.reverse() : text).join('-');
}

/** A first part: mostly one address, sometimes a network or range. */
function host(random: Random, family: Family): string {
  if (chance(random, 4)) return family === 'inet' ? range(random) : network(random, family);
  if (chance(random, 5)) return `${address(random, family)}/${family === 'inet' ? 28 : 128}`;
  return address(random, family);
}

function net(random: Random, family: Family): string {
  if (chance(random, 6)) return host(random, family);
  return chance(random, 3) ? address(random, family) : network(random, family);
}

function port(random: Random, family: Family): string {
  if (chance(random, 5))
    return family === 'inet6' ? 'icmpv6:ping' : pick(random, ['icmp:8/0', 'icmp:3/1']);
  if (chance(random, 8)) return pick(random, ['gre:0', 'esp:0', 'vrrp:0', 'tcp:0', 'icmp:0/0']);
  const from = pick(random, PORTS);
  const to = chance(random, 5) ? `-${Math.min(65535, Number(from) + random.below(5))}` : '';
  return `${chance(random, 3) ? '' : `${pick(random, PROTOCOLS)}:`}${from}${to}`;
}

export function element(random: Random, set: RandomSet, others: readonly string[]): string {
  const { type, family } = set;
  switch (type) {
    case 'bitmap:ip':
      return host(random, 'inet');
    case 'bitmap:ip,mac':
      return address(random, 'inet') + (chance(random, 2) ? '' : `,${pick(random, MACS)}`);
    case 'bitmap:port':
      return port(random, 'inet')
        .replace(/^.*:/, '')
        .replace(/^8\/0$/, '8')
        .replace('/', '-');
    case 'hash:ip':
      return host(random, family);
    case 'hash:net':
      return net(random, family);
    case 'hash:ip,port':
      return `${host(random, family)},${port(random, family)}`;
    case 'hash:net,port':
      return `${net(random, family)},${port(random, family)}`;
    case 'hash:ip,port,ip':
      return `${host(random, family)},${port(random, family)},${address(random, family)}`;
    case 'hash:ip,port,net':
      return `${host(random, family)},${port(random, family)},${net(random, family)}`;
    case 'hash:net,iface':
      return `${net(random, family)},${pick(random, IFACES)}`;
    default:
      return pick(random, others);
  }
}

const initval = (random: Random): string => `initval 0x${random.u32().toString(16)}`;

function hashOptions(random: Random, type: string, family: Family): string[] {
  const options = [`family ${family}`, initval(random)];
  if (chance(random, 3)) options.push(`hashsize ${pick(random, [1, 64, 100])}`);
  if (chance(random, 3)) options.push(`maxelem ${pick(random, [0, 1, 3, 8, 20])}`);
  if (chance(random, 3)) options.push(`bucketsize ${pick(random, [1, 2, 3, 4, 12])}`);
  if (chance(random, 4)) options.push('forceadd');
  if ((type === 'hash:ip' || type === 'hash:ip,port') && chance(random, 3))
    options.push(
      `netmask ${family === 'inet6' ? pick(random, [32, 64, 127]) : pick(random, [8, 24, 30])}`,
    );
  return options;
}

function ownOptions(random: Random, type: string, family: Family): string[] {
  if (type === 'bitmap:ip')
    return [
      'range 10.0.0.0/23',
      ...(chance(random, 3) ? [`netmask ${pick(random, [24, 28, 31, 32])}`] : []),
    ];
  if (type === 'bitmap:ip,mac') return ['range 10.0.0.0-10.0.1.9'];
  if (type === 'bitmap:port') return ['range 0-1030'];
  if (type === 'list:set') return chance(random, 2) ? [] : ['size 4'];
  return hashOptions(random, type, family);
}

const EXTENSIONS = ['timeout 1000', 'counters', 'comment', 'skbinfo'];

export function randomSet(
  random: Random,
  name: string,
  types: readonly string[] = TYPES,
): RandomSet {
  const type = pick(random, types);
  const isHash = type.startsWith('hash:');
  const family: Family = isHash ? pick(random, ['inet', 'inet', 'inet6'] as const) : 'unspec';
  const extensions = EXTENSIONS.filter(() => chance(random, 3));
  return { name, type, family, options: [...ownOptions(random, type, family), ...extensions] };
}

export const createLine = ({ name, type, options }: RandomSet): string =>
  ['create', name, type, ...options].join(' ');

/** Options behind an element: mostly such as the set takes. */
function extras(random: Random, set: RandomSet): string {
  const has = (option: string): boolean => set.options.includes(option);
  const words: string[] = [];
  if (chance(random, has('timeout 1000') ? 2 : 30))
    words.push(`timeout ${pick(random, [0, 500, 2147483])}`);
  if (chance(random, has('counters') ? 2 : 30)) words.push(`packets ${random.below(9)}`);
  if (chance(random, has('counters') ? 3 : 30)) words.push(`bytes ${random.below(9999)}`);
  if (chance(random, has('comment') ? 2 : 30)) words.push(`comment "a ${random.below(9)}"`);
  if (chance(random, has('skbinfo') ? 2 : 30))
    words.push(`skbmark 0x${random.below(99)}/0x${pick(random, ['ff', 'ffffffff', '0'])}`);
  if (chance(random, has('skbinfo') ? 3 : 30)) words.push(`skbprio 1:${random.below(9)}`);
  if (set.type.includes('net') && chance(random, 4)) words.push('nomatch');
  if (set.type === 'hash:net,iface' && chance(random, 4)) words.push('wildcard');
  return words.join(' ');
}

function place(random: Random, set: RandomSet, others: readonly string[]): string {
  if (set.type !== 'list:set' || !chance(random, 3)) return '';
  return `${pick(random, ['before', 'after'])} ${pick(random, others)}`;
}

function change(random: Random, sets: readonly RandomSet[]): string {
  const set = pick(random, sets);
  const others = sets.map(({ name }) => name);
  const what = element(random, set, others);
  const where = place(random, set, others);
  switch (random.below(10)) {
    case 0:
    case 1:
      return `del ${set.name} ${what} ${where}`;
    case 2: {
      const nomatch = set.type.includes('net') && chance(random, 3) ? 'nomatch' : '';
      return `test ${set.name} ${what} ${where} ${nomatch}`;
    }
    default:
      return `add ${set.name} ${what} ${where} ${extras(random, set)}`;
  }
}

function rare(random: Random, sets: readonly RandomSet[]): string {
  const { name } = pick(random, sets);
  const other = pick(random, sets).name;
  switch (random.below(8)) {
    case 0:
      return `swap ${name} ${other}`;
    case 1:
      return `rename ${name} ${other}`;
    case 2:
      return `flush ${name}`;
    case 3:
      return `destroy ${name}`;
    case 4:
      return createLine(randomSet(random, name));
    default:
      return createLine(pick(random, sets));
  }
}

/** Lines for a person's session: what is refused does not end it. */
export function randomScript(random: Random, length: number): string[] {
  const names = ['a', 'b', 'c', 'd'].slice(0, 2 + random.below(3));
  const sets = names.map((name) => randomSet(random, name));
  const lines = sets.map(createLine);
  for (let i = 0; i < length; i++)
    lines.push((chance(random, 15) ? rare(random, sets) : change(random, sets)).trim());
  return lines;
}
