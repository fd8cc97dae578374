// xt_tcpmss.c

import type { TcpmssInfo } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { holds, hotdrop, inRange, u16At } from '../read.ts';

const IPPROTO_TCP = 6;
const TCP_HEADER = 20;
const TCPOPT_MSS = 2;
const TCPOLEN_MSS = 4;

const NONE = -1;
const BROKEN = -2;

/** The size asked for, `NONE`, or `BROKEN` for what is dropped. */
function mssOf(pkt: PktInfo): number {
  const { bytes, transport } = pkt;
  if (!holds(pkt, transport, TCP_HEADER)) return BROKEN;
  const length = (bytes[transport + 12]! >>> 4) << 2;
  if (length < TCP_HEADER) return BROKEN;
  if (length === TCP_HEADER) return NONE;
  if (!holds(pkt, transport, length)) return BROKEN;
  for (let i = TCP_HEADER; i < length; ) {
    const at = transport + i;
    if (bytes[at] === TCPOPT_MSS && length - i >= TCPOLEN_MSS && bytes[at + 1] === TCPOLEN_MSS)
      return u16At(bytes, at + 2);
    i += bytes[at]! < 2 || i + 1 >= length ? 1 : bytes[at + 1]! || 1;
  }
  return NONE;
}

class Tcpmss implements XtMatch {
  readonly #info: TcpmssInfo;

  constructor(info: TcpmssInfo) {
    this.#info = info;
  }

  matches(pkt: PktInfo): boolean {
    const { mss, invert } = this.#info;
    const seen = mssOf(pkt);
    if (seen === BROKEN) return hotdrop(pkt);
    return seen === NONE ? invert : inRange(seen, mss) !== invert;
  }

  why(pkt: PktInfo): string {
    const seen = mssOf(pkt);
    return seen < 0 ? 'no maximum segment size' : `maximum segment size ${seen}`;
  }
}

export const tcpmss = matchModule<TcpmssInfo>({
  name: 'tcpmss',
  placement: { families: ['ip', 'ip6', 'inet'], protocols: [IPPROTO_TCP] },
  prepare: (info) => new Tcpmss(info),
});
