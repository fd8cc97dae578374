import type { Command, CommandKind, CommandOf } from './commands.ts';
import type { Expression, ExpressionKind, ExpressionOf } from './expressions.ts';
import type { Statement, StatementKind, StatementOf } from './statements.ts';

/** One handler per expression kind: a new kind without a handler does not compile. */
export type ExpressionHandlers<Context, Result> = {
  readonly [K in ExpressionKind]: (expr: ExpressionOf<K>, cx: Context) => Result;
};
export type StatementHandlers<Context, Result> = {
  readonly [K in StatementKind]: (stmt: StatementOf<K>, cx: Context) => Result;
};
export type CommandHandlers<Context, Result> = {
  readonly [K in CommandKind]: (cmd: CommandOf<K>, cx: Context) => Result;
};

/** Calls the handler of the expression's kind. */
export function visitExpression<C, R>(
  handlers: ExpressionHandlers<C, R>,
  expr: Expression,
  cx: C,
): R {
  // TypeScript cannot relate a table to its own key union; the mapped type above is the proof.
  const handle = handlers[expr.kind] as (expr: Expression, cx: C) => R;
  return handle(expr, cx);
}

/** Calls the handler of the statement's kind. */
export function visitStatement<C, R>(handlers: StatementHandlers<C, R>, stmt: Statement, cx: C): R {
  const handle = handlers[stmt.kind] as (stmt: Statement, cx: C) => R;
  return handle(stmt, cx);
}

/** Calls the handler of the command's kind. */
export function visitCommand<C, R>(handlers: CommandHandlers<C, R>, cmd: Command, cx: C): R {
  const handle = handlers[cmd.kind] as (cmd: Command, cx: C) => R;
  return handle(cmd, cx);
}
