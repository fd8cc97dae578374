import type {
  ChainDeclaration,
  HookSpec,
  InTable,
  Name,
  Priority,
  Rule,
  Span,
} from '../ast/index.ts';
import { duplicateClause, variableKind } from '../diagnostics/index.ts';
import { AlikeRules } from './alike.ts';
import { device, deviceList, scopedBlock } from './blocks.ts';
import { Parser } from './parser.ts';
import { comment } from './sets.ts';
import { rule } from './statements.ts';
import { variable, wordVariable } from './variables.ts';

type Draft<T> = { -readonly [K in keyof T]?: T[K] };

const TYPES: ReadonlySet<string> = new Set(['filter', 'nat', 'route']);
const HOOKS: ReadonlySet<string> = new Set([
  ...['prerouting', 'input', 'forward', 'output', 'postrouting'],
  ...['ingress', 'egress'],
]);

/** A chain's block if there is one; `at` is where its declaration starts. */
export function chainBody(p: Parser, at: Span, place: InTable, name: Name): ChainDeclaration {
  const draft: Draft<ChainDeclaration> = {};
  const rules: Rule[] = [];
  const devices: Name[] = [];
  if (p.is('{')) scopedBlock(p, () => chainItem(p, draft, rules, devices));
  const { offload = false } = draft;
  return { ...place, ...draft, kind: 'chain', span: p.since(at), name, rules, devices, offload };
}

function chainItem(
  p: Parser,
  draft: Draft<ChainDeclaration>,
  rules: Rule[],
  devices: Name[],
): void {
  if (p.isWord('type')) draft.hook = hookSpec(p, devices);
  else if (p.isWord('policy')) draft.policy = policy(p, draft.policy);
  else if (p.acceptWord('flags')) {
    p.expectWord('offload');
    draft.offload = true;
  } else if (p.acceptWord('devices')) devices.push(...deviceList(p));
  else if (p.isWord('comment')) draft.comment = comment(p, draft.comment);
  else rules.push(ruleOf(p));
  p.separator();
}

function ruleOf(p: Parser): Rule {
  p.alike ??= new AlikeRules((span) => statementsAt(p, span));
  const alike = p.alike.next(p.scan);
  if (alike !== undefined) return alike;
  const read = rule(p);
  p.alike.learn(read, p.sources);
  return read;
}

function statementsAt({ sources, options }: Parser, span: Span): Rule['statements'] {
  const p = new Parser(sources, options, span);
  p.scan.advance();
  return rule(p).statements;
}

/** `type filter hook input [device eth0] priority filter + 10`. */
function hookSpec(p: Parser, devices: Name[]): HookSpec {
  const at = p.here;
  p.expectWord('type');
  const type = nameAmong(p, TYPES);
  p.expectWord('hook');
  const hook = nameAmong(p, HOOKS);
  if (p.acceptWord('device')) devices.push(...device(p));
  else if (p.acceptWord('devices')) devices.push(...deviceList(p));
  const priority = prioritySpec(p);
  return { type, hook, priority, span: p.since(at) };
}

function nameAmong(p: Parser, words: ReadonlySet<string>): Name {
  const span = p.here;
  return { name: p.expectOneOf(words), span };
}

/** The hook of a flow table. */
export const hookName = (p: Parser): Name => nameAmong(p, HOOKS);

/** `priority 0`, `priority -150`, `priority mangle - 5`, `priority $var`. */
export function prioritySpec(p: Parser): Priority {
  p.expectWord('priority');
  const at = p.here;
  if (p.is('$')) return variablePriority(p);
  if (p.is('number') || p.is('-')) {
    const offset = signed(p);
    return { offset, span: p.since(at) };
  }
  const { name } = p.identifier('<priority>');
  const offset = p.is('+') || p.is('-') ? signed(p) : 0;
  return { name, offset, span: p.since(at) };
}

function signed(p: Parser): number {
  const negative = p.accept('-');
  if (!negative) p.accept('+');
  const value = p.number('priority', 0, negative ? 0x80000000 : 0x7fffffff);
  return negative && value !== 0 ? -value : value;
}

/** A variable holds a number, a name, or both in a string: `"filter - 10"`. */
function variablePriority(p: Parser): Priority {
  const at = p.here;
  const value = variable(p);
  const span = p.since(at);
  if (value.kind === 'integer' && typeof value.value === 'number') {
    return { offset: value.value, span };
  }
  const parts = value.kind === 'symbol' ? /^(\w+)(?:\s*([+-])\s*(\d+))?$/.exec(value.name) : null;
  if (parts === null) return p.raise(variableKind(span, 'a priority'));
  const [, name = '', sign, digits = '0'] = parts;
  return { name, offset: sign === '-' ? -Number(digits) : Number(digits), span };
}

function policy(p: Parser, before: string | undefined): 'accept' | 'drop' {
  const at = p.here;
  p.expectWord('policy');
  if (before !== undefined) p.raise(duplicateClause(at, 'the policy of a chain'));
  if (!p.is('$')) return p.expectWord('accept', 'drop');
  const start = p.here;
  const word = wordVariable(p, 'accept or drop');
  if (word === 'accept' || word === 'drop') return word;
  return p.raise(variableKind(p.since(start), 'accept or drop'));
}
