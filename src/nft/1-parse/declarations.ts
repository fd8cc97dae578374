import type {
  Declaration,
  InTable,
  Name,
  RuleDeclaration,
  RulePosition,
  Span,
  TableDeclaration,
  TableItem,
} from '../ast/index.ts';
import { scopedBlock } from './blocks.ts';
import { chainBody } from './chains.ts';
import { isObjectWord, objectBody, objectKind } from './objects.ts';
import type { Parser } from './parser.ts';
import { family, tablePlace } from './places.ts';
import { flowtableBody, mapBody, setBody } from './set-blocks.ts';
import { comment, setBlock } from './sets.ts';
import { rule } from './statements.ts';

type Draft<T> = { -readonly [K in keyof T]?: T[K] };

const IN_TABLE: ReadonlySet<string> = new Set(['chain', 'set', 'map', 'flowtable']);

/** What `add` and `create` take; a rule may come without the word `rule`. */
export function declaration(p: Parser): Declaration {
  const at = p.here;
  if (p.acceptWord('table')) return table(p, at);
  if (p.acceptWord('rule')) return ruleDeclaration(p, at);
  if (p.acceptWord('element')) return elements(p, at);
  const word = p.scan.text;
  if (p.isOneOf(IN_TABLE)) {
    p.scan.advance();
    const place = tablePlace(p);
    return member(p, at, word, place, p.identifier(`<${word} name>`));
  }
  if (!isObjectWord(p)) return ruleDeclaration(p, at);
  const kind = objectKind(p);
  const place = tablePlace(p);
  return objectBody(p, at, kind, { ...place, name: p.identifier('<object name>') });
}

/** The body of something in a table whose kind and name are read. */
function member(p: Parser, at: Span, word: string, place: InTable, name: Name): TableItem {
  if (word === 'chain') return chainBody(p, at, place, name);
  if (word === 'set') return setBody(p, at, place, name);
  if (word === 'map') return mapBody(p, at, place, name);
  return flowtableBody(p, at, place, name);
}

function table(p: Parser, at: Span): TableDeclaration {
  const fam = family(p);
  const name = p.identifier('<table name>');
  const draft: Draft<TableDeclaration> = {};
  const flags: Name[] = [];
  const items: TableItem[] = [];
  const place: InTable = { family: fam, table: name };
  if (p.is('{')) scopedBlock(p, () => tableItem(p, place, draft, flags, items));
  return { ...draft, kind: 'table', span: p.since(at), family: fam, name, flags, items };
}

function tableItem(
  p: Parser,
  place: InTable,
  draft: Draft<TableDeclaration>,
  flags: Name[],
  items: TableItem[],
): void {
  const at = p.here;
  const word = p.scan.text;
  if (p.isWord('comment')) draft.comment = comment(p, draft.comment);
  else if (p.acceptWord('flags')) {
    do flags.push(p.identifier('<table flag>'));
    while (p.accept(','));
  } else if (p.isOneOf(IN_TABLE)) {
    p.scan.advance();
    const name = p.identifier(`<${word} name>`);
    if (!p.is('{')) p.fail("'{'");
    items.push(member(p, at, word, place, name));
  } else if (isObjectWord(p)) {
    const kind = objectKind(p);
    const name = p.identifier('<object name>');
    if (!p.is('{')) p.fail("'{'");
    items.push(objectBody(p, at, kind, { ...place, name }));
  } else p.fail('chain', 'set', 'map', 'flowtable', 'flags', 'comment', ...OBJECT_FORMS);
  p.separator();
}

const OBJECT_FORMS = ['counter', 'quota', 'limit', 'ct', 'secmark', 'synproxy', 'tunnel'];

/** `[family] table set { … }`. */
export function elements(p: Parser, at: Span): Extract<Declaration, { kind: 'element' }> {
  const place = tablePlace(p);
  const name = p.identifier('<set name>');
  const set = setBlock(p);
  return { ...place, kind: 'element', span: p.since(at), name, elements: set };
}

/** `[family] table chain [handle n|index n] statements`. */
export function ruleDeclaration(p: Parser, at: Span): RuleDeclaration {
  const place = tablePlace(p);
  const chain = p.identifier('<chain name>');
  const position = rulePosition(p);
  const body = rule(p);
  const node = { ...place, kind: 'rule', span: p.since(at), chain, rule: body } as const;
  return position === undefined ? node : { ...node, position };
}

/** `position` is the older word for `handle`. */
function rulePosition(p: Parser): RulePosition | undefined {
  const at = p.here;
  if (p.acceptWord('handle') || p.acceptWord('position')) {
    const handle = p.quantity('<handle>');
    return { by: 'handle', handle, span: p.since(at) };
  }
  if (!p.acceptWord('index')) return undefined;
  const index = p.quantity('<index>');
  return { by: 'index', index, span: p.since(at) };
}
