// The words of random rules of iptables, and where the kernel lets them stand.

import type { Random } from '../../../src/core/index.ts';
import type { XtVariant } from '../case.ts';
import { ADDRESSES4, ADDRESSES6, PORTS, pick } from './words.ts';

export type L3 = 'ip' | 'ip6';
export type TableName = 'raw' | 'mangle' | 'nat' | 'filter' | 'security';

/** What a rule knows when a part of it is written. */
export interface About {
  readonly l3: L3;
  readonly protocol: string;
}

export type XtMake = (r: Random, about: About) => string;

/** A match or target, and what the rule around it must be; what is left out may be anything. */
export interface XtPart {
  readonly make: XtMake;
  readonly l3?: L3;
  /** The rule is about one of these protocols. */
  readonly protocols?: readonly string[];
  readonly tables?: readonly TableName[];
  /** Base chains; such a part stands in no chain of a user. */
  readonly chains?: readonly string[];
  /** Only one iptables can load it. */
  readonly only?: XtVariant;
}

export const INCOMING = ['PREROUTING', 'INPUT', 'FORWARD'];
export const OUTGOING = ['FORWARD', 'OUTPUT', 'POSTROUTING'];
export const PORTED = ['tcp', 'udp', 'udplite', 'sctp', 'dccp'];

export const chance = (r: Random, percent: number): boolean => r.below(100) < percent;
export const denied = (r: Random): string => (chance(r, 30) ? '! ' : '');

/** A value that packets have, or a neighbour of one. */
export const near = (r: Random, from: readonly number[], most = 65535): number =>
  Math.min(most, Math.max(0, pick(r, from) + pick(r, [-1, 0, 0, 0, 1])));

export function span(r: Random, from: readonly number[], most = 65535): string {
  const [one, other] = [near(r, from, most), near(r, from, most)];
  if (chance(r, 50)) return `${one}`;
  return `${Math.min(one, other)}:${Math.max(one, other)}`;
}

export const port = (r: Random): string => `${near(r, PORTS)}`;
export const ports = (r: Random): string => span(r, PORTS);

export const some = (r: Random, from: readonly string[], upTo = 3): string =>
  [...new Set(Array.from({ length: 1 + r.below(upTo) }, () => pick(r, from)))].join(',');

export const address = (r: Random, l3: L3): string =>
  pick(r, l3 === 'ip' ? ADDRESSES4 : ADDRESSES6);

const LENGTHS: Readonly<Record<L3, readonly number[]>> = {
  ip: [0, 1, 8, 23, 24, 30, 31, 32],
  ip6: [0, 1, 32, 47, 48, 64, 126, 127, 128],
};
const ODD_MASKS: Readonly<Record<L3, readonly string[]>> = {
  ip: ['255.0.0.255', '0.0.0.3', '255.255.255.0'],
  ip6: ['ffff:ffff::ffff', '::3', 'ffff:ffff:ffff::'],
};

export const network = (r: Random, l3: L3): string => {
  const mask = chance(r, 20) ? pick(r, ODD_MASKS[l3]) : pick(r, LENGTHS[l3]);
  return chance(r, 40) ? address(r, l3) : `${address(r, l3)}/${mask}`;
};

/** Marks that targets set, with few bits, so that matches meet them. */
export const MARKS = ['0', '1', '2', '3', '0x10', '0xff', '0xffffffff'];
export const MASKS = ['', '', '/1', '/0xf', '/0xff', '/0xfffffffe', '/0'];
export const mark = (r: Random): string => `${pick(r, MARKS)}${pick(r, MASKS)}`;
