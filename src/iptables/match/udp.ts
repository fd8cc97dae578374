// udp: ports (libxt_udp.c); natively as add_nft_udp() of nft-shared.c has them.

import type { UdpInfo, XtRange } from '../../program/index.ts';
import {
  extension,
  IP_FAMILIES,
  isFull,
  type NativeForm,
  PORT_OPTIONS,
  portsListed,
  rangeFlag,
  rangeNft,
  U16_MAX,
  words,
} from '../extension/index.ts';
import { lowerPorts, raisePorts } from './ports-native.ts';

const native: NativeForm<UdpInfo> = {
  lower(info, cx) {
    // Elsewhere it stays a match, which the kernel refuses.
    if (cx.protocol !== 17) return undefined;
    const ports = lowerPorts(info);
    return ports.length === 0 ? undefined : ports;
  },
  raise(exprs, at, cx) {
    if (cx.protocol !== 17) return undefined;
    const { ports, end } = raisePorts(exprs, at);
    return end === at ? undefined : { info: ports, end };
  },
};

export const udp = extension<UdpInfo>({
  kind: 'match',
  name: 'udp',
  families: IP_FAMILIES,
  rev: 0,
  options: [...PORT_OPTIONS],
  build: (given) => ({
    sports: given.value<XtRange>('sport') ?? { min: 0, max: U16_MAX },
    dports: given.value<XtRange>('dport') ?? { min: 0, max: U16_MAX },
    invertSport: given.negated('sport'),
    invertDport: given.negated('dport'),
  }),
  save: (info) =>
    words(
      rangeFlag('sport', info.sports, info.invertSport, U16_MAX),
      rangeFlag('dport', info.dports, info.invertDport, U16_MAX),
    ),
  list: (info, cx) =>
    words(
      'udp',
      portsListed('spt', info.sports, info.invertSport, cx),
      portsListed('dpt', info.dports, info.invertDport, cx),
    ),
  translate(info) {
    const anySport = isFull(info.sports, U16_MAX) && !info.invertSport;
    const anyDport = isFull(info.dports, U16_MAX) && !info.invertDport;
    const text = words(
      !anySport && rangeNft('udp sport', info.sports, info.invertSport),
      !anyDport && rangeNft('udp dport', info.dports, info.invertDport),
    );
    return text === '' ? 'meta l4proto udp' : text;
  },
  native,
});
