import { expect, test } from 'vitest';
import { manualClock, Netns, Packet, SocketKey, seeded } from '../core/index.ts';
import { parseAddress } from './address.ts';
import type { SocketConfig } from './config.ts';
import { earlyDemux, socketFrom, socketText } from './sockets.ts';
import { createStack, type Stack } from './stack.ts';

function host(sockets: readonly SocketConfig[]): Stack {
  const netns = new Netns({ clock: manualClock(), random: seeded(1) });
  const interfaces = [
    { name: 'eth0', addresses: ['10.0.0.1/24', '2001:db8::1/64'] },
    { name: 'eth1', addresses: ['192.0.2.1/24'] },
  ];
  return createStack(netns, { config: { interfaces, sockets } });
}

function ask(
  stack: Stack,
  protocol: number,
  remote: string,
  local: string,
  device = 'eth0',
): string {
  const key = new SocketKey();
  const [from = '', sport = '0'] = remote.split('/');
  const [to = '', dport = '0'] = local.split('/');
  key.protocol = protocol;
  key.family = from.includes(':') ? 'ip6' : 'ip';
  key.remote = parseAddress(key.family, from);
  key.remotePort = Number(sport);
  key.local = parseAddress(key.family, to);
  key.localPort = Number(dport);
  key.device = stack.interfaceNamed(device).device;
  const found = stack.sockets.lookup(key);
  return found === null ? 'none' : socketText(found);
}

test('a socket that is closed takes nothing', () => {
  const stack = host([]);
  const close = stack.open({ protocol: 'tcp', port: 80 });
  expect(ask(stack, 6, '10.0.0.2/1', '10.0.0.1/80')).toBe('tcp [::]:80');
  close();
  close();
  expect(ask(stack, 6, '10.0.0.2/1', '10.0.0.1/80')).toBe('none');
});

test('of two that fit as well, the one opened last is found', () => {
  const stack = host([
    { protocol: 'udp', address: '10.0.0.1', port: 53, uid: 1 },
    { protocol: 'udp', address: '10.0.0.1', port: 53, uid: 2 },
  ]);
  const key = new SocketKey();
  key.protocol = 17;
  key.remote = Uint8Array.of(10, 0, 0, 2);
  key.local = Uint8Array.of(10, 0, 0, 1);
  key.localPort = 53;
  expect(stack.sockets.lookup(key)?.uid).toBe(2);
});

test('a connection in TIME_WAIT is found before who listens', () => {
  const stack = host([
    { protocol: 'tcp', port: 80 },
    { protocol: 'tcp', address: '10.0.0.1', port: 80, peer: '10.0.0.2:4000', state: 'time-wait' },
  ]);
  expect(ask(stack, 6, '10.0.0.2/4000', '10.0.0.1/80')).toBe(
    'tcp 10.0.0.1:80 connected to 10.0.0.2:4000 in TIME_WAIT',
  );
  expect(ask(stack, 6, '10.0.0.2/4001', '10.0.0.1/80')).toBe('tcp [::]:80');
});

test.each([
  ['a port that is none', { protocol: 'tcp', port: 0 }, 'not a port: 0'],
  ['an address that is none', { protocol: 'tcp', port: 1, address: 'x' }, "not an address: 'x'"],
  ['a device nobody knows', { protocol: 'tcp', port: 1, device: 'eth9' }, "no interface 'eth9'"],
  [
    'a peer without a port',
    { protocol: 'tcp', address: '10.0.0.1', port: 1, peer: '10.0.0.2' },
    "not an address with a port: '10.0.0.2'",
  ],
  [
    'a peer of the other family',
    { protocol: 'tcp', address: '10.0.0.1', port: 1, peer: '[::1]:5' },
    'a socket at 10.0.0.1 cannot be connected to [::1]:5',
  ],
] as const)('refused: %s', (_name, config, message) => {
  expect(() => socketFrom(host([]), config)).toThrow(message);
});

test('early demultiplexing leaves fragments alone', () => {
  const stack = host([{ protocol: 'udp', address: '10.0.0.1', port: 53, peer: '10.0.0.2:4000' }]);
  const bytes = Uint8Array.of(
    ...[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1],
    ...[0x0f, 0xa0, 0, 53, 0, 8, 0, 0],
  );
  for (const [flags, found] of [
    [0, true],
    [0x20, false],
  ] as const) {
    const packet = new Packet();
    packet.fill(bytes, 0);
    packet.buf[packet.network + 6] = flags;
    packet.protocol = 0x0800;
    packet.l4proto = 17;
    packet.transport = packet.network + 20;
    packet.iif = stack.interfaceNamed('eth0').device;
    earlyDemux(stack, packet, 'ip');
    expect(packet.sk !== null).toBe(found);
  }
});
