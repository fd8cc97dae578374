// ip6t_hbh.c: options of the hop-by-hop and the destination header.

import type { OptsInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { findIpv6, ipv6Found, type PktInfo } from '../../pktinfo.ts';
import { type MatchModule, matchModule, type XtMatch } from '../extension.ts';
import { holds, hotdrop } from '../read.ts';

const IPPROTO_HOPOPTS = 0;
const IPPROTO_DSTOPTS = 60;

class Opts implements XtMatch {
  readonly #info: OptsInfo;
  readonly #header: number;

  constructor(info: OptsInfo, header: number) {
    this.#info = info;
    this.#header = header;
  }

  matches(pkt: PktInfo): boolean {
    if (!findIpv6(pkt.bytes, pkt.network, pkt.end, this.#header))
      return ipv6Found.broken ? hotdrop(pkt) : false;
    const at = ipv6Found.offset;
    if (!holds(pkt, at, 2)) return hotdrop(pkt);
    const length = (pkt.bytes[at + 1]! + 1) << 3;
    if (pkt.end - at < length) return hotdrop(pkt);
    const { hdrlen, optionsGiven } = this.#info;
    const sized = hdrlen === undefined || (hdrlen.value === length) !== hdrlen.invert;
    return optionsGiven ? this.#options(pkt, at + 2, length - 2) && sized : sized;
  }

  /** The options from the first on are those asked for, in their order. */
  #options({ bytes, end }: PktInfo, from: number, length: number): boolean {
    const { options } = this.#info;
    let at = from;
    let left = length;
    for (let i = 0; i < options.length; i++) {
      const { type, length: wanted } = options[i]!;
      if (left < 1 || at >= end) return false;
      if (bytes[at] !== type) return false;
      let size = 1;
      if (type !== 0) {
        if (left < 2 || at + 1 >= end) return false;
        if (wanted !== undefined && bytes[at + 1] !== wanted) return false;
        size = bytes[at + 1]! + 2;
      }
      if ((at > end - size || left < size) && i < options.length - 1) return false;
      at += size;
      left -= size;
    }
    return true;
  }

  why(pkt: PktInfo): string {
    if (!findIpv6(pkt.bytes, pkt.network, pkt.end, this.#header)) return 'no such header';
    const at = ipv6Found.offset;
    if (!holds(pkt, at, 2)) return 'the header is cut off';
    return `a header of ${(pkt.bytes[at + 1]! + 1) << 3} bytes`;
  }
}

const header = (name: string, number: number): MatchModule =>
  matchModule<OptsInfo>({
    name,
    placement: { families: ['ip6', 'inet'] },
    prepare(info) {
      if (info.notStrict)
        refuse('EINVAL', `${name} options that are not strict are not implemented`);
      return new Opts(info, number);
    },
  });

export const hbh = header('hbh', IPPROTO_HOPOPTS);
export const dst = header('dst', IPPROTO_DSTOPTS);
