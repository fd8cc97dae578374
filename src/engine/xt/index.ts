// nft_compat.c: matches and targets of xtables as expressions of a rule. One file per extension
// under `match/` and `target/`, named after the kernel's module; an extension that has none is
// opaque, and a verdict behind it depends on it.

import type { Netns } from '../../core/index.ts';
import type { Family, MatchExpr, TargetExpr } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import { Opaque } from '../expr/opaque.ts';
import { requireType } from '../expr/validate.ts';
import { BaseOp, type Op, type Prepare } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NF_DROP, NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import type { MatchModule, Placement, TargetModule, XtMatch, XtTarget } from './extension.ts';
import { MATCH_MODULES } from './match/index.ts';
import { TARGET_MODULES } from './target/index.ts';

/** Some names mean one thing to IP and another to bridges. */
function moduleFor<M extends MatchModule | TargetModule>(
  modules: ReadonlyMap<string, readonly M[]>,
  name: string,
  family: Family,
): M | undefined {
  const known = modules.get(name);
  return known?.find((one) => one.placement.families.includes(family)) ?? known?.[0];
}

function byName<M extends MatchModule | TargetModule>(all: readonly M[]): Map<string, M[]> {
  const map = new Map<string, M[]>();
  for (const one of all) map.set(one.name, [...(map.get(one.name) ?? []), one]);
  return map;
}

const MATCHES = byName(MATCH_MODULES);
const TARGETS = byName(TARGET_MODULES);

/** xt_check_match() and xt_check_target(): may it stand in this family, table and chain. */
function checkPlacement(name: string, { families, table }: Placement, cx: Prepare): void {
  if (!families.includes(cx.family)) refuse('ENOENT', `${name} is not of family ${cx.family}`);
  if (table !== undefined && cx.table.name !== table)
    refuse('EINVAL', `${name} only works in table ${table}, not in ${cx.table.name}`);
}

function checkProtocol(name: string, placement: Placement, cx: Prepare): void {
  const { protocols, evenNegated } = placement;
  if (protocols === undefined || protocols.includes(cx.protocol)) return;
  if (evenNegated === true && protocols.includes(cx.notProtocol)) return;
  refuse('EINVAL', `${name} needs a rule about protocol ${protocols.join(' or ')}`);
}

function checkHooks(name: string, { hooks, table }: Placement, base: Chain): void {
  // nft_compat_chain_validate_dependency()
  if (table === 'nat') requireType(base, 'nat', name);
  const hook = base.base?.hook;
  if (hooks === undefined || hook === undefined || hooks.includes(hook)) return;
  refuse('EINVAL', `${name} cannot be reached from ${hook}, only from ${hooks.join(', ')}`);
}

class MatchOp extends BaseOp<MatchExpr> {
  readonly #match: XtMatch;
  readonly #placement: Placement;
  readonly activate?: () => void;
  readonly deactivate?: () => void;

  constructor(expr: MatchExpr, match: XtMatch, placement: Placement) {
    super(expr);
    this.#match = match;
    const { hooks } = match;
    this.#placement = hooks === undefined ? placement : { ...placement, hooks };
    if (match.activate) this.activate = () => match.activate?.();
    if (match.deactivate) this.deactivate = () => match.deactivate?.();
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    pkt.hotdrop = false;
    if (this.#match.matches(pkt)) return pkt.hotdrop ? NF_DROP : NFT_CONTINUE;
    return pkt.hotdrop ? NF_DROP : NFT_BREAK;
  }

  override dump(): MatchExpr {
    const info = this.#match.dump?.();
    return info === undefined ? this.expr : { ...this.expr, info };
  }

  why(_regs: Registers, pkt: PktInfo): string {
    return this.#match.why(pkt);
  }

  validate(base: Chain): void {
    checkHooks(this.expr.name, this.#placement, base);
  }
}

class TargetOp extends BaseOp<TargetExpr> {
  readonly #target: XtTarget;
  readonly #placement: Placement;
  readonly #netns: Netns;
  readonly activate?: () => void;
  readonly deactivate?: () => void;

  constructor(expr: TargetExpr, target: XtTarget, placement: Placement, netns: Netns) {
    super(expr);
    this.#target = target;
    const { hooks } = target;
    this.#placement = hooks === undefined ? placement : { ...placement, hooks };
    this.#netns = netns;
    if (target.activate) this.activate = () => target.activate?.();
    if (target.deactivate) this.deactivate = () => target.deactivate?.();
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    const code = this.#target.run(pkt);
    if (this.#netns.tracer !== null) this.#tell(pkt);
    return code;
  }

  #tell(pkt: PktInfo): void {
    const told = this.#target.told?.(pkt);
    if (told !== undefined)
      this.#netns.emit(pkt.packet, { kind: 'note', room: 'engine', text: told });
  }

  override dump(): TargetExpr {
    const info = this.#target.dump?.();
    return info === undefined ? this.expr : { ...this.expr, info };
  }

  validate(base: Chain): void {
    checkHooks(this.expr.name, this.#placement, base);
  }
}

/** The module's checks and the extension ready to run; else why not, undefined where there is no module. */
function load<R>(
  module: MatchModule | TargetModule | undefined,
  expr: MatchExpr | TargetExpr,
  cx: Prepare,
): R | string | undefined {
  if (module === undefined || typeof expr.info !== 'object' || expr.info === null) return undefined;
  checkPlacement(module.name, module.placement, cx);
  checkProtocol(module.name, module.placement, cx);
  return module.prepare(expr.info, cx, cx.protocol) as R | string | undefined;
}

/** What cannot be evaluated may still only stand where its module allows. */
function opaque(
  expr: MatchExpr | TargetExpr,
  module: MatchModule | TargetModule | undefined,
  why = `xtables ${expr.kind} ${expr.name} is not modelled`,
): Op {
  const { name } = expr;
  const validate = (base: Chain): void => {
    if (module !== undefined) checkHooks(name, module.placement, base);
  };
  return new Opaque(expr, why, validate);
}

export function prepareMatch(expr: MatchExpr, cx: Prepare): Op {
  const module = moduleFor(MATCHES, expr.name, cx.family);
  const match = load<XtMatch>(module, expr, cx);
  if (module === undefined || match === undefined) return opaque(expr, module);
  if (typeof match === 'string') return opaque(expr, module, match);
  return new MatchOp(expr, match, module.placement);
}

export function prepareTarget(expr: TargetExpr, cx: Prepare): Op {
  const module = moduleFor(TARGETS, expr.name, cx.family);
  const target = load<XtTarget>(module, expr, cx);
  if (module === undefined || target === undefined) return opaque(expr, module);
  if (typeof target === 'string') return opaque(expr, module, target);
  return new TargetOp(expr, target, module.placement, cx.env.netns);
}
