// Packets that the notation has no words for: fragments of others, IPv4 options, IPv6 extension
// headers.

import { put16, u16, unhex } from '../../../src/bytes/index.ts';
import type { Step } from '../case.ts';
import { packetOf } from '../frames.ts';

const IP6_FRAGMENT = 44;
const MORE_FRAGMENTS = 1;

function headerSum(header: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) if (i !== 10) sum += u16(header, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Bytes `from` … `to` of an IPv4 packet's payload as a fragment. */
function fragment4(packet: Uint8Array, from: number, to: number, id: number): Uint8Array {
  const out = new Uint8Array([...packet.subarray(0, 20), ...packet.subarray(20 + from, 20 + to)]);
  put16(out, 2, out.length);
  put16(out, 4, id);
  put16(out, 6, (from >> 3) | (20 + to < packet.length ? 0x2000 : 0));
  put16(out, 10, headerSum(out.subarray(0, 20)));
  return out;
}

/** The same for IPv6, with a fragment header. */
function fragment6(packet: Uint8Array, from: number, to: number, id: number): Uint8Array {
  const more = 40 + to < packet.length ? MORE_FRAGMENTS : 0;
  const header = [
    packet[6]!,
    0,
    (from >> 8) & 0xff,
    (from & 0xf8) | more,
    0,
    0,
    id >> 8,
    id & 0xff,
  ];
  const out = new Uint8Array([
    ...packet.subarray(0, 40),
    ...header,
    ...packet.subarray(40 + from, 40 + to),
  ]);
  out[6] = IP6_FRAGMENT;
  put16(out, 4, out.length - 40);
  return out;
}

/** Bytes `from` … `to` of what the packet carries, as a fragment of it. */
export const cut = (packet: Uint8Array, from: number, to: number, id: number): Uint8Array =>
  (packet[0]! >> 4 === 6 ? fragment6 : fragment4)(packet, from, to, id);

let nextId = 0x100;

/** Fragments at the given offsets of the payload; the last reaches to the end. */
export function pieces(notation: string, offsets: readonly number[], on = 'eth0'): Step[] {
  const packet = packetOf(notation);
  const payload = packet.length - (packet[0]! >> 4 === 6 ? 40 : 20);
  const id = nextId++;
  return offsets.map((from, i) => ({
    on,
    packet: cut(packet, from, offsets[i + 1] ?? payload, id),
  }));
}

/** One fragment by itself. */
export const piece = (notation: string, from: number, to: number, id: number): Step => ({
  on: 'eth0',
  packet: cut(packetOf(notation), from, to, id),
});

/** An IPv4 packet with these options behind its header, in hex; padded with zeros to a word. */
export function withOptions4(notation: string, options: string): Uint8Array {
  const packet = packetOf(notation);
  const bytes = unhex(options.replaceAll(' ', ''));
  const padded = new Uint8Array((bytes.length + 3) & ~3);
  padded.set(bytes);
  const length = 20 + padded.length;
  const out = new Uint8Array([...packet.subarray(0, 20), ...padded, ...packet.subarray(20)]);
  out[0] = 0x40 | (length >> 2);
  put16(out, 2, out.length);
  put16(out, 10, headerSum(out.subarray(0, length)));
  return out;
}

export const HOP_BY_HOP = 0;
export const ROUTING = 43;
export const AUTHENTICATION = 51;
export const DESTINATION = 60;

/** An IPv6 packet with extension headers: the number of each, and its bytes behind "next header" in hex. */
export function withHeaders6(
  notation: string,
  headers: readonly (readonly [type: number, rest: string])[],
): Uint8Array {
  const packet = packetOf(notation);
  const types = [...headers.map(([type]) => type), packet[6]!];
  const between = headers.flatMap(([, rest], i) => [
    types[i + 1]!,
    ...unhex(rest.replaceAll(' ', '')),
  ]);
  const out = new Uint8Array([...packet.subarray(0, 40), ...between, ...packet.subarray(40)]);
  out[6] = types[0]!;
  put16(out, 4, out.length - 40);
  return out;
}
