import { expect, test } from 'vitest';
import { datatypeByName, dateType } from '../types/index.ts';
import { knownWords, parseDuration, parseNumber, readLiteral } from './literals.ts';

const read = (type: string, text: string, names = {}): bigint | undefined => {
  const found = datatypeByName(type);
  if (found === undefined) throw new Error(`no datatype ${type}`);
  return readLiteral(text, found, names);
};

test.each<{ name: string; type: string; text: string; want: bigint | undefined }>([
  { name: 'an IPv4 address', type: 'ipv4_addr', text: '192.0.2.1', want: 0xc0000201n },
  { name: 'an address of three parts', type: 'ipv4_addr', text: '127.0.1', want: 0x7f000001n },
  { name: 'an address that is one number', type: 'ipv4_addr', text: '16909060', want: 0x01020304n },
  {
    name: 'an address with an octet too large',
    type: 'ipv4_addr',
    text: '1.2.3.256',
    want: undefined,
  },
  { name: 'an IPv6 address', type: 'ipv6_addr', text: 'fe80::1', want: (0xfe80n << 112n) | 1n },
  { name: 'an IPv4 address as an IPv6 one', type: 'ipv6_addr', text: '1.2.3.4', want: undefined },
  { name: 'an Ethernet address', type: 'ether_addr', text: '0:1:2:a:b:ff', want: 0x0001020a0bffn },
  { name: 'a protocol by name', type: 'inet_proto', text: 'tcp', want: 6n },
  { name: 'a protocol by number', type: 'inet_proto', text: '132', want: 132n },
  { name: 'a service by name', type: 'inet_service', text: 'ssh', want: 22n },
  { name: 'a hexadecimal number', type: 'mark', text: '0xFf', want: 255n },
  { name: 'an octal number', type: 'mark', text: '010', want: 8n },
  { name: 'a number that is no octal one', type: 'mark', text: '08', want: undefined },
  { name: 'an ICMP type by name', type: 'icmp_type', text: 'echo-request', want: 8n },
  { name: 'a code point by name', type: 'dscp', text: 'ef', want: 46n },
  { name: 'an Ethernet type by name', type: 'ether_type', text: 'vlan', want: 0x8100n },
  { name: 'a day by its first letters', type: 'day', text: 'wed', want: 3n },
  { name: 'a day by two letters', type: 'day', text: 'we', want: undefined },
  { name: 'a traffic class handle', type: 'classid', text: '1:10', want: 0x00010010n },
  { name: 'no traffic class at all', type: 'classid', text: 'none', want: 0n },
  { name: 'the bit of a label', type: 'ct_label', text: '127', want: 1n << 127n },
  { name: 'a label beyond the last bit', type: 'ct_label', text: '128', want: undefined },
  { name: 'an hour', type: 'hour', text: '17:30', want: 63_000n },
  { name: 'an hour that no day has', type: 'hour', text: '24:00', want: undefined },
  { name: 'a timeout', type: 'time', text: '1m30s', want: 90_000n },
])('$name reads as $want', ({ type, text, want }) => {
  expect(read(type, text)).toBe(want);
});

test('names that only the system knows come from the caller', () => {
  const names = {
    interfaceIndex: (name: string) => (name === 'eth0' ? 7 : undefined),
    user: (name: string) => (name === 'www-data' ? 33 : undefined),
    host: (name: string) => (name === 'one.example' ? ['192.0.2.1'] : ['192.0.2.1', '192.0.2.2']),
  };
  expect(read('iface_index', 'eth0', names)).toBe(7n);
  expect(read('iface_index', 'eth1', names)).toBeUndefined();
  expect(read('uid', 'www-data', names)).toBe(33n);
  expect(read('ipv4_addr', 'one.example', names)).toBe(0xc0000201n);
  expect(read('ipv4_addr', 'two.example', names)).toBeUndefined();
});

test('local time becomes universal time, also across midnight', () => {
  const utcOffset = () => 7200;
  expect(read('hour', '02:00', { utcOffset })).toBe(0n);
  expect(read('hour', '01:00', { utcOffset })).toBe(82_800n);
  expect(readLiteral('1970-01-02 02:00', dateType, { utcOffset })).toBe(86_400n * 10n ** 9n);
  expect(readLiteral('2000-02-29', dateType, {})).toBe(951_782_400n * 10n ** 9n);
});

test.each<[text: string, want: bigint | undefined]>([
  ['5', 5000n],
  ['1d2h3m4s5ms', 93_784_005n],
  ['2ms', 2n],
  ['1h1h', undefined],
  ['1w', undefined],
  ['', undefined],
])('the duration %j is %s milliseconds', (text, want) => {
  expect(parseDuration(text)).toBe(want);
});

test('a number may not have letters behind it', () => {
  expect(parseNumber('12x')).toBeUndefined();
  expect(parseNumber('')).toBeUndefined();
});

test('words for suggestions are those of the type', () => {
  const type = datatypeByName('ct_state');
  expect(type && knownWords(type)).toContain('established');
});
