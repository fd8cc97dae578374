// `typeof`: sets described by what they are looked up with.

import type { SetSpec } from '../../program/index.ts';
import { readTypeof } from '../4-list/typeof.ts';
import { NO_SPAN, type Span } from '../ast/index.ts';
import { concatType, integerType, paddedBits, sizedInteger } from '../types/index.ts';
import { allocate } from './allocate.ts';
import { Refused, refuse } from './refuse.ts';
import { bytesOf, isInteger, type Typed, value } from './typed.ts';

/** Selectors whose values have a fixed meaning; others cannot describe a set. */
function checkTypeof(x: Typed): void {
  const ok = ['payload', 'exthdr', 'meta', 'ct', 'rt', 'socket', 'osf', 'fib', 'xfrm', 'binop'];
  if (![...ok, 'numgen', 'hash', 'tunnel'].includes(x.kind)) {
    refuse('bad_typeof', x.span, `a ${x.kind} cannot tell the type of a set`);
  }
  if (x.len === 0 && x.type.size === 0 && x.kind !== 'binop') {
    refuse('ambiguous_address', x.span, 'specify either ip or ip6 for address matching');
  }
}

/** The key that an expression tells: its type, byte order and length. */
export function typeofKey(x: Typed): Typed {
  if (x.kind === 'binop') return typeofKey(x.left);
  if (x.kind !== 'concat') {
    checkTypeof(x);
    return x;
  }
  x.items = x.items.map((item) => {
    const field = typeofKey(item);
    // Only loads of whole or part bytes have a width of their own beside their type.
    const sized = isInteger(field) && field.type.size === 0;
    return sized ? { ...field, type: sizedInteger(field.type, field.len, field.byteorder) } : field;
  });
  x.fieldLens = x.items.map((item) => bytesOf(item.len));
  x.type = concatType(x.items.map((item) => item.type));
  x.len = x.items.reduce((bits, item) => bits + paddedBits(item.len), 0);
  return x;
}

const QUEUE_BITS = 16;

/** The numbers of `queue to`. */
export const queueNumber = (span: Span): Typed =>
  value(span, sizedInteger(integerType, QUEUE_BITS, 'host'), 'host', QUEUE_BITS, 0n);

function readBack(text: string): Typed | undefined {
  try {
    return typeofKey(allocate(readTypeof(text)));
  } catch (thrown) {
    if (thrown instanceof Refused) return undefined;
    throw thrown;
  }
}

/** Key and data of a set in a program, where expressions told them; a plain type says less. */
export function describedBy(set: SetSpec): { readonly key?: Typed; readonly data?: Typed } {
  const key = set.keyTypeof === undefined ? undefined : readBack(set.keyTypeof);
  const isQueue = set.dataTypeof === 'queue';
  const data =
    set.dataTypeof === undefined
      ? undefined
      : isQueue
        ? queueNumber(NO_SPAN)
        : readBack(set.dataTypeof);
  return { ...(key !== undefined && { key }), ...(data !== undefined && { data }) };
}
