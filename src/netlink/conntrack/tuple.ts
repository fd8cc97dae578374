// CTA_TUPLE_*: one direction of a connection, nf_ct_dump_tuple() and ctnetlink_parse_tuple() of
// net/netfilter/nf_conntrack_netlink.c. All numbers are in network order.

import { formatIPv4, formatIPv6, parseIPv4, parseIPv6, put32, u32 } from '../../bytes/index.ts';
import * as u from '../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../attributes.ts';

/** Addresses as text; ports, or what the protocol has in their place. */
export interface CtTuple {
  readonly src: string;
  readonly dst: string;
  /** Ports; the keys of GRE. */
  readonly sport?: number;
  readonly dport?: number;
  /** ICMP and ICMPv6. */
  readonly type?: number;
  readonly code?: number;
  readonly id?: number;
}

export interface ReadTuple {
  readonly family: 'ip' | 'ip6';
  readonly protocol: number;
  readonly tuple: CtTuple;
  /** CTA_TUPLE_ZONE: the zone counts in this direction only. */
  readonly zone?: number;
}

function addressOf(a: Attributes, type: number, length: number): string {
  const bytes = a.bytes(type);
  if (bytes.length !== length) {
    a.fail(`address ${type}: ${length} bytes wanted, ${bytes.length} there`);
    return length === 4 ? '0.0.0.0' : '::';
  }
  return length === 4 ? formatIPv4(u32(bytes, 0)) : formatIPv6(bytes);
}

function readAddresses(a: Attributes): Pick<ReadTuple, 'family'> & { src: string; dst: string } {
  if (a.has(u.CTA_IP_V6_SRC) || a.has(u.CTA_IP_V6_DST)) {
    const [src, dst] = [addressOf(a, u.CTA_IP_V6_SRC, 16), addressOf(a, u.CTA_IP_V6_DST, 16)];
    return { family: 'ip6', src, dst };
  }
  return {
    family: 'ip',
    src: addressOf(a, u.CTA_IP_V4_SRC, 4),
    dst: addressOf(a, u.CTA_IP_V4_DST, 4),
  };
}

function readProtocol(a: Attributes): Omit<CtTuple, 'src' | 'dst'> {
  if (a.has(u.CTA_PROTO_ICMP_TYPE))
    return {
      type: a.u8(u.CTA_PROTO_ICMP_TYPE),
      code: a.u8(u.CTA_PROTO_ICMP_CODE),
      id: a.u16be(u.CTA_PROTO_ICMP_ID),
    };
  if (a.has(u.CTA_PROTO_ICMPV6_TYPE))
    return {
      type: a.u8(u.CTA_PROTO_ICMPV6_TYPE),
      code: a.u8(u.CTA_PROTO_ICMPV6_CODE),
      id: a.u16be(u.CTA_PROTO_ICMPV6_ID),
    };
  return {
    ...(a.has(u.CTA_PROTO_SRC_PORT) && { sport: a.u16be(u.CTA_PROTO_SRC_PORT) }),
    ...(a.has(u.CTA_PROTO_DST_PORT) && { dport: a.u16be(u.CTA_PROTO_DST_PORT) }),
  };
}

export function readTuple(a: Attributes): ReadTuple {
  const { family, ...ends } = readAddresses(a.nested(u.CTA_TUPLE_IP));
  const proto = a.nested(u.CTA_TUPLE_PROTO);
  return {
    family,
    protocol: proto.u8(u.CTA_PROTO_NUM),
    tuple: { ...ends, ...readProtocol(proto) },
    ...(a.has(u.CTA_TUPLE_ZONE) && { zone: a.u16be(u.CTA_TUPLE_ZONE) }),
  };
}

/** @throws RangeError for a text that is no address of the family */
export function addressBytes(family: 'ip' | 'ip6', text: string): Uint8Array {
  const bytes = family === 'ip6' ? parseIPv6(text) : ipv4Bytes(text);
  if (bytes === undefined) throw new RangeError(`'${text}' is no address of family ${family}`);
  return bytes;
}

function ipv4Bytes(text: string): Uint8Array | undefined {
  const address = parseIPv4(text);
  if (address === undefined) return undefined;
  const bytes = new Uint8Array(4);
  put32(bytes, 0, address);
  return bytes;
}

function writeProtocol(out: AttributeWriter, protocol: number, tuple: CtTuple): void {
  out.u8(u.CTA_PROTO_NUM, protocol);
  if (tuple.type !== undefined) {
    const v6 = protocol === u.IPPROTO_ICMPV6;
    out.u16be(v6 ? u.CTA_PROTO_ICMPV6_ID : u.CTA_PROTO_ICMP_ID, tuple.id ?? 0);
    out.u8(v6 ? u.CTA_PROTO_ICMPV6_TYPE : u.CTA_PROTO_ICMP_TYPE, tuple.type);
    out.u8(v6 ? u.CTA_PROTO_ICMPV6_CODE : u.CTA_PROTO_ICMP_CODE, tuple.code ?? 0);
    return;
  }
  if (tuple.sport !== undefined) out.u16be(u.CTA_PROTO_SRC_PORT, tuple.sport);
  if (tuple.dport !== undefined) out.u16be(u.CTA_PROTO_DST_PORT, tuple.dport);
}

/** @throws RangeError for a text that is no address */
export function writeTuple(
  out: AttributeWriter,
  type: number,
  { family, protocol, tuple, zone }: ReadTuple,
): void {
  const v6 = family === 'ip6';
  out.nested(type, (inner) => {
    inner.nested(u.CTA_TUPLE_IP, (ip) => {
      ip.bytes(v6 ? u.CTA_IP_V6_SRC : u.CTA_IP_V4_SRC, addressBytes(family, tuple.src));
      ip.bytes(v6 ? u.CTA_IP_V6_DST : u.CTA_IP_V4_DST, addressBytes(family, tuple.dst));
    });
    inner.nested(u.CTA_TUPLE_PROTO, (proto) => writeProtocol(proto, protocol, tuple));
    if (zone !== undefined) inner.u16be(u.CTA_TUPLE_ZONE, zone);
  });
}
