import type { Span, TcpOptionExpression } from '../ast/index.ts';
import type { Parser } from './parser.ts';
import { TCP_OPTION_FIELDS, TCP_OPTION_KINDS, TCP_OPTIONS } from './protocols.ts';

const OPTION_WORDS: ReadonlySet<string> = new Set(TCP_OPTIONS.keys());

/** The kind of an option by name or number; a number that has a name becomes it. */
export function tcpOptionName(p: Parser): string | number {
  if (p.is('number')) {
    const kind = p.number('option kind', 0, 255);
    return TCP_OPTION_KINDS.get(kind) ?? kind;
  }
  return TCP_OPTIONS.get(p.expectOneOf(OPTION_WORDS))!;
}

/** After `tcp option`: `maxseg size`, `sack-perm`, `254 length`, `@30,16,4`. */
export function tcpOption(p: Parser, at: Span): TcpOptionExpression {
  if (p.accept('@')) return rawOption(p, at);
  const name = tcpOptionName(p);
  const field = optionField(p, TCP_OPTION_FIELDS[name]);
  const expr = { kind: 'tcp option', span: p.since(at), name } as const;
  return field === undefined ? expr : { ...expr, field };
}

function optionField(p: Parser, fields: ReadonlySet<string> | undefined): string | undefined {
  if (!p.isWord('length') && !(fields !== undefined && p.isOneOf(fields))) return undefined;
  const { text } = p.scan;
  p.scan.advance();
  return text;
}

function rawOption(p: Parser, at: Span): TcpOptionExpression {
  const name = p.is('number') ? p.number('option kind', 0, 255) : kindOf(tcpOptionName(p));
  p.expect(',');
  const offset = p.number('offset');
  p.expect(',');
  const len = p.number('length in bits', 1, 1024);
  return { kind: 'tcp option', span: p.since(at), name, raw: { offset, len } };
}

/** `sack1` and the like are places inside option 5. */
function kindOf(name: string | number): number {
  if (typeof name === 'number') return name;
  const plain = name.replace(/^sack\d$/, 'sack');
  for (const [kind, known] of TCP_OPTION_KINDS) if (known === plain) return kind;
  return 0;
}
