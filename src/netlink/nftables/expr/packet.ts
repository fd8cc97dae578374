// Bytes of the packet: nft_payload.c and nft_exthdr.c.

import type { ExthdrOp, PayloadBase } from '../../../program/index.ts';
import * as u from '../../../uapi/index.ts';
import type { Attributes } from '../../attributes.ts';
import { numberOf } from '../unencodable.ts';
import type { Decoders, Encoders, ExprOf } from './codec.ts';

/** enum nft_payload_bases */
const BASES: readonly PayloadBase[] = ['link', 'network', 'transport', 'inner', 'tunnel'];
/** enum nft_payload_csum_types */
const CSUMS = ['none', 'inet', 'sctp'] as const;
/** enum nft_exthdr_op */
const OPS: readonly ExthdrOp[] = ['ipv6', 'tcpopt', 'ipv4', 'sctp', 'dccp'];
const NFT_EXTHDR_F_PRESENT = 1;

export const encoders: Encoders<
  'payload' | 'payload-write' | 'exthdr' | 'exthdr-write' | 'exthdr-reset'
> = {
  payload: {
    name: 'payload',
    write: (w, e) =>
      w
        .u32be(u.NFTA_PAYLOAD_DREG, e.dreg)
        .u32be(u.NFTA_PAYLOAD_BASE, numberOf(BASES, e.base, 'base'))
        .u32be(u.NFTA_PAYLOAD_OFFSET, e.offset)
        .u32be(u.NFTA_PAYLOAD_LEN, e.len),
  },
  'payload-write': {
    name: 'payload',
    write: (w, e) =>
      w
        .u32be(u.NFTA_PAYLOAD_SREG, e.sreg)
        .u32be(u.NFTA_PAYLOAD_BASE, numberOf(BASES, e.base, 'base'))
        .u32be(u.NFTA_PAYLOAD_OFFSET, e.offset)
        .u32be(u.NFTA_PAYLOAD_LEN, e.len)
        .u32be(u.NFTA_PAYLOAD_CSUM_TYPE, numberOf(CSUMS, e.csumType, 'checksum'))
        .u32be(u.NFTA_PAYLOAD_CSUM_OFFSET, e.csumOffset)
        .u32be(u.NFTA_PAYLOAD_CSUM_FLAGS, e.csumFlags),
  },
  exthdr: {
    name: 'exthdr',
    write: (w, e) =>
      w
        .u32be(u.NFTA_EXTHDR_DREG, e.dreg)
        .u8(u.NFTA_EXTHDR_TYPE, e.type)
        .u32be(u.NFTA_EXTHDR_OFFSET, e.offset)
        .u32be(u.NFTA_EXTHDR_LEN, e.len)
        .u32be(u.NFTA_EXTHDR_OP, numberOf(OPS, e.op, 'exthdr'))
        .u32be(u.NFTA_EXTHDR_FLAGS, e.present ? NFT_EXTHDR_F_PRESENT : 0),
  },
  'exthdr-write': {
    name: 'exthdr',
    write: (w, e) =>
      w
        .u32be(u.NFTA_EXTHDR_SREG, e.sreg)
        .u8(u.NFTA_EXTHDR_TYPE, e.type)
        .u32be(u.NFTA_EXTHDR_OFFSET, e.offset)
        .u32be(u.NFTA_EXTHDR_LEN, e.len)
        .u32be(u.NFTA_EXTHDR_OP, numberOf(OPS, e.op, 'exthdr')),
  },
  // No register at all is what tells a reset (nft_exthdr_tcp_strip_init).
  'exthdr-reset': {
    name: 'exthdr',
    write: (w, e) =>
      w.u8(u.NFTA_EXTHDR_TYPE, e.type).u32be(u.NFTA_EXTHDR_OP, numberOf(OPS, e.op, 'exthdr')),
  },
};

function readPayload(a: Attributes): ExprOf<'payload'> | ExprOf<'payload-write'> {
  const at = {
    base: a.word(u.NFTA_PAYLOAD_BASE, BASES, 'payload base'),
    offset: a.u32be(u.NFTA_PAYLOAD_OFFSET),
    len: a.u32be(u.NFTA_PAYLOAD_LEN),
  };
  if (!a.has(u.NFTA_PAYLOAD_SREG)) {
    return { kind: 'payload', ...at, dreg: a.u32be(u.NFTA_PAYLOAD_DREG) };
  }
  return {
    kind: 'payload-write',
    ...at,
    sreg: a.u32be(u.NFTA_PAYLOAD_SREG),
    csumType: a.word(u.NFTA_PAYLOAD_CSUM_TYPE, CSUMS, 'checksum type'),
    csumOffset: a.u32be(u.NFTA_PAYLOAD_CSUM_OFFSET),
    csumFlags: a.u32be(u.NFTA_PAYLOAD_CSUM_FLAGS),
  };
}

function readExthdr(
  a: Attributes,
): ExprOf<'exthdr'> | ExprOf<'exthdr-write'> | ExprOf<'exthdr-reset'> {
  const op = a.word(u.NFTA_EXTHDR_OP, OPS, 'exthdr op');
  const type = a.u8(u.NFTA_EXTHDR_TYPE);
  const at = { op, type, offset: a.u32be(u.NFTA_EXTHDR_OFFSET), len: a.u32be(u.NFTA_EXTHDR_LEN) };
  if (a.has(u.NFTA_EXTHDR_SREG)) {
    return { kind: 'exthdr-write', ...at, sreg: a.u32be(u.NFTA_EXTHDR_SREG) };
  }
  if (!a.has(u.NFTA_EXTHDR_DREG) && op === 'tcpopt') return { kind: 'exthdr-reset', op, type };
  return {
    kind: 'exthdr',
    ...at,
    present: (a.u32be(u.NFTA_EXTHDR_FLAGS) & NFT_EXTHDR_F_PRESENT) !== 0,
    dreg: a.u32be(u.NFTA_EXTHDR_DREG),
  };
}

export const decoders: Decoders = { payload: readPayload, exthdr: readExthdr };
