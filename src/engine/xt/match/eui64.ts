// ip6t_eui64.c: the lower half of the source address is made of the hardware address (RFC 4291 §2.5.1).

import { ETH_P_IPV6 } from '../../../core/index.ts';
import type { Eui64Info } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule } from '../extension.ts';
import { sourceAt, u16At } from '../read.ts';

const ETH_HLEN = 14;

/** Byte i of the identifier that the source of the frame would have. */
function byteOf({ bytes, packet }: PktInfo, i: number): number {
  if (i === 3) return 0xff;
  if (i === 4) return 0xfe;
  const octet = bytes[packet.mac + 6 + (i < 3 ? i : i - 2)]!;
  return i === 0 ? octet ^ 2 : octet;
}

function matches(pkt: PktInfo): boolean {
  const { packet, bytes } = pkt;
  if (packet.mac < 0 || packet.network - packet.mac < ETH_HLEN) {
    if (pkt.fragoff !== 0) pkt.hotdrop = true;
    return false;
  }
  if (u16At(bytes, packet.mac + 12) !== ETH_P_IPV6 || bytes[pkt.network]! >>> 4 !== 6) return false;
  const at = sourceAt(pkt) + 8;
  for (let i = 0; i < 8; i++) if (bytes[at + i] !== byteOf(pkt, i)) return false;
  return true;
}

export const eui64 = matchModule<Eui64Info>({
  name: 'eui64',
  placement: { families: ['ip6', 'inet'], hooks: ['prerouting', 'input', 'forward'] },
  prepare: () => ({
    matches,
    why: ({ packet }) =>
      packet.mac < 0 ? 'no hardware address' : 'the address was not made of the hardware address',
  }),
});
