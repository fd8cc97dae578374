import { describe, expect, test } from 'vitest';
import { unhex } from '../bytes/index.ts';
import { NEXTHDR_FRAGMENT, NEXTHDR_ROUTING } from '../uapi/index.ts';
import { type BuildPart, build } from './build/build.ts';
import {
  ah,
  destinationOptions,
  hopByHop,
  ipv4,
  ipv6,
  ipv6Extension,
  ipv6Fragment,
  ipv6Routing,
} from './build/network.ts';
import { esp, mobility, udp } from './build/transport.ts';
import {
  findIPv6Header,
  findIPv6Transport,
  headerPlace,
  IP6_FH_F_AUTH,
  IP6_FH_F_SKIP_RH,
  skipIPv6Extensions,
} from './ipv6-walk.ts';
import { findTcpOption } from './tcp-options.ts';
import { findTransport, skipAh, transportPlace } from './transport.ts';

const S = { source: '2001:db8::1', destination: '2001:db8::2' };
const P = { sourcePort: 1, destinationPort: 2 };

interface Walk {
  readonly name: string;
  readonly parts: readonly BuildPart[];
  /** Protocol and offset found, or undefined. */
  readonly want: readonly [number, number] | undefined;
}

/**
 * What ipv6_find_hdr() answers to target -1; Linux 6.18 agrees in `meta l4proto` (AH apart, see
 * below).
 */
const WALKS: readonly Walk[] = [
  { name: 'no extension header', parts: [ipv6(S), udp(P)], want: [17, 40] },
  {
    name: 'hop-by-hop, routing and destination options',
    parts: [ipv6(S), hopByHop(), ipv6Routing({ addresses: [] }), destinationOptions(), udp(P)],
    want: [17, 64],
  },
  { name: 'AH, whose length counts otherwise', parts: [ipv6(S), ah(), udp(P)], want: [17, 64] },
  { name: 'ESP ends the walk', parts: [ipv6(S), hopByHop(), esp()], want: [50, 48] },
  { name: 'a mobility header ends it too', parts: [ipv6(S), mobility(), udp(P)], want: [135, 40] },
  { name: 'and HIP', parts: [ipv6(S), ipv6Extension(139, new Uint8Array(6))], want: [139, 40] },
  { name: 'no next header is an answer', parts: [ipv6(S), destinationOptions()], want: [59, 48] },
  { name: 'an unknown protocol is', parts: [ipv6({ ...S, nextHeader: 253 })], want: [253, 40] },
  {
    name: 'a header that begins past the end is not',
    parts: [ipv6({ ...S, nextHeader: 0 }), unhex('00')],
    want: undefined,
  },
];

describe('the transport header of an IPv6 packet', () => {
  test.each(WALKS)('$name', ({ parts, want }) => {
    const packet = build(parts);
    const place = transportPlace();
    const found = findTransport(packet, 0, packet.length, place);
    expect(found ? [place.protocol, place.offset] : undefined).toEqual(want);
    if (found) expect(place).toMatchObject({ isFragment: false, end: packet.length });
  });

  test('a first fragment has one', () => {
    const packet = build([ipv6(S), ipv6Fragment({ moreFragments: true }), udp(P)]);
    const place = transportPlace();
    expect(findTransport(packet, 0, packet.length, place)).toBe(true);
    expect(place).toMatchObject({
      protocol: 17,
      offset: 48,
      isFragment: true,
      moreFragments: true,
      fragmentOffset: 0,
      fragmentHeader: 40,
    });
  });

  test('a later one only knows the protocol', () => {
    const packet = build([ipv6(S), ipv6Fragment({ fragmentOffset: 1448, nextHeader: 17 }), 'data']);
    const place = transportPlace();
    expect(findTransport(packet, 0, packet.length, place)).toBe(true);
    expect(place).toMatchObject({ protocol: 17, fragmentOffset: 1448, isFragment: true });
  });

  test('a later fragment whose next header is an extension header has none', () => {
    const packet = build([ipv6(S), ipv6Fragment({ fragmentOffset: 8, nextHeader: 60 }), 'data']);
    expect(findTransport(packet, 0, packet.length, transportPlace())).toBe(false);
  });

  test('bytes past the payload length do not count', () => {
    const packet = build([
      ipv6({ ...S, payloadLength: 8 }),
      destinationOptions(),
      destinationOptions(),
    ]);
    expect(findTransport(packet, 0, packet.length, transportPlace())).toBe(false);
  });
});

describe('a wanted header of an IPv6 packet', () => {
  const packet = build([
    ipv6(S),
    hopByHop(),
    ipv6Routing({ addresses: [], segmentsLeft: 0 }),
    ipv6Routing({ addresses: [], segmentsLeft: 1 }),
    ipv6Fragment(),
    udp(P),
  ]);
  const place = headerPlace();

  test.each([
    { target: NEXTHDR_ROUTING, flags: 0, want: 48 },
    { target: NEXTHDR_ROUTING, flags: IP6_FH_F_SKIP_RH, want: 56 },
    { target: NEXTHDR_FRAGMENT, flags: 0, want: 64 },
    { target: 17, flags: 0, want: 72 },
    { target: 6, flags: 0, want: undefined },
  ])('$target with flags $flags', ({ target, flags, want }) => {
    const found = findIPv6Header(packet, 0, packet.length, target, place, flags);
    expect(found ? place.offset : undefined).toBe(want);
  });
});

test('nf_tables sees AH where connection tracking sees what it protects', () => {
  const packet = build([ipv6(S), ah(), udp(P)]);
  const place = headerPlace();
  // `meta l4proto` of Linux 6.18 at ingress, measured: ah.
  expect(findIPv6Transport(packet, 0, packet.length, place, IP6_FH_F_AUTH)).toBe(true);
  expect(place).toMatchObject({ protocol: 51, offset: 40 });
  expect(findIPv6Transport(packet, 0, packet.length, place)).toBe(true);
  expect(place.protocol).toBe(17);
});

describe('skipping extension headers of a quoted packet', () => {
  const packet = build([ipv6(S), destinationOptions(), udp(P)]);
  const place = headerPlace();

  test('the place may lie past the end', () => {
    expect(skipIPv6Extensions(packet, 40, 42, 60, place)).toBe(true);
    expect(place).toMatchObject({ protocol: 17, offset: 48 });
  });

  test('nothing is found where a header begins past the end', () => {
    expect(skipIPv6Extensions(packet, 40, 41, 60, place)).toBe(false);
  });

  test('nothing is found behind "no next header"', () => {
    expect(skipIPv6Extensions(packet, 40, packet.length, 59, place)).toBe(false);
  });

  test('a later fragment ends at its own header', () => {
    const later = build([ipv6(S), ipv6Fragment({ fragmentOffset: 8, nextHeader: 17 }), 'data']);
    expect(skipIPv6Extensions(later, 40, later.length, 44, place)).toBe(true);
    expect(place).toMatchObject({ protocol: 44, offset: 40, fragmentOffset: 8 });
  });
});

describe('the transport header of an IPv4 packet', () => {
  const A = { source: '10.0.0.1', destination: '10.0.0.2' };

  test('stands behind the options, and ends with the total length', () => {
    const options = [{ type: 148, data: unhex('0000') }];
    const packet = build([ipv4({ ...A, options }), udp(P), 'ab']);
    const padded = new Uint8Array(60);
    padded.set(packet);
    const place = transportPlace();
    expect(findTransport(padded, 0, 60, place)).toBe(true);
    expect(place).toMatchObject({ protocol: 17, offset: 24, end: 34, isFragment: false });
  });

  test('AH is one, and can be skipped', () => {
    const packet = build([ipv4(A), ah({ icv: new Uint8Array(4) }), udp(P)]);
    const place = transportPlace();
    expect(findTransport(packet, 0, packet.length, place)).toBe(true);
    expect(place).toMatchObject({ protocol: 51, offset: 20 });
    expect(skipAh(packet, place)).toBe(true);
    expect(place).toMatchObject({ protocol: 17, offset: 36 });
    expect(skipAh(packet, place)).toBe(false);
  });

  test.each([
    ['a header length of 16', '44000010'],
    ['a total length less than the header', '45000013'],
    ['a total length past the end', '45000100'],
    ['version 5', '55000014'],
  ])('%s has none', (_, head) => {
    const packet = new Uint8Array(40);
    packet.set(unhex(head));
    expect(findTransport(packet, 0, 40, transportPlace())).toBe(false);
  });
});

test('findTcpOption walks to the option, the end, or what cannot be read', () => {
  const header = (options: string) => unhex(`${'00'.repeat(20)}${options}`);
  expect(findTcpOption(header('01020405b4'), 0, 25, 2)).toBe(21);
  expect(findTcpOption(header('0002040000'), 0, 25, 2)).toBe(-1);
  expect(findTcpOption(header('0800020405b4'), 0, 26, 2)).toBe(-1);
  expect(findTcpOption(header('020805b4'), 0, 24, 2)).toBe(-1);
});
