// The packet on its way: bytes with headroom, cached header offsets, and what the kernel keeps
// beside them in struct sk_buff. One object is reused for many packets.

import { PACKET_HOST } from '../uapi/index.ts';
import type { BridgeInfo } from './bridge-info.ts';
import type { NetDevice } from './device.ts';
import type { Socket } from './socket.ts';

/**
 *   buf: |  headroom  | link header | network header | transport header | payload |  tailroom |
 *                     ^mac          ^network         ^transport                   ^end
 *
 * Room to push a link header (and a VLAN tag or two) in front of a received packet, and to let
 * NAT helpers grow a payload (NET_SKB_PAD and LL_MAX_HEADER play this part in the kernel).
 */
export const HEADROOM = 128;

/** An IPsec transformation that was undone when the packet came in (struct xfrm_state). */
export interface Transformation {
  readonly spi: number;
  readonly reqid: number;
  /** Outer addresses, of tunnel mode. */
  readonly tunnel?: { readonly source: Uint8Array; readonly destination: Uint8Array };
}

export class Packet {
  buf: Uint8Array;
  /** Offset of the link header, or -1 without one. */
  mac = -1;
  network = HEADROOM;
  /** Offset of the transport header; meaningful while `l4proto` is not -1. */
  transport = HEADROOM;
  /** One past the last byte. */
  end = HEADROOM;
  /** EtherType, skb->protocol, in host form: 0x0800, 0x86dd, 0x0806 … */
  protocol = 0;
  /** Protocol number of the transport header, or -1 while unknown or unparsable. */
  l4proto = -1;
  /** Offset of this fragment in units of bytes; 0 for whole packets and first fragments. */
  fragOffset = 0;
  /** The network header was read since it last changed (see `dissectNetwork`). */
  dissected = false;

  iif: NetDevice | null = null;
  oif: NetDevice | null = null;
  mark = 0;
  priority = 0;
  pktType = PACKET_HOST;
  /** Nanoseconds on the namespace's clock when it was received, 0 if made here. */
  tstamp = 0;
  /** Opaque to core: the conntrack entry's slot, 0 for none (skb->_nfct). */
  ct = 0;
  /** enum ip_conntrack_info; IP_CT_UNTRACKED with ct 0 is `notrack`. */
  ctinfo = 0;
  /** `meta nftrace set 1`. */
  nftrace = false;
  /** Whose it is: the socket that made it, or that it was found to be for (skb->sk). */
  sk: Socket | null = null;
  /** skb->vlan_tci of a tag taken off by the receiving device, or -1; 0x8100 or 0x88a8 beside. */
  vlanTci = -1;
  vlanProto = 0;
  /** What IPsec undid on its way in, outermost first; null for none (skb_sec_path()). */
  secpath: readonly Transformation[] | null = null;
  /** skb->secmark. */
  secmark = 0;
  /** Largest original fragment of a reassembled packet, 0 if none (IPCB(skb)->frag_max_size). */
  fragMaxSize = 0;
  /**
   * Network length of each segment of a large packet that the receiving device put together (GRO), 0 for others:
   * what skb_gso_network_seglen() gives.
   */
  segmentLength = 0;
  /** Payload lengths of the fragments a packet was reassembled from (skb frag_list), else null. */
  fragLengths: readonly number[] | null = null;
  /** May be fragmented although DF is set: it came in fragments (skb->ignore_df). */
  ignoreDf = false;
  /**
   * What was found in options on arrival (skb->cb): of IPv4 the places of those that are answered, packed
   * by the stack, 40 where IPv6 hop-by-hop options were read, else 0.
   */
  optionSlot = 0;
  /**
   * The transport checksum was found right (skb->csum of CHECKSUM_COMPLETE): nobody sums again, whatever
   * raw bytes rules write behind that.
   */
  csumValid = false;
  /** Made by this namespace, not received. */
  local = false;
  /** Destination cache: what routing decided, opaque to core (skb_dst). */
  dst: object | null = null;
  /** Which ports of a bridge it passes, where the IP families see that (nf_bridge_info_get()); else null. */
  bridge: BridgeInfo | null = null;
  /** A rule in prerouting of a bridge wants it routed, not bridged (br_netfilter_broute). */
  broute = false;
  /** Set when the packet is dropped: enum skb_drop_reason in words of the kernel. */
  dropReason = '';
  /** Constructs met on the way that could not be evaluated: the verdict depends on them. */
  depends: string[] | null = null;

  constructor(capacity = 2048) {
    this.buf = new Uint8Array(HEADROOM + capacity);
  }

  /** Length from the network header on, skb->len after the link header was pulled. */
  get length(): number {
    return this.end - this.network;
  }

  /** Leaves in one piece, or in segments as it came (skb_gso_validate_network_len()). */
  fits(mtu: number): boolean {
    return this.length <= mtu || (this.segmentLength !== 0 && this.segmentLength <= mtu);
  }

  /** Takes a frame in: copies it behind the headroom and resets everything else. */
  fill(bytes: Uint8Array, linkHeaderLength: number): void {
    this.reserve(bytes.length);
    this.reset();
    this.buf.set(bytes, HEADROOM);
    this.mac = linkHeaderLength > 0 ? HEADROOM : -1;
    this.network = HEADROOM + linkHeaderLength;
    this.transport = this.network;
    this.end = HEADROOM + bytes.length;
  }

  /** Makes sure `length` bytes fit behind the headroom; the contents are lost when it grows. */
  reserve(length: number): void {
    if (this.buf.length < HEADROOM + length) this.buf = new Uint8Array(HEADROOM + length);
  }

  reset(): void {
    this.mac = -1;
    this.protocol = 0;
    this.l4proto = -1;
    this.fragOffset = 0;
    this.dissected = false;
    this.iif = null;
    this.oif = null;
    this.mark = 0;
    this.priority = 0;
    this.pktType = PACKET_HOST;
    this.tstamp = 0;
    this.ct = 0;
    this.ctinfo = 0;
    this.nftrace = false;
    this.sk = null;
    this.vlanTci = -1;
    this.vlanProto = 0;
    this.secpath = null;
    this.secmark = 0;
    this.fragMaxSize = 0;
    this.segmentLength = 0;
    this.fragLengths = null;
    this.ignoreDf = false;
    this.optionSlot = 0;
    this.csumValid = false;
    this.local = false;
    this.dst = null;
    this.bridge = null;
    this.broute = false;
    this.dropReason = '';
    this.depends = null;
  }

  /** The bytes from the network header on; a view, valid until the packet is refilled. */
  networkBytes(): Uint8Array {
    return this.buf.subarray(this.network, this.end);
  }

  /** The bytes from the link header on (or the network header without one); a view. */
  frameBytes(): Uint8Array {
    return this.buf.subarray(this.mac >= 0 ? this.mac : this.network, this.end);
  }

  /** A copy that shares nothing; the conntrack reference goes along as with skb_copy. */
  clone(): Packet {
    const copy = new Packet(0);
    Object.assign(copy, this);
    copy.buf = this.buf.slice();
    copy.bridge = this.bridge?.clone() ?? null;
    copy.depends = this.depends === null ? null : [...this.depends];
    return copy;
  }
}
