// The text of a `typeof` that a set's userdata describes.

import { FIB_FLAGS, FIB_RESULTS, SOCKET_KEYS } from './expr/keys.ts';
import * as names from './typeof-names.ts';
import * as n from './typeof-numbers.ts';
import { wordsOf } from './unencodable.ts';
import type { Userdata } from './userdata.ts';

const { EXPR, EXTHDR, PAYLOAD } = n;

/** `tcp dport`: the first header of that number which has the field. */
function nameOf(
  table: ReadonlyMap<string, names.Header>,
  id: number,
  field: number,
): string | undefined {
  for (const [name, header] of table) {
    const word = header.id === id ? header.fields[field] : undefined;
    if (word) return `${name} ${word}`;
  }
  return undefined;
}

function readPayload(data: Userdata, number: (type: number) => number): string | undefined {
  const desc = number(PAYLOAD.desc);
  if (desc === 0) {
    const base = n.BASES[number(PAYLOAD.base)];
    return base && `@${base},${number(PAYLOAD.offset)},${number(PAYLOAD.len)}`;
  }
  const text = nameOf(names.PROTOCOLS, desc, number(PAYLOAD.type));
  const inner = data.u32host(PAYLOAD.innerDesc);
  if (inner === undefined || text === undefined) return text;
  const tunnel = [...names.PROTOCOLS].find(([, { id }]) => id === inner)?.[0];
  return tunnel && `${tunnel} ${text}`;
}

function readExthdr(number: (type: number) => number): string | undefined {
  const [desc, type, op] = [number(EXTHDR.desc), number(EXTHDR.type), number(EXTHDR.op)];
  if (op === 0) return nameOf(names.EXTENSIONS, desc, type);
  const found = n.OPTIONS.find((option) => option.op === op);
  const text = found && nameOf(found.table, desc, type);
  return text && `${found.head} ${text}`;
}

function readMeta(key: number): string | undefined {
  const word = names.META_WORDS[key];
  return word && (names.UNQUALIFIED.has(word) ? word : `meta ${word}`);
}

function readCt(key: number, dir: number): string | undefined {
  const [word, direction] = [names.CT_WORDS[key], n.DIRECTIONS[dir]];
  return word && `ct ${direction === undefined ? '' : `${direction} `}${word}`;
}

function readXfrm(key: number, spnum: number, dir: number): string | undefined {
  const [word, direction] = [names.XFRM_WORDS[key], n.XFRM_DIRECTIONS[dir]];
  if (!word || direction === undefined) return undefined;
  return `ipsec ${direction} ${spnum === 0 ? '' : `spnum ${spnum} `}${word}`;
}

function readNumgen(mode: number, mod: number, offset: number): string | undefined {
  const word = n.NUMGEN[mode];
  return word && `numgen ${word} mod ${mod}${offset === 0 ? '' : ` offset ${offset}`}`;
}

function readFib(result: number, flags: number): string | undefined {
  const word = FIB_RESULTS[result];
  return word && `fib ${wordsOf(FIB_FLAGS, flags).join(' . ')} ${word}`;
}

function readSocket(key: number, level: number | undefined): string | undefined {
  const word = SOCKET_KEYS[key];
  return word && `socket ${word}${level === undefined ? '' : ` level ${level}`}`;
}

function readRt(key: number): string | undefined {
  const word = names.RT_WORDS[key];
  return word && `rt ${word}`;
}

function readOne(entry: Userdata): string | undefined {
  const data = entry.nested(n.TYPEOF_DATA);
  if (data === undefined) return undefined;
  const number = (type: number): number => data.u32host(type) ?? 0;
  switch (entry.u32host(n.TYPEOF_EXPR)) {
    case EXPR.payload:
      return readPayload(data, number);
    case EXPR.exthdr:
      return readExthdr(number);
    case EXPR.meta:
      return readMeta(number(0));
    case EXPR.ct:
      return readCt(number(0), number(1));
    case EXPR.socket:
      return readSocket(number(0), data.u32host(1));
    case EXPR.osf:
      return 'osf name';
    case EXPR.rt:
      return readRt(number(0));
    case EXPR.fib:
      return readFib(number(0), number(1));
    case EXPR.xfrm:
      return readXfrm(number(0), number(1), number(2));
    case EXPR.numgen:
      return readNumgen(number(0), number(1), number(2));
    default:
      return undefined;
  }
}

/** The text of the entry `type`; undefined for none, and for what has no words here. */
export function readTypeof(userdata: Userdata, type: number): string | undefined {
  const entry = userdata.nested(type);
  if (entry?.u32host(n.TYPEOF_EXPR) !== EXPR.concat) return entry && readOne(entry);
  const fields = entry.nested(n.TYPEOF_DATA)?.all().map(readOne) ?? [];
  return fields.length > 0 && fields.every((field) => field !== undefined)
    ? fields.join(' . ')
    : undefined;
}
