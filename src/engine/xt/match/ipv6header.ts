// ip6t_ipv6header.c

import type { Ipv6headerInfo } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';

const IPPROTO_FRAGMENT = 44;
const IPPROTO_ESP = 50;
const IPPROTO_AH = 51;
const IPPROTO_NONE = 59;

/** MASK_* of the headers whose length is known, by number; 0 for all others. */
const MASKS = new Uint8Array(256);
MASKS[0] = 0x80;
MASKS[60] = 0x40;
MASKS[43] = 0x20;
MASKS[IPPROTO_FRAGMENT] = 0x10;
MASKS[IPPROTO_AH] = 0x08;
const MASK_ESP = 0x04;
const MASK_NONE = 0x02;
const MASK_PROTO = 0x01;

const CUT_OFF = -1;

/** The headers a packet has, or `CUT_OFF` where one is announced that does not begin. */
function headersOf({ bytes, network, end }: PktInfo): number {
  let at = network + 40;
  let next = bytes[network + 6]!;
  let found = 0;
  while (MASKS[next] !== 0 && at <= end) {
    if (at + 2 > end) return CUT_OFF;
    found |= MASKS[next]!;
    const length = bytes[at + 1]!;
    const after = bytes[at]!;
    if (next === IPPROTO_FRAGMENT) at += 8;
    else at += next === IPPROTO_AH ? (length + 2) << 2 : (length + 1) << 3;
    next = after;
  }
  if (next === IPPROTO_NONE) return at > end ? found : found | MASK_NONE;
  if (next !== IPPROTO_ESP) return found | MASK_PROTO;
  if (at > end) return found;
  return at + 2 > end ? CUT_OFF : found | MASK_ESP;
}

class Ipv6header implements XtMatch {
  readonly #info: Ipv6headerInfo;

  constructor(info: Ipv6headerInfo) {
    this.#info = info;
  }

  matches(pkt: PktInfo): boolean {
    const { headers, invert, soft } = this.#info;
    const found = headersOf(pkt);
    if (found === CUT_OFF) return false;
    // Softly, all of them are there, or negated none.
    if (soft) return (found & headers) === (invert ? 0 : headers);
    return (found === headers) !== invert;
  }

  why(pkt: PktInfo): string {
    const found = headersOf(pkt);
    return found === CUT_OFF ? 'a header is cut off' : `headers 0x${found.toString(16)}`;
  }
}

export const ipv6header = matchModule<Ipv6headerInfo>({
  name: 'ipv6header',
  placement: { families: ['ip6', 'inet'] },
  prepare: (info) => new Ipv6header(info),
});
