import type { LogStatement } from '../ast/index.ts';
import { duplicateClause, unknownVariable } from '../diagnostics/index.ts';
import type { Parser } from './parser.ts';
import { lookup } from './variables.ts';

const LEVELS = [
  'emerg',
  'alert',
  'crit',
  'err',
  'warn',
  'notice',
  'info',
  'debug',
  'audit',
] as const;

type Options = { -readonly [K in keyof LogStatement]?: LogStatement[K] };

/** `log [prefix "…"] [level …] [group n] …`, in any order. */
export function log(p: Parser): LogStatement {
  const at = p.here;
  p.scan.advance();
  const options: Options = {};
  const flags: string[] = [];
  while (option(p, options, flags));
  return { ...options, kind: 'log', span: p.since(at), flags };
}

function option(p: Parser, to: Options, flags: string[]): boolean {
  const at = p.here;
  const { kind, text } = p.scan;
  if (kind !== 'word') return false;
  const key = text === 'queue-threshold' ? 'queueThreshold' : (text as keyof Options);
  switch (text) {
    case 'prefix':
    case 'group':
    case 'snaplen':
    case 'queue-threshold':
    case 'level':
      if (to[key] !== undefined) p.raise(duplicateClause(at, `log ${text}`));
      break;
    case 'flags':
      break;
    default:
      return false;
  }
  p.scan.advance();
  if (text === 'prefix') to.prefix = prefix(p);
  else if (text === 'group') to.group = p.number('group', 0, 0xffff);
  else if (text === 'snaplen') to.snaplen = p.number('snaplen');
  else if (text === 'queue-threshold') to.queueThreshold = p.number('threshold', 0, 0xffff);
  else if (text === 'level') to.level = p.expectWord(...LEVELS);
  else logFlags(p, flags);
  return true;
}

/** Variables in the text are replaced: `log prefix "$host: "`; an escaped dollar is none. */
function prefix(p: Parser): string {
  const { name, span } = p.string('<prefix>');
  return name.replace(/\$([a-zA-Z0-9_]+)/g, (whole, variable: string, offset: number) => {
    if (name[offset - 1] === '\\') return whole;
    const found = lookup(p, variable);
    if (found?.expr.kind === 'symbol') return found.expr.name;
    if (found?.expr.kind === 'integer') return String(found.expr.value);
    const known = p.scopes.flatMap((scope) => [...scope.keys()]);
    return p.raise(unknownVariable(span, variable, known));
  });
}

function logFlags(p: Parser, flags: string[]): void {
  const word = p.expectWord('tcp', 'ip', 'skuid', 'ether', 'all');
  if (word === 'ip') flags.push(`ip ${p.expectWord('options')}`);
  else if (word === 'tcp') {
    do flags.push(`tcp ${p.expectWord('sequence', 'options')}`);
    while (p.accept(','));
  } else flags.push(word);
}
