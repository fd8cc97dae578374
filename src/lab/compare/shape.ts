// Headers that the notation has no words for, and bytes at a place: put into a packet after it was made.

import { hex, put16, u16, u32, unhex } from '../../bytes/index.ts';
import { findIPv6Header, fixChecksums, headerPlace } from '../../packet/index.ts';
import type { ExthdrOp, Hex, PayloadBase, U32Step } from '../../program/index.ts';
import { ETH_HLEN, IPPROTO_DCCP, IPPROTO_SCTP, IPPROTO_TCP } from '../../uapi/index.ts';

/** Where bytes stand: behind the start of a header, or of an option or chunk of that type. */
export type BytePlace =
  | { readonly base: PayloadBase; readonly offset: number }
  | { readonly base: ExthdrOp; readonly type: number; readonly offset: number }
  /** Where a test of `u32` or what is like it leads. */
  | { readonly base: 'steps'; readonly steps: readonly U32Step[]; readonly offset: number };

/** Bytes to write, of which the bits of the mask count. */
export interface Poke {
  readonly at: BytePlace;
  readonly value: Hex;
  readonly mask: Hex;
}

/** An extension header, option or chunk, whole; of headers the first byte is made to lead on. */
export interface Part {
  readonly op: ExthdrOp;
  readonly type: number;
  readonly bytes: Hex;
}

export interface Shape {
  readonly parts: readonly Part[];
  readonly pokes: readonly Poke[];
}

const IPPROTO_HOPOPTS = 0;
const IPPROTO_FRAGMENT = 44;
const IPPROTO_AH = 51;
/** RFC 8200 §4.1. */
const ORDER = [0, 60, 43, 44, 51];

const TCP_DEFAULTS: Readonly<Record<number, Hex>> = {
  0: '00',
  1: '01',
  2: '020405b4',
  3: '030307',
  4: '0402',
  5: `0522${'0000000100000002'.repeat(4)}`,
  8: '080a0000000100000002',
};
const EXTENSIONS: Readonly<Record<number, Hex>> = {
  [IPPROTO_HOPOPTS]: '0000010400000000',
  60: '0000010400000000',
  43: '0002000100000000'.padEnd(48, '0'),
  [IPPROTO_FRAGMENT]: '0000000000000007',
  [IPPROTO_AH]: '000400000000000100000001'.padEnd(48, '0'),
  135: '3b01050000000000'.padEnd(32, '0'),
};

/** Something of that type that is well formed. */
export function plainPart(op: ExthdrOp, type: number): Part {
  const byte = (type & 0xff).toString(16).padStart(2, '0');
  const known = op === 'tcpopt' ? TCP_DEFAULTS[type] : op === 'ipv6' ? EXTENSIONS[type] : undefined;
  switch (op) {
    case 'tcpopt':
    case 'dccp':
      return { op, type, bytes: known ?? `${byte}0400000000`.slice(0, 8) };
    case 'ipv4':
      // Room for a route or a time stamp; the pointer is behind it (RFC 791 §3.1).
      return {
        op,
        type,
        bytes: type <= 1 ? byte : type === 148 ? `${byte}040000` : `${byte}0704c0000201`,
      };
    case 'sctp':
      return { op, type, bytes: `${byte}000010`.padEnd(32, '0') };
    default:
      return { op, type, bytes: known ?? '0000000000000000' };
  }
}

const headerLength4 = (packet: Uint8Array): number => (packet[0]! & 15) << 2;
const isSix = (packet: Uint8Array): boolean => packet[0]! >>> 4 === 6;

function inserted(packet: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(packet.length + bytes.length);
  whole.set(packet.subarray(0, at), 0);
  whole.set(bytes, at);
  whole.set(packet.subarray(at), at + bytes.length);
  if (isSix(whole)) put16(whole, 4, whole.length - 40);
  else put16(whole, 2, whole.length);
  return whole;
}

const joined = (parts: readonly Part[]): Uint8Array => unhex(parts.map((p) => p.bytes).join(''));

function padded(bytes: Uint8Array, most: number): Uint8Array {
  const length = Math.min(most, (bytes.length + 3) & ~3);
  const whole = new Uint8Array(length);
  whole.set(bytes.subarray(0, length), 0);
  return whole;
}

function withExtensions(packet: Uint8Array, parts: readonly Part[]): Uint8Array {
  const sorted = parts.toSorted((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type));
  if (sorted.length === 0) return packet;
  const bytes = joined(sorted);
  let at = 0;
  sorted.forEach((part, i) => {
    bytes[at] = sorted[i + 1]?.type ?? packet[6]!;
    at += part.bytes.length / 2;
  });
  const whole = inserted(packet, 40, bytes);
  whole[6] = sorted[0]!.type;
  return whole;
}

function withOptions4(packet: Uint8Array, parts: readonly Part[]): Uint8Array {
  if (parts.length === 0) return packet;
  const options = padded(joined(parts), 60 - headerLength4(packet));
  const whole = inserted(packet, headerLength4(packet), options);
  whole[0] = 0x40 | ((headerLength4(packet) + options.length) >>> 2);
  return whole;
}

const place = headerPlace();

/** Start of the transport header; of IPv6 behind every extension. */
export function transportOf(packet: Uint8Array): number {
  if (!isSix(packet)) return headerLength4(packet);
  const found = findIPv6Header(packet, 0, packet.length, -1, place);
  return found ? place.offset : 40;
}

function protocolOf(packet: Uint8Array): number {
  if (!isSix(packet)) return packet[9]!;
  return findIPv6Header(packet, 0, packet.length, -1, place) ? place.protocol : packet[6]!;
}

function withTransportParts(packet: Uint8Array, shape: Shape): Uint8Array {
  const at = transportOf(packet);
  const of = (op: ExthdrOp): Part[] => shape.parts.filter((p) => p.op === op);
  const protocol = protocolOf(packet);
  if (protocol === IPPROTO_TCP && of('tcpopt').length > 0 && packet.length >= at + 20) {
    const header = (packet[at + 12]! >>> 4) << 2;
    const options = padded(joined(of('tcpopt')), 60 - header);
    const whole = inserted(packet, at + header, options);
    whole[at + 12] = (((header + options.length) >>> 2) << 4) | (packet[at + 12]! & 15);
    return whole;
  }
  if (protocol === IPPROTO_SCTP && of('sctp').length > 0)
    return inserted(truncated(packet, at + 12), at + 12, joined(of('sctp')));
  if (protocol === IPPROTO_DCCP && of('dccp').length > 0) {
    const header = packet[at + 4]! << 2;
    const options = padded(joined(of('dccp')), 1020 - header);
    const whole = inserted(packet, at + header, options);
    whole[at + 4] = (header + options.length) >>> 2;
    return whole;
  }
  return packet;
}

const truncated = (packet: Uint8Array, length: number): Uint8Array => packet.slice(0, length);

/** Where the option of that type begins; -1 for none. */
function optionAt(bytes: Uint8Array, from: number, to: number, type: number): number {
  for (let at = from; at < to; ) {
    if (bytes[at] === type) return at;
    const length = bytes[at]! <= 1 ? 1 : bytes[at + 1]!;
    if (length === 0) return -1;
    at += length;
  }
  return -1;
}

function chunkAt(bytes: Uint8Array, from: number, type: number): number {
  for (let at = from; at + 4 <= bytes.length; at += Math.max(4, (u16(bytes, at + 2) + 3) & ~3))
    if (bytes[at] === type) return at;
  return -1;
}

function partAt(packet: Uint8Array, op: ExthdrOp, type: number): number {
  if (op === 'ipv4') return isSix(packet) ? -1 : optionAt(packet, 20, headerLength4(packet), type);
  if (op === 'ipv6')
    return isSix(packet) && findIPv6Header(packet, 0, packet.length, type, place)
      ? place.offset
      : -1;
  const at = transportOf(packet);
  if (op === 'sctp') return chunkAt(packet, at + 12, type);
  if (op === 'dccp') return optionAt(packet, at + 16, at + (packet[at + 4]! << 2), type);
  return optionAt(packet, at + 20, at + ((packet[at + 12]! >>> 4) << 2), type);
}

/** xt_u32.c: what is loaded, shifted and masked until the last `@`. */
function ledTo(packet: Uint8Array, steps: readonly U32Step[]): number {
  let value = 0;
  let at = 0;
  for (const { op, number } of steps) {
    if (op === 'load') value = at + number + 4 <= packet.length ? u32(packet, at + number) : 0;
    else if (op === 'and') value = (value & number) >>> 0;
    else if (op === 'lshift') value = (value << number) >>> 0;
    else if (op === 'rshift') value >>>= number;
    else {
      at += value;
      value = at + number + 4 <= packet.length ? u32(packet, at + number) : 0;
    }
  }
  return at;
}

function offsetOf(packet: Uint8Array, at: BytePlace): number {
  switch (at.base) {
    case 'network':
    case 'link':
      return at.offset;
    case 'transport':
      return transportOf(packet) + at.offset;
    case 'inner': {
      const from = transportOf(packet);
      const header = protocolOf(packet) === IPPROTO_TCP ? (packet[from + 12]! >>> 4) << 2 : 8;
      return from + header + at.offset;
    }
    case 'steps':
      return ledTo(packet, at.steps) + at.offset;
    case 'tunnel':
      return -1;
    default: {
      const from = partAt(packet, at.base, at.type);
      return from < 0 ? -1 : from + at.offset;
    }
  }
}

/** Writes what lies within the bytes. */
function poke(bytes: Uint8Array, offset: number, { value, mask }: Poke): void {
  if (offset < 0) return;
  const fresh = unhex(value);
  const bits = unhex(mask);
  for (let i = 0; i < fresh.length && offset + i < bytes.length; i++)
    bytes[offset + i] = (bytes[offset + i]! & ~bits[i]!) | (fresh[i]! & bits[i]!);
}

/** The IP packet with all of that in it; checksums are right unless they are poked themselves. */
export function shaped(packet: Uint8Array, shape: Shape): Uint8Array {
  const network = isSix(packet)
    ? withExtensions(
        packet,
        shape.parts.filter((p) => p.op === 'ipv6'),
      )
    : withOptions4(
        packet,
        shape.parts.filter((p) => p.op === 'ipv4'),
      );
  const whole = withTransportParts(network, shape).slice();
  const pokes = shape.pokes.filter(({ at }) => at.base !== 'link');
  const write = (): void => {
    for (const one of pokes) poke(whole, offsetOf(whole, one.at), one);
  };
  write();
  fixChecksums(whole, 0);
  write();
  return whole;
}

/** The same of what is no IP packet, and of link headers: `frame` from its addresses on. */
export function shapedFrame(
  frame: Uint8Array,
  { pokes }: Pick<Shape, 'pokes'>,
  isIp: boolean,
): Uint8Array {
  const whole = frame.slice();
  for (const one of pokes)
    if (one.at.base === 'link') poke(whole, one.at.offset, one);
    else if (!isIp && one.at.base === 'network') poke(whole, ETH_HLEN + one.at.offset, one);
  return whole;
}

export const sameHex = (a: Uint8Array, b: Uint8Array): boolean => hex(a) === hex(b);
