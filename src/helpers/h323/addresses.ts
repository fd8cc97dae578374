// Transport addresses in messages: read, compared with the ends of the connection, and written anew.

import { put16, put32, u16, u32 } from '../../bytes/index.ts';
import type { ExpectationRequest } from '../../conntrack/index.ts';
import { NFPROTO_IPV4, T_DST, T_SRC } from '../../conntrack/index.ts';
import { expectPort } from '../../nat/index.ts';
import type { Address, HelperContext } from '../context.ts';
import { sameAddress } from '../text.ts';
import type { Decoded } from './per.ts';

/** struct nf_ct_h323_master. */
export interface H323State {
  /** Call signalling port as each direction's sender names it, 0 for none. */
  readonly sigPort: [number, number];
  /** RTP ports of up to four channels, in the same way. */
  readonly rtpPorts: [number, number][];
  /** Octets that a lone TPKT header announced, by direction. */
  readonly announced: [number, number];
  /** Seconds a registration lasts. */
  lifetime: number;
}

export const freshState = (): H323State => ({
  sigPort: [0, 0],
  rtpPorts: [],
  announced: [0, 0],
  lifetime: 0,
});

export type H323Context = HelperContext<H323State>;

/** An address and port where they stand in the payload. */
export interface NamedEnd {
  readonly at: number;
  readonly address: readonly number[];
  readonly port: number;
}

const FAMILIES = [
  { words: 1, h225: ['ipAddress', 'ip'], h245: ['unicastAddress', 'iPAddress', 'network'] },
  { words: 4, h225: ['ip6Address', 'ip'], h245: ['unicastAddress', 'iP6Address', 'network'] },
] as const;

/** get_h225_addr() and get_h245_addr(): null where it is none of the connection's family. */
function namedEnd(
  cx: H323Context,
  named: Decoded | undefined,
  by: 'h225' | 'h245',
): NamedEnd | null {
  const family = FAMILIES[cx.l3 === NFPROTO_IPV4 ? 0 : 1];
  const at = named?.get(...family[by])?.at;
  if (at === undefined) return null;
  const { payload } = cx;
  const address = [0, 0, 0, 0];
  for (let i = 0; i < family.words; i++) address[i] = u32(payload, at + 4 * i) | 0;
  return { at, address, port: u16(payload, at + 4 * family.words) };
}

export const h225End = (cx: H323Context, named: Decoded | undefined): NamedEnd | null =>
  namedEnd(cx, named, 'h225');

export const h245End = (cx: H323Context, named: Decoded | undefined): NamedEnd | null =>
  namedEnd(cx, named, 'h245');

/** Who sends this message says where he himself waits. */
export const namesSender = (cx: H323Context, end: NamedEnd | null): end is NamedEnd =>
  end !== null && end.port !== 0 && sameAddress(end.address, 0, cx.own, T_SRC);

/** There is NAT, which nf_nat_h323.c knows of IPv4 alone. */
export const translates = (cx: H323Context): boolean => cx.translated && cx.l3 === NFPROTO_IPV4;

/** And who receives this message knows its sender by another address. */
export const hidesSender = (cx: H323Context): boolean =>
  translates(cx) && !sameAddress(cx.own, T_SRC, cx.other, T_DST);

/** set_addr(): IPv4 address and port in place of those that stand there. */
export function writeEnd(
  cx: H323Context,
  { at }: Pick<NamedEnd, 'at'>,
  address: Address,
  side: number,
  port: number,
): boolean {
  const bytes = new Uint8Array(6);
  put32(bytes, 0, address[side]!);
  put16(bytes, 4, port);
  return cx.rewrite(at, bytes.length, bytes);
}

/**
 * Expects a connection at `first` or a port above it, and tells it in place of the one the message names.
 * The port; 0 where none is free, -1 where it cannot be written.
 */
export function expectElsewhere(
  cx: H323Context,
  end: NamedEnd,
  request: ExpectationRequest,
  first: number,
): number {
  const port = expectPort(cx.ct, request, first);
  cx.tell(request, port === 0 ? 'refused' : 'created', port === 0 ? 'no port' : '');
  if (port === 0 || writeEnd(cx, end, cx.other, T_DST, port)) return port;
  cx.withdraw(request);
  return -1;
}
