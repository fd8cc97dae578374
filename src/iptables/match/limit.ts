// limit: so many packets in a time (libxt_limit.c); natively nft's `limit`, as add_nft_limit() has it.

import type { LimitInfo } from '../../program/index.ts';
import {
  extension,
  IP_FAMILIES,
  type NativeForm,
  rateIn,
  rateNft,
  rateOf,
  rateText,
  uint,
  words,
} from '../extension/index.ts';

/** XT_LIMIT_SCALE: a cost is in 1/10000 s. */
const SCALE = 10_000;
const DEFAULT_BURST = 5;
const MAX_BURST = 10_000;
/** `3/hour` */
const DEFAULT_COST = (SCALE * 3600) / 3;

const native: NativeForm<LimitInfo> = {
  lower({ avg, burst }) {
    if (avg === 0) return undefined;
    const { rate, unit } = rateOf(avg, SCALE);
    return [{ kind: 'limit', rate, unit, burst, type: 'packets', invert: false }];
  },
  raise(exprs, at) {
    const limit_ = exprs[at];
    if (limit_?.kind !== 'limit' || limit_.type !== 'packets' || limit_.invert) return undefined;
    const avg = Math.floor((SCALE * limit_.unit) / limit_.rate);
    return avg === 0 ? undefined : { info: { avg, burst: limit_.burst }, end: at + 1 };
  },
};

export const limit = extension<LimitInfo>({
  kind: 'match',
  name: 'limit',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'limit',
      parse: ([word = '']) => rateIn(word, SCALE).cost,
      about: 'number[/unit]  packets in a second, minute, hour or day',
    },
    {
      name: 'limit-burst',
      parse: uint(MAX_BURST),
      about: 'number  of packets before the limit holds',
    },
  ],
  build: (given) => ({
    avg: given.value<number>('limit') ?? DEFAULT_COST,
    burst: given.value<number>('limit-burst') ?? DEFAULT_BURST,
  }),
  save: ({ avg, burst }) =>
    words(
      `--limit ${rateText(avg, SCALE)}`,
      burst !== DEFAULT_BURST && burst !== 0 && `--limit-burst ${burst}`,
    ),
  list: ({ avg, burst }) => `limit: avg ${rateText(avg, SCALE)} burst ${burst}`,
  translate: ({ avg, burst }) =>
    words(`limit rate ${rateNft(avg, SCALE)}`, burst !== 0 && `burst ${burst} packets`),
  native,
});
