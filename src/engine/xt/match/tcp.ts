// tcp and udp of xt_tcpudp.c.

import type { TcpInfo, UdpInfo } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { holds, hotdrop, inRange, u16At } from '../read.ts';

const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const TCP_HEADER = 20;
const UDP_HEADER = 8;

const portsText = ({ bytes, transport }: PktInfo): string =>
  `ports ${u16At(bytes, transport)} > ${u16At(bytes, transport + 2)}`;

/** tcp_find_option() */
function hasOption(pkt: PktInfo, option: number, length: number): boolean {
  const at = pkt.transport + TCP_HEADER;
  for (let i = 0; i < length; ) {
    const kind = pkt.bytes[at + i]!;
    if (kind === option) return true;
    i += kind < 2 || i + 1 >= length ? 1 : pkt.bytes[at + i + 1]! || 1;
  }
  return false;
}

class Tcp implements XtMatch {
  readonly #info: TcpInfo;

  constructor(info: TcpInfo) {
    this.#info = info;
  }

  matches(pkt: PktInfo): boolean {
    // A fragment that would change the flags of the first one: somebody tries to break in.
    if (pkt.fragoff !== 0) return pkt.fragoff === 1 ? hotdrop(pkt) : false;
    const { bytes, transport } = pkt;
    if (!holds(pkt, transport, TCP_HEADER)) return hotdrop(pkt);
    const { sports, dports, invertSport, invertDport, flagMask, flagCmp, invertFlags } = this.#info;
    if (inRange(u16At(bytes, transport), sports) === invertSport) return false;
    if (inRange(u16At(bytes, transport + 2), dports) === invertDport) return false;
    if (((bytes[transport + 13]! & flagMask) === flagCmp) === invertFlags) return false;
    return this.#info.option === 0 || this.#option(pkt);
  }

  #option(pkt: PktInfo): boolean {
    const length = ((pkt.bytes[pkt.transport + 12]! >>> 4) << 2) - TCP_HEADER;
    if (length < 0) return hotdrop(pkt);
    if (!holds(pkt, pkt.transport, TCP_HEADER + length)) return hotdrop(pkt);
    return hasOption(pkt, this.#info.option, length) !== this.#info.invertOption;
  }

  why(pkt: PktInfo): string {
    if (pkt.fragoff !== 0 || !holds(pkt, pkt.transport, TCP_HEADER)) return 'no whole TCP header';
    return `${portsText(pkt)}, flags 0x${pkt.bytes[pkt.transport + 13]!.toString(16)}`;
  }
}

export const tcp = matchModule<TcpInfo>({
  name: 'tcp',
  placement: { families: ['ip', 'ip6', 'inet'], protocols: [IPPROTO_TCP] },
  prepare: (info) => new Tcp(info),
});

export const udp = matchModule<UdpInfo>({
  name: 'udp',
  placement: { families: ['ip', 'ip6', 'inet'], protocols: [IPPROTO_UDP] },
  prepare: ({ sports, dports, invertSport, invertDport }) => ({
    matches(pkt) {
      if (pkt.fragoff !== 0) return false;
      const { bytes, transport } = pkt;
      if (!holds(pkt, transport, UDP_HEADER)) return hotdrop(pkt);
      if (inRange(u16At(bytes, transport), sports) === invertSport) return false;
      return inRange(u16At(bytes, transport + 2), dports) !== invertDport;
    },
    why: (pkt) =>
      pkt.fragoff !== 0 || !holds(pkt, pkt.transport, UDP_HEADER)
        ? 'no whole UDP header'
        : portsText(pkt),
  }),
});
