// The session descriptions in SIP (RFC 4566): each media stream that is offered or answered is expected,
// with the control port above it.

import type { ExpectationRequest, ExpectResult } from '../conntrack/index.ts';
import { createTuple, expectedTuple, T_DST, T_PORTS, T_PROTO, T_SRC } from '../conntrack/index.ts';
import type { Verdict } from '../core/index.ts';
import { ACCEPT } from '../core/index.ts';
import { IPPROTO_UDP } from '../uapi/index.ts';
import type { SipMessage } from './sip-message.ts';
import { changeAddress, changePort, changeSession, expectMedia } from './sip-nat.ts';
import { findSdp, isPlace, type Place, sdpAddressOf } from './sip-text.ts';
import { addressBytes, decimalAt, sameAddress } from './text.ts';

/** struct nf_ct_sip_master. */
export interface SipState {
  registerCseq: number;
  inviteCseq: number;
  /** Where a phone listens that sends from another port. */
  forcedPort: number;
}

/** The parameters of the kernel's module, with its names and defaults. */
export interface SipOptions {
  /** Calls come from the registrar only. Default true. */
  readonly directSignalling: boolean;
  /** Media goes between those who signal only. Default true. */
  readonly directMedia: boolean;
  /** Media between others behind the same interface passes by. Default false. */
  readonly externalMedia: boolean;
  /** Seconds a connection lasts behind each message. Default 3600. */
  readonly timeout: number;
}

/** include/uapi/linux/rtnetlink.h */
const RTN_LOCAL = 2;

const TYPES = ['audio ', 'video ', 'image '] as const;

/** One stream: who it goes to, and where its port stands. */
interface Stream {
  readonly address: readonly number[];
  readonly port: number;
  readonly class: number;
  readonly place: Place;
}

/** Whether the media's end is behind the interface the signalling goes to. */
function isExternal({ cx, l3 }: SipMessage, address: readonly number[]): boolean {
  const { network } = cx.ct.netns;
  const family = l3 === 2 ? 'ip' : 'ip6';
  const daddr = addressBytes(address).subarray(0, l3 === 2 ? 4 : 16);
  const answer = network?.route({ family, daddr }) ?? null;
  // To an address of this machine a route leads through lo, whichever interface has it.
  return answer !== null && answer.type !== RTN_LOCAL && answer.device === cx.packet.oif;
}

/**
 * The same stream may have been announced on another connection already, when a call goes to several
 * phones. `skip`: that one serves; `direct`: both are behind NAT and reach each other without it.
 */
function known(
  message: SipMessage,
  stream: Stream,
  from: ArrayLike<number> | null,
): { address: readonly number[]; port: number; skip: boolean; direct: boolean } {
  const { cx, l3 } = message;
  const tuple = createTuple();
  tuple[T_PROTO] = l3 | (IPPROTO_UDP << 8);
  if (from !== null) for (let i = 0; i < 4; i++) tuple[T_SRC + i] = from[i]!;
  let { address, port } = stream;
  let direct = false;
  for (;;) {
    for (let i = 0; i < 4; i++) tuple[T_DST + i] = address[i]!;
    tuple[T_PORTS] = port;
    const one = cx.ct.expectations.find(tuple, cx.ct.zoneId(cx.slot));
    const other = one !== undefined && one.master !== cx.slot && one.class === stream.class;
    if (!other || cx.ct.helper(one.master) !== 'sip') return { address, port, skip: false, direct };
    const moved =
      !sameAddress(one.savedAddress, 0, one.tuple, T_DST) ||
      one.savedPort !== (one.tuple[T_PORTS]! & 0xffff);
    if (direct || !moved || !cx.translated) return { address, port, skip: true, direct };
    address = one.savedAddress;
    port = one.savedPort;
    direct = true;
  }
}

export interface MediaRequests {
  readonly rtp: ExpectationRequest;
  readonly rtcp: ExpectationRequest;
}

function requestsFor(
  { cx, l3 }: SipMessage,
  stream: Stream,
  from: ArrayLike<number> | null,
  address: readonly number[],
  port: number,
): MediaRequests {
  const request = (of: number): ExpectationRequest => ({
    ...expectedTuple({ l3, l4: IPPROTO_UDP, source: from, destination: address, port: of }),
    master: cx.slot,
    class: stream.class,
    skipMaster: true,
  });
  return { rtp: request(port), rtcp: request(port + 1) };
}

const fine = (result: ExpectResult): boolean => result === 'ok' || result === 'exists';

/** Both or none; phones that announce the same port twice are believed. */
function expectBoth(message: SipMessage, { rtp, rtcp }: MediaRequests): boolean {
  const { cx } = message;
  const first = cx.ct.expectations.add(rtp);
  cx.tell(rtp, fine(first) ? 'created' : 'refused', first === 'ok' ? '' : first);
  if (!fine(first)) return false;
  const second = cx.ct.expectations.add(rtcp);
  if (fine(second)) return true;
  if (first === 'ok') cx.withdraw(rtp);
  return false;
}

/** set_expected_rtp_rtcp(): the address the stream is announced at now, or null for a failure. */
function expectStream(
  message: SipMessage,
  stream: Stream,
  options: SipOptions,
): readonly number[] | null {
  const { cx } = message;
  let from: ArrayLike<number> | null = null;
  if (options.directMedia) {
    if (!sameAddress(stream.address, 0, cx.own, T_SRC)) return stream.address;
    from = cx.other.subarray(T_SRC, T_SRC + 4);
  } else if (options.externalMedia && isExternal(message, stream.address)) return stream.address;
  const { address, port, skip, direct } = known(message, stream, from);
  const base = port & ~1;
  if (direct && !changePort(message, stream.place, base)) return null;
  if (skip) return address;
  const requests = requestsFor(message, stream, from, address, base);
  if (cx.translated && !direct) return expectMedia(message, requests, stream.place);
  return expectBoth(message, requests) ? address : null;
}

/** The next `m=` line with a type that is expected, from a place on; where its port stands. */
function nextMedia(message: SipMessage, from: number): (Place & { class: number }) | null {
  const { text, l3 } = message;
  let at = from;
  for (;;) {
    const found = findSdp(text, at, 'media', l3);
    if (!isPlace(found)) return null;
    const index = TYPES.findIndex((type) => text.startsWith(type, found.at));
    if (index < 0 || found.length < TYPES[index]!.length) {
      at = found.at + found.length;
      continue;
    }
    const skip = TYPES[index]!.length;
    return { at: found.at + skip, length: found.length - skip, class: index + 1 };
  }
}

/** process_sdp() */
export function processSdp(message: SipMessage, options: SipOptions): Verdict {
  const { cx, l3 } = message;
  const version = findSdp(message.text, 0, 'version', l3);
  if (!isPlace(version)) return ACCEPT;
  const session = sdpAddressOf(message.text, version.at, 'connection', l3, 'media');
  let told: readonly number[] | null = session?.address ?? null;
  let at = version.at;
  for (let streams = 0; streams < TYPES.length; ) {
    const place = nextMedia(message, at);
    if (place === null) break;
    ({ at } = place);
    const port = decimalAt(message.text, at).value;
    // A stream with port 0 is not there.
    if (port === 0) continue;
    if (port < 1024 || port > 65535) return cx.drop(`wrong port ${port}`);
    const own = sdpAddressOf(message.text, at, 'connection', l3, 'media');
    const address = own?.address ?? session?.address;
    if (address === undefined) return cx.drop('cannot parse SDP message');
    told = expectStream(message, { address, port, class: place.class, place }, options);
    if (told === null) return cx.drop('cannot add expectation for voice');
    if (own !== null && cx.translated && !changeAddress(message, at, 'connection', told))
      return cx.drop('cannot mangle SDP');
    streams++;
  }
  if (!cx.translated || told === null) return ACCEPT;
  return changeSession(message, version.at, told) ? ACCEPT : cx.drop('cannot mangle SDP');
}
