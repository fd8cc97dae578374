// Random frames for a bridge of two ports: of Ethernet II and of 802.3, tagged or not, whole, cut short or with
// wrong lengths in them; and ARP of every kind for a host.

import { concatBytes, hex, parseIPv4, parseMac } from '../../../src/bytes/index.ts';
import type { Random } from '../../../src/core/index.ts';
import type { Step } from '../case.ts';
import { packetOf } from '../frames.ts';
import { bridgePacket } from './bridge.ts';
import { pick } from './words.ts';

export const SENDERS = ['02:00:00:00:02:00', '02:00:00:00:02:01'] as const;
export const BRIDGE_MAC = '02:00:00:00:01:0b';
export const BGA = '01:80:c2:00:00:00';
/** Of hosts, the bridge, one of its ports, groups, everybody and nobody. */
export const LINKS = [
  ...SENDERS,
  BRIDGE_MAC,
  '02:00:00:00:01:00',
  '02:00:00:00:09:09',
  '01:00:5e:00:00:05',
  'ff:ff:ff:ff:ff:ff',
  BGA,
];
export const ARP_ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.7', '0.0.0.0'];
export const VLANS = [0, 1, 42, 4094];
export const ETHERTYPES = [0x0800, 0x0806, 0x8035, 0x86dd, 0x8100, 0x88cc, 0x9000];

export const macBytes = (text: string): Uint8Array => parseMac(text)!;
const u16 = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff];
const ip4 = (text: string): number[] => {
  const value = parseIPv4(text)!;
  return [...u16(value >>> 16), ...u16(value)];
};
const noise = (r: Random, n: number): number[] => Array.from({ length: n }, () => r.below(256));

/** An ARP packet; `odd` ones have other lengths and types, or end too early. */
export function arpPacket(r: Random, isOdd: boolean): number[] {
  const [from, to] = [pick(r, ARP_ADDRESSES), pick(r, ARP_ADDRESSES)];
  const target = r.below(5) === 0 ? from : to;
  const header = [
    ...u16(isOdd ? pick(r, [0, 1, 1, 6, 32]) : 1),
    ...u16(isOdd ? pick(r, [0x0800, 0x0800, 0x86dd, 0]) : 0x0800),
    isOdd ? pick(r, [0, 1, 5, 6, 6, 8]) : 6,
    isOdd ? pick(r, [0, 4, 4, 16]) : 4,
    ...u16(pick(r, [1, 1, 2, 2, 3, 4, 8, 9, 10, 0])),
  ];
  const whole = [
    ...header,
    ...macBytes(pick(r, [...SENDERS, '02:00:00:00:09:09'])),
    ...ip4(from),
    ...macBytes(pick(r, ['00:00:00:00:00:00', ...LINKS])),
    ...ip4(target),
    ...noise(r, pick(r, [0, 0, 18])),
  ];
  return isOdd && r.below(3) === 0 ? whole.slice(0, r.below(whole.length)) : whole;
}

const LLC_STP = [0x42, 0x42, 0x03, 0, 0];

/** A bridge protocol data unit (IEEE 802.1D §9.3), or the beginning of one. */
function stp(r: Random): number[] {
  const unit = [
    ...LLC_STP,
    pick(r, [0, 0, 0, 1, 2]),
    pick(r, [0, 0, 0x80, 0x02]),
    pick(r, [0, 1, 0x80, 0x81]),
    ...[0x80, r.below(2)],
    ...macBytes(pick(r, LINKS)),
    ...[0, 0, 0, pick(r, [0, 4, 19])],
    ...[0x80, r.below(2)],
    ...macBytes(pick(r, LINKS)),
    ...[0x80, 1 + r.below(2)],
    ...[0, r.below(3), 20, 0, 2, 0, 15, 0],
  ];
  return unit.slice(0, pick(r, [unit.length, unit.length, unit.length, 7, 8, 20, unit.length - 1]));
}

function llc(r: Random): number[] {
  const sap = pick(r, [0xaa, 0xaa, 0x42, 0xe0, 0x06]);
  const other = r.below(4) === 0 ? pick(r, [0xaa, 0x42]) : sap;
  const control = pick(r, [0x03, 0x03, 0x00, 0x01]);
  const type = u16(pick(r, [0x0800, 0x2004, 0x010b]));
  const unit = [
    sap,
    other,
    control,
    ...noise(r, control === 0x03 ? 3 : 4),
    ...type,
    ...noise(r, 8),
  ];
  return unit.slice(0, pick(r, [unit.length, unit.length, 3, 8, 9, 10]));
}

/** What stands behind the addresses: a type and its packet, or a length and what is so long. */
function body(r: Random): number[] {
  switch (r.below(10)) {
    case 0:
    case 1:
      return [...u16(0x0806), ...arpPacket(r, r.below(3) === 0)];
    case 2:
      return [...u16(0x8035), ...arpPacket(r, r.below(2) === 0)];
    case 3: {
      const unit = stp(r);
      return [
        ...u16(unit.length),
        ...unit,
        ...new Array<number>(Math.max(0, 46 - unit.length)).fill(0),
      ];
    }
    case 4: {
      const unit = llc(r);
      return [...u16(unit.length + pick(r, [0, 0, 5, -1])), ...unit];
    }
    case 5:
      return [...u16(pick(r, ETHERTYPES)), ...noise(r, pick(r, [0, 1, 7, 8, 28, 40]))];
    default: {
      const packet = packetOf(bridgePacket(r));
      const type = packet[0]! >> 4 === 6 ? 0x86dd : 0x0800;
      return [...u16(type), ...damaged(r, packet)];
    }
  }
}

/** Now and then cut short, or with one byte of its header another. */
function damaged(r: Random, packet: Uint8Array): number[] {
  const bytes = [...packet];
  if (r.below(8) === 0) return bytes.slice(0, r.below(bytes.length));
  if (r.below(8) === 0) bytes[pick(r, [0, 6, 7, 9])] = r.below(256);
  return bytes;
}

const tag = (r: Random): number[] => [
  ...u16(pick(r, [0x8100, 0x8100, 0x8100, 0x88a8])),
  ...u16((r.below(8) << 13) | pick(r, VLANS)),
];

function frame(r: Random, side: number): Uint8Array {
  const far = r.below(3) > 0 ? SENDERS[1 - side]! : pick(r, LINKS);
  const near = r.below(12) === 0 ? pick(r, LINKS) : SENDERS[side]!;
  const tags = Array.from({ length: pick(r, [0, 0, 0, 0, 1, 1, 2]) }, () => tag(r)).flat();
  const whole = concatBytes(macBytes(far), macBytes(near), Uint8Array.from([...tags, ...body(r)]));
  // What the kernel does with half of a second tag depends on the device it leaves by.
  return r.below(20) === 0 && tags.length <= 4 ? whole.slice(0, 14 + r.below(8)) : whole;
}

export const frameSteps = (r: Random, n: number): Step[] =>
  Array.from({ length: n }, (): Step => {
    const side = r.below(2);
    return { on: `eth${side}`, packet: `frame ${hex(frame(r, side))}` };
  });

/** Questions and answers for a host with links of its own, and packets for which it asks itself. */
export const arpSteps = (r: Random, n: number): Step[] =>
  Array.from({ length: n }, (): Step => {
    const to = pick(r, ['ff:ff:ff:ff:ff:ff', '02:00:00:00:01:00', '02:00:00:00:09:09']);
    const head = concatBytes(macBytes(to), macBytes(SENDERS[0]), Uint8Array.from(u16(0x0806)));
    const packet = Uint8Array.from(arpPacket(r, r.below(4) === 0));
    return { on: 'eth0', packet: `frame ${hex(concatBytes(head, packet))}` };
  });
