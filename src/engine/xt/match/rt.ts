// ip6t_rt.c

import { unhex } from '../../../bytes/index.ts';
import type { RtInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { findIpv6, ipv6Found, type PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { compareAddress, holds, hotdrop, inRange, u32At } from '../read.ts';

const IPPROTO_ROUTING = 43;
/** struct ipv6_rt_hdr, and struct rt0_hdr up to its addresses. */
const HEADER = 4;
const HEADER0 = 8;
const ADDRESS = 16;

class Rt implements XtMatch {
  readonly #info: RtInfo;
  readonly #addresses: readonly Uint8Array[];

  constructor(info: RtInfo) {
    this.#info = info;
    this.#addresses = info.addresses.map(unhex);
  }

  matches(pkt: PktInfo): boolean {
    if (!findIpv6(pkt.bytes, pkt.network, pkt.end, IPPROTO_ROUTING))
      return ipv6Found.broken ? hotdrop(pkt) : false;
    const at = ipv6Found.offset;
    if (!holds(pkt, at, HEADER)) return hotdrop(pkt);
    const length = (pkt.bytes[at + 1]! + 1) << 3;
    if (pkt.end - at < length) return hotdrop(pkt);
    let is = this.#fields(pkt, at, length);
    if (is && this.#info.res) is = u32At(pkt.bytes, at + 4) === 0;
    if (!this.#info.addressesGiven) return is;
    const count = (length - HEADER0) >>> 4;
    if (this.#addresses.length > count) return false;
    return (
      (this.#info.notStrict ? this.#loosely(pkt, at, count) : this.#strictly(pkt, at, count)) && is
    );
  }

  #fields({ bytes }: PktInfo, at: number, length: number): boolean {
    const { type, segsleft, len } = this.#info;
    return (
      (segsleft === undefined || inRange(bytes[at + 3]!, segsleft.value) !== segsleft.invert) &&
      (len === undefined || (len.value === length) !== len.invert) &&
      (type === undefined || (type.value === bytes[at + 2]) !== type.invert)
    );
  }

  /** All of them, in their order, and no others. */
  #strictly({ bytes }: PktInfo, at: number, count: number): boolean {
    const all = this.#addresses;
    for (let i = 0; i < all.length; i++)
      if (compareAddress(bytes, at + HEADER0 + i * ADDRESS, all[i]!) !== 0) return false;
    return all.length === count;
  }

  /** All of them in their order, with others between. */
  #loosely({ bytes }: PktInfo, at: number, count: number): boolean {
    const all = this.#addresses;
    let found = 0;
    for (let i = 0; i < count && found < all.length; i++)
      if (compareAddress(bytes, at + HEADER0 + i * ADDRESS, all[found]!) === 0) found++;
    return found === all.length;
  }

  why(pkt: PktInfo): string {
    if (!findIpv6(pkt.bytes, pkt.network, pkt.end, IPPROTO_ROUTING)) return 'no routing header';
    const at = ipv6Found.offset;
    if (!holds(pkt, at, HEADER)) return 'the routing header is cut off';
    return `routing header of type ${pkt.bytes[at + 2]}, ${pkt.bytes[at + 3]} segments left`;
  }
}

export const rt = matchModule<RtInfo>({
  name: 'rt',
  placement: { families: ['ip6', 'inet'] },
  prepare(info) {
    const zero = info.type?.value === 0 && !info.type.invert;
    if ((info.res || info.addressesGiven) && !zero)
      refuse('EINVAL', 'addresses and reserved bits are of routing headers of type 0');
    return new Rt(info);
  },
});
