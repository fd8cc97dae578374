// What a frame on an ingress hook must be to belong to a flow: nf_flow_tuple_ip(), nf_flow_tuple_ipv6()
// and nf_flow_tuple_encap() of nf_flow_table_ip.c.

import { u16, u32 } from '../bytes/index.ts';
import { NFPROTO_IPV4, NFPROTO_IPV6, T_DST, T_PORTS, T_PROTO, T_SRC } from '../conntrack/index.ts';
import type { Packet } from '../core/index.ts';
import { ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6 } from '../core/index.ts';
import { GRE_VERSION, IP_OFFSET, IPPROTO_GRE, IPPROTO_TCP, IPPROTO_UDP } from '../uapi/index.ts';
import { FlowKey } from './flow.ts';

const IP_MF = 0x2000;
const VLAN_HLEN = 4;
const HEADERS: ReadonlyMap<number, number> = new Map([
  [IPPROTO_TCP, 20],
  [IPPROTO_UDP, 8],
  [IPPROTO_GRE, 4],
]);

/** The families whose flows a flowtable may hold. */
export interface Families {
  readonly ip: boolean;
  readonly ip6: boolean;
}

/** A frame that was read; one object is used for all. */
export class Arrival {
  readonly key = new FlowKey();
  /** Bytes of a tag in front of the network header. */
  offset = 0;
  /** Offset of the transport header in the buffer. */
  transport = 0;

  get protocol(): number {
    return this.key.tuple[T_PROTO]! >>> 8;
  }

  /** False for what no flow has: fragments, options, a hop limit at its end, other protocols. */
  read(packet: Packet, iif: number, families: Families): boolean {
    this.key.iif = iif;
    this.offset = 0;
    const protocol = this.#tags(packet);
    if (protocol === ETH_P_IP) return families.ip && this.#read4(packet);
    return protocol === ETH_P_IPV6 && families.ip6 && this.#read6(packet);
  }

  /** The tags of a frame; returns what is behind them. */
  #tags(packet: Packet): number {
    const { key } = this;
    const hasTag = packet.vlanTci >= 0;
    key.outer = hasTag ? (packet.vlanProto << 16) | packet.vlanTci : 0;
    key.inner = 0;
    if (packet.protocol !== ETH_P_8021Q || packet.network + VLAN_HLEN > packet.end)
      return packet.protocol;
    const tag = (ETH_P_8021Q << 16) | u16(packet.buf, packet.network);
    if (hasTag) key.inner = tag;
    else key.outer = tag;
    this.offset = VLAN_HLEN;
    return u16(packet.buf, packet.network + 2);
  }

  #read4(packet: Packet): boolean {
    const { buf, end } = packet;
    const at = packet.network + this.offset;
    if (at + 20 > end || (buf[at]! & 0x0f) !== 5) return false;
    if ((u16(buf, at + 6) & (IP_OFFSET | IP_MF)) !== 0 || buf[at + 8]! <= 1) return false;
    const { tuple } = this.key;
    tuple.fill(0);
    tuple[T_SRC] = u32(buf, at + 12);
    tuple[T_DST] = u32(buf, at + 16);
    return this.#transport(packet, buf[at + 9]!, at + 20, NFPROTO_IPV4);
  }

  #read6(packet: Packet): boolean {
    const { buf, end } = packet;
    const at = packet.network + this.offset;
    if (at + 40 > end || buf[at + 7]! <= 1) return false;
    const { tuple } = this.key;
    for (let i = 0; i < 8; i++) tuple[i] = u32(buf, at + 8 + 4 * i);
    return this.#transport(packet, buf[at + 6]!, at + 40, NFPROTO_IPV6);
  }

  #transport({ buf, end }: Packet, protocol: number, at: number, l3: number): boolean {
    const length = HEADERS.get(protocol);
    if (length === undefined || at + length > end) return false;
    const { tuple } = this.key;
    this.transport = at;
    tuple[T_PROTO] = l3 | (protocol << 8);
    tuple[T_PORTS] = 0;
    if (protocol === IPPROTO_GRE) return (u16(buf, at) & GRE_VERSION) === 0;
    tuple[T_PORTS] = u32(buf, at);
    return true;
  }
}
