// What the engine cannot evaluate: xtables extensions, constructs kept as written, state that is
// not modelled. The rule counts as unmatched, and the packet remembers that its verdict depends
// on it.

import type { Expr } from '../../program/index.ts';
import { printExpr } from '../../program/index.ts';
import type { Env, Prepare } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NFT_BREAK } from '../verdict.ts';

export class Opaque extends BaseOp<Expr> {
  readonly #on: string;
  readonly #reason: string;
  readonly #env: Env;

  readonly validate?: (base: Chain) => void;

  /** @param validate where it may stand, known even of what cannot be evaluated */
  constructor(
    expr: Expr,
    reason: string,
    cx: Pick<Prepare, 'env'>,
    validate?: (base: Chain) => void,
  ) {
    super(expr);
    if (validate !== undefined) this.validate = validate;
    this.#on = nameOf(expr);
    this.#reason = reason;
    this.#env = cx.env;
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    const { packet } = pkt;
    packet.depends ??= [];
    if (!packet.depends.includes(this.#on)) packet.depends.push(this.#on);
    this.#env.netns.emit(packet, { kind: 'depends', on: this.#on });
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
