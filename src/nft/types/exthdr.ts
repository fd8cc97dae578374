// Extension headers and options: found by type inside a packet (nft_exthdr.c), then read by
// offset. Offsets and lengths are in bits from the start of the header, option or chunk.

import {
  type Datatype,
  inetProtoType,
  integerType,
  ip6addrType,
  ipaddrType,
  mhTypeType,
  mptcpSubtypeType,
} from './datatype.ts';
import type { Field } from './header.ts';

export interface Exthdr {
  readonly name: string;
  /** Protocol number, option kind or chunk type. */
  readonly type: number;
  readonly fields: readonly Field[];
}

const field = (name: string, offset: number, len: number, type: Datatype = integerType): Field => ({
  name,
  type,
  byteorder: 'big',
  offset,
  len,
});

const table = (headers: readonly Exthdr[]): ReadonlyMap<string, Exthdr> =>
  new Map(headers.map((header) => [header.name, header]));

const NEXT = [field('nexthdr', 0, 8, inetProtoType), field('hdrlength', 8, 8)] as const;
const ROUTING = 43;

/** RFC 8200 §4, RFC 6275 §6.1, RFC 8754 §2. */
export const IPV6_EXTHDRS = table([
  { name: 'hbh', type: 0, fields: NEXT },
  {
    name: 'rt',
    type: ROUTING,
    fields: [...NEXT, field('type', 16, 8), field('seg-left', 24, 8)],
  },
  {
    name: 'rt0',
    type: ROUTING,
    fields: [
      field('reserved', 32, 32),
      field('addr[1]', 64, 128, ip6addrType),
      field('addr[2]', 192, 128, ip6addrType),
    ],
  },
  {
    name: 'rt2',
    type: ROUTING,
    fields: [field('reserved', 32, 32), field('addr', 64, 128, ip6addrType)],
  },
  {
    name: 'srh',
    type: ROUTING,
    fields: [
      field('last-entry', 32, 8),
      field('flags', 40, 8),
      field('tag', 48, 16),
      field('sid[1]', 64, 128, ip6addrType),
      field('sid[2]', 192, 128, ip6addrType),
    ],
  },
  {
    name: 'frag',
    type: 44,
    fields: [
      field('nexthdr', 0, 8, inetProtoType),
      field('reserved', 8, 8),
      field('frag-off', 16, 13),
      field('reserved2', 29, 2),
      field('more-fragments', 31, 1),
      field('id', 32, 32),
    ],
  },
  { name: 'dst', type: 60, fields: NEXT },
  {
    name: 'mh',
    type: 135,
    fields: [
      ...NEXT,
      field('type', 16, 8, mhTypeType),
      field('reserved', 24, 8),
      field('checksum', 32, 16),
    ],
  },
]);

const KIND = field('kind', 0, 8);
const KIND_LENGTH = [KIND, field('length', 8, 8)] as const;
const sackBlock = (n: number): readonly Field[] => [
  ...KIND_LENGTH,
  field('left', 16 + 64 * n, 32),
  field('right', 48 + 64 * n, 32),
];

/** The IANA registry of TCP options; `sack0` to `sack3` are the blocks of one option. */
export const TCP_OPTIONS = table([
  { name: 'eol', type: 0, fields: [KIND] },
  { name: 'nop', type: 1, fields: [KIND] },
  { name: 'maxseg', type: 2, fields: [...KIND_LENGTH, field('size', 16, 16)] },
  { name: 'window', type: 3, fields: [...KIND_LENGTH, field('count', 16, 8)] },
  { name: 'sack-perm', type: 4, fields: KIND_LENGTH },
  { name: 'sack', type: 5, fields: sackBlock(0) },
  { name: 'sack0', type: 5, fields: sackBlock(0) },
  { name: 'sack1', type: 5, fields: sackBlock(1) },
  { name: 'sack2', type: 5, fields: sackBlock(2) },
  { name: 'sack3', type: 5, fields: sackBlock(3) },
  { name: 'echo', type: 6, fields: KIND_LENGTH },
  {
    name: 'timestamp',
    type: 8,
    fields: [...KIND_LENGTH, field('tsval', 16, 32), field('tsecr', 48, 32)],
  },
  { name: 'md5sig', type: 19, fields: KIND_LENGTH },
  {
    name: 'mptcp',
    type: 30,
    fields: [...KIND_LENGTH, field('subtype', 16, 4, mptcpSubtypeType)],
  },
  { name: 'fastopen', type: 34, fields: KIND_LENGTH },
]);

const IP_OPTION = [field('type', 0, 8), field('length', 8, 8)] as const;
const ROUTE = [...IP_OPTION, field('ptr', 16, 8), field('addr', 24, 32, ipaddrType)];

/** RFC 791 §3.1, RFC 2113. */
export const IP_OPTIONS = table([
  { name: 'rr', type: 7, fields: ROUTE },
  { name: 'lsrr', type: 131, fields: ROUTE },
  { name: 'ssrr', type: 137, fields: ROUTE },
  { name: 'ra', type: 148, fields: [...IP_OPTION, field('value', 16, 16)] },
]);

const CHUNK = [field('type', 0, 8), field('flags', 8, 8), field('length', 16, 16)] as const;
const INIT = [
  ...CHUNK,
  field('init-tag', 32, 32),
  field('a-rwnd', 64, 32),
  field('num-outbound-streams', 96, 16),
  field('num-inbound-streams', 112, 16),
  field('initial-tsn', 128, 32),
];

/** RFC 9260 §3.3, RFC 5061 §4.1, RFC 3758 §3.2. */
export const SCTP_CHUNKS = table([
  {
    name: 'data',
    type: 0,
    fields: [
      ...CHUNK,
      field('tsn', 32, 32),
      field('stream', 64, 16),
      field('ssn', 80, 16),
      field('ppid', 96, 32),
    ],
  },
  { name: 'init', type: 1, fields: INIT },
  { name: 'init-ack', type: 2, fields: INIT },
  {
    name: 'sack',
    type: 3,
    fields: [
      ...CHUNK,
      field('cum-tsn-ack', 32, 32),
      field('a-rwnd', 64, 32),
      field('num-gap-ack-blocks', 96, 16),
      field('num-dup-tsns', 112, 16),
    ],
  },
  { name: 'heartbeat', type: 4, fields: CHUNK },
  { name: 'heartbeat-ack', type: 5, fields: CHUNK },
  { name: 'abort', type: 6, fields: CHUNK },
  { name: 'shutdown', type: 7, fields: [...CHUNK, field('cum-tsn-ack', 32, 32)] },
  { name: 'shutdown-ack', type: 8, fields: CHUNK },
  { name: 'error', type: 9, fields: CHUNK },
  { name: 'cookie-echo', type: 10, fields: CHUNK },
  { name: 'cookie-ack', type: 11, fields: CHUNK },
  { name: 'ecne', type: 12, fields: [...CHUNK, field('lowest-tsn', 32, 32)] },
  { name: 'cwr', type: 13, fields: [...CHUNK, field('lowest-tsn', 32, 32)] },
  { name: 'shutdown-complete', type: 14, fields: CHUNK },
  { name: 'asconf-ack', type: 128, fields: [...CHUNK, field('seqno', 32, 32)] },
  { name: 'forward-tsn', type: 192, fields: [...CHUNK, field('new-cum-tsn', 32, 32)] },
  { name: 'asconf', type: 193, fields: [...CHUNK, field('seqno', 32, 32)] },
]);

export const exthdrField = (header: Exthdr, name: string): Field | undefined =>
  header.fields.find((f) => f.name === name);

/** The first header of that type; a routing header's subtypes come after the plain one. */
export function exthdrByType(
  headers: ReadonlyMap<string, Exthdr>,
  type: number,
): Exthdr | undefined {
  for (const header of headers.values()) if (header.type === type) return header;
  return undefined;
}
