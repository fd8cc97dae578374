import { describe, expect, test } from 'vitest';
import { unhex } from '../bytes/index.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../uapi/index.ts';
import { build } from './build/build.ts';
import { arp, ethernet, ipv4, ipv6, vlan } from './build/network.ts';
import { gre, icmp, nd, tcp, udp } from './build/transport.ts';
import { dissect } from './dissect.ts';
import type { DissectedLayer } from './dissected.ts';
import { describeMalformed } from './malformed.ts';

const A = { source: '10.0.0.1', destination: '10.0.0.2' };
const P = { sourcePort: 1, destinationPort: 2 };

/** `ipv4@14+20 udp@34+8` */
const outline = (layers: readonly DissectedLayer[]): string =>
  layers.map(({ fields, offset, length }) => `${fields.name}@${offset}+${length}`).join(' ');

describe('layers have names, offsets and lengths', () => {
  test.each([
    {
      name: 'a tagged frame with padding',
      bytes: build([
        ethernet(),
        vlan({ id: 5 }),
        ipv4({ ...A, totalLength: 30 }),
        udp({ ...P, length: 10 }),
        'hi',
        new Uint8Array(9),
      ]),
      want: 'ethernet@0+14 vlan@14+4 ipv4@18+20 udp@38+8 payload@46+2',
    },
    { name: 'ARP', bytes: build([ethernet(), arp()]), want: 'ethernet@0+14 arp@14+28' },
    {
      name: 'a frame in GRE',
      bytes: build([ethernet(), ipv4(A), gre({ protocol: 0x6558 }), ethernet(), ipv6(), udp(P)]),
      want: 'ethernet@0+14 ipv4@14+20 gre@34+4 ethernet@38+14 ipv6@52+40 udp@92+8',
    },
    {
      name: 'an unknown EtherType',
      bytes: build([ethernet({ type: 0x1234 }), 'abc']),
      want: 'ethernet@0+14 payload@14+3',
    },
  ])('$name', ({ bytes, want }) => {
    expect(outline(dissect(bytes, LINKTYPE_ETHERNET))).toBe(want);
  });

  test('a later fragment is plain bytes', () => {
    const bytes = build([ipv4({ ...A, protocol: 17, fragmentOffset: 8 }), 'abcdefgh']);
    expect(outline(dissect(bytes, LINKTYPE_RAW))).toBe('ipv4@0+20 payload@20+8');
  });

  test('a first fragment may say more than it carries', () => {
    const bytes = build([ipv4({ ...A, moreFragments: true }), udp({ ...P, length: 999 }), 'abcd']);
    expect(outline(dissect(bytes, LINKTYPE_RAW))).toBe('ipv4@0+20 udp@20+8 payload@28+4');
  });
});

test('the records are for people', () => {
  const bytes = build([
    ipv4({ ...A, ttl: 3 }),
    tcp({ ...P, flags: 2, options: [{ name: 'mss', mss: 1460 }] }),
  ]);
  const [ip, transport] = dissect(bytes, LINKTYPE_RAW);
  expect(ip?.fields).toMatchObject({ name: 'ipv4', source: '10.0.0.1', ttl: 3, totalLength: 44 });
  expect(transport?.fields).toMatchObject({
    name: 'tcp',
    destinationPort: 2,
    options: [{ name: 'mss', mss: 1460 }],
  });
});

test('an error has the layers of what it quotes, however short', () => {
  const quoted = build([ipv4({ source: '10.0.0.2', destination: '10.0.0.1' }), tcp(P)]).subarray(
    0,
    28,
  );
  const bytes = build([ipv4(A), icmp({ type: 3, code: 3 }), quoted]);
  const fields = dissect(bytes, LINKTYPE_RAW)[1]?.fields;
  expect(fields?.name).toBe('icmp');
  expect(fields?.name === 'icmp' && outline(fields.quoted ?? [])).toBe('ipv4@0+20 malformed@20+8');
});

test('neighbour discovery is read', () => {
  const message = { name: 'neighborSolicitation', target: 'fe80::2', options: [] } as const;
  const bytes = build([ipv6({ hopLimit: 255 }), nd(message)]);
  expect(dissect(bytes, LINKTYPE_RAW)[1]?.fields).toMatchObject({ nd: message });
});

/** What is wrong is named with its field and its place. */
test.each([
  ['450000', 'ipv4 header (byte 0): 20 bytes wanted, 3 there'],
  [`44000014${'00'.repeat(16)}`, 'ipv4 headerLength (byte 0): 16 is less than 20'],
  [`46000018${'00'.repeat(16)}`, 'ipv4 headerLength (byte 0): 24 bytes wanted, 20 there'],
  [`45000013${'00'.repeat(16)}`, "ipv4 totalLength (byte 2): 19 is less than the header's 20"],
  [`45000015${'00'.repeat(16)}`, 'ipv4 totalLength (byte 2): 21 bytes wanted, 20 there'],
  [`75000014${'00'.repeat(16)}`, 'ip version (byte 0): 7 is neither 4 nor 6'],
  [`600000000001${'00'.repeat(34)}`, 'ipv6 payloadLength (byte 4): 1 bytes wanted, 0 there'],
  [
    `45000028 00000000 40060000 ${'00'.repeat(20)} 40000000 00000000`,
    'tcp dataOffset (byte 12): 16 is less than 20',
  ],
  [
    `4500001c 00000000 40110000 ${'00'.repeat(12)} 0009 0000`,
    'udp length (byte 4): 9 bytes wanted, 8 there',
  ],
  [
    `4500001c 00000000 40880000 ${'00'.repeat(12)} 0007 0000`,
    'udplite coverage (byte 4): 7 is less than 8',
  ],
  [
    `4500001c 00000000 402f0000 ${'00'.repeat(8)} 00020800 00000000`,
    'gre version (byte 1): 2 is neither 0 nor 1',
  ],
  [
    `60000000 0008 3c 40 ${'00'.repeat(32)} 1101 000000000000`,
    'destinationOptions headerLength (byte 1): 16 bytes wanted, 8 there',
  ],
])('malformed: %s', (digits, want) => {
  const fields = dissect(unhex(digits), LINKTYPE_RAW).at(-1)?.fields;
  expect(fields?.name === 'malformed' && describeMalformed(fields)).toBe(want);
});
