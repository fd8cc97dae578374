import type { Collection, ElementsDeclaration, Reference } from '../ast/index.ts';
import { elements } from './declarations.ts';
import { isObjectWord } from './objects.ts';
import type { Parser } from './parser.ts';
import { explicitFamily, reference, ruleReference, tablePlace } from './places.ts';

type At = Parser['here'];

/** Words that are for one family or table: `list sets [table] [family] [name]`. */
const PLURALS = [
  ...(['sets', 'maps', 'flowtables', 'counters', 'quotas', 'limits'] as const),
  ...(['secmarks', 'synproxys', 'tunnels'] as const),
] as const;
/** Words that take a family only. */
const WHOLE = ['ruleset', 'tables', 'chains', 'meters', 'hooks'] as const;
const SINGLE = ['table', 'chain', 'set', 'map', 'meter', 'flowtable'] as const;

/** `[family]`. */
function whole(p: Parser, at: At, kind: Collection['kind']): Collection {
  const family = explicitFamily(p);
  const device = kind === 'hooks' && p.acceptWord('device') ? p.string('<device>').name : undefined;
  return {
    kind,
    span: p.since(at),
    ...(family !== undefined && { family }),
    ...(device !== undefined && { device }),
  };
}

/** `[table] [family] [name]`. */
function inTable(p: Parser, at: At, kind: Collection['kind']): Collection {
  const named = p.acceptWord('table');
  const family = explicitFamily(p);
  if (!named && !p.is('word')) {
    return { kind, span: p.since(at), ...(family !== undefined && { family }) };
  }
  const table = p.identifier('<table name>');
  return { kind, span: p.since(at), family: family ?? 'ip', table };
}

/** `flow table` and `flow tables` are the older words for meters. */
function oldMeter(p: Parser, at: At): Reference | Collection {
  p.expectWord('flow');
  return p.expectWord('table', 'tables') === 'table'
    ? reference(p, at, 'meter')
    : whole(p, at, 'meters');
}

const CT_PLURALS = {
  helpers: 'ct helpers',
  timeout: 'ct timeouts',
  expectation: 'ct expectations',
} as const;

/** `ct helper table name`, or `ct helpers table name` for all of a table. */
function ctObject(p: Parser, at: At): Reference | Collection {
  p.expectWord('ct');
  const word = p.expectWord('helper', 'helpers', 'timeout', 'expectation');
  if (word !== 'helper' && p.acceptWord('table')) {
    return { kind: CT_PLURALS[word], span: p.since(at), ...tablePlace(p) };
  }
  if (word === 'helpers') p.fail('table');
  return reference(p, at, `ct ${word}`);
}

/** What `list` takes. */
export function listable(p: Parser): Reference | Collection {
  const at = p.here;
  if (p.isWord('flow')) return oldMeter(p, at);
  if (p.isWord('ct')) return ctObject(p, at);
  if (isObjectWord(p)) return reference(p, at, p.expectWord(...OBJECTS));
  const word = p.expectWord(...SINGLE, ...PLURALS, ...WHOLE);
  const single = SINGLE.find((name) => name === word);
  if (single !== undefined) return reference(p, at, single);
  const kind = word as Collection['kind'];
  return (WHOLE as readonly string[]).includes(word) ? whole(p, at, kind) : inTable(p, at, kind);
}

const OBJECTS = ['counter', 'quota', 'limit', 'secmark', 'synproxy', 'tunnel'] as const;

/** What `reset` takes. */
export function resettable(p: Parser): Reference | Collection | ElementsDeclaration {
  const at = p.here;
  if (p.acceptWord('rule')) return ruleReference(p, at);
  if (p.acceptWord('element')) return elements(p, at);
  if (p.acceptWord('rules')) return resetRules(p, at);
  const words = ['counters', 'quotas', 'counter', 'quota', 'set', 'map'] as const;
  const word = p.expectWord(...words);
  if (word === 'counters' || word === 'quotas') return inTable(p, at, word);
  return reference(p, at, word);
}

/** `[family]`, `[table] [family] table` or `[chain] [family] table chain`. */
function resetRules(p: Parser, at: At): Collection {
  if (p.acceptWord('chain')) {
    const place = tablePlace(p);
    const chain = p.identifier('<chain name>');
    return { kind: 'rules', span: p.since(at), ...place, chain };
  }
  const found = inTable(p, at, 'rules');
  if (found.table === undefined || !p.is('word')) return found;
  const chain = p.identifier('<chain name>');
  return { ...found, span: p.since(at), chain };
}

/** What `flush` takes. */
export function flushable(p: Parser): Reference | Collection {
  const at = p.here;
  if (p.isWord('flow')) return oldMeter(p, at);
  if (p.acceptWord('ruleset')) return whole(p, at, 'ruleset');
  return reference(p, at, p.expectWord('table', 'chain', 'set', 'map', 'meter'));
}
