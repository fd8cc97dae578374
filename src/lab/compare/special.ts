// What rules ask that is no field of a packet: where an address is, which way a connection goes,
// what time it is.

import type { CmpOp, Hex } from '../../program/index.ts';
import { atTimes, exchanged, repeated, talking, untilEnd } from './counting.ts';
import type { Draft } from './draft.ts';
import type { Places } from './network.ts';
import { type Patch, shapeWish, type Wish } from './wish.ts';
import { withPart } from './wish-tcp.ts';

const RTN_UNICAST = 1;
const RTN_LOCAL = 2;
const RTN_BROADCAST = 3;
const RTN_MULTICAST = 5;

const withEnd = (d: Draft, side: 'source' | 'destination', address: string): Draft => ({
  ...d,
  [side]: address,
});

function broadcastOf(d: Draft, places: Places): string {
  const subnet = places.subnetOf(d.device ?? places.devices[0] ?? '');
  return d.six ? 'ff02::1' : (subnet ?? '255.255.255.255');
}

/** An address of a kind of route: RTN_*. */
export const addressOfType =
  (side: 'source' | 'destination', type: number): Patch =>
  (d, random, places) => {
    switch (type) {
      case RTN_LOCAL:
        return withEnd(d, side, places.addressOn(random, 'own', d.six));
      case RTN_BROADCAST:
        return withEnd(d, side, random.below(2) === 0 ? broadcastOf(d, places) : '255.255.255.255');
      case RTN_MULTICAST:
        return withEnd(d, side, d.six ? 'ff02::5' : '224.0.0.5');
      case RTN_UNICAST: {
        const others = places.devices.filter((name) => side === 'source' || name !== d.device);
        return withEnd(d, side, places.addressOn(random, others[0] ?? 'own', d.six));
      }
      case 0:
        return withEnd(d, side, d.six ? '::' : '0.0.0.0');
      default: {
        const there = places.rejected(type, d.six);
        return there === undefined ? d : withEnd(d, side, there);
      }
    }
  };

const TYPES = [0, 1, 2, 3, 5, 6, 7, 8];

/** An address of one of these types (bits of RTN_*). */
export function typed(side: 'source' | 'destination', bits: number, negated: boolean): Wish {
  const of = (is: boolean): Patch[] =>
    TYPES.filter((type) => ((bits >>> type) & 1) === (is ? 1 : 0)).map((type) =>
      addressOfType(side, type),
    );
  return shapeWish(of(true), of(false), negated);
}

/** The source is behind another interface than the packet comes in by. */
const spoofed: Patch = (d, random, places) => {
  const others = places.devices.filter((name) => name !== d.device);
  const other = others[random.below(Math.max(1, others.length))] ?? 'own';
  return { ...d, source: places.addressOn(random, other, d.six) };
};
const honest: Patch = (d, random, places) =>
  d.device === undefined ? d : { ...d, source: places.addressOn(random, d.device, d.six) };
const nowhere: Patch = (d) => ({ ...d, source: d.six ? '3fff::77' : '203.0.113.77' });

/** Reverse path: the source is where the packet comes from. */
export const reversePath = (negated: boolean): Wish =>
  shapeWish(
    [honest],
    [spoofed, nowhere, ...[2, 6, 7, 8].map((type) => addressOfType('source', type))],
    negated,
  );

function ipsec(reqid: number, negated: boolean): Wish {
  const of =
    (n: number): Patch =>
    (d) => ({ ...d, words: { ...d.words, ipsec: `256 reqid ${n}` } });
  return shapeWish([of(reqid)], [of(reqid + 1), of(Math.max(0, reqid - 1)), (d) => d], negated);
}

/** An extension header of so many units of eight bytes behind the first. */
function sized(type: number, low: number, high: number, negated: boolean): Wish {
  const of = (n: number): Patch => {
    const units = n.toString(16).padStart(2, '0');
    const body = type === 43 ? '0200'.padEnd(12, '0') : `01${'04'.padEnd(10, '0')}`;
    return withPart({
      op: 'ipv6',
      type,
      bytes: `00${units}${body}${'01060000000000 00'.replace(' ', '').repeat(n)}`,
    });
  };
  const near = [low - 1, high + 1].filter((n) => n >= 0 && n < 150);
  return shapeWish([low, high].filter((n) => n < 150).map(of), near.map(of), negated);
}

const ANSWERS = [talking({ replies: 1 }), talking({ replies: 2, again: 2 })];

const littleOrBig = (digits: Hex): number => Number.parseInt(digits.slice(0, 8) || '0', 16);

function timesOf(key: string, low: Hex, high: Hex): number[] {
  const of = (digits: Hex): number => {
    if (key === 'time') return Number(BigInt(`0x${digits || '0'}`) / 1_000_000_000n);
    const number = littleOrBig(digits);
    // 1 January 1970 was a Thursday; days count from Sunday.
    return key === 'day' ? ((number + 3) % 7) * 86_400 + 40_000 : number;
  };
  return [of(low), of(high)];
}

/** `key`: as `heldBy` names it. */
export function specialWishes(key: string, op: CmpOp, low: Hex, high: Hex = low): Wish[] {
  const negated = op === 'neq';
  const [kind = '', name = '', ...flags] = key.split(' ');
  if (kind === 'fib') {
    const side = flags.includes('saddr') ? 'source' : 'destination';
    if (name === 'type') return [typed(side, 1 << littleOrBig(low), negated)];
    return [reversePath(/^0*$/.test(low) !== negated)];
  }
  if (kind === 'meta' && (name === 'hour' || name === 'day' || name === 'time'))
    return [atTimes(timesOf(name, low, high))];
  if (kind === 'xfrm' || (kind === 'meta' && name === 'secpath'))
    return [ipsec(name === 'reqid' ? littleOrBig(low) : 1, negated)];
  if (kind === 'hdrlength')
    return [sized(Number(name), littleOrBig(low), littleOrBig(high), negated)];
  if (kind === 'ct' && name === 'expiration')
    return [untilEnd({ min: littleOrBig(low) / 1000, max: littleOrBig(high) / 1000 })];
  if (kind === 'ct') {
    if (name === 'packets' || name === 'bytes' || name === 'avgpkt')
      return [exchanged(name === 'packets' ? countOf(low) : Math.ceil(countOf(low) / 100))];
    return [shapeWish(ANSWERS, [talking({})], negated)];
  }
  if (kind === 'numgen') return [repeated(8)];
  return [];
}

const countOf = (digits: Hex): number => Number(BigInt(`0x${digits || '0'}`));
