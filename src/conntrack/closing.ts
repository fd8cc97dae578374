// Which connections are on their way out (can_early_drop of the protocol trackers): when room is needed
// they may go first, assured or not.

import {
  IPPROTO_SCTP,
  IPPROTO_TCP,
  SCTP_CONNTRACK_SHUTDOWN_ACK_SENT,
  SCTP_CONNTRACK_SHUTDOWN_RECD,
  SCTP_CONNTRACK_SHUTDOWN_SENT,
} from '../uapi/index.ts';
import {
  TCP_CONNTRACK_CLOSE,
  TCP_CONNTRACK_CLOSE_WAIT,
  TCP_CONNTRACK_FIN_WAIT,
  TCP_CONNTRACK_LAST_ACK,
  TCP_CONNTRACK_TIME_WAIT,
} from './constants.ts';
import { type Table, W_L4, W_PROTO } from './table.ts';
import { L_STATE } from './tcp-layout.ts';

/** tcp_can_early_drop(). */
export const isClosingTcp = (state: number): boolean =>
  state === TCP_CONNTRACK_FIN_WAIT ||
  state === TCP_CONNTRACK_LAST_ACK ||
  state === TCP_CONNTRACK_TIME_WAIT ||
  state === TCP_CONNTRACK_CLOSE ||
  state === TCP_CONNTRACK_CLOSE_WAIT;

/** sctp_can_early_drop(). */
const isClosingSctp = (state: number): boolean =>
  state === SCTP_CONNTRACK_SHUTDOWN_SENT ||
  state === SCTP_CONNTRACK_SHUTDOWN_RECD ||
  state === SCTP_CONNTRACK_SHUTDOWN_ACK_SENT;

export function isClosing(table: Table, slot: number): boolean {
  const protocol = (table.get(slot, W_PROTO) >>> 8) & 0xff;
  const state = table.get(slot, W_L4 + L_STATE);
  if (protocol === IPPROTO_TCP) return isClosingTcp(state);
  return protocol === IPPROTO_SCTP && isClosingSctp(state);
}
