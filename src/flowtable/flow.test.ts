import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NFPROTO_IPV4, T_PORTS, T_PROTO } from '../conntrack/index.ts';
import { ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6, Packet } from '../core/index.ts';
import { FlowKey } from './flow.ts';
import { Arrival } from './parse.ts';

const BOTH = { ip: true, ip6: true };

/** A frame of these bytes behind an Ethernet header. */
function frame(bytes: Uint8Array, protocol: number): Packet {
  const packet = new Packet();
  packet.fill(new Uint8Array([...new Uint8Array(14), ...bytes]), 14);
  packet.protocol = protocol;
  return packet;
}

const header = (change: Partial<Record<number, number>> = {}): Uint8Array => {
  const bytes = new Uint8Array(40);
  bytes.set([0x45, 0, 0, 40, 0, 1, 0, 0, 64, 17]);
  bytes.set([10, 0, 0, 1, 10, 0, 0, 2, 0, 5, 0, 6], 12);
  for (const [at, value] of Object.entries(change)) bytes[Number(at)] = value ?? 0;
  return bytes;
};

test.each([
  ['a datagram', header(), true],
  ['options', header({ 0: 0x46 }), false],
  ['a fragment that more follow', header({ 6: 0x20 }), false],
  ['a later fragment', header({ 7: 1 }), false],
  ['DF', header({ 6: 0x40 }), true],
  ['a hop limit of 1', header({ 8: 1 }), false],
  ['ICMP', header({ 9: 1 }), false],
  ['GRE', header({ 9: 47, 21: 0 }), true],
  ['GRE of version 1', header({ 9: 47, 21: 1 }), false],
  ['a datagram that is cut', header().subarray(0, 27), false],
  ['a segment that is cut', header({ 9: 6 }).subarray(0, 39), false],
])('IPv4 with %s', (_, bytes, wanted) => {
  expect(new Arrival().read(frame(bytes, ETH_P_IP), 2, BOTH)).toBe(wanted);
});

test('a flowtable of one family does not look at the other', () => {
  expect(new Arrival().read(frame(header(), ETH_P_IP), 2, { ip: false, ip6: true })).toBe(false);
});

test('tags are part of the key, the outer one first', () => {
  const packet = frame(new Uint8Array([0, 9, 8, 0, ...header()]), ETH_P_8021Q);
  packet.vlanProto = 0x88a8;
  packet.vlanTci = 5;
  const arrival = new Arrival();
  expect(arrival.read(packet, 2, BOTH)).toBe(true);
  expect([arrival.key.outer >>> 0, arrival.key.inner >>> 0]).toEqual([0x88a80005, 0x81000009]);
  expect(arrival.offset).toBe(4);
});

test('ports of GRE are none', () => {
  const arrival = new Arrival();
  arrival.read(frame(header({ 9: 47 }), ETH_P_IP), 2, BOTH);
  expect(arrival.key.tuple[T_PORTS]).toBe(0);
  expect(arrival.key.tuple[T_PROTO]).toBe(NFPROTO_IPV4 | (47 << 8));
});

test('no bytes make it throw, and equal keys have equal hashes', () => {
  const protocol = fc.constantFrom(ETH_P_IP, ETH_P_IPV6, ETH_P_8021Q, 0x0806);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), protocol, fc.boolean(), (bytes, type, sound) => {
      const content = sound ? new Uint8Array([...header(), ...bytes]) : bytes;
      const [one, other] = [new Arrival(), new Arrival()];
      const found = one.read(frame(content, type), 3, BOTH);
      expect(other.read(frame(content, type), 3, BOTH)).toBe(found);
      if (!found) return;
      expect(one.key.equals(other.key)).toBe(true);
      expect(one.key.hash(7)).toBe(other.key.hash(7));
      const elsewhere = new FlowKey();
      elsewhere.tuple.set(one.key.tuple);
      elsewhere.iif = 4;
      expect(one.key.equals(elsewhere)).toBe(false);
    }),
  );
});
