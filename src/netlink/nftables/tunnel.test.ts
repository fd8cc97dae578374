import { expect, test } from 'vitest';
import { Attributes, AttributeWriter } from '../attributes.ts';
import { readTunnel, writeTunnel } from './tunnel.ts';

const V4 = { id: 10, src: '0a000001', dst: '0a000002' };
const V6 = { id: 11, src: `fe80${'0'.repeat(27)}1`, dst: `fe80${'0'.repeat(27)}2` };

test.each([
  { name: 'ends alone', tunnel: V4 },
  { name: 'IPv6, ports, ttl and tos', tunnel: { ...V6, sport: 10, dport: 20, ttl: 64, tos: 4 } },
  { name: 'vxlan', tunnel: { ...V4, encapsulation: { kind: 'vxlan', gbp: 200 } } },
  { name: 'erspan 1', tunnel: { ...V4, encapsulation: { kind: 'erspan', version: 1, index: 2 } } },
  {
    name: 'erspan 2',
    tunnel: { ...V6, encapsulation: { kind: 'erspan', version: 2, direction: 'egress', id: 5 } },
  },
  {
    name: 'geneve with two options',
    tunnel: {
      ...V4,
      encapsulation: {
        kind: 'geneve',
        options: [
          { class: 1, optType: 1, data: '0x12345678' },
          { class: 0x3f2, optType: 2, data: '0x8765432100000000' },
        ],
      },
    },
  },
])('a tunnel there and back: $name', ({ tunnel }) => {
  const w = new AttributeWriter(true);
  writeTunnel(w, tunnel);
  const read = new Attributes(w.finish(), true);
  expect(readTunnel(read)).toEqual(tunnel);
  expect(read.error).toBeUndefined();
});
