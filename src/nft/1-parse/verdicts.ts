import type { Name, VerdictExpression, VerdictName } from '../ast/index.ts';
import type { Parser } from './parser.ts';
import { wordVariable } from './variables.ts';

const VERDICTS: ReadonlySet<string> = new Set([
  'accept',
  'drop',
  'continue',
  'return',
  'jump',
  'goto',
]);

export const isVerdict = (p: Parser): boolean => p.isOneOf(VERDICTS);

/** `accept`, `jump chain`; not the anonymous `jump { … }`. */
export function verdict(p: Parser): VerdictExpression {
  const at = p.here;
  const name = p.expectOneOf(VERDICTS) as VerdictName;
  if (name !== 'jump' && name !== 'goto') {
    return { kind: 'verdict', span: at, verdict: name };
  }
  const target = chainName(p);
  return { kind: 'verdict', span: p.since(at), verdict: name, target };
}

function chainName(p: Parser): Name {
  const at = p.here;
  if (!p.is('$')) return p.identifier('<chain name>');
  const name = wordVariable(p, 'the name of a chain');
  return { name, span: p.since(at) };
}
