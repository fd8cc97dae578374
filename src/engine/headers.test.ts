// Headers that have to be looked for: options, chunks, extension headers, tunnels.

import { expect, test } from 'vitest';
import { unhex } from '../bytes/index.ts';
import { Packet } from '../core/index.ts';
import type { Expr, ExthdrOp } from '../program/index.ts';
import { type Bench, base, bench, cmp, counter, rule, table } from './test-support.ts';

const IP = '450000000000000040110000 0a000001 0a000002'.replaceAll(' ', '');
/** An IPv4 packet of a protocol with options and payload in hex; lengths are filled in. */
function ip(protocol: number, payload: string, options = ''): Uint8Array {
  const bytes = unhex(`${IP}${options}${payload}`.replaceAll(' ', ''));
  bytes[0] = 0x45 + options.length / 8;
  bytes[3] = bytes.length;
  bytes[9] = protocol;
  return bytes;
}

function ip6(next: number, payload: string): Uint8Array {
  const body = unhex(payload.replaceAll(' ', ''));
  const bytes = new Uint8Array(40 + body.length);
  bytes.set([0x60, 0, 0, 0, 0, body.length, next, 64]);
  bytes.set(body, 40);
  return bytes;
}

function send(b: Bench, bytes: Uint8Array): Packet {
  const packet = new Packet();
  packet.fill(bytes, 0);
  const family = bytes[0]! >>> 4 === 4 ? 'ip' : 'ip6';
  packet.protocol = family === 'ip' ? 0x0800 : 0x86dd;
  b.netns.hooks.run(b.netns.hooks.point(family, 'forward'), packet);
  return packet;
}

/** Whether a rule of these expressions matches the packet. */
function matches(exprs: readonly Expr[], bytes: Uint8Array): boolean {
  const b = bench();
  const inet = { family: 'inet' } as const;
  b.nft.apply([
    table('inet'),
    { ...base(), ...inet },
    { ...rule('c', [...exprs, counter]), ...inet },
  ]);
  send(b, bytes);
  const [found] = b.nft.list().tables[0]!.chains[0]!.rules[0]!.exprs.slice(-1);
  return found?.kind === 'counter' && found.packets === 1;
}

const exthdr = (
  op: ExthdrOp,
  type: number,
  offset: number,
  len: number,
  present = false,
): Expr => ({
  kind: 'exthdr',
  op,
  type,
  offset,
  len,
  present,
  dreg: 1,
});
const exists = (op: ExthdrOp, type: number): Expr[] => [exthdr(op, type, 0, 1, true), cmp('01')];

/** SYN with MSS 1460, two NOPs, SACK permitted, and an end of options. */
const TCP = '0400 0050 00000001 00000000 8002 ffff 0000 0000 020405b4 0101 0402 00000000';
const HOP = '1100 0104 0000 0000';
const UDP = '0400 0035 0009 0000 41';

test.each<{ name: string; exprs: Expr[]; bytes: Uint8Array; want: boolean }>([
  {
    name: 'the MSS of a SYN',
    exprs: [exthdr('tcpopt', 2, 2, 2), cmp('05b4')],
    bytes: ip(6, TCP),
    want: true,
  },
  { name: 'an option that is there', exprs: exists('tcpopt', 4), bytes: ip(6, TCP), want: true },
  { name: 'an option that is not', exprs: exists('tcpopt', 8), bytes: ip(6, TCP), want: false },
  {
    name: 'a field behind the end of its option',
    exprs: [exthdr('tcpopt', 4, 2, 2)],
    bytes: ip(6, TCP),
    want: false,
  },
  {
    name: 'TCP options of UDP',
    exprs: [exthdr('tcpopt', 2, 2, 2)],
    bytes: ip(17, UDP),
    want: false,
  },
  {
    name: 'a TCP header that is cut off',
    exprs: exists('tcpopt', 2),
    bytes: ip(6, TCP.slice(0, 50)),
    want: false,
  },
  {
    name: 'the pointer of a record route',
    exprs: [exthdr('ipv4', 7, 2, 1), cmp('04')],
    bytes: ip(17, UDP, '0107070400000000'),
    want: true,
  },
  {
    name: 'a router alert',
    exprs: exists('ipv4', 148),
    bytes: ip(17, UDP, '94040000'),
    want: true,
  },
  {
    name: 'a router alert with a value, which the kernel does not note',
    exprs: exists('ipv4', 148),
    bytes: ip(17, UDP, '94040001'),
    want: false,
  },
  {
    name: 'options that do not parse',
    exprs: exists('ipv4', 148),
    bytes: ip(17, UDP, '0700000094040000'),
    want: false,
  },
  {
    name: 'a hop-by-hop header',
    exprs: [exthdr('ipv6', 0, 0, 1), cmp('11')],
    bytes: ip6(0, HOP + UDP),
    want: true,
  },
  {
    name: 'UDP behind it',
    exprs: [{ kind: 'payload', base: 'transport', offset: 2, len: 2, dreg: 1 }, cmp('0035')],
    bytes: ip6(0, HOP + UDP),
    want: true,
  },
  {
    name: 'a header behind another',
    exprs: exists('ipv6', 60),
    bytes: ip6(0, `3c00 0104 0000 0000 ${HOP}${UDP}`),
    want: true,
  },
  {
    name: 'a later fragment header',
    exprs: exists('ipv6', 44),
    bytes: ip6(44, `1100 0009 00000007 ${UDP}`),
    want: true,
  },
  { name: 'extension headers of IPv4', exprs: exists('ipv6', 0), bytes: ip(17, UDP), want: false },
  {
    name: 'an extension header that is cut off',
    exprs: exists('ipv6', 60),
    bytes: ip6(0, '3c'),
    want: false,
  },
  {
    name: 'an SCTP chunk behind another',
    exprs: [exthdr('sctp', 0, 4, 4), cmp('00000005')],
    bytes: ip(
      132,
      `04000050 00000009 00000000 03000004 00030011 00000005 00010002 00000000 41000000`,
    ),
    want: true,
  },
  {
    name: 'a chunk of no length',
    exprs: exists('sctp', 0),
    bytes: ip(132, '04000050 00000009 00000000 03000000 00030011'),
    want: false,
  },
])('$name: $want', ({ exprs, bytes, want }) => {
  expect(matches(exprs, bytes)).toBe(want);
});

const inner = (expr: Extract<Expr, { kind: 'inner' }>['expr'], type: 'vxlan' | 'gre'): Expr => ({
  kind: 'inner',
  type,
  hdrsize: type === 'vxlan' ? 8 : 0,
  // HDRSIZE, LL, NH and TH; GRE carries no Ethernet.
  flags: type === 'vxlan' ? 15 : 12,
  expr,
});
const innerLoad = (
  where: 'tunnel' | 'link' | 'network' | 'transport',
  offset: number,
  len: number,
) => ({ kind: 'payload', base: where, offset, len, dreg: 1 }) as const;
const INNER = '450000240000000040110000 c0a80001 c0a80002 1111 2222 0010 0000 00000000';
const ETHERNET = '020000000009 020000000008 0800';
const VXLAN = `04d2 12b5 0050 0000 0800000000007b00 ${ETHERNET} ${INNER}`;
const GRE = `2000 0800 00000063 ${INNER}`;

test.each<{ name: string; exprs: Expr[]; bytes: Uint8Array }>([
  {
    name: 'the network identifier of VXLAN',
    exprs: [inner(innerLoad('tunnel', 4, 3), 'vxlan'), cmp('00007b')],
    bytes: ip(17, VXLAN),
  },
  {
    name: 'the address of a frame inside',
    exprs: [inner(innerLoad('link', 0, 6), 'vxlan'), cmp('020000000009')],
    bytes: ip(17, VXLAN),
  },
  {
    name: 'the source of a packet inside',
    exprs: [inner(innerLoad('network', 12, 4), 'vxlan'), cmp('c0a80001')],
    bytes: ip(17, VXLAN),
  },
  {
    name: 'the port of a packet inside',
    exprs: [inner(innerLoad('transport', 2, 2), 'vxlan'), cmp('2222')],
    bytes: ip(17, VXLAN),
  },
  {
    name: 'the protocol of a packet inside GRE with a key',
    exprs: [inner({ kind: 'meta', key: 'l4proto', dreg: 1 }, 'gre'), cmp('11')],
    bytes: ip(47, GRE),
  },
  {
    name: 'its source',
    exprs: [inner(innerLoad('network', 12, 4), 'gre'), cmp('c0a80001')],
    bytes: ip(47, GRE),
  },
])('$name', ({ exprs, bytes }) => {
  expect(matches(exprs, bytes)).toBe(true);
});

test('a clamped MSS and a stripped option leave the checksum right', () => {
  const mss: Expr = { kind: 'exthdr-write', op: 'tcpopt', type: 2, offset: 2, len: 2, sreg: 1 };
  const value = (bytes: string): Expr => ({
    kind: 'immediate',
    dreg: 1,
    data: { kind: 'value', bytes },
  });
  const b = bench();
  b.nft.apply([
    table(),
    base(),
    rule('c', [value('0500'), mss]),
    rule('c', [value('0600'), mss]),
    rule('c', [{ kind: 'exthdr-reset', op: 'tcpopt', type: 4 }]),
  ]);
  const bytes = ip(6, TCP);
  const before = send(bench(), bytes);
  const after = send(b, bytes);
  const options = (packet: Packet): string =>
    [...packet.networkBytes().subarray(40, 52)]
      .map((x) => x.toString(16).padStart(2, '0'))
      .join('');
  expect(options(before)).toBe('020405b40101040200000000');
  // Never made larger; the option of two bytes became two NOPs.
  expect(options(after)).toBe('020405000101010100000000');
  const sum = (packet: Packet): number => {
    let total = 0;
    const view = packet.networkBytes();
    for (let i = 20; i < view.length; i += 2) total += (view[i]! << 8) | view[i + 1]!;
    return total % 0xffff;
  };
  expect(sum(after)).toBe(sum(before));
});
