// What a rule sees of a packet: struct nft_pktinfo and the functions that fill it
// (include/net/netfilter/nf_tables_ipv4.h and nf_tables_ipv6.h).

import type { HookPoint, NetDevice, Packet } from '../core/index.ts';
import { Nfproto } from '../core/index.ts';
import { JumpStack } from './jump-stack.ts';
import { REGISTER_WORDS } from './registers.ts';
import type { Chain } from './state/chain.ts';

export const ETH_P_IP = 0x0800;
export const ETH_P_IPV6 = 0x86dd;

const IPPROTO_HOPOPTS = 0;
const IPPROTO_ROUTING = 43;
const IPPROTO_FRAGMENT = 44;
const IPPROTO_AH = 51;
const IPPROTO_NONE = 59;
const IPPROTO_DSTOPTS = 60;

/**
 * The state of one walk through one base chain. Walks nest (a reject sends a packet through the
 * output hook), so each depth has its own; see `Interpreter`.
 */
export class PktInfo {
  readonly regs = new Uint32Array(REGISTER_WORDS);
  readonly stack = new JumpStack();
  /** What a slot of the chain at hand was loaded as, valid while its stamp is the epoch. */
  readonly memo = new Int32Array(256);
  readonly stamps = new Int32Array(256);
  #epoch = 0;
  packet!: Packet;
  point!: HookPoint;
  bytes: Uint8Array = new Uint8Array(0);
  /** Offset of the network header in `bytes`. */
  network = 0;
  /** Offset of the transport header in `bytes`; valid with `l4`. */
  transport = 0;
  /** One past the last byte. */
  end = 0;
  /** skb->len. */
  length = 0;
  /** NFT_PKTINFO_L4PROTO: `tprot` and `transport` say something. */
  l4 = false;
  tprot = 0;
  /** Fragment offset, 0 for whole packets and first fragments. */
  fragoff = 0;
  /** `l4`, and not a later fragment: there is a transport header. */
  transportOk = false;
  /** Offset behind the transport header, or -1 while unknown (NFT_PKTINFO_INNER). */
  inner = -1;
  /** NFPROTO_* of the hook the chain is registered at. */
  pf = 0;
  hook = 0;
  in: NetDevice | null = null;
  out: NetDevice | null = null;
  /** Where the walk goes on behind a jump. */
  resume = 0;
  /** The chain a jump or goto verdict names. */
  target: Chain | null = null;
  /** Number and flags of a queue verdict. */
  queueNum = 0;
  queueFlags = 0;
  /** A match found the packet so broken that it is dropped whatever the rule says (par->hotdrop). */
  hotdrop = false;

  /** Makes everything in `memo` void. */
  nextEpoch(): number {
    if (this.#epoch === 0x7fffffff) {
      this.stamps.fill(0);
      this.#epoch = 0;
    }
    return ++this.#epoch;
  }
}

/** nft_set_pktinfo_unspec(). */
export function setUnspecified(pkt: PktInfo): void {
  pkt.l4 = false;
  pkt.transportOk = false;
  pkt.tprot = 0;
  pkt.transport = pkt.network;
  pkt.fragoff = 0;
}

/** nft_set_pktinfo_ipv4(): the stack has checked the header before any IP hook. */
export function setIpv4(pkt: PktInfo): void {
  const { bytes, network } = pkt;
  pkt.l4 = true;
  pkt.tprot = bytes[network + 9]!;
  pkt.transport = network + ((bytes[network]! & 15) << 2);
  pkt.fragoff = ((bytes[network + 6]! & 0x1f) << 8) | bytes[network + 7]!;
  pkt.transportOk = pkt.fragoff === 0;
}

/** nft_set_pktinfo_ipv4_validate(): for hooks before the stack has looked at the header. */
export function setIpv4Validated(pkt: PktInfo): void {
  const { bytes, network } = pkt;
  const left = pkt.end - network;
  const ihl = (bytes[network]! & 15) << 2;
  const total = (bytes[network + 2]! << 8) | bytes[network + 3]!;
  const sound = left >= 20 && bytes[network]! >>> 4 === 4 && ihl >= 20 && total >= ihl;
  if (!sound || left < total) setUnspecified(pkt);
  else setIpv4(pkt);
}

const isExtension = (next: number): boolean =>
  next === IPPROTO_HOPOPTS ||
  next === IPPROTO_ROUTING ||
  next === IPPROTO_FRAGMENT ||
  next === IPPROTO_AH ||
  next === IPPROTO_NONE ||
  next === IPPROTO_DSTOPTS;

/** What `findIpv6` found; one object for all, read at once. */
/** `broken`: nothing was found because a header is cut off (EBADMSG, not ENOENT). */
export const ipv6Found = { offset: 0, proto: -1, fragoff: 0, broken: false };

function answer(offset: number, proto: number, fragoff: number): true {
  ipv6Found.offset = offset;
  ipv6Found.proto = proto;
  ipv6Found.fragoff = fragoff;
  return true;
}

/** Length of an extension header, or 0 where it does not lie in the packet. */
function extensionLength(bytes: Uint8Array, at: number, end: number, next: number): number {
  if (at + (next === IPPROTO_ROUTING || next === IPPROTO_FRAGMENT ? 4 : 2) > end) return 0;
  if (next === IPPROTO_FRAGMENT) return 8;
  const length = bytes[at + 1]!;
  return next === IPPROTO_AH ? (length + 2) << 2 : (length + 1) << 3;
}

/**
 * ipv6_find_hdr() in net/ipv6/exthdrs_core.c: the last header with `want` -1 (as pktinfo asks, an
 * AH header counts as the last), or the header numbered `want`. Fills `ipv6Found`; answers false
 * where the kernel gives an error. A later fragment has a last header, but no place for it.
 */
export function findIpv6(bytes: Uint8Array, network: number, end: number, want: number): boolean {
  let at = network + 40;
  let next = bytes[network + 6]!;
  ipv6Found.broken = false;
  for (;;) {
    if (!isExtension(next) || next === IPPROTO_NONE)
      return want < 0 || next === want ? answer(at, next, 0) : false;
    const length = extensionLength(bytes, at, end, next);
    if (length === 0) {
      ipv6Found.broken = true;
      return false;
    }
    const after = bytes[at]!;
    if (next === IPPROTO_FRAGMENT) {
      const fragoff = ((bytes[at + 2]! << 8) | bytes[at + 3]!) & ~7;
      if (fragoff !== 0) {
        const last = !isExtension(after) || after === IPPROTO_NONE;
        if (want < 0 && last) return answer(network, after, fragoff);
        return next === want ? answer(at, next, fragoff) : false;
      }
    }
    if (next === want || (next === IPPROTO_AH && want < 0)) return answer(at, next, 0);
    next = after;
    at += length;
  }
}

/** nft_set_pktinfo_ipv6(). */
export function setIpv6(pkt: PktInfo): void {
  if (!findIpv6(pkt.bytes, pkt.network, pkt.end, -1)) {
    setUnspecified(pkt);
    return;
  }
  pkt.l4 = true;
  pkt.tprot = ipv6Found.proto;
  pkt.transport = ipv6Found.offset;
  pkt.fragoff = ipv6Found.fragoff;
  pkt.transportOk = pkt.fragoff === 0;
}

/** nft_set_pktinfo_ipv6_validate(). */
export function setIpv6Validated(pkt: PktInfo): void {
  const { bytes, network } = pkt;
  const left = pkt.end - network;
  const payload = (bytes[network + 4]! << 8) | bytes[network + 5]!;
  if (left < 40 || bytes[network]! >>> 4 !== 6 || payload + 40 > left) setUnspecified(pkt);
  else setIpv6(pkt);
}

/** nft_do_chain_netdev, nft_do_chain_bridge and inet ingress: by EtherType, headers unchecked. */
function setByEtherType(pkt: PktInfo, packet: Packet): void {
  if (packet.protocol === ETH_P_IP) setIpv4Validated(pkt);
  else if (packet.protocol === ETH_P_IPV6) setIpv6Validated(pkt);
  else setUnspecified(pkt);
}

/** Bits of hooks where state->in is set: all but output and egress; forwarded packets keep it. */
const HAS_IN = 0b0110111;
/** Forward, output, postrouting and egress know where the packet goes. */
const HAS_OUT = 0b1011100;

/** Where skb->data points: behind the link header, but for frames on their way out. */
function lengthFrom(packet: Packet, pf: number, hook: number): number {
  const framed = (pf === Nfproto.netdev && hook === 6) || (pf === Nfproto.arp && hook === 3);
  return framed && packet.mac >= 0 ? packet.mac : packet.network;
}

/** Fills everything for one walk (nft_do_chain_ipv4 and its siblings in nft_chain_filter.c). */
export function setPktInfo(pkt: PktInfo, packet: Packet, point: HookPoint, pf: number): void {
  pkt.packet = packet;
  pkt.point = point;
  pkt.bytes = packet.buf;
  pkt.network = packet.network;
  pkt.end = packet.end;
  pkt.inner = -1;
  pkt.pf = pf;
  pkt.hook = point.num;
  pkt.in =
    (HAS_IN >>> point.num) & 1 && !(pf === Nfproto.bridge && point.num === 4) ? packet.iif : null;
  pkt.out = (HAS_OUT >>> point.num) & 1 ? packet.oif : null;
  pkt.length = packet.end - lengthFrom(packet, pf, point.num);
  if (pf === Nfproto.ip) setIpv4(pkt);
  else if (pf === Nfproto.ip6) setIpv6(pkt);
  else if (pf === Nfproto.arp) setUnspecified(pkt);
  else setByEtherType(pkt, packet);
}
