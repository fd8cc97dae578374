import { describe, expect, test } from 'vitest';
import { unhex } from '../bytes/index.ts';
import { DROP } from '../core/index.ts';
import type { PacketSpec } from './bed.ts';
import { echo, ether, makeBed, packet, tcp, udp, withoutChance } from './bed.ts';

const out4 = { from: '10.0.0.2', to: '192.0.2.2' };
const out6 = { from: '2001:db8::2', to: '2001:db8:1::2' };
const me4 = { from: '10.0.0.2', to: '10.0.0.1' };
const me6 = { from: '2001:db8::2', to: '2001:db8::1' };
const A6 = '20010db8000000000000000000000001';
const B6 = '20010db8000000000000000000000002';

/** Bytes as the running kernel (6.18) answered them in a namespace of the same addresses. */
test.each<{ name: string; spec: PacketSpec; want: string[] }>([
  {
    name: 'a datagram with one hop less',
    spec: out4,
    want: ['wan 45000021123400003f119d940a000002c000020203e80009000dec0c68656c6c6f'],
  },
  {
    name: 'an IPv6 datagram with one hop less',
    spec: out6,
    want: [`wan 60000000000d113f${B6}20010db800010000000000000000000203e80009000d5c9a68656c6c6f`],
  },
  {
    name: 'time exceeded for the last hop',
    spec: { ...out4, ttl: 1 },
    want: [
      'lan 45c0003d....00004001....0a0000010a0000020b00c12200000000' +
        '45000021123400000111db940a000002c000020203e80009000dec0c68656c6c6f',
    ],
  },
  {
    name: 'time exceeded for the last hop of IPv6',
    spec: { ...out6, ttl: 1 },
    want: [
      `lan 600.....003d3a40${A6}${B6}0300302300000000` +
        `60000000000d1101${B6}20010db800010000000000000000000203e80009000d5c9a68656c6c6f`,
    ],
  },
  {
    name: 'precedence internetcontrol beside what RFC 1349 called type of service',
    spec: { ...out4, ttl: 1, tos: 0xff },
    want: [
      'lan 45de003d....00004001....0a0000010a0000020b00c12200000000' +
        '45ff0021123400000111da950a000002c000020203e80009000dec0c68656c6c6f',
    ],
  },
  {
    name: 'port unreachable for a closed port',
    spec: me4,
    want: [
      'lan 45c0003d....00004001....0a0000010a0000020303111e00000000' +
        '4500002112340000401154960a0000020a00000103e80009000da40e68656c6c6f',
    ],
  },
  {
    name: 'port unreachable for a closed port of IPv6',
    spec: me6,
    want: [
      `lan 600.....003d3a40${A6}${B6}010431e000000000` +
        `60000000000d1140${B6}${A6}03e80009000d5c9c68656c6c6f`,
    ],
  },
  {
    name: 'a reset that acknowledges a SYN',
    spec: { ...me4, protocol: 6, payload: tcp(me4, 2) },
    want: ['lan 4500002800004000400626ce0a0000010a00000200510fa000000000000003e95014000087f40000'],
  },
  {
    name: 'a reset with the number that was acknowledged',
    spec: { ...me4, protocol: 6, payload: tcp(me4, 0x10, 77) },
    want: ['lan 4500002800004000400626ce0a0000010a00000200510fa00000004d00000000500400008ba00000'],
  },
  {
    name: 'a reset without the ECN bits of what it answers',
    spec: { ...me4, protocol: 6, tos: 0xff, payload: tcp(me4, 2) },
    want: ['lan 45fc002800004000400625d20a0000010a00000200510fa000000000000003e95014000087f40000'],
  },
  {
    name: 'a reset that goes on recording the route',
    spec: { ...me4, protocol: 6, options: '070b04000000000000000001', payload: tcp(me4, 2) },
    want: [
      'lan 480000340000400040060ea30a0000010a000002070b0c0a0000010a000001' +
        '0000510fa000000000000003e95014000087f40000',
    ],
  },
  { name: 'nothing to a reset', spec: { ...me4, protocol: 6, payload: tcp(me4, 4) }, want: [] },
  {
    name: 'a reset of IPv6',
    spec: { ...me6, protocol: 6, payload: tcp(me6, 2) },
    want: [`lan 600.....00140640${A6}${B6}00510fa000000000000003e95014000040820000`],
  },
  {
    name: 'an echo reply with the type of service of the request',
    spec: { ...me4, protocol: 1, tos: 8, payload: echo(me4, new Uint8Array(3)) },
    want: ['lan 4508001f....00004001....0a0000010a0000020000fff700070001000000'],
  },
  {
    name: 'an echo reply of IPv6',
    spec: { ...me6, protocol: 58, payload: echo(me6, new Uint8Array(3)) },
    want: [`lan 600.....000b3a40${A6}${B6}8100233d00070001000000`],
  },
  {
    name: 'protocol unreachable',
    spec: { ...me4, protocol: 253 },
    want: [
      'lan 45c0003d....00004001....0a0000010a0000020302111f00000000' +
        '450000211234000040fd53aa0a0000020a00000103e80009000da40e68656c6c6f',
    ],
  },
  {
    name: 'a parameter problem that points to the unknown next header',
    spec: { ...me6, protocol: 253 },
    want: [
      `lan 600.....003d3a40${A6}${B6}040142dc00000006` +
        `60000000000dfd40${B6}${A6}03e80009000d5c9c68656c6c6f`,
    ],
  },
  {
    name: 'nothing for a wrong checksum',
    spec: { ...me4, payload: udp(out4, unhex('00')) },
    want: [],
  },
  {
    name: 'its address in a record route option',
    spec: { ...out4, options: '070b04000000000000000001' },
    want: [
      'wan 4800002d123400003f1189ba0a000002c0000202070b08c0000201000000000103e80009000dec0c68656c6c6f',
    ],
  },
  {
    name: 'nothing about an ICMP message that may be an error',
    spec: { ...out4, ttl: 1, protocol: 1, payload: unhex('0700f8ff00000000') },
    want: [],
  },
  { name: 'nothing for a source route', spec: { ...out4, options: '830704c000020201' }, want: [] },
])('the router sends $name', ({ spec, want }) => {
  expect(withoutChance(makeBed().receive('lan', packet(spec)))).toEqual(want);
});

test.each([
  {
    name: 'a label nobody knows',
    options: '86040000',
    want: /^lan 46c0.*860400000c00.{4}15000000/,
  },
  { name: 'an option of no length', options: '9f000000', want: /^lan 45c0.{36}0c00.{4}14000000/ },
  {
    name: 'a pointer before the first slot',
    options: '0707030000000001',
    want: /^lan 45c0.{36}0c00.{4}16000000/,
  },
  {
    name: 'a full count of hosts without a slot',
    options: '440809f000000000',
    want: /^lan 45c0.{36}0c00.{4}17000000/,
  },
])('a parameter problem points at $name', ({ options, want }) => {
  const [sent, ...more] = makeBed().receive('lan', packet({ ...out4, options }));
  expect(more).toEqual([]);
  expect(sent).toMatch(want);
});

describe('drop reasons are the kernel’s', () => {
  const change = (at: number, value: number): Uint8Array => {
    const bytes = packet(out4);
    bytes[at] = value;
    return bytes;
  };
  test.each<{ reason: string; name: string; bytes: Uint8Array }>([
    { reason: 'IP_CSUM', name: 'a wrong header checksum', bytes: change(10, 0) },
    { reason: 'IP_INHDR', name: 'a header of 16 bytes', bytes: change(0, 0x44) },
    { reason: 'PKT_TOO_SMALL', name: 'a cut packet', bytes: packet(out4).subarray(0, 30) },
    { reason: 'IP_INVALID_SOURCE', name: 'no source', bytes: packet({ ...out4, from: '0.0.0.0' }) },
    {
      reason: 'IP_INVALID_SOURCE',
      name: 'a group as source',
      bytes: packet({ ...out4, from: '224.0.0.1' }),
    },
    {
      reason: 'IP_LOCALNET',
      name: 'a loopback source',
      bytes: packet({ ...out4, from: '127.0.0.1' }),
    },
    {
      reason: 'IP_LOCAL_SOURCE',
      name: 'our own source',
      bytes: packet({ ...out4, from: '10.0.0.1' }),
    },
    {
      reason: 'IP_INVALID_DEST',
      name: 'a group nobody joined',
      bytes: packet({ ...out4, to: '224.9.9.9' }),
    },
    { reason: 'NO_SOCKET', name: 'a broadcast', bytes: packet({ ...out4, to: '10.0.0.255' }) },
    {
      reason: 'IP_INHDR',
      name: 'a loopback source of IPv6',
      bytes: packet({ ...out6, from: '::1' }),
    },
    {
      reason: 'IP_INNOROUTES',
      name: 'no route in IPv6',
      bytes: packet({ ...out6, to: '3000::1' }),
    },
  ])('$reason for $name', ({ reason, bytes }) => {
    const bed = makeBed();
    bed.receive('lan', bytes);
    expect([...bed.stack.drops.keys()]).toEqual([reason]);
  });

  test('OTHERHOST for a frame to somebody else', () => {
    const bed = makeBed();
    bed.stack.receive(bed.device('lan'), ether(unhex('02aaaaaaaaaa'), packet(out4)));
    expect([...bed.stack.drops.keys()]).toEqual(['OTHERHOST']);
  });

  test('NETFILTER_DROP where a hook drops, and nothing leaves', () => {
    const bed = makeBed();
    const entry = { priority: 0, name: 'wall', kind: 'user', run: () => DROP } as const;
    bed.stack.netns.hooks.register('ip', 'forward', entry);
    expect(bed.receive('lan', packet(out4))).toEqual([]);
    expect([...bed.stack.drops.keys()]).toEqual(['NETFILTER_DROP']);
  });
});

describe('routes that refuse', () => {
  const routes = [
    { to: '198.51.100.0/24', type: 'unreachable' },
    { to: '198.51.101.0/24', type: 'prohibit' },
    { to: '198.51.102.0/24', type: 'blackhole' },
  ] as const;
  test.each([
    { to: '198.51.100.1', name: 'unreachable: host unreachable', type: 3, code: 1 },
    { to: '198.51.101.1', name: 'prohibit: administratively prohibited', type: 3, code: 13 },
    { to: '8.8.8.8', name: 'none: network unreachable', type: 3, code: 0 },
  ])('$name', ({ to, type, code }) => {
    const [sent] = makeBed({ routes }).receive('lan', packet({ ...out4, to }));
    const icmp = unhex(sent!.split(' ')[1]!).subarray(20);
    expect([icmp[0], icmp[1]]).toEqual([type, code]);
  });

  test('blackhole: silence', () => {
    expect(makeBed({ routes }).receive('lan', packet({ ...out4, to: '198.51.102.1' }))).toEqual([]);
  });

  test('five errors at once, then one a second (ip_error)', () => {
    const bed = makeBed({ routes, sysctl: { 'net.ipv4.icmp_ratelimit': 100 } });
    const ask = (): number => bed.receive('lan', packet({ ...out4, to: '198.51.100.1' })).length;
    const first = Array.from({ length: 8 }, ask);
    expect(first.filter((n) => n === 1).length).toBeLessThanOrEqual(5);
    expect(first[0]).toBe(1);
    expect(first[7]).toBe(0);
    bed.clock.advance(60e9);
    expect(ask()).toBe(1);
  });
});

test('forwarding is a matter of sysctls', () => {
  const bed = makeBed();
  bed.stack.setSysctl('net.ipv4.ip_forward', 0);
  expect(bed.receive('lan', packet(out4))).toEqual([]);
  expect([...bed.stack.drops.keys()]).toEqual(['IP_INADDRERRORS']);
});

describe('reverse path filtering', () => {
  const stranger = packet({ ...out4, from: '192.0.2.77' });
  test.each([
    { mode: 0, name: 'off: a source of another link passes', passed: 1 },
    { mode: 1, name: 'strict: it does not', passed: 0 },
    { mode: 2, name: 'loose: it passes, there is a route to it', passed: 1 },
  ])('$name', ({ mode, passed }) => {
    const bed = makeBed({ sysctl: { 'net.ipv4.conf.all.rp_filter': mode } });
    expect(bed.receive('lan', stranger).length).toBe(passed);
  });
});

test('a packet back to its own link earns its sender a redirect, and again only after a while', () => {
  const bed = makeBed({
    neighbours: [
      { device: 'lan', address: '10.0.0.2', mac: '02:00:00:00:02:00' },
      { device: 'lan', address: '10.0.0.3', mac: '02:00:00:00:02:03' },
    ],
  });
  const back = packet({ ...out4, to: '10.0.0.3' });
  const [redirect, forwarded] = withoutChance(bed.receive('lan', back));
  // Type 5, code 1, gateway 10.0.0.3; the quoted packet has lost its hop already.
  expect(redirect).toMatch(
    /^lan 45c0003d\.{4}00004001\.{4}0a0000010a0000020501.{4}0a0000034500.{12}3f11/,
  );
  expect(forwarded).toMatch(/^lan 45000021123400003f11/);
  expect(bed.receive('lan', back)).toEqual([forwarded]);
  bed.clock.advance(50e6);
  expect(bed.receive('lan', back).length).toBe(2);
});
