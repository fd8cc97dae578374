import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unhex } from './hex.ts';
import { formatIPv4, parseIPv4, parseLooseIPv4 } from './ipv4.ts';
import { formatIPv6, mappedIPv4, parseIPv6 } from './ipv6.ts';
import { formatMac, parseMac } from './mac.ts';

test.each([
  ['0.0.0.0', 0],
  ['10.0.0.1', 0x0a000001],
  ['255.255.255.255', 0xffffffff],
  ['192.0.2.128', 0xc0000280],
])('parseIPv4 reads %s', (text, want) => {
  expect(parseIPv4(text)).toBe(want);
  expect(formatIPv4(want)).toBe(text);
});

test.each([
  '',
  '1',
  '1.2.3',
  '1.2.3.4.5',
  '01.2.3.4',
  '256.1.1.1',
  '1.2.3.4 ',
  '1..2.3',
  '0x1.2.3.4',
])("parseIPv4 refuses '%s' as inet_pton does", (text) => {
  expect(parseIPv4(text)).toBeUndefined();
});

test.each([
  ['10.1', 0x0a000001],
  ['1.2.3', 0x01020003],
  ['1.256', 0x01000100],
  ['010.0x10.0.1', 0x08100001],
  ['0', 0],
  ['4294967295', 0xffffffff],
])('parseLooseIPv4 reads %s as inet_aton does', (text, want) => {
  expect(parseLooseIPv4(text)).toBe(want);
});

test.each(['', '1.', '.1', '256.1', '1.2.3.256', '4294967296', '08', '1.2.3.4.5', 'x', '-1'])(
  "parseLooseIPv4 refuses '%s'",
  (text) => {
    expect(parseLooseIPv4(text)).toBeUndefined();
  },
);

// Right column: what inet_ntop of glibc 2.36 prints for the left one.
test.each([
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:DB8::1', '2001:db8::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['::192.0.2.1', '::192.0.2.1'],
  ['::1:0', '::0.1.0.0'],
  ['::ffff:0:1', '::ffff:0.0.0.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['::0:ffff:1:2:3', '::ffff:1:2:3'],
  ['fe80:0:0:0:1::', 'fe80::1:0:0:0'],
])('IPv6 %s prints as %s', (text, want) => {
  const bytes = parseIPv6(text);
  expect(bytes).toBeDefined();
  expect(formatIPv6(bytes!)).toBe(want);
});

test.each([
  '',
  ':',
  ':::',
  '1',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '1::2::3',
  ':1::',
  '1::2:',
  '12345::',
  'g::',
  '1.2.3.4::',
  '::1.2.3',
  '::1.2.3.4:5',
  'fe80::1%eth0',
  '::1/64',
])("parseIPv6 refuses '%s' as inet_pton does", (text) => {
  expect(parseIPv6(text)).toBeUndefined();
});

test('every IPv6 address reads back from its text', () => {
  const group = fc.oneof(fc.constant(0), fc.constant(0xffff), fc.nat(0xffff));
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const bytes = Uint8Array.from(groups.flatMap((g) => [g >> 8, g & 0xff]));
      expect(parseIPv6(formatIPv6(bytes))).toEqual(bytes);
      expect(parseIPv6(groups.map((g) => g.toString(16)).join(':'))).toEqual(bytes);
    }),
  );
});

test('formatIPv6 reads at an offset', () => {
  expect(formatIPv6(unhex('ff ff 20010db8000000000000000000000001'), 2)).toBe('2001:db8::1');
});

test('mappedIPv4 makes ::ffff:0:0/96', () => {
  expect(formatIPv6(mappedIPv4(0xc0000201))).toBe('::ffff:192.0.2.1');
});

test('MAC addresses', () => {
  const bytes = unhex('0200000000fe');
  expect(parseMac('02:00:00:00:00:FE')).toEqual(bytes);
  expect(parseMac('2-0-0-0-0-fe')).toEqual(bytes);
  expect(formatMac(bytes)).toBe('02:00:00:00:00:fe');
  expect(parseMac('02:00:00:00:00')).toBeUndefined();
  expect(parseMac('02:00:00:00:00:100')).toBeUndefined();
});
