// Neighbours: address resolution and what waits for it (net/core/neighbour.c).

import { formatMac, put16, u32 } from '../bytes/index.ts';
import type { Packet, Timer } from '../core/index.ts';
import { NS_PER_SECOND } from '../core/index.ts';
import { formatAddress } from './address.ts';
import { sendArpRequest } from './arp.ts';
import { DONE, KEPT } from './fate.ts';
import { sendUnreachable4 } from './icmp4.ts';
import { sendError6 } from './icmp6.ts';
import type { Interface } from './interface.ts';
import { sendSolicitation } from './nd.ts';
import type { Stack } from './stack.ts';
import { transmitFrame } from './transmit.ts';

/** NUD_*, include/uapi/linux/neighbour.h. */
export type NeighbourState =
  | 'none'
  | 'incomplete'
  | 'reachable'
  | 'stale'
  | 'delay'
  | 'probe'
  | 'failed'
  | 'permanent'
  | 'noarp';

/** Defaults of net.ipv4.neigh.default.* and its IPv6 sibling. */
const MCAST_SOLICIT = 3;
const UCAST_SOLICIT = 3;
const RETRANS_TIME = NS_PER_SECOND;
const DELAY_FIRST_PROBE_TIME = 5 * NS_PER_SECOND;
const BASE_REACHABLE_TIME = 30 * NS_PER_SECOND;
/** A reply this soon after another does not override it. */
const LOCKTIME = NS_PER_SECOND;
const UNRES_QLEN_BYTES = 212992;
/** gc_thresh3: from here on the table is tidied up before it grows. */
const GC_THRESH = 1024;

export class Neighbour {
  readonly iface: Interface;
  readonly address: Uint8Array;
  readonly mac = new Uint8Array(6);
  state: NeighbourState = 'none';
  probes = 0;
  /** A packet went to it once, so its link header is at hand (neigh->hh). */
  cached = false;
  /** When it was last known to answer, and when `mac` last changed. */
  confirmed = 0;
  updated = 0;
  readonly queue: Packet[] = [];
  queuedBytes = 0;
  timer: Timer | null = null;

  constructor(iface: Interface, address: Uint8Array) {
    this.iface = iface;
    this.address = address;
  }

  /** NUD_VALID: there is a hardware address to send to. */
  get valid(): boolean {
    return this.state !== 'none' && this.state !== 'incomplete' && this.state !== 'failed';
  }
}

const latin1 = (bytes: Uint8Array, offset: number): string => {
  let text = '';
  for (let i = 0; i < 16; i++) text += String.fromCharCode(bytes[offset + i]!);
  return text;
};

export function findNeighbour(
  iface: Interface,
  bytes: Uint8Array,
  offset: number,
  width: number,
): Neighbour | undefined {
  return width === 4
    ? iface.neighbours4.get(u32(bytes, offset))
    : iface.neighbours6.get(latin1(bytes, offset));
}

/** Maps of groups onto Ethernet: RFC 1112 §6.4 and RFC 2464 §7. */
function groupMac(mac: Uint8Array, address: Uint8Array): void {
  if (address.length === 4) {
    mac.set([0x01, 0x00, 0x5e, address[1]! & 0x7f, address[2]!, address[3]!]);
    return;
  }
  mac.set([0x33, 0x33]);
  mac.set(address.subarray(12), 2);
}

/** `arp: static`: an address of its own for everybody, told from the low 32 bits. */
function madeUpMac(mac: Uint8Array, address: Uint8Array): void {
  put16(mac, 0, 0x0200);
  mac.set(address.subarray(address.length - 4), 2);
}

/** arp_constructor() and ndisc_constructor(): some addresses need no asking. */
function construct(stack: Stack, neighbour: Neighbour): void {
  const { address, iface, mac } = neighbour;
  const v4 = address.length === 4;
  if (v4 ? address[0]! >>> 4 === 14 : address[0] === 0xff) {
    groupMac(mac, address);
    neighbour.state = 'noarp';
  } else if (v4 && stack.addressType4(u32(address, 0), iface.device) === 3) {
    mac.fill(0xff);
    neighbour.state = 'noarp';
  } else if (iface.loopback || !iface.ethernet) neighbour.state = 'noarp';
  else if (iface.arp === 'static') {
    madeUpMac(mac, address);
    neighbour.state = 'permanent';
  }
}

/** Forgets who never answered; routes that remember them are looked up again. */
function collect(stack: Stack, iface: Interface): void {
  const { neighbours4, neighbours6 } = iface;
  for (const [key, { state }] of neighbours4) if (state === 'failed') neighbours4.delete(key);
  for (const [key, { state }] of neighbours6) if (state === 'failed') neighbours6.delete(key);
  stack.forgetRoutes();
}

/** neigh_lookup and neigh_create in one. */
export function neighbourOf(
  stack: Stack,
  iface: Interface,
  bytes: Uint8Array,
  offset: number,
  width: number,
): Neighbour {
  const known = findNeighbour(iface, bytes, offset, width);
  if (known !== undefined) return known;
  if (iface.neighbours4.size + iface.neighbours6.size >= GC_THRESH) collect(stack, iface);
  const neighbour = new Neighbour(iface, bytes.slice(offset, offset + width));
  construct(stack, neighbour);
  if (width === 4) iface.neighbours4.set(u32(bytes, offset), neighbour);
  else iface.neighbours6.set(latin1(bytes, offset), neighbour);
  return neighbour;
}

function setTimer(stack: Stack, neighbour: Neighbour, ns: number): void {
  neighbour.timer?.cancel();
  neighbour.timer = stack.netns.clock.after(ns, () => onTimer(stack, neighbour));
}

function stopTimer(neighbour: Neighbour): void {
  neighbour.timer?.cancel();
  neighbour.timer = null;
}

/** The packet whose source a solicitation may borrow: the first that waits. */
function solicit(stack: Stack, neighbour: Neighbour): void {
  const cause = neighbour.queue[0] ?? null;
  neighbour.probes++;
  if (neighbour.address.length === 4) sendArpRequest(stack, neighbour, cause);
  else sendSolicitation(stack, neighbour, cause);
}

function onTimer(stack: Stack, neighbour: Neighbour): void {
  neighbour.timer = null;
  if (neighbour.state === 'delay') {
    neighbour.state = 'probe';
    neighbour.probes = 0;
  } else if (neighbour.state === 'incomplete' && neighbour.probes >= MCAST_SOLICIT) {
    fail(stack, neighbour);
    return;
  } else if (neighbour.state === 'probe' && neighbour.probes >= UCAST_SOLICIT) {
    fail(stack, neighbour);
    return;
  } else if (neighbour.state !== 'incomplete' && neighbour.state !== 'probe') return;
  setTimer(stack, neighbour, RETRANS_TIME);
  solicit(stack, neighbour);
  stack.drain();
}

/** neigh_invalidate(): who waited is told that the host is unreachable (dst_link_failure). */
function fail(stack: Stack, neighbour: Neighbour): void {
  neighbour.state = 'failed';
  const waiting = neighbour.queue.splice(0);
  neighbour.queuedBytes = 0;
  for (const packet of waiting) {
    if (neighbour.address.length === 4) sendUnreachable4(stack, packet, 1);
    else sendError6(stack, packet, 1, 3, 0);
    stack.finish(packet, stack.drop(packet, 'NEIGH_FAILED', 'neighbour'));
  }
  stack.drain();
}

function emit(stack: Stack, packet: Packet, neighbour: Neighbour): void {
  const { address, mac, state, valid } = neighbour;
  const event = { kind: 'neighbour', address: formatAddress(address), state } as const;
  stack.netns.emit(packet, valid ? { ...event, mac: formatMac(mac) } : event);
}

/** __neigh_event_send(): starts to ask, and keeps the packet until there is an answer. */
function hold(stack: Stack, packet: Packet, neighbour: Neighbour): boolean {
  const start = neighbour.state !== 'incomplete';
  if (start) {
    neighbour.state = 'incomplete';
    neighbour.probes = 0;
    neighbour.updated = stack.netns.clock.now();
  }
  while (neighbour.queuedBytes + packet.length > UNRES_QLEN_BYTES && neighbour.queue.length > 0) {
    const oldest = neighbour.queue.shift()!;
    neighbour.queuedBytes -= oldest.length;
    stack.finish(oldest, stack.drop(oldest, 'NEIGH_QUEUEFULL', 'neighbour'));
  }
  neighbour.queue.push(packet);
  neighbour.queuedBytes += packet.length;
  if (stack.netns.tracer !== null) emit(stack, packet, neighbour);
  if (start) {
    setTimer(stack, neighbour, RETRANS_TIME);
    solicit(stack, neighbour);
  }
  return KEPT;
}

const isAged = (stack: Stack, { state, confirmed }: Neighbour): boolean =>
  state === 'reachable' && stack.netns.clock.now() - confirmed > BASE_REACHABLE_TIME;

/** NUD_CONNECTED: nobody doubts its address. */
export const isConnected = (stack: Stack, neighbour: Neighbour): boolean =>
  neighbour.state === 'permanent' ||
  neighbour.state === 'noarp' ||
  (neighbour.state === 'reachable' && !isAged(stack, neighbour));

/** Sends through a neighbour: neigh_output(). */
export function neighbourOutput(stack: Stack, packet: Packet, neighbour: Neighbour): boolean {
  if (!neighbour.valid) return hold(stack, packet, neighbour);
  neighbour.cached = true;
  if (neighbour.state === 'stale' || isAged(stack, neighbour)) {
    neighbour.state = 'delay';
    setTimer(stack, neighbour, DELAY_FIRST_PROBE_TIME);
  }
  if (stack.netns.tracer !== null) emit(stack, packet, neighbour);
  return transmitFrame(stack, packet, neighbour.iface, neighbour.mac);
}

/** What ARP and ND learned about a neighbour. */
export interface NeighbourUpdate {
  /** Null where the message names no hardware address. */
  readonly mac: Uint8Array | null;
  readonly state: 'reachable' | 'stale';
  readonly override: boolean;
}

/** neigh_update() for what comes from the wire. */
export function updateNeighbour(stack: Stack, neighbour: Neighbour, update: NeighbourUpdate): void {
  if (neighbour.state === 'permanent' || neighbour.state === 'noarp') return;
  const now = stack.netns.clock.now();
  const wasValid = neighbour.valid;
  const differs = update.mac !== null && !sameMac(update.mac, neighbour.mac);
  if (update.mac === null && !wasValid) return;
  let { state }: { state: NeighbourState } = update;
  if (wasValid && differs && !update.override) return;
  // An address that did not change keeps a better state than stale.
  if (wasValid && !differs && state === 'stale') state = neighbour.state;
  if (state === 'reachable') neighbour.confirmed = now;
  if (differs && update.mac !== null) neighbour.mac.set(update.mac);
  if (differs || !wasValid) neighbour.updated = now;
  if (state !== neighbour.state) {
    stopTimer(neighbour);
    neighbour.state = state;
  }
  if (!wasValid) release(stack, neighbour);
}

/** May a reply override: not within LOCKTIME of the last change (arp_process). */
export const lockExpired = (stack: Stack, neighbour: Neighbour): boolean =>
  stack.netns.clock.now() - neighbour.updated > LOCKTIME;

const sameMac = (a: Uint8Array, b: Uint8Array): boolean => {
  for (let i = 0; i < 6; i++) if (a[i] !== b[i]) return false;
  return true;
};

function release(stack: Stack, neighbour: Neighbour): void {
  const waiting = neighbour.queue.splice(0);
  neighbour.queuedBytes = 0;
  for (const packet of waiting) {
    if (neighbour.valid) stack.finish(packet, neighbourOutput(stack, packet, neighbour));
    else stack.finish(packet, DONE);
  }
}
