// Strings: interface names and the like. Their bytes are the high bytes of a number, so that a
// wildcard is a prefix as with addresses.

import { utf8Encode } from '../../bytes/index.ts';
import type { Datatype } from '../types/index.ts';
import type { RuleContext } from './context.ts';
import { refuse } from './refuse.ts';
import { type SymbolX, type Typed, value } from './typed.ts';

/** The number of a text in a field of `len` bits. */
export function numberOfText(text: string, len: number): bigint {
  let number = 0n;
  for (const byte of utf8Encode(text)) number = (number << 8n) | BigInt(byte);
  return number << BigInt(len - utf8Encode(text).length * 8);
}

/** A trailing asterisk matches every ending, unless a backslash stands before it. */
export function evaluateString(cx: RuleContext, x: SymbolX, type: Datatype): Typed {
  const bytes = utf8Encode(x.text).length;
  const len = cx.expect.len > 0 ? cx.expect.len : (bytes + 1) * 8;
  if ((bytes + 1) * 8 > len) {
    refuse('string_too_long', x.span, `string exceeds maximum length of ${len / 8 - 1}`);
  }
  if (bytes === 0) refuse('empty_string', x.span, 'empty string is not allowed');
  if (!x.text.endsWith('*')) return value(x.span, type, 'host', len, numberOfText(x.text, len));
  if (bytes === 1) refuse('only_wildcard', x.span, 'all-wildcard strings are not supported');
  if (x.text.endsWith('\\*')) {
    const plain = x.text.replace(/\\(.)/g, '$1');
    return value(x.span, type, 'host', len, numberOfText(plain, len));
  }
  const stem = x.text.slice(0, -1);
  return {
    kind: 'prefix',
    span: x.span,
    type,
    byteorder: 'host',
    len,
    prefix: value(x.span, type, 'host', len, numberOfText(stem, len)),
    prefixLen: utf8Encode(stem).length * 8,
  };
}
