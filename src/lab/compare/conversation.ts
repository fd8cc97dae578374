// What is sent to both firewalls: packets one after the other, answers to what came out, and time.
// All of it is said in the packet notation, so that a person can send it again with `sluice trace`.

import { put16, u16 } from '../../bytes/index.ts';
import { ETH_P_IP, ETH_P_IPV6 } from '../../core/index.ts';
import { fixChecksums, notationOf } from '../../packet/index.ts';
import { ETH_HLEN, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP } from '../../uapi/index.ts';

/** `packet`: in the notation. `reply` and `error`: made of the frame that left last. */
export type Turn =
  | { readonly kind: 'packet'; readonly text: string }
  | { readonly kind: 'reply' }
  | { readonly kind: 'error' }
  | { readonly kind: 'again' }
  | { readonly kind: 'advance'; readonly ms: number }
  /** Waits for a time, in seconds since 1970. */
  | { readonly kind: 'until'; readonly seconds: number };

export interface Left {
  readonly device: string;
  readonly frame: Uint8Array;
}

const SYN = 0x02;
const ACK = 0x10;

/** The network header and what follows it of an Ethernet frame without tags; undefined for ARP and the like. */
function ipOf({ frame }: Left): Uint8Array | undefined {
  const type = u16(frame, 12);
  const packet = frame.slice(ETH_HLEN);
  if (type === ETH_P_IP && packet.length >= 28) return packet;
  return type === ETH_P_IPV6 && packet.length >= 48 ? packet : undefined;
}

const isSix = (packet: Uint8Array): boolean => packet[0]! >>> 4 === 6;
const headerOf = (packet: Uint8Array): number => (isSix(packet) ? 40 : (packet[0]! & 15) << 2);
const protocolOf = (packet: Uint8Array): number => packet[isSix(packet) ? 6 : 9]!;

function swap(bytes: Uint8Array, a: number, b: number, length: number): void {
  const first = bytes.slice(a, a + length);
  bytes.copyWithin(a, b, b + length);
  bytes.set(first, b);
}

function answerTcp(packet: Uint8Array, at: number): void {
  const isSyn = (packet[at + 13]! & (SYN | ACK)) === SYN;
  const sequence = packet.slice(at + 4, at + 8);
  packet.copyWithin(at + 4, at + 8, at + 12);
  packet.set(sequence, at + 8);
  if (isSyn) packet[at + 11] = (packet[at + 11]! + 1) & 0xff;
  packet[at + 13] = isSyn ? SYN | ACK : ACK;
}

/** What the other end would send back, or undefined where nothing would. */
export function replyTo(left: Left): string | undefined {
  const packet = ipOf(left);
  if (packet === undefined) return undefined;
  const six = isSix(packet);
  const at = headerOf(packet);
  if (packet.length < at + 8) return undefined;
  const protocol = protocolOf(packet);
  swap(packet, six ? 8 : 12, six ? 24 : 16, six ? 16 : 4);
  packet[six ? 7 : 8] = 64;
  if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) {
    if (packet[at] !== (six ? 128 : 8)) return undefined;
    packet[at] = six ? 129 : 0;
  } else {
    swap(packet, at, at + 2, 2);
    if (protocol === IPPROTO_TCP && packet.length >= at + 20) answerTcp(packet, at);
  }
  put16(packet, six ? 4 : 2, six ? packet.length - 40 : packet.length);
  fixChecksums(packet, 0);
  return `${notationOf(packet, { exact: true })}, in ${left.device}`;
}

/** Somebody on the way cannot deliver what left. */
export function errorAbout(left: Left): string | undefined {
  const packet = ipOf(left);
  if (packet === undefined) return undefined;
  const six = isSix(packet);
  const text = notationOf(packet, { exact: true });
  const source = / (\S+) > (\S+)/.exec(text);
  const host = (end: string): string =>
    six ? end.replace(/^\[|\](:\d+)?$/g, '') : end.replace(/:\d+$/, '');
  if (source === null) return undefined;
  const from = host(source[2] ?? '');
  const to = host(source[1] ?? '');
  return `${six ? 'icmp6' : 'icmp'} ${from} > ${to} port-unreachable about (${text}), in ${left.device}`;
}
