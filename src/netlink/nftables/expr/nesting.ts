// Expressions that name sets and objects or hold expressions: nft_lookup.c, nft_dynset.c,
// nft_objref.c, nft_inner.c.

import type { Expr, ObjectKind } from '../../../program/index.ts';
import * as u from '../../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../../attributes.ts';
import { numberOf } from '../unencodable.ts';
import {
  type Decoders,
  type Encoders,
  type ExprOf,
  type Names,
  optional32,
  optionalField,
} from './codec.ts';

/** NFT_OBJECT_*; 0 is unspecified */
export const OBJECT_KINDS: readonly (ObjectKind | undefined)[] = [
  undefined,
  'counter',
  'quota',
  'ct helper',
  'limit',
  'connlimit',
  'tunnel',
  'ct timeout',
  'secmark',
  'ct expectation',
  'synproxy',
];
/** enum nft_dynset_ops */
const DYNSET_OPS = ['add', 'update', 'delete'] as const;
const NFT_DYNSET_F_INV = 1;
const NFT_DYNSET_F_EXPR = 2;
const NFT_LOOKUP_F_INV = 1;
/** enum nft_inner_type */
const INNER_TYPES = [undefined, 'vxlan', 'geneve', 'gre', 'gretap'] as const;

type WriteExpr = (w: AttributeWriter, expr: Expr, names: Names) => void;

/** `__set%d` with an id becomes a name of its own until the kernel has numbered it. */
export const anonymousSet = (name: string, id: number): string =>
  id > 0 ? name.replace('%d', String(id)) : name;

function writeDynset(w: AttributeWriter, e: ExprOf<'dynset'>, names: Names, one: WriteExpr): void {
  w.u32be(u.NFTA_DYNSET_SREG_KEY, e.sregKey);
  optional32(w, u.NFTA_DYNSET_SREG_DATA, e.sregData);
  w.u32be(u.NFTA_DYNSET_OP, numberOf(DYNSET_OPS, e.op, 'dynset op'));
  w.text(u.NFTA_DYNSET_SET_NAME, names.setName(e.set));
  optional32(w, u.NFTA_DYNSET_SET_ID, names.setId(e.set));
  if (e.timeout !== undefined) w.u64be(u.NFTA_DYNSET_TIMEOUT, e.timeout);
  const [first] = e.exprs;
  const several = e.exprs.length > 1;
  const flags = (e.invert ? NFT_DYNSET_F_INV : 0) | (several ? NFT_DYNSET_F_EXPR : 0);
  if (flags !== 0) w.u32be(u.NFTA_DYNSET_FLAGS, flags);
  if (several) {
    w.list(u.NFTA_DYNSET_EXPRESSIONS, u.NFTA_LIST_ELEM, e.exprs, (item, x) => one(item, x, names));
  } else if (first !== undefined) w.nested(u.NFTA_DYNSET_EXPR, (x) => one(x, first, names));
}

export const encodersWith = (
  one: WriteExpr,
): Encoders<'lookup' | 'dynset' | 'objref' | 'inner'> => ({
  lookup: {
    name: 'lookup',
    write(w, e, names) {
      w.u32be(u.NFTA_LOOKUP_SREG, e.sreg);
      optional32(w, u.NFTA_LOOKUP_DREG, e.dreg);
      w.text(u.NFTA_LOOKUP_SET, names.setName(e.set));
      optional32(w, u.NFTA_LOOKUP_SET_ID, names.setId(e.set));
      if (e.invert) w.u32be(u.NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
    },
  },
  dynset: { name: 'dynset', write: (w, e, names) => writeDynset(w, e, names, one) },
  objref: {
    name: 'objref',
    write(w, e, names) {
      if ('set' in e.ref) {
        w.u32be(u.NFTA_OBJREF_SET_SREG, e.ref.sreg);
        w.text(u.NFTA_OBJREF_SET_NAME, names.setName(e.ref.set));
        optional32(w, u.NFTA_OBJREF_SET_ID, names.setId(e.ref.set));
      } else {
        w.u32be(u.NFTA_OBJREF_IMM_TYPE, numberOf(OBJECT_KINDS, e.ref.type, 'object'));
        w.text(u.NFTA_OBJREF_IMM_NAME, e.ref.name);
      }
    },
  },
  inner: {
    name: 'inner',
    write: (w, e, names) =>
      w
        .u32be(u.NFTA_INNER_NUM, 0)
        .u32be(u.NFTA_INNER_TYPE, numberOf(INNER_TYPES, e.type, 'tunnel'))
        .u32be(u.NFTA_INNER_FLAGS, e.flags)
        .u32be(u.NFTA_INNER_HDRSIZE, e.hdrsize)
        .nested(u.NFTA_INNER_EXPR, (x) => one(x, e.expr, names)),
  },
});

type ReadExpr = (a: Attributes) => Expr;
type ReadExprs = (a: Attributes, type: number) => readonly Expr[];

function readDynset(a: Attributes, one: ReadExpr, all: ReadExprs): ExprOf<'dynset'> {
  const single = a.has(u.NFTA_DYNSET_EXPR) ? [one(a.nested(u.NFTA_DYNSET_EXPR))] : [];
  return {
    kind: 'dynset',
    set: anonymousSet(a.text(u.NFTA_DYNSET_SET_NAME), a.u32be(u.NFTA_DYNSET_SET_ID)),
    op: a.word(u.NFTA_DYNSET_OP, DYNSET_OPS, 'dynset op'),
    sregKey: a.u32be(u.NFTA_DYNSET_SREG_KEY),
    ...optionalField(a, 'sregData', u.NFTA_DYNSET_SREG_DATA),
    ...(a.has(u.NFTA_DYNSET_TIMEOUT) && { timeout: a.u64be(u.NFTA_DYNSET_TIMEOUT) }),
    invert: (a.u32be(u.NFTA_DYNSET_FLAGS) & NFT_DYNSET_F_INV) !== 0,
    exprs: a.has(u.NFTA_DYNSET_EXPRESSIONS) ? all(a, u.NFTA_DYNSET_EXPRESSIONS) : single,
  };
}

function readInner(a: Attributes, one: ReadExpr): ExprOf<'inner'> | ExprOf<'opaque'> {
  const expr = one(a.nested(u.NFTA_INNER_EXPR));
  if (expr.kind !== 'payload' && expr.kind !== 'meta') {
    return { kind: 'opaque', text: `inner ${expr.kind}`, reason: 'inner takes payload and meta' };
  }
  return {
    kind: 'inner',
    type: a.word(u.NFTA_INNER_TYPE, INNER_TYPES, 'inner type'),
    hdrsize: a.u32be(u.NFTA_INNER_HDRSIZE),
    flags: a.u32be(u.NFTA_INNER_FLAGS),
    expr,
  };
}

const readObjref = (a: Attributes): ExprOf<'objref'> => ({
  kind: 'objref',
  ref: a.has(u.NFTA_OBJREF_SET_SREG)
    ? {
        set: anonymousSet(a.text(u.NFTA_OBJREF_SET_NAME), a.u32be(u.NFTA_OBJREF_SET_ID)),
        sreg: a.u32be(u.NFTA_OBJREF_SET_SREG),
      }
    : {
        type: a.word(u.NFTA_OBJREF_IMM_TYPE, OBJECT_KINDS, 'object type'),
        name: a.text(u.NFTA_OBJREF_IMM_NAME),
      },
});

export const decodersWith = (one: ReadExpr, all: ReadExprs): Decoders => ({
  lookup: (a) => ({
    kind: 'lookup',
    set: anonymousSet(a.text(u.NFTA_LOOKUP_SET), a.u32be(u.NFTA_LOOKUP_SET_ID)),
    sreg: a.u32be(u.NFTA_LOOKUP_SREG),
    ...optionalField(a, 'dreg', u.NFTA_LOOKUP_DREG),
    invert: (a.u32be(u.NFTA_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV) !== 0,
  }),
  dynset: (a) => readDynset(a, one, all),
  objref: readObjref,
  inner: (a) => readInner(a, one),
});
