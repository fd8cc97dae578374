// Call signalling: where H.245 goes, what a fast start opens, and calls that are forwarded
// (net/netfilter/nf_conntrack_h323_main.c, nf_nat_h323.c).

import type { Conntrack, Expectation } from '../../conntrack/index.ts';
import {
  createTuple,
  dstPortOf,
  NFPROTO_IPV4,
  srcPortOf,
  T_DST,
  T_SRC,
} from '../../conntrack/index.ts';
import type { RouteAnswer } from '../../core/index.ts';
import type { Nat } from '../../nat/index.ts';
import {
  followMaster,
  NatRange,
  NF_NAT_MANIP_DST,
  NF_NAT_MANIP_SRC,
  NF_NAT_RANGE_MAP_IPS,
  rangeOf,
} from '../../nat/index.ts';
import { IPPROTO_TCP } from '../../uapi/index.ts';
import type { Address } from '../context.ts';
import { addressBytes, sameAddress } from '../text.ts';
import {
  expectElsewhere,
  type H323Context,
  h225End,
  hidesSender,
  namesSender,
  translates,
  writeEnd,
} from './addresses.ts';
import { controlMessage, openChannel } from './channels.ts';
import type { Decoded } from './per.ts';

/** Names of helpers that expected connections get. */
export const Q931 = 'Q.931';
export const H245_HELPER = 'H.245';

/** Names that nf_nat_h323.c gives its functions for expected calls. */
export const CALL_EXPECTED = 'Q.931';
export const FORWARDED_EXPECTED = 'callforwarding';

/** Of a fast start, and of tunnelled H.245 messages, the kernel keeps so many. */
const MAX_FAST_START = 30;
const MAX_TUNNELLED = 4;

/** expect_h245(). False, here and below: the packet must go. */
function expectControl(cx: H323Context, named: Decoded | undefined): boolean {
  const end = h225End(cx, named);
  if (!namesSender(cx, end)) return true;
  const wanted = { port: end.port, protocol: IPPROTO_TCP, helper: H245_HELPER };
  if (!hidesSender(cx)) return cx.announceExactly(wanted);
  const port = expectElsewhere(cx, end, cx.request(wanted), firstPort(cx, end.port));
  if (port > 0) rememberPort(cx, end.port, port);
  return port >= 0;
}

/** The port a translated one became before, else itself. */
export function firstPort({ state, dir, opposite }: H323Context, port: number): number {
  return state.sigPort[dir] === port ? state.sigPort[opposite] : port;
}

export function rememberPort(
  { state, dir, opposite }: H323Context,
  own: number,
  other: number,
): void {
  state.sigPort[dir] = own;
  state.sigPort[opposite] = other;
}

function fastStart(cx: H323Context, body: Decoded): boolean {
  const channels = body.get('fastStart')?.items.slice(0, MAX_FAST_START) ?? [];
  return channels.every((channel) => openChannel(cx, channel));
}

/** An end of this connection as the receiver knows it, in place of one that he does not. */
function correct(
  cx: H323Context,
  named: Decoded | undefined,
  side: typeof T_SRC | typeof T_DST,
): boolean {
  const end = translates(cx) ? h225End(cx, named) : null;
  if (end === null || sameAddress(end.address, 0, cx.other, side)) return true;
  const port = side === T_SRC ? srcPortOf(cx.other) : dstPortOf(cx.other);
  return writeEnd(cx, end, cx.other, side, port);
}

/** process_setup() */
const setup = (cx: H323Context, body: Decoded): boolean =>
  expectControl(cx, body.get('h245Address')) &&
  correct(cx, body.get('destCallSignalAddress'), T_SRC) &&
  correct(cx, body.get('sourceCallSignalAddress'), T_DST) &&
  fastStart(cx, body);

/** process_callproceeding(), process_connect(), process_alerting(), process_progress() */
const progress = (cx: H323Context, body: Decoded): boolean =>
  expectControl(cx, body.get('h245Address')) && fastStart(cx, body);

/** rt_nexthop(): who is on the link is reached without a gateway. */
const nextHop = (route: RouteAnswer, address: Uint8Array): string =>
  (route.gateway ?? address).join();

/** callforward_do_filter(): both are reached by the same neighbour. */
function sameSide({ ct, l3 }: H323Context, one: Address, other: Address): boolean {
  const { network } = ct.netns;
  const family = l3 === NFPROTO_IPV4 ? 'ip' : 'ip6';
  const ends = [one, other].map((words) => {
    const daddr = addressBytes(words).subarray(0, family === 'ip' ? 4 : 16);
    return { daddr, route: network?.route({ family, daddr }) ?? null };
  });
  const [a, b] = ends as [(typeof ends)[0], (typeof ends)[0]];
  if (a.route === null || b.route === null) return false;
  return (
    nextHop(a.route, a.daddr) === nextHop(b.route, b.daddr) && a.route.device === b.route.device
  );
}

/** expect_callforwarding(), nat_callforwarding() */
function forwarded(cx: H323Context, named: Decoded | undefined, filter: boolean): boolean {
  const end = h225End(cx, named);
  if (end === null || end.port === 0) return true;
  const caller = cx.other.subarray(T_SRC, T_SRC + 4);
  if (filter && sameSide(cx, end.address, caller)) return true;
  const wanted = { port: end.port, protocol: IPPROTO_TCP, helper: Q931 };
  if (!hidesSender(cx)) return cx.announceExactly({ ...wanted, to: end.address });
  const request = cx.request({ ...wanted, fn: FORWARDED_EXPECTED });
  return expectElsewhere(cx, end, { ...request, savedAddress: end.address }, end.port) >= 0;
}

/** process_facility() */
function facility(cx: H323Context, body: Decoded, filter: boolean): boolean {
  if (body.get('reason', 'callForwarded') === undefined) return progress(cx, body);
  return forwarded(cx, body.get('alternativeAddress'), filter);
}

const PROGRESS = ['callProceeding', 'connect', 'alerting', 'progress'] as const;

function messageBody(cx: H323Context, body: Decoded | undefined, filter: boolean): boolean {
  const [begun, facilities] = [body?.get('setup'), body?.get('facility')];
  if (begun !== undefined) return setup(cx, begun);
  if (facilities !== undefined) return facility(cx, facilities, filter);
  for (const name of PROGRESS) {
    const part = body?.get(name);
    if (part !== undefined) return progress(cx, part);
  }
  return true;
}

/** process_q931(): the message, and H.245 messages that it carries. */
export function callMessage(cx: H323Context, message: Decoded, filter: boolean): boolean {
  const pdu = message.get('h323-uu-pdu');
  if (!messageBody(cx, pdu?.get('h323-message-body'), filter)) return false;
  const tunnelled = pdu?.get('h245Control')?.items.slice(0, MAX_TUNNELLED) ?? [];
  return tunnelled.every((one) => controlMessage(cx, one));
}

/** It comes from where it came from, and goes to an address and port that were announced. */
function endsAt(nat: Nat, slot: number, { direction }: Expectation, to: NatRange): void {
  const own = createTuple();
  nat.ct.readTuple(slot, direction === 0 ? 1 : 0, own);
  nat.setup(slot, rangeOf(own, T_SRC, NF_NAT_RANGE_MAP_IPS), NF_NAT_MANIP_SRC);
  nat.setup(slot, to, NF_NAT_MANIP_DST);
}

/** ip_nat_q931_expect(): of a gatekeeper as its master is, of anybody straight to who registered. */
export function callExpected(nat: Nat, slot: number, expectation: Expectation): void {
  if (expectation.tuple[T_SRC] !== 0) {
    followMaster(nat, slot, expectation);
    return;
  }
  const back = createTuple();
  nat.ct.readTuple(expectation.master, expectation.direction === 0 ? 1 : 0, back);
  const to = rangeOf(back, T_SRC, NF_NAT_RANGE_MAP_IPS);
  to.setPorts(expectation.savedPort);
  endsAt(nat, slot, expectation, to);
}

/** ip_nat_callforwarding_expect() */
export function forwardedExpected(nat: Nat, slot: number, expectation: Expectation): void {
  const to = new NatRange();
  to.min.set(expectation.savedAddress);
  to.max.set(expectation.savedAddress);
  to.flags = NF_NAT_RANGE_MAP_IPS;
  to.setPorts(expectation.savedPort);
  endsAt(nat, slot, expectation, to);
}

/** Makes both known to a namespace. */
export function installExpected(ct: Conntrack, nat: Nat | null): void {
  if (nat === null) return;
  const { expectFunctions } = ct.store;
  expectFunctions.set(CALL_EXPECTED, (slot, one) => callExpected(nat, slot, one));
  expectFunctions.set(FORWARDED_EXPECTED, (slot, one) => forwardedExpected(nat, slot, one));
}
