// Sets asked by packets. Types that Linux 6.18 as it judges may lack are here; the others are in test/kernel, too.

import { expect, test } from 'vitest';
import {
  createDevice,
  ETH_P_IP,
  manualClock,
  Nfproto,
  NS_PER_SECOND,
  Packet,
  seeded,
} from '../../core/index.ts';
import { parsePacketNotation } from '../../packet/index.ts';
import type { IpSetOptions, IpSetRequest, IpSetType } from '../../program/index.ts';
import { IpSets, SetFlag, SetOptions, type SetPacket } from './index.ts';

const MACS = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];

function packetOf(notation: string, mark = 0): SetPacket {
  const spec = parsePacketNotation(notation);
  if ('message' in spec) throw new Error(spec.message);
  const packet = new Packet();
  packet.fill(Uint8Array.from([...MACS, ...spec.bytes]), MACS.length);
  packet.protocol = ETH_P_IP;
  packet.mark = mark;
  const device = (index: number) => createDevice({ index, name: `eth${index}` });
  return { packet, in: device(0), out: device(1), pf: Nfproto.ip };
}

const TCP = 'tcp 10.0.0.2:40000 > 192.0.2.7:80 syn';

function setOf(type: IpSetType, options: IpSetOptions, entries: readonly IpSetRequest[]) {
  const clock = manualClock();
  const sets = new IpSets({ clock, random: seeded(1) });
  const family = type === 'hash:mac' ? 'unspec' : 'inet';
  const made = sets.apply({ kind: 'create', set: 's', type, family, options });
  if (made !== undefined) throw new Error(made);
  for (const entry of entries) {
    const error = sets.apply({ kind: 'add', set: 's', entry });
    if (error !== undefined) throw new Error(error);
  }
  return { sets, clock, index: sets.get('s') };
}

test.each([
  ['hash:mac', {}, [{ mac: '020000000002' }], 'src', true],
  ['hash:mac', {}, [{ mac: '020000000002' }], 'dst', false],
  ['hash:mac', {}, [{ mac: '020000000001' }], 'dst', true],
  ['hash:ip,mac', {}, [{ ip: '0a000002', mac: '020000000002' }], 'src,src', true],
  ['hash:ip,mac', {}, [{ ip: '0a000002', mac: '020000000002' }], 'src,dst', false],
  ['hash:ip,mac', {}, [{ ip: 'c0000207', mac: '020000000001' }], 'dst,dst', true],
  ['hash:ip,mark', {}, [{ ip: '0a000002', mark: 7 }], 'src,src', true],
  ['hash:ip,mark', {}, [{ ip: '0a000002', mark: 0x17 }], 'src,src', false],
  ['hash:ip,mark', { markmask: 0xf }, [{ ip: '0a000002', mark: 0x17 }], 'src,src', true],
  ['hash:net,net', {}, [{ ip: '0a000000', cidr: 8, ip2: 'c0000200', cidr2: 24 }], 'src,dst', true],
  ['hash:net,net', {}, [{ ip: '0a000000', cidr: 8, ip2: 'c0000200', cidr2: 24 }], 'dst,src', false],
  ['hash:net,net', {}, [{ ip: '00000000', cidr: 0, ip2: 'c0000207' }], 'src,dst', true],
  [
    'hash:net,net',
    {},
    [
      { ip: '0a000000', cidr: 8, ip2: 'c0000200', cidr2: 24 },
      { ip: '0a000000', cidr: 24, ip2: 'c0000200', cidr2: 24, nomatch: true },
    ],
    'src,dst',
    false,
  ],
  [
    'hash:net,port,net',
    {},
    [{ ip: '0a000000', cidr: 8, proto: 6, port: 80, ip2: 'c0000200', cidr2: 24 }],
    'src,dst,dst',
    true,
  ],
  [
    'hash:net,port,net',
    {},
    [{ ip: '0a000000', cidr: 8, proto: 6, port: 80, ip2: 'c0000200', cidr2: 24 }],
    'src,src,dst',
    false,
  ],
] as const)('%s %j %j asked %s: %s', (type, options, entries, flags, want) => {
  const { sets, index } = setOf(type, options, entries);
  expect(sets.test(index, packetOf(TCP, 7), new SetOptions(flags))).toBe(want);
});

test.each([
  ['hash:ip,mac', 'src,src', { ip: '0a000002', mac: '020000000002' }],
  ['hash:ip,mark', 'dst,dst', { ip: 'c0000207', mark: 7 }],
  ['hash:net,net', 'src,dst', { ip: '0a000002', cidr: 32, ip2: 'c0000207', cidr2: 32 }],
  ['hash:mac', 'src', { mac: '020000000002' }],
] as const)('a packet adds its element to %s', (type, flags, want) => {
  const { sets, index } = setOf(type, {}, []);
  expect(sets.add(index, packetOf(TCP, 7), new SetOptions(flags))).toBe(0);
  expect(sets.list()[0]?.entries).toEqual([want]);
  expect(sets.add(index, packetOf(TCP, 7), new SetOptions(flags))).toBeLessThan(0);
  expect(sets.del(index, packetOf(TCP, 7), new SetOptions(flags))).toBe(0);
  expect(sets.list()[0]?.entries).toEqual([]);
});

test('what a packet adds ends on the clock, and is prolonged by --exist', () => {
  const { sets, index, clock } = setOf('hash:ip', { timeout: 30 }, []);
  const asked = new SetOptions('src');
  const pkt = packetOf(TCP);
  sets.add(index, pkt, asked);
  clock.advance(20 * NS_PER_SECOND);
  asked.cmdflags |= SetFlag.exist;
  asked.timeout = 100;
  sets.add(index, pkt, asked);
  clock.advance(99 * NS_PER_SECOND);
  expect(sets.test(index, pkt, asked)).toBe(true);
  clock.advance(2 * NS_PER_SECOND);
  expect(sets.test(index, pkt, asked)).toBe(false);
});

test('later fragments have no port', () => {
  const { sets, index } = setOf('hash:ip,port', {}, [{ ip: '0a000002', proto: 6, port: 40000 }]);
  const pkt = packetOf(TCP);
  expect(sets.test(index, pkt, new SetOptions('src,src'))).toBe(true);
  pkt.packet.buf[pkt.packet.network + 7] = 1;
  expect(sets.test(index, pkt, new SetOptions('src,src'))).toBe(false);
});

test('asking makes nothing new: the set is as large after many packets', () => {
  const { sets, index } = setOf('hash:net', {}, [{ ip: '0a000000', cidr: 8 }]);
  const before = sets.list()[0]?.memsize;
  const [pkt, asked] = [packetOf(TCP), new SetOptions('dst')];
  for (let i = 0; i < 1000; i++) sets.test(index, pkt, asked);
  expect(sets.list()[0]?.memsize).toBe(before);
});
