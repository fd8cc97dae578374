// The second pass over a rule: with the protocol context of what came before, raw loads become
// fields, masks become prefixes, bit fields or flags, two bounds become a range, and matches that
// a later one implies are dropped (expr_postprocess and its kin in netlink_delinearize.c).

import type { Family } from '../../program/index.ts';
import {
  basetypeOf,
  booleanType,
  concatType,
  ctEventType,
  type Datatype,
  datatypeOf,
  type Exthdr,
  ethertypeType,
  exthdrByType,
  type Field,
  IP_OPTIONS,
  IPV6_EXTHDRS,
  integerType,
  invalidType,
  ip6addrType,
  ipaddrType,
  isBitmask,
  SCTP_CHUNKS,
  stringType,
  TCP_OPTIONS,
  xintegerType,
} from '../types/index.ts';
import {
  afterKeyMatch,
  isIcmp,
  isProtocolKey,
  type Layers,
  layersOf,
  learnFromPayload,
  type Match,
  release,
  storePayload,
} from './layers.ts';
import type { Lifted } from './lift.ts';
import {
  type BinopOperand,
  type ConcatOperand,
  constantOf,
  type ExthdrOperand,
  isPrefixMask,
  type ListOperand,
  lowestBit,
  type MapOperand,
  type Operand,
  ones,
  type PayloadOperand,
  prefixLength,
  runEnd,
  type SetOperand,
  type Tunnel,
  type ValueOperand,
} from './operand.ts';
import {
  completePayload,
  expandPayload,
  fieldAround,
  isKnown,
  killDependency,
  payloadType,
  trimPayload,
  trimRaw,
} from './payload.ts';

/** A rule being resolved: one protocol context outside tunnels, and one inside. */
export interface Resolver {
  readonly outer: Layers;
  readonly inner: Layers;
  tunnel: Tunnel | undefined;
  readonly out: Lifted[];
}

/** Inside every tunnel a packet is as in the bridge or inet family (proto_ctx_init, inner). */
export const resolverOf = (family: Family): Resolver => ({
  outer: layersOf(family),
  inner: layersOf('bridge'),
  tunnel: undefined,
  out: [],
});

export const layersFor = (r: Resolver, tunnel: Tunnel | undefined): Layers =>
  tunnel === undefined ? r.outer : r.inner;

const isSetValue = (o: Operand): o is SetOperand => o.kind === 'set';

const EXTHDRS: Readonly<Record<ExthdrOperand['op'], ReadonlyMap<string, Exthdr>>> = {
  ipv6: IPV6_EXTHDRS,
  tcpopt: TCP_OPTIONS,
  ipv4: IP_OPTIONS,
  sctp: SCTP_CHUNKS,
  dccp: new Map(),
};

/** Routing headers share places: nft reads the segment routing header there first. */
const routingRank = (header: Exthdr): number => (header.name === 'srh' ? 0 : 1);

/** Finds the header by its type and the field by its place; several headers share a type. */
function completeExthdr(o: ExthdrOperand): void {
  const headers = [...EXTHDRS[o.op].values()].filter((header) => header.type === o.type);
  headers.sort((a, b) => routingRank(a) - routingRank(b));
  const fallback = exthdrByType(EXTHDRS[o.op], o.type);
  if (fallback !== undefined) o.header = fallback;
  if (o.present) return;
  const fits = [
    (f: Field) => f.len === o.bits,
    // Fewer bytes than an address has: a prefix of it is compared.
    (f: Field) => f.len > o.bits && hasPrefixes(f.type),
  ];
  for (const fit of fits) {
    for (const header of headers) {
      const field = header.fields.find((f) => f.offset === o.offset && fit(f));
      if (field === undefined) continue;
      o.header = header;
      o.field = field;
      return;
    }
  }
}

/** A field of an extension header by the run of its mask; gives the shift of the values. */
function trimExthdr(o: ExthdrOperand, mask: ValueOperand): number | undefined {
  const low = lowestBit(mask.value);
  if (o.present || low < 0 || o.field !== undefined) return undefined;
  const offset = o.offset + Math.ceil(mask.bits / 8) * 8 - runEnd(mask.value);
  const len = runEnd(mask.value) - low;
  for (const header of EXTHDRS[o.op].values()) {
    if (header.type !== o.type) continue;
    const field = header.fields.find((f) => f.offset === offset && f.len === len);
    if (field === undefined) continue;
    o.offset = offset;
    o.bits = len;
    o.header = header;
    o.field = field;
    return low;
  }
  return undefined;
}

/** The datatype of an operand once it is resolved. */
export function typeOf(o: Operand): Datatype {
  switch (o.kind) {
    case 'payload':
      return payloadType(o);
    case 'exthdr':
      if (o.present) return booleanType;
      return o.field?.type ?? integerType;
    case 'selector':
      return o.type === invalidType ? addressType(o.bits) : o.type;
    case 'binop':
      return o.op === '<<' || o.op === '>>' ? xintegerType : typeOf(o.left);
    case 'concat':
      return concatType(o.items.map(typeOf));
    case 'map':
      return datatypeOf(o.mapping.set.dataType ?? 'integer') ?? integerType;
    case 'set':
      return datatypeOf(o.set.keyType) ?? integerType;
    case 'range':
      return typeOf(o.from);
    default:
      return integerType;
  }
}

const addressType = (bits: number): Datatype =>
  bits === 32 ? ipaddrType : bits === 128 ? ip6addrType : integerType;

/** nft writes prefixes of addresses only (datatype_prefix_notation). */
export const hasPrefixes = (type: Datatype): boolean => type === ipaddrType || type === ip6addrType;

/** ct saddr takes the width of an address of the IP version known here. */
function typeCtAddress(r: Resolver, o: Extract<Operand, { kind: 'selector' }>): void {
  if (o.type !== invalidType || o.bits !== 0) return;
  const version = r.outer.at.nh?.name;
  o.bits = version === 'ip' ? 32 : version === 'ip6' ? 128 : 0;
}

/** Resolves an operand outside of a comparison. */
export function resolve(r: Resolver, o: Operand): Operand {
  switch (o.kind) {
    case 'payload': {
      const layers = layersFor(r, o.tunnel);
      if (o.tunnel !== undefined) releaseTunnel(r, o.tunnel);
      if (o.tunnel === undefined || o.base !== 'ih') completePayload(layers, o);
      killDependency(layers, o);
      return o;
    }
    case 'exthdr':
      completeExthdr(o);
      if (o.op === 'tcpopt') release(r.outer, 'th');
      else if (o.op === 'ipv6' || o.op === 'ipv4') release(r.outer, 'nh');
      return o;
    case 'selector':
      typeCtAddress(r, o);
      return o;
    case 'binop':
      return resolveBinop(r, o);
    case 'concat':
      o.items = o.items.map((item) => resolveField(r, item));
      return o;
    case 'map':
      return resolveMap(r, o);
    case 'range':
      o.from = resolve(r, o.from);
      o.to = resolve(r, o.to);
      return o;
    case 'jhash':
      o.arg = resolve(r, o.arg);
      return o;
    default:
      return o;
  }
}

/** GRE is matched by its protocol number alone, which the tunnel's name implies. */
function releaseTunnel(r: Resolver, tunnel: Tunnel): void {
  if (tunnel !== 'gre' && tunnel !== 'gretap') return;
  const dep = r.outer.pending.th;
  if (dep?.left.kind !== 'selector' || dep.left.key !== 'l4proto') return;
  if (dep.right.kind === 'value' && dep.right.value === 47n) release(r.outer, 'th');
}

/** `load & mask` as a field, if the mask cuts one out. */
function asField(r: Resolver, o: BinopOperand): Operand | undefined {
  if (o.op !== '&' || o.right.kind !== 'value') return undefined;
  if (o.left.kind === 'exthdr') {
    return trimExthdr(o.left, o.right) === undefined ? undefined : o.left;
  }
  if (o.left.kind !== 'payload') return undefined;
  const layers = layersFor(r, o.left.tunnel);
  if (trimPayload(layers, o.left, o.right) === undefined) return undefined;
  completePayload(layers, o.left);
  killDependency(layers, o.left);
  return o.left;
}

/** In a concatenation or a set statement a mask has no comparison to wait for. */
function resolveField(r: Resolver, o: Operand): Operand {
  if (o.kind !== 'binop') return resolve(r, o);
  return asField(r, o) ?? resolve(r, o);
}

const isShiftOfField = (o: BinopOperand): boolean =>
  o.op === '>>' &&
  o.left.kind === 'binop' &&
  o.left.op === '&' &&
  (o.left.left.kind === 'payload' || o.left.left.kind === 'exthdr');

function resolveBinop(r: Resolver, o: BinopOperand): Operand {
  if (isShiftOfField(o)) {
    const field = asField(r, o.left as BinopOperand);
    if (field !== undefined) return field;
  }
  o.left = resolve(r, o.left);
  o.right = resolve(r, o.right);
  return o;
}

function resolveMap(r: Resolver, o: MapOperand): Operand {
  const { key } = o;
  if (key.kind === 'binop' && key.op === '&' && key.right.kind === 'value') {
    const shift = trimKey(r, key);
    if (shift !== undefined) {
      o.mapping.shift = shift;
      o.key = key.left;
      o.mapping.bits = key.left.bits;
      return o;
    }
  }
  o.key = resolve(r, key);
  return o;
}

/** Narrows the load under a mask to a field; the shift to apply to the values, or undefined. */
function trimKey(r: Resolver, o: BinopOperand): number | undefined {
  const { left, right } = o;
  if (right.kind !== 'value') return undefined;
  if (left.kind === 'exthdr') return trimExthdr(left, right);
  if (left.kind !== 'payload') return undefined;
  const layers = layersFor(r, left.tunnel);
  const shift = trimPayload(layers, left, right);
  if (shift === undefined) return undefined;
  completePayload(layers, left);
  killDependency(layers, left);
  return shift;
}

/** vmap keys, outside of any comparison. */
export function resolveVmap(r: Resolver, key: Operand, mapping: SetOperand): Operand {
  const map: MapOperand = { kind: 'map', bits: 0, key, mapping };
  resolveMap(r, map);
  return map.key;
}

const emit = (r: Resolver, match: Match): void => {
  r.out.push(match);
};

/** A comparison. What it resolves to goes out; it may be several, or merge with the one before. */
export function resolveMatch(r: Resolver, match: Match): void {
  const before = r.out.length;
  const { left } = match;
  if (left.kind === 'payload') resolvePayloadMatch(r, match, left);
  else resolveOtherMatch(r, match);
  const last = r.out.at(-1);
  if (r.out.length !== before && last?.kind === 'match') {
    mergeRange(r, last);
    r.outer.previous = r.out.at(-1) as Match;
  }
}

function resolvePayloadMatch(r: Resolver, match: Match, left: PayloadOperand): void {
  const equality = match.op === 'eq' || match.op === 'neq';
  if (equality && match.right.kind === 'value') {
    expandMatch(r, match, left, match.right);
    return;
  }
  const layers = layersFor(r, left.tunnel);
  if (equality && isSetValue(match.right)) noteIcmpSet(layers, left, match.right);
  resolve(r, left);
  emit(r, match);
}

/** The first of a set of ICMP types stands for all when fields are looked up. */
function noteIcmpSet(layers: Layers, left: PayloadOperand, right: SetOperand): void {
  const first = right.set.elements[0];
  if (!right.set.flags.includes('anonymous') || first === undefined) return;
  if (left.base !== 'th' || left.bits !== 8 || left.offset !== 0 || layers.icmpType !== 0) return;
  if (isIcmp(layers.at.th) && first.keyEnd === undefined) {
    layers.icmpType = Number(constantOf(first.key).value);
  }
}

/** One comparison of neighbouring fields as one each. */
function expandMatch(r: Resolver, match: Match, left: PayloadOperand, right: ValueOperand): void {
  const layers = layersFor(r, left.tunnel);
  const known = left.tunnel !== undefined && left.base === 'ih' && left.field !== undefined;
  const parts = known ? [left] : expandPayload(layers, left);
  let rest = right.bits;
  for (const part of parts) {
    rest -= part.bits;
    const value = (right.value >> BigInt(rest)) & ones(part.bits);
    const piece: Match = { ...match, left: part, right: constantFor(part, value) };
    if (match.op === 'eq' && piece.right.kind === 'value' && isProtocolKey(part)) {
      learnFromPayload(layers, part, piece.right.value);
    }
    if (part.tunnel !== undefined) releaseTunnel(r, part.tunnel);
    const wasKey = match.op === 'eq' && isProtocolKey(part) && piece.right.kind === 'value';
    killDependency(layers, part);
    if (wasKey) storePayload(layers, piece, part.base);
    emit(r, piece);
  }
}

/** Fewer bytes than the field has were compared: a prefix of it. */
function constantFor(part: PayloadOperand, value: bigint): Operand {
  const full = part.field?.len ?? part.bits;
  if (part.bits >= full) return { kind: 'value', bits: part.bits, value };
  const shifted = value << BigInt(full - part.bits);
  const len = part.bits;
  part.bits = full;
  return { kind: 'prefix', bits: full, value: { kind: 'value', bits: full, value: shifted }, len };
}

function resolveOtherMatch(r: Resolver, match: Match): void {
  reverseHours(match);
  const outcome = match.left.kind === 'binop' ? binopMatch(r, match, match.left) : 'untouched';
  if (outcome === 'untouched') {
    match.left = resolve(r, match.left);
  } else if (outcome === 'field' && match.left.kind === 'payload') {
    // The mask was part of the field: what is left is a comparison like any other.
    resolvePayloadMatch(r, match, match.left);
    return;
  }
  widen(match);
  if (match.left.kind === 'selector' && match.op === 'eq') {
    const layers = layersFor(r, match.left.tunnel);
    afterKeyMatch(layers, match, match.left, ethertypeType);
  }
  if (match.left.kind === 'selector' && match.left.tunnel !== undefined) {
    releaseTunnel(r, match.left.tunnel);
  }
  emit(r, match);
}

/** A constant shorter than what it is compared with is a prefix, unless it is text. */
function widen(match: Match): void {
  const { left, right } = match;
  const bits = widthOf(left);
  if (right.kind !== 'value' || bits <= right.bits) return;
  if (basetypeOf(typeOf(left)) === stringType || bits % 8 !== 0) return;
  const value = right.value << BigInt(bits - right.bits);
  match.right = { kind: 'prefix', bits, value: { kind: 'value', bits, value }, len: right.bits };
}

function widthOf(o: Operand): number {
  if (o.kind === 'exthdr') return o.field?.len ?? 0;
  return o.kind === 'selector' ? o.bits : 0;
}

/** The kernel keeps UTC: a range of hours over midnight there is "not" its complement. */
function reverseHours(match: Match): void {
  const { left, right } = match;
  if (left.kind !== 'selector' || left.key !== 'hour' || right.kind !== 'range') return;
  if (match.op !== 'neq' || right.from.kind !== 'value' || right.to.kind !== 'value') return;
  if (right.from.value > right.to.value) return;
  match.right = { ...right, from: right.to, to: right.from };
  match.op = 'implicit';
}

/** `field`: the left side came down to a field, which is still to be looked at as one. */
type Outcome = 'untouched' | 'field' | 'done';

/** A comparison with something masked or shifted. */
function binopMatch(r: Resolver, match: Match, binop: BinopOperand): Outcome {
  if (binop.op === '>>' && isShiftOfField(binop)) return shiftMatch(r, match, binop);
  if (binop.op !== '&' || binop.right.kind !== 'value') return 'untouched';
  const mask = binop.right;
  const plain = resolve(r, binop.left);
  binop.left = plain;
  const type = typeOf(plain);
  const { right } = match;
  const equality = match.op === 'eq' || match.op === 'neq';
  if (equality && isBitmask(type) && right.kind === 'value' && right.value === 0n) {
    match.left = plain;
    match.right = flagList(mask);
    match.op = match.op === 'neq' ? 'implicit' : 'negate';
    return 'done';
  }
  if (hasPrefixes(type) && right.kind === 'value' && isPrefixMask(mask.value, mask.bits)) {
    match.left = plain;
    match.right = {
      kind: 'prefix',
      bits: right.bits,
      value: right,
      len: prefixLength(mask.value),
    };
    return 'done';
  }
  return trimMatch(r, match, binop, mask);
}

function trimMatch(r: Resolver, match: Match, binop: BinopOperand, mask: ValueOperand): Outcome {
  const { left } = binop;
  const shift =
    left.kind === 'payload'
      ? trimPayload(layersFor(r, left.tunnel), left, mask)
      : left.kind === 'exthdr'
        ? trimExthdr(left, mask)
        : undefined;
  if (shift !== undefined) {
    match.right = shifted(match.right, shift, left.bits);
    match.left = left;
    return 'field';
  }
  if (left.kind === 'payload' && match.right.kind === 'value') {
    const raw = trimRaw(left, mask);
    if (raw !== undefined) {
      match.right = shifted(match.right, raw, left.bits);
      match.left = left;
      return 'done';
    }
  }
  match.left = binop;
  return 'done';
}

function shiftMatch(r: Resolver, match: Match, binop: BinopOperand): Outcome {
  const field = asField(r, binop.left as BinopOperand);
  if (field === undefined) return 'untouched';
  match.left = field;
  return 'done';
}

/** Constants brought down to the bits of the field they are compared with. */
function shifted(o: Operand, shift: number, bits: number): Operand {
  switch (o.kind) {
    case 'value':
      return { kind: 'value', bits, value: o.value >> BigInt(shift) };
    case 'range':
      return { ...o, bits, from: shifted(o.from, shift, bits), to: shifted(o.to, shift, bits) };
    case 'set':
      return o.set.flags.includes('anonymous') ? { ...o, bits, shift } : o;
    default:
      return o;
  }
}

/** The bits of a mask, each as a flag of its own. */
export function flagList(mask: ValueOperand): ListOperand | ValueOperand {
  const items: ValueOperand[] = [];
  for (let bit = 0n; bit < BigInt(mask.bits); bit++) {
    if (((mask.value >> bit) & 1n) === 1n) {
      items.push({ kind: 'value', bits: mask.bits, value: 1n << bit });
    }
  }
  return items.length === 1 ? items[0]! : { kind: 'list', bits: mask.bits, items };
}

const sameKind = (a: Operand, b: Operand): boolean => a.kind === b.kind;

/** `>= a` followed by `<= b` is a range, as `< a` followed by `> b` is "not" one. */
function mergeRange(r: Resolver, match: Match): void {
  const prev = r.outer.previous;
  if (prev === undefined || r.out.at(-2) !== prev || !sameKind(prev.left, match.left)) return;
  const op =
    match.op === 'lte' && prev.op === 'gte'
      ? 'eq'
      : match.op === 'gt' && prev.op === 'lt'
        ? 'neq'
        : undefined;
  if (op === undefined) return;
  prev.dead = true;
  const range: Operand = {
    kind: 'range',
    bits: match.right.bits,
    from: prev.right,
    to: match.right,
  };
  r.out[r.out.length - 1] = { ...match, op, right: range };
}

/** A write to a whole field, or to some bits of the bytes it shares with others. */
export function resolveWrite(
  r: Resolver,
  target: PayloadOperand,
  value: Operand,
): { target: PayloadOperand; value: Operand } {
  completePayload(r.outer, target);
  if (isKnown(target)) {
    killDependency(r.outer, target);
    return { target, value: resolve(r, value) };
  }
  const bits = bitfieldWrite(r, target, value);
  if (bits !== undefined) return bits;
  return { target, value: resolve(r, value) };
}

const sameLoad = (a: PayloadOperand, b: Operand): b is PayloadOperand =>
  b.kind === 'payload' && a.base === b.base && a.offset === b.offset && a.bits === b.bits;

/**
 * `(load & keep) | bits` where the bits outside `keep` are one field: the value is written to that
 * field. Either half is missing where it would do nothing.
 */
function bitfieldWrite(
  r: Resolver,
  target: PayloadOperand,
  value: Operand,
): { target: PayloadOperand; value: Operand } | undefined {
  if (value.kind !== 'binop' || value.right.kind !== 'value') return undefined;
  const all = ones(target.bits);
  if (value.op === '|' && value.left.kind === 'binop') {
    const inner = value.left;
    if (inner.op !== '&' || inner.right.kind !== 'value' || !sameLoad(target, inner.left)) {
      return undefined;
    }
    const mask = { ...inner.right, value: all ^ inner.right.value ^ value.right.value };
    return fieldWrite(r, inner.left, mask, value.right.value);
  }
  if (!sameLoad(target, value.left)) return undefined;
  const cleared = value.op === '&';
  const touched = { ...value.right, value: cleared ? all ^ value.right.value : value.right.value };
  const written = cleared ? 0n : touched.value;
  const whole = value.op === '^' ? undefined : fieldWrite(r, value.left, touched, written, true);
  const changed = whole ?? fieldUpdate(r, value, value.left, touched);
  return changed ?? (cleared ? fieldWrite(r, value.left, touched, written) : undefined);
}

/** Some bits of one field changed: `ip ecn set ip ecn | ect0`. */
function fieldUpdate(
  r: Resolver,
  value: BinopOperand,
  load: PayloadOperand,
  touched: ValueOperand,
): { target: PayloadOperand; value: Operand } | undefined {
  const found = fieldAround(r.outer, load, touched.value);
  if (found === undefined || value.right.kind !== 'value') return undefined;
  const target = found.target;
  killDependency(r.outer, target);
  const bits = target.bits;
  const right = {
    kind: 'value' as const,
    bits,
    value: (value.right.value >> BigInt(found.shift)) & ones(bits),
  };
  return { target, value: { kind: 'binop', op: value.op, bits, left: { ...target }, right } };
}

function fieldWrite(
  r: Resolver,
  load: PayloadOperand,
  mask: ValueOperand,
  value: bigint,
  knownOnly = false,
): { target: PayloadOperand; value: Operand } | undefined {
  const layers = r.outer;
  const shift = trimPayload(layers, load, mask) ?? (knownOnly ? undefined : trimRaw(load, mask));
  if (shift === undefined) return undefined;
  completePayload(layers, load);
  killDependency(layers, load);
  const written = { kind: 'value' as const, bits: load.bits, value: value >> BigInt(shift) };
  return { target: load, value: written };
}

/** ct event takes its flags by comma. */
export const asEventList = (type: Datatype, value: Operand): Operand =>
  type === ctEventType && value.kind === 'value' && value.value !== 0n ? flagList(value) : value;

export type { ConcatOperand };
