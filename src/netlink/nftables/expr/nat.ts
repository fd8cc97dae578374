// Addresses and ports rewritten: nft_nat.c, nft_masq.c, nft_redir.c, nft_tproxy.c.

import * as u from '../../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../../attributes.ts';
import { numberOf } from '../unencodable.ts';
import { type Decoders, type Encoders, optional32, optionalField } from './codec.ts';

/** enum nft_nat_types */
const NAT_TYPES = ['snat', 'dnat'] as const;
const FAMILIES = { unspec: 0, inet: 1, ip: 2, ip6: 10 } as const;

function familyOf<T extends keyof typeof FAMILIES>(
  a: Attributes,
  type: number,
  allowed: readonly T[],
): T {
  const words: (T | undefined)[] = [];
  for (const word of allowed) words[FAMILIES[word]] = word;
  return a.word(type, words, 'family');
}

/** The kernel fills in an end that was not given with the beginning. */
const rangeOf = <A extends string, B extends string>(
  a: Attributes,
  [minName, min]: readonly [A, number],
  [maxName, max]: readonly [B, number],
): { readonly [P in A | B]?: number } =>
  ({
    ...optionalField(a, minName, min),
    ...(a.u32be(max) === a.u32be(min) ? {} : optionalField(a, maxName, max)),
  }) as { readonly [P in A | B]?: number };

interface PortNat {
  readonly flags: number;
  readonly regProtoMin?: number;
  readonly regProtoMax?: number;
}

function writePorts(w: AttributeWriter, e: PortNat, min: number, max: number, flags: number): void {
  optional32(w, min, e.regProtoMin);
  optional32(w, max, e.regProtoMax);
  if (e.flags !== 0) w.u32be(flags, e.flags);
}

export const encoders: Encoders<'nat' | 'masq' | 'redir' | 'tproxy'> = {
  nat: {
    name: 'nat',
    write(w, e) {
      w.u32be(u.NFTA_NAT_TYPE, numberOf(NAT_TYPES, e.type, 'nat'));
      w.u32be(u.NFTA_NAT_FAMILY, FAMILIES[e.family]);
      optional32(w, u.NFTA_NAT_REG_ADDR_MIN, e.regAddrMin);
      optional32(w, u.NFTA_NAT_REG_ADDR_MAX, e.regAddrMax);
      writePorts(w, e, u.NFTA_NAT_REG_PROTO_MIN, u.NFTA_NAT_REG_PROTO_MAX, u.NFTA_NAT_FLAGS);
    },
  },
  masq: {
    name: 'masq',
    write: (w, e) =>
      writePorts(w, e, u.NFTA_MASQ_REG_PROTO_MIN, u.NFTA_MASQ_REG_PROTO_MAX, u.NFTA_MASQ_FLAGS),
  },
  redir: {
    name: 'redir',
    write: (w, e) =>
      writePorts(w, e, u.NFTA_REDIR_REG_PROTO_MIN, u.NFTA_REDIR_REG_PROTO_MAX, u.NFTA_REDIR_FLAGS),
  },
  tproxy: {
    name: 'tproxy',
    write(w, e) {
      w.u32be(u.NFTA_TPROXY_FAMILY, FAMILIES[e.family]);
      optional32(w, u.NFTA_TPROXY_REG_ADDR, e.regAddr);
      optional32(w, u.NFTA_TPROXY_REG_PORT, e.regPort);
    },
  },
};

export const decoders: Decoders = {
  nat: (a) => ({
    kind: 'nat',
    type: a.word(u.NFTA_NAT_TYPE, NAT_TYPES, 'nat type'),
    family: familyOf(a, u.NFTA_NAT_FAMILY, ['ip', 'ip6', 'inet']),
    ...rangeOf(a, ['regAddrMin', u.NFTA_NAT_REG_ADDR_MIN], ['regAddrMax', u.NFTA_NAT_REG_ADDR_MAX]),
    ...rangeOf(
      a,
      ['regProtoMin', u.NFTA_NAT_REG_PROTO_MIN],
      ['regProtoMax', u.NFTA_NAT_REG_PROTO_MAX],
    ),
    flags: a.u32be(u.NFTA_NAT_FLAGS),
  }),
  masq: (a) => ({
    kind: 'masq',
    flags: a.u32be(u.NFTA_MASQ_FLAGS),
    ...rangeOf(
      a,
      ['regProtoMin', u.NFTA_MASQ_REG_PROTO_MIN],
      ['regProtoMax', u.NFTA_MASQ_REG_PROTO_MAX],
    ),
  }),
  redir: (a) => ({
    kind: 'redir',
    flags: a.u32be(u.NFTA_REDIR_FLAGS),
    ...rangeOf(
      a,
      ['regProtoMin', u.NFTA_REDIR_REG_PROTO_MIN],
      ['regProtoMax', u.NFTA_REDIR_REG_PROTO_MAX],
    ),
  }),
  tproxy: (a) => ({
    kind: 'tproxy',
    family: familyOf(a, u.NFTA_TPROXY_FAMILY, ['ip', 'ip6', 'unspec']),
    ...optionalField(a, 'regAddr', u.NFTA_TPROXY_REG_ADDR),
    ...optionalField(a, 'regPort', u.NFTA_TPROXY_REG_PORT),
  }),
};
