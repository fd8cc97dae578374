// The expression behind a `typeof` declaration. A program keeps its text, as nft keeps it in the
// set's user data; the tree wants the expression.

import { parse } from '../1-parse/index.ts';
import { type Expression, NO_SPAN } from '../ast/index.ts';

/** Reads `ip saddr . tcp dport`; what cannot be read is listed as it stands. */
export function readTypeof(text: string): Expression {
  const { commands } = parse(`add set ip t s { typeof ${text}; }`);
  const [command] = commands;
  const object = command?.kind === 'add' ? command.object : undefined;
  if (object?.kind === 'set' && object.key?.kind === 'typeof') return object.key.expr;
  return { kind: 'symbol', span: NO_SPAN, name: text, form: 'word' };
}
