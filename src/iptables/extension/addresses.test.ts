import { expect, test } from 'vitest';
import {
  addressText,
  hexText,
  hostMask,
  lastOf,
  mac,
  macText,
  markMask,
  markText,
  masked,
  maskHex,
  maskOf,
  type ParseContext,
  prefixLength,
  savedText,
} from './index.ts';

const context = (family: 'ip' | 'ip6', hosts: Record<string, string[]> = {}): ParseContext => ({
  family,
  table: 'filter',
  chain: 'INPUT',
  protocol: 0,
  protocolNegated: false,
  names: { host: (name) => hosts[name] },
  warn: () => {},
});

test.each([
  ['1.2.3.4', 'ip', '01020304', 'ffffffff'],
  ['1.2.3.4/24', 'ip', '01020304', 'ffffff00'],
  ['1.2.3.4/255.0.255.0', 'ip', '01020304', 'ff00ff00'],
  ['1::2/64', 'ip6', '00010000000000000000000000000002', 'ffffffffffffffff0000000000000000'],
] as const)('%s is an address with a mask', (text, family, address, mask) => {
  expect(hostMask([text], context(family))).toEqual({ address, mask });
});

test('a host name stands for its first address of the family', () => {
  const cx = context('ip', { server: ['1::2', '9.9.9.9'] });
  expect(hostMask(['server'], cx)).toEqual({ address: '09090909', mask: 'ffffffff' });
  expect(() => hostMask(['elsewhere'], cx)).toThrow('bad IP address');
});

test.each([
  ['0xffffff00', 'ffffff00'],
  ['16', 'ffff0000'],
  ['255.255.0.0', 'ffff0000'],
])('the mask %s is %s', (text, want) => {
  expect(maskHex(text, 'ip')).toBe(want);
});

test('masks have a length, or none where ones follow a zero', () => {
  expect(prefixLength(maskOf(19, 4))).toBe(19);
  expect(prefixLength('ffffffff')).toBe(32);
  expect(prefixLength('ff00ff00')).toBeUndefined();
  expect(masked('0a0b0c0d', maskOf(12, 4))).toBe('0a000000');
  expect(lastOf('0a000000', maskOf(12, 4))).toBe('0a0fffff');
  expect(addressText('0a0fffff')).toBe('10.15.255.255');
});

test('a MAC address in any case, one or two digits each', () => {
  expect(macText(mac(['0:1:2:A:b:ff'], context('ip')) as string)).toBe('00:01:02:0a:0b:ff');
});

test.each([
  ['5', '0x5/0xffffffff'],
  ['0x10/0xff', '0x10/0xff'],
  ['0xffffffff/0xffffffff', '0xffffffff/0xffffffff'],
])('the mark %s is %s', (text, want) => {
  expect(markText(markMask([text], context('ip')) as never)).toBe(want);
});

test.each([
  ['plain-1', 'plain-1'],
  ['two words', '"two words"'],
  ['', '""'],
  [`a"b'c\\d`, `"a\\"b\\'c\\\\d"`],
])('%s is saved as %s', (text, want) => {
  expect(savedText(text)).toBe(want);
});

test('hexadecimal numbers with and without leading zeros', () => {
  expect([hexText(5), hexText(5, 4)]).toEqual(['0x5', '0x0005']);
});
