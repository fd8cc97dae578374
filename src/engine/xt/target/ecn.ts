// ipt_ECN.c

import { put16, u16 } from '../../../bytes/index.ts';
import type { EcnTargetInfo } from '../../../program/index.ts';
import { IPPROTO_TCP } from '../../../uapi/index.ts';
import { refuse } from '../../errno.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { NF_DROP, NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';
import { replace16, touched } from '../header.ts';

/** IPT_ECN_OP_* */
const SET_IP = 0x01;
const SET_ECE = 0x10;
const SET_CWR = 0x20;
const OPERATIONS = SET_IP | SET_ECE | SET_CWR;
/** Bits of the 16-bit word with data offset and flags. */
const ECE = 0x40;
const CWR = 0x80;
const ECN_BITS = 3;
const TCP_HEADER = 20;

function setIp(pkt: PktInfo, { ipEct }: EcnTargetInfo): void {
  const { bytes, network } = pkt;
  const before = bytes[network + 1]!;
  const after = (before & ~ECN_BITS) | ipEct;
  if (after === before) return;
  bytes[network + 1] = after;
  replace16(bytes, network + 10, before, after);
}

/** False where the header is not all there, which drops the packet. */
function setTcp(pkt: PktInfo, { operation, ece, cwr }: EcnTargetInfo): boolean {
  const { bytes, network } = pkt;
  const tcp = network + ((bytes[network]! & 15) << 2);
  if (tcp + TCP_HEADER > pkt.end) return false;
  const before = u16(bytes, tcp + 12);
  let after = before;
  if ((operation & SET_ECE) !== 0) after = ece === 1 ? after | ECE : after & ~ECE;
  if ((operation & SET_CWR) !== 0) after = cwr === 1 ? after | CWR : after & ~CWR;
  if (after === before) return true;
  put16(bytes, tcp + 12, after);
  replace16(bytes, tcp + 16, before, after);
  return true;
}

export const ecn = targetModule<EcnTargetInfo>({
  name: 'ECN',
  placement: { families: ['ip'], table: 'mangle' },
  prepare(info, _cx, protocol) {
    const { operation, ipEct } = info;
    if ((operation & ~OPERATIONS) !== 0) refuse('EINVAL', `unknown ECN operation ${operation}`);
    if ((ipEct & ~ECN_BITS) !== 0) refuse('EINVAL', `an ECN field has two bits, ${ipEct} more`);
    const ofTcp = (operation & (SET_ECE | SET_CWR)) !== 0;
    if (ofTcp && protocol !== IPPROTO_TCP) refuse('EINVAL', 'ECN in TCP needs a rule about TCP');
    return {
      run(pkt) {
        if ((operation & SET_IP) !== 0) setIp(pkt, info);
        const isTcp = pkt.bytes[pkt.network + 9] === IPPROTO_TCP;
        if (ofTcp && isTcp && !setTcp(pkt, info)) return NF_DROP;
        touched(pkt);
        return NFT_CONTINUE;
      },
    };
  },
});
