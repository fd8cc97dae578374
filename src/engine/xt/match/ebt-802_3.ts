// ebt_802_3.c: what stands behind the length of an IEEE 802.3 frame (802.2 LLC, SNAP).

import { u16 } from '../../../bytes/index.ts';
import type { Ebt8023Info } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { BRIDGE } from '../ebt.ts';
import { matchModule } from '../extension.ts';

const LLC = 14;
/** Both service access points of a frame with a type of its own (SNAP). */
const SNAP = 0xaa;
const UNNUMBERED = 0x03;
/** Up to the end of the type behind a control field of two bytes. */
const WITH_TYPE = 9;
const SAPS = 2;

/** Place of the LLC header, or -1 where what is asked for is not all there; the kernel looks past the end for it. */
function llcOf({ packet, end }: PktInfo, length: number): number {
  return packet.mac < 0 || packet.mac + LLC + length > end ? -1 : packet.mac + LLC;
}

const typeOf = (bytes: Uint8Array, llc: number): number =>
  (bytes[llc + 2]! & UNNUMBERED) === UNNUMBERED ? u16(bytes, llc + 6) : u16(bytes, llc + 7);

function matches({ sap, type }: Ebt8023Info, bytes: Uint8Array, llc: number): boolean {
  const [dsap, ssap] = [bytes[llc]!, bytes[llc + 1]!];
  if (sap && ((ssap !== sap.value) !== sap.invert || (dsap !== sap.value) !== sap.invert))
    return false;
  if (type === undefined) return true;
  if (dsap !== SNAP || ssap !== SNAP) return false;
  return (typeOf(bytes, llc) === type.value) !== type.invert;
}

export const ebt8023 = matchModule<Ebt8023Info>({
  name: '802_3',
  placement: { families: BRIDGE },
  prepare: (info) => ({
    matches(pkt) {
      const llc = llcOf(pkt, info.type === undefined ? SAPS : WITH_TYPE);
      return llc >= 0 && matches(info, pkt.bytes, llc);
    },
    why(pkt) {
      const llc = llcOf(pkt, WITH_TYPE);
      if (llc < 0) return 'short frame';
      return `sap 0x${pkt.bytes[llc]!.toString(16)}, type 0x${typeOf(pkt.bytes, llc).toString(16)}`;
    },
  }),
});
