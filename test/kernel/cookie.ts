// SYN cookies are secret: what a SYN proxy answered with, and everything counted from there, is compared
// by how far it is from the first of them.

import { put16, put32, u16, u32, unhex } from '../../src/bytes/index.ts';
import type { Sent } from './case.ts';

const ETH = 14;
const TCP = 6;
const SYN_ACK = 0x12;
const TIMESTAMP = 8;
/** What the clock of the cases' servers says. */
export const SERVER_STAMP = 2_000_777_000;
/** Further away is another number. */
const NEAR = 1 << 20;

export interface Cookie {
  readonly seq: number;
  /** The proxy's time stamp, 0 if it sent none. */
  readonly stamp: number;
}

/** Offset of the TCP header, or -1. */
export function tcpOf(f: Uint8Array): number {
  if (f[ETH]! >> 4 === 6) return f[ETH + 6] === TCP ? ETH + 40 : -1;
  return f[ETH + 9] === TCP ? ETH + (f[ETH]! & 15) * 4 : -1;
}

/** Offset of the time stamps' option, or -1. */
function stampsOf(f: Uint8Array, tcp: number): number {
  const end = tcp + (f[tcp + 12]! >> 4) * 4;
  for (let at = tcp + 20; at < end; at += f[at] === 1 ? 1 : Math.max(f[at + 1]!, 1))
    if (f[at] === TIMESTAMP) return at;
  return -1;
}

/** The cookies by the port of the client, of every SYN/ACK with no window: nothing may be sent to that yet. */
export function cookiesOf(sent: readonly Sent[]): Map<number, Cookie> {
  const cookies = new Map<number, Cookie>();
  for (const { frame } of sent) {
    const f = unhex(frame);
    const tcp = tcpOf(f);
    if (tcp < 0 || (f[tcp + 13]! & SYN_ACK) !== SYN_ACK || u16(f, tcp + 14) !== 0) continue;
    const stamps = stampsOf(f, tcp);
    const port = u16(f, tcp + 2);
    if (cookies.has(port)) continue;
    cookies.set(port, { seq: u32(f, tcp + 4), stamp: stamps < 0 ? 0 : u32(f, stamps + 2) });
  }
  return cookies;
}

/** A number counted from the cookie, as if the cookie had been `base`. */
function relative(f: Uint8Array, at: number, origin: number, base: number): void {
  const distance = (u32(f, at) - origin) | 0;
  if (Math.abs(distance) < NEAR) put32(f, at, base + distance);
}

export function withoutCookie(f: Uint8Array, cookies: ReadonlyMap<number, Cookie>): void {
  const tcp = tcpOf(f);
  if (tcp < 0) return;
  const cookie = cookies.get(u16(f, tcp)) ?? cookies.get(u16(f, tcp + 2));
  if (cookie === undefined) return;
  relative(f, tcp + 4, cookie.seq, 0xc000_0000);
  relative(f, tcp + 8, cookie.seq, 0xc000_0000);
  put16(f, tcp + 16, 0);
  const stamps = stampsOf(f, tcp);
  if (stamps < 0 || cookie.stamp === 0) return;
  // The low bits hold what the client offered.
  const base = 0xa000_0000 + (cookie.stamp & 0x3f);
  relative(f, stamps + 2, cookie.stamp, base);
  relative(f, stamps + 6, cookie.stamp, base);
  // The proxy's own ACK to the server passes its hook, too, and is moved though it needs not be.
  relative(f, stamps + 6, 2 * SERVER_STAMP - cookie.stamp, 0xb000_0000);
}
