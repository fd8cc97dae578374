// Where a message lies in a TCP segment: TPKT (RFC 1006 §6), and in it the user-user element of Q.931.

import { u16 } from '../../bytes/index.ts';

const TPKT = 0x0300;
const TPKT_HEADER = 4;
const Q931_DISCRIMINATOR = 8;
const USER_USER = 0x7e;

/** Offsets in the payload. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * get_tpkt_data(): messages of a segment behind each other, as long as they are whole. A header may come
 * alone in a segment of its own, and what it announced in the next one; that is all the kernel puts together.
 * @param announced octets a lone header announced, by direction; kept up to date
 * @param before the message before, null for the first
 */
export function nextMessage(
  payload: Uint8Array,
  announced: [number, number],
  dir: 0 | 1,
  before: Span | null,
): Span | null {
  const from = before?.to ?? 0;
  const left = payload.length - from;
  const isTpkt = left >= TPKT_HEADER && u16(payload, from) === TPKT;
  if (before === null && left > 0 && !isTpkt) return announcedMessage(payload, announced, dir);
  const length = isTpkt ? u16(payload, from + 2) : 0;
  const lone = before === null && left === TPKT_HEADER && length > left;
  announced[dir] = lone ? length - TPKT_HEADER : 0;
  const ends = before !== null && left === TPKT_HEADER;
  if (ends || length < TPKT_HEADER || length > left) return null;
  return { from: from + TPKT_HEADER, to: from + length };
}

function announcedMessage(
  payload: Uint8Array,
  announced: [number, number],
  dir: 0 | 1,
): Span | null {
  const length = announced[dir];
  announced[dir] = 0;
  return length > 0 && length <= payload.length ? { from: 0, to: length } : null;
}

/**
 * DecodeQ931(): what the user-user element holds, null without one. As in the kernel each element before
 * it has a length, also one that Q.931 makes of a single octet.
 */
export function userInformation(payload: Uint8Array, { from, to }: Span): Span | null {
  const octet = (at: number): number => (at < to ? payload[at]! : -1);
  if (octet(from) !== Q931_DISCRIMINATOR) return null;
  const type = from + 2 + octet(from + 1);
  if (type + 1 >= to || octet(from + 1) < 0) return null;
  let at = type + 1;
  if (octet(at) >= 0x80) at++;
  while (at < to && octet(at) !== USER_USER) {
    if (octet(at + 1) < 0) return null;
    at += 2 + octet(at + 1);
  }
  if (at + 3 > to) return null;
  const end = at + 3 + u16(payload, at + 1);
  // Behind the length a protocol discriminator, which nobody asks.
  return end > to || end === at + 3 ? null : { from: at + 4, to: end };
}
