// Constants, arithmetic and comparison: nft_immediate.c, nft_bitwise.c, nft_byteorder.c, nft_cmp.c,
// nft_range.c, nft_numgen.c, nft_hash.c.

import { put32, put32le, viewOf } from '../../../bytes/index.ts';
import type { CmpOp } from '../../../program/index.ts';
import * as u from '../../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../../attributes.ts';
import { numberOf } from '../unencodable.ts';
import type { Decoders, Encoders, ExprOf } from './codec.ts';
import { readData, readValue, writeData, writeValue } from './data.ts';

/** enum nft_cmp_ops */
const CMP_OPS: readonly CmpOp[] = ['eq', 'neq', 'lt', 'lte', 'gt', 'gte'];
/** enum nft_range_ops */
const RANGE_OPS = ['eq', 'neq'] as const;
/** enum nft_bitwise_ops of Linux 6.13 and later */
const BITWISE_OPS = ['mask-xor', 'lshift', 'rshift', 'and', 'or', 'xor'] as const;
const NFTA_BITWISE_SREG2 = 8;
/** enum nft_byteorder_ops */
const BYTEORDER_OPS = ['ntoh', 'hton'] as const;
/** enum nft_ng_types */
const NUMGEN_TYPES = ['inc', 'random'] as const;
/** enum nft_hash_types */
const HASH_TYPES = ['jenkins', 'sym'] as const;

/** A shift is a number of the host in the place of a value. */
function writeShift(w: AttributeWriter, shift: number): void {
  const bytes = new Uint8Array(4);
  (w.littleEndian ? put32le : put32)(bytes, 0, shift);
  w.nested(u.NFTA_BITWISE_DATA, (d) => d.bytes(u.NFTA_DATA_VALUE, bytes));
}

function readShift(a: Attributes): number {
  const bytes = a.nested(u.NFTA_BITWISE_DATA).bytes(u.NFTA_DATA_VALUE);
  if (bytes.length >= 4) return viewOf(bytes).getUint32(0, a.littleEndian);
  a.fail('bitwise: shift without an amount');
  return 0;
}

function writeBitwise(w: AttributeWriter, e: ExprOf<'bitwise'>): void {
  w.u32be(u.NFTA_BITWISE_SREG, e.sreg);
  if ('sreg2' in e) w.u32be(NFTA_BITWISE_SREG2, e.sreg2);
  w.u32be(u.NFTA_BITWISE_DREG, e.dreg).u32be(u.NFTA_BITWISE_LEN, e.len);
  if (e.op === 'mask-xor') {
    writeValue(w, u.NFTA_BITWISE_MASK, e.mask);
    writeValue(w, u.NFTA_BITWISE_XOR, e.xor);
    return;
  }
  w.u32be(u.NFTA_BITWISE_OP, numberOf(BITWISE_OPS, e.op, 'bitwise op'));
  if ('shift' in e) writeShift(w, e.shift);
}

function readBitwise(a: Attributes): ExprOf<'bitwise'> {
  const op = a.word(u.NFTA_BITWISE_OP, BITWISE_OPS, 'bitwise op');
  const common = {
    kind: 'bitwise',
    sreg: a.u32be(u.NFTA_BITWISE_SREG),
    dreg: a.u32be(u.NFTA_BITWISE_DREG),
    len: a.u32be(u.NFTA_BITWISE_LEN),
  } as const;
  switch (op) {
    case 'mask-xor': {
      const mask = readValue(a, u.NFTA_BITWISE_MASK);
      return { ...common, op, mask, xor: readValue(a, u.NFTA_BITWISE_XOR) };
    }
    case 'lshift':
    case 'rshift':
      return { ...common, op, shift: readShift(a) };
    default:
      return { ...common, op, sreg2: a.u32be(NFTA_BITWISE_SREG2) };
  }
}

function writeHash(w: AttributeWriter, e: ExprOf<'hash'>): void {
  w.u32be(u.NFTA_HASH_DREG, e.dreg).u32be(u.NFTA_HASH_MODULUS, e.modulus);
  if (e.type === 'jenkins') {
    w.u32be(u.NFTA_HASH_SREG, e.sreg).u32be(u.NFTA_HASH_LEN, e.len);
    if (!e.autoSeed) w.u32be(u.NFTA_HASH_SEED, e.seed);
  }
  w.u32be(u.NFTA_HASH_OFFSET, e.offset).u32be(
    u.NFTA_HASH_TYPE,
    numberOf(HASH_TYPES, e.type, 'hash'),
  );
}

function readHash(a: Attributes): ExprOf<'hash'> {
  const type = a.word(u.NFTA_HASH_TYPE, HASH_TYPES, 'hash type');
  const common = {
    kind: 'hash',
    modulus: a.u32be(u.NFTA_HASH_MODULUS),
    offset: a.u32be(u.NFTA_HASH_OFFSET),
    dreg: a.u32be(u.NFTA_HASH_DREG),
  } as const;
  if (type === 'sym') return { ...common, type };
  return {
    ...common,
    type,
    sreg: a.u32be(u.NFTA_HASH_SREG),
    len: a.u32be(u.NFTA_HASH_LEN),
    seed: a.u32be(u.NFTA_HASH_SEED),
    autoSeed: !a.has(u.NFTA_HASH_SEED),
  };
}

export const encoders: Encoders<
  'immediate' | 'bitwise' | 'byteorder' | 'cmp' | 'range' | 'numgen' | 'hash'
> = {
  immediate: {
    name: 'immediate',
    write(w, e, names) {
      w.u32be(u.NFTA_IMMEDIATE_DREG, e.dreg);
      writeData(w, u.NFTA_IMMEDIATE_DATA, e.data, names);
    },
  },
  bitwise: { name: 'bitwise', write: writeBitwise },
  byteorder: {
    name: 'byteorder',
    write: (w, e) =>
      w
        .u32be(u.NFTA_BYTEORDER_SREG, e.sreg)
        .u32be(u.NFTA_BYTEORDER_DREG, e.dreg)
        .u32be(u.NFTA_BYTEORDER_OP, numberOf(BYTEORDER_OPS, e.op, 'byteorder op'))
        .u32be(u.NFTA_BYTEORDER_LEN, e.len)
        .u32be(u.NFTA_BYTEORDER_SIZE, e.size),
  },
  cmp: {
    name: 'cmp',
    write(w, e) {
      w.u32be(u.NFTA_CMP_SREG, e.sreg).u32be(u.NFTA_CMP_OP, numberOf(CMP_OPS, e.op, 'cmp op'));
      writeValue(w, u.NFTA_CMP_DATA, e.data);
    },
  },
  range: {
    name: 'range',
    write(w, e) {
      w.u32be(u.NFTA_RANGE_SREG, e.sreg);
      w.u32be(u.NFTA_RANGE_OP, numberOf(RANGE_OPS, e.op, 'range op'));
      writeValue(w, u.NFTA_RANGE_FROM_DATA, e.from);
      writeValue(w, u.NFTA_RANGE_TO_DATA, e.to);
    },
  },
  numgen: {
    name: 'numgen',
    write: (w, e) =>
      w
        .u32be(u.NFTA_NG_DREG, e.dreg)
        .u32be(u.NFTA_NG_MODULUS, e.modulus)
        .u32be(u.NFTA_NG_TYPE, numberOf(NUMGEN_TYPES, e.type, 'numgen'))
        .u32be(u.NFTA_NG_OFFSET, e.offset),
  },
  hash: { name: 'hash', write: writeHash },
};

export const decoders: Decoders = {
  immediate: (a) => ({
    kind: 'immediate',
    dreg: a.u32be(u.NFTA_IMMEDIATE_DREG),
    data: readData(a, u.NFTA_IMMEDIATE_DATA),
  }),
  bitwise: readBitwise,
  byteorder: (a) => ({
    kind: 'byteorder',
    sreg: a.u32be(u.NFTA_BYTEORDER_SREG),
    dreg: a.u32be(u.NFTA_BYTEORDER_DREG),
    op: a.word(u.NFTA_BYTEORDER_OP, BYTEORDER_OPS, 'byteorder op'),
    len: a.u32be(u.NFTA_BYTEORDER_LEN),
    size: a.u32be(u.NFTA_BYTEORDER_SIZE),
  }),
  cmp: (a) => ({
    kind: 'cmp',
    sreg: a.u32be(u.NFTA_CMP_SREG),
    op: a.word(u.NFTA_CMP_OP, CMP_OPS, 'cmp op'),
    data: readValue(a, u.NFTA_CMP_DATA),
  }),
  range: (a) => ({
    kind: 'range',
    sreg: a.u32be(u.NFTA_RANGE_SREG),
    op: a.word(u.NFTA_RANGE_OP, RANGE_OPS, 'range op'),
    from: readValue(a, u.NFTA_RANGE_FROM_DATA),
    to: readValue(a, u.NFTA_RANGE_TO_DATA),
  }),
  numgen: (a) => ({
    kind: 'numgen',
    type: a.word(u.NFTA_NG_TYPE, NUMGEN_TYPES, 'numgen type'),
    modulus: a.u32be(u.NFTA_NG_MODULUS),
    offset: a.u32be(u.NFTA_NG_OFFSET),
    dreg: a.u32be(u.NFTA_NG_DREG),
  }),
  hash: readHash,
};
