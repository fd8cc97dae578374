// Sets that random rules of iptables ask and change. Each has a dimension for every direction it is
// asked in; those that rules name are made first.

import type { Random } from '../../../src/core/index.ts';
import { PORTS, pick } from './words.ts';
import { address, chance, type L3 } from './xt-parts.ts';

export interface XtSetKind {
  readonly name: string;
  /** Asked by rules of one family alone; sets of ports are no family's. */
  readonly l3?: L3;
  readonly create: string;
  readonly element: (r: Random) => string;
}

const port = (r: Random, l3: L3): string =>
  pick(r, [
    `${pick(r, PORTS)}`,
    `udp:${pick(r, PORTS)}`,
    l3 === 'ip' ? 'icmp:8/0' : 'icmpv6:128/0',
  ]);

const net = (r: Random, l3: L3): string =>
  `${address(r, l3)}/${pick(r, l3 === 'ip' ? [8, 24, 30, 32] : [32, 64, 127, 128])}`;

const nomatch = (r: Random): string => (chance(r, 25) ? ' nomatch' : '');

function hashes(l3: L3): XtSetKind[] {
  const family = l3 === 'ip' ? 'inet' : 'inet6';
  const kind = (name: string, type: string, more: string, element: (r: Random) => string) => ({
    name: `${name}${l3}`,
    l3,
    create: `hash:${type} family ${family}${more}`,
    element,
  });
  return [
    kind('host', 'ip', ' counters', (r) => address(r, l3)),
    kind('mask', 'ip', ` netmask ${l3 === 'ip' ? 24 : 64} timeout 600`, (r) => address(r, l3)),
    kind(
      'marks',
      'net',
      ' skbinfo',
      (r) =>
        `${net(r, l3)}${pick(r, ['', ' nomatch', ` skbmark 0x${r.below(20).toString(16)}/0xff`, ' skbprio 1:2', ' skbqueue 3'])}`,
    ),
    kind('pair', 'ip,port', ' timeout 600 counters', (r) => `${address(r, l3)},${port(r, l3)}`),
    kind('ends', 'ip,port,ip', '', (r) => `${address(r, l3)},${port(r, l3)},${address(r, l3)}`),
    kind(
      'far',
      'ip,port,net',
      ' counters',
      (r) => `${address(r, l3)},${port(r, l3)},${net(r, l3)}${nomatch(r)}`,
    ),
    kind('nets', 'net,port', '', (r) => `${net(r, l3)},${port(r, l3)}${nomatch(r)}`),
    kind(
      'link',
      'net,iface',
      '',
      (r) => `${net(r, l3)},${pick(r, ['eth0', 'eth1', 'eth2', 'lo'])}${nomatch(r)}`,
    ),
  ];
}

export const SETS: readonly XtSetKind[] = [
  ...hashes('ip'),
  ...hashes('ip6'),
  {
    name: 'bits',
    l3: 'ip',
    create: 'bitmap:ip range 10.0.0.0/24 counters',
    element: (r) => `10.0.0.${1 + r.below(8)}`,
  },
  {
    name: 'cards',
    l3: 'ip',
    create: 'bitmap:ip,mac range 10.0.0.0/24',
    element: (r) => `10.0.0.${2 + r.below(6)}${chance(r, 50) ? ',02:00:00:00:02:00' : ''}`,
  },
  {
    name: 'numbers',
    create: 'bitmap:port range 0-1024',
    element: (r) => `${Math.min(1024, pick(r, PORTS))}`,
  },
  {
    name: 'lists',
    create: 'list:set counters',
    element: (r) => pick(r, ['hostip', 'marksip', 'pairip', 'hostip6', 'netsip6', 'numbers']),
  },
];

const dimensions = ({ create }: XtSetKind): number =>
  create.startsWith('list:') ? 2 : create.split(' ')[0]!.split(',').length;

/** `src,dst`: sometimes fewer than the set has, which never match. */
export function directionsOf(r: Random, set: XtSetKind): string {
  const count = Math.max(1, dimensions(set) - (chance(r, 10) ? 1 : 0));
  return Array.from({ length: count }, () => pick(r, ['src', 'dst'])).join(',');
}

/** Lines of `ipset restore` for all of them; later lines are about sets of earlier ones. */
export function randomSets(r: Random): string[] {
  return SETS.flatMap((set) => [
    `create ${set.name} ${set.create}`,
    ...Array.from({ length: r.below(6) }, () => `add -exist ${set.name} ${set.element(r)}`),
  ]);
}

/** The lines about sets that rules name, and about those a list has. */
export function linesOfSets(lines: readonly string[], rules: readonly string[]): string[] {
  const said = rules.join(' ');
  const isNamed = (name: string): boolean => said.includes(`-set ${name} `);
  const members = isNamed('lists')
    ? lines.filter((line) => / lists /.test(line)).map((line) => line.split(' ').at(-1)!)
    : [];
  const named = new Set(
    SETS.map(({ name }) => name).filter((name) => isNamed(name) || members.includes(name)),
  );
  return lines.filter((line) =>
    line.split(' ').some((word, i) => (i === 1 || i === 2) && named.has(word)),
  );
}
