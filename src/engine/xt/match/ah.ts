// ipt_ah.c and ip6t_ah.c

import { Nfproto } from '../../../core/index.ts';
import type { AhInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { findIpv6, ipv6Found, type PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { holds, hotdrop, inRange, u16At, u32At } from '../read.ts';

const IPPROTO_AH = 51;
const HEADER = 12;

class Ah implements XtMatch {
  readonly #info: AhInfo;

  constructor(info: AhInfo) {
    this.#info = info;
  }

  /** Place of the header, or -1 where there is none or the packet is dropped for it. */
  #find(pkt: PktInfo): number {
    if (pkt.pf !== Nfproto.ip6) return pkt.fragoff === 0 ? pkt.transport : -1;
    if (findIpv6(pkt.bytes, pkt.network, pkt.end, IPPROTO_AH)) return ipv6Found.offset;
    if (ipv6Found.broken) pkt.hotdrop = true;
    return -1;
  }

  matches(pkt: PktInfo): boolean {
    const at = this.#find(pkt);
    if (at < 0) return false;
    if (!holds(pkt, at, HEADER)) return hotdrop(pkt);
    const v6 = pkt.pf === Nfproto.ip6;
    if (v6 && !holds(pkt, at, (pkt.bytes[at + 1]! + 2) << 2)) return hotdrop(pkt);
    const { spis, invertSpi } = this.#info;
    if (inRange(u32At(pkt.bytes, at + 4), spis) === invertSpi) return false;
    return !v6 || this.#matches6(pkt, at);
  }

  #matches6({ bytes }: PktInfo, at: number): boolean {
    const { hdrlen, invertLen, hdrres } = this.#info;
    const length = (bytes[at + 1]! + 2) << 2;
    if (hdrlen !== 0 && (length === hdrlen) === invertLen) return false;
    return !(hdrres && u16At(bytes, at + 2) !== 0);
  }

  why(pkt: PktInfo): string {
    const at = this.#find(pkt);
    if (at < 0 || !holds(pkt, at, HEADER)) return 'no whole authentication header';
    return `spi ${u32At(pkt.bytes, at + 4)}, ${(pkt.bytes[at + 1]! + 2) << 2} bytes`;
  }
}

export const ah = matchModule<AhInfo>({
  name: 'ah',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare(info, cx, protocol) {
    if (cx.family === 'ip' && protocol !== IPPROTO_AH)
      refuse('EINVAL', 'ah needs a rule about protocol ah');
    return new Ah(info);
  },
});
