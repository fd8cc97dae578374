// xt_ecn.c

import type { EcnInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { dsfield } from '../header.ts';
import { holds } from '../read.ts';

const IPPROTO_TCP = 6;
const TCP_HEADER = 20;
const ECE = 0x40;
const CWR = 0x80;

class Ecn implements XtMatch {
  readonly #info: EcnInfo;

  constructor(info: EcnInfo) {
    this.#info = info;
  }

  matches(pkt: PktInfo): boolean {
    const { ect, ece, cwr } = this.#info;
    if (ect !== undefined && ((dsfield(pkt) & 3) === ect.value) === ect.invert) return false;
    if (ece === undefined && cwr === undefined) return true;
    if (!holds(pkt, pkt.transport, TCP_HEADER)) return false;
    const flags = pkt.bytes[pkt.transport + 13]!;
    if (ece !== undefined && ((flags & ECE) === 0) !== ece.invert) return false;
    return cwr === undefined || ((flags & CWR) === 0) === cwr.invert;
  }

  why(pkt: PktInfo): string {
    const ip = `ecn ${dsfield(pkt) & 3}`;
    if (this.#info.ece === undefined && this.#info.cwr === undefined) return ip;
    if (!holds(pkt, pkt.transport, TCP_HEADER)) return 'no whole TCP header';
    return `${ip}, TCP flags 0x${pkt.bytes[pkt.transport + 13]!.toString(16)}`;
  }
}

export const ecn = matchModule<EcnInfo>({
  name: 'ecn',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare(info, _cx, protocol) {
    if ((info.ece !== undefined || info.cwr !== undefined) && protocol !== IPPROTO_TCP)
      refuse('EINVAL', 'cannot match TCP bits for non-tcp packets');
    return new Ecn(info);
  },
});
