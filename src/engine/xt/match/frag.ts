// ip6t_frag.c

import type { FragInfo } from '../../../program/index.ts';
import { findIpv6, ipv6Found, type PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { holds, hotdrop, inRange, u16At, u32At } from '../read.ts';

const IPPROTO_FRAGMENT = 44;
const HEADER = 8;
/** IP6_MF, and the reserved bits beside it. */
const MORE = 1;
const RESERVED = 6;

class Frag implements XtMatch {
  readonly #info: FragInfo;

  constructor(info: FragInfo) {
    this.#info = info;
  }

  matches(pkt: PktInfo): boolean {
    if (!findIpv6(pkt.bytes, pkt.network, pkt.end, IPPROTO_FRAGMENT))
      return ipv6Found.broken ? hotdrop(pkt) : false;
    const at = ipv6Found.offset;
    if (!holds(pkt, at, HEADER)) return hotdrop(pkt);
    const { ids, invertId, res, first, more, last } = this.#info;
    const { bytes } = pkt;
    const field = u16At(bytes, at + 2);
    if (inRange(u32At(bytes, at + 4), ids) === invertId) return false;
    // Asked for are reserved bits that are zero.
    if (res && (bytes[at + 1] !== 0 || (field & RESERVED) !== 0)) return false;
    if (first && (field & ~7) !== 0) return false;
    if (more && (field & MORE) === 0) return false;
    return !(last && (field & MORE) !== 0);
  }

  why(pkt: PktInfo): string {
    if (!findIpv6(pkt.bytes, pkt.network, pkt.end, IPPROTO_FRAGMENT)) return 'no fragment header';
    const at = ipv6Found.offset;
    if (!holds(pkt, at, HEADER)) return 'no whole fragment header';
    const field = u16At(pkt.bytes, at + 2);
    return `fragment ${u32At(pkt.bytes, at + 4)} at ${field & ~7}${(field & MORE) === 0 ? ', the last' : ''}`;
  }
}

export const frag = matchModule<FragInfo>({
  name: 'frag',
  placement: { families: ['ip6', 'inet'] },
  prepare: (info) => new Frag(info),
});
