import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { put16 } from '../bytes/index.ts';
import { ahFields, encodeAh, parseAh } from './ah.ts';
import { arpFields, encodeArp, parseArp } from './arp.ts';
import { dccpFields, encodeDccp, parseDccp } from './dccp.ts';
import { encodeEsp, espFields, parseEsp } from './esp.ts';
import { encodeEthernet, ethernetFields, parseEthernet } from './ethernet.ts';
import { encodeGre, greFields, parseGre } from './gre.ts';
import { encodeIcmp, icmpFields, parseIcmp } from './icmp.ts';
import { encodeIcmpv6, icmpv6Fields, parseIcmpv6 } from './icmpv6.ts';
import { encodeIgmp, igmpFields, parseIgmp } from './igmp.ts';
import { encodeIPv4, ipv4Fields, parseIPv4Packet } from './ipv4.ts';
import { encodeIPv6, ipv6Fields, parseIPv6Packet } from './ipv6.ts';
import {
  encodeExtension,
  encodeFragment,
  encodeMobility,
  encodeOptionsHeader,
  encodeRouting,
  extensionFields,
  fragmentFields,
  mobilityFields,
  optionsFields,
  parseExtension,
  parseFragment,
  parseMobility,
  parseOptionsHeader,
  parseRouting,
  routingFields,
} from './ipv6-extensions.ts';
import { isMalformed, type Malformed } from './malformed.ts';
import { encodeMld, parseMld } from './mld.ts';
import { encodeNd, parseNd } from './nd.ts';
import { encodeSctp, parseSctp, sctpFields } from './sctp.ts';
import { encodeTcp, parseTcp, tcpFields } from './tcp.ts';
import { encodeUdp, parseUdp, udpFields } from './udp.ts';
import { encodeUdpLite, parseUdpLite, udpLiteFields } from './udplite.ts';
import { encodeVlan, parseVlan, vlanFields } from './vlan.ts';

/** One codec, closed over its types: fields of bytes, and bytes of fields. */
interface Codec {
  readonly name: string;
  /** Makes random bytes plausible, so that they are not all malformed. */
  readonly prepare?: (bytes: Uint8Array) => void;
  /** Reads, writes, reads again: the two readings, or undefined where the bytes are malformed. */
  readonly twice: (bytes: Uint8Array) => readonly [unknown, unknown] | undefined;
}

function codec<V, F>(
  name: string,
  parse: (bytes: Uint8Array) => V | Malformed,
  fields: (view: V) => F | Malformed | undefined,
  encode: (fields: F) => Uint8Array,
  prepare?: (bytes: Uint8Array) => void,
): Codec {
  const read = (bytes: Uint8Array): F | undefined => {
    const view = parse(bytes);
    if (isMalformed(view)) return undefined;
    const found = fields(view);
    return found === undefined || isMalformed(found) ? undefined : found;
  };
  const twice = (bytes: Uint8Array) => {
    const first = read(bytes);
    return first === undefined ? undefined : ([first, read(encode(first))] as const);
  };
  return prepare === undefined ? { name, twice } : { name, prepare, twice };
}

const same = <T>(value: T): T => value;
const choose = (bytes: Uint8Array, at: number, values: readonly number[]): void => {
  bytes[at] = values[(bytes[at] ?? 0) % values.length]!;
};

const CODECS: readonly Codec[] = [
  codec('ethernet', parseEthernet, ethernetFields, encodeEthernet),
  codec('vlan', parseVlan, vlanFields, encodeVlan),
  codec('arp', parseArp, arpFields, encodeArp, (b) => {
    b.set([8, 0, 6, 4], 2);
  }),
  codec(
    'ipv4',
    (b) => parseIPv4Packet(b, true),
    ipv4Fields,
    encodeIPv4,
    (b) => {
      choose(b, 0, [0x45, 0x46, 0x47, 0x4a, 0x4f]);
      put16(b, 2, 60 + (b[3] ?? 0));
    },
  ),
  codec(
    'ipv6',
    (b) => parseIPv6Packet(b, true),
    ipv6Fields,
    encodeIPv6,
    (b) => {
      b[0] = 0x60 | ((b[0] ?? 0) & 0x0f);
    },
  ),
  codec(
    'hop-by-hop',
    (b) => parseOptionsHeader(b, 'hopByHop'),
    optionsFields,
    encodeOptionsHeader,
    (b) => choose(b, 1, [0, 1, 2]),
  ),
  codec('routing', parseRouting, routingFields, encodeRouting, (b) => {
    choose(b, 1, [0, 2, 4]);
    choose(b, 2, [0, 2, 3, 4]);
  }),
  codec('fragment', parseFragment, fragmentFields, encodeFragment),
  codec('mobility', parseMobility, mobilityFields, encodeMobility, (b) => choose(b, 1, [0, 1])),
  codec(
    'hip',
    (b) => parseExtension(b, 'hip'),
    extensionFields,
    (f) => encodeExtension(f.nextHeader, f.body),
    (b) => choose(b, 1, [0, 4]),
  ),
  codec('ah', parseAh, ahFields, encodeAh, (b) => choose(b, 1, [1, 2, 4, 7])),
  codec('esp', parseEsp, espFields, encodeEsp),
  codec('tcp', parseTcp, tcpFields, encodeTcp, (b) => {
    b[12] = 0x50 + ((b[12] ?? 0) & 0xaf);
    choose(b, 20, [1, 2, 3, 4, 5, 8, 30, 34, 77]);
    choose(b, 21, [2, 3, 4, 10, 18]);
  }),
  codec('udp', (b) => parseUdp(b, true), udpFields, encodeUdp),
  codec('udplite', (b) => parseUdpLite(b, true), udpLiteFields, encodeUdpLite),
  codec('icmp', parseIcmp, icmpFields, encodeIcmp),
  codec('icmpv6', parseIcmpv6, icmpv6Fields, encodeIcmpv6),
  codec('nd', parseNd, same, encodeNd, (b) => {
    choose(b, 0, [133, 134, 135, 136, 137]);
    for (const at of [8, 16, 24, 32]) choose(b, at, [1, 2, 3, 4, 5, 14, 25, 99]);
    for (const at of [9, 17, 25, 33]) choose(b, at, [0, 1, 1, 1, 3, 4]);
  }),
  codec('mld', parseMld, same, encodeMld, (b) => {
    choose(b, 0, [130, 131, 132, 143]);
    for (const at of [6, 10, 26]) put16(b, at, (b[at] ?? 0) % 3);
    b[9] = 0;
  }),
  codec('igmp', parseIgmp, igmpFields, encodeIgmp, (b) => {
    choose(b, 0, [0x11, 0x12, 0x16, 0x17, 0x22, 0x99]);
    for (const at of [6, 10]) put16(b, at, (b[at] ?? 0) % 3);
    b[9] = 0;
  }),
  codec('sctp', parseSctp, sctpFields, encodeSctp, (b) => {
    b[12] = (b[12] ?? 0) % 16;
    put16(b, 14, 4 + ((b[14] ?? 0) % 24));
  }),
  codec('dccp', parseDccp, dccpFields, encodeDccp, (b) => {
    b[4] = 6 + ((b[4] ?? 0) % 4);
    b[8] = (b[8] ?? 0) & 0x1f;
  }),
  codec('gre', parseGre, greFields, encodeGre, (b) => {
    b[0] = (b[0] ?? 0) & 0xbf;
    b[1] = (b[1] ?? 0) & 0xf9;
  }),
];

describe.each(CODECS)('$name', ({ prepare, twice }) => {
  test('what was read is written such that it reads the same', () => {
    let sound = 0;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 128 }), (bytes) => {
        prepare?.(bytes);
        const readings = twice(bytes);
        if (readings === undefined) return;
        sound++;
        expect(readings[1]).toEqual(readings[0]);
      }),
      { numRuns: 300 },
    );
    expect(sound).toBeGreaterThan(20);
  });

  test('any bytes at all are read or malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        twice(bytes);
      }),
      { numRuns: 300 },
    );
  });
});
