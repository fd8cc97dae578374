// Fields of a packet on its way through a switch, by the names flows give them.

import { formatIPv4, formatIPv6, hex, put16, u16, u32 } from '../../../../src/bytes/index.ts';
import type { Conntrack } from '../../../../src/conntrack/index.ts';
import { dissectNetwork, type Packet } from '../../../../src/core/index.ts';
import type { Match } from './flows.ts';

export const LOCAL = 65534;

/** What a packet carries beside its bytes (struct sw_flow_key, struct flow). */
export interface Walk {
  readonly packet: Packet;
  readonly inPort: number;
  /** OVS_CS_F_*, by their words; empty before it was tracked. */
  ctState: ReadonlySet<string>;
  /** What was done to its addresses: `snat`, `dnat`. */
  readonly translated: Set<string>;
  zone: number;
  metadata: bigint;
}

/** `ovs-p0` is port 1. */
export function portNumber(text: string): number {
  if (text === 'LOCAL') return LOCAL;
  const name = /^ovs-p(\d+)$/.exec(text);
  return name === null ? Number(text) : Number(name[1]) + 1;
}

const PROTOCOLS: Readonly<Record<string, readonly [number, number?]>> = {
  arp: [0x0806],
  ip: [0x0800],
  ipv6: [0x86dd],
  ip6: [0x86dd],
  icmp: [0x0800, 1],
  icmp6: [0x86dd, 58],
  tcp: [0x0800, 6],
  tcp6: [0x86dd, 6],
  udp: [0x0800, 17],
  udp6: [0x86dd, 17],
  sctp: [0x0800, 132],
};

/** Original tuple parts of a tracked packet: ct_nw_proto, ct_tp_src, ct_tp_dst. */
function original(ct: Conntrack, slot: number, field: string): number {
  if (slot === 0) return 0;
  const protocol = ct.l4proto(slot);
  if (field === 'ct_nw_proto') return protocol;
  const code = ct.destinationPart(slot, 0);
  if (protocol === 1 || protocol === 58) return field === 'ct_tp_src' ? code >>> 8 : code & 0xff;
  return field === 'ct_tp_src' ? ct.sourcePart(slot, 0) : code;
}

function addressOf({ buf, network, protocol }: Packet, which: 'src' | 'dst'): string {
  if (protocol === 0x0800) return formatIPv4(u32(buf, network + (which === 'src' ? 12 : 16)));
  return formatIPv6(buf, network + (which === 'src' ? 8 : 24));
}

function inPrefix(address: string, value: string, mask: string | undefined): boolean {
  if (mask === undefined) return address === value;
  const number = (text: string): number =>
    text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const low = 2 ** (32 - Number(mask));
  return Math.floor(number(address) / low) === Math.floor(number(value) / low);
}

/** `+trk-new`: every word must be so. */
const stateMatches = (has: ReadonlySet<string>, wanted: string): boolean =>
  [...wanted.matchAll(/([+-])(\w+)/g)].every(([, sign, word]) => has.has(word!) === (sign === '+'));

/** Label of an entry as a number, the first bit lowest. */
export function labelOf(ct: Conntrack, slot: number): bigint {
  const bytes = slot === 0 ? null : ct.labels(slot);
  return bytes === null ? 0n : BigInt(`0x${hex(bytes.toReversed())}`);
}

function numberOf(ct: Conntrack, walk: Walk, field: string): bigint {
  const { packet } = walk;
  const tracked = walk.ctState.has('trk') ? packet.ct : 0;
  dissectNetwork(packet);
  switch (field) {
    case 'ct_zone':
      return BigInt(walk.zone);
    case 'ct_mark':
      return BigInt(tracked === 0 ? 0 : ct.mark(tracked));
    case 'ct_label':
      return labelOf(ct, tracked);
    case 'metadata':
      return walk.metadata;
    case 'ct_nw_proto':
    case 'ct_tp_src':
    case 'ct_tp_dst':
      return BigInt(original(ct, tracked, field));
    case 'icmp_type':
      return BigInt(packet.buf[packet.transport]!);
    case 'tp_src':
      return BigInt(u16(packet.buf, packet.transport));
    case 'tp_dst':
      return BigInt(u16(packet.buf, packet.transport + 2));
    default:
      throw new SyntaxError(`field ${field} is not known here`);
  }
}

export function matches(ct: Conntrack, walk: Walk, { field, value, mask }: Match): boolean {
  const { packet } = walk;
  const kind = PROTOCOLS[field];
  if (kind !== undefined) {
    dissectNetwork(packet);
    return packet.protocol === kind[0] && (kind[1] === undefined || packet.l4proto === kind[1]);
  }
  if (field === 'in_port') return walk.inPort === portNumber(value);
  if (field === 'ct_state') return stateMatches(walk.ctState, value);
  if (field === 'nw_src' || field === 'nw_dst')
    return inPrefix(addressOf(packet, field === 'nw_src' ? 'src' : 'dst'), value, mask);
  if (field === 'ip_frag') return fragmentKind(packet) === value;
  const bits = mask === undefined ? -1n : BigInt(mask);
  return (numberOf(ct, walk, field) & bits) === (BigInt(value) & bits);
}

/** `no`, `first` or `later`. */
function fragmentKind(packet: Packet): string {
  dissectNetwork(packet);
  if (packet.fragOffset > 0) return 'later';
  const { buf, network, protocol } = packet;
  const isPart =
    protocol === 0x0800 ? (u16(buf, network + 6) & 0x2000) !== 0 : buf[network + 6] === 44;
  return isPart ? 'first' : 'no';
}

/** Writes one address of an IPv4 packet and mends its checksums by making them anew. */
export function setAddress(packet: Packet, which: 'nw_src' | 'nw_dst', text: string): void {
  const { buf, network } = packet;
  const at = network + (which === 'nw_src' ? 12 : 16);
  const bytes = text.split('.').map(Number);
  const mend = (offset: number): void => {
    let sum = 0xffff ^ u16(buf, offset);
    for (let i = 0; i < 4; i += 2)
      sum += (0xffff ^ u16(buf, at + i)) + ((bytes[i]! << 8) | bytes[i + 1]!);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    put16(buf, offset, 0xffff ^ sum);
  };
  dissectNetwork(packet);
  if (packet.l4proto === 6) mend(packet.transport + 16);
  if (packet.l4proto === 17) mend(packet.transport + 6);
  mend(network + 10);
  buf.set(bytes, at);
}
