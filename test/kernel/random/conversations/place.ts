// Who talks where. What a peer sends goes by what has come out to it: behind NAT it answers the address
// that it saw, which each target may have chosen by itself.

import { fold16, formatIPv6, put16, u16, unhex } from '../../../../src/bytes/index.ts';
import { notationOf } from '../../../../src/packet/index.ts';
import type { Sent, Step } from '../../case.ts';
import { packetOf } from '../../frames.ts';

/** An address and a port, as the notation writes them. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** One side of a conversation. */
export interface Side {
  readonly link: string;
  /** Marks its packets, so that the other side knows them: the low byte of the identification. */
  readonly tag: number;
  readonly self: Endpoint;
  readonly other: Endpoint;
  /** It answers to where packets with this tag came from; who began keeps to `other`. */
  readonly answers?: number;
}

/** What is said, once it is known from where and to whom. */
export type Say = (from: Endpoint, to: Endpoint) => string;

const isV6Packet = (packet: Uint8Array): boolean => packet[0]! >> 4 === 6;

export const isV6 = (address: string): boolean => address.includes(':');

export const at = ({ address, port }: Endpoint): string =>
  isV6(address) ? `[${address}]:${port}` : `${address}:${port}`;

const ETH = 14;
const IP6_FRAGMENT = 44;
const PORTS_OF = [6, 17, 132, 136];

const address4 = (f: Uint8Array, offset: number): string =>
  f.subarray(offset, offset + 4).join('.');
const address6 = (f: Uint8Array, offset: number): string =>
  formatIPv6(f.slice(offset, offset + 16));

const version = (f: Uint8Array): number => f[ETH]! >> 4;

const byteAt = (frame: string, at: number): number =>
  Number.parseInt(frame.slice(2 * at, 2 * at + 2), 16);

/** The mark its sender gave a frame (hex). Fragments that the router made of it have it as well. */
function tagOf(frame: string): number {
  const version = byteAt(frame, ETH) >> 4;
  return version === 4 ? byteAt(frame, ETH + 5) : version === 6 ? byteAt(frame, ETH + 3) : 0;
}

/** Where a frame says it comes from and goes to; port 0 where there are none. */
function endpoints(f: Uint8Array): { from: Endpoint; to: Endpoint } {
  const v6 = version(f) === 6;
  const [protocol, l4] = v6
    ? f[ETH + 6] === IP6_FRAGMENT
      ? [f[ETH + 40]!, ETH + 48]
      : [f[ETH + 6]!, ETH + 40]
    : [f[ETH + 9]!, ETH + (f[ETH]! & 15) * 4];
  const ported = PORTS_OF.includes(protocol) && l4 + 4 <= f.length;
  const [source, destination] = v6
    ? [address6(f, ETH + 8), address6(f, ETH + 24)]
    : [address4(f, ETH + 12), address4(f, ETH + 16)];
  return {
    from: { address: source, port: ported ? u16(f, l4) : 0 },
    to: { address: destination, port: ported ? u16(f, l4 + 2) : 0 },
  };
}

const isLater4 = (f: Uint8Array): boolean => version(f) === 4 && (u16(f, ETH + 6) & 0x1fff) !== 0;
const isLater6 = (f: Uint8Array): boolean =>
  version(f) === 6 && f[ETH + 6] === IP6_FRAGMENT && (u16(f, ETH + 42) & 0xfff8) !== 0;

/** An error of the router's quotes a tagged packet, but has no tag of its own. */
const isTold = (f: Uint8Array): boolean =>
  version(f) === 4 ? f[ETH + 9] === 1 && f[ETH + 20] !== 8 && f[ETH + 20] !== 0 : false;

/** The last packet with this tag that came out on a link, from its network header on. */
export function heard(sent: readonly Sent[], link: string, tag: number): Uint8Array | undefined {
  for (let i = sent.length - 1; i >= 0; i--) {
    const { device, frame } = sent[i]!;
    if (device !== link || tagOf(frame) !== tag) continue;
    const f = unhex(frame);
    if (!isLater4(f) && !isLater6(f) && !isTold(f)) return f.subarray(ETH);
  }
  return undefined;
}

/** Where the packet says it comes from. */
export function sourceOf(packet: Uint8Array): Endpoint {
  const frame = new Uint8Array(ETH + packet.length);
  frame.set(packet, ETH);
  return endpoints(frame).from;
}

function speakers(by: Side, sent: readonly Sent[]): [Endpoint, Endpoint] {
  const last = by.answers === undefined ? undefined : heard(sent, by.link, by.answers);
  if (last === undefined) return [by.self, by.other];
  const frame = new Uint8Array(ETH + last.length);
  frame.set(last, ETH);
  const { from, to } = endpoints(frame);
  return [to, from];
}

/** Off by one, whatever the ports are that the other side was given. */
export const WRONG_SUM = ' wrong-sum';

/** Where each protocol has its checksum. */
const SUM_AT: Readonly<Record<number, number>> = { 1: 2, 6: 16, 17: 6, 58: 2, 132: 8, 136: 6 };

function harmSum(packet: Uint8Array): void {
  const v6 = isV6Packet(packet);
  const at = (v6 ? 40 : 20) + (SUM_AT[packet[v6 ? 6 : 9]!] ?? packet.length);
  if (at + 2 <= packet.length) put16(packet, at, fold16(u16(packet, at) + 1));
}

/** The packet's bytes, with the tag and a number of its own. */
export function said(by: Side, serial: number, say: Say, sent: readonly Sent[]): Uint8Array {
  const [from, to] = speakers(by, sent);
  const id = (serial << 8) | by.tag;
  const mark = isV6(from.address) ? `flow ${id & 0xfffff}` : `ipid ${id & 0xffff}`;
  const words = say(from, to);
  const packet = packetOf(`${words.replace(WRONG_SUM, '')} ${mark}`);
  if (words.includes(WRONG_SUM)) harmSum(packet);
  return packet;
}

/** The whole packet as one step. */
export const speak = (by: Side, serial: number, say: Say): Step => ({
  on: by.link,
  answer: (sent) => said(by, serial, say, sent),
});

/** A step as a person reads it. */
export const shown = (on: string, packet: string | Uint8Array): string =>
  `${on} ${typeof packet === 'string' ? packet : notationOf(packet)}`;
