// What of a packet an expression loads: fields that have a name here, and bytes at a place.

import type { Expr, Family, Hex } from '../../program/index.ts';
import { WITH_PORTS } from './draft.ts';
import type { BytePlace } from './shape.ts';
import type { Field } from './wish.ts';

export interface Held {
  readonly field: Field;
  /** Where in the load it stands, in bytes. */
  readonly at: number;
  /** Bytes loaded; fewer than the field has for a prefix. */
  readonly len: number;
  readonly full: number;
  readonly mask?: Hex;
  readonly place?: BytePlace;
  /** What is no part of a packet: `fib daddr type`, `ct direction`. */
  readonly special?: string;
}

/** Field, offset and length; a load may take several that stand side by side, or part of the last. */
type Layout = readonly (readonly [Field, number, number])[];

const IPV4: Layout = [
  ['tos', 1, 1],
  ['length', 2, 2],
  ['ttl', 8, 1],
  ['protocol', 9, 1],
  ['saddr', 12, 4],
  ['daddr', 16, 4],
];
const IPV6: Layout = [
  ['protocol', 6, 1],
  ['ttl', 7, 1],
  ['saddr', 8, 16],
  ['daddr', 24, 16],
];
const ETHERNET: Layout = [
  ['ether daddr', 0, 6],
  ['ether saddr', 6, 6],
  ['family', 12, 2],
];
/** ARP over Ethernet for IPv4. */
const ARP: Layout = [
  ['ether saddr', 8, 6],
  ['saddr', 14, 4],
  ['daddr', 24, 4],
];
const PORTS: Layout = [
  ['sport', 0, 2],
  ['dport', 2, 2],
];
const TCP: Layout = [...PORTS, ['flags', 13, 1]];
const ICMP: Layout = [
  ['type', 0, 1],
  ['code', 1, 1],
];

const META: Readonly<Record<string, readonly [Field, number]>> = {
  l4proto: ['protocol', 1],
  nfproto: ['family', 1],
  protocol: ['family', 2],
  iif: ['iif', 4],
  iifname: ['iif', 16],
  oif: ['oif', 4],
  oifname: ['oif', 16],
  bri_iifname: ['bridge in', 16],
  bri_oifname: ['bridge out', 16],
  mark: ['mark', 4],
  len: ['length', 4],
  skuid: ['uid', 4],
  skgid: ['gid', 4],
  cgroup: ['classid', 4],
  pkttype: ['pkttype', 1],
};

/** Of the first packet of a connection these are its own. */
const CT: Readonly<Record<string, readonly [Field, number]>> = {
  state: ['state', 4],
  protocol: ['protocol', 1],
  l3protocol: ['family', 1],
  src_ip: ['saddr', 4],
  dst_ip: ['daddr', 4],
  src_ip6: ['saddr', 16],
  dst_ip6: ['daddr', 16],
  proto_src: ['sport', 2],
  proto_dst: ['dport', 2],
};

/** Where the reply has what the packet has. */
const REPLY: Readonly<Record<string, string>> = {
  src_ip: 'dst_ip',
  dst_ip: 'src_ip',
  src_ip6: 'dst_ip6',
  dst_ip6: 'src_ip6',
  proto_src: 'proto_dst',
  proto_dst: 'proto_src',
};

/** Without a protocol, one byte at the start is ICMP's, a whole port is a port. */
function transportLayout(protocol: number | undefined, offset: number, len: number): Layout {
  if (protocol === 6) return TCP;
  if (protocol === 1 || protocol === 58) return ICMP;
  if (protocol === undefined) return offset < 2 && len === 1 ? ICMP : TCP;
  return WITH_PORTS[protocol] === undefined ? [] : PORTS;
}

function layoutOf(
  { base, offset, len }: Extract<Expr, { kind: 'payload' }>,
  family: Family,
  protocol: number | undefined,
): Layout {
  if (base === 'link') return ETHERNET;
  if (base === 'transport') return transportLayout(protocol, offset, len);
  if (base !== 'network') return [];
  if (family === 'arp') return ARP;
  if (family === 'ip' || family === 'ip6') return family === 'ip' ? IPV4 : IPV6;
  const isFour = offset === 1 || offset === 8 ? len === 1 : offset >= 9 && offset < 20 && len <= 8;
  return isFour ? IPV4 : IPV6;
}

function payloadHeld(
  e: Extract<Expr, { kind: 'payload' }>,
  family: Family,
  protocol: number | undefined,
): Held[] {
  const known = layoutOf(e, family, protocol).flatMap(([field, offset, full]): Held[] => {
    const at = offset - e.offset;
    if (at < 0 || at >= e.len) return [];
    return [{ field, at, len: Math.min(full, e.len - at), full }];
  });
  // Whatever has no name is bytes, up to the next that has.
  const rest: Held[] = [];
  for (let at = 0; at < e.len; ) {
    const here = known.find((h) => h.at === at);
    const end = here
      ? at + here.len
      : Math.min(e.len, ...known.map((h) => (h.at > at ? h.at : e.len)));
    if (here === undefined) {
      const place: BytePlace = { base: e.base, offset: e.offset + at };
      rest.push({ field: 'bytes', at, len: end - at, full: end - at, place });
    }
    at = end;
  }
  return [...known, ...rest];
}

const one = (field: Field, len: number): Held[] => [{ field, at: 0, len, full: len }];
const special = (name: string, len: number): Held[] => [
  { field: 'shape', at: 0, len, full: len, special: name },
];

/** What an expression puts into its register. */
export function heldBy(expr: Expr, family: Family, protocol: number | undefined): Held[] {
  switch (expr.kind) {
    case 'payload':
      return payloadHeld(expr, family, protocol);
    case 'exthdr': {
      if (expr.op === 'ipv6' && expr.offset === 1 && expr.len === 1 && !expr.present)
        return special(`hdrlength ${expr.type}`, 1);
      const place: BytePlace = { base: expr.op, type: expr.type, offset: expr.offset };
      const len = expr.present ? 1 : expr.len;
      return [{ field: expr.present ? 'present' : 'bytes', at: 0, len, full: len, place }];
    }
    case 'ct': {
      const known = CT[expr.dir === 'reply' ? (REPLY[expr.key] ?? expr.key) : expr.key];
      if (known !== undefined) return one(...known);
      return special(`ct ${expr.key}`, /^(src|dst|src_ip6|dst_ip6)$/.test(expr.key) ? 16 : 8);
    }
    case 'meta': {
      const known = META[expr.key];
      return known === undefined ? special(`meta ${expr.key}`, 8) : one(...known);
    }
    case 'fib':
      return special(`fib ${expr.result} ${expr.flags.join(' ')}`, 16);
    case 'xfrm':
      return expr.key === 'spi' && expr.dir === 'in'
        ? one('ipsec', 4)
        : special(`xfrm ${expr.key}`, 16);
    case 'inner':
      return [];
    default:
      return special(expr.kind, 16);
  }
}

export const isName = (field: Field): boolean =>
  field === 'iif' || field === 'oif' || field === 'bridge in' || field === 'bridge out';
