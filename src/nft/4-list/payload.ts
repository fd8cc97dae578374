// Raw loads turned back into fields of headers: by place alone, by the mask that cuts a field out
// of its bytes, and one load of neighbouring fields into several (payload.c of nftables).

import {
  type Base,
  type Datatype,
  type Field,
  findField,
  type IcmpDependency,
  inetServiceType,
  integerType,
  type Protocol,
  protocol,
  xintegerType,
} from '../types/index.ts';
import { isProtocolKey, type Layers, pendingFor, release } from './layers.ts';
import {
  lowestBit,
  type PayloadOperand,
  popcount,
  runEnd,
  type Tunnel,
  type ValueOperand,
} from './operand.ts';

const TH = protocol('th');

/** Sixteen bits at the start of the transport header are a port, whatever the protocol. */
export function rawPayload(
  base: Base,
  offset: number,
  bits: number,
  tunnel?: Tunnel,
): PayloadOperand {
  const port = base === 'th' && bits === 16 && (offset === 0 || offset === 16);
  const field = port ? findField(TH, offset === 0 ? 'sport' : 'dport') : undefined;
  return {
    kind: 'payload',
    base,
    offset,
    bits,
    ...(field === undefined ? {} : { proto: TH, field }),
    ...(tunnel === undefined ? {} : { tunnel }),
  };
}

export const isKnown = (o: PayloadOperand): boolean => o.field !== undefined && o.proto !== TH;

export function payloadType(o: PayloadOperand): Datatype {
  if (o.field === undefined) return xintegerType;
  if (o.proto === TH) return inetServiceType;
  return o.field.type;
}

/** The type whose presence a field asks for (icmp_dep_to_type). */
const ICMP_TYPES: Readonly<Record<IcmpDependency, number>> = {
  echo: 8,
  mtu: 3,
  address: 5,
  echo6: 128,
  mtu6: 2,
  mgmq6: 130,
  pptr6: 4,
  redirect6: 137,
  address6: 135,
};

/** The types of ICMPv6 that carry a target address (RFC 2710, RFC 4861). */
const ADDRESS6 = new Set([130, 131, 132, 135, 136, 137]);

function fitsIcmp(field: Field, type: number): boolean {
  if (field.icmp === undefined || type === 0) return true;
  if (field.icmp === 'address6') return ADDRESS6.has(type);
  return ICMP_TYPES[field.icmp] === type;
}

interface Place {
  readonly proto: Protocol;
  /** Bits of the headers in front of it on the same layer. */
  readonly skip: number;
}

/** The header a link layer offset falls into: 802.1Q tags push the next header back. */
function placeOf(layers: Layers, o: PayloadOperand): Place | undefined {
  const top = layers.at[o.base];
  if (top === undefined || top.fields.length === 0) return undefined;
  let rest = o.offset;
  if (o.base !== 'll' || rest < (top.length ?? 0)) return { proto: top, skip: 0 };
  let skip = 0;
  for (const header of layers.stacked) {
    const length = header.length ?? 0;
    if (rest < length) return { proto: header, skip };
    rest -= length;
    skip += length;
  }
  return { proto: top, skip };
}

/** Names the field that stands exactly where the load is; a raw load stays one. */
export function completePayload(layers: Layers, o: PayloadOperand): void {
  const place = placeOf(layers, o);
  if (place === undefined) return;
  for (const field of place.proto.fields) {
    if (field.offset !== o.offset - place.skip || field.len !== o.bits) continue;
    if (!fitsIcmp(field, layers.icmpType)) continue;
    o.proto = place.proto;
    o.field = field;
    return;
  }
}

/**
 * A load cut by a mask: if fields begin where the mask does and end where it ends, the load is
 * narrowed to them and the mask goes. Gives the shift of the values compared with, or undefined.
 */
export function trimPayload(
  layers: Layers,
  o: PayloadOperand,
  mask: ValueOperand,
): number | undefined {
  const place = placeOf(layers, o);
  if (place === undefined || isKnown(o)) return undefined;
  const low = Math.max(0, lowestBit(mask.value));
  const end = runEnd(mask.value);
  const into = Math.ceil(mask.bits / 8) * 8 - end;
  let offset = o.offset - place.skip + into;
  let left = o.bits;
  let len = 0;
  for (const field of place.proto.fields) {
    if (field.offset !== offset) continue;
    if (field.len > left) return undefined;
    left -= field.len;
    offset += field.len;
    len += field.len;
    if (left === 0) return undefined;
    if (low + len === end) {
      o.offset += into;
      o.bits = len;
      return low;
    }
  }
  return undefined;
}

/** The one field of the loaded bytes that all of `bits` lie in, and how far it is from the right. */
export function fieldAround(
  layers: Layers,
  o: PayloadOperand,
  bits: bigint,
): { readonly target: PayloadOperand; readonly shift: number } | undefined {
  const place = placeOf(layers, o);
  if (place === undefined || bits === 0n) return undefined;
  for (const field of place.proto.fields) {
    const shift = o.offset - place.skip + o.bits - (field.offset + field.len);
    if (shift < 0 || field.len >= o.bits) continue;
    const mask = ((1n << BigInt(field.len)) - 1n) << BigInt(shift);
    if ((bits & ~mask) === 0n) return { target: partOf(o, place.proto, field, field.len), shift };
  }
  return undefined;
}

/** The kernel reads at most this far into a header (payload_expr_trim_force). */
const MAX_OFFSET = 255;

/** The same for a load nobody knows: narrowed to the mask's run of ones, as `@th,20,3`. */
export function trimRaw(o: PayloadOperand, mask: ValueOperand): number | undefined {
  const end = runEnd(mask.value);
  const low = Math.max(0, lowestBit(mask.value));
  // A mask with gaps stays: nft's own narrowing would then ask for other bits.
  if (isKnown(o) || o.bits <= end || popcount(mask.value) !== end - low) return undefined;
  const offset = o.offset + Math.ceil(mask.bits / 8) * 8 - end;
  if (Math.ceil(offset / 8) * 8 > MAX_OFFSET) return undefined;
  o.offset = offset;
  o.bits = end - low;
  delete o.proto;
  delete o.field;
  return low;
}

function partOf(o: PayloadOperand, proto: Protocol, field: Field, bits: number): PayloadOperand {
  return {
    kind: 'payload',
    base: o.base,
    offset: field.offset,
    bits,
    proto,
    field,
    alone: true,
    ...(o.tunnel === undefined ? {} : { tunnel: o.tunnel }),
  };
}

/** One load as the fields it covers, in order; what no field covers stays raw at the end. */
export function expandPayload(layers: Layers, o: PayloadOperand): PayloadOperand[] {
  const place = placeOf(layers, o);
  if (place === undefined) return [rawPayload(o.base, o.offset, o.bits, o.tunnel)];
  const parts: PayloadOperand[] = [];
  let offset = o.offset - place.skip;
  let left = o.bits;
  for (const field of place.proto.fields) {
    if (field.offset !== offset || !fitsIcmp(field, layers.icmpType)) continue;
    parts.push(partOf(o, place.proto, field, Math.min(field.len, left)));
    if (field.len >= left) return parts;
    left -= field.len;
    offset += field.len;
  }
  return [...parts, rawPayload(o.base, offset, left, o.tunnel)];
}

const IP_NAMES = new Set(['ip', 'ip6']);
const ETH_P_8021Q = 0x8100n;

/** `vlan id` implies a tag and nothing else; `vlan type` is never implied. */
function linkMayKill(layers: Layers, o: PayloadOperand): boolean {
  const dep = pendingFor(layers, o.base);
  if (dep?.left.kind !== 'payload') return true;
  if (dep.left.proto?.name === 'vlan') return false;
  if (dep.left.proto?.name === 'ether' && dep.right.kind === 'value' && dep.right.bits === 16) {
    return dep.right.value === ETH_P_8021Q;
  }
  return true;
}

function icmpMayKill(layers: Layers, o: PayloadOperand, dep: PayloadOperand): boolean {
  const need = o.field?.icmp;
  // Several types carry an address: which of them was asked for means something.
  if (need === undefined || need === 'address6' || dep.proto !== o.proto) return false;
  return ICMP_TYPES[need] === layers.pendingIcmp;
}

/** Families in which the IP version is not given, so that matches on it mean something. */
const MIXED = new Set(['bridge', 'netdev', 'inet']);

/** Whether the load makes the protocol match pending for its layer redundant. */
function mayKill(layers: Layers, o: PayloadOperand): boolean {
  const dep = pendingFor(layers, o.base);
  const left = dep?.left;
  if (MIXED.has(layers.family) && left?.kind === 'payload') {
    const byVersion = left.base === 'nh' && IP_NAMES.has(left.proto?.name ?? '');
    if (byVersion && o.base === 'th') return false;
    if (dep?.op === 'eq' && o.base === left.base) {
      if (isProtocolKey(o)) return false;
      if (o.base === 'll') return linkMayKill(layers, o);
    }
  }
  if (o.base !== 'th') return true;
  if (o.proto === TH) {
    // Could be any protocol with ports: the match stays, and the load reads as a raw one.
    delete o.proto;
    delete o.field;
    return false;
  }
  if (left?.kind !== 'payload' || left.base !== 'th') return true;
  const name = left.proto?.name;
  return name === 'icmp' || name === 'icmpv6' ? icmpMayKill(layers, o, left) : true;
}

/** Drops the pending match that a load of a known field implies. */
export function killDependency(layers: Layers, o: PayloadOperand): void {
  if (o.field === undefined || pendingFor(layers, o.base) === undefined) return;
  if (mayKill(layers, o)) release(layers, o.base);
}

/** Fields whose type says nothing: a number, not in hexadecimal. */
export const isPlainInteger = (type: Datatype): boolean => type === integerType;
