// Ranges in a request, and the walk over what they cover. IPv4 alone has ranges of addresses.

import type { IpSetRequest, IpSetType } from '../../program/index.ts';
import { hasPorts } from './from-packet.ts';
import type { Layout } from './layout.ts';
import { type Adt, failed } from './numbers.ts';
import { hostmask, lastOf, rangeToCidr } from './range.ts';

/** Numbers of a request; the ends are there where it is to be walked. */
export interface Parts {
  readonly ip?: number;
  readonly ipTo?: number;
  /** Addresses between two of the walk; 0: networks, the largest that fit. */
  readonly step?: number;
  readonly ip2?: number;
  readonly ip2To?: number;
  readonly port?: number;
  readonly portTo?: number;
}

/** The mask of a set, as words and as a length; none where all bits count. */
export interface Masks {
  readonly words: Uint32Array | null;
  readonly netmask: number | undefined;
}

const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;

/** Port and protocol as the kernel checks them. */
export function portsOf(request: IpSetRequest, v4: boolean): Parts | number {
  const { proto, port = 0, portTo } = request;
  if (proto === undefined) return failed('MISSING_PROTO');
  if (proto === 0) return failed('INVALID_PROTO');
  if (!hasPorts(proto)) return { port: proto === (v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6) ? port : 0 };
  if (portTo === undefined) return { port };
  return { port: Math.min(port, portTo), portTo: Math.max(port, portTo) };
}

const number = (hex: string): number => Number.parseInt(hex, 16);

/** Types whose first address is a network. */
const isNet = (type: IpSetType): boolean => type.startsWith('hash:net');

/** The addresses of a request, with their ends where it is a range. */
export function addressesOf(
  layout: Layout,
  type: IpSetType,
  adt: Adt,
  request: IpSetRequest,
  masks: Masks,
  v4: boolean,
): Parts | number {
  const { ip, cidr, cidr2, ip2 } = request;
  if (ip === undefined || (layout.hasIp2 && ip2 === undefined)) return failed('PROTOCOL');
  const least = layout.net0 ? 0 : 1;
  const bad = (length: number | undefined): boolean =>
    length !== undefined && (length < least || length > layout.hostMask);
  if (!v4) return badCidr6(request, type, layout, bad) ? failed('INVALID_CIDR') : {};
  if (isNet(type) && bad(cidr)) return failed('INVALID_CIDR');
  if (bad(cidr2)) return failed('INVALID_CIDR');
  if (adt === 'test') return {};
  if (cidr === 0 && !layout.net0) return failed('INVALID_CIDR');
  return isNet(type) || type === 'hash:ip,port,net'
    ? netRange(request, type)
    : ipRange(request, type, masks);
}

function badCidr6(
  request: IpSetRequest,
  type: IpSetType,
  layout: Layout,
  bad: (length: number | undefined) => boolean,
): boolean {
  if (isNet(type)) return bad(request.cidr) || bad(request.cidr2);
  return (request.cidr !== undefined && request.cidr !== layout.hostMask) || bad(request.cidr2);
}

/** Both ends of a first address: ordered, or those of a prefix; undefined for a single one. */
function firstRange(request: IpSetRequest): readonly [number, number] | number | undefined {
  const ip = number(request.ip ?? '0');
  if (request.ipTo !== undefined) {
    const to = number(request.ipTo);
    return to < ip ? [to, ip] : [ip, to];
  }
  const { cidr } = request;
  if (cidr === undefined) return undefined;
  if (cidr === 0 || cidr > 32) return failed('INVALID_CIDR');
  return [(ip & hostmask(cidr)) >>> 0, lastOf(ip, cidr)];
}

/** hash:ip, hash:ip,mark, hash:ip,port, hash:ip,port,ip: an element for each address. */
function ipRange(request: IpSetRequest, type: IpSetType, masks: Masks): Parts | number {
  if (type === 'hash:ip,mac') return {};
  const { ip = '0', ip2 } = request;
  const masked = masks.words === null ? ip : maskedBy(ip, masks.words);
  const range = firstRange({ ...request, ip: masked });
  if (typeof range === 'number') return range;
  if (range === undefined) return {};
  const step = type === 'hash:ip' ? 2 ** (32 - (masks.netmask ?? 32)) : 1;
  return { ip: range[0], ipTo: range[1], step, ...(ip2 === undefined ? {} : { ip2: number(ip2) }) };
}

const maskedBy = (ip: string, words: Uint32Array): string =>
  ((number(ip) & bigEndian(words[0]!)) >>> 0).toString(16).padStart(8, '0');

const bigEndian = (word: number): number =>
  ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;

const isWhole = ([from, to]: readonly [number, number]): boolean => from === 0 && to === 0xffffffff;

/** Types of networks: a range becomes the largest networks that fill it. */
function netRange(request: IpSetRequest, type: IpSetType): Parts | number {
  const { ip = '0', ipTo, ip2, ip2To, cidr, cidr2 } = request;
  const perAddress = type === 'hash:ip,port,net';
  if (ipTo === undefined && ip2To === undefined && !(perAddress && cidr !== undefined)) return {};
  const first = networkRange(ip, ipTo, cidr);
  if (ipTo !== undefined && !perAddress && isWhole(first)) return failed('HASH_RANGE');
  const parts = { ip: first[0], ipTo: first[1], step: perAddress ? 1 : 0 };
  if (ip2 === undefined) return parts;
  const second = networkRange(ip2, ip2To, cidr2);
  if (ip2To !== undefined && isWhole(second)) return failed('HASH_RANGE');
  return { ...parts, ip2: second[0], ip2To: second[1] };
}

/** Both ends, given as a range, as a network, or as one address. */
function networkRange(
  from: string,
  to: string | undefined,
  cidr: number | undefined,
): readonly [number, number] {
  const ip = number(from);
  if (to === undefined) {
    const length = cidr ?? 32;
    return [(ip & hostmask(length)) >>> 0, lastOf(ip, length)];
  }
  const end = number(to);
  return end < ip ? [end, ip] : [ip, end];
}

type Visit = (ip: number, cidr: number, port: number, ip2: number, cidr2: number) => number;

/** Visits every element of the ranges, until one is refused. */
export function eachPart(parts: Parts, visit: Visit): number {
  const { ip = 0, step = 1 } = parts;
  const ipTo = parts.ipTo ?? ip;
  for (let at = ip; at <= ipTo; ) {
    const cidr = step === 0 ? rangeToCidr(at, ipTo) : 32;
    const answer = eachPort(parts, (port) =>
      eachSecond(parts, (ip2, cidr2) => visit(at, cidr, port, ip2, cidr2)),
    );
    if (answer < 0) return answer;
    at = step === 0 ? lastOf(at, cidr) + 1 : at + step;
  }
  return 0;
}

function eachPort(parts: Parts, visit: (port: number) => number): number {
  const { port = 0 } = parts;
  for (let at = port; at <= (parts.portTo ?? port); at++) {
    const answer = visit(at);
    if (answer < 0) return answer;
  }
  return 0;
}

function eachSecond(parts: Parts, visit: (ip2: number, cidr2: number) => number): number {
  const { ip2 = 0 } = parts;
  const to = parts.ip2To ?? ip2;
  // hash:ip,port,ip has one second address, and it is no network.
  if (parts.ip2To === undefined) return visit(ip2, 32);
  for (let at = ip2; at <= to; ) {
    const cidr = rangeToCidr(at, to);
    const answer = visit(at, cidr);
    if (answer < 0) return answer;
    at = lastOf(at, cidr) + 1;
  }
  return 0;
}
