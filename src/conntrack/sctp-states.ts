// enum sctp_conntrack (include/uapi/linux/netfilter/nf_conntrack_sctp.h) and the state table of
// net/netfilter/nf_conntrack_proto_sctp.c. The states are those of the connection, not of an endpoint.

import {
  SCTP_CID_ABORT,
  SCTP_CID_COOKIE_ACK,
  SCTP_CID_COOKIE_ECHO,
  SCTP_CID_ERROR,
  SCTP_CID_HEARTBEAT,
  SCTP_CID_HEARTBEAT_ACK,
  SCTP_CID_INIT,
  SCTP_CID_INIT_ACK,
  SCTP_CID_SHUTDOWN,
  SCTP_CID_SHUTDOWN_ACK,
  SCTP_CID_SHUTDOWN_COMPLETE,
  SCTP_STATE_NAMES,
} from '../uapi/index.ts';

/** Where the tracker keeps the tag of the original direction, words behind W_L4; the reply's is next. */
export const S_VTAG = 1;
export const sctpStateName = (state: number): string => SCTP_STATE_NAMES[state] ?? 'NONE';

/** A column per state in the order of the enum; `IV` is invalid. */
const COLUMNS = ['NO', 'CL', 'CW', 'CE', 'ES', 'SS', 'SR', 'SA', 'HS', 'IV'];
const CHUNKS = [
  SCTP_CID_INIT,
  SCTP_CID_INIT_ACK,
  SCTP_CID_ABORT,
  SCTP_CID_SHUTDOWN,
  SCTP_CID_SHUTDOWN_ACK,
  SCTP_CID_ERROR,
  SCTP_CID_COOKIE_ECHO,
  SCTP_CID_COOKIE_ACK,
  SCTP_CID_SHUTDOWN_COMPLETE,
  SCTP_CID_HEARTBEAT,
  SCTP_CID_HEARTBEAT_ACK,
];
const ORIGINAL = [
  'CL CL CW CE ES CL CL SA CW',
  'CL CL CW CE ES SS SR SA CL',
  'CL CL CL CL CL CL CL CL CL',
  'CL CL CW CE SS SS SR SA CL',
  'SA CL CW CE ES SA SA SA SA',
  'CL CL CW CE ES SS SR SA CL',
  'CL CL CE CE ES SS SR SA CL',
  'CL CL CW ES ES SS SR SA CL',
  'CL CL CW CE ES SS SR CL CL',
  'HS CL CW CE ES SS SR SA HS',
  'CL CL CW CE ES SS SR SA HS',
];
const REPLY = [
  'IV CL CW CE ES SS SR SA IV',
  'IV CW CW CE ES SS SR SA IV',
  'IV CL CL CL CL CL CL CL IV',
  'IV CL CW CE SR SS SR SA IV',
  'IV CL CW CE ES SA SA SA IV',
  'IV CL CW CL ES SS SR SA IV',
  'IV CL CE CE ES SS SR SA IV',
  'IV CL CW ES ES SS SR SA IV',
  'IV CL CW CE ES SS SR CL IV',
  'IV CL CW CE ES SS SR SA HS',
  'IV CL CW CE ES SS SR SA ES',
];

const rowOf = new Map(CHUNKS.map((chunk, row) => [chunk, row]));
const table = Uint8Array.from(
  [...ORIGINAL, ...REPLY].flatMap((row) => row.split(' ').map((name) => COLUMNS.indexOf(name))),
);

/** The state after a chunk; chunks such as DATA and SACK change nothing. */
export function nextSctpState(dir: number, state: number, chunk: number): number {
  const row = rowOf.get(chunk);
  return row === undefined ? state : table[(dir * CHUNKS.length + row) * 9 + state]!;
}
