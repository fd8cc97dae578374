// Where the list of a named set's elements breaks into lines.

import type { KeySpec, MapDeclaration, SetDeclaration } from '../ast/index.ts';
import { type Datatype, datatypeOf } from '../types/index.ts';
import { typeOfSelector } from './selector-type.ts';

/** calculate_delim of expression.c: short values share a line, five or two of them. */
const FIVE = new Set([
  'nf_proto',
  'integer',
  'arp_op',
  'inet_proto',
  'inet_service',
  'tcp_flag',
  'dccp_pkttype',
  'mark',
  'iface_index',
  'classid',
  'uid',
  'gid',
  'ct_dir',
]);
const TWO = new Set(['ipv4_addr', 'ct_state', 'ct_status', 'pkt_type']);

function keyType(key: KeySpec): Datatype | undefined {
  if (key.kind === 'typeof') return typeOfSelector(key.expr);
  return datatypeOf(key.names.map(({ name }) => name).join(' . '));
}

/** Elements that carry something besides their key have a line each. */
export function elementsPerLine(set: SetDeclaration | MapDeclaration): number {
  const { key } = set;
  if (set.kind === 'map' || set.statements.length > 0) return 1;
  const type = key === undefined ? undefined : keyType(key);
  if (type === undefined || type.parts !== undefined) return 1;
  if (FIVE.has(type.name)) return 5;
  return TWO.has(type.name) ? 2 : 1;
}
