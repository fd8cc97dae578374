// What counts and remembers: nft_counter.c, nft_limit.c, nft_quota.c, nft_connlimit.c, nft_last.c.
// Named objects hold the same attributes (objects.ts).

import * as u from '../../../uapi/index.ts';
import type { Attributes } from '../../attributes.ts';
import { numberOf } from '../unencodable.ts';
import type { Encoders, ExprOf } from './codec.ts';

/** enum nft_limit_type */
const LIMIT_TYPES = ['packets', 'bytes'] as const;
/** NFT_LIMIT_F_INV, NFT_QUOTA_F_INV, NFT_CONNLIMIT_F_INV */
const INVERT = 1;

export const encoders: Encoders<'counter' | 'limit' | 'quota' | 'connlimit' | 'last'> = {
  counter: {
    name: 'counter',
    write: (w, e) =>
      w.u64be(u.NFTA_COUNTER_BYTES, e.bytes).u64be(u.NFTA_COUNTER_PACKETS, e.packets),
  },
  limit: {
    name: 'limit',
    write: (w, e) =>
      w
        .u64be(u.NFTA_LIMIT_RATE, e.rate)
        .u64be(u.NFTA_LIMIT_UNIT, e.unit)
        .u32be(u.NFTA_LIMIT_BURST, e.burst)
        .u32be(u.NFTA_LIMIT_TYPE, numberOf(LIMIT_TYPES, e.type, 'limit type'))
        .u32be(u.NFTA_LIMIT_FLAGS, e.invert ? INVERT : 0),
  },
  quota: {
    name: 'quota',
    write: (w, e) =>
      w
        .u64be(u.NFTA_QUOTA_BYTES, e.bytes)
        .u64be(u.NFTA_QUOTA_CONSUMED, e.consumed)
        .u32be(u.NFTA_QUOTA_FLAGS, e.invert ? INVERT : 0),
  },
  connlimit: {
    name: 'connlimit',
    write: (w, e) =>
      w.u32be(u.NFTA_CONNLIMIT_COUNT, e.count).u32be(u.NFTA_CONNLIMIT_FLAGS, e.invert ? INVERT : 0),
  },
  last: {
    name: 'last',
    write(w, e) {
      if (e.msecs === undefined) return;
      w.u32be(u.NFTA_LAST_SET, 1).u64be(u.NFTA_LAST_MSECS, e.msecs);
    },
  },
};

/** Typed by kind, because objects are read by the same functions. */
export const decoders = {
  counter: (a: Attributes): ExprOf<'counter'> => ({
    kind: 'counter',
    packets: a.u64be(u.NFTA_COUNTER_PACKETS),
    bytes: a.u64be(u.NFTA_COUNTER_BYTES),
  }),
  limit: (a: Attributes): ExprOf<'limit'> => ({
    kind: 'limit',
    rate: a.u64be(u.NFTA_LIMIT_RATE),
    unit: a.u64be(u.NFTA_LIMIT_UNIT),
    burst: a.u32be(u.NFTA_LIMIT_BURST),
    type: a.word(u.NFTA_LIMIT_TYPE, LIMIT_TYPES, 'limit type'),
    invert: (a.u32be(u.NFTA_LIMIT_FLAGS) & INVERT) !== 0,
  }),
  quota: (a: Attributes): ExprOf<'quota'> => ({
    kind: 'quota',
    bytes: a.u64be(u.NFTA_QUOTA_BYTES),
    consumed: a.u64be(u.NFTA_QUOTA_CONSUMED),
    invert: (a.u32be(u.NFTA_QUOTA_FLAGS) & INVERT) !== 0,
  }),
  connlimit: (a: Attributes): ExprOf<'connlimit'> => ({
    kind: 'connlimit',
    count: a.u32be(u.NFTA_CONNLIMIT_COUNT),
    invert: (a.u32be(u.NFTA_CONNLIMIT_FLAGS) & INVERT) !== 0,
  }),
  last: (a: Attributes): ExprOf<'last'> =>
    a.u32be(u.NFTA_LAST_SET) === 0
      ? { kind: 'last' }
      : { kind: 'last', msecs: a.u64be(u.NFTA_LAST_MSECS) },
};
