import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LinkType, networkOf, withPacket } from './index.ts';

const bytes = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/[0-9a-f]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16));

const MACS = '020000000001 020000000002';

test.each([
  { name: 'raw IPv4', type: LinkType.raw, frame: '45', want: { ethertype: 0x800, offset: 0 } },
  { name: 'raw IPv6', type: LinkType.rawBsd, frame: '60', want: { ethertype: 0x86dd, offset: 0 } },
  {
    name: 'raw as OpenBSD numbers it',
    type: LinkType.rawOpenBsd,
    frame: '45',
    want: { ethertype: 0x800 },
  },
  { name: 'IPv4 by link type', type: LinkType.ipv4, frame: '45', want: { ethertype: 0x800 } },
  { name: 'IPv6 by link type', type: LinkType.ipv6, frame: '60', want: { ethertype: 0x86dd } },
  {
    name: 'Ethernet',
    type: LinkType.ethernet,
    frame: `${MACS} 0800`,
    want: { ethertype: 0x800, offset: 14, packetType: undefined },
  },
  {
    name: 'Ethernet broadcast',
    type: LinkType.ethernet,
    frame: 'ffffffffffff 020000000002 0806',
    want: { ethertype: 0x806, packetType: 'broadcast' },
  },
  {
    name: 'Ethernet multicast',
    type: LinkType.ethernet,
    frame: '333300000001 020000000002 86dd',
    want: { packetType: 'multicast' },
  },
  {
    name: 'one VLAN tag',
    type: LinkType.ethernet,
    frame: `${MACS} 8100 0064 0800`,
    want: { ethertype: 0x800, offset: 18, vlans: [100] },
  },
  {
    name: 'two VLAN tags',
    type: LinkType.ethernet,
    frame: `${MACS} 88a8 0002 8100 2064 86dd`,
    want: { offset: 22, vlans: [2, 0x2064] },
  },
  {
    name: 'LLC',
    type: LinkType.ethernet,
    frame: `${MACS} 0026 4242 03`,
    want: { ethertype: 4, offset: 14 },
  },
  {
    name: 'SNAP',
    type: LinkType.ethernet,
    frame: `${MACS} 0026 aaaa03 000000 0800`,
    want: { ethertype: 0x800, offset: 22 },
  },
  {
    name: 'cooked, received',
    type: LinkType.linuxSll,
    frame: '0000 0001 0006 0200000000010000 0800',
    want: { ethertype: 0x800, offset: 16, packetType: 'host' },
  },
  {
    name: 'cooked, sent',
    type: LinkType.linuxSll,
    frame: '0004 0001 0006 0200000000010000 86dd',
    want: { packetType: 'outgoing' },
  },
  {
    name: 'cooked v2',
    type: LinkType.linuxSll2,
    frame: '0800 0000 00000003 0001 03 06 0200000000010000',
    want: { ethertype: 0x800, offset: 20, packetType: 'otherhost', ifindex: 3 },
  },
  {
    name: 'null, little-endian',
    type: LinkType.null,
    frame: '02000000 45',
    want: { ethertype: 0x800, offset: 4 },
  },
  {
    name: 'null, big-endian',
    type: LinkType.null,
    frame: '00000002 45',
    want: { ethertype: 0x800, offset: 4 },
  },
  {
    name: 'null of macOS with IPv6',
    type: LinkType.null,
    frame: '1e000000 60',
    want: { ethertype: 0x86dd },
  },
  {
    name: 'loop of OpenBSD with IPv6',
    type: LinkType.loop,
    frame: '00000018 60',
    want: { ethertype: 0x86dd },
  },
  { name: 'PPP', type: LinkType.ppp, frame: '0021 45', want: { ethertype: 0x800, offset: 2 } },
  {
    name: 'PPP with address and control',
    type: LinkType.ppp,
    frame: 'ff03 0057 60',
    want: { ethertype: 0x86dd, offset: 4 },
  },
  {
    name: 'PPP with a compressed protocol',
    type: LinkType.ppp,
    frame: '21 45',
    want: { ethertype: 0x800, offset: 1 },
  },
  {
    name: 'PPP that carries no IP',
    type: LinkType.pppHdlc,
    frame: 'ff03 c021 01',
    want: { ethertype: 0x880b, offset: 2 },
  },
  {
    name: 'Cisco HDLC',
    type: LinkType.pppHdlc,
    frame: '0f00 0800 45',
    want: { ethertype: 0x800, offset: 4 },
  },
  {
    name: 'PPPoE',
    type: LinkType.pppEther,
    frame: '1100 0001 0003 0021 45',
    want: { ethertype: 0x800, offset: 8 },
  },
  {
    name: 'PPP with direction',
    type: LinkType.pppWithDirection,
    frame: '01 ff03 0021 45',
    want: { offset: 5, packetType: 'outgoing' },
  },
  {
    name: 'NFLOG',
    type: LinkType.nflog,
    frame: '02 00 0001 0800 0100 08000300 0800 0400 00000007 0500 0900 45 000000',
    want: { ethertype: 0x800, offset: 24, ifindex: 7 },
  },
])('finds the network header: $name', ({ type, frame, want }) => {
  expect(networkOf(type, bytes(frame))).toMatchObject({ kind: 'network', ...want });
});

test.each([
  { name: 'an empty raw frame', type: LinkType.raw, frame: '', reason: 'empty' },
  { name: 'IP version 5', type: LinkType.raw, frame: '50', reason: 'IP version 5' },
  {
    name: 'a short Ethernet header',
    type: LinkType.ethernet,
    frame: MACS,
    reason: 'needs 14 bytes, the frame has 12',
  },
  { name: 'a cut VLAN tag', type: LinkType.ethernet, frame: `${MACS} 8100 0064`, reason: '802.1Q' },
  { name: 'a short cooked header', type: LinkType.linuxSll, frame: '0000', reason: 'Linux cooked' },
  {
    name: 'a family that is no IP',
    type: LinkType.null,
    frame: '10000000',
    reason: 'address family 16',
  },
  { name: 'a cut PPP header', type: LinkType.ppp, frame: 'ff03', reason: 'PPP' },
  {
    name: 'NFLOG without a payload',
    type: LinkType.nflog,
    frame: '02000001 08000100 08000300',
    reason: 'without a payload',
  },
  { name: '802.11', type: 105, frame: '0800', reason: 'link type 105 is not supported' },
  { name: 'a name of Object.prototype', type: Number.NaN, frame: '0800', reason: 'not supported' },
])('a frame that cannot be read is a value: $name', ({ type, frame, reason }) => {
  const found = networkOf(type, bytes(frame));
  expect(found.kind).toBe('malformed');
  if (found.kind === 'malformed') expect(found.reason).toContain(reason);
});

test('random frames never throw and never point past their end by more than a header', () => {
  const types = Object.values(LinkType);
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 64 }), (type, frame) => {
      const found = networkOf(type, frame);
      if (found.kind === 'network')
        expect(found.offset).toBeLessThanOrEqual(Math.max(frame.length, 10));
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ['Ethernet, padded', LinkType.ethernet, `${MACS} 0800 45 00 00`, '45 01', `${MACS} 0800 45 01`],
  [
    'LLC with SNAP, which has a length',
    LinkType.ethernet,
    `${MACS} 0009 aaaa03 000000 0800 45`,
    '45 01 02',
    `${MACS} 000b aaaa03 000000 0800 45 01 02`,
  ],
  [
    'NFLOG, padded to four bytes',
    LinkType.nflog,
    '02000000 0500 0900 45 000000',
    '4501',
    '02000000 0600 0900 4501 0000',
  ],
])('another packet in a frame of %s', (_, type, frame, packet, want) => {
  const place = networkOf(type, bytes(frame));
  if (place.kind !== 'network') throw new Error(place.reason);
  expect(withPacket(type, bytes(frame), place.offset, bytes(packet))).toEqual(bytes(want));
});
