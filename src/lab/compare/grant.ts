// What a rule wants, put into a packet: at an end of what it takes, or just outside of it.

import { formatIPv4, formatIPv6, u32, unhex } from '../../bytes/index.ts';
import type { Random } from '../../core/index.ts';
import type { Hex } from '../../program/index.ts';
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP } from '../../uapi/index.ts';
import { type Draft, pick, WITH_PORTS } from './draft.ts';
import { deviceName } from './names.ts';
import { isWithin, type Places } from './network.ts';
import { type BytePlace, type Poke, plainPart } from './shape.ts';
import type { Span, Wish } from './wish.ts';

const TCP_HEADER = 20;
/** Without a connection it is INVALID. */
const RESET = 4;

const bits = (digits: Hex): bigint => (1n << BigInt(digits.length * 4)) - 1n;

/** A value in the spans, most often at one of their ends; or just outside of them. */
function chosen(random: Random, spans: readonly Span[], inside: boolean): Hex | undefined {
  const span = pick(random, spans);
  if (span === undefined) return undefined;
  const low = BigInt(`0x${span.low}`);
  const high = BigInt(`0x${span.high}`);
  const most = bits(span.low);
  const within = [low, high, low + (BigInt(random.u32()) % (high - low + 1n))];
  const without = [low - 1n, high + 1n, BigInt(random.u32()) & most];
  const value = pick(random, inside ? within : without) ?? low;
  const clipped = value < 0n ? high + 1n : value > most ? low - 1n : value;
  return (clipped & most).toString(16).padStart(span.low.length, '0');
}

function unmasked(random: Random, value: Hex, mask: Hex | undefined): Hex {
  if (mask === undefined) return value;
  const free = bits(mask) ^ BigInt(`0x${mask}`);
  const noise = random.below(2) === 0 ? 0n : BigInt(random.u32()) & free;
  return ((BigInt(`0x${value}`) & ~free) | noise).toString(16).padStart(value.length, '0');
}

const addressOf = (digits: Hex): string =>
  digits.length === 8 ? formatIPv4(u32(unhex(digits), 0)) : formatIPv6(unhex(digits));

/** Addresses that are as wanted already stay, so that the packet goes where its hook is. */
function holds(d: Draft, { field, spans, negated, mask }: Wish): boolean {
  if ((field !== 'saddr' && field !== 'daddr') || mask !== undefined) return false;
  const text = field === 'saddr' ? d.source : d.destination;
  const isIn = spans.some((span) => isWithin(text, span));
  return isIn !== negated;
}

/** The draft as a rule wants it in one respect, or as it just does not want it. */
export function granted(
  d: Draft,
  wish: Wish,
  inside: boolean,
  random: Random,
  places: Places,
): Draft {
  if (wish.field === 'shape') return patched(d, wish, inside, random, places);
  if (inside && holds(d, wish) && random.below(4) > 0) return d;
  const raw = chosen(random, wish.spans, inside !== wish.negated);
  if (raw === undefined) return d;
  const value = unmasked(random, raw, wish.mask);
  const number = Number.parseInt(value.slice(-8), 16);
  switch (wish.field) {
    case 'saddr':
      return withAddress(d, 'source', addressOf(value), places);
    case 'daddr':
      return withAddress(d, 'destination', ownOr(value, wish, inside, random, places), places);
    case 'sport':
    case 'dport':
      return { ...ported(d), [wish.field]: number };
    case 'flags':
      return { ...d, protocol: IPPROTO_TCP, flags: number & 0xff };
    case 'protocol':
      return ofProtocol(d, number & 0xff);
    case 'type':
    case 'code':
      return { ...d, [wish.field]: number & 0xff };
    case 'ttl':
    case 'tos':
      return { ...d, [wish.field]: number & 0xff };
    case 'mark':
      return { ...d, mark: number };
    case 'state':
      return { ...d, state: number, ...((number & 1) === 1 && { flags: RESET }) };
    case 'length':
      return ofLength(d, number);
    case 'bytes':
      return wish.at === undefined ? d : poked(d, wish.at, value, wish.mask);
    case 'present':
      return withPart(d, wish, number !== 0);
    case 'uid':
      return locally(d, wish.field, `${number}`, places, random);
    case 'gid':
    case 'classid':
      // A socket that nobody holds open has neither.
      return locally(withUser(d), wish.field, `${number}`, places, random);
    case 'ipsec':
      return { ...d, words: { ...d.words, ipsec: `${number}` } };
    case 'pkttype':
      return ofType(d, number, random, places);
    case 'family':
      if (number === 0x8100 || number === 0x88a8)
        return { ...linked(d), tags: `${value.slice(-4)}0001` };
      if (number === 0x0806 && d.link !== undefined) return { ...d, isArp: true, six: false };
      return inFamily(d, number === 10 || number === 0x86dd, random, places);
    case 'iif':
      if (deviceName(value) === 'lo' || (value.length === 8 && number === 1))
        return byLoopback(d, random, places);
      return { ...d, device: places.deviceNamed(value) ?? d.device };
    case 'oif':
      return towards(d, places.deviceNamed(value), random, places);
    case 'bridge in':
      return { ...d, device: places.portOf(random, deviceName(value) ?? '') ?? d.device };
    case 'bridge out':
      return d;
    case 'ether saddr':
    case 'ether daddr':
      return withMac(d, wish.field, macText(value));
  }
}

function patched(d: Draft, wish: Wish, inside: boolean, random: Random, places: Places): Draft {
  const patches = inside !== wish.negated ? wish.inside : wish.outside;
  const patch = pick(random, patches ?? []);
  return patch === undefined ? d : patch(d, random, places);
}

const HEADERS: Readonly<Record<number, number>> = { 6: TCP_HEADER, 33: 16, 132: 32 };

/** So long from the network header on. */
function ofLength(d: Draft, length: number): Draft {
  const parts = d.parts.reduce((sum, { bytes }) => sum + bytes.length / 2, 0);
  const headers = (d.six ? 40 : 20) + (HEADERS[d.protocol] ?? 8) + parts;
  return { ...d, payload: Math.max(0, Math.min(8900, length - headers)) };
}

const samePlace = (a: BytePlace, b: BytePlace): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A part that bytes are asked of has to be there. */
export function withPlace(d: Draft, at: BytePlace): Draft {
  if (at.base === 'link') return linked(d);
  if (!('type' in at)) return d;
  const inSix = at.base === 'ipv6' ? { ...d, six: true } : d;
  const known = d.parts.some((p) => p.op === at.base && p.type === at.type);
  const protocol = { tcpopt: IPPROTO_TCP, sctp: 132, dccp: 33, ipv4: d.protocol, ipv6: d.protocol };
  const part = plainPart(at.base, at.type);
  const fresh = { ...inSix, protocol: protocol[at.base] };
  if (at.base === 'ipv6' && (at.type === 135 || at.type === d.protocol))
    return { ...fresh, protocol: at.type };
  return known ? fresh : { ...fresh, parts: [...d.parts, part] };
}

/** Bytes of the packet, of which the mask's bits count. */
export function poked(d: Draft, at: BytePlace, value: Hex, mask?: Hex): Draft {
  const poke: Poke = { at, value, mask: mask ?? 'f'.repeat(value.length) };
  const others = d.pokes.filter((p) => !samePlace(p.at, at) || p.mask !== poke.mask);
  const placed = withPlace(d, at);
  return { ...placed, pokes: [...others, poke] };
}

function withPart(d: Draft, { at }: Wish, present: boolean): Draft {
  if (at === undefined || !('type' in at)) return d;
  if (present) return withPlace(d, at);
  return { ...d, parts: d.parts.filter((p) => p.op !== at.base || p.type !== at.type) };
}

const EXTENSIONS = new Set([0, 43, 44, 60]);

/** An extension header of IPv6 comes whole, with what was there behind it. */
const ofProtocol = (d: Draft, protocol: number): Draft =>
  d.six && EXTENSIONS.has(protocol)
    ? withPlace(d, { base: 'ipv6', type: protocol, offset: 0 })
    : { ...d, protocol };

const withUser = (d: Draft): Draft =>
  'uid' in d.words ? d : { ...d, words: { uid: '1000', ...d.words } };

/** Made by a program of the firewall itself. */
export function locally(
  d: Draft,
  word: string,
  value: string,
  places: Places,
  random: Random,
): Draft {
  const source = d.device === undefined ? d.source : places.addressOn(random, 'own', d.six);
  return { ...d, device: undefined, source, words: { ...d.words, [word]: value } };
}

const SOMEBODY = { source: '02:00:5e:00:53:0a', destination: '02:00:5e:00:53:0b' };

/** With hardware addresses of its own, where it comes in by a device. */
export const linked = (d: Draft): Draft =>
  d.link !== undefined || d.device === undefined ? d : { ...d, link: SOMEBODY };

/** PACKET_*: for us, all, a group, somebody else. */
function ofType(d: Draft, type: number, random: Random, places: Places): Draft {
  const base = linked(d);
  if (type === 5) return byLoopback({ ...base, link: undefined }, random, places);
  if (base.link === undefined) return d;
  const destination = ['', 'ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:05', '02:00:5e:00:53:77'][type];
  return destination ? { ...base, link: { ...base.link, destination } } : { ...d, link: undefined };
}

const macText = (digits: Hex): string => (digits.match(/../g) ?? []).join(':');

function withMac(d: Draft, field: 'ether saddr' | 'ether daddr', mac: string): Draft {
  const base = linked(d);
  if (base.link === undefined) return d;
  return {
    ...base,
    link: { ...base.link, [field === 'ether saddr' ? 'source' : 'destination']: mac },
  };
}

/** What the firewall sends to itself comes in by `lo`, whose index is 1. */
function byLoopback(d: Draft, random: Random, places: Places): Draft {
  const own = places.addressOn(random, 'own', d.six);
  return { ...d, device: undefined, source: own, destination: own };
}

/** Of a prefix now and then the firewall's own address: only that goes to `input`. */
function ownOr(value: Hex, wish: Wish, inside: boolean, random: Random, places: Places): string {
  const own =
    inside && !wish.negated && random.below(2) === 0 ? places.ownIn(random, wish.spans) : undefined;
  return own ?? addressOf(value);
}

/** Ports mean nothing to what has none. */
const ported = (d: Draft): Draft =>
  WITH_PORTS[d.protocol] === undefined ? { ...d, protocol: IPPROTO_UDP } : d;

function inFamily(d: Draft, six: boolean, random: Random, places: Places): Draft {
  if (d.six === six) return d;
  const protocol =
    d.protocol === IPPROTO_ICMP || d.protocol === IPPROTO_ICMPV6
      ? six
        ? IPPROTO_ICMPV6
        : IPPROTO_ICMP
      : d.protocol;
  const source = places.addressOn(random, places.placeOf(d.source), six);
  const destination = places.addressOn(random, places.placeOf(d.destination), six);
  return { ...d, six, protocol, source, destination, type: six ? 128 : 8 };
}

function withAddress(
  d: Draft,
  which: 'source' | 'destination',
  address: string,
  places: Places,
): Draft {
  const six = address.includes(':');
  if (six === d.six) return { ...d, [which]: address };
  const other = which === 'source' ? d.destination : d.source;
  const counterpart = places.counterpart(other, six);
  const back = which === 'source' ? 'destination' : 'source';
  const protocol = d.protocol === 1 && six ? 58 : d.protocol === 58 && !six ? 1 : d.protocol;
  return { ...d, six, protocol, [which]: address, [back]: counterpart };
}

/** What the firewall sends out by a device is for somebody behind it. */
export function towards(
  d: Draft,
  device: string | undefined,
  random: Random,
  places: Places,
): Draft {
  if (device === undefined) return d;
  const destination = places.addressOn(random, device, d.six);
  const others = places.devices.filter((name) => name !== device);
  const from = d.device === device ? (pick(random, others) ?? d.device) : d.device;
  return { ...d, destination, device: from };
}
