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

const none = (): readonly Expression[] => [];

const children: ExpressionHandlers<undefined, readonly Expression[]> = {
  symbol: none,
  integer: none,
  boolean: none,
  prefix: (e) => [e.addr],
  range: (e) => [e.from, e.to],
  concat: (e) => e.items,
  list: (e) => e.items,
  set: (e) => e.elements,
  elem: (e) => (e.data === undefined ? [e.key] : [e.key, e.data]),
  catchall: none,
  binop: (e) => [e.left, e.right],
  map: (e) => [e.key, e.mapping],
  setref: none,
  verdict: none,
  payload: none,
  'payload raw': none,
  exthdr: none,
  'tcp option': none,
  'ip option': none,
  'sctp chunk': none,
  'dccp option': none,
  meta: none,
  ct: none,
  socket: none,
  osf: none,
  fib: none,
  rt: none,
  ipsec: none,
  numgen: none,
  jhash: (e) => [e.expr],
  symhash: none,
  tunnel: none,
};

/** The expressions directly inside an expression, in the order they are written. */
export const childExpressions = (expr: Expression): readonly Expression[] =>
  visitExpression(children, expr, undefined);

const present = (...exprs: (Expression | undefined)[]): readonly Expression[] =>
  exprs.filter((e) => e !== undefined);
const bare = (): readonly Expression[] => [];

const ofStatement: StatementHandlers<undefined, readonly Expression[]> = {
  verdict: (s) => [s.verdict],
  chain: bare,
  vmap: (s) => [s.key, s.mapping],
  match: (s) => [s.left, s.right],
  counter: bare,
  quota: bare,
  limit: bare,
  'ct count': bare,
  last: bare,
  log: bare,
  reject: (s) => present(s.code),
  snat: (s) => present(s.addr, s.port),
  dnat: (s) => present(s.addr, s.port),
  masquerade: (s) => present(s.addr, s.port),
  redirect: (s) => present(s.addr, s.port),
  tproxy: (s) => present(s.addr, s.port),
  synproxy: bare,
  queue: (s) => present(s.num),
  dup: (s) => present(s.addr, s.dev),
  fwd: (s) => present(s.addr, s.dev),
  notrack: bare,
  mangle: (s) => [s.key, s.value],
  reset: (s) => [s.option],
  set: (s) => [s.elem],
  map: (s) => [s.elem, s.data],
  meter: (s) => [s.key],
  flow: bare,
  objref: (s) => [s.name],
  xt: bare,
};

/** The expressions of a statement, in the order they are written; not those of an anonymous chain. */
export const statementExpressions = (stmt: Statement): readonly Expression[] =>
  visitStatement(ofStatement, stmt, undefined);

/** Calls `visit` for the expression and everything inside it, outermost first. Depth is no limit. */
export function walkExpression(root: Expression, visit: (expr: Expression) => void): void {
  const pending: Expression[] = [root];
  for (let expr = pending.pop(); expr !== undefined; expr = pending.pop()) {
    visit(expr);
    const inner = childExpressions(expr);
    for (let i = inner.length - 1; i >= 0; i--) pending.push(inner[i]!);
  }
}
