import type {
  Expression,
  RelationalOperator,
  SetExpression,
  Span,
  Statement,
  VmapStatement,
} from '../ast/index.ts';
import { missingClause } from '../diagnostics/index.ts';
import { basic, mapping, valueOrList } from './expressions.ts';
import type { Parser } from './parser.ts';
import type { TokenKind } from './scanner.ts';

const OPERATORS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  '==',
  '!=',
  '<',
  '>',
  '<=',
  '>=',
  '!',
]);

/** The rest of a comparison whose left side has been read. */
export function relational(p: Parser, at: Span, left: Expression): Statement {
  const op = operator(p);
  const { source, start } = p.scan;
  const right = valueOrList(p);
  if (!p.is('/')) return { kind: 'match', span: p.since(at), op, left, right };
  return masked(p, at, left, op, right, p.spanFrom(source, start));
}

function operator(p: Parser): RelationalOperator {
  const { kind } = p.scan;
  if (!OPERATORS.has(kind)) return 'implicit';
  p.scan.advance();
  return kind as RelationalOperator;
}

/** `field value / mask`: the field is masked before it is compared. The mask is a comma list. */
function masked(
  p: Parser,
  at: Span,
  left: Expression,
  op: RelationalOperator,
  right: Expression,
  from: Span,
): Statement {
  p.expect('/');
  const start = p.here;
  const items = [basic(p, 'right')];
  while (p.accept(',')) items.push(basic(p, 'right'));
  if (items.length < 2) p.fail("','");
  const mask = union(p.since(start), items);
  const span = { source: at.source, start: left.span.start, end: mask.span.end };
  const value =
    right.kind === 'list' ? union({ ...from, end: right.span.end }, right.items) : right;
  const field: Expression = { kind: 'binop', span, op: '&', left, right: mask };
  return { kind: 'match', span: p.since(at), op, left: field, right: value };
}

/** Flags or-ed together: `syn,ack` as a mask means `syn | ack`. */
function union(span: Span, items: readonly Expression[]): Expression {
  let value = items[0]!;
  for (const item of items.slice(1)) {
    value = { kind: 'binop', span, op: '|', left: value, right: item };
  }
  return value;
}

/** In a literal each element says its verdict; what a variable holds is seen by `check`. */
function requireVerdicts(p: Parser, set: SetExpression): void {
  for (const { span, data } of set.elements) {
    if (data?.kind !== 'verdict') p.raise(missingClause(span, 'the verdict of this element'));
  }
}

/** The rest of `key vmap { … }`. */
export function vmap(p: Parser, at: Span, key: Expression): VmapStatement {
  p.expectWord('vmap');
  const literal = p.is('{');
  const mapped = mapping(p);
  if (literal && mapped.kind === 'set') requireVerdicts(p, mapped);
  return { kind: 'vmap', span: p.since(at), key, mapping: mapped };
}
