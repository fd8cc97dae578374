// What the kernel knows about a packet besides its bytes: nft_meta.c, nft_ct.c, nft_rt.c,
// nft_socket.c, nft_fib.c, nft_xfrm.c, nft_tunnel.c, nft_osf.c.

import * as u from '../../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../../attributes.ts';
import { bitsOf, numberOf, wordsOf } from '../unencodable.ts';
import { type Decoders, type Encoders, type ExprOf, optional32, optionalField } from './codec.ts';
import * as keys from './keys.ts';

/** IP_CT_DIR_ORIGINAL, IP_CT_DIR_REPLY */
const DIRECTIONS = ['original', 'reply'] as const;
/** XFRM_POLICY_IN, XFRM_POLICY_OUT */
const XFRM_DIRS = ['in', 'out'] as const;

function writeDirection(w: AttributeWriter, dir: 'original' | 'reply' | undefined): void {
  if (dir !== undefined) w.u8(u.NFTA_CT_DIRECTION, DIRECTIONS.indexOf(dir));
}

export const encoders: Encoders<
  'meta' | 'meta-set' | 'ct' | 'ct-set' | 'rt' | 'socket' | 'fib' | 'xfrm' | 'tunnel' | 'osf'
> = {
  meta: {
    name: 'meta',
    write: (w, e) =>
      w
        .u32be(u.NFTA_META_KEY, numberOf(keys.META_KEYS, e.key, 'meta key'))
        .u32be(u.NFTA_META_DREG, e.dreg),
  },
  'meta-set': {
    name: 'meta',
    write: (w, e) =>
      w
        .u32be(u.NFTA_META_KEY, numberOf(keys.META_KEYS, e.key, 'meta key'))
        .u32be(u.NFTA_META_SREG, e.sreg),
  },
  ct: {
    name: 'ct',
    write(w, e) {
      w.u32be(u.NFTA_CT_KEY, numberOf(keys.CT_KEYS, e.key, 'ct key')).u32be(u.NFTA_CT_DREG, e.dreg);
      writeDirection(w, e.dir);
    },
  },
  'ct-set': {
    name: 'ct',
    write(w, e) {
      w.u32be(u.NFTA_CT_KEY, numberOf(keys.CT_KEYS, e.key, 'ct key'));
      writeDirection(w, e.dir);
      w.u32be(u.NFTA_CT_SREG, e.sreg);
    },
  },
  rt: {
    name: 'rt',
    write: (w, e) =>
      w.u32be(u.NFTA_RT_KEY, numberOf(keys.RT_KEYS, e.key, 'rt key')).u32be(u.NFTA_RT_DREG, e.dreg),
  },
  socket: {
    name: 'socket',
    write(w, e) {
      w.u32be(u.NFTA_SOCKET_KEY, numberOf(keys.SOCKET_KEYS, e.key, 'socket key'));
      w.u32be(u.NFTA_SOCKET_DREG, e.dreg);
      optional32(w, u.NFTA_SOCKET_LEVEL, e.level);
    },
  },
  fib: {
    name: 'fib',
    write(w, e) {
      const { result } = e;
      const present = result === 'present' ? bitsOf(keys.FIB_FLAGS, ['present']) : 0;
      const word = result === 'present' ? 'oif' : result;
      w.u32be(u.NFTA_FIB_FLAGS, bitsOf(keys.FIB_FLAGS, e.flags) | present)
        .u32be(u.NFTA_FIB_RESULT, numberOf(keys.FIB_RESULTS, word, 'fib result'))
        .u32be(u.NFTA_FIB_DREG, e.dreg);
    },
  },
  xfrm: {
    name: 'xfrm',
    write: (w, e) =>
      w
        .u32be(u.NFTA_XFRM_KEY, numberOf(keys.XFRM_KEYS, e.key, 'ipsec key'))
        .u8(u.NFTA_XFRM_DIR, XFRM_DIRS.indexOf(e.dir))
        .u32be(u.NFTA_XFRM_SPNUM, e.spnum)
        .u32be(u.NFTA_XFRM_DREG, e.dreg),
  },
  tunnel: {
    name: 'tunnel',
    write: (w, e) =>
      w
        .u32be(u.NFTA_TUNNEL_KEY, numberOf(keys.TUNNEL_KEYS, e.key, 'tunnel key'))
        .u32be(u.NFTA_TUNNEL_DREG, e.dreg),
  },
  osf: {
    name: 'osf',
    write: (w, e) =>
      w.u32be(u.NFTA_OSF_DREG, e.dreg).u8(u.NFTA_OSF_TTL, e.ttl).u32be(u.NFTA_OSF_FLAGS, e.flags),
  },
};

function readMeta(a: Attributes): ExprOf<'meta'> | ExprOf<'meta-set'> {
  const key = a.word(u.NFTA_META_KEY, keys.META_KEYS, 'meta key');
  return a.has(u.NFTA_META_SREG)
    ? { kind: 'meta-set', key, sreg: a.u32be(u.NFTA_META_SREG) }
    : { kind: 'meta', key, dreg: a.u32be(u.NFTA_META_DREG) };
}

function readCt(a: Attributes): ExprOf<'ct'> | ExprOf<'ct-set'> {
  const key = a.word(u.NFTA_CT_KEY, keys.CT_KEYS, 'ct key');
  const dir = a.has(u.NFTA_CT_DIRECTION)
    ? { dir: a.pick(a.u8(u.NFTA_CT_DIRECTION), DIRECTIONS, 'direction') }
    : {};
  return a.has(u.NFTA_CT_SREG)
    ? { kind: 'ct-set', key, sreg: a.u32be(u.NFTA_CT_SREG), ...dir }
    : { kind: 'ct', key, dreg: a.u32be(u.NFTA_CT_DREG), ...dir };
}

export const decoders: Decoders = {
  meta: readMeta,
  ct: readCt,
  rt: (a) => ({
    kind: 'rt',
    key: a.word(u.NFTA_RT_KEY, keys.RT_KEYS, 'rt key'),
    dreg: a.u32be(u.NFTA_RT_DREG),
  }),
  socket: (a) => ({
    kind: 'socket',
    key: a.word(u.NFTA_SOCKET_KEY, keys.SOCKET_KEYS, 'socket key'),
    ...optionalField(a, 'level', u.NFTA_SOCKET_LEVEL),
    dreg: a.u32be(u.NFTA_SOCKET_DREG),
  }),
  fib: (a) => ({
    kind: 'fib',
    result: a.word(u.NFTA_FIB_RESULT, keys.FIB_RESULTS, 'fib result'),
    flags: wordsOf(keys.FIB_FLAGS, a.u32be(u.NFTA_FIB_FLAGS)),
    dreg: a.u32be(u.NFTA_FIB_DREG),
  }),
  xfrm: (a) => ({
    kind: 'xfrm',
    dir: a.pick(a.u8(u.NFTA_XFRM_DIR), XFRM_DIRS, 'ipsec direction'),
    spnum: a.u32be(u.NFTA_XFRM_SPNUM),
    key: a.word(u.NFTA_XFRM_KEY, keys.XFRM_KEYS, 'ipsec key'),
    dreg: a.u32be(u.NFTA_XFRM_DREG),
  }),
  tunnel: (a) => ({
    kind: 'tunnel',
    key: a.word(u.NFTA_TUNNEL_KEY, keys.TUNNEL_KEYS, 'tunnel key'),
    dreg: a.u32be(u.NFTA_TUNNEL_DREG),
  }),
  osf: (a) => ({
    kind: 'osf',
    dreg: a.u32be(u.NFTA_OSF_DREG),
    ttl: a.u8(u.NFTA_OSF_TTL),
    flags: a.u32be(u.NFTA_OSF_FLAGS),
  }),
};
