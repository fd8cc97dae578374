import type {
  DataSpec,
  Expression,
  FlowtableDeclaration,
  InTable,
  KeySpec,
  MapDeclaration,
  Name,
  ObjectKind,
  SetDeclaration,
  Span,
  StatefulStatement,
} from '../ast/index.ts';
import { duplicateClause, missingClause } from '../diagnostics/index.ts';
import { block, deviceList } from './blocks.ts';
import { hookName, prioritySpec } from './chains.ts';
import type { Parser } from './parser.ts';
import { selector } from './selectors.ts';
import { comment, setBlock } from './sets.ts';
import { isStateful, statefulStatement } from './stateful.ts';

type Draft<T> = { -readonly [K in keyof T]?: T[K] };

const FLAGS = ['constant', 'interval', 'timeout', 'dynamic'] as const;

/** The block of a set; `at` is where its declaration starts. */
export function setBody(p: Parser, at: Span, place: InTable, name: Name): SetDeclaration {
  const { data: _, ...rest } = setBlockOf(p, at, false);
  return { ...place, ...rest, kind: 'set', span: p.since(at), name };
}

export function mapBody(p: Parser, at: Span, place: InTable, name: Name): MapDeclaration {
  return { ...place, ...setBlockOf(p, at, true), kind: 'map', span: p.since(at), name };
}

/** A type is missed only where no error inside the block explains its absence. */
function setBlockOf(p: Parser, at: Span, isMap: boolean): SetDraft {
  const draft: SetDraft = { flags: [], statements: [], autoMerge: false };
  const errors = p.diagnostics.length;
  p.nested(() => block(p, () => setItem(p, draft, isMap)));
  if (draft.key === undefined && p.diagnostics.length === errors) {
    p.raise(missingClause(p.since(at), isMap ? 'the type of the map' : 'the type of the set'));
  }
  return draft;
}

interface SetDraft extends Omit<Draft<MapDeclaration>, 'flags' | 'statements' | 'autoMerge'> {
  flags: string[];
  statements: StatefulStatement[];
  autoMerge: boolean;
}

function setItem(p: Parser, to: SetDraft, isMap: boolean): void {
  const at = p.here;
  const { text } = p.scan;
  if (isStateful(p)) {
    while (isStateful(p)) to.statements.push(statefulStatement(p));
  } else if (text === 'comment' && p.is('word')) to.comment = comment(p, to.comment);
  else if (p.acceptWord('elements')) elements(p, at, to);
  else if (p.acceptWord('auto-merge')) to.autoMerge = true;
  else if (p.isWord('type') || p.isWord('typeof')) typeSpec(p, at, to, isMap);
  else property(p, to);
  // Elements and auto-merge need no separator (set_block in parser_bison.y).
  if (text !== 'elements' && text !== 'auto-merge') p.separator();
}

function elements(p: Parser, at: Span, to: SetDraft): void {
  p.expect('=');
  if (to.elements !== undefined) p.raise(duplicateClause(at, 'elements', to.elements.span));
  to.elements = setBlock(p);
}

function property(p: Parser, to: SetDraft): void {
  const names = ['flags', 'timeout', 'gc-interval', 'size', 'policy'] as const;
  const all = ['type', 'typeof', 'elements', 'auto-merge', 'comment', 'counter', ...names];
  const word = names.find((name) => p.isWord(name));
  if (word === undefined) p.fail(...all);
  p.scan.advance();
  if (word === 'flags') {
    do to.flags.push(p.expectWord(...FLAGS));
    while (p.accept(','));
  } else if (word === 'timeout') to.timeout = p.time();
  else if (word === 'gc-interval') to.gcInterval = p.time();
  else if (word === 'size') to.size = p.number('size');
  else to.policy = p.expectWord('performance', 'memory');
}

function typeSpec(p: Parser, at: Span, to: SetDraft, isMap: boolean): void {
  if (to.key !== undefined) p.raise(duplicateClause(at, 'the type of a set', to.key.span));
  to.key = keySpec(p);
  if (!isMap) return;
  p.expect(':');
  to.data = dataSpec(p, to.key.kind);
}

function keySpec(p: Parser): KeySpec {
  const at = p.here;
  if (p.expectWord('type', 'typeof') === 'type') {
    const names = typeNames(p);
    return { kind: 'type', names, span: p.since(at) };
  }
  const expr = typeofExpression(p);
  return { kind: 'typeof', expr, span: p.since(at) };
}

/** Datatypes that are keywords elsewhere. */
const TYPE_KEYWORDS: ReadonlySet<string> = new Set(['mark', 'dscp', 'ecn', 'classid', 'time']);

function typeNames(p: Parser): Name[] {
  const names: Name[] = [];
  do names.push(p.isOneOf(TYPE_KEYWORDS) ? keyword(p) : p.identifier('<datatype>'));
  while (p.accept('.'));
  return names;
}

function keyword(p: Parser): Name {
  const span = p.here;
  return { name: p.expectOneOf(TYPE_KEYWORDS), span };
}

function typeofExpression(p: Parser): Expression {
  const at = p.here;
  const first = selector(p);
  if (!p.is('.')) return first;
  const items = [first];
  while (p.accept('.')) items.push(selector(p));
  return { kind: 'concat', span: p.since(at), items };
}

const OBJECTS: ReadonlySet<string> = new Set(['counter', 'quota', 'limit', 'secmark', 'synproxy']);

function dataSpec(p: Parser, form: KeySpec['kind']): DataSpec {
  const at = p.here;
  if (p.isOneOf(OBJECTS)) {
    const object = p.expectOneOf(OBJECTS) as ObjectKind;
    return { kind: 'object', object, span: at };
  }
  if (p.isWord('verdict') || (form === 'typeof' && p.isWord('queue'))) {
    const kind = p.expectWord('verdict', 'queue');
    return { kind, span: at };
  }
  const interval = p.acceptWord('interval');
  if (form === 'type') {
    const names = typeNames(p);
    return { kind: 'type', names, interval, span: p.since(at) };
  }
  return typeofData(p, at, interval);
}

/** `ct helper`, `ct timeout` and `ct expectation` as data are objects, not fields. */
function typeofData(p: Parser, at: Span, interval: boolean): DataSpec {
  const mark = p.mark();
  const object = p.acceptWord('ct') ? ctObject(p) : undefined;
  if (object !== undefined) {
    p.scan.advance();
    return { kind: 'object', object, span: p.since(at) };
  }
  p.rewind(mark);
  const expr = typeofExpression(p);
  return { kind: 'typeof', expr, interval, span: p.since(at) };
}

function ctObject(p: Parser): ObjectKind | undefined {
  if (p.isWord('helper')) return 'ct helper';
  if (p.isWord('timeout')) return 'ct timeout';
  return p.isWord('expectation') ? 'ct expectation' : undefined;
}

/** The block of a flow table, if there is one. */
export function flowtableBody(
  p: Parser,
  at: Span,
  place: InTable,
  name: Name,
): FlowtableDeclaration {
  const draft: Draft<FlowtableDeclaration> = {};
  let devices: readonly Name[] = [];
  const item = (): void => {
    if (p.acceptWord('hook')) {
      draft.hook = hookName(p);
      draft.priority = prioritySpec(p);
    } else if (p.acceptWord('devices')) devices = deviceList(p);
    else if (p.acceptWord('counter')) draft.counter = true;
    else {
      if (!p.acceptWord('flags')) p.fail('hook', 'devices', 'counter', 'flags');
      p.expectWord('offload');
      draft.offload = true;
    }
    p.separator();
  };
  if (p.is('{')) p.nested(() => block(p, item));
  const { counter = false, offload = false } = draft;
  const span = p.since(at);
  return { ...place, ...draft, kind: 'flowtable', span, name, devices, counter, offload };
}
