// How the codecs of expressions are declared: what is written by kind, what is read by the kernel's
// name, because loading and storing are one expression there and two kinds in a program.

import type { Expr, ExprKind } from '../../../program/index.ts';
import type { Attributes, AttributeWriter } from '../../attributes.ts';

export type ExprOf<K extends ExprKind> = Extract<Expr, { kind: K }>;

/** Sets and chains made in the same batch have ids; anonymous ones have nothing else. */
export interface Names {
  /** `__set%d` for an anonymous set. */
  setName(name: string): string;
  setId(name: string): number | undefined;
  /** Chains that only a rule knows (NFT_CHAIN_BINDING). */
  chainId(name: string): number | undefined;
}

export interface Encoder<K extends ExprKind> {
  /** The kernel's name, NFTA_EXPR_NAME. */
  readonly name: string;
  write(w: AttributeWriter, expr: ExprOf<K>, names: Names): void;
}
export type Encoders<K extends ExprKind> = { readonly [P in K]: Encoder<P> };

export type Decoders = Readonly<Record<string, (a: Attributes) => Expr>>;

/** Writes a 32-bit attribute if there is a value. */
export function optional32(w: AttributeWriter, type: number, value: number | undefined): void {
  if (value !== undefined) w.u32be(type, value);
}

/** `{ [name]: value }` where the attribute is there, nothing where it is not. */
export const optionalField = <N extends string>(
  a: Attributes,
  name: N,
  type: number,
): { readonly [P in N]?: number } =>
  (a.has(type) ? { [name]: a.u32be(type) } : {}) as { readonly [P in N]?: number };
