// How fast the stack forwards without rules: frames in by one device, out by another, packets per
// second on one core, for one flow and for many, in both families.
// Run: npx tsx bench/stack.ts

import { checksum, put16, put32, unhex } from '../src/bytes/index.ts';
import { manualClock, Netns, seeded } from '../src/core/index.ts';
import { createStack } from '../src/stack/index.ts';

const SECONDS = 2;

const netns = new Netns({ clock: manualClock(), random: seeded(1) });
const stack = createStack(netns, {
  config: {
    interfaces: [
      { name: 'in', mac: '02:00:00:00:00:01', addresses: ['10.0.0.1/16', '2001:db8:1::1/64'] },
      { name: 'out', mac: '02:00:00:00:00:02', addresses: ['10.1.0.1/16', '2001:db8:2::1/64'] },
    ],
    routes: [{ to: 'default', via: '10.1.0.2' }],
    neighbours: [
      { device: 'out', address: '10.1.0.2', mac: '02:00:00:00:01:02' },
      { device: 'out', address: '2001:db8:2::2', mac: '02:00:00:00:01:02' },
    ],
    sysctl: { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 },
  },
});
const { device } = stack.interfaceNamed('in');
let sent = 0;
stack.interfaceNamed('out').device.transmit = () => {
  sent++;
};

const LINK = '020000000001 0200000001ff';

/** A UDP datagram of `length` bytes from the network header on, to the nth of many hosts. */
function frame4(n: number, length: number): Uint8Array {
  const frame = new Uint8Array(14 + length);
  frame.set(unhex(`${LINK} 0800 45000000 00004000 4011 0000 0a000002 08080000 03e80035`));
  put16(frame, 16, length);
  put32(frame, 30, 0x08080000 + n);
  put16(frame, 24, 0);
  put16(frame, 24, checksum(frame, 14, 20));
  return frame;
}

function frame6(length: number): Uint8Array {
  const frame = new Uint8Array(14 + length);
  const addresses = '20010db8000100000000000000000002 20010db8000200000000000000000002';
  frame.set(unhex(`${LINK} 86dd 60000000 0000 11 40 ${addresses} 03e80035`));
  put16(frame, 18, length - 40);
  return frame;
}

function measure(name: string, frames: readonly Uint8Array[]): void {
  for (let i = 0; i < 200_000; i++) stack.receive(device, frames[i % frames.length]!);
  sent = 0;
  const start = performance.now();
  let took = 0;
  while (took < SECONDS * 1000) {
    for (let i = 0; i < 10_000; i++) stack.receive(device, frames[i % frames.length]!);
    took = performance.now() - start;
  }
  const rate = Math.round((sent / took) * 1000);
  console.log(`${name.padEnd(36)} ${rate.toLocaleString('en')} packets/s`);
}

measure('IPv4, 64 bytes, one flow', [frame4(1, 50)]);
measure(
  'IPv4, 64 bytes, 1,000 destinations',
  Array.from({ length: 1000 }, (_, n) => frame4(n, 50)),
);
measure('IPv4, 1514 bytes, one flow', [frame4(1, 1500)]);
measure('IPv6, 74 bytes, one flow', [frame6(60)]);
