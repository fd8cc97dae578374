// All expressions: NFTA_EXPR_NAME and NFTA_EXPR_DATA, a codec for each.

import { hex } from '../../../bytes/index.ts';
import type { Expr, ExprKind } from '../../../program/index.ts';
import * as u from '../../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../../attributes.ts';
import { Unencodable } from '../unencodable.ts';
import * as actions from './actions.ts';
import type { Decoders, Encoder, Encoders, Names } from './codec.ts';
import * as compute from './compute.ts';
import * as meta from './meta.ts';
import * as nat from './nat.ts';
import * as nesting from './nesting.ts';
import * as packet from './packet.ts';
import * as stateful from './stateful.ts';

export { readSynproxy } from './actions.ts';
export type { Names } from './codec.ts';
export { anonymousChain, readData, writeData } from './data.ts';
export { anonymousSet, OBJECT_KINDS } from './nesting.ts';
export { decoders as statefulDecoders } from './stateful.ts';

const encoders: Encoders<Exclude<ExprKind, 'opaque'>> = {
  ...packet.encoders,
  ...meta.encoders,
  ...compute.encoders,
  ...stateful.encoders,
  ...nat.encoders,
  ...actions.encoders,
  ...nesting.encodersWith(writeExpr),
};

const decoders: Decoders = {
  ...packet.decoders,
  ...meta.decoders,
  ...compute.decoders,
  ...stateful.decoders,
  ...nat.decoders,
  ...actions.decoders,
  ...nesting.decodersWith(readExpr, readExprs),
};

/** Writes name and data into the attribute that holds the expression. */
export function writeExpr(w: AttributeWriter, expr: Expr, names: Names): void {
  if (expr.kind === 'opaque')
    throw new Unencodable(`'${expr.text}' is not understood: ${expr.reason}`);
  // TypeScript cannot relate a table to its own key union; the mapped type is the proof.
  const encoder = encoders[expr.kind] as Encoder<ExprKind>;
  w.text(u.NFTA_EXPR_NAME, encoder.name);
  w.nested(u.NFTA_EXPR_DATA, (data) => encoder.write(data, expr, names));
}

/** The data alone: what a named object of the same kind holds. */
export function writeExprData(w: AttributeWriter, expr: Expr, names: Names): void {
  if (expr.kind === 'opaque') throw new Unencodable(expr.reason);
  (encoders[expr.kind] as Encoder<ExprKind>).write(w, expr, names);
}

/** An expression of a newer kernel is kept, as opaque: what depends on it can then be said. */
export function readExpr(a: Attributes): Expr {
  const name = a.text(u.NFTA_EXPR_NAME);
  const decode = Object.hasOwn(decoders, name) ? decoders[name] : undefined;
  if (decode !== undefined) return decode(a.nested(u.NFTA_EXPR_DATA));
  const bytes = hex(a.bytes(u.NFTA_EXPR_DATA));
  return { kind: 'opaque', text: `${name} ${bytes}`, reason: `unknown expression ${name}` };
}

export const writeExprs = (
  w: AttributeWriter,
  type: number,
  exprs: readonly Expr[],
  names: Names,
): AttributeWriter =>
  w.list(type, u.NFTA_LIST_ELEM, exprs, (item, expr) => writeExpr(item, expr, names));

export function readExprs(a: Attributes, type: number): readonly Expr[] {
  return a.list(type, u.NFTA_LIST_ELEM).map(readExpr);
}
