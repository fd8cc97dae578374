import { expect, test } from 'vitest';
import { unhex } from '../bytes/index.ts';
import { dissectNetwork } from './dissect.ts';
import { HEADROOM, Packet } from './packet.ts';

const IP4 = '0000 0001 0000 4011 0000 0a000001 0a000002';
const IP6_ADDRESSES = '20010db8000000000000000000000001 20010db8000000000000000000000002';
const UDP = '03e8 07d0 0008 0000';

/** What a dissection found, offsets counted from the network header. */
function dissect(text: string): { proto: number; l4: number; at: number; frag: number } {
  const packet = new Packet();
  packet.fill(unhex(text), 0);
  dissectNetwork(packet);
  const { protocol, l4proto, transport, fragOffset } = packet;
  return { proto: protocol, l4: l4proto, at: transport - HEADROOM, frag: fragOffset };
}

test.each([
  { name: 'a plain header', text: `4500001c ${IP4.slice(5)} ${UDP}`, l4: 17, at: 20, frag: 0 },
  {
    name: 'four bytes of options',
    text: `46000020 00010000 40110000 0a000001 0a000002 01010101 ${UDP}`,
    l4: 17,
    at: 24,
    frag: 0,
  },
  {
    name: 'a later fragment',
    text: `4500001c 00010003 40110000 0a000001 0a000002 ${UDP}`,
    l4: 17,
    at: 20,
    frag: 24,
  },
  { name: 'a header of 16 bytes', text: `4400001c ${IP4.slice(5)} ${UDP}`, l4: -1, at: 0, frag: 0 },
  { name: 'a cut packet', text: `4500001d ${IP4.slice(5)} ${UDP}`, l4: -1, at: 0, frag: 0 },
])('IPv4 with $name', ({ text, l4, at, frag }) => {
  expect(dissect(text)).toEqual({ proto: 0x0800, l4, at, frag });
});

const ip6 = (next: string, payload: string): string =>
  `60000000 0000 ${next} 40 ${IP6_ADDRESSES} ${payload}`;

test.each([
  { name: 'no extension header', text: ip6('11', UDP), l4: 17, at: 40, frag: 0 },
  {
    name: 'hop-by-hop, destination and authentication headers',
    text: ip6(
      '00',
      `3c00 010400000000 3301 010c 00000000 00000000 00000000 1102 0000 ${'00'.repeat(12)}`,
    ),
    l4: 17,
    at: 40 + 8 + 16 + 16,
    frag: 0,
  },
  {
    name: 'a first fragment',
    text: ip6('2c', `11000001 00000007 ${UDP}`),
    l4: 17,
    at: 48,
    frag: 0,
  },
  {
    name: 'a later fragment',
    text: ip6('2c', `1100 05a9 00000007 ${UDP}`),
    l4: 17,
    at: 48,
    frag: 1448,
  },
  {
    name: 'a later fragment of a packet with destination options',
    text: ip6('2c', `3c00 05a9 00000007 ${UDP}`),
    l4: -1,
    at: 0,
    frag: 1448,
  },
  { name: 'no next header', text: ip6('3b', ''), l4: 59, at: 40, frag: 0 },
  { name: 'an extension header cut off', text: ip6('3c', '11'), l4: -1, at: 0, frag: 0 },
])('IPv6 with $name', ({ text, l4, at, frag }) => {
  expect(dissect(text)).toEqual({ proto: 0x86dd, l4, at, frag });
});

test('a dissected packet is not read again until the flag is cleared', () => {
  const packet = new Packet();
  packet.fill(unhex(`4500001c ${IP4.slice(5)} ${UDP}`), 0);
  dissectNetwork(packet);
  packet.buf[packet.network + 9] = 6;
  dissectNetwork(packet);
  expect(packet.l4proto).toBe(17);
  packet.dissected = false;
  dissectNetwork(packet);
  expect(packet.l4proto).toBe(6);
});
