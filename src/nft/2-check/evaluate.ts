// Gives every expression its type, byte order and length, and folds constants: one function per
// kind. Selectors say what the literals beside them are read as (the expectation in the context).

import { noSuchSet, unknownSymbol } from '../diagnostics/index.ts';
import { basetypeOf, integerType, isBitmask } from '../types/index.ts';
import { evaluateBinop, evaluateUnary } from './binop.ts';
import { evaluateBits, needsAdjustment } from './bits.ts';
import { evaluateConcat } from './concat.ts';
import { activeContext, expectLike, expectType, type RuleContext } from './context.ts';
import { evaluateCt, evaluateRt } from './keyed.ts';
import { knownWords, readLiteral, wordsHint } from './literals.ts';
import { evaluateElement, evaluateMap, evaluateSet } from './maps.ts';
import { refuse, refuseWith } from './refuse.ts';
import { dependOnNetwork, evaluateTunnelled } from './selectors.ts';
import { evaluateString } from './strings.ts';
import {
  type ExthdrX,
  isInteger,
  isString,
  type ListX,
  ones,
  type PrefixX,
  prefixMask,
  type RangeX,
  type SetNameX,
  type SetRefX,
  type SymbolX,
  type Typed,
  type TypedKind,
  type ValueX,
  value,
} from './typed.ts';

type Handlers = { readonly [K in TypedKind]: (cx: RuleContext, x: never) => Typed };

/** Primary expressions decide what is expected beside them. */
function primary(cx: RuleContext, x: Typed): Typed {
  expectLike(cx, x);
  return x;
}

function evaluateSymbol(cx: RuleContext, x: SymbolX): Typed {
  const type = cx.expect.type;
  if (type === undefined) return refuse('no_type', x.span, `nothing says what '${x.text}' is`);
  if (basetypeOf(type).name === 'string') return evaluateString(cx, x, type);
  const number = readLiteral(x.text, type, cx.names);
  if (number === undefined) {
    const hint = wordsHint(x.text, type);
    return refuseWith(unknownSymbol(x.span, x.text, type.desc, knownWords(type), hint));
  }
  return evaluateValue(cx, value(x.span, type, type.byteorder, type.size, number));
}

/** A number must fit what it is compared with, and takes its length and byte order. */
export function evaluateValue(cx: RuleContext, x: ValueX): Typed {
  if (isString(x)) return x;
  if (!isInteger(x)) {
    refuse('unexpected_type', x.span, `a value of type ${x.type.name} cannot stand here`);
  }
  const { max } = cx.expect;
  if (max > 0n && x.value > max) {
    refuse('value_out_of_range', x.span, `value ${x.value} exceeds valid range 0-${max}`);
  }
  const len = Math.max(cx.statementLen, cx.expect.len);
  if (x.value > ones(len)) {
    refuse('value_out_of_range', x.span, `value ${x.value} exceeds valid range 0-${ones(len)}`);
  }
  x.byteorder = cx.expect.byteorder;
  x.len = len;
  return x;
}

/** Host bits behind the prefix are dropped, as they never take part in a comparison. */
function evaluatePrefix(cx: RuleContext, x: PrefixX): Typed {
  const base = evaluate(cx, x.prefix);
  if (base.kind !== 'value') {
    return refuse('bad_prefix', x.span, 'a prefix needs a constant before the slash');
  }
  if (!isInteger(base) && !isString(base)) {
    refuse('bad_prefix', x.span, `a prefix is undefined for ${base.type.desc}`);
  }
  if (x.prefixLen > base.len) {
    const message = `prefix length ${x.prefixLen} is invalid for a type of ${base.len} bits`;
    refuse('bad_prefix', x.span, message);
  }
  base.value &= prefixMask(base.len, x.prefixLen);
  x.prefix = base;
  x.type = base.type;
  x.byteorder = base.byteorder;
  x.len = base.len;
  return x;
}

function rangeEnd(cx: RuleContext, x: Typed, of: RangeX): ValueX {
  const end = evaluate(cx, x);
  if (!isInteger(end)) refuse('bad_range', of.span, `a range is undefined for ${end.type.desc}`);
  if (end.kind !== 'value')
    return refuse('bad_range', end.span, 'the ends of a range are constants');
  return end;
}

/** Both ends typed, in the order they were written. */
export function evaluateEnds(cx: RuleContext, x: RangeX): { from: ValueX; to: ValueX } {
  const from = rangeEnd(cx, x.from, x);
  const to = rangeEnd(cx, x.to, x);
  x.from = from;
  x.to = to;
  return { from, to };
}

function evaluateRange(cx: RuleContext, x: RangeX): Typed {
  const { from, to } = evaluateEnds(cx, x);
  if (from.value > to.value) {
    refuse('bad_range', x.span, 'the range ends before it begins', {
      hint: 'write the lower end first',
    });
  }
  if (from.value === to.value) return from;
  x.type = from.type;
  x.byteorder = from.byteorder;
  x.len = from.len;
  return x;
}

/** A comma list of flags is their union. */
function evaluateList(cx: RuleContext, x: ListX): Typed {
  let bits = 0n;
  for (const item of x.items) {
    cx.depth++;
    const flag = evaluate(cx, item);
    cx.depth--;
    if (flag.kind !== 'value') {
      return refuse('bad_list', flag.span, 'a list member must be a constant value');
    }
    if (!isBitmask(flag.type)) {
      refuse('bad_list', flag.span, `${flag.type.desc} has no flags: use a set in braces`);
    }
    bits |= flag.value;
  }
  return value(x.span, cx.expect.type ?? integerType, 'host', cx.expect.len, bits);
}

const TCP_OPTIONS_BITS = 320;
const IP_OPTIONS_BITS = 320;

/** Extension headers bring their IP version, TCP options need not: the kernel looks for TCP. */
export function evaluateExthdr(cx: RuleContext, x: ExthdrX): Typed {
  const key = cx.expect.key;
  if (x.op === 'ipv4') dependOnNetwork(cx, x, 'ip');
  if (x.op === 'ipv6') dependOnNetwork(cx, x, 'ip6');
  return typeExthdr(cx, x, key);
}

/** Without the dependency: the target of `set`. */
export function typeExthdr(cx: RuleContext, x: ExthdrX, key?: Typed): Typed {
  expectLike(cx, x);
  cx.expect.key = key;
  const end = x.fieldLen + x.offset;
  if ((x.op === 'tcpopt' && end > TCP_OPTIONS_BITS) || (x.op === 'ipv4' && end > IP_OPTIONS_BITS)) {
    refuse('bad_offset', x.span, `bit ${end} lies behind the longest header`);
  }
  return needsAdjustment(x) ? evaluateBits(cx, x) : x;
}

function evaluateSetName(cx: RuleContext, x: SetNameX): Typed {
  const set = cx.table.sets.get(x.name);
  if (set === undefined) return refuseWith(noSuchSet(x.span, x.name, cx.table.sets.keys()));
  const { key } = set;
  return evaluateSetRef(cx, {
    kind: 'setref',
    span: x.span,
    type: key.type,
    byteorder: key.byteorder,
    len: key.len,
    set,
  });
}

function evaluateSetRef(cx: RuleContext, x: SetRefX): Typed {
  expectType(cx, x.set.key.type, x.set.key.len);
  cx.expect.key = x.set.key;
  return x;
}

/** numgen and hashes take on the type they are used as, if that is a 4-byte integer. */
function adopt(cx: RuleContext, x: Typed): void {
  const { type, len } = cx.expect;
  if (type?.base !== integerType || len !== 32) return;
  x.type = type;
  x.len = len;
}

/** Filled in by net/bridge/netfilter/nft_meta_bridge.c. */
const BRIDGE_KEYS = new Set(['ibrname', 'obrname', 'ibrpvid', 'ibrvproto', 'ibrhwaddr']);

const handlers: Handlers = {
  symbol: evaluateSymbol,
  value: evaluateValue,
  range: evaluateRange,
  prefix: evaluatePrefix,
  concat: evaluateConcat,
  list: evaluateList,
  set: evaluateSet,
  elem: evaluateElement,
  catchall: (cx: RuleContext, x: Typed) => {
    if (cx.set !== undefined) x.len = cx.set.key.len;
    return x;
  },
  unary: evaluateUnary,
  binop: evaluateBinop,
  map: evaluateMap,
  setref: evaluateSetRef,
  setname: evaluateSetName,
  verdict: primary,
  payload: evaluateTunnelled,
  meta: (cx: RuleContext, x: Typed & { kind: 'meta' }) => {
    const { name } = x.key;
    const { family } = activeContext(cx);
    if (name === 'nfproto' && family !== 'inet') {
      refuse('wrong_family', x.span, 'meta nfproto is only useful in the inet family');
    }
    if (name === 'nftrace' || name === 'broute') {
      refuse('write_only', x.span, `meta ${name} can be set but not matched`);
    }
    if (BRIDGE_KEYS.has(name) && family !== 'bridge') {
      refuse('wrong_family', x.span, `meta ${name} is known in the bridge family only`);
    }
    if (name === 'day') {
      expectLike(cx, x, 6n);
      return x;
    }
    return primary(cx, x);
  },
  ct: evaluateCt,
  exthdr: evaluateExthdr,
  rt: evaluateRt,
  socket: (cx: RuleContext, x: Typed & { kind: 'socket' }) => {
    const flag = x.key.name === 'transparent' || x.key.name === 'wildcard';
    expectLike(cx, x, flag ? 1n : 0n);
    return x;
  },
  osf: primary,
  fib: primary,
  xfrm: (cx: RuleContext, x: Typed) => {
    const { family } = activeContext(cx);
    if (family !== 'ip' && family !== 'ip6' && family !== 'inet') {
      refuse('wrong_family', x.span, 'ipsec can be matched in ip, ip6 and inet tables only');
    }
    return primary(cx, x);
  },
  tunnel: primary,
  numgen: (cx: RuleContext, x: Typed & { kind: 'numgen' }) => {
    adopt(cx, x);
    expectLike(cx, x, BigInt(x.mod + x.offset - 1));
    return x;
  },
  hash: (cx: RuleContext, x: Typed & { kind: 'hash' }) => {
    adopt(cx, x);
    expectType(cx, undefined, 0);
    const expr = x.expr === undefined ? undefined : evaluate(cx, x.expr);
    const result = expr === undefined ? x : { ...x, expr };
    expectLike(cx, result, BigInt(x.mod + x.offset - 1));
    return result;
  },
};

/** Types an expression; the result takes its place. */
export function evaluate(cx: RuleContext, x: Typed): Typed {
  // TypeScript cannot relate a table to its own key union; the mapped type above is the proof.
  const handle = handlers[x.kind] as (cx: RuleContext, x: Typed) => Typed;
  return handle(cx, x);
}
