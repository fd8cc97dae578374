// xt_TCPOPTSTRIP.c: options become no-operations.

import type { TcpoptstripInfo } from '../../../program/index.ts';
import { IPPROTO_TCP } from '../../../uapi/index.ts';
import { optionLength } from '../../expr/exthdr.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { NF_DROP, NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';
import { replace16, tcpLength, tcpOffset, touched } from '../header.ts';

const TCPOPT_NOP = 1;
const TCP_HEADER = 20;

function strip(bytes: Uint8Array, tcp: number, from: number, length: number): void {
  for (let i = from; i < from + length; i++) {
    const shift = (i & 1) === 0 ? 8 : 0;
    replace16(bytes, tcp + 16, bytes[tcp + i]! << shift, TCPOPT_NOP << shift);
    bytes[tcp + i] = TCPOPT_NOP;
  }
}

/** tcpoptstrip_mangle_packet(): false drops the packet. */
function mangle(pkt: PktInfo, tcp: number, kinds: Uint8Array): boolean {
  const header = tcpLength(pkt, tcp);
  if (header < 0) return false;
  const { bytes } = pkt;
  for (let i = TCP_HEADER; i < header - 1; ) {
    const length = optionLength(bytes, tcp + i);
    if (i + length > header) break;
    if (kinds[bytes[tcp + i]!] === 1) strip(bytes, tcp, i, length);
    i += length;
  }
  touched(pkt);
  return true;
}

export const tcpoptstrip = targetModule<TcpoptstripInfo>({
  name: 'TCPOPTSTRIP',
  placement: { families: ['ip', 'ip6'], table: 'mangle', protocols: [IPPROTO_TCP] },
  prepare({ options }) {
    const kinds = new Uint8Array(256);
    for (const kind of options) kinds[kind] = 1;
    return {
      run(pkt) {
        const tcp = tcpOffset(pkt);
        if (tcp < 0) return NF_DROP;
        if (pkt.fragoff !== 0) return NFT_CONTINUE;
        return mangle(pkt, tcp, kinds) ? NFT_CONTINUE : NF_DROP;
      },
    };
  },
});
