// The datatypes of operands, and flags by their bits.

import {
  booleanType,
  concatType,
  ctEventType,
  type Datatype,
  datatypeOf,
  integerType,
  invalidType,
  ip6addrType,
  ipaddrType,
  xintegerType,
} from '../types/index.ts';
import type { ListOperand, Operand, ValueOperand } from './operand.ts';
import { payloadType } from './payload.ts';

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

/** The bits of a mask, each as a flag of its own; no bits are the number 0. */
export function flagList(mask: ValueOperand): ListOperand | ValueOperand {
  const items: ValueOperand[] = [];
  for (let bit = 0n; bit < BigInt(mask.bits); bit++) {
    if (((mask.value >> bit) & 1n) === 1n) {
      items.push({ kind: 'value', bits: mask.bits, value: 1n << bit });
    }
  }
  if (items.length <= 1) return items[0] ?? mask;
  return { kind: 'list', bits: mask.bits, items };
}

/** ct event takes its flags by comma. */
export const asEventList = (type: Datatype, value: Operand): Operand =>
  type === ctEventType && value.kind === 'value' && value.value !== 0n ? flagList(value) : value;
