// What br_netfilter keeps beside a packet that a bridge shows to the IP families: struct nf_bridge_info.

import type { NetDevice } from './device.ts';

/** The points of an IP family that a bridge calls itself. */
export type BridgeStage = 'prerouting' | 'forward' | 'postrouting';

const NEIGH_HEADER = 8;

export class BridgeInfo {
  /** The port it came in by; set from the beginning to the end (nf_bridge_get_physindev()). */
  physIn: NetDevice | null = null;
  /** The port it goes out by: known from FORWARD on, and only of what is bridged. */
  physOut: NetDevice | null = null;
  /** The point that the bridge shows it to at the moment; null for any that the stack itself calls. */
  stage: BridgeStage | null = null;
  /** It is for another station, which rules of the IP families do not see (pkt_otherhost). */
  otherHost = false;
  /** Its destination is another one now, on this very bridge: the neighbour's address is needed first. */
  toNeighbour = false;
  /** It is on its way through the neighbour, to come back with the address (bridged_dnat). */
  bridgedDnat = false;
  /** PREROUTING was left out on the way up (sabotage_in_done). */
  sabotaged = false;
  /** Bytes of a PPPoE header in front of the network header. */
  encapsulation = 0;
  /** Where it was sent to; the first 4 or all 16 bytes. */
  readonly daddr = new Uint8Array(16);
  /** Source address and type of its frame, while the header is another one. */
  readonly neighHeader = new Uint8Array(NEIGH_HEADER);

  /** nf_bridge_alloc(): begins again, for a packet of this port. */
  begin(port: NetDevice): void {
    this.physIn = port;
    this.physOut = null;
    this.stage = 'prerouting';
    this.otherHost = false;
    this.toNeighbour = false;
    this.bridgedDnat = false;
    this.sabotaged = false;
    this.encapsulation = 0;
  }

  clone(): BridgeInfo {
    const copy = new BridgeInfo();
    const { daddr, neighHeader, ...rest } = this;
    Object.assign(copy, rest);
    copy.daddr.set(daddr);
    copy.neighHeader.set(neighHeader);
    return copy;
  }
}
