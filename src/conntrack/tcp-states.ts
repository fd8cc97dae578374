// The TCP state table (tcp_conntracks of net/netfilter/nf_conntrack_proto_tcp.c): what becomes of a
// connection when a segment of one kind comes from one side.

import { TCPHDR_ACK, TCPHDR_FIN, TCPHDR_RST, TCPHDR_SYN, TCPHDR_URG } from '../uapi/index.ts';
import { TCP_CONNTRACK_IGNORE, TCP_CONNTRACK_MAX } from './constants.ts';

/** enum tcp_bit_set: the kind of a segment. */
export const TCP_SYN_SET = 0;
export const TCP_SYNACK_SET = 1;
export const TCP_FIN_SET = 2;
export const TCP_ACK_SET = 3;
export const TCP_RST_SET = 4;
export const TCP_NONE_SET = 5;

/** get_conntrack_index(). */
export function segmentKind(flags: number): number {
  if ((flags & TCPHDR_RST) !== 0) return TCP_RST_SET;
  if ((flags & TCPHDR_SYN) !== 0) return (flags & TCPHDR_ACK) !== 0 ? TCP_SYNACK_SET : TCP_SYN_SET;
  if ((flags & TCPHDR_FIN) !== 0) return TCP_FIN_SET;
  return (flags & TCPHDR_ACK) !== 0 ? TCP_ACK_SET : TCP_NONE_SET;
}

/** A column per state, in the order of enum tcp_conntrack; `IG` leaves alone, `IV` is invalid. */
const COLUMNS = ['NO', 'SS', 'SR', 'ES', 'FW', 'CW', 'LA', 'TW', 'CL', 'S2'];

/** Rows: SYN, SYN/ACK, FIN, ACK, RST, none of these. */
const ORIGINAL = [
  'SS SS IG IG IG IG IG SS SS S2',
  'IV IV SR IV IV IV IV IV IV SR',
  'IV IV FW FW LA LA LA TW CL IV',
  'ES IV ES ES CW CW TW TW CL IV',
  'IV CL CL CL CL CL CL CL CL CL',
  'IV IV IV IV IV IV IV IV IV IV',
];
const REPLY = [
  'IV S2 IV IV IV IV IV SS IV S2',
  'IV SR IG IG IG IG IG IG IG SR',
  'IV IV FW FW LA LA LA TW CL IV',
  'IV IG SR ES CW CW TW TW CL IG',
  'IV CL CL CL CL CL CL CL CL CL',
  'IV IV IV IV IV IV IV IV IV IV',
];

function code(name: string): number {
  if (name === 'IG') return TCP_CONNTRACK_IGNORE;
  return name === 'IV' ? TCP_CONNTRACK_MAX : COLUMNS.indexOf(name);
}

const table = Uint8Array.from([...ORIGINAL, ...REPLY].flatMap((row) => row.split(' ').map(code)));

/** The state after a segment; TCP_CONNTRACK_IGNORE and TCP_CONNTRACK_MAX are no states. */
export const nextTcpState = (dir: number, kind: number, state: number): number =>
  table[(dir * 6 + kind) * 10 + state]!;

/** tcp_valid_flags: combinations that can be; PSH, ECE and CWR (and AE) never matter. */
const VALID: ReadonlySet<number> = new Set([
  TCPHDR_SYN,
  TCPHDR_SYN | TCPHDR_URG,
  TCPHDR_SYN | TCPHDR_ACK,
  TCPHDR_RST,
  TCPHDR_RST | TCPHDR_ACK,
  TCPHDR_FIN | TCPHDR_ACK,
  TCPHDR_FIN | TCPHDR_ACK | TCPHDR_URG,
  TCPHDR_ACK,
  TCPHDR_ACK | TCPHDR_URG,
]);
const CONTROL = TCPHDR_FIN | TCPHDR_SYN | TCPHDR_RST | TCPHDR_ACK | TCPHDR_URG;
const validFlags = Uint8Array.from({ length: 64 }, (_, flags) => (VALID.has(flags) ? 1 : 0));

export const areValidFlags = (flags: number): boolean => validFlags[flags & CONTROL] === 1;
