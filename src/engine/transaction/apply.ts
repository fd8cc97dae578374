// A batch as a whole: every change in turn, the checks at its end, and what refusals say.

import type { Batch, Change, Source } from '../../program/index.ts';
import { Refusal, TransactionError } from '../errno.ts';
import type { Env } from '../op.ts';
import type { RulesetState } from '../state/ruleset.ts';
import { delChain, newChain, renameChain } from './chains.ts';
import { delElem, newElem } from './elements.ts';
import { delFlowtable, delObj, newFlowtable, newObj } from './objects.ts';
import { reset } from './reset.ts';
import { delRule, newRule } from './rules.ts';
import { delSet, newSet } from './sets.ts';
import { delTable, newTable } from './tables.ts';
import { Transaction } from './transaction.ts';
import { RuleRefused, validateTable } from './validate.ts';

type ChangeOf<K extends Change['op']> = Extract<Change, { op: K }>;
type Handlers = { readonly [K in Change['op']]: (tx: Transaction, change: ChangeOf<K>) => void };

const HANDLERS: Handlers = {
  newtable: newTable,
  deltable: delTable,
  newchain: newChain,
  renamechain: renameChain,
  delchain: delChain,
  newrule: newRule,
  delrule: delRule,
  newset: newSet,
  delset: delSet,
  newelem: newElem,
  delelem: delElem,
  newobj: newObj,
  delobj: delObj,
  newflowtable: newFlowtable,
  delflowtable: delFlowtable,
  reset,
};

function handle<K extends Change['op']>(tx: Transaction, change: ChangeOf<K>): void {
  const handler: (tx: Transaction, change: ChangeOf<K>) => void = HANDLERS[change.op as K];
  handler(tx, change);
}

function sourceOf(change: Change | undefined): Source | undefined {
  if (change === undefined) return undefined;
  return change.op === 'newrule' ? (change.rule.source ?? change.source) : change.source;
}

function failed(error: unknown, batch: Batch, index: number): unknown {
  if (error instanceof RuleRefused) {
    const at = batch.findIndex((c) => c.op === 'newrule' && c.rule === error.rule.spec);
    const inner = failed(error.refusal, batch, at);
    if (!(inner instanceof TransactionError)) return inner;
    const source = error.rule.spec.source ?? inner.source;
    return new TransactionError(inner.errnoName, inner.message, at, source);
  }
  if (!(error instanceof Refusal)) return error;
  return new TransactionError(error.errnoName, error.message, index, sourceOf(batch[index]));
}

/**
 * Applies a batch to the state and answers the transaction for the commit.
 * @throws TransactionError when it is refused; the state is then as before
 */
export function applyBatch(
  state: RulesetState,
  env: Env,
  batch: Batch,
  restoring = false,
  told = true,
): Transaction {
  const tx = new Transaction(state, env, restoring, told);
  let index = 0;
  try {
    for (; index < batch.length; index++) handle(tx, batch[index]!);
    index = -1;
    for (const table of tx.tables)
      if (state.find(table.family, table.name) === table) validateTable(table);
  } catch (error) {
    tx.rollback();
    throw failed(error, batch, index);
  }
  state.generation++;
  return tx;
}
