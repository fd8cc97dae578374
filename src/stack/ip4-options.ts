// IPv4 options on the way in, through and back (net/ipv4/ip_options.c).

import { put32, u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { sendError4 } from './icmp4.ts';
import type { Interface } from './interface.ts';
import { writeChecksum4 } from './ip4-header.ts';
import { IPV4_HLEN, RTN_LOCAL } from './numbers.ts';
import type { Route } from './route.ts';
import { specificDestination } from './routing4.ts';
import type { Stack } from './stack.ts';

const IPOPT_END = 0;
const IPOPT_NOOP = 1;
const IPOPT_RR = 7;
const IPOPT_TS = 68;
const IPOPT_CIPSO = 134;
const IPOPT_RA = 148;
const IPOPT_LSRR = 131;
const IPOPT_SSRR = 137;
const IPOPT_COPY = 0x80;
/** Kinds of timestamp option (RFC 791 §3.1). */
const TS_TSONLY = 0;
const TS_TSANDADDR = 1;
const TS_PRESPEC = 3;

const ICMP_PARAMETERPROB = 12;

/** Milliseconds since midnight UTC. */
const timeOfDay = (stack: Stack): number =>
  Math.floor((stack.netns.clock.realtime() % 86400) * 1000);

/** Offsets of the address and time slots a packet still has to get when it leaves. */
interface Slots {
  route: number;
  address: number;
  source: boolean;
}

/** spec_dst_fill(): the address this host answers with, for slots filled on arrival. */
function ownAddress(stack: Stack, packet: Packet, iface: Interface): number {
  const own = specificDestination(stack, packet, iface);
  return own === null ? 0 : u32(own, 0);
}

/** Record route: pointer at `at + 2` counts from 1 to the next free slot of four bytes. */
function recordRoute(
  stack: Stack,
  packet: Packet,
  iface: Interface,
  at: number,
  seen: Slots,
): number {
  const { buf } = packet;
  const length = buf[at + 1]!;
  if (seen.route > 0) return 0;
  if (length < 3) return 1;
  const pointer = buf[at + 2]!;
  if (pointer < 4) return 2;
  seen.route = at;
  if (pointer > length) return -1;
  if (pointer + 3 > length) return 2;
  put32(buf, at + pointer - 1, ownAddress(stack, packet, iface));
  buf[at + 2] = pointer + 4;
  packet.optionSlot = at + pointer - 1 - packet.network;
  return -1;
}

/** Width of one slot of a timestamp option, 0 for a kind nobody knows. */
const slotWidth = (kind: number): number =>
  kind === TS_TSONLY ? 4 : kind === TS_TSANDADDR || kind === TS_PRESPEC ? 8 : 0;

function timestamps(
  stack: Stack,
  packet: Packet,
  iface: Interface,
  at: number,
  seen: Slots,
): number {
  const { buf } = packet;
  const length = buf[at + 1]!;
  if (seen.address > 0) return 0;
  if (length < 4) return 1;
  const pointer = buf[at + 2]!;
  if (pointer < 5) return 2;
  seen.address = at;
  const kind = buf[at + 3]! & 0x0f;
  if (pointer > length) return overflow(buf, at);
  const width = slotWidth(kind);
  if (width === 0) return 3;
  if (pointer + width - 1 > length) return 2;
  return stamp(stack, packet, iface, at, width, kind);
}

/** No slot is left: only the count of hosts that found none goes up. */
function overflow(buf: Uint8Array, at: number): number {
  const count = buf[at + 3]! >> 4;
  if (count === 15) return 3;
  buf[at + 3] = ((count + 1) << 4) | (buf[at + 3]! & 0x0f);
  return -1;
}

function stamp(
  stack: Stack,
  packet: Packet,
  iface: Interface,
  at: number,
  width: number,
  kind: number,
): number {
  const { buf } = packet;
  const slot = at + buf[at + 2]! - 1;
  if (kind === TS_PRESPEC && stack.addressType4(u32(buf, slot), null) !== RTN_LOCAL) return -1;
  if (kind === TS_TSANDADDR) put32(buf, slot, ownAddress(stack, packet, iface));
  put32(buf, slot + width - 4, timeOfDay(stack));
  buf[at + 2]! += width;
  return -1;
}

/** One option; -1 where it is sound, else the offset within it of what is not. */
function compileOne(
  stack: Stack,
  packet: Packet,
  iface: Interface,
  at: number,
  seen: Slots,
): number {
  const { buf } = packet;
  switch (buf[at]) {
    case IPOPT_RR:
      return recordRoute(stack, packet, iface, at, seen);
    case IPOPT_TS:
      return timestamps(stack, packet, iface, at, seen);
    case IPOPT_LSRR:
    case IPOPT_SSRR:
      if (buf[at + 1]! < 3) return 1;
      if (buf[at + 2]! < 4) return 2;
      if (seen.source) return 0;
      seen.source = true;
      return -1;
    case IPOPT_RA:
      return buf[at + 1]! < 4 ? 1 : -1;
    case IPOPT_CIPSO:
      // cipso_v4_validate(): no domain of interpretation is known here.
      return buf[at + 1]! < 8 ? 1 : 2;
    default:
      return -1;
  }
}

/**
 * ip_rcv_options(): '' for options that are sound, else the reason to drop. A parameter problem
 * names the byte. Source routes are refused: net.ipv4.conf.all.accept_source_route is 0.
 */
export function compileOptions(stack: Stack, packet: Packet, iface: Interface): string {
  const { buf, network } = packet;
  const end = network + ((buf[network]! & 0x0f) << 2);
  const seen: Slots = { route: 0, address: 0, source: false };
  let bad = -1;
  let sound = network + IPV4_HLEN;
  for (let at = network + IPV4_HLEN; at < end && bad < 0; ) {
    const kind = buf[at]!;
    sound = at;
    if (kind === IPOPT_END) {
      // What follows the end carries nothing.
      buf.fill(IPOPT_END, at, end);
      break;
    }
    if (kind === IPOPT_NOOP) {
      at++;
      continue;
    }
    const length = at + 1 < end ? buf[at + 1]! : 0;
    if (length < 2 || at + length > end) bad = at;
    else {
      const offset = compileOne(stack, packet, iface, at, seen);
      if (offset >= 0) bad = at + offset;
      at += length;
      // A security label goes back even if it is what was wrong.
      if (kind === IPOPT_CIPSO) sound = at;
    }
  }
  if (bad >= 0) {
    const before = echoOptions(packet, sound);
    sendError4(stack, packet, ICMP_PARAMETERPROB, 0, (bad - network) << 24, before);
    return 'IP_INHDR';
  }
  return seen.source && stack.sysctl('net.ipv4.conf.all.accept_source_route', 0) === 0
    ? 'NOT_SPECIFIED'
    : '';
}

/**
 * ip_forward_options(): the slot taken on arrival gets the address of the way out. Only here the sum is
 * made right again; an error about the packet quotes it with the old one.
 */
export function forwardOptions(stack: Stack, packet: Packet, route: Route): void {
  const { buf, network, optionSlot } = packet;
  if (optionSlot > 0) {
    const out = stack.selectAddress4(route.iface, route.gateway, 0);
    if (out !== null) put32(buf, network + optionSlot, u32(out, 0));
  }
  writeChecksum4(packet);
}

/** The options of an answer, and the slot in them that takes the address it is sent from. */
export interface EchoedOptions {
  readonly bytes: Uint8Array;
  /** Offset within `bytes`, -1 for none. */
  readonly addressAt: number;
}

const NO_OPTIONS: EchoedOptions = { bytes: new Uint8Array(0), addressAt: -1 };

/** Puts the options behind the plain header of an answer that is sent from `saddr`. */
export function writeOptions4(made: Packet, options: EchoedOptions, saddr: number): void {
  const { bytes, addressAt } = options;
  const at = made.network + IPV4_HLEN;
  made.buf[made.network] = 0x40 | ((IPV4_HLEN + bytes.length) >> 2);
  made.buf.set(bytes, at);
  if (addressAt >= 0) put32(made.buf, at + addressAt, saddr);
}

/**
 * __ip_options_echo(): record route, timestamps and security labels go back, other options are not sent
 * back. Padded to words. Null where a slot does not fit: then there is no answer at all.
 * @param until where to stop: an option that was found to be bad
 */
export function echoOptions(
  packet: Packet,
  until = Number.POSITIVE_INFINITY,
): EchoedOptions | null {
  const { buf, network } = packet;
  if (buf[network] === 0x45) return NO_OPTIONS;
  const end = Math.min(until, network + ((buf[network]! & 0x0f) << 2));
  const out: number[] = [];
  let addressAt = -1;
  for (let at = network + IPV4_HLEN; at < end && buf[at] !== IPOPT_END; ) {
    const kind = buf[at]!;
    const length = kind === IPOPT_NOOP ? 1 : buf[at + 1]!;
    if (length === 0) break;
    if (kind === IPOPT_RR || kind === IPOPT_TS || kind === IPOPT_CIPSO) {
      const start = out.length;
      out.push(...buf.subarray(at, at + length));
      const pointer = buf[at + 2]!;
      if (kind === IPOPT_RR && packet.optionSlot > 0 && pointer <= length) {
        if (pointer + 3 > length) return null;
        out[start + 2] = pointer + 4;
        addressAt = start + pointer - 1;
      }
    }
    at += length;
  }
  while (out.length % 4 !== 0) out.push(IPOPT_END);
  return { bytes: Uint8Array.from(out), addressAt };
}

/** ip_options_fragment(): in later fragments, options not marked to be copied turn into padding. */
export function optionsForLaterFragments(options: Uint8Array): void {
  for (let at = 0; at < options.length && options[at] !== IPOPT_END; ) {
    if (options[at] === IPOPT_NOOP) {
      at++;
      continue;
    }
    const length = options[at + 1]!;
    if (length < 2 || at + length > options.length) return;
    if ((options[at]! & IPOPT_COPY) === 0) options.fill(IPOPT_NOOP, at, at + length);
    at += length;
  }
}
