// The words of random rules: pools that random packets are drawn from as well, so that they meet.

import type { Random } from '../../../src/core/index.ts';

export const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)]!;

export const PORTS = [21, 22, 53, 80, 443, 1024, 5353, 40000];
export const ADDRESSES4 = [
  '10.0.0.2',
  '10.0.0.3',
  '10.0.0.7',
  '192.0.2.2',
  '192.0.2.5',
  '10.0.2.2',
  '10.0.0.1',
  '192.0.2.1',
];
export const ADDRESSES6 = [
  '2001:db8::2',
  '2001:db8::3',
  '2001:db8:1::2',
  '2001:db8:1::5',
  '2001:db8:2::2',
  '2001:db8::1',
];
/** Of the hosts on a bridge, the bridge itself, everybody and nobody. */
export const LINK_ADDRESSES = [
  '02:00:00:00:02:00',
  '02:00:00:00:02:01',
  '02:00:00:00:01:0b',
  'ff:ff:ff:ff:ff:ff',
  '02:00:00:00:09:09',
];
const NETS4 = [
  '10.0.0.0/24',
  '10.0.0.0/30',
  '192.0.2.0/24',
  '10.0.0.0/8',
  '10.0.0.2-10.0.0.5',
  '0.0.0.0/0',
];
const NETS6 = [
  '2001:db8::/64',
  '2001:db8::/32',
  '2001:db8:1::/64',
  '2001:db8::2-2001:db8::5',
  '::/0',
];
const PORT_RANGES = ['1-1023', '1024-65535', '53-80', '22-22'];
const FLAGS = ['syn', 'ack', 'fin', 'rst', 'psh', 'urg'];
export const OPS = ['', '!= '];
export const ORDERS = ['', '!= ', '< ', '> ', '<= ', '>= '];

export type Make = (r: Random) => string;

export const set = (r: Random, from: readonly string[]): string => {
  const n = 1 + r.below(3);
  const chosen = new Set(Array.from({ length: n }, () => pick(r, from)));
  return `{ ${[...chosen].join(', ')} }`;
};

export const ports = (r: Random): string =>
  pick<Make>(r, [
    (x) => `${pick(x, ORDERS)}${pick(x, PORTS)}`,
    (x) => `${pick(x, OPS)}${pick(x, PORT_RANGES)}`,
    (x) => `${pick(x, OPS)}${set(x, PORTS.map(String))}`,
    (x) => `{ ${pick(x, [21, 22])}, ${pick(x, ['53-80', '100-200'])}, 443 }`,
    (x) => `& 0x${pick(x, ['0001', '00ff', 'fff0'])} == ${pick(x, [0, 1, 53, 80])}`,
  ])(r);

export const address4 = (r: Random): string =>
  pick<Make>(r, [
    (x) => `${pick(x, OPS)}${pick(x, ADDRESSES4)}`,
    (x) => `${pick(x, OPS)}${pick(x, NETS4)}`,
    (x) => `${pick(x, OPS)}${set(x, ADDRESSES4)}`,
    (x) => `{ 10.0.0.0/29, ${pick(x, ['192.0.2.2', '192.0.2.0-192.0.2.3'])} }`,
    (x) => `& 255.255.255.0 == ${pick(x, ['10.0.0.0', '192.0.2.0'])}`,
    (x) => `${pick(x, ['< ', '> '])}${pick(x, ADDRESSES4)}`,
  ])(r);

export const address6 = (r: Random): string =>
  pick<Make>(r, [
    (x) => `${pick(x, OPS)}${pick(x, ADDRESSES6)}`,
    (x) => `${pick(x, OPS)}${pick(x, NETS6)}`,
    (x) => `${pick(x, OPS)}${set(x, ADDRESSES6)}`,
  ])(r);

export const tcpFlags = (r: Random): string =>
  pick<Make>(r, [
    (x) => `${pick(x, OPS)}${pick(x, FLAGS)}`,
    (x) => `& (fin|syn|rst|ack) ${pick(x, ['==', '!='])} ${pick(x, ['syn', 'ack', 'syn|ack'])}`,
    // nft 1.0.6 takes the braces off a single element and with them its exactness.
    (x) => `{ syn, ${pick(x, ['ack', 'syn|ack', 'fin|ack', 'rst'])} }`,
    (x) => `${pick(x, ['syn', 'ack', 'syn,ack'])} / ${pick(x, ['fin,syn,rst,ack', 'syn,ack'])}`,
  ])(r);

export const CT_STATES = ['new', 'established', 'related', 'invalid', 'untracked'];

/**
 * A match or statement and the protocols it needs. '' is at home in every rule; `any` needs a rule
 * that has not said its protocol, `own` one that says nothing else about it, `th` one that has ports.
 */
export interface Part {
  readonly l3: '' | 'any' | 'ip' | 'ip6';
  readonly l4: '' | 'any' | 'own' | 'tcp' | 'udp' | 'icmp' | 'th';
  readonly make: Make;
  /** Only in these hooks; the kernel refuses it elsewhere. */
  readonly hooks?: readonly string[];
  /** Only in tables of these families. */
  readonly families?: readonly string[];
  /** Ends the rule. */
  readonly verdict?: boolean;
}
