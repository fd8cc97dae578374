// A packet while it is thought of: fields to change one by one, said in the packet notation.

import { formatIPv4, formatIPv6, u32, unhex } from '../../bytes/index.ts';
import type { Random } from '../../core/index.ts';
import type { Hex } from '../../program/index.ts';
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP } from '../../uapi/index.ts';
import { deviceName } from './names.ts';
import { isWithin, type Places } from './network.ts';
import type { Span, Wish } from './wish.ts';

export interface Draft {
  readonly six: boolean;
  readonly protocol: number;
  readonly source: string;
  readonly destination: string;
  readonly sport: number;
  readonly dport: number;
  /** The device it comes in by; undefined for what the firewall itself sends. */
  readonly device: string | undefined;
  readonly flags: number;
  readonly type: number;
  readonly code: number;
  readonly ttl: number;
  readonly tos: number;
  readonly payload: number;
  readonly mark: number;
  /** ARP asks for the destination, from the source. */
  readonly isArp: boolean;
  /** Hardware addresses, where bridges look at them. */
  readonly link: { readonly source: string; readonly destination: string } | undefined;
  /** What it is to its connection: asked for by rules about `ct state`. */
  readonly state: number;
}

export const pick = <T>(random: Random, list: readonly T[]): T | undefined =>
  list[random.below(list.length)];

const WITH_PORTS: Readonly<Record<number, string>> = {
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  132: 'sctp',
  136: 'udplite',
};
const FLAG_NAMES = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'];
const TCP_HEADER = 20;
const EVERYDAY_FLAGS = [0x02, 0x02, 0x02, 0x10, 0x18, 0x12, 0x04, 0x01, 0x29, 0x00];

const at = (address: string, port: number, six: boolean): string =>
  six ? `[${address}]:${port}` : `${address}:${port}`;

const flagText = (flags: number): string =>
  FLAG_NAMES.filter((_, bit) => flags & (1 << bit)).join(',') || 'no-flags';

/** Headers that the notation has no words for, long enough to be read: ESP, AH (RFC 4302), IPComp, MH (RFC 6275). */
const RAW_HEADERS: Readonly<Record<number, string>> = {
  50: '00000001'.padEnd(48, '0'),
  51: '3b0400000000000100000001'.padEnd(48, '0'),
  108: '3b000012'.padEnd(32, '0'),
  135: '3b01050000000000'.padEnd(32, '0'),
};

function head(d: Draft): string {
  const ported = `${at(d.source, d.sport, d.six)} > ${at(d.destination, d.dport, d.six)}`;
  const plain = `${d.source} > ${d.destination}`;
  const name = WITH_PORTS[d.protocol];
  if (name === 'tcp') return `tcp ${ported} ${flagText(d.flags)}`;
  if (name === 'sctp') return `sctp ${ported} init`;
  if (name === 'dccp') return `dccp ${ported} request`;
  if (name !== undefined) return `${name} ${ported}`;
  if (d.protocol === (d.six ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
    return `${d.six ? 'icmp6' : 'icmp'} ${plain} type ${d.type} code ${d.code}`;
  return `${d.six ? 'ip6' : 'ip'} ${plain} proto ${d.protocol}`;
}

/** As a person would give it to `sluice trace`. */
export function notationOfDraft(d: Draft): string {
  const link = d.link === undefined ? '' : ` from ${d.link.source} > ${d.link.destination}`;
  if (d.isArp) return `arp who-has ${d.destination} tell ${d.source}${link}, in ${d.device}`;
  const raw = RAW_HEADERS[d.protocol];
  const payload = raw !== undefined ? ` hex ${raw}` : d.payload > 0 ? ` len ${d.payload}` : '';
  const tos = d.tos > 0 ? ` tos ${d.tos}` : '';
  const mark = d.mark > 0 ? ` mark 0x${d.mark.toString(16)}` : '';
  const where = d.device === undefined ? ', local' : `, in ${d.device}`;
  return `${head(d)}${payload} ttl ${d.ttl}${tos}${mark}${link}${where}`;
}

/** An ordinary packet between two places of the network, that comes by a hook. */
export function plainDraft(
  random: Random,
  places: Places,
  { hook, isArp }: { readonly hook: string | undefined; readonly isArp: boolean },
): Draft {
  const six = !isArp && places.hasSix && random.below(4) === 0;
  // The firewall's own ARP is its answer to somebody who asks.
  const device = hook === 'output' && !isArp ? undefined : pick(random, places.devices);
  const source = places.addressOn(random, device ?? 'own', six);
  const toSelf = isArp || hook === 'input' || (hook !== 'forward' && random.below(3) === 0);
  const others = places.devices.filter((name) => name !== device);
  const target = toSelf && device !== undefined ? 'own' : (pick(random, others) ?? 'own');
  const linked = places.isBridged && device !== undefined;
  return {
    six,
    protocol: pick(random, [6, 6, 6, 17, 17, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP]) ?? 6,
    source,
    destination: places.addressOn(random, target, six),
    sport: 1024 + random.below(64000),
    dport: pick(random, [22, 53, 80, 443, 1024 + random.below(64000)]) ?? 80,
    device,
    flags: pick(random, EVERYDAY_FLAGS) ?? 2,
    type: six ? 128 : 8,
    code: 0,
    ttl: 64,
    tos: random.below(4) === 0 ? random.below(256) : 0,
    payload: pick(random, [0, 0, 1, 40, 1000]) ?? 0,
    mark: 0,
    state: 0,
    isArp: isArp || (linked && random.below(8) === 0),
    link: linked
      ? { source: places.macOn(random, device), destination: places.macOn(random, target) }
      : undefined,
  };
}

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
      return { ...d, protocol: number & 0xff };
    case 'type':
    case 'code':
      return { ...d, [wish.field]: number & 0xff };
    case 'ttl':
    case 'tos':
      return { ...d, [wish.field]: number & 0xff };
    case 'mark':
    case 'state':
      return { ...d, [wish.field]: number };
    case 'length':
      return {
        ...d,
        payload: Math.max(0, Math.min(1400, number - TCP_HEADER - (d.six ? 40 : 20))),
      };
    case 'family':
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

const macText = (digits: Hex): string => (digits.match(/../g) ?? []).join(':');

function withMac(d: Draft, field: 'ether saddr' | 'ether daddr', mac: string): Draft {
  if (d.link === undefined) return d;
  return { ...d, link: { ...d.link, [field === 'ether saddr' ? 'source' : 'destination']: mac } };
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
function towards(d: Draft, device: string | undefined, random: Random, places: Places): Draft {
  if (device === undefined) return d;
  const destination = places.addressOn(random, device, d.six);
  const others = places.devices.filter((name) => name !== device);
  const from = d.device === device ? (pick(random, others) ?? d.device) : d.device;
  return { ...d, destination, device: from };
}
