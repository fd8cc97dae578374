import type {
  Command,
  Declaration,
  Deletable,
  Expression,
  Reference,
  RuleDeclaration,
} from '../ast/index.ts';
import { chainBody } from './chains.ts';
import { declaration, elements, ruleDeclaration } from './declarations.ts';
import { basic } from './expressions.ts';
import { RESERVED } from './keywords.ts';
import { flushable, listable, resettable } from './listings.ts';
import { isObjectWord, objectKind } from './objects.ts';
import type { Parser } from './parser.ts';
import { isFamily, reference, ruleReference } from './places.ts';
import { flowtableBody } from './set-blocks.ts';

/** Reads a command; its verb is spent, `at` is where it stood. */
type Reader = (p: Parser, at: Parser['here']) => Command;

/** One command. Without a verb it is `add`. */
export function command(p: Parser): Command {
  const at = p.here;
  const { text } = p.scan;
  const read = p.is('word') ? COMMANDS.get(text) : undefined;
  if (read !== undefined) {
    p.scan.advance();
    return read(p, at);
  }
  if (!declares(p)) failCommand(p);
  const object = declaration(p);
  return { kind: 'add', span: p.since(at), object };
}

const DECLARED: ReadonlySet<string> = new Set(
  'table chain rule set map element flowtable'.split(' '),
);

/** A rule may start with its table's name; a keyword or a stray sign cannot start anything. */
function declares(p: Parser): boolean {
  if (!p.is('word')) return false;
  if (p.isOneOf(DECLARED) || isObjectWord(p) || isFamily(p)) return true;
  return !RESERVED.has(p.scan.text) && tableAndChainFollow(p);
}

/** A name alone is more likely a misspelt verb than a table. */
function tableAndChainFollow(p: Parser): boolean {
  const mark = p.mark();
  p.scan.advance();
  const chain = p.is('word') && !RESERVED.has(p.scan.text);
  p.rewind(mark);
  return chain;
}

function failCommand(p: Parser): never {
  const words = [...COMMANDS.keys(), ...DECLARED];
  return p.failAmong(['<command>'], words);
}

const add: Reader = (p, at) => {
  const object = declaration(p);
  return { kind: 'add', span: p.since(at), object };
};

const create: Reader = (p, at) => {
  const object: Declaration = declaration(p);
  if (object.kind === 'rule') return p.fail('<anything but a rule>');
  return { kind: 'create', span: p.since(at), object };
};

const insert: Reader = (p, at) => {
  const object = insertedRule(p);
  return { kind: 'insert', span: p.since(at), object };
};

function insertedRule(p: Parser): RuleDeclaration {
  const at = p.here;
  p.expectWord('rule');
  return ruleDeclaration(p, at);
}

const replace: Reader = (p, at) => {
  const object = insertedRule(p);
  if (object.position?.by !== 'handle') p.fail('handle');
  return { kind: 'replace', span: p.since(at), object };
};

function deletable(p: Parser): Deletable {
  const at = p.here;
  const kinds = ['table', 'set', 'map'] as const;
  const kind = kinds.find((word) => p.isWord(word));
  if (kind !== undefined) {
    p.scan.advance();
    return reference(p, at, kind, true);
  }
  if (p.acceptWord('rule')) return ruleReference(p, at);
  if (p.acceptWord('element')) return elements(p, at);
  if (isObjectWord(p)) return reference(p, at, objectKind(p), true);
  const word = p.expectWord('chain', 'flowtable');
  const named = reference(p, at, word, true);
  return named.name !== undefined && p.is('{') ? devices(p, named) : named;
}

/** `delete chain t c { type … devices = … }`: the devices in the block are taken away. */
function devices(p: Parser, of: Reference): Deletable {
  const { kind, span, family, table, name } = of;
  if (table === undefined || name === undefined) return of;
  const place = { family, table };
  return kind === 'chain' ? chainBody(p, span, place, name) : flowtableBody(p, span, place, name);
}

const remove: Reader = (p, at) => {
  const object = deletable(p);
  return { kind: 'delete', span: p.since(at), object };
};
const destroy: Reader = (p, at) => {
  const object = deletable(p);
  return { kind: 'destroy', span: p.since(at), object };
};

const get: Reader = (p, at) => {
  const from = p.here;
  p.expectWord('element');
  const object = elements(p, from);
  return { kind: 'get', span: p.since(at), object };
};

const list: Reader = (p, at) => {
  const object = listable(p);
  return { kind: 'list', span: p.since(at), object };
};

const reset: Reader = (p, at) => {
  const object = resettable(p);
  return { kind: 'reset', span: p.since(at), object };
};

const flush: Reader = (p, at) => {
  const object = flushable(p);
  return { kind: 'flush', span: p.since(at), object };
};

const rename: Reader = (p, at) => {
  const from = p.here;
  p.expectWord('chain');
  const object = reference(p, from, 'chain');
  const to = p.identifier('<chain name>');
  return { kind: 'rename', span: p.since(at), object, to };
};

type Format = 'json' | 'xml';

function format(p: Parser): Format {
  if (p.acceptWord('vm')) return p.expectWord('json');
  return p.expectWord('json', 'xml');
}

const importing: Reader = (p, at) => {
  p.acceptWord('ruleset');
  const wanted = format(p);
  return { kind: 'import', span: p.since(at), format: wanted };
};

const exporting: Reader = (p, at) => {
  p.acceptWord('ruleset');
  const wanted = format(p);
  return { kind: 'export', span: p.since(at), format: wanted };
};

const describe: Reader = (p, at) => {
  const expr: Expression = basic(p, 'left');
  return { kind: 'describe', span: p.since(at), expr };
};

const EVENTS = ['new', 'destroy'] as const;
const MONITORED = [
  ...(['tables', 'chains', 'sets', 'rules', 'elements'] as const),
  ...(['ruleset', 'trace'] as const),
] as const;

const monitor: Reader = (p, at) => {
  const event = EVENTS.find((word) => p.acceptWord(word));
  const object = MONITORED.find((word) => p.acceptWord(word));
  const wanted = p.is('word') ? format(p) : undefined;
  return {
    kind: 'monitor',
    span: p.since(at),
    ...(event !== undefined && { event }),
    ...(object !== undefined && { object }),
    ...(wanted !== undefined && { format: wanted }),
  };
};

const COMMANDS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['add', add],
  ['create', create],
  ['insert', insert],
  ['replace', replace],
  ['delete', remove],
  ['destroy', destroy],
  ['get', get],
  ['list', list],
  ['reset', reset],
  ['flush', flush],
  ['rename', rename],
  ['import', importing],
  ['export', exporting],
  ['describe', describe],
  ['monitor', monitor],
]);
