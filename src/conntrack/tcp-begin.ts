// The first look at a TCP segment: whether its header can be, and what a connection begins with.

import type { HookPoint, Packet } from '../core/index.ts';
import { IPPROTO_TCP } from '../uapi/index.ts';
import { checksumHolds, mustCheck } from './checksum.ts';
import {
  IP_CT_TCP_FLAG_BE_LIBERAL,
  IP_CT_TCP_FLAG_SACK_PERM,
  TCP_CONNTRACK_MAX,
  TCP_CONNTRACK_SYN_SENT,
} from './constants.ts';
import type { Store } from './store.ts';
import { sysctlOf, TCP_LOOSE } from './sysctl.ts';
import { L4_WORDS } from './table.ts';
import { L_FLAGS, L_TD_END, L_TD_MAXEND, L_TD_MAXWIN, setLast } from './tcp-layout.ts';
import { type Segment, TCP_HEADER } from './tcp-segment.ts';
import { areValidFlags, nextTcpState, TCP_NONE_SET } from './tcp-states.ts';
import { takeOptions } from './tcp-window.ts';

/** tcp_error(): what is wrong with the header, or ''. */
export function tcpFault(store: Store, packet: Packet, point: HookPoint): string {
  const { buf, transport, end } = packet;
  if (transport + TCP_HEADER > end) return 'short TCP header';
  const headerLength = (buf[transport + 12]! >>> 4) << 2;
  if (headerLength < TCP_HEADER || transport + headerLength > end)
    return 'TCP header length does not fit the packet';
  if (mustCheck(store.netns, point) && !checksumHolds(packet, IPPROTO_TCP))
    return 'bad TCP checksum';
  return areValidFlags(buf[transport + 13]!) ? '' : 'TCP flags that cannot be';
}

/** tcp_new(): the first segment; false where none may begin with it. */
export function beginConnection(
  store: Store,
  row: Int32Array,
  at: number,
  segment: Segment,
): boolean {
  const state = nextTcpState(0, segment.kind, 0);
  if (state >= TCP_CONNTRACK_MAX) {
    store.why = 'no connection begins with this segment';
    return false;
  }
  const isSyn = state === TCP_CONNTRACK_SYN_SENT;
  if (!isSyn && sysctlOf(store.netns, TCP_LOOSE) === 0) {
    store.why = 'the middle of an unknown connection, and nf_conntrack_tcp_loose is off';
    return false;
  }
  row.fill(0, at, at + L4_WORDS);
  const window = segment.window === 0 ? 1 : segment.window;
  row[at + L_TD_END] = segment.end;
  row[at + L_TD_MAXWIN] = window;
  row[at + L_TD_MAXEND] = isSyn ? segment.end : segment.end + window;
  if (isSyn) takeOptions(row, at, 0, segment);
  else {
    // The handshake was not seen: the scale is unknown, so windows cannot be checked.
    const flags = IP_CT_TCP_FLAG_SACK_PERM | IP_CT_TCP_FLAG_BE_LIBERAL;
    row[at + L_FLAGS] = flags | (flags << 8);
  }
  setLast(row, at, TCP_NONE_SET, 0);
  return true;
}
