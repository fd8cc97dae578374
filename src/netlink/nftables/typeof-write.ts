// A `typeof` as entries of a set's userdata.

import { FIB_FLAGS, FIB_RESULTS, SOCKET_KEYS } from './expr/keys.ts';
import * as names from './typeof-names.ts';
import * as n from './typeof-numbers.ts';
import { bitsOf } from './unencodable.ts';
import type { UserdataWriter } from './userdata.ts';

const { EXPR, EXTHDR, PAYLOAD } = n;

/** No direction of a connection: nftables has -1. */
const NO_DIRECTION = 0xffffffff;

/** Numbers of an expression, by the type of their entry. */
type Numbers = readonly (readonly [type: number, value: number])[];

interface Described {
  readonly expr: number;
  readonly numbers: Numbers;
}

const describe = (expr: number, ...numbers: Numbers): Described => ({ expr, numbers });
const keyed = (expr: number, key: number | undefined): Described | undefined =>
  key === undefined ? undefined : describe(expr, [0, key]);
/** The place of a word, undefined where it is no word of the list. */
const placeOf = (words: readonly (string | undefined)[], word: string): number | undefined => {
  const at = words.indexOf(word);
  return at < 0 || word === '' ? undefined : at;
};

/** A word and what follows it. */
function headAndRest(text: string): readonly [string, string] {
  const space = text.indexOf(' ');
  return space < 0 ? [text, ''] : [text.slice(0, space), text.slice(space + 1)];
}

function describeRaw(text: string): Described | undefined {
  const [, word = '', offset, len] = /^@(\w+),(\d+),(\d+)$/.exec(text) ?? [];
  const base = placeOf(n.BASES, word);
  if (base === undefined) return undefined;
  return describe(
    EXPR.payload,
    [PAYLOAD.desc, 0],
    [PAYLOAD.type, 0],
    [PAYLOAD.base, base],
    [PAYLOAD.offset, Number(offset)],
    [PAYLOAD.len, Number(len)],
  );
}

function describeOption(text: string): Described | undefined {
  const found = n.OPTIONS.find(({ head }) => text.startsWith(`${head} `));
  if (found === undefined) return undefined;
  const [name = '', field = ''] = text.slice(found.head.length + 1).split(' ');
  const option = found.table.get(name === 'sack0' ? 'sack' : name);
  const type = option && placeOf(option.fields, field);
  if (option === undefined || type === undefined) return undefined;
  const { op } = found;
  return describe(EXPR.exthdr, [EXTHDR.type, type], [EXTHDR.op, op], [EXTHDR.desc, option.id]);
}

function describeExtension(text: string): Described | undefined {
  const [name, field] = headAndRest(text);
  const extension = names.EXTENSIONS.get(name);
  const type = extension && placeOf(extension.fields, field);
  if (extension === undefined || type === undefined) return undefined;
  return describe(EXPR.exthdr, [EXTHDR.type, type], [EXTHDR.desc, extension.id]);
}

/** A header's field; behind the name of a tunnel, that of the packet inside. */
function describeHeader(text: string): Described | undefined {
  const [name, field] = headAndRest(text);
  const protocol = names.PROTOCOLS.get(name);
  if (protocol === undefined) return undefined;
  const type = placeOf(protocol.fields, field);
  if (type !== undefined) {
    return describe(EXPR.payload, [PAYLOAD.desc, protocol.id], [PAYLOAD.type, type]);
  }
  const inner = describeHeader(field);
  return inner && describe(EXPR.payload, ...inner.numbers, [PAYLOAD.innerDesc, protocol.id]);
}

function describeCt(rest: string): Described | undefined {
  const [first, after] = headAndRest(rest);
  const dir = placeOf(n.DIRECTIONS, first);
  const key = placeOf(names.CT_WORDS, dir === undefined ? rest : after);
  return key === undefined ? undefined : describe(EXPR.ct, [0, key], [1, dir ?? NO_DIRECTION]);
}

function describeFib(rest: string): Described | undefined {
  const words = rest.split(' ').filter((word) => word !== '.');
  const result = placeOf(FIB_RESULTS, words.pop() ?? '');
  const flags = FIB_FLAGS.filter((flag) => words.includes(flag));
  if (result === undefined || flags.length !== words.length) return undefined;
  return describe(EXPR.fib, [0, result], [1, bitsOf(FIB_FLAGS, flags)]);
}

function describeXfrm(rest: string): Described | undefined {
  const [, word = '', spnum = '0', name = ''] = /^(in|out) (?:spnum (\d+) )?(.+)$/.exec(rest) ?? [];
  const [dir, key] = [placeOf(n.XFRM_DIRECTIONS, word), placeOf(names.XFRM_WORDS, name)];
  if (dir === undefined || key === undefined) return undefined;
  return describe(EXPR.xfrm, [0, key], [1, Number(spnum)], [2, dir]);
}

function describeNumgen(rest: string): Described | undefined {
  const [, word = '', mod, offset = '0'] =
    /^(inc|random) mod (\d+)(?: offset (\d+))?$/.exec(rest) ?? [];
  const mode = placeOf(n.NUMGEN, word);
  if (mode === undefined) return undefined;
  return describe(EXPR.numgen, [0, mode], [1, Number(mod)], [2, Number(offset)]);
}

function describeSocket(rest: string): Described | undefined {
  const [, word = '', level] = /^(\w+)(?: level (\d+))?$/.exec(rest) ?? [];
  const key = placeOf(SOCKET_KEYS, word);
  if (key === undefined) return undefined;
  return level === undefined
    ? describe(EXPR.socket, [0, key])
    : describe(EXPR.socket, [0, key], [1, Number(level)]);
}

/** One expression that is no concatenation; undefined for what has no userdata in nftables. */
function describeOne(text: string): Described | undefined {
  const [head, rest] = headAndRest(text);
  if (names.UNQUALIFIED.has(text)) return keyed(EXPR.meta, placeOf(names.META_WORDS, text));
  switch (head) {
    case 'meta':
      return keyed(EXPR.meta, placeOf(names.META_WORDS, rest));
    case 'ct':
      return describeCt(rest);
    case 'fib':
      return describeFib(rest);
    case 'ipsec':
      return describeXfrm(rest);
    case 'numgen':
      return describeNumgen(rest);
    case 'socket':
      return describeSocket(rest);
    case 'osf':
      return rest === 'name' ? describe(EXPR.osf) : undefined;
    case 'rt':
      return keyed(EXPR.rt, placeOf(names.RT_WORDS, rest)) ?? describeExtension(text);
    default:
      return (
        describeRaw(text) ?? describeOption(text) ?? describeExtension(text) ?? describeHeader(text)
      );
  }
}

/** The fields of a concatenation; the dots between the flags of a fib are its own. */
function fieldsOfText(text: string): readonly string[] {
  const fields: string[] = [];
  let open = false;
  for (const part of text.split(' . ')) {
    if (open) fields[fields.length - 1] += ` . ${part}`;
    else fields.push(part);
    const isFib = part.startsWith('fib ');
    if (open || isFib) open = part.split(' ').length < (isFib ? 3 : 2);
  }
  return fields;
}

function writeDescribed(w: UserdataWriter, { expr, numbers }: Described): void {
  w.u32host(n.TYPEOF_EXPR, expr);
  w.nested(n.TYPEOF_DATA, (data) => {
    for (const [type, value] of numbers) data.u32host(type, value);
  });
}

/** Writes `text` as the entry `type`; nothing where nftables has no userdata for it either. */
export function writeTypeof(w: UserdataWriter, type: number, text: string | undefined): void {
  if (text === undefined) return;
  const fields = fieldsOfText(text).map(describeOne);
  if (!fields.every((field) => field !== undefined)) return;
  const [only] = fields;
  w.nested(type, (typeOf) => {
    if (fields.length === 1 && only !== undefined) return writeDescribed(typeOf, only);
    typeOf.u32host(n.TYPEOF_EXPR, EXPR.concat);
    typeOf.nested(n.TYPEOF_DATA, (list) => {
      fields.forEach((field, i) => {
        list.nested(i, (item) => writeDescribed(item, field));
      });
    });
  });
}

/** What the data of a verdict map is said to be beside a key with `typeof`. */
export const writeVerdict = (w: UserdataWriter, type: number): void => {
  w.nested(type, (typeOf) => writeDescribed(typeOf, describe(EXPR.verdict)));
};
