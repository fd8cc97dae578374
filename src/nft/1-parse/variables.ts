import type { Expression } from '../ast/index.ts';
import {
  redefinedVariable,
  type Source,
  unknownVariable,
  variableKind,
  variableTooLarge,
} from '../diagnostics/index.ts';
import { initializer } from './expressions.ts';
import type { Parser, Variable } from './parser.ts';

/** Nodes that an input may grow to by variables; a real one stays a thousand times below. */
const MAX_EXPANDED = 20_000_000;

/** A name in the scope at hand or around it. */
export function lookup(p: Parser, name: string): Variable | undefined {
  for (let i = p.scopes.length - 1; i >= 0; i--) {
    const found = p.scopes[i]!.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `$name`: its value with the span of the use. */
export function variable(p: Parser): Expression {
  const at = p.here;
  p.expect('$');
  const { name, span } = p.identifier('<variable name>');
  const found = lookup(p, name);
  if (found === undefined) {
    p.raise(
      unknownVariable(
        span,
        name,
        p.scopes.flatMap((scope) => [...scope.keys()]),
      ),
    );
  }
  p.size += found.size;
  if (p.size > MAX_EXPANDED) p.raise(variableTooLarge(span, name, MAX_EXPANDED));
  return { ...found.expr, span: p.since(at) };
}

/** The text of a variable that has to be a plain word: a chain's name, a policy, a device. */
export function wordVariable(p: Parser, wanted: string): string {
  const at = p.here;
  const value = variable(p);
  if (value.kind === 'symbol') return value.name;
  return p.raise(variableKind(p.since(at), wanted));
}

/** `define`, `redefine` and `undefine`; the keyword is the token at hand. */
export function definition(p: Parser): void {
  const verb = p.expectWord('define', 'redefine', 'undefine');
  const { name, span } = p.identifier('<variable name>');
  // nft says nothing of a name that is none (symbol_unbind()).
  if (verb === 'undefine') p.scopes.at(-1)?.delete(name);
  else {
    p.expect('=');
    const before = p.size;
    const expr = initializer(p);
    const scope = p.scopes[p.scopes.length - 1]!;
    const first = scope.get(name);
    if (verb === 'define' && first !== undefined) {
      p.raise(redefinedVariable(span, name, first.span));
    }
    scope.set(name, { expr, span, size: p.size - before });
  }
  p.separator();
}

/**
 * Variables given beside the text, as lines to read before it. A value may not hold a line end or a
 * semicolon: it would be a statement of its own.
 */
export function prelude(defines: Readonly<Record<string, string>>): Source | undefined {
  const lines = Object.entries(defines).map(([name, value]) => `redefine ${name} = ${value}\n`);
  return lines.length > 0 ? { name: '<defines>', text: lines.join('') } : undefined;
}

/** The names in a set of definitions that are no single value. */
export const badDefines = (defines: Readonly<Record<string, string>>): readonly string[] =>
  Object.keys(defines).filter((name) => /[\n\r;#"]/.test(name) || /[\n\r;#]/.test(defines[name]!));
