import type { Family, InTable, Integer, Name, Reference, Span } from '../ast/index.ts';
import type { Parser } from './parser.ts';

const FAMILIES: ReadonlySet<string> = new Set(['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev']);

export const isFamily = (p: Parser): boolean => p.isOneOf(FAMILIES);

/** The family if it is named. */
export const explicitFamily = (p: Parser): Family | undefined =>
  isFamily(p) ? (p.expectOneOf(FAMILIES) as Family) : undefined;

/** The family, `ip` if none is named. */
export const family = (p: Parser): Family => explicitFamily(p) ?? 'ip';

/** `[family] table`. */
export function tablePlace(p: Parser): InTable {
  return { family: family(p), table: p.identifier('<table name>') };
}

/** `handle 12`, if it is there. */
export function handle(p: Parser): Integer | undefined {
  return p.acceptWord('handle') ? p.quantity('<handle>') : undefined;
}

type Kind = Reference['kind'];

/** `[family] table name`, or with `handle n` in place of the name where that is allowed. */
export function reference(p: Parser, at: Span, kind: Kind, byHandle = false): Reference {
  if (kind === 'table') return tableReference(p, at, byHandle);
  const place = tablePlace(p);
  const number = byHandle ? handle(p) : undefined;
  if (number !== undefined) return { kind, span: p.since(at), ...place, handle: number };
  const name = p.identifier(`<${kind} name>`);
  return { kind, span: p.since(at), ...place, name };
}

function tableReference(p: Parser, at: Span, byHandle: boolean): Reference {
  const fam = family(p);
  const number = byHandle ? handle(p) : undefined;
  if (number !== undefined) {
    return { kind: 'table', span: p.since(at), family: fam, handle: number };
  }
  const table = p.identifier('<table name>');
  return { kind: 'table', span: p.since(at), family: fam, table };
}

/** `[family] table chain handle n`: one rule. */
export function ruleReference(p: Parser, at: Span): Reference {
  const place = tablePlace(p);
  const chain: Name = p.identifier('<chain name>');
  if (!p.isWord('handle')) p.fail('handle');
  const number = handle(p)!;
  return { kind: 'rule', span: p.since(at), ...place, chain, handle: number };
}
