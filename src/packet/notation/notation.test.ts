import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hex, utf8Encode } from '../../bytes/index.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../../uapi/index.ts';
import { build } from '../build/build.ts';
import { ipv4 } from '../build/network.ts';
import { icmp, tcp, tcpFlags, udp } from '../build/transport.ts';
import { verifyChecksums } from '../checksums.ts';
import { SAMPLE_NOTATIONS } from '../samples.ts';
import { formatNotationError, isNotationError } from './error.ts';
import { type PacketSpec, parsePacketNotation } from './parse.ts';
import { notationOf } from './print.ts';

function parse(text: string): PacketSpec {
  const spec = parsePacketNotation(text);
  if (isNotationError(spec)) throw new Error(formatNotationError(spec));
  return spec;
}

const A = { source: '10.0.0.1', destination: '10.0.0.2' };
const PORTS = { sourcePort: 1, destinationPort: 2 };

describe('a notation means the packet one guesses', () => {
  test.each([
    {
      text: 'tcp 10.0.0.1:1 > 10.0.0.2:2 syn',
      want: [ipv4(A), tcp({ ...PORTS, flags: 2, window: 64240 })],
    },
    {
      text: 'tcp 10.0.0.1:1 > 10.0.0.2:2 syn,ack seq 7 ack 8 win 99 mss 1460',
      want: [
        ipv4(A),
        tcp({
          ...PORTS,
          flags: tcpFlags('syn', 'ack'),
          sequence: 7,
          acknowledgment: 8,
          window: 99,
          options: [{ name: 'mss', mss: 1460 }],
        }),
      ],
    },
    {
      text: 'udp 10.0.0.1:1 > 10.0.0.2:2 data "hi" ttl 3 dscp ef df id 7',
      want: [
        ipv4({ ...A, ttl: 3, tos: 0xb8, dontFragment: true, identification: 7 }),
        udp(PORTS),
        'hi',
      ],
    },
    {
      text: 'icmp 10.0.0.1 > 10.0.0.2 echo-request id 7 seq 1 len 4',
      want: [ipv4(A), icmp({ type: 8, rest: 0x00070001 }), new Uint8Array(4)],
    },
    {
      text: 'icmp 10.0.0.1 > 10.0.0.2 port-unreachable about udp 10.0.0.2:1 > 10.0.0.1:2',
      want: [
        ipv4(A),
        icmp({ type: 3, code: 3 }),
        ipv4({ source: '10.0.0.2', destination: '10.0.0.1' }),
        udp(PORTS),
      ],
    },
    {
      text: 'udp 10.0.0.1 > 10.0.0.2 frag 1480+ len 8',
      want: [
        ipv4({ ...A, protocol: 17, fragmentOffset: 1480, moreFragments: true }),
        new Uint8Array(8),
      ],
    },
  ])('$text', ({ text, want }) => {
    const spec = parse(text);
    expect(hex(spec.bytes)).toBe(hex(build(want)));
    expect(spec.linkType).toBe(LINKTYPE_RAW);
  });

  test.each([
    ['tcp 10.0.0.1:1>10.0.0.2:2 [S.]', 'tcp 10.0.0.1:1 > 10.0.0.2:2 syn,ack'],
    ['tcp 10.0.0.1.1 -> 10.0.0.2.2 syn/ack', 'tcp 10.0.0.1:1 > 10.0.0.2:2 syn,ack'],
    ['tcp 10.0.0.1 > 10.0.0.2 sport 1 dport 2 syn|ack', 'tcp 10.0.0.1:1 > 10.0.0.2:2 syn,ack'],
    ['TCP 10.0.0.1:1 > 10.0.0.2:HTTP SYN', 'tcp 10.0.0.1:1 > 10.0.0.2:80 syn'],
    ['tcp 10.0.0.1:1 > 10.0.0.2:2 data x', 'tcp 10.0.0.1:1 > 10.0.0.2:2 psh,ack data "x"'],
    ['icmp 10.0.0.1 > 10.0.0.2', 'icmp 10.0.0.1 > 10.0.0.2 type echo-request'],
    ['ping fe80::1 > fe80::2', 'icmp6 fe80::1 > fe80::2 echo-request'],
    ['udp 10.0.0.1 > 10.0.0.2:53', 'udp 10.0.0.1:40000 > 10.0.0.2:domain'],
    ['tcp 10.0.0.1:1 > 10.0.0.2:2 syn ecn ce', 'tcp 10.0.0.1:1 > 10.0.0.2:2 syn tos 3'],
  ])("'%s' is '%s'", (text, same) => {
    expect(hex(parse(text).bytes)).toBe(hex(parse(same).bytes));
  });

  test('syn, syn,ack, ack, data, fin are a conversation with right numbers', () => {
    const notations = [
      'tcp 10.0.0.1:1 > 10.0.0.2:2 syn',
      'tcp 10.0.0.2:2 > 10.0.0.1:1 syn,ack',
      'tcp 10.0.0.1:1 > 10.0.0.2:2 ack',
      'tcp 10.0.0.1:1 > 10.0.0.2:2 data "hello"',
    ];
    const numbers = notations.map((text) => {
      const { bytes } = parse(text);
      const view = new DataView(bytes.buffer);
      return [view.getUint32(24), view.getUint32(28)];
    });
    expect(numbers).toEqual([
      [0, 0],
      [0, 1],
      [1, 1],
      [1, 1],
    ]);
  });
});

describe('the way of a packet', () => {
  test.each([
    ['in eth0', { direction: 'in', iface: 'eth0' }],
    ['in Eth0.5', { direction: 'in', iface: 'Eth0.5' }],
    ['out', { direction: 'out' }],
    ['out wan0', { direction: 'out', iface: 'wan0' }],
    ['out mark 5', { direction: 'out', mark: 5 }],
    ['local', { direction: 'out' }],
    ['out uid 33 gid 34', { direction: 'out', sender: { uid: 33, gid: 34 } }],
    ['out cgroup /a/b classid 7', { direction: 'out', sender: { cgroup: '/a/b', classid: 7 } }],
    [
      'ipsec 0x100 reqid 1 ipsec 7',
      {
        secpath: [
          { spi: 256, reqid: 1 },
          { spi: 7, reqid: 0 },
        ],
      },
    ],
    ['mark 0xff', { direction: 'auto', mark: 255 }],
    ['', { direction: 'auto' }],
  ])("'%s'", (words, want) => {
    const spec = parse(`udp 10.0.0.1:1 > 10.0.0.2:2 ${words}`);
    expect(spec).toMatchObject(want);
    expect('iface' in spec).toBe('iface' in want);
  });

  test('words inside a quoted packet speak of the packet that quotes', () => {
    const text = 'icmp 10.0.0.1 > 10.0.0.2 ttl-exceeded about udp 10.0.0.2:1 > 10.0.0.1:2, in eth0';
    expect(parse(text)).toMatchObject({ direction: 'in', iface: 'eth0' });
  });

  test('frames have a link type and say whose addresses they have', () => {
    expect(parse('arp who-has 10.0.0.2 tell 10.0.0.1')).toMatchObject({
      linkType: LINKTYPE_ETHERNET,
    });
    const chosen = parse('udp 10.0.0.1:1 > 10.0.0.2:2 vlan 5');
    expect(chosen).toMatchObject({ linkType: LINKTYPE_ETHERNET, hasAddresses: false });
    const given = parse('udp 10.0.0.1:1 > 10.0.0.2:2 from 2:0:0:0:0:1 > 2:0:0:0:0:2');
    expect(given.hasAddresses).toBe(true);
    expect(hex(given.bytes.subarray(0, 14))).toBe('0200000000020200000000010800');
  });

  test('hex is a whole packet, and may be spread over words', () => {
    const spec = parse('hex 4500 001c 0000 0000 4011 in eth0');
    expect(spec).toMatchObject({ iface: 'eth0', linkType: LINKTYPE_RAW });
    expect(hex(spec.bytes)).toBe('4500001c000000004011');
  });
});

test.each([
  ['tcp 10.0.0.1:1 > 10.0.0.2:2 sny', 29, 3, "'sny' means nothing here", 'syn'],
  ['tpc 10.0.0.1:1 > 10.0.0.2:2', 1, 3, "no packet begins with 'tpc'", 'tcp'],
  ['tcp 10.0.0.1:1', 15, 1, "'>' and the destination address is missing", undefined],
  ['tcp 10.0.0.1:1 > 10.0.0.2', 26, 1, 'the destination port', undefined],
  ['tcp 10.0.0.1:1 10.0.0.2:2', 16, 10, "'>' wanted before '10.0.0.2:2'", undefined],
  ['tcp 10.0.0.1:1 > ::1', 18, 3, 'source and destination are of different families', undefined],
  ['udp 10.0.0.300:1 > 10.0.0.2:2', 5, 12, "'10.0.0.300:1' is no address", undefined],
  ['tcp 10.0.0.1:1 > 10.0.0.2:htpp', 18, 13, "'htpp' is no port", 'http'],
  ['tcp 10.0.0.1:1 > 10.0.0.2:2 ttl 300', 33, 3, 'the time to live is at most 255', undefined],
  ['udp 10.0.0.1:1 > 10.0.0.2:2 frag 100+', 34, 4, 'a fragment offset is a multiple of 8', '96+'],
  ['icmp 10.0.0.1 > 10.0.0.2 ehco-request', 26, 12, "'ehco-request' means nothing", 'echo-request'],
  ['udp 10.0.0.1:1 > 10.0.0.2:2 data "x', 34, 2, 'the text in quotes has no end', undefined],
  ['udp 10.0.0.1:1 > 10.0.0.2:2 in', 31, 1, 'the interface is missing', undefined],
  ['tcp 10.0.0.1:1 > 10.0.0.2:2)', 28, 1, "')' closes nothing", undefined],
  ['arp who-is 10.0.0.1', 5, 6, "arp asks 'who-has' or gives a 'reply'", 'who-has'],
  ['hex 450', 5, 3, 'an odd number of hexadecimal digits', undefined],
  ['', 1, 1, 'the packet is missing', undefined],
])("'%s' is wrong at column %i", (text, column, length, message, suggestion) => {
  const error = parsePacketNotation(text);
  expect(isNotationError(error)).toBe(true);
  expect(error).toMatchObject({ column, length, message: expect.stringContaining(message) });
  expect('suggestion' in error ? error.suggestion : undefined).toBe(suggestion);
});

test('an error is shown with a caret under its place', () => {
  const error = parsePacketNotation('tcp 10.0.0.1:1 > 10.0.0.2:2 sny');
  expect(isNotationError(error) && formatNotationError(error)).toBe(
    [
      "'sny' means nothing here; did you mean 'syn'?",
      '  tcp 10.0.0.1:1 > 10.0.0.2:2 sny',
      '                              ^^^',
    ].join('\n'),
  );
});

describe('back from bytes', () => {
  test.each(SAMPLE_NOTATIONS)('%s', (text) => {
    const { bytes, linkType } = parse(text);
    const written = notationOf(bytes, { linkType, exact: true });
    expect(written.split(' ')[0]).toBe(text.split(' ')[0]);
    expect(hex(parse(written).bytes)).toBe(hex(bytes));
    expect(notationOf(parse(written).bytes, { linkType, exact: true })).toBe(written);
  });

  test.each(SAMPLE_NOTATIONS)('checksums are right: %s', (text) => {
    const { bytes, linkType } = parse(text);
    const network = linkType === LINKTYPE_RAW ? 0 : 14;
    const wrong = verifyChecksums(bytes, network).filter(({ state }) => state === 'incorrect');
    expect(wrong).toEqual([]);
  });

  test('what has no notation is hexadecimal', () => {
    const odd = build([ipv4({ ...A, checksum: 1 }), udp(PORTS)]);
    expect(notationOf(odd, { exact: true })).toBe(`hex ${hex(odd)}`);
    expect(notationOf(odd)).toBe('udp 10.0.0.1:1 > 10.0.0.2:2');
  });

  const maybe = (...words: readonly string[]) => fc.constantFrom('', ...words);
  const flags = fc.subarray(['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ecn', 'cwr']);
  const words = fc.tuple(
    maybe('ttl 1', 'ttl 255'),
    maybe('tos 0x3', 'dscp af11', 'dscp 63 ecn 1'),
    maybe('df', 'id 65535', 'frag 0+ id 9'),
    maybe('len 7', 'data "a b\\n"', 'hex 00ff', 'data "\\"quoted\\""'),
  );
  const tcpWords = fc
    .tuple(
      flags,
      fc.nat(0xffffffff),
      maybe(
        'mss 1',
        'mss 1460 sackok nop wscale 14',
        'ts 5 6',
        'sack 1-2',
        'opt 99 0x01',
        'nop eol',
      ),
      fc.nat(65535),
    )
    .map(([names, seq, option, win]) => {
      const list = names.length === 0 ? 'no-flags' : names.join(',');
      return `${list} seq ${seq} win ${win} ${option}`;
    });
  const pair = fc.constantFrom('10.0.0.1:1 > 10.0.0.2:65535', '[2001:db8::1]:1 > [::2]:2');
  const notation = fc.oneof(
    fc.tuple(fc.constant('udp'), pair, fc.constant(''), words),
    fc.tuple(fc.constant('tcp'), pair, tcpWords, words),
  );

  test('notation, bytes, notation is stable', () => {
    fc.assert(
      fc.property(notation, ([protocol, addresses, own, common]) => {
        const { bytes, linkType } = parse(`${protocol} ${addresses} ${own} ${common.join(' ')}`);
        const written = notationOf(bytes, { linkType, exact: true });
        expect(written).toMatch(/^(tcp|udp) /);
        expect(hex(parse(written).bytes)).toBe(hex(bytes));
        expect(notationOf(bytes, { linkType, exact: true })).toBe(written);
      }),
      { numRuns: 300 },
    );
  });
});

test('data may hold any text and any bytes', () => {
  const { bytes } = parse('udp 10.0.0.1:1 > 10.0.0.2:2 data "ñ, (x) > \\x41\\r\\n"');
  expect(bytes.subarray(28)).toEqual(utf8Encode('ñ, (x) > A\r\n'));
  const binary = parse('udp 10.0.0.1:1 > 10.0.0.2:2 data "\\xff\\x00"');
  expect(binary.bytes.subarray(28)).toEqual(Uint8Array.of(255, 0));
});
