// among: addresses in a set, as iptables-nft asks for them (add_nft_among() in nft.c): where the list
// has IPv4 addresses, packets of IPv4 alone can be in it.

import { equalBytes, unhex } from '../../../bytes/index.ts';
import type { EbtAmongInfo, EbtAmongPair, XtTest } from '../../../program/index.ts';
import { ETH_P_IP, type PktInfo } from '../../pktinfo.ts';
import { BRIDGE } from '../ebt.ts';
import { matchModule } from '../extension.ts';

type Side = (pkt: PktInfo) => boolean;

/** @param link offset in the link header @param network offset in the network header */
function sideOf(list: XtTest<readonly EbtAmongPair[]>, link: number, network: number): Side {
  const pairs = list.value.map(({ mac, ip }) => ({
    mac: unhex(mac),
    ip: ip === undefined ? null : unhex(ip),
  }));
  const needsIp = pairs.some(({ ip }) => ip !== null);
  return ({ packet, bytes, network: l3, end }) => {
    if (packet.mac < 0 || (needsIp && packet.protocol !== ETH_P_IP)) return false;
    // A load past the end ends the rule, negated or not.
    if (needsIp && l3 + network + 4 > end) return false;
    const found = pairs.some(
      ({ mac, ip }) =>
        equalBytes(bytes, packet.mac + link, mac, 0, 6) &&
        (ip === null || equalBytes(bytes, l3 + network, ip, 0, 4)),
    );
    return found !== list.invert;
  };
}

export const ebtAmong = matchModule<EbtAmongInfo>({
  name: 'among',
  placement: { families: BRIDGE },
  prepare({ src, dst }) {
    const sides: Side[] = [];
    if (src !== undefined) sides.push(sideOf(src, 6, 12));
    if (dst !== undefined) sides.push(sideOf(dst, 0, 16));
    return {
      matches: (pkt) => sides.every((side) => side(pkt)),
      why: () => 'its addresses are not in the list',
    };
  },
});
