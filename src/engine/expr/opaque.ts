// What the engine cannot evaluate: xtables extensions, constructs kept as written, state that is
// not modelled. The rule counts as unmatched, and the packet remembers that its verdict depends
// on it.

import type { Expr } from '../../program/index.ts';
import { printExpr } from '../../program/index.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NFT_BREAK } from '../verdict.ts';

export class Opaque extends BaseOp<Expr> {
  /** What the verdict depends on. */
  readonly on: string;
  readonly #reason: string;

  readonly validate?: (base: Chain) => void;

  /** @param validate where it may stand, known even of what cannot be evaluated */
  constructor(expr: Expr, reason: string, validate?: (base: Chain) => void) {
    super(expr);
    if (validate !== undefined) this.validate = validate;
    this.on = nameOf(expr);
    this.#reason = reason;
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    const { packet } = pkt;
    packet.depends ??= [];
    if (!packet.depends.includes(this.on)) packet.depends.push(this.on);
    return NFT_BREAK;
  }

  why(): string {
    return this.#reason;
  }
}

function nameOf(expr: Expr): string {
  if (expr.kind === 'match' || expr.kind === 'target') return `${expr.kind} ${expr.name}`;
  if (expr.kind === 'opaque') return expr.text;
  return printExpr(expr);
}
