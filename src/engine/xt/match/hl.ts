// xt_hl.c: hop limit and time to live.

import { Nfproto } from '../../../core/index.ts';
import type { HlInfo, TtlInfo } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';

const hopsOf = ({ pf, bytes, network }: PktInfo): number =>
  bytes[network + (pf === Nfproto.ip6 ? 7 : 8)]!;

function hops(mode: HlInfo['mode'], value: number): XtMatch {
  const matches = (seen: number): boolean => {
    if (mode === 'lt') return seen < value;
    if (mode === 'gt') return seen > value;
    return (seen === value) === (mode === 'eq');
  };
  return { matches: (pkt) => matches(hopsOf(pkt)), why: (pkt) => `${hopsOf(pkt)} hops are left` };
}

export const hl = matchModule<HlInfo>({
  name: 'hl',
  placement: { families: ['ip6', 'inet'] },
  prepare: ({ mode, hopLimit }) => hops(mode, hopLimit),
});

export const ttl = matchModule<TtlInfo>({
  name: 'ttl',
  placement: { families: ['ip', 'inet'] },
  prepare: ({ mode, ttl: value }) => hops(mode, value),
});
