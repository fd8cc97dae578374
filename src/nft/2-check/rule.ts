// A rule: its statements in order, with the protocols they establish.

import type { Family, Rule } from '../ast/index.ts';
import type { Names } from '../types/index.ts';
import {
  type MadeChain,
  type MadeSet,
  nothingExpected,
  protocolContext,
  type RuleContext,
} from './context.ts';
import { reduceStatements } from './reduce.ts';
import { refuse } from './refuse.ts';
import type { Scope, TableInfo } from './scope.ts';
import type { Stmt } from './statement.ts';
import { checkStatement, isTerminal } from './statements.ts';

export interface CheckedRule {
  readonly statements: readonly Stmt[];
  /** Sets that must exist before the rule does. */
  readonly sets: readonly MadeSet[];
  /** Chains without a name of their own that it jumps to. */
  readonly chains: readonly MadeChain[];
}

export function ruleContext(
  scope: Scope,
  table: TableInfo,
  family: Family,
  names: Names,
  span: Rule['span'],
): RuleContext {
  return {
    family,
    table,
    scope,
    names,
    outer: protocolContext(family),
    innerContext: undefined,
    tunnel: undefined,
    expect: nothingExpected(),
    statementLen: 0,
    mapKey: undefined,
    set: undefined,
    depth: 0,
    statements: [],
    current: undefined,
    made: { sets: [], chains: [] },
    span,
  };
}

export function checkRule(cx: RuleContext, rule: Rule): CheckedRule {
  let terminal: Stmt | undefined;
  for (const statement of rule.statements) {
    if (terminal !== undefined) {
      refuse('unreachable', statement.span, 'statement after terminal statement has no effect', {
        related: [{ span: terminal.span, message: 'the rule ends here' }],
      });
    }
    const checked = checkStatement(cx, statement);
    if (isTerminal(checked)) terminal = checked;
  }
  const { sets, chains } = cx.made;
  return { statements: reduceStatements(cx.family, cx.statements), sets, chains };
}
