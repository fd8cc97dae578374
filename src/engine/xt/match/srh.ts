// ip6t_srh.c, revision 1 (RFC 8754).

import type { SrhInfo, XtTest } from '../../../program/index.ts';
import { findIpv6, ipv6Found, type PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { holds, inNet, type Net, netTestOf, u16At } from '../read.ts';

const IPPROTO_ROUTING = 43;
/** IPV6_SRCRT_TYPE_4 */
const SEGMENT_ROUTING = 4;
/** struct ipv6_sr_hdr up to its segments. */
const HEADER = 8;
const SEGMENT = 16;

type Number = XtTest<number> | undefined;
const eq = (test: Number, seen: number): boolean =>
  test === undefined || (seen === test.value) !== test.invert;
const gt = (test: Number, seen: number): boolean =>
  test === undefined || seen > test.value !== test.invert;
const lt = (test: Number, seen: number): boolean =>
  test === undefined || seen < test.value !== test.invert;

class Srh implements XtMatch {
  readonly #info: SrhInfo;
  readonly #previous: XtTest<Net> | undefined;
  readonly #next: XtTest<Net> | undefined;
  readonly #last: XtTest<Net> | undefined;

  constructor(info: SrhInfo) {
    this.#info = info;
    this.#previous = netTestOf(info.psid);
    this.#next = netTestOf(info.nsid);
    this.#last = netTestOf(info.lsid);
  }

  /** Place of a sound segment routing header, or -1. */
  #find(pkt: PktInfo): number {
    if (!findIpv6(pkt.bytes, pkt.network, pkt.end, IPPROTO_ROUTING)) return -1;
    const at = ipv6Found.offset;
    if (!holds(pkt, at, HEADER) || pkt.end - at < (pkt.bytes[at + 1]! + 1) << 3) return -1;
    if (pkt.bytes[at + 2] !== SEGMENT_ROUTING) return -1;
    return pkt.bytes[at + 3]! > pkt.bytes[at + 4]! ? -1 : at;
  }

  matches(pkt: PktInfo): boolean {
    const at = this.#find(pkt);
    return at >= 0 && this.#fields(pkt.bytes, at) && this.#segments(pkt, at);
  }

  #fields(bytes: Uint8Array, at: number): boolean {
    const info = this.#info;
    const length = bytes[at + 1]!;
    const left = bytes[at + 3]!;
    const last = bytes[at + 4]!;
    return (
      eq(info.nextHdr, bytes[at]!) &&
      eq(info.hdrLenEq, length) &&
      gt(info.hdrLenGt, length) &&
      lt(info.hdrLenLt, length) &&
      eq(info.segsLeftEq, left) &&
      gt(info.segsLeftGt, left) &&
      lt(info.segsLeftLt, left) &&
      eq(info.lastEntryEq, last) &&
      gt(info.lastEntryGt, last) &&
      lt(info.lastEntryLt, last) &&
      // ip6tables writes the tag in the host's order, and the kernel takes it for the network's.
      eq(info.tag, bytes[at + 6]! | (bytes[at + 7]! << 8))
    );
  }

  #segments(pkt: PktInfo, at: number): boolean {
    const left = pkt.bytes[at + 3]!;
    if (this.#previous !== undefined) {
      if (left === pkt.bytes[at + 4]) return false;
      if (!this.#segment(pkt, at, left + 1, this.#previous)) return false;
    }
    if (this.#next !== undefined) {
      if (left === 0) return false;
      if (!this.#segment(pkt, at, left - 1, this.#next)) return false;
    }
    return this.#last === undefined || this.#segment(pkt, at, 0, this.#last);
  }

  #segment(pkt: PktInfo, at: number, index: number, { value, invert }: XtTest<Net>): boolean {
    const place = at + HEADER + index * SEGMENT;
    if (!holds(pkt, place, SEGMENT)) return false;
    return inNet(pkt.bytes, place, SEGMENT, value) !== invert;
  }

  why(pkt: PktInfo): string {
    const at = this.#find(pkt);
    if (at < 0) return 'no segment routing header';
    const { bytes } = pkt;
    return `${bytes[at + 3]} segments left, last entry ${bytes[at + 4]}, tag ${u16At(bytes, at + 6)}`;
  }
}

export const srh = matchModule<SrhInfo>({
  name: 'srh',
  placement: { families: ['ip6', 'inet'] },
  prepare: (info) => new Srh(info),
});
