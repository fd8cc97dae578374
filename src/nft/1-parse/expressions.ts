import type {
  BinaryOperator,
  Expression,
  SetReference,
  Span,
  SymbolExpression,
} from '../ast/index.ts';
import { tooDeep, variableKind } from '../diagnostics/index.ts';
import { RESERVED, STATEMENT_VALUE_KEYWORDS, VALUE_KEYWORDS } from './keywords.ts';
import type { Parser } from './parser.ts';
import type { TokenKind } from './scanner.ts';
import { isSelector, rawPayload, selector, selectorOrWord } from './selectors.ts';
import { setLiteral } from './sets.ts';
import { variable } from './variables.ts';

/**
 * The grammar has three kinds of expression that differ in what an operand may be: left of a
 * comparison (fields of the packet and values), right of it (values only), and in statements
 * (`meta mark set …`: both, but no extension headers).
 */
export type Side = 'left' | 'right' | 'statement';

/** Higher binds tighter: shifts, and, xor, or; all to the left, as in C. */
const BINDING: Partial<Record<TokenKind, number>> = { '|': 1, '^': 2, '&': 3, '<<': 4, '>>': 4 };

/** A longer chain makes a tree too deep for the phases after; nft's own limit is its C stack. */
const MAX_OPERATORS = 500;

/** Operands joined by binary operators. */
export function basic(p: Parser, side: Side, least = 1): Expression {
  const { source, start } = p.scan;
  let left = operand(p, side);
  for (let count = 0; ; count++) {
    const op = p.scan.kind;
    const binding = BINDING[op] ?? 0;
    if (binding < least) return left;
    if (count >= MAX_OPERATORS) p.raise(tooDeep(p.here, MAX_OPERATORS));
    p.scan.advance();
    const right = basic(p, side === 'left' ? 'right' : side, binding + 1);
    p.size++;
    left = {
      kind: 'binop',
      span: p.spanFrom(source, start),
      op: op as BinaryOperator,
      left,
      right,
    };
  }
}

function operand(p: Parser, side: Side): Expression {
  p.size++;
  switch (p.scan.kind) {
    case 'number': {
      const expr: Expression = { kind: 'integer', span: p.here, value: p.scan.value };
      p.scan.advance();
      return expr;
    }
    case 'word':
      return word(p, side);
    case 'text':
    case 'quoted':
    case 'wildcard':
      return symbol(p);
    case '$':
      return variable(p);
    case '(':
      return parenthesised(p, side);
    case '@':
      if (side !== 'right') return rawPayload(p);
  }
  return p.fail('<value>');
}

function parenthesised(p: Parser, side: Side): Expression {
  p.scan.advance();
  const inner = p.nested(() => basic(p, side));
  p.expect(')');
  return inner;
}

/** The token at hand as a symbol, whatever kind of string it is. */
function symbol(p: Parser): SymbolExpression {
  const { kind, text, span } = p.scan;
  const form = kind === 'quoted' || kind === 'wildcard' ? kind : 'word';
  p.scan.advance();
  return { kind: 'symbol', span, name: text, form };
}

function word(p: Parser, side: Side): Expression {
  const { text } = p.scan;
  if (!RESERVED.has(text)) return symbol(p);
  if (side !== 'left' && (text === 'exists' || text === 'missing')) {
    const expr: Expression = { kind: 'boolean', span: p.here, value: text === 'exists' };
    p.scan.advance();
    return expr;
  }
  if (side === 'right') return VALUE_KEYWORDS.has(text) ? symbol(p) : p.fail('<value>');
  if (side === 'statement' && STATEMENT_VALUE_KEYWORDS.has(text)) return selectorOrWord(p);
  if (isSelector(text)) return selector(p);
  return p.fail('<value>');
}

/** `a . b . c`, each part read by `part`. */
function concatenation(
  p: Parser,
  at: Pick<Span, 'source' | 'start'>,
  first: Expression,
  part: () => Expression,
): Expression {
  const items = [first];
  while (p.accept('.')) items.push(part());
  return { kind: 'concat', span: p.spanFrom(at.source, at.start), items };
}

/** Left side of a comparison, key of a map: fields joined by dots. */
export function concat(p: Parser): Expression {
  const { source, start } = p.scan;
  const first = basic(p, 'left');
  if (!p.is('.')) return first;
  return concatenation(p, { source, start }, first, () => basic(p, 'left'));
}

/** A value, a prefix of it, or a range. */
function multiton(p: Parser, side: Side): Expression {
  const { source, start } = p.scan;
  const first = basic(p, side);
  if (p.is('/') && (p.setDepth > 0 || prefixFollows(p))) {
    p.scan.advance();
    const len = p.number('prefix length', 0, 128);
    return { kind: 'prefix', span: p.spanFrom(source, start), addr: first, len };
  }
  if (!p.accept('-')) return first;
  const to = basic(p, side);
  return { kind: 'range', span: p.spanFrom(source, start), from: first, to };
}

/** `/ 24` is a prefix; `/ syn,ack` and `/ 2,4` are masks, which end the comparison. */
function prefixFollows(p: Parser): boolean {
  const mark = p.mark();
  p.scan.advance();
  let answer = p.is('number');
  if (answer) {
    p.scan.advance();
    answer = !p.is(',');
  }
  p.rewind(mark);
  return answer;
}

/** Values joined by dots: key and data of set elements, right side of a comparison. */
export function concatValue(p: Parser): Expression {
  const first = multiton(p, 'right');
  return p.is('.') ? concatenation(p, first.span, first, () => multiton(p, 'right')) : first;
}

/** `@name`. */
export function setReference(p: Parser): SetReference {
  const at = p.here;
  p.expect('@');
  const { name } = p.identifier('<set name>');
  p.size++;
  return { kind: 'setref', span: p.since(at), name };
}

/** One value, a set or a set's name: right of a comparison or of `map`, without a comma list. */
export function value(p: Parser): Expression {
  if (p.is('{')) return setLiteral(p);
  if (p.is('@')) return setReference(p);
  return concatValue(p);
}

/** Right side of a comparison: as `value`, or flags joined by commas. */
export function valueOrList(p: Parser): Expression {
  const { source, start } = p.scan;
  const first = value(p);
  if (!p.is(',') || !isBasic(first)) return first;
  const items = [first];
  while (p.accept(',')) items.push(basic(p, 'right'));
  return { kind: 'list', span: p.spanFrom(source, start), items };
}

const isBasic = (e: Expression): boolean =>
  !['prefix', 'range', 'concat', 'set', 'setref'].includes(e.kind);

/** What may be assigned to a variable. */
export function initializer(p: Parser): Expression {
  const at = p.here;
  if (p.accept('-')) {
    const number = p.number('number', 0, 0x7fffffff);
    p.size++;
    return { kind: 'integer', span: p.since(at), value: -number };
  }
  return valueOrList(p);
}

/** The value of a statement: `meta mark set …`, the address of `dnat to …`. */
export function statementValue(p: Parser): Expression {
  const at = p.here;
  const first = multiton(p, 'statement');
  if (first.kind === 'prefix' || first.kind === 'range') return first;
  if (p.is(',') && first.kind === 'symbol') {
    const items: Expression[] = [first];
    while (p.accept(',')) items.push(operand(p, 'statement'));
    return { kind: 'list', span: p.since(at), items };
  }
  const key = p.is('.') ? concatenation(p, at, first, () => operand(p, 'statement')) : first;
  return p.isWord('map') ? map(p, at, key) : key;
}

/** The rest of `key map { … }`; the word `map` is at hand. */
export function map(p: Parser, at: Span, key: Expression): Expression {
  p.expectWord('map');
  const mapped = mapping(p);
  return { kind: 'map', span: p.since(at), key, mapping: mapped };
}

/** The right side of `map` and `vmap`: a set of pairs, a map's name, or a variable that is either. */
export function mapping(p: Parser): Expression {
  if (p.is('{')) return setLiteral(p);
  if (p.is('@')) return setReference(p);
  const at = p.here;
  if (!p.is('$')) p.fail("'{'", "'@'");
  const value = variable(p);
  if (value.kind === 'set' || value.kind === 'setref') return value;
  return p.raise(variableKind(p.since(at), 'a map'));
}
