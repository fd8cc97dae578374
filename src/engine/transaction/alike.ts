// Rules alike. Generated rulesets have thousands that differ in an address or a port: what the kernel
// checks of an expression does not hang on the data it compares with, so one is checked for all.

import type { Expr, Rule as RuleSpec } from '../../program/index.ts';
import type { Chain, Kin, Rule } from '../state/chain.ts';
import type { Transaction } from './transaction.ts';

/** They refer to nothing, and are the same whenever they are prepared. */
const PLAIN: ReadonlySet<Expr['kind']> = new Set([
  'payload',
  'meta',
  'cmp',
  'bitwise',
  'byteorder',
  'counter',
]);

const isPlain = (expr: Expr): boolean =>
  PLAIN.has(expr.kind) ||
  (expr.kind === 'immediate' &&
    expr.data.kind === 'verdict' &&
    (expr.data.verdict.code === 'accept' || expr.data.verdict.code === 'drop'));

/** How many rules before the last one are looked at: shapes may take turns. */
const BEFORE = 4;

/** The kin of a rule that is to follow these. */
export function kinAmong(rules: readonly Rule[], spec: RuleSpec): Kin | undefined {
  for (let i = rules.length - 1; i >= 0 && i >= rules.length - BEFORE; i--) {
    const { kin } = rules[i]!;
    if (kin !== null && areAlike(kin.first.spec, spec)) return kin;
  }
  return undefined;
}

function areAlike(one: RuleSpec, other: RuleSpec): boolean {
  if (one.compat !== other.compat || one.exprs.length !== other.exprs.length) return false;
  for (let i = 0; i < one.exprs.length; i++)
    if (!differInData(one.exprs[i]!, other.exprs[i]!)) return false;
  return true;
}

/** At most; languages share what is the same (RuleTemplates). */
const differInData = (one: Expr, other: Expr): boolean =>
  one === other ||
  (one.kind === 'cmp' &&
    other.kind === 'cmp' &&
    one.sreg === other.sreg &&
    one.op === other.op &&
    one.data.length === other.data.length);

/** A rule was prepared: others may turn out to be its kin. */
export function foundKin(tx: Transaction, chain: Chain, rule: Rule): void {
  if (!rule.spec.exprs.every(isPlain)) return;
  rule.kin = {
    first: rule,
    prepare: ({ exprs, compat }) => {
      const cx = tx.context(chain.table, chain, compat);
      return exprs.map((expr) => cx.prepare(expr));
    },
  };
}
