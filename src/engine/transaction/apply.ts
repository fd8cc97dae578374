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

/** Anything but a refusal is our own mistake and goes on up. */
function failed(error: unknown, batch: Batch, index: number): TransactionError {
  if (error instanceof RuleRefused) {
    const at = batch.findIndex((c) => c.op === 'newrule' && c.rule === error.rule.spec);
    const { errnoName, message, source } = failed(error.refusal, batch, at);
    return new TransactionError(errnoName, message, at, error.rule.spec.source ?? source);
  }
  if (!(error instanceof Refusal)) throw error;
  return new TransactionError(error.errnoName, error.message, index, sourceOf(batch[index]));
}

/** All changes in turn. What is refused is left out, and the rest looked at (nfnetlink_rcv_batch). */
function handleAll(tx: Transaction, batch: Batch): TransactionError[] {
  const refused: TransactionError[] = [];
  let mark = 0;
  for (let index = 0; index < batch.length; index++) {
    try {
      for (; index < batch.length; index++) {
        mark = tx.mark;
        handle(tx, batch[index]!);
      }
    } catch (error) {
      tx.rollback(mark);
      refused.push(failed(error, batch, index));
    }
  }
  return refused;
}

function validateAll(tx: Transaction, batch: Batch): TransactionError[] {
  try {
    for (const table of tx.tables)
      if (tx.state.find(table.family, table.name) === table) validateTable(table);
    return [];
  } catch (error) {
    const refused = failed(error, batch, -1);
    // The kernel goes through the batch again to find the rule (EAGAIN of nf_tables_commit), and
    // so gives handles away twice.
    tx.rollback();
    handleAll(tx, batch);
    return [refused];
  }
}

/**
 * Applies a batch to the state and answers the transaction for the commit.
 * @throws TransactionError when it is refused; the state is then as before, but for the handles
 */
export function applyBatch(
  state: RulesetState,
  env: Env,
  batch: Batch,
  restoring = false,
  told = true,
): Transaction {
  const tx = new Transaction(state, env, restoring, told);
  try {
    const refused = handleAll(tx, batch);
    const [first, ...further] = refused.length > 0 ? refused : validateAll(tx, batch);
    if (first !== undefined) {
      const { errnoName, message, changeIndex, source } = first;
      throw new TransactionError(errnoName, message, changeIndex, source, further);
    }
  } catch (error) {
    tx.rollback();
    throw error;
  }
  state.generation++;
  return tx;
}
