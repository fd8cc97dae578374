import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { put32 } from '../bytes/index.ts';
import { createDevice } from '../core/index.ts';
import { formatAddress, maskBytes, parsePrefix, samePrefix } from './address.ts';
import { makeBed, ROUTER } from './bed.ts';
import type { RouteConfig, RuleConfig } from './config.ts';
import type { FibRoute } from './fib.ts';
import { FibTable, nexthop } from './fib.ts';

const device = createDevice({ index: 2, name: 'eth0' });

function route(text: string, metric = 0): FibRoute {
  const { address, length } = parsePrefix(text);
  return {
    type: 1,
    table: 254,
    prefix: address,
    length,
    metric,
    tos: 0,
    scope: 0,
    source: null,
    nexthops: [nexthop(device, null)],
    mtu: 0,
    realm: 0,
  };
}

const bytes = (address: number): Uint8Array => {
  const out = new Uint8Array(4);
  put32(out, 0, address);
  return out;
};

test('a table answers with the longest prefix, as a search through all of them does', () => {
  // Few bits differ, so that prefixes meet.
  const address = fc.nat(0xff).map((n) => bytes((n << 24) | (n >> 4)));
  const prefix = fc.tuple(address, fc.nat(32), fc.nat(2));
  fc.assert(
    fc.property(fc.array(prefix, { maxLength: 20 }), address, (prefixes, wanted) => {
      const table = new FibTable(254, 4);
      const all = prefixes.map(([a, length, metric]) => ({
        ...route('0.0.0.0/0', metric),
        prefix: maskBytes(a, length),
        length,
      }));
      for (const one of all) table.add(one);
      const matching = all.filter((r) => samePrefix(r.prefix, 0, wanted, 0, r.length));
      matching.sort((a, b) => b.length - a.length || a.metric - b.metric);
      const key = { address: wanted, offset: 0, tos: 0, oif: 0, hash: 0 };
      const found = table.lookup(key)?.route;
      expect([found?.length, found?.metric]).toEqual([matching[0]?.length, matching[0]?.metric]);
    }),
  );
});

/** Where a packet to `daddr` goes: `wan 192.0.2.254`, or the type of a route that refuses. */
function way(
  daddr: string,
  config: { routes?: RouteConfig[]; rules?: RuleConfig[] },
  mark = 0,
  saddr?: string,
): string {
  const bed = makeBed({
    routes: [...ROUTER.routes!, ...(config.routes ?? [])],
    ...(config.rules ? { rules: config.rules } : {}),
  });
  const { address, family } = parsePrefix(daddr);
  const from = saddr === undefined ? {} : { saddr: parsePrefix(saddr).address };
  const answer = bed.stack.route({ family, daddr: address, mark, ...from });
  if (answer === null) return 'none';
  if (answer.device === null) return `type ${answer.type}`;
  return `${answer.device.name} ${answer.gateway === null ? '-' : formatAddress(answer.gateway)}`;
}

test.each<{ name: string; daddr: string; routes?: RouteConfig[]; want: string }>([
  { name: 'the default route', daddr: '8.8.8.8', want: 'wan 192.0.2.254' },
  { name: 'a connected prefix', daddr: '10.0.0.77', want: 'lan -' },
  { name: 'a connected IPv6 prefix', daddr: '2001:db8:1::77', want: 'wan -' },
  { name: 'no IPv6 default', daddr: '3000::1', want: 'none' },
  {
    name: 'the smaller metric',
    daddr: '203.0.113.1',
    routes: [
      { to: '203.0.113.0/24', via: '10.0.0.9', metric: 100 },
      { to: '203.0.113.0/24', via: '10.0.0.8', metric: 50 },
    ],
    want: 'lan 10.0.0.8',
  },
  {
    name: 'blackhole',
    daddr: '203.0.113.1',
    routes: [{ to: '203.0.113.0/24', type: 'blackhole' }],
    want: 'type 6',
  },
  {
    name: 'throw goes on with the next rule, which finds nothing',
    daddr: '203.0.113.1',
    routes: [{ to: '203.0.113.0/24', type: 'throw' }],
    want: 'none',
  },
  {
    name: 'an onlink gateway',
    daddr: '203.0.113.1',
    routes: [{ to: '203.0.113.0/24', via: '172.16.0.1', device: 'lan', onlink: true }],
    want: 'lan 172.16.0.1',
  },
  {
    name: 'an IPv6 gateway of an IPv4 route',
    daddr: '203.0.113.1',
    routes: [{ to: '203.0.113.0/24', via: '2001:db8::9', device: 'lan' }],
    want: 'lan 2001:db8::9',
  },
])('main table: $name', ({ daddr, routes, want }) => {
  expect(way(daddr, routes === undefined ? {} : { routes })).toBe(want);
});

const other: RouteConfig[] = [{ to: 'default', via: '10.0.0.9', table: 100 }];

test.each<{ name: string; rules: RuleConfig[]; mark?: number; from?: string; want: string }>([
  { name: 'a mark', rules: [{ priority: 10, mark: 5, table: 100 }], mark: 5, want: 'lan 10.0.0.9' },
  {
    name: 'another mark',
    rules: [{ priority: 10, mark: 5, table: 100 }],
    mark: 6,
    want: 'wan 192.0.2.254',
  },
  {
    name: 'a masked mark',
    rules: [{ priority: 10, mark: 0x10, mask: 0xf0, table: 100 }],
    mark: 0x1f,
    want: 'lan 10.0.0.9',
  },
  {
    name: 'a source',
    rules: [{ priority: 10, from: '10.0.0.64/26', table: 100 }],
    from: '10.0.0.70',
    want: 'lan 10.0.0.9',
  },
  {
    name: 'not a source',
    rules: [{ priority: 10, not: true, from: '10.0.0.0/8', table: 100 }],
    from: '10.0.0.70',
    want: 'wan 192.0.2.254',
  },
  {
    name: 'prohibit',
    rules: [{ priority: 10, to: '8.0.0.0/8', action: 'prohibit' }],
    want: 'type 8',
  },
  {
    name: 'goto over a rule',
    rules: [
      { priority: 10, action: 'goto', target: 30 },
      { priority: 20, action: 'blackhole' },
      { priority: 30, table: 100 },
    ],
    want: 'lan 10.0.0.9',
  },
  {
    name: 'a suppressed default route',
    rules: [
      { priority: 10, table: 'main', suppressPrefixLength: 0 },
      { priority: 20, table: 100 },
    ],
    want: 'lan 10.0.0.9',
  },
])('rules: $name', ({ rules, mark, from, want }) => {
  expect(way('8.8.8.8', { routes: other, rules }, mark ?? 0, from)).toBe(want);
});

describe('types of addresses, as fib and addrtype see them', () => {
  test.each([
    ['10.0.0.1', 2],
    ['127.5.5.5', 2],
    ['10.0.0.255', 3],
    ['255.255.255.255', 3],
    ['224.0.0.5', 5],
    ['8.8.8.8', 1],
    ['10.0.0.0', 1],
    ['2001:db8::1', 2],
    ['2001:db8::', 4],
    ['ff02::1', 5],
    ['2001:db8::5', 1],
    ['3000::1', 7],
  ])('%s is of type %i', (text, type) => {
    const { family, address } = parsePrefix(text);
    expect(makeBed().stack.addressType(family, address)).toBe(type);
  });

  test('on one device, addresses of others are nothing special', () => {
    const bed = makeBed();
    const { address } = parsePrefix('10.0.0.1');
    expect(bed.stack.addressType('ip', address, bed.device('lan'))).toBe(2);
    expect(bed.stack.addressType('ip', address, bed.device('wan'))).toBe(1);
  });
});

test('equal nexthops share the flows, one flow keeps to one', () => {
  const nexthops = [{ via: '10.0.0.8' }, { via: '10.0.0.9' }];
  const table = makeBed({ routes: [{ to: 'default', nexthops }] }).stack.fib4.table(254);
  const hop = (hash: number): string => {
    const key = { address: new Uint8Array([8, 8, 8, 8]), offset: 0, tos: 0, oif: 0, hash };
    return formatAddress(table.lookup(key)!.nexthop!.gateway!);
  };
  expect(hop(4)).toBe(hop(4));
  expect(new Set([hop(0), hop(1)])).toEqual(new Set(['10.0.0.8', '10.0.0.9']));
});

test('a gateway out of reach is refused', () => {
  const routes = [{ to: '9.0.0.0/8', via: '172.16.0.1' }];
  expect(() => makeBed({ routes })).toThrow('nexthop has invalid gateway');
});
