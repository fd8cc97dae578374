// PPTP (net/netfilter/nf_conntrack_pptp.c, nf_nat_pptp.c; RFC 2637): the control connection agrees on two
// call ids, and GRE goes between them. One call for each control connection.

import { put16, u16, u32 } from '../bytes/index.ts';
import type { Conntrack, Expectation, ExpectationRequest, Tuple } from '../conntrack/index.ts';
import {
  createTuple,
  dstPortOf,
  expectedTuple,
  IPS_NAT_MASK,
  invertTuple,
  T_DST,
  T_PORTS,
  T_PROTO,
  T_SRC,
} from '../conntrack/index.ts';
import type { Verdict } from '../core/index.ts';
import { ACCEPT } from '../core/index.ts';
import type { Nat } from '../nat/index.ts';
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC, NF_NAT_RANGE_MAP_IPS, rangeOf } from '../nat/index.ts';
import { IPPROTO_GRE, IPPROTO_TCP } from '../uapi/index.ts';
import type { HelperContext } from './context.ts';
import type { HelperSpec } from './helper.ts';

const CONTROL = 1;
const MAGIC_COOKIE = 0x1a2b3c4d;
/** pptp_pkt_hdr and PptpControlHeader. */
const HEADER = 12;

/** PPTP_* message types, RFC 2637 §1.4. */
const START_REQUEST = 1;
const START_REPLY = 2;
const STOP_REQUEST = 3;
const STOP_REPLY = 4;
const OUT_CALL_REQUEST = 7;
const OUT_CALL_REPLY = 8;
const IN_CALL_REQUEST = 9;
const IN_CALL_REPLY = 10;
const IN_CALL_CONNECT = 11;
const CALL_CLEAR_REQUEST = 12;
const CALL_DISCONNECT = 13;
const WAN_ERROR = 14;
const SET_LINK_INFO = 15;

/** Bytes a message of a type has behind the header, at least. */
const SIZES: readonly number[] = [0, 144, 144, 4, 4, 0, 0, 156, 20, 208, 12, 16, 4, 136, 28, 12];

/** enum pptp_ctrlsess_state, pptp_ctrlcall_state */
const SESSION = { none: 0, error: 1, stopRequested: 2, requested: 3, confirmed: 4 } as const;
const CALL = {
  none: 0,
  outRequested: 2,
  outConfirmed: 3,
  inRequested: 4,
  inReplied: 5,
  inConfirmed: 6,
  clear: 7,
} as const;

/** Result code of everything that went well. */
const OK = 1;

/** struct nf_ct_pptp_master and nf_nat_pptp. */
interface PptpState {
  session: number;
  call: number;
  /** Call ids as the server's side sees them. */
  pns: number;
  pac: number;
  /** And as the client's side does, where it is translated. */
  clientPns: number;
  clientPac: number;
}

const EXPECTED = 'pptp';

const withKeys = (tuple: Tuple, source: number, destination: number): Tuple => {
  const result = tuple.slice();
  result[T_PROTO] = (result[T_PROTO]! & 0xff) | (IPPROTO_GRE << 8);
  result[T_PORTS] = (source << 16) | destination;
  return result;
};

/** destroy_sibling_or_exp() */
function endCall(ct: Conntrack, slot: number, tuple: Tuple): void {
  const sibling = ct.store.find(tuple, ct.zoneWord(slot)) >>> 1;
  if (sibling !== 0) {
    ct.kill(sibling);
    return;
  }
  const expectation = ct.expectations.find(tuple, ct.zoneId(slot));
  if (expectation !== undefined) ct.expectations.remove(expectation);
}

/** gre_pptp_destroy_siblings(): both directions of the call, or what is expected of them. */
function endCalls(ct: Conntrack, slot: number): void {
  const state = ct.helperSide(slot)?.data as PptpState | undefined;
  ct.store.greKeys.remove(slot);
  if (state === undefined) return;
  const tuple = createTuple();
  ct.readTuple(slot, 0, tuple);
  endCall(ct, slot, withKeys(tuple, state.pns, state.pac));
  ct.readTuple(slot, 1, tuple);
  endCall(ct, slot, withKeys(tuple, state.pac, state.pns));
}

/** exp_gre(): GRE both ways; who sends first makes the connection, and the other way is its reply. */
function expectCall(cx: HelperContext<PptpState>, pac: number, pns: number): void {
  const { ct, state } = cx;
  const request = (dir: 0 | 1, source: number, destination: number): ExpectationRequest => ({
    ...expectedTuple({
      l3: cx.l3,
      l4: IPPROTO_GRE,
      source: cx.tuple(dir).subarray(T_SRC, T_SRC + 4),
      sourcePort: source,
      destination: cx.tuple(dir).subarray(T_DST, T_DST + 4),
      port: destination,
    }),
    master: cx.slot,
    fn: EXPECTED,
  });
  let there = request(0, pns, pac);
  let back = request(1, pac, pns);
  if (cx.translated) {
    state.clientPac = state.pac;
    there = { ...request(0, state.clientPns, state.pac), savedPort: state.pns, direction: 0 };
    back = { ...request(1, state.clientPac, state.pns), savedPort: state.clientPns, direction: 1 };
  }
  if (!add(cx, there)) return;
  if (!add(cx, back)) {
    cx.withdraw(there);
    return;
  }
  if (ct.store.greKeys.add(cx.slot, [there.tuple, back.tuple])) return;
  cx.withdraw(back);
  cx.withdraw(there);
}

function add(cx: HelperContext<PptpState>, request: ExpectationRequest): boolean {
  const result = cx.ct.expectations.add(request);
  cx.tell(request, result === 'ok' ? 'created' : 'refused', result === 'ok' ? '' : result);
  return result === 'ok';
}

/** What the client says (PNS to PAC); false where it does not fit what was said before. */
function outbound(state: PptpState, type: number, body: Uint8Array): boolean {
  switch (type) {
    case START_REQUEST:
      if (state.session !== SESSION.none) return false;
      state.session = SESSION.requested;
      return true;
    case STOP_REQUEST:
      state.session = SESSION.stopRequested;
      return true;
    case OUT_CALL_REQUEST:
      if (state.session !== SESSION.confirmed) return false;
      state.call = CALL.outRequested;
      state.pns = u16(body, 0);
      return true;
    case IN_CALL_REPLY:
      if (state.call !== CALL.inRequested && state.call !== CALL.inReplied) return false;
      if (state.pac !== u16(body, 2)) return false;
      state.call = body[4] === OK ? CALL.inReplied : CALL.none;
      if (body[4] === OK) state.pns = u16(body, 0);
      return true;
    case CALL_CLEAR_REQUEST:
      if (state.session !== SESSION.confirmed) return false;
      state.call = CALL.clear;
      return true;
    default:
      return isNeutral(type);
  }
}

/** Echoes and link information, from either side. */
const isNeutral = (type: number): boolean => type === 5 || type === 6 || type === SET_LINK_INFO;

/** What the server says (PAC to PNS). */
function inbound(cx: HelperContext<PptpState>, type: number, body: Uint8Array): boolean {
  const { state } = cx;
  switch (type) {
    case START_REPLY:
      if (state.session < SESSION.requested) return false;
      state.session = body[2] === OK ? SESSION.confirmed : SESSION.error;
      return true;
    case STOP_REPLY:
      if (state.session > SESSION.stopRequested) return false;
      state.session = body[0] === OK ? SESSION.none : SESSION.error;
      return true;
    case OUT_CALL_REPLY:
      return outCallReply(cx, body);
    case IN_CALL_REQUEST:
      if (state.session !== SESSION.confirmed) return false;
      state.call = CALL.inRequested;
      state.pac = u16(body, 0);
      return true;
    case IN_CALL_CONNECT:
      if (state.session !== SESSION.confirmed || state.pns !== u16(body, 0)) return false;
      if (state.call !== CALL.inReplied && state.call !== CALL.inConfirmed) return false;
      state.call = CALL.inConfirmed;
      expectCall(cx, state.pac, state.pns);
      return true;
    case CALL_DISCONNECT:
      state.call = CALL.none;
      endCalls(cx.ct, cx.slot);
      return true;
    default:
      return isNeutral(type) || type === WAN_ERROR;
  }
}

function outCallReply(cx: HelperContext<PptpState>, body: Uint8Array): boolean {
  const { state } = cx;
  if (state.session !== SESSION.confirmed) return false;
  if (state.call !== CALL.outRequested && state.call !== CALL.outConfirmed) return false;
  if (state.pns !== u16(body, 2)) return false;
  if (body[4] !== OK) {
    state.call = CALL.none;
    return true;
  }
  state.call = CALL.outConfirmed;
  state.pac = u16(body, 0);
  expectCall(cx, state.pac, state.pns);
  return true;
}

/** Where the call id of the client stands in what it says, and in what it is answered. */
const OUTBOUND_IDS: Readonly<Record<number, number>> = {
  [OUT_CALL_REQUEST]: 0,
  [IN_CALL_REPLY]: 0,
  [CALL_CLEAR_REQUEST]: 0,
};
const INBOUND_IDS: Readonly<Record<number, number>> = {
  [OUT_CALL_REPLY]: 2,
  [IN_CALL_CONNECT]: 0,
  [WAN_ERROR]: 0,
  [CALL_DISCONNECT]: 0,
  [SET_LINK_INFO]: 0,
};

/** The client's id becomes its port, which NAT made unique; answers get its own back. */
function translate(cx: HelperContext<PptpState>, type: number): Verdict {
  const { state } = cx;
  if (cx.dir === 0 && type === OUT_CALL_REQUEST) {
    state.clientPns = state.pns;
    state.pns = dstPortOf(cx.tuple(1));
  }
  const at = (cx.dir === 0 ? OUTBOUND_IDS : INBOUND_IDS)[type];
  if (at === undefined) return ACCEPT;
  const id = new Uint8Array(2);
  put16(id, 0, cx.dir === 0 ? state.pns : state.clientPns);
  return cx.rewrite(HEADER + at, 2, id) ? ACCEPT : cx.drop('cannot mangle packet');
}

function help(cx: HelperContext<PptpState>): Verdict {
  const { payload } = cx;
  if (!cx.established || payload.length < HEADER) return ACCEPT;
  if (u16(payload, 2) !== CONTROL || u32(payload, 4) !== MAGIC_COOKIE) return ACCEPT;
  const type = u16(payload, 8);
  const body = payload.subarray(HEADER);
  if (body.length < (SIZES[type] ?? 0)) return ACCEPT;
  const fits = cx.dir === 0 ? outbound(cx.state, type, body) : inbound(cx, type, body);
  return fits && cx.translated ? translate(cx, type) : ACCEPT;
}

/** pptp_expectfn(): the other direction needs no expectation of its own any more. */
function expected(ct: Conntrack, nat: Nat | null, slot: number, expectation: Expectation): void {
  const other = createTuple();
  if (nat !== null && (ct.status(expectation.master) & IPS_NAT_MASK) !== 0) {
    translated(ct, nat, slot, expectation);
    return;
  }
  invertTuple(expectation.tuple, other);
  removeOther(ct, expectation, other);
}

function removeOther(ct: Conntrack, { zone }: Expectation, tuple: Tuple): void {
  const other = ct.expectations.find(tuple, zone);
  if (other !== undefined) ct.expectations.remove(other);
}

/** pptp_nat_expected() */
function translated(ct: Conntrack, nat: Nat, slot: number, expectation: Expectation): void {
  const { master, direction, savedPort } = expectation;
  const state = ct.helperSide(master)?.data as PptpState | undefined;
  const back = createTuple();
  ct.readTuple(master, direction === 0 ? 1 : 0, back);
  // From the server, the kernel looks for keys it never stored, and the other one stays until it ends.
  if (state !== undefined && direction === 0)
    removeOther(ct, expectation, withKeys(back, state.pac, state.pns));
  const from = rangeOf(back, T_DST, NF_NAT_RANGE_MAP_IPS);
  if (direction === 0) from.setPorts(savedPort);
  nat.setup(slot, from, NF_NAT_MANIP_SRC);
  const to = rangeOf(back, T_SRC, NF_NAT_RANGE_MAP_IPS);
  if (direction === 1) to.setPorts(savedPort);
  nat.setup(slot, to, NF_NAT_MANIP_DST);
}

export const pptpHelper = (): HelperSpec<PptpState> => ({
  name: 'pptp',
  families: ['ip'],
  protocols: [IPPROTO_TCP],
  policies: [{ name: 'pptp', maxExpected: 2, timeout: 300 }],
  fresh: () => ({ session: 0, call: 0, pns: 0, pac: 0, clientPns: 0, clientPac: 0 }),
  install: (ct, nat) => {
    ct.store.expectFunctions.set(EXPECTED, (slot, one) => expected(ct, nat, slot, one));
  },
  help,
  destroy: endCalls,
});
