// RAS (H.225.0): endpoints register with their gatekeeper, and it says where calls go
// (net/netfilter/nf_conntrack_h323_main.c, nf_nat_h323.c).

import {
  createTuple,
  dstPortOf,
  IPS_EXPECTED,
  NF_CT_EXPECT_PERMANENT,
  srcPortOf,
  T_DST,
  T_PORTS,
  T_PROTO,
  T_SRC,
} from '../../conntrack/index.ts';
import { NS_PER_SECOND } from '../../core/index.ts';
import { IPPROTO_TCP, IPPROTO_UDP } from '../../uapi/index.ts';
import { sameAddress } from '../text.ts';
import {
  expectElsewhere,
  type H323Context,
  h225End,
  type NamedEnd,
  namesSender,
  translates,
  writeEnd,
} from './addresses.ts';
import { CALL_EXPECTED, firstPort, Q931, rememberPort } from './calls.ts';
import type { Decoded } from './per.ts';

export const RAS = 'RAS';

export interface RasOptions {
  /** Seconds a registration lasts that does not say how long. Default 300. */
  readonly defaultRrqTtl: number;
  /** Calls may only come from the gatekeeper. Default true. */
  readonly gkroutedOnly: boolean;
}

/** Of a list of addresses the kernel keeps so many. */
const MAX_ADDRESSES = 10;
const UNREGISTERING = 30 * NS_PER_SECOND;
const LOOPBACK = 127;

const listed = (list: Decoded | undefined): readonly Decoded[] =>
  list?.items.slice(0, MAX_ADDRESSES) ?? [];

const isLoopback = (end: NamedEnd | null): end is NamedEnd =>
  end !== null && end.address[0]! >>> 24 === LOOPBACK;

/** set_ras_addr(): the sender's own RAS address, as the receiver knows it. */
function correctRas(cx: H323Context, named: readonly (Decoded | undefined)[]): boolean {
  if (!translates(cx)) return true;
  for (const one of named) {
    const end = h225End(cx, one);
    if (end === null || end.port !== srcPortOf(cx.own)) continue;
    if (sameAddress(end.address, 0, cx.own, T_SRC))
      return writeEnd(cx, end, cx.other, T_DST, dstPortOf(cx.other));
  }
  return true;
}

/** set_sig_addr(): the call signalling address of either end that was announced. */
function correctSignalling(cx: H323Context, named: readonly (Decoded | undefined)[]): boolean {
  if (!translates(cx)) return true;
  const { sigPort } = cx.state;
  for (const one of named) {
    const end = h225End(cx, one);
    if (end === null || end.port !== sigPort[cx.dir]) continue;
    if (sameAddress(end.address, 0, cx.own, T_SRC)) {
      // A first address that only its sender can reach is the one others would try (Gnomemeeting).
      const first = h225End(cx, named[0]);
      return writeEnd(cx, isLoopback(first) ? first : end, cx.other, T_DST, sigPort[cx.opposite]);
    }
    if (sameAddress(end.address, 0, cx.own, T_DST))
      return writeEnd(cx, end, cx.other, T_SRC, sigPort[cx.opposite]);
  }
  return true;
}

/** expect_q931(), nat_q931(): calls to the first address that is the sender's own. */
function expectCalls(cx: H323Context, named: readonly Decoded[], gkrouted: boolean): boolean {
  const end = named.map((one) => h225End(cx, one)).find((one) => namesSender(cx, one)) ?? null;
  if (end === null) return true;
  const { port } = end;
  const wanted = {
    port,
    protocol: IPPROTO_TCP,
    helper: Q931,
    flags: NF_CT_EXPECT_PERMANENT,
    ...(gkrouted ? {} : { from: null }),
  };
  if (!translates(cx)) {
    if (!cx.announceExactly(wanted)) return false;
    cx.state.sigPort[cx.dir] = port;
    return true;
  }
  const request = cx.request({ ...wanted, fn: CALL_EXPECTED });
  const free = expectElsewhere(cx, end, request, firstPort(cx, port));
  if (free <= 0) return free === 0;
  rememberPort(cx, port, free);
  const first = h225End(cx, named[0]);
  if (!isLoopback(first) || writeEnd(cx, first, cx.other, T_DST, free)) return true;
  cx.withdraw(request);
  return false;
}

/** A connection to anywhere, which NAT does not touch. */
const expectAt = (cx: H323Context, { address, port }: NamedEnd): boolean =>
  cx.announceExactly({
    port,
    to: address,
    protocol: IPPROTO_TCP,
    helper: Q931,
    flags: NF_CT_EXPECT_PERMANENT,
  });

/** process_gcf(): registration may go to another address than discovery did. */
function discovered(cx: H323Context, message: Decoded): boolean {
  const end = h225End(cx, message.get('rasAddress'));
  if (end === null) return true;
  if (sameAddress(end.address, 0, cx.own, T_SRC) && end.port === srcPortOf(cx.own)) return true;
  // What is expected here is no discovery; else one could expect the next without end.
  if ((cx.ct.status(cx.slot) & IPS_EXPECTED) !== 0) return true;
  return cx.announceExactly({
    port: end.port,
    to: end.address,
    protocol: IPPROTO_UDP,
    helper: RAS,
  });
}

/** process_rcf() */
function registered(cx: H323Context, message: Decoded): boolean {
  const { ct, state } = cx;
  if (!correctSignalling(cx, listed(message.get('callSignalAddress')))) return false;
  const lifetime = message.get('timeToLive');
  if (lifetime !== undefined) state.lifetime = lifetime.number;
  if (state.lifetime === 0) return true;
  ct.store.refresh(cx.slot, state.lifetime * NS_PER_SECOND);
  const call = createTuple();
  call.set(cx.own.subarray(T_DST, T_DST + 4), T_DST);
  call[T_PORTS] = state.sigPort[cx.opposite];
  call[T_PROTO] = cx.l3 | (IPPROTO_TCP << 8);
  // find_expect() asks for one from address 0, which only an expectation from anywhere fits.
  const expected = ct.expectations.find(call, ct.zoneId(cx.slot));
  if (expected?.master === cx.slot) ct.expectations.refresh(expected, state.lifetime);
  return true;
}

/** process_urq() */
function unregister(cx: H323Context, message: Decoded): boolean {
  if (!correctSignalling(cx, listed(message.get('callSignalAddress')))) return false;
  for (const one of cx.ct.expectations.of(cx.slot)) cx.ct.expectations.remove(one);
  cx.state.sigPort.fill(0);
  cx.ct.store.refresh(cx.slot, UNREGISTERING);
  return true;
}

/** process_arq(): who answers names where he is called, who calls where he calls from. */
function admission(cx: H323Context, message: Decoded): boolean {
  if (!translates(cx)) return true;
  const { sigPort } = cx.state;
  const isOwn = (end: NamedEnd | null): end is NamedEnd =>
    end !== null && sameAddress(end.address, 0, cx.own, T_SRC);
  const called = h225End(cx, message.get('destCallSignalAddress'));
  if (isOwn(called) && called.port === sigPort[cx.dir])
    return writeEnd(cx, called, cx.other, T_DST, sigPort[cx.opposite]);
  const caller = h225End(cx, message.get('srcCallSignalAddress'));
  return !isOwn(caller) || writeEnd(cx, caller, cx.other, T_DST, caller.port);
}

/** process_acf() */
function admitted(cx: H323Context, message: Decoded): boolean {
  const named = message.get('destCallSignalAddress');
  const end = h225End(cx, named);
  if (end === null) return true;
  if (sameAddress(end.address, 0, cx.own, T_DST)) return correctSignalling(cx, [named]);
  return expectAt(cx, end);
}

/** process_lcf() */
function located(cx: H323Context, message: Decoded): boolean {
  const end = h225End(cx, message.get('callSignalAddress'));
  return end === null || expectAt(cx, end);
}

/** process_rrq() */
function registration(cx: H323Context, message: Decoded, options: RasOptions): boolean {
  const done =
    expectCalls(cx, listed(message.get('callSignalAddress')), options.gkroutedOnly) &&
    correctRas(cx, listed(message.get('rasAddress')));
  if (!done) return false;
  cx.state.lifetime = message.get('timeToLive')?.number ?? options.defaultRrqTtl;
  return true;
}

type Handler = (cx: H323Context, message: Decoded, options: RasOptions) => boolean;

const HANDLERS: readonly (readonly [string, Handler])[] = [
  ['gatekeeperRequest', (cx, message) => correctRas(cx, [message.get('rasAddress')])],
  ['gatekeeperConfirm', discovered],
  ['registrationRequest', registration],
  ['registrationConfirm', registered],
  ['unregistrationRequest', unregister],
  ['admissionRequest', admission],
  ['admissionConfirm', admitted],
  ['locationRequest', (cx, message) => correctRas(cx, [message.get('replyAddress')])],
  ['locationConfirm', located],
  [
    'infoRequestResponse',
    (cx, message) =>
      correctRas(cx, [message.get('rasAddress')]) &&
      correctSignalling(cx, listed(message.get('callSignalAddress'))),
  ],
];

const LIFETIMES = ['registrationRequest', 'registrationConfirm'] as const;

/**
 * decode_int() reads a time to live and then steps over as many octets again; where they are not there, all
 * of the message is malformed to the kernel.
 */
export const isReadable = (message: Decoded, end: number): boolean =>
  LIFETIMES.every((name) => {
    const seconds = message.get(name, 'timeToLive');
    return seconds === undefined || seconds.at + 2 * seconds.size <= end;
  });

/** process_ras(). False: the packet must go. */
export function rasMessage(cx: H323Context, message: Decoded, options: RasOptions): boolean {
  for (const [name, handle] of HANDLERS) {
    const part = message.get(name);
    if (part !== undefined) return handle(cx, part, options);
  }
  return true;
}
