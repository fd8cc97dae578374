// TCP's window tracking written from plain fields, for entries that come from elsewhere.

import type { TcpPeer } from './entry.ts';
import { type Table, W_L4 } from './table.ts';
import {
  L_FLAGS,
  L_SCALES,
  L_TD_END,
  L_TD_MAXACK,
  L_TD_MAXEND,
  L_TD_MAXWIN,
} from './tcp-layout.ts';

export function writePeers(table: Table, slot: number, peers: readonly [TcpPeer, TcpPeer]): void {
  const put = (offset: number, value: number): void => table.set(slot, W_L4 + offset, value | 0);
  peers.forEach((peer, dir) => {
    put(L_TD_END + dir, peer.end);
    put(L_TD_MAXEND + dir, peer.maxEnd);
    put(L_TD_MAXWIN + dir, peer.maxWin);
    put(L_TD_MAXACK + dir, peer.maxAck);
  });
  put(L_SCALES, (peers[0].scale & 0xff) | ((peers[1].scale & 0xff) << 8));
  put(L_FLAGS, (peers[0].flags & 0xff) | ((peers[1].flags & 0xff) << 8));
}
