// nft reset: state is read out by `list` and set back to zero.

import type { Change } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Op } from '../op.ts';
import { hexToWords } from '../registers.ts';
import type { Rule } from '../state/chain.ts';
import { chainOf } from '../state/ruleset.ts';
import type { Table } from '../state/table.ts';
import type { Transaction } from './transaction.ts';

type Reset = Extract<Change, { op: 'reset' }>;

function resetOps(ops: readonly Op[]): void {
  for (const op of ops) op.reset?.();
}

function resetRules(table: Table, change: Reset): void {
  const { chains } = table;
  const chosen = change.chain === undefined ? [...chains.values()] : [chainOf(table, change.chain)];
  const wanted = (rule: Rule): boolean =>
    change.handle === undefined || rule.handle === change.handle;
  const rules = chosen.flatMap((chain) => chain.rules.filter(wanted));
  if (rules.length === 0 && change.handle !== undefined)
    refuse('ENOENT', `there is no rule with handle ${change.handle}`);
  for (const rule of rules) resetOps(rule.ops);
}

function resetSet(tx: Transaction, table: Table, change: Reset): void {
  const set = tx.setIn(table, change.name ?? '');
  if (change.elements === undefined) {
    for (const element of set.all()) resetOps(element.ops);
    return;
  }
  for (const spec of change.elements) {
    const key = hexToWords(spec.key, set.words);
    const end = spec.keyEnd === undefined ? key : hexToWords(spec.keyEnd, set.words);
    const element = spec.catchall ? set.catchall : set.backend.find(key, end, tx.now);
    if (element === null) refuse('ENOENT', `the element is not in set ${set.name}`);
    resetOps(element.ops);
  }
}

/** Cannot be undone, as in the kernel, where a reset is a dump and no part of a batch. */
export function reset(tx: Transaction, change: Reset): void {
  const table = tx.state.table(change.family, change.table);
  const { what } = change;
  if (what === 'rule' || what === 'rules') resetRules(table, change);
  else if (what === 'set' || what === 'element') resetSet(tx, table, change);
  else {
    const chosen = [...table.objects.values()].filter(
      (object) =>
        object.kind === what && (change.name === undefined || object.name === change.name),
    );
    if (chosen.length === 0 && change.name !== undefined)
      refuse('ENOENT', `there is no ${what} ${change.name}`);
    for (const object of chosen) object.body.reset?.();
  }
  tx.done.push(change);
}
