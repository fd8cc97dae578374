import { describe, expect, test } from 'vitest';
import { hex, unhex } from '../../bytes/index.ts';
import { GRE_CSUM } from '../../uapi/index.ts';
import { verifyChecksums } from '../checksums.ts';
import { type BuildPart, build } from './build.ts';
import { payload } from './layer.ts';
import {
  ah,
  arp,
  destinationOptions,
  ethernet,
  hopByHop,
  ipv4,
  ipv6,
  ipv6Extension,
  ipv6Fragment,
  ipv6Routing,
  vlan,
} from './network.ts';
import {
  dccp,
  esp,
  gre,
  icmp,
  icmpv6,
  igmp,
  mld,
  mobility,
  nd,
  sctp,
  tcp,
  tcpFlags,
  udp,
  udpLite,
} from './transport.ts';

const E = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' };
const A = { source: '10.0.0.1', destination: '192.0.2.10' };
const S = { source: '2001:db8::1', destination: '2001:db8::2' };
const P = { sourcePort: 40000, destinationPort: 443 };

const V6 = '20010db8000000000000000000000001';

/** Every checksum here that tcpdump 4.99.3 (-vv) and tshark 4.0.17 look at they call right. */
const CASES: readonly { name: string; parts: readonly BuildPart[]; want: string }[] = [
  {
    name: 'TCP in IPv4 in Ethernet',
    parts: [
      ethernet(E),
      ipv4({ ...A, dontFragment: true, identification: 1 }),
      tcp({
        ...P,
        destinationPort: 49443,
        flags: tcpFlags('syn'),
        sequence: 100,
        window: 64240,
        options: [
          { name: 'mss', mss: 1460 },
          { name: 'sackPermitted' },
          { name: 'timestamps', value: 1, echo: 0 },
          { name: 'nop' },
          { name: 'windowScale', shift: 7 },
        ],
      }),
    ],
    want:
      '020000000002 020000000001 0800' +
      '4500003c 00014000 40066eb0 0a000001 c000020a' +
      '9c40c123 00000064 00000000 a002faf0 233b0000 020405b4 0402080a 00000001 00000000 01030307',
  },
  {
    name: 'two VLAN tags',
    parts: [
      ethernet(E),
      vlan({ id: 5, tpid: 0x88a8, dropEligible: true }),
      vlan({ id: 7, priority: 3 }),
      ipv4({ ...A, ttl: 1 }),
    ],
    want:
      '020000000002 020000000001 88a8 1005 8100 6007 0800' +
      '45000014 00000000 0100eddf 0a000001 c000020a',
  },
  {
    name: 'ARP',
    parts: [
      ethernet(E),
      arp({ senderMac: E.source, senderAddress: '10.0.0.1', targetAddress: '10.0.0.2' }),
    ],
    want:
      '020000000002 020000000001 0806' +
      '0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002',
  },
  {
    name: 'UDP with a checksum of zero, given',
    parts: [ipv4(A), udp({ ...P, checksum: 0 }), 'x'],
    want: '4500001d 00000000 4011aec5 0a000001 c000020a 9c4001bb 00090000 78',
  },
  {
    name: 'UDP whose checksum comes out as zero and is sent as ffff',
    parts: [ipv4(A), udp(P), unhex('95d3')],
    want: '4500001e 00000000 4011aec4 0a000001 c000020a 9c4001bb 000affff 95d3',
  },
  {
    name: 'an ICMP error with the packet it quotes',
    parts: [ipv4(A), icmp({ type: 3, code: 3 }), ipv4({ source: '192.0.2.10' }), udp(P)],
    want:
      '45000038 00000000 4001aeba 0a000001 c000020a 0303bf20 00000000' +
      '4500001c 00000000 4011b8c7 c000020a 00000000 9c4001bb 00089fd8',
  },
  {
    name: 'IPv6 extension headers in a chain',
    parts: [
      ipv6(S),
      hopByHop({ options: [{ type: 5, data: unhex('0000') }] }),
      ipv6Fragment({ identification: 7 }),
      destinationOptions({}),
      ah({ spi: 1, sequence: 2, icv: new Uint8Array(0) }),
      udp(P),
    ],
    want:
      `60000000 002c 00 40 ${V6} 20010db8000000000000000000000002` +
      '2c00 05020000 0100  3c00 0000 00000007  3300 0104 00000000  1101 0000 00000001 00000002' +
      '9c4001bb 0008066e',
  },
  {
    name: 'a segment routing header, whose last segment is the pseudo header’s destination',
    parts: [
      ipv6({ ...S, destination: '2001:db8::6' }),
      ipv6Routing({ addresses: ['2001:db8::2', '2001:db8::6'] }),
      udp(P),
    ],
    want:
      `60000000 0030 2b 40 ${V6} 20010db8000000000000000000000006` +
      '1104 0401 01000000 20010db8000000000000000000000002 20010db8000000000000000000000006' +
      '9c4001bb 0008066e',
  },
];

test.each(CASES)('$name', ({ parts, want }) => {
  expect(hex(build(parts))).toBe(want.replace(/\s/g, ''));
});

describe('what is given is written as it is', () => {
  test('lengths, protocols and checksums', () => {
    const packet = build([
      ipv4({ ...A, totalLength: 9999, protocol: 77, checksum: 0x1234 }),
      udp({ ...P, length: 7, checksum: 0xabcd }),
    ]);
    expect(hex(packet)).toBe(
      '4500270f 00000000 404d1234 0a000001 c000020a 9c4001bb 0007abcd'.replace(/ /g, ''),
    );
  });

  test('next headers and types', () => {
    const packet = build([
      ethernet({ ...E, type: 0x1234 }),
      ipv6({ ...S, nextHeader: 59, payloadLength: 1 }),
      udp(P),
    ]);
    expect(hex(packet.subarray(12, 22))).toBe('12346000000000013b40');
  });

  test('an address that is none is a RangeError', () => {
    expect(() => ipv4({ source: '10.0.0' })).toThrow(RangeError);
    expect(() => ipv6({ source: '10.0.0.1' })).toThrow(RangeError);
    expect(() => ethernet({ source: 'nobody' })).toThrow(RangeError);
    expect(() => tcpFlags('sny')).toThrow("no TCP flag 'sny'");
  });
});

test.each<{ name: string; parts: readonly BuildPart[] }>([
  {
    name: 'UDP-Lite with partial coverage',
    parts: [ipv4(A), udpLite({ ...P, coverage: 8 }), 'abc'],
  },
  { name: 'ICMPv6', parts: [ipv6(S), icmpv6({ type: 128, payload: unhex('0102') })] },
  {
    name: 'neighbour discovery',
    parts: [ipv6(S), nd({ name: 'neighborSolicitation', target: 'fe80::2', options: [] })],
  },
  {
    name: 'multicast listener report',
    parts: [ipv6(S), hopByHop(), mld({ name: 'report', maxResponseCode: 0, group: 'ff02::fb' })],
  },
  { name: 'IGMP', parts: [ipv4(A), igmp({ type: 0x16, group: '239.1.2.3' })] },
  { name: 'SCTP', parts: [ipv4(A), sctp({ ...P, chunks: [{ name: 'cookieAck', flags: 0 }] })] },
  { name: 'DCCP', parts: [ipv6(S), dccp({ ...P, type: 2, sequence: 5 }), 'odd'] },
  {
    name: 'DCCP that covers its header alone',
    parts: [ipv4(A), dccp({ ...P, type: 2, checksumCoverage: 1 }), 'abc'],
  },
  { name: 'mobility', parts: [ipv6(S), mobility({ type: 5 })] },
  {
    name: 'GRE',
    parts: [ipv4(A), gre({ otherFlags: GRE_CSUM, key: 5 }), ipv4(A), udp(P), payload(unhex('01'))],
  },
  { name: 'TCP with an odd length', parts: [ipv4(A), tcp(P), 'odd'] },
  {
    name: 'UDP along a source route',
    parts: [ipv4({ ...A, options: [{ type: 131, data: unhex('040a000009') }] }), udp(P)],
  },
])('the checksum of $name is right, and wrong after a bit was turned', ({ parts }) => {
  const packet = build(parts);
  const states = () => verifyChecksums(packet, 0).map(({ state }) => state);
  expect(new Set(states())).toEqual(new Set(['correct']));
  // The last byte before the payload belongs to what every one of these covers.
  const transport = verifyChecksums(packet, 0).find(({ protocol }) => protocol === 'transport');
  packet[(transport?.offset ?? 0) + 1]! ^= 0x10;
  expect(states()).toContain('incorrect');
});

test('protocols without a checksum have none to verify', () => {
  const packets = [
    build([ipv4(A), esp({ spi: 1 }), 'secret']),
    build([ipv6(S), ipv6Extension(139, new Uint8Array(6))]),
    build([ipv6(S)]),
  ];
  for (const packet of packets) {
    expect(verifyChecksums(packet, 0).filter(({ protocol }) => protocol === 'transport')).toEqual(
      [],
    );
  }
});
