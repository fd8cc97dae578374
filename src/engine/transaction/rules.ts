// newrule and delrule: nf_tables_newrule() and nf_tables_delrule() in nf_tables_api.c.

import type { Change } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Op } from '../op.ts';
import { type Chain, Rule } from '../state/chain.ts';
import { foundKin, kinAmong } from './alike.ts';
import { removeChain } from './chains.ts';
import { removeSet } from './sets.ts';
import type { Transaction } from './transaction.ts';

type NewRule = Extract<Change, { op: 'newrule' }>;
type DelRule = Extract<Change, { op: 'delrule' }>;

/** NFT_RULE_MAXEXPRS */
const MAX_EXPRS = 128;

/** Replaces the list of rules; whoever walks the old one keeps it. */
function setRules(tx: Transaction, chain: Chain, rules: Rule[]): void {
  const before = chain.rules;
  chain.rules = rules;
  tx.lists.add(rules);
  tx.chains.add(chain);
  tx.tables.add(chain.table);
  tx.undoWith(() => {
    chain.rules = before;
  });
}

/**
 * The list of rules to change: a copy of the one before, made once for all changes of a batch. What is
 * done to it need not be undone, since the one before comes back.
 */
function listOf(tx: Transaction, chain: Chain): Rule[] {
  if (!tx.lists.has(chain.rules)) setRules(tx, chain, chain.rules.slice());
  return chain.rules;
}

const notThere = (change: NewRule | DelRule, what: string): never =>
  refuse('ENOENT', `there is no rule with ${what} in chain ${change.chain}`);

/** Position of the rule that `handle` or `index` names, or -1 where neither is given. */
function anchor(
  chain: Chain,
  at: { readonly handle?: number; readonly index?: number },
  change: NewRule | DelRule,
): number {
  if (at.handle !== undefined) {
    const i = chain.rules.findIndex((rule) => rule.handle === at.handle);
    return i >= 0 ? i : notThere(change, `handle ${at.handle}`);
  }
  if (at.index === undefined) return -1;
  return chain.rules[at.index] === undefined ? notThere(change, `index ${at.index}`) : at.index;
}

function makeRule(tx: Transaction, chain: Chain, change: NewRule, old: Rule | undefined): Rule {
  const { rule: spec } = change;
  if (spec.exprs.length > MAX_EXPRS) refuse('EINVAL', `more than ${MAX_EXPRS} expressions`);
  const cx = tx.context(chain.table, chain, spec.compat);
  const ops = spec.exprs.map((expr) => cx.prepare(expr));
  // A replacement has the handle of what it replaces, nf_tables_newrule().
  const rule = new Rule(old?.handle ?? tx.handle(chain.table, spec.handle), spec, ops);
  tx.activate(ops);
  if (old === undefined) foundKin(tx, chain, rule);
  return rule;
}

/** At the end of a chain, behind one that is alike. */
function makeAlike(tx: Transaction, chain: Chain, { rule: spec }: NewRule): Rule | undefined {
  const kin = kinAmong(chain.rules, spec);
  if (kin === undefined) return undefined;
  const rule = new Rule(tx.handle(chain.table, spec.handle), spec, null);
  rule.kin = kin;
  return rule;
}

export function newRule(tx: Transaction, change: NewRule): void {
  const table = tx.state.table(change.family, change.table);
  const chain = tx.chainIn(table, change.chain);
  const at = anchor(chain, change, change);
  const old = change.where === 'replace' ? chain.rules[at] : undefined;
  const isLast = change.where === 'add' && at < 0;
  const alike = isLast ? makeAlike(tx, chain, change) : undefined;
  const rule = alike ?? makeRule(tx, chain, change, old);
  if (change.where === 'replace') {
    if (old === undefined) refuse('EINVAL', 'a replacement needs the handle of a rule');
    listOf(tx, chain)[at] = rule;
    release(tx, old.referring);
  } else if (isLast) appendRule(tx, chain, rule);
  else {
    const place = change.where === 'add' ? at + 1 : Math.max(0, at);
    listOf(tx, chain).splice(place, 0, rule);
  }
  if (tx.told) tx.done.push({ ...change, rule: { ...change.rule, handle: rule.handle } });
}

/** The common case, without copying the list for each of ten thousand rules. */
function appendRule(tx: Transaction, chain: Chain, rule: Rule): void {
  chain.rules.push(rule);
  tx.chains.add(chain);
  tx.tables.add(chain.table);
  tx.undoWith(chain);
}

/** Gives back what a rule refers to; anonymous sets and chains go with it. */
function release(tx: Transaction, ops: readonly Op[]): void {
  tx.deactivate(ops);
  for (const op of ops) {
    if (op.set?.anonymous && op.set.uses === 0) removeSet(tx, op.set);
    for (const chain of op.jumps?.() ?? [])
      if (chain.binding && chain.uses === 0 && chain.table.chains.get(chain.name) === chain)
        removeChain(tx, chain);
  }
}

export function removeRule(tx: Transaction, chain: Chain, rule: Rule): void {
  const rules = listOf(tx, chain);
  rules.splice(rules.indexOf(rule), 1);
  release(tx, rule.referring);
}

export function flushChain(tx: Transaction, chain: Chain): void {
  const { rules } = chain;
  setRules(tx, chain, []);
  for (const rule of rules) release(tx, rule.referring);
}

export function delRule(tx: Transaction, change: DelRule): void {
  const table = tx.state.find(change.family, change.table);
  if (table === undefined && change.destroy) return;
  const { chains } = table ?? tx.state.table(change.family, change.table);
  if (change.chain === undefined) {
    for (const chain of [...chains.values()]) if (!chain.binding) flushChain(tx, chain);
    tx.done.push(change);
    return;
  }
  const chain = chains.get(change.chain);
  if (chain === undefined) {
    if (change.destroy) return;
    refuse('ENOENT', `there is no chain ${change.chain} in table ${change.table}`);
  }
  if (change.rule === undefined) {
    flushChain(tx, chain);
    tx.done.push(change);
  } else deleteOne(tx, chain, change.rule, change);
}

function deleteOne(
  tx: Transaction,
  chain: Chain,
  ref: { readonly handle?: number; readonly index?: number },
  change: DelRule,
): void {
  const missing = !chain.rules.some((rule) => rule.handle === ref.handle);
  if (change.destroy && ref.handle !== undefined && missing) return;
  const at = anchor(chain, ref, change);
  if (at < 0) refuse('EINVAL', 'a deletion needs a handle or an index');
  const rule = chain.rules[at]!;
  removeRule(tx, chain, rule);
  tx.done.push({ ...change, rule: { handle: rule.handle } });
}
