import { expect, test } from 'vitest';
import type { IpSet, IpSetEntry, IpSetType } from '../../program/index.ts';
import { ipSetsOf } from './ipsets.ts';

const of = (
  type: IpSetType,
  entries: readonly IpSetEntry[],
  options: IpSet['options'] = {},
  family: IpSet['family'] = 'inet',
): IpSet => ({ name: 'x', index: 0, type, family, revision: 0, options, entries });

const declaredOf = (set: IpSet): string => {
  const declared = ipSetsOf({ ipsets: [set] })('x')?.declared;
  return typeof declared === 'object' ? declared.body.join('; ') : `left over: ${declared}`;
};

const net = (ip: string, cidr: number, more: Partial<IpSetEntry> = {}): IpSetEntry => ({
  ip,
  cidr,
  ...more,
});

const NETS = 'type ipv4_addr; flags interval';

test.each<readonly [what: string, entries: readonly IpSetEntry[], elements: string]>([
  ['beside each other', [net('0b000000', 8), net('0a000000', 8)], '10.0.0.0/8, 11.0.0.0/8'],
  ['in one that is in the set', [net('0a000000', 8), net('0a010000', 16)], '10.0.0.0/8'],
  [
    'that are not, and in nothing',
    [net('0a000000', 8), net('0b000000', 8, { nomatch: true })],
    '10.0.0.0/8',
  ],
  [
    'that are not, at both ends',
    [
      net('0a000000', 24),
      net('0a000000', 32, { nomatch: true }),
      net('0a0000ff', 32, { nomatch: true }),
    ],
    '10.0.0.1-10.0.0.254',
  ],
  [
    'in what is not, and that again',
    [
      net('0a000000', 24),
      net('0a000000', 25, { nomatch: true }),
      net('0a000000', 26),
      net('0a000001', 32, { nomatch: true }),
    ],
    '10.0.0.0, 10.0.0.2-10.0.0.63, 10.0.0.128-10.0.0.255',
  ],
])('nets %s', (_, entries, elements) => {
  expect(declaredOf(of('hash:net', entries))).toBe(`${NETS}; elements = { ${elements} }`);
});

const second = 1000;

test.each<readonly [what: string, set: IpSet, text: string]>([
  [
    'a net in one that lasts as long goes',
    of(
      'hash:net',
      [net('0a000000', 8, { expires: 0 }), net('0a010000', 16, { expires: 5 * second })],
      { timeout: 9 },
    ),
    'type ipv4_addr; flags interval, timeout; elements = { 10.0.0.0/8 }',
  ],
  [
    'a net in one that ends before it',
    of(
      'hash:net',
      [net('0a000000', 8, { expires: 4 * second }), net('0a010000', 16, { expires: 5 * second })],
      { timeout: 9 },
    ),
    'left over: a net of it lies in another that ends before it',
  ],
  [
    'an element that stays, where others end by themselves',
    of(
      'hash:ip',
      [
        { ip: '0a000001', expires: 0 },
        { ip: '0a000002', expires: 1500 },
      ],
      { timeout: 9 },
    ),
    'type ipv4_addr; flags timeout; elements = { 10.0.0.1, 10.0.0.2 timeout 2s }',
  ],
  [
    'a set with nothing in it',
    of('hash:ip', [], { timeout: 9 }, 'inet6'),
    'type ipv6_addr; flags timeout; timeout 9s',
  ],
  [
    'a mask of IPv6',
    of('hash:ip', [], { netmask: 64 }, 'inet6'),
    'left over: its addresses go by a mask that is not of IPv4 alone',
  ],
  [
    'a mask of marks',
    of('hash:ip,mark', [], { markmask: 255 }),
    'left over: its marks go by a mask',
  ],
  [
    'a comment that nft cannot keep',
    of('hash:ip', [{ ip: '0a000001', comment: 'x'.repeat(200) }], { comment: true }),
    'type ipv4_addr; elements = { 10.0.0.1 }',
  ],
])('%s', (_, set, text) => {
  expect(declaredOf(set)).toBe(text);
});

test('a set that is called as a keyword is, or that nobody knows', () => {
  const ipset = ipSetsOf({ ipsets: [of('hash:ip', [])], isName: (word) => word !== 'x' });
  expect(ipset('x')?.isNameable).toBe(false);
  expect(ipset('y')).toBeUndefined();
});
