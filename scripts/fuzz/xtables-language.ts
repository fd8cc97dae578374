// Files of iptables-restore and command lines out of the tables of options: words that are often
// right, sometimes nearly.

import type { Random } from '../../src/core/index.ts';
import {
  type Extension,
  MATCHES,
  type OptionSpec,
  PLAIN_OPTIONS,
  TARGETS,
  type XtFamily,
} from '../../src/iptables/index.ts';

const pick = <T>(random: Random, among: readonly T[]): T => among[random.below(among.length)]!;

export const FAMILIES: readonly XtFamily[] = ['ip', 'ip6', 'arp', 'bridge'];

const VALUES = [
  '0',
  '1',
  '22',
  '80:90',
  ':',
  '10:',
  '1,2,3',
  '0x10',
  '0x1/0xff',
  '4294967295',
  '18446744073709551616',
  '-1',
  '10.0.0.1',
  '10.0.0.0/8',
  '10.0.0.1-10.0.0.9',
  '1.2.3.4/255.0.255.0',
  '2001:db8::1',
  '2001:db8::/33',
  '00:01:02:03:04:05',
  'tcp',
  'udp',
  'icmp',
  'ipv6-icmp',
  'IPv4',
  'ARP',
  'eth0',
  'eth+',
  '+',
  'NEW,ESTABLISHED',
  'SYN,ACK',
  'SYN',
  '5/minute',
  'src',
  'dst',
  'srcip',
  'any',
  'name',
  '"two words"',
  '--',
  'é',
];

function option(random: Random, { name, negatable, words, parse }: OptionSpec): string {
  const count = words ?? (parse === undefined ? 0 : 1);
  const not = random.below(negatable === true ? 4 : 40) === 0 ? '! ' : '';
  const values = Array.from({ length: count }, () => pick(random, VALUES));
  return [`${not}--${name}`, ...values].join(' ');
}

/** ebtables names no matches. */
function use(random: Random, extension: Extension, family: XtFamily): string {
  const { kind, name, options } = extension;
  const given = options.filter((one) => one.mandatory === true || random.below(3) === 0);
  const isNamed = kind === 'target' || family !== 'bridge';
  return [
    ...(isNamed ? [`${kind === 'match' ? '-m' : '-j'} ${name}`] : []),
    ...given.map((one) => option(random, one)),
  ].join(' ');
}

function part(random: Random, family: XtFamily): string {
  const spec = pick(random, PLAIN_OPTIONS[family]);
  const name =
    spec.short !== undefined && random.below(2) === 0 ? `-${spec.short}` : `--${spec.names[0]}`;
  const values = Array.from({ length: spec.words }, () => pick(random, VALUES));
  return [...(random.below(6) === 0 ? ['!'] : []), name, ...values].join(' ');
}

const of = (family: XtFamily, all: readonly Extension[]): readonly Extension[] =>
  all.filter(({ families }) => families.includes(family));

export function rule(random: Random, family: XtFamily): string {
  const parts = Array.from({ length: random.below(3) }, () => part(random, family));
  const matches = of(family, MATCHES);
  const targets = of(family, TARGETS);
  const uses =
    matches.length === 0
      ? []
      : Array.from({ length: random.below(3) }, () => use(random, pick(random, matches), family));
  const target = pick(random, [
    '-j ACCEPT',
    '-j DROP',
    '-j mine',
    '-g mine',
    '',
    use(random, pick(random, targets), family),
  ]);
  return [...parts, ...uses, target].filter((text) => text !== '').join(' ');
}

const TABLES = ['filter', 'nat', 'mangle', 'raw', 'broute'];
const CHAINS = ['INPUT', 'FORWARD', 'OUTPUT', 'PREROUTING', 'POSTROUTING', 'mine', 'nowhere'];

export const commandLine = (random: Random, family: XtFamily): string =>
  `-t ${pick(random, TABLES)} ${pick(random, ['-A', '-I', '-D', '-C'])} ${pick(random, CHAINS)} ${rule(random, family)}`;

export function restoreFile(random: Random, family: XtFamily): string {
  const lines = Array.from({ length: 1 + random.below(6) }, () => {
    const counters = random.below(4) === 0 ? '[1:2] ' : '';
    return `${counters}-A ${pick(random, CHAINS)} ${rule(random, family)}`;
  });
  const table = pick(random, TABLES);
  return [`*${table}`, ':INPUT DROP [3:4]', ':mine - [0:0]', ...lines, 'COMMIT', ''].join('\n');
}
