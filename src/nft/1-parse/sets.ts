import { utf8Encode } from '../../bytes/index.ts';
import type {
  ElementExpression,
  ElementOptions,
  Expression,
  SetExpression,
  Span,
} from '../ast/index.ts';
import {
  commentTooLong,
  duplicateClause,
  unclosedBlock,
  variableKind,
} from '../diagnostics/index.ts';
import { concat, concatValue } from './expressions.ts';
import type { Parser } from './parser.ts';
import { isStateful, statefulStatement } from './stateful.ts';
import { variable } from './variables.ts';
import { isVerdict, verdict } from './verdicts.ts';

/** NFTNL_UDATA_COMMENT_MAXLEN of libnftnl. */
const MAX_COMMENT = 128;

/**
 * `{ a, b : c, … }` with line ends anywhere between elements and a comma allowed before the brace.
 * Sets inside it become part of it.
 */
export function setLiteral(p: Parser): SetExpression {
  p.setDepth++;
  try {
    return p.nested(() => setBody(p));
  } finally {
    p.setDepth--;
  }
}

function setBody(p: Parser): SetExpression {
  const at = p.here;
  p.expect('{');
  const elements: ElementExpression[] = [];
  p.skipNewlines();
  if (p.is('}')) p.fail('<element>');
  do {
    p.skipNewlines();
    if (p.is('}')) break;
    addElement(p, elements, element(p));
    p.skipNewlines();
  } while (p.accept(','));
  closeSet(p, at);
  return { kind: 'set', span: p.since(at), elements };
}

function closeSet(p: Parser, opened: Span): void {
  if (p.is('eof')) p.raise(unclosedBlock(p.here, opened));
  if (!p.accept('}')) p.fail("','", "'}'");
}

function addElement(p: Parser, elements: ElementExpression[], elem: ElementExpression): void {
  if (elem.key.kind !== 'set' || elem.data !== undefined) {
    elements.push(elem);
    return;
  }
  if (elem.options !== undefined) p.raise(variableKind(elem.span, 'one element'));
  for (const inner of elem.key.elements) elements.push(inner);
}

/** `key [options] [: data]`. */
function element(p: Parser): ElementExpression {
  const { source, start } = p.scan;
  const key = elementKey(p);
  const options = p.is('word') ? elementOptions(p) : undefined;
  const span = options === undefined ? key.span : p.spanFrom(source, start);
  if (!p.accept(':')) {
    return options === undefined
      ? { kind: 'elem', span, key }
      : { kind: 'elem', span, key, options };
  }
  const data = elementData(p);
  const whole = p.spanFrom(source, start);
  return options === undefined
    ? { kind: 'elem', span: whole, key, data }
    : { kind: 'elem', span: whole, key, data, options };
}

function elementKey(p: Parser): Expression {
  if (p.is('{')) return setLiteral(p);
  if (!p.is('*')) return concatValue(p);
  const span = p.here;
  p.scan.advance();
  return { kind: 'catchall', span };
}

function elementData(p: Parser): Expression {
  return isVerdict(p) ? verdict(p) : concatValue(p);
}

/** Timeouts, comment and stateful statements after a key, in any order; undefined for none. */
export function elementOptions(p: Parser): ElementOptions | undefined {
  const options: { -readonly [K in keyof ElementOptions]: ElementOptions[K] } = { statements: [] };
  const statements = [];
  let any = false;
  for (; p.is('word'); any = true) {
    if (isStateful(p)) statements.push(statefulStatement(p));
    else if (p.acceptWord('timeout')) options.timeout = timeout(p);
    else if (p.acceptWord('expires')) options.expires = p.time();
    else if (p.isWord('comment')) options.comment = comment(p, options.comment);
    else break;
  }
  options.statements = statements;
  return any ? options : undefined;
}

const timeout = (p: Parser): number | 'never' => (p.acceptWord('never') ? 'never' : p.time());

/** `comment "text"`, which may stand once. */
export function comment(p: Parser, before: string | undefined): string {
  const at = p.here;
  p.expectWord('comment');
  const { name, span } = p.string('<comment>');
  if (before !== undefined) p.raise(duplicateClause(at, 'a comment'));
  if (tooLong(name)) p.raise(commentTooLong(span, MAX_COMMENT));
  return name;
}

/** Counted in UTF-8; no character has more than three bytes for each of its code units. */
const tooLong = (text: string): boolean =>
  text.length * 3 > MAX_COMMENT && utf8Encode(text).length > MAX_COMMENT;

/** The elements of a set as a command gives them: braces, or a variable that holds braces. */
export function setBlock(p: Parser): SetExpression {
  const at = p.here;
  if (!p.is('$')) return setLiteral(p);
  const value = variable(p);
  if (value.kind === 'set') return value;
  return p.raise(variableKind(p.since(at), 'a set of elements'));
}

/** Key and options in a dynamic set or a meter: `ip saddr timeout 1m`. */
export function dynamicElement(p: Parser): ElementExpression {
  const at = p.here;
  const key = concat(p);
  const options: { -readonly [K in keyof ElementOptions]: ElementOptions[K] } = { statements: [] };
  let any = false;
  for (; p.is('word'); any = true) {
    if (p.acceptWord('timeout')) options.timeout = p.time();
    else if (p.acceptWord('expires')) options.expires = p.time();
    else if (p.isWord('comment')) options.comment = comment(p, options.comment);
    else break;
  }
  const span = p.since(at);
  return any ? { kind: 'elem', span, key, options } : { kind: 'elem', span, key };
}
