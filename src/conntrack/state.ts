// What rules call the state of a packet.

import { IP_CT_UNTRACKED, type Packet } from '../core/index.ts';

const STATE_NAMES = ['ESTABLISHED', 'RELATED', 'NEW', 'ESTABLISHED', 'RELATED'];

/** What `ct state` calls a packet. */
export function stateName(packet: Packet): string {
  if (packet.ct !== 0) return STATE_NAMES[packet.ctinfo] ?? 'INVALID';
  return packet.ctinfo === IP_CT_UNTRACKED ? 'UNTRACKED' : 'INVALID';
}
