// xt_multiport.c, revision 1.

import type { MultiportInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { holds, hotdrop, inRange, u16At } from '../read.ts';

/** tcp, udp, dccp, sctp, udplite: their ports are in the same place. */
const PROTOCOLS = [6, 17, 33, 132, 136];
const MAX_PORTS = 15;

class Multiport implements XtMatch {
  readonly #info: MultiportInfo;

  constructor(info: MultiportInfo) {
    this.#info = info;
  }

  #has(port: number): boolean {
    const { ports } = this.#info;
    for (let i = 0; i < ports.length; i++) if (inRange(port, ports[i]!)) return true;
    return false;
  }

  matches(pkt: PktInfo): boolean {
    if (pkt.fragoff !== 0) return false;
    if (!holds(pkt, pkt.transport, 4)) return hotdrop(pkt);
    const { flags, invert } = this.#info;
    const source = flags !== 'destination' && this.#has(u16At(pkt.bytes, pkt.transport));
    const found = source || (flags !== 'source' && this.#has(u16At(pkt.bytes, pkt.transport + 2)));
    return found !== invert;
  }

  why(pkt: PktInfo): string {
    if (pkt.fragoff !== 0 || !holds(pkt, pkt.transport, 4)) return 'no ports in this packet';
    return `ports ${u16At(pkt.bytes, pkt.transport)} > ${u16At(pkt.bytes, pkt.transport + 2)}`;
  }
}

export const multiport = matchModule<MultiportInfo>({
  name: 'multiport',
  placement: { families: ['ip', 'ip6', 'inet'], protocols: PROTOCOLS },
  prepare(info) {
    const places = info.ports.reduce((sum, { min, max }) => sum + (min === max ? 1 : 2), 0);
    if (places > MAX_PORTS) refuse('EINVAL', `more than ${MAX_PORTS} ports`);
    return new Multiport(info);
  },
});
