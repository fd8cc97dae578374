// SIP through NAT (net/netfilter/nf_nat_sip.c): every place of a message that names an end of this
// connection, the addresses and ports of its media, and the connections that come of it.

import { put16 } from '../bytes/index.ts';
import type { Expectation } from '../conntrack/index.ts';
import {
  createTuple,
  dstPortOf,
  l3Of,
  l4Of,
  srcPortOf,
  T_DST,
  T_PORTS,
  T_SRC,
} from '../conntrack/index.ts';
import type { Verdict } from '../core/index.ts';
import { ACCEPT } from '../core/index.ts';
import type { Nat } from '../nat/index.ts';
import {
  expectPort,
  NatRange,
  NF_NAT_MANIP_DST,
  NF_NAT_MANIP_SRC,
  NF_NAT_RANGE_MAP_IPS,
  rangeOf,
} from '../nat/index.ts';
import type { Announcement } from './context.ts';
import { expectPair } from './pair.ts';
import type { SipMessage } from './sip-message.ts';
import type { MediaRequests } from './sip-sdp.ts';
import {
  type AddressAt,
  addressParameter,
  findSdp,
  findUri,
  isPlace,
  numberParameter,
  type Place,
  requestUri,
  type SdpLine,
  SIP,
} from './sip-text.ts';
import { formatAddress, sameAddress } from './text.ts';

export const SIP_EXPECTED = 'sip';

const literalText = (
  address: ArrayLike<number>,
  from: number,
  l3: number,
  brackets: boolean,
): string => {
  const text = formatAddress(address, l3, from);
  return l3 === 2 || !brackets ? text : `[${text}]`;
};

const withPort = (address: ArrayLike<number>, from: number, l3: number, port: number): string =>
  `${literalText(address, from, l3, true)}:${port}`;

/** map_addr(): an end of this connection becomes what the other side knows it by. */
function mapAddress(message: SipMessage, found: AddressAt): boolean {
  const { cx, l3 } = message;
  const { own, other } = cx;
  const is = (side: number, port: number): boolean =>
    sameAddress(found.address, 0, own, side) && found.port === port;
  let side: number;
  let port: number;
  if (is(T_SRC, srcPortOf(own))) [side, port] = [T_DST, dstPortOf(other)];
  else if (is(T_DST, dstPortOf(own)))
    [side, port] = [T_SRC, cx.state.forcedPort || srcPortOf(other)];
  else return true;
  if (sameAddress(other, side, found.address) && port === found.port) return true;
  return message.replace(found.at, found.length, withPort(other, side, l3, port));
}

/** The parameters behind a Via that say where the answer goes and where the request came from. */
function mapParameters(message: SipMessage, behind: number): boolean {
  const { cx, l3 } = message;
  const { own, other } = cx;
  const maddr = addressParameter(message.text, behind, 'maddr=', l3, true);
  if (
    maddr !== null &&
    sameAddress(maddr.address, 0, own, T_SRC) &&
    !sameAddress(maddr.address, 0, other, T_DST)
  )
    if (!message.replace(maddr.at, maddr.length, literalText(other, T_DST, l3, true))) return false;
  const received = addressParameter(message.text, behind, 'received=', l3, false);
  if (
    received !== null &&
    sameAddress(received.address, 0, own, T_DST) &&
    !sameAddress(received.address, 0, other, T_SRC)
  )
    if (!message.replace(received.at, received.length, literalText(other, T_SRC, l3, false)))
      return false;
  const rport = numberParameter(message.text, behind, 'rport=');
  if (rport === null || rport === 'malformed' || rport.value < 1024) return true;
  if (rport.value !== dstPortOf(own) || rport.value === srcPortOf(other)) return true;
  return message.replace(rport.at, rport.length, String(srcPortOf(other)));
}

/** The topmost Via, where it belongs to this connection. */
function mapVia(message: SipMessage, request: boolean): boolean {
  const { cx, l3 } = message;
  const via = findUri(message.text, SIP[cx.isTcp ? 'viaTcp' : 'viaUdp']!, l3);
  if (via === null || via === 'malformed') return true;
  const [side, port] = request ? [T_SRC, srcPortOf(cx.own)] : [T_DST, dstPortOf(cx.own)];
  if (!sameAddress(via.address, 0, cx.own, side) || via.port !== port) return true;
  const before = message.length;
  if (!mapAddress(message, via)) return false;
  return mapParameters(message, via.at + via.length + message.length - before);
}

function mapContacts(message: SipMessage): boolean {
  const walk = { from: 0, inHeader: false };
  for (;;) {
    const found = findUri(message.text, SIP['contact']!, message.l3, walk);
    if (found === null || found === 'malformed') return true;
    if (!mapAddress(message, found)) return false;
  }
}

function mapUri(message: SipMessage, header: 'from' | 'to'): boolean {
  const found = findUri(message.text, SIP[header]!, message.l3);
  return found === null || found === 'malformed' || mapAddress(message, found);
}

/** nf_nat_sip() */
export function translateMessage(message: SipMessage, request: boolean): Verdict {
  const { cx } = message;
  const uri = request ? requestUri(message.text, message.l3) : null;
  const done =
    (uri === null || mapAddress(message, uri)) &&
    mapVia(message, request) &&
    mapContacts(message) &&
    mapUri(message, 'from') &&
    mapUri(message, 'to');
  if (!done) return cx.drop('cannot NAT SIP message');
  if (cx.dir === 0 || cx.state.forcedPort === 0) return ACCEPT;
  if (cx.isTcp) return cx.drop('cannot NAT SIP message');
  put16(cx.packet.buf, cx.packet.transport + 2, cx.state.forcedPort);
  return message.replace(0, 0, '') ? ACCEPT : cx.drop('cannot mangle packet');
}

/** nf_nat_sip_expect(): the registrar shall call the address and port it sees. */
export function announceSignalling(
  message: SipMessage,
  contact: AddressAt,
  wanted: Announcement,
): Verdict {
  const { cx, l3 } = message;
  if (!cx.translated) return cx.announce(wanted) > 0 ? ACCEPT : cx.drop('cannot add expectation');
  const { own, other } = cx;
  const stays = sameAddress(own, T_SRC, other, T_DST);
  const to = stays ? contact.address : other.subarray(T_DST, T_DST + 4);
  const request = {
    ...cx.request({ ...wanted, to, fn: SIP_EXPECTED }),
    savedAddress: [...contact.address],
  };
  const source = cx.state.forcedPort || srcPortOf(own);
  const port = expectPort(
    cx.ct,
    request,
    contact.port === source ? dstPortOf(other) : contact.port,
  );
  cx.tell(request, port === 0 ? 'refused' : 'created', port === 0 ? 'no port' : '');
  if (port === 0) return cx.drop('all ports in use for SIP');
  if (sameAddress(to, 0, contact.address) && port === contact.port) return ACCEPT;
  return message.replace(contact.at, contact.length, withPort(to, 0, l3, port))
    ? ACCEPT
    : cx.drop('cannot mangle packet');
}

/** nf_nat_sdp_media(): a pair of ports that is free; the address it is announced at, or null. */
export function expectMedia(
  message: SipMessage,
  requests: MediaRequests,
  place: Place,
): readonly number[] | null {
  const { cx } = message;
  const { own, other } = cx;
  const wanted = requests.rtp.tuple;
  const stays = sameAddress(own, T_SRC, other, T_DST);
  const address = [...(stays ? wanted : other).subarray(T_DST, T_DST + 4)];
  const translated = (request: MediaRequests['rtp']): MediaRequests['rtp'] => {
    const savedAddress = [...request.tuple.subarray(T_DST, T_DST + 4)];
    request.tuple.set(address, T_DST);
    const savedPort = request.tuple[T_PORTS]! & 0xffff;
    return { ...request, savedAddress, savedPort, direction: cx.opposite, fn: SIP_EXPECTED };
  };
  const [rtp, rtcp] = [translated(requests.rtp), translated(requests.rtcp)];
  const port = expectPair(cx, rtp, rtcp);
  if (port === 0) return null;
  return port === rtp.savedPort || changePort(message, place, port) ? address : null;
}

export const changePort = (message: SipMessage, place: Place, port: number): boolean =>
  message.replace(place.at, place.length, String(port)) && message.fitContentLength();

/** nf_nat_sdp_addr(): the address of a line, where there is one. */
export function changeAddress(
  message: SipMessage,
  from: number,
  line: SdpLine,
  address: readonly number[],
): boolean {
  return replaceAddress(message, from, line, address) === true && message.fitContentLength();
}

function replaceAddress(
  message: SipMessage,
  from: number,
  line: SdpLine,
  address: readonly number[],
): boolean | 'absent' {
  const found = findSdp(message.text, from, line, message.l3, 'media');
  if (!isPlace(found)) return 'absent';
  return message.replace(found.at, found.length, formatAddress(address, message.l3));
}

/** nf_nat_sdp_session(): who made the session, and where it is. */
export function changeSession(
  message: SipMessage,
  from: number,
  address: readonly number[],
): boolean {
  if (replaceAddress(message, from, 'owner', address) !== true) return false;
  return (
    replaceAddress(message, from, 'connection', address) !== false && message.fitContentLength()
  );
}

/** nf_nat_sip_expected(): calls and media end where they were announced, and seem to come from there. */
export function sipExpected(nat: Nat, slot: number, expectation: Expectation): void {
  const { ct } = nat;
  const { master, direction, savedAddress, savedPort } = expectation;
  const to = rangeOfWords(savedAddress, savedPort);
  const own = createTuple();
  ct.readTuple(slot, 0, own);
  nat.setup(slot, to, NF_NAT_MANIP_DST);
  const pair =
    expectation.class === 0
      ? undefined
      : ct.expectations
          .of(master)
          .find(
            (one) =>
              l3Of(one.tuple) === l3Of(own) &&
              l4Of(one.tuple) === l4Of(own) &&
              sameAddress(one.savedAddress, 0, own, T_SRC) &&
              one.savedPort === srcPortOf(own),
          );
  if (pair !== undefined) {
    const from = rangeOf(pair.tuple, T_DST, NF_NAT_RANGE_MAP_IPS);
    from.setPorts(dstPortOf(pair.tuple));
    nat.setup(slot, from, NF_NAT_MANIP_SRC);
    return;
  }
  const [along, back] = [createTuple(), createTuple()];
  ct.readTuple(master, direction, along);
  ct.readTuple(master, direction === 0 ? 1 : 0, back);
  if (sameAddress(own, T_SRC, along, T_SRC))
    nat.setup(slot, rangeOf(back, T_DST, NF_NAT_RANGE_MAP_IPS), NF_NAT_MANIP_SRC);
}

function rangeOfWords(address: readonly number[], port: number): NatRange {
  const range = new NatRange();
  range.min.set(address);
  range.max.set(address);
  range.flags = NF_NAT_RANGE_MAP_IPS;
  range.setPorts(port);
  return range;
}
