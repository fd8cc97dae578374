import { expect, test } from 'vitest';
import { NatBed, range } from './bed.ts';
import { jhash2 } from './jhash.ts';

// Noted from kernel 6.18: `ip saddr 10.1.0.0/16 snat to 192.0.2.1-192.0.2.8` and the like.
test.each([
  ['10.1.2.139', '10.2.2.139', '192.0.2.1'],
  ['10.1.2.120', '10.2.2.2', '192.0.2.5'],
  ['10.1.2.6', '10.2.2.1', '192.0.2.3'],
  ['10.1.2.1', '10.2.2.176', '192.0.2.7'],
  ['10.1.2.6', '10.2.2.2', '192.0.2.6'],
])('%s to %s is sent as the same address as the kernel sends it', (from, to, as) => {
  const bed = new NatBed();
  bed.snat(range('192.0.2.1-192.0.2.8'));
  expect(bed.send(`udp ${from}:5000 > ${to}:443`)).toBe(`NEW ${as}:5000 > ${to}:443`);
});

test.each([
  ['fd01::1118', 'fd02::1002', 'fd0f::2'],
  ['fd01::1009', 'fd02::1001', 'fd0f::4'],
  ['fd01::10d1', 'fd02::10d1', 'fd0f::8'],
  ['fd01::110e', 'fd02::1001', 'fd0f::6'],
])('%s to %s over IPv6', (from, to, as) => {
  const bed = new NatBed();
  bed.snat(range('fd0f::1-fd0f::8'));
  expect(bed.send(`udp [${from}]:5000 > [${to}]:443`)).toBe(`NEW ${as}:5000 > ${to}:443`);
});

test.each([
  ['10.1.2.3', '10.2.2.2', '10.2.7.2'],
  ['10.1.2.197', '10.2.2.197', '10.2.7.3'],
  ['10.1.2.124', '10.2.2.2', '10.2.7.1'],
  ['10.1.2.194', '10.2.2.2', '10.2.7.4'],
])('%s to %s, destinations spread over a range', (from, to, as) => {
  const bed = new NatBed();
  bed.dnat(range('10.2.7.1-10.2.7.4'));
  expect(bed.send(`udp ${from}:5000 > ${to}:53`)).toBe(`NEW ${from}:5000 > ${as}:53`);
});

test('lengths around the block size', () => {
  const hashes = [0, 1, 2, 3, 4, 6, 7].map((n) => jhash2([1, 2, 3, 4, 5, 6, 7], n, 0));
  expect(new Set(hashes).size).toBe(7);
  expect(jhash2([], 0, 0)).toBe(0xdeadbeef);
});
