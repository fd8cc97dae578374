// Values from a big-endian host's memory to a little-endian one's, and back: one operation.

import type { Expr, Hex, SetElement } from '../../program/index.ts';
import type { SetFields, Slices } from './flow.ts';

/** Reverses each number of `slices`; other bytes stay. */
export function turnHex(bytes: Hex, slices: Slices): Hex {
  let out = bytes;
  for (const { at, length, order } of slices) {
    const { hostBytes } = order;
    if (hostBytes < 2) continue;
    const end = Math.min(2 * (at + length), out.length);
    for (let from = 2 * at; from < end; from += 2 * hostBytes) {
      const to = Math.min(from + 2 * hostBytes, end);
      const pairs = out.slice(from, to).match(/../g) ?? [];
      out = out.slice(0, from) + pairs.reverse().join('') + out.slice(to);
    }
  }
  return out;
}

export function turnExpr(expr: Expr, slices: Slices): Expr {
  switch (expr.kind) {
    case 'immediate':
      if (expr.data.kind !== 'value') return expr;
      return { ...expr, data: { kind: 'value', bytes: turnHex(expr.data.bytes, slices) } };
    case 'cmp':
      return { ...expr, data: turnHex(expr.data, slices) };
    case 'range':
      return { ...expr, from: turnHex(expr.from, slices), to: turnHex(expr.to, slices) };
    case 'bitwise':
      if (expr.op !== 'mask-xor') return expr;
      return { ...expr, mask: turnHex(expr.mask, slices), xor: turnHex(expr.xor, slices) };
    default:
      return expr;
  }
}

export const turnExprs = (exprs: readonly Expr[], slices: readonly Slices[]): readonly Expr[] =>
  exprs.map((expr, i) => turnExpr(expr, slices[i] ?? []));

export function turnElement<E extends SetElement>(element: E, { key, data }: SetFields): E {
  return {
    ...element,
    key: turnHex(element.key, key),
    ...(element.keyEnd !== undefined && { keyEnd: turnHex(element.keyEnd, key) }),
    ...(element.data?.kind === 'value' && {
      data: { kind: 'value', bytes: turnHex(element.data.bytes, data) },
    }),
    ...(element.dataEnd !== undefined && { dataEnd: turnHex(element.dataEnd, data) }),
  };
}
