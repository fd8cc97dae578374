// Sound frames to damage: the packets of the example capture, and one of each protocol it lacks.

import { readFileSync } from 'node:fs';
import { readCapture } from '../../src/capture/index.ts';
import * as p from '../../src/packet/index.ts';

const CAPTURE = new URL('../../examples/capture/office.pcapng', import.meta.url);

const ETHERNET = p.ethernet({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' });
const IP4 = p.ipv4({ source: '10.0.0.1', destination: '10.0.0.2' });
const IP6 = p.ipv6({ source: '2001:db8::1', destination: '2001:db8::2' });

/** Layers behind an IPv4 and an IPv6 header each. */
const overIp = (...parts: Parameters<typeof p.build>[0]): Uint8Array[] => [
  p.build([ETHERNET, IP4, ...parts]),
  p.build([ETHERNET, IP6, ...parts]),
];

const TCP = p.tcp({ sourcePort: 40000, destinationPort: 80 });
const UDP = p.udp({ sourcePort: 40000, destinationPort: 53 });

/** A bare packet behind an Ethernet header. */
const framed = (packet: Uint8Array): Uint8Array => {
  const type = packet[0]! >> 4 === 6 ? [0x86, 0xdd] : [0x08, 0x00];
  return Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, ...type, ...packet]);
};

/** Ethernet frames, all of them sound. */
export const SEEDS: readonly Uint8Array[] = [
  ...readCapture(readFileSync(CAPTURE)).packets.map((packet) => packet.data),
  ...overIp(TCP, 'data'),
  ...overIp(UDP, 'data'),
  ...p.SAMPLE_NOTATIONS.flatMap((notation) => {
    const spec = p.parsePacketNotation(notation);
    return 'bytes' in spec ? [spec.linkType === 1 ? spec.bytes : framed(spec.bytes)] : [];
  }),
];
