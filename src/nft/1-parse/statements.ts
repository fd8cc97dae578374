import type { Expression, MangleKey, ObjectKind, Rule, Span, Statement } from '../ast/index.ts';
import { bareField, variableKind } from '../diagnostics/index.ts';
import { dup, fwd, nat, queue, reject, synproxy, tproxy } from './actions.ts';
import { concat, map, setReference, statementValue } from './expressions.ts';
import { log } from './log.ts';
import { relational, vmap } from './match.ts';
import type { Parser } from './parser.ts';
import { isSelector, ownersOf, selectorWords } from './selectors.ts';
import { comment, dynamicElement, setLiteral } from './sets.ts';
import { counter, statefulStatement } from './stateful.ts';
import { tcpOptionName } from './tcp-options.ts';
import { variable } from './variables.ts';
import { verdict } from './verdicts.ts';

/** Reads a statement; its first keyword is at hand. */
type Reader = (p: Parser) => Statement;

/** Statements up to the end of the line, with the comment that may end them. */
export function rule(p: Parser): Rule {
  const { source, start } = p.scan;
  const statements: Statement[] = [];
  while (!ruleEnds(p)) statements.push(statement(p));
  if (statements.length === 0) failStatement(p);
  const text = p.isWord('comment') ? comment(p, undefined) : undefined;
  // Copied, because what grew by push has room for a dozen more.
  const node = {
    kind: 'rule',
    span: p.spanFrom(source, start),
    statements: statements.slice(),
  } as const;
  return text === undefined ? node : { ...node, comment: text };
}

function ruleEnds(p: Parser): boolean {
  const { kind } = p.scan;
  return (
    kind === 'newline' || kind === ';' || kind === '}' || kind === 'eof' || p.isWord('comment')
  );
}

/** One statement of a rule. */
export function statement(p: Parser): Statement {
  const read = p.is('word') ? STATEMENTS.get(p.scan.text) : undefined;
  return read === undefined ? expressionStatement(p) : read(p);
}

function failStatement(p: Parser): never {
  const owners = p.is('word') ? ownersOf(p.scan.text) : [];
  if (owners.length > 0) p.raise(bareField(p.here, p.scan.text, owners));
  return p.failAmong(['<statement>'], [...STATEMENTS.keys(), ...selectorWords()]);
}

/** What a comparison may start with besides the keyword of a field. */
const STARTS: ReadonlySet<string> = new Set(['$', '(', '@', '{']);

/**
 * A comparison, a verdict map or an assignment: what they are shows after the first expression. The
 * grammar lets it start with any value; but a value has no type on the left, so `check` would refuse
 * it (`No symbol type information` in nft), and here it can be told what was meant.
 */
function expressionStatement(p: Parser): Statement {
  const at = p.here;
  const { kind, text } = p.scan;
  if (!STARTS.has(kind) && !(kind === 'word' && isSelector(text))) failStatement(p);
  const left = kind === '{' ? setLiteral(p) : concat(p);
  if (p.isWord('vmap')) return vmap(p, at, left);
  if (p.isWord('set')) return mangle(p, at, left);
  return relational(p, at, p.isWord('map') ? map(p, at, left) : left);
}

const MANGLED: ReadonlySet<string> = new Set([
  'meta',
  'ct',
  'payload',
  'payload raw',
  'exthdr',
  'tcp option',
  'ip option',
]);

const isMangleKey = (e: Expression): e is MangleKey => MANGLED.has(e.kind);

/** `key set value`; two keys name an object instead of a value. */
function mangle(p: Parser, at: Span, key: Expression): Statement {
  if (!isMangleKey(key)) return p.fail('<comparison>');
  p.expectWord('set');
  const value = statementValue(p);
  const span = p.since(at);
  if (key.kind === 'ct' && key.key === 'helper') {
    return { kind: 'objref', span, object: 'ct helper', name: value };
  }
  if (key.kind === 'meta' && key.key === 'secmark' && value.kind !== 'ct') {
    return { kind: 'objref', span, object: 'secmark', name: value };
  }
  return { kind: 'mangle', span, key, value };
}

function verdictStatement(p: Parser): Statement {
  const at = p.here;
  if (p.isWord('jump') || p.isWord('goto')) {
    const mark = p.mark();
    const word = p.expectWord('jump', 'goto');
    if (p.is('{')) return p.nested(() => anonymousChain(p, at, word));
    p.rewind(mark);
  }
  const value = verdict(p);
  return { kind: 'verdict', span: value.span, verdict: value };
}

function anonymousChain(p: Parser, at: Span, word: 'jump' | 'goto'): Statement {
  p.expect('{');
  const rules: Rule[] = [];
  // The braces are not those of a set, even if the rule is read inside one.
  while (!p.accept('}')) {
    if (p.accept('newline') || p.accept(';')) continue;
    if (p.is('eof')) p.fail("'}'");
    rules.push(rule(p));
    p.separator();
  }
  return { kind: 'chain', span: p.since(at), verdict: word, rules };
}

/** `counter name …`: a named object, else the anonymous statement. */
function objectOr(object: ObjectKind, other: Reader): Reader {
  return (p) => {
    const at = p.here;
    const mark = p.mark();
    p.scan.advance();
    if (!p.acceptWord('name')) {
      p.rewind(mark);
      return other(p);
    }
    const name = statementValue(p);
    return { kind: 'objref', span: p.since(at), object, name };
  };
}

/** By far the most common of them, so it is not read twice. */
function counterOrObject(p: Parser): Statement {
  const at = p.here;
  p.scan.advance();
  if (!p.acceptWord('name')) return counter(p, at);
  const name = statementValue(p);
  return { kind: 'objref', span: p.since(at), object: 'counter', name };
}

/** `ct count`, `ct timeout set`, `ct expectation set`, or an expression. */
function ct(p: Parser): Statement {
  const at = p.here;
  const mark = p.mark();
  p.scan.advance();
  const { text } = p.scan;
  const object = p.is('word') && (text === 'timeout' || text === 'expectation');
  const counts = p.isWord('count');
  if (!object) {
    p.rewind(mark);
    return counts ? statefulStatement(p) : expressionStatement(p);
  }
  p.scan.advance();
  p.expectWord('set');
  const name = statementValue(p);
  const kind = text === 'timeout' ? 'ct timeout' : 'ct expectation';
  return { kind: 'objref', span: p.since(at), object: kind, name };
}

function notrack(p: Parser): Statement {
  const at = p.here;
  p.scan.advance();
  return { kind: 'notrack', span: at };
}

/** `flow add @name`; `flow offload` is its older spelling. */
function flow(p: Parser): Statement {
  const at = p.here;
  p.scan.advance();
  p.expectWord('add', 'offload');
  p.expect('@');
  const flowtable = p.string('<flow table name>');
  return { kind: 'flow', span: p.since(at), flowtable };
}

/** `reset tcp option …`. */
function reset(p: Parser): Statement {
  const at = p.here;
  p.scan.advance();
  const from = p.here;
  p.expectWord('tcp');
  p.expectWord('option');
  const name = tcpOptionName(p);
  const span = p.since(from);
  return { kind: 'reset', span: p.since(at), option: { kind: 'tcp option', span, name } };
}

/** `xt match "conntrack"`: listed by nft for what iptables-nft put there. */
function xt(p: Parser): Statement {
  const at = p.here;
  p.scan.advance();
  const type = p.expectWord('match', 'target', 'watcher');
  const { name } = p.string('<extension>');
  return { kind: 'xt', span: p.since(at), type, name };
}

/** `meter name [size n] { key statement }`. */
function meter(p: Parser): Statement {
  const at = p.here;
  p.scan.advance();
  const name = p.identifier('<meter name>');
  const size = p.acceptWord('size') ? p.number('size') : undefined;
  p.expect('{');
  const key = dynamicElement(p);
  const inner = p.nested(() => statement(p));
  p.expect('}');
  const node = { kind: 'meter', span: p.since(at), name, key, statement: inner } as const;
  return size === undefined ? node : { ...node, size };
}

/** The name of the set that a statement adds to; a variable may hold it. */
function setName(p: Parser): { name: string; span: Span } {
  const at = p.here;
  const value = p.is('$') ? variable(p) : setReference(p);
  if (value.kind !== 'setref') return p.raise(variableKind(p.since(at), 'the name of a set'));
  return { name: value.name, span: p.since(at) };
}

/** `add @set { key [: data] }`, with options and stateful statements after the key. */
function dynset(p: Parser): Statement {
  const at = p.here;
  const op = p.expectWord('add', 'update', 'delete');
  const set = setName(p);
  p.expect('{');
  const elem = dynamicElement(p);
  const statements = [];
  while (p.is('word')) statements.push(statefulStatement(p));
  const data = p.accept(':') ? dynamicElement(p) : undefined;
  p.expect('}');
  const node = { span: p.since(at), op, set, elem, statements } as const;
  return data === undefined ? { kind: 'set', ...node } : { kind: 'map', ...node, data };
}

/** `set add key @set`, the older order of words. */
function oldDynset(p: Parser): Statement {
  const at = p.here;
  p.expectWord('set');
  const op = p.expectWord('add', 'update', 'delete');
  const elem = dynamicElement(p);
  const set = setName(p);
  return { kind: 'set', span: p.since(at), op, set, elem, statements: [] };
}

/** `tunnel name …` sets an object; `tunnel id` is a field to compare. */
const tunnel = objectOr('tunnel', expressionStatement);

const STATEMENTS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ...['accept', 'drop', 'continue', 'return', 'jump', 'goto'].map((word): [string, Reader] => [
    word,
    verdictStatement,
  ]),
  ['counter', counterOrObject],
  ['quota', objectOr('quota', statefulStatement)],
  ['limit', objectOr('limit', statefulStatement)],
  ['last', statefulStatement],
  ['ct', ct],
  ['log', log],
  ['reject', reject],
  ['snat', nat],
  ['dnat', nat],
  ['masquerade', nat],
  ['redirect', nat],
  ['tproxy', tproxy],
  ['synproxy', objectOr('synproxy', synproxy)],
  ['queue', queue],
  ['dup', dup],
  ['fwd', fwd],
  ['notrack', notrack],
  ['reset', reset],
  ['flow', flow],
  ['meter', meter],
  ['add', dynset],
  ['update', dynset],
  ['delete', dynset],
  ['set', oldDynset],
  ['tunnel', tunnel],
  ['xt', xt],
]);
