// xt_dccp.c (RFC 4340)

import type { DccpInfo } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { holds, holdsTest, hotdrop, inRange, u16At } from '../read.ts';

const IPPROTO_DCCP = 33;
/** struct dccp_hdr, without what extended sequence numbers add. */
const HEADER = 12;

/** dccp_packet_hdr_len(): what follows the generic header, by type. */
const REST: readonly number[] = [4, 12, 0, 8, 8, 8, 8, 12, 8, 8];
const RESET_REST = 12;

const typeOf = ({ bytes, transport }: PktInfo): number => (bytes[transport + 8]! >>> 1) & 15;

function headerLength(pkt: PktInfo): number {
  const extended = (pkt.bytes[pkt.transport + 8]! & 1) === 1;
  return HEADER + (extended ? 4 : 0) + (REST[typeOf(pkt)] ?? RESET_REST);
}

/** dccp_find_option() */
function hasOption(pkt: PktInfo, option: number): boolean {
  const { bytes, transport } = pkt;
  const offset = headerLength(pkt);
  const end = bytes[transport + 4]! * 4;
  if (end < offset) return hotdrop(pkt);
  if (end === offset) return false;
  if (!holds(pkt, transport, end)) return hotdrop(pkt);
  for (let i = offset; i < end; ) {
    const kind = bytes[transport + i]!;
    if (kind === option) return true;
    i += kind < 2 || i + 1 >= end ? 1 : bytes[transport + i + 1]! || 1;
  }
  return false;
}

class Dccp implements XtMatch {
  readonly #info: DccpInfo;

  constructor(info: DccpInfo) {
    this.#info = info;
  }

  matches(pkt: PktInfo): boolean {
    if (pkt.fragoff !== 0) return false;
    const { bytes, transport } = pkt;
    if (!holds(pkt, transport, HEADER)) return hotdrop(pkt);
    const { sports, dports, types, option } = this.#info;
    if (sports !== undefined && inRange(u16At(bytes, transport), sports.value) === sports.invert)
      return false;
    if (
      dports !== undefined &&
      inRange(u16At(bytes, transport + 2), dports.value) === dports.invert
    )
      return false;
    if (!holdsTest(types, (((types?.value ?? 0) >>> typeOf(pkt)) & 1) === 1)) return false;
    return option === undefined || hasOption(pkt, option.value) !== option.invert;
  }

  why(pkt: PktInfo): string {
    const { bytes, transport } = pkt;
    if (pkt.fragoff !== 0 || !holds(pkt, transport, HEADER)) return 'no whole DCCP header';
    return `ports ${u16At(bytes, transport)} > ${u16At(bytes, transport + 2)}, type ${typeOf(pkt)}`;
  }
}

export const dccp = matchModule<DccpInfo>({
  name: 'dccp',
  placement: { families: ['ip', 'ip6', 'inet'], protocols: [IPPROTO_DCCP] },
  prepare: (info) => new Dccp(info),
});
