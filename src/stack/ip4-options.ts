// IPv4 options on the way in, through and back (net/ipv4/ip_options.c).

import { put32, u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { sendError4 } from './icmp4.ts';
import type { Interface } from './interface.ts';
import { writeChecksum4 } from './ip4-header.ts';
import { IPV4_HLEN, RTN_UNICAST } from './numbers.ts';
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

/**
 * struct ip_options of a received packet, in `packet.optionSlot`: where options are, counted from the
 * network header, and what this host has put into them and an answer has to, as well.
 */
const RR = 0x3f;
const RR_NEEDADDR = 1 << 6;
const TS_SHIFT = 7;
const TS_NEEDADDR = 1 << 13;
const TS_NEEDTIME = 1 << 14;
const CIPSO_SHIFT = 15;
const SRR = 1 << 21;
const at6 = (slots: number, shift: number): number => (slots >>> shift) & RR;

/** spec_dst_fill(): the address this host answers with, for slots filled on arrival. */
function ownAddress(stack: Stack, packet: Packet, iface: Interface): number {
  const own = specificDestination(stack, packet, iface);
  return own === null ? 0 : u32(own, 0);
}

/** Record route: pointer at `at + 2` counts from 1 to the next free slot of four bytes. */
function recordRoute(stack: Stack, packet: Packet, iface: Interface, at: number): number {
  const { buf } = packet;
  const length = buf[at + 1]!;
  if (at6(packet.optionSlot, 0) > 0) return 0;
  if (length < 3) return 1;
  const pointer = buf[at + 2]!;
  if (pointer < 4) return 2;
  if (pointer <= length) {
    if (pointer + 3 > length) return 2;
    put32(buf, at + pointer - 1, ownAddress(stack, packet, iface));
    buf[at + 2] = pointer + 4;
    packet.optionSlot |= RR_NEEDADDR;
  }
  packet.optionSlot |= at - packet.network;
  return -1;
}

function timestamps(stack: Stack, packet: Packet, iface: Interface, at: number): number {
  const { buf } = packet;
  const length = buf[at + 1]!;
  if (at6(packet.optionSlot, TS_SHIFT) > 0) return 0;
  if (length < 4) return 1;
  const pointer = buf[at + 2]!;
  if (pointer < 5) return 2;
  const kind = buf[at + 3]! & 0x0f;
  if (pointer > length) {
    if (kind !== TS_PRESPEC && overflows(buf, at)) return 3;
  } else {
    if (pointer + 3 > length) return 2;
    const isAddressed = kind === TS_TSANDADDR || kind === TS_PRESPEC;
    if (isAddressed && pointer + 7 > length) return 2;
    // A kind that nobody knows is no error.
    if (isAddressed || kind === TS_TSONLY) stamp(stack, packet, iface, at, kind);
  }
  packet.optionSlot |= (at - packet.network) << TS_SHIFT;
  return -1;
}

/** No slot is left: the count of hosts that found none goes up; whether it cannot any more. */
function overflows(buf: Uint8Array, at: number): boolean {
  const count = buf[at + 3]! >> 4;
  if (count === 15) return true;
  buf[at + 3] = ((count + 1) << 4) | (buf[at + 3]! & 0x0f);
  return false;
}

function stamp(stack: Stack, packet: Packet, iface: Interface, at: number, kind: number): void {
  const { buf } = packet;
  const width = kind === TS_TSONLY ? 4 : 8;
  const slot = at + buf[at + 2]! - 1;
  // The slot of a host that is elsewhere is left to it.
  if (kind === TS_PRESPEC && stack.addressType4(u32(buf, slot), null) === RTN_UNICAST) return;
  if (kind === TS_TSANDADDR) {
    put32(buf, slot, ownAddress(stack, packet, iface));
    packet.optionSlot |= TS_NEEDADDR;
  }
  put32(buf, slot + width - 4, timeOfDay(stack));
  packet.optionSlot |= TS_NEEDTIME;
  buf[at + 2]! += width;
}

/** One option; -1 where it is sound, else the offset within it of what is not. */
function compileOne(stack: Stack, packet: Packet, iface: Interface, at: number): number {
  const { buf } = packet;
  switch (buf[at]) {
    case IPOPT_RR:
      return recordRoute(stack, packet, iface, at);
    case IPOPT_TS:
      return timestamps(stack, packet, iface, at);
    case IPOPT_LSRR:
    case IPOPT_SSRR:
      if (buf[at + 1]! < 3) return 1;
      if (buf[at + 2]! < 4) return 2;
      if ((packet.optionSlot & SRR) !== 0) return 0;
      packet.optionSlot |= SRR;
      return -1;
    case IPOPT_RA:
      return buf[at + 1]! < 4 ? 1 : -1;
    case IPOPT_CIPSO:
      if (at6(packet.optionSlot, CIPSO_SHIFT) > 0) return 0;
      // A security label goes back even if it is what was wrong.
      packet.optionSlot |= (at - packet.network) << CIPSO_SHIFT;
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
  packet.optionSlot = 0;
  const bad = firstBad(stack, packet, iface);
  if (bad >= 0) {
    sendError4(stack, packet, ICMP_PARAMETERPROB, 0, (bad - packet.network) << 24);
    return 'IP_INHDR';
  }
  return (packet.optionSlot & SRR) !== 0 &&
    stack.sysctl('net.ipv4.conf.all.accept_source_route', 0) === 0
    ? 'NOT_SPECIFIED'
    : '';
}

/** ip_options_compile(): fills the slots of this host; the place of what is wrong, or -1. */
function firstBad(stack: Stack, packet: Packet, iface: Interface): number {
  const { buf, network } = packet;
  const end = network + ((buf[network]! & 0x0f) << 2);
  for (let at = network + IPV4_HLEN; at < end; ) {
    if (buf[at] === IPOPT_END) {
      // What follows the end carries nothing.
      buf.fill(IPOPT_END, at, end);
      return -1;
    }
    if (buf[at] === IPOPT_NOOP) {
      at++;
      continue;
    }
    const length = at + 1 < end ? buf[at + 1]! : 0;
    if (length < 2 || at + length > end) return at;
    const offset = compileOne(stack, packet, iface, at);
    if (offset >= 0) return at + offset;
    at += length;
  }
  return -1;
}

/**
 * ip_forward_options(): the slot taken on arrival gets the address of the way out. Only here the sum is
 * made right again; an error about the packet quotes it with the old one.
 */
export function forwardOptions(stack: Stack, packet: Packet, route: Route): void {
  const { buf, network, optionSlot } = packet;
  if ((optionSlot & RR_NEEDADDR) !== 0) {
    const at = network + at6(optionSlot, 0);
    const { iface, gateway, fib } = route;
    const out = fib?.source ?? stack.selectAddress4(iface, gateway, fib?.scope ?? 0);
    if (out !== null) put32(buf, at + buf[at + 2]! - 5, u32(out, 0));
  }
  writeChecksum4(packet);
}

/** The options of an answer, and the slots in them that its sender fills. */
export interface EchoedOptions {
  readonly bytes: Uint8Array;
  /** Offsets within `bytes` of what takes the address it is sent from. */
  readonly addresses: readonly number[];
  /** Offset within `bytes` of what takes the time, -1 for none. */
  readonly time: number;
}

const NO_OPTIONS: EchoedOptions = { bytes: new Uint8Array(0), addresses: [], time: -1 };

/** ip_options_build(): puts the options behind the plain header of an answer that is sent from `saddr`. */
export function writeOptions4(
  stack: Stack,
  made: Packet,
  options: EchoedOptions,
  saddr: number,
): void {
  const { bytes, addresses, time } = options;
  const at = made.network + IPV4_HLEN;
  made.buf[made.network] = 0x40 | ((IPV4_HLEN + bytes.length) >> 2);
  made.buf.set(bytes, at);
  for (const slot of addresses) put32(made.buf, at + slot, saddr);
  if (time >= 0) put32(made.buf, at + time, timeOfDay(stack));
}

/**
 * __ip_options_echo(): record route, timestamps and security labels go back, in this order, other options
 * do not. Padded to words. Null where a slot does not fit: then there is no answer at all.
 */
export function echoOptions(stack: Stack, packet: Packet): EchoedOptions | null {
  const { buf, network, optionSlot } = packet;
  // What this host made has not been compiled.
  if (buf[network] === 0x45 || optionSlot === 0) return NO_OPTIONS;
  const out: number[] = [];
  const addresses: number[] = [];
  const copy = (at: number): number => {
    const start = out.length;
    out.push(...buf.subarray(network + at, network + at + buf[network + at + 1]!));
    return start;
  };
  const route = at6(optionSlot, 0);
  if (route > 0 && !echoRoute(out, copy(route), optionSlot, addresses)) return null;
  const times = at6(optionSlot, TS_SHIFT);
  const time = times === 0 ? -1 : echoTimes(stack, out, copy(times), optionSlot, addresses);
  if (time === NO_ROOM) return null;
  const label = at6(optionSlot, CIPSO_SHIFT);
  if (label > 0) copy(label);
  while (out.length % 4 !== 0) out.push(IPOPT_END);
  return { bytes: Uint8Array.from(out), addresses, time };
}

/** The record of an answer goes on where this host has entered itself. */
function echoRoute(out: number[], at: number, slots: number, addresses: number[]): boolean {
  const [length, pointer] = [out[at + 1]!, out[at + 2]!];
  if ((slots & RR_NEEDADDR) === 0 || pointer > length) return true;
  if (pointer + 3 > length) return false;
  out[at + 2] = pointer + 4;
  addresses.push(at + pointer - 1);
  return true;
}

const NO_ROOM = -2;

/** Where the time goes, -1 for nowhere, NO_ROOM where it does not fit. */
function echoTimes(
  stack: Stack,
  out: number[],
  at: number,
  slots: number,
  addresses: number[],
): number {
  const length = out[at + 1]!;
  let pointer = out[at + 2]!;
  if (pointer > length) return -1;
  if ((slots & TS_NEEDADDR) !== 0) {
    if (pointer + 3 > length) return NO_ROOM;
    addresses.push(at + pointer - 1);
    pointer += 4;
  }
  let time = -1;
  if ((slots & TS_NEEDTIME) !== 0) {
    if (pointer + 3 > length) return NO_ROOM;
    const width = timeWidth(stack, out, at, pointer, length);
    if (width > 0) time = at + pointer + width - 5;
    pointer += width;
  }
  out[at + 2] = pointer;
  return time;
}

/** Bytes the time takes, its address included where hosts are given; 0 where the next is another host. */
function timeWidth(
  stack: Stack,
  out: readonly number[],
  at: number,
  pointer: number,
  length: number,
): number {
  if ((out[at + 3]! & 0x0f) !== TS_PRESPEC) return 4;
  if (pointer + 7 > length) return 0;
  const given = u32(Uint8Array.from(out.slice(at + pointer - 1, at + pointer + 3)), 0);
  return stack.addressType4(given, null) === RTN_UNICAST ? 0 : 8;
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
