// nft_table_validate(): what can only be checked once a batch is complete. Each base chain is
// followed through all its jumps.

import { refuse } from '../errno.ts';
import { JUMP_STACK_SIZE } from '../jump-stack.ts';
import type { Op } from '../op.ts';
import type { Chain, Kin, Rule } from '../state/chain.ts';
import type { Table } from '../state/table.ts';

/** Says which rule a refusal is about. */
export class RuleRefused extends Error {
  readonly rule: Rule;
  readonly refusal: unknown;
  constructor(rule: Rule, refusal: unknown) {
    super('rule refused');
    this.rule = rule;
    this.refusal = refusal;
  }
}

/**
 * nft_chain_validate(). A chain seen at this depth or deeper need not be looked at again, so the
 * work stays linear where chains are shared; a loop runs into the depth limit.
 */
function follow(base: Chain, chain: Chain, depth: number, seen: Map<Chain, number>): void {
  if (depth === JUMP_STACK_SIZE)
    refuse(
      'EMLINK',
      `jumps from ${base.name} go deeper than ${JUMP_STACK_SIZE}, or round in a loop`,
    );
  const before = seen.get(chain);
  if (before !== undefined && before >= depth) return;
  seen.set(chain, depth);
  let kin: Kin | null = null;
  for (const rule of chain.rules) {
    // What is alike is checked once.
    if (kin !== null && rule.kin === kin) continue;
    kin = rule.kin;
    try {
      followRule(base, kin?.first.ops ?? rule.ops, depth, seen, before === undefined);
    } catch (refusal) {
      throw refusal instanceof RuleRefused ? refusal : new RuleRefused(rule, refusal);
    }
  }
}

function followRule(
  base: Chain,
  ops: readonly Op[],
  depth: number,
  seen: Map<Chain, number>,
  first: boolean,
): void {
  for (const op of ops) {
    if (first) op.validate?.(base);
    const targets = op.jumps?.();
    if (targets === undefined) continue;
    for (const target of targets) follow(base, target, depth + 1, seen);
  }
}

export function validateTable(table: Table): void {
  for (const chain of table.chains.values())
    if (chain.base !== undefined) follow(chain, chain, 0, new Map());
}
