// ebt_vlan.c

import { u16 } from '../../../bytes/index.ts';
import type { EbtVlanInfo, XtTest } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { BRIDGE } from '../ebt.ts';
import { matchModule } from '../extension.ts';

const ETH_P_8021Q = 0x8100;
const ID_MAX = 4096;
const PRIO_MAX = 7;
/** ETH_ZLEN */
const TYPE_MIN = 60;

/** The tag, which stands beside the frame or in it; -1 where there is none. */
function tciOf({ packet, bytes, network, end }: PktInfo): number {
  if (packet.vlanTci >= 0) return packet.vlanTci;
  return network + 4 > end ? -1 : u16(bytes, network);
}

const encapOf = ({ packet, bytes, network }: PktInfo): number =>
  packet.vlanTci >= 0 ? packet.protocol : u16(bytes, network + 2);

const is = (one: XtTest<number> | undefined, value: number): boolean =>
  one === undefined || (one.value === value) !== one.invert;

export const ebtVlan = matchModule<EbtVlanInfo>({
  name: 'vlan',
  placement: { families: BRIDGE, protocols: [ETH_P_8021Q], evenNegated: true },
  prepare({ id, prio, encap }) {
    if ((id?.value ?? 0) > ID_MAX) refuse('EINVAL', `there is no VLAN ${id?.value}`);
    if ((prio?.value ?? 0) > PRIO_MAX) refuse('EINVAL', `there is no priority ${prio?.value}`);
    if ((encap?.value ?? TYPE_MIN) < TYPE_MIN)
      refuse('EINVAL', `${encap?.value} is a length, not a type`);
    return {
      matches(pkt) {
        const tci = tciOf(pkt);
        if (tci < 0) return false;
        return is(id, tci & 0xfff) && is(prio, tci >>> 13) && is(encap, encapOf(pkt));
      },
      why: (pkt) => (tciOf(pkt) < 0 ? 'short frame' : `VLAN ${tciOf(pkt) & 0xfff}`),
    };
  },
});
