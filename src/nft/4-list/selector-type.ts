// The datatype of an expression as a `typeof` declaration writes it.

import type { Expression } from '../ast/index.ts';
import {
  booleanType,
  CT_KEYS,
  concatType,
  type Datatype,
  datatypeByName,
  type Exthdr,
  exthdrField,
  fibAddrType,
  findField,
  IP_OPTIONS,
  IPV6_EXTHDRS,
  ifindexType,
  ifnameType,
  integerType,
  META_KEYS,
  PROTOCOLS,
  RT_KEYS,
  SCTP_CHUNKS,
  SOCKET_KEYS,
  stringType,
  TCP_OPTIONS,
  xintegerType,
} from '../types/index.ts';

const ofHeader = (
  headers: ReadonlyMap<string, Exthdr>,
  name: string,
  field: string | undefined,
): Datatype | undefined => {
  if (field === undefined) return booleanType;
  const header = headers.get(name);
  return header && exthdrField(header, field)?.type;
};

const FIB_TYPES: Readonly<Record<string, Datatype>> = {
  oif: ifindexType,
  oifname: ifnameType,
  type: fibAddrType,
  check: booleanType,
};

/** Undefined for what has no type of its own: constants, and keys that depend on the family. */
export function typeOfSelector(e: Expression): Datatype | undefined {
  switch (e.kind) {
    case 'payload': {
      const proto = PROTOCOLS.get(e.protocol);
      return proto && findField(proto, e.field)?.type;
    }
    case 'payload raw':
      return xintegerType;
    case 'meta':
      return META_KEYS.get(e.key)?.type;
    case 'ct':
      return CT_KEYS.get(e.key)?.type;
    case 'rt':
      return RT_KEYS.get(e.key === 'nexthop' ? `nexthop${e.family === 'ip6' ? 6 : 4}` : e.key)
        ?.type;
    case 'socket':
      return SOCKET_KEYS.get(e.key)?.type;
    case 'fib':
      return FIB_TYPES[e.result];
    case 'osf':
      return stringType;
    case 'ipsec':
      return e.family === undefined
        ? integerType
        : datatypeByName(e.family === 'ip6' ? 'ipv6_addr' : 'ipv4_addr');
    case 'exthdr':
      return ofHeader(IPV6_EXTHDRS, e.name, e.field);
    case 'tcp option':
      return ofHeader(TCP_OPTIONS, String(e.name), e.field);
    case 'ip option':
      return ofHeader(IP_OPTIONS, e.name, e.field);
    case 'sctp chunk':
      return ofHeader(SCTP_CHUNKS, e.name, e.field);
    case 'binop':
      return typeOfSelector(e.left);
    case 'numgen':
    case 'jhash':
    case 'symhash':
      return integerType;
    case 'concat': {
      const parts = e.items.map(typeOfSelector);
      return parts.every((part) => part !== undefined) ? concatType(parts) : undefined;
    }
    default:
      return undefined;
  }
}
