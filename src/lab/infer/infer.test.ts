import { expect, test } from 'vitest';
import type { Expr, Program } from '../../program/index.ts';
import { type Hints, hintsOf, inferTopology, type Sighting } from './index.ts';

const NAME = (name: string): string =>
  [...name]
    .map((c) => c.charCodeAt(0).toString(16))
    .join('')
    .padEnd(32, '0');

const oifname = (name: string): Expr[] => [
  { kind: 'meta', key: 'oifname', dreg: 1 },
  { kind: 'cmp', sreg: 1, op: 'eq', data: NAME(name) },
];

function program(hook: 'forward' | 'input' | 'postrouting', rules: readonly Expr[][]): Program {
  return {
    tables: [
      {
        family: 'ip',
        name: 't',
        flags: [],
        sets: [],
        objects: [],
        flowtables: [],
        chains: [
          {
            name: 'c',
            flags: [],
            base: { type: 'filter', hook, priority: 0, devices: [] },
            rules: rules.map((exprs) => ({ exprs })),
          },
        ],
      },
    ],
  };
}

test('masquerade tells the uplink, destination NAT the hosts behind and the address before', () => {
  const dnat: Expr[] = [
    { kind: 'payload', base: 'network', offset: 16, len: 4, dreg: 1 },
    { kind: 'cmp', sreg: 1, op: 'eq', data: 'c0000201' },
    { kind: 'immediate', dreg: 1, data: { kind: 'value', bytes: '0a000005' } },
    { kind: 'nat', type: 'dnat', family: 'ip', regAddrMin: 1, flags: 0 },
  ];
  const hints = hintsOf([
    program('postrouting', [[...oifname('wan0'), { kind: 'masq', flags: 0 }], dnat]),
  ]);
  expect(hints).toEqual({
    devices: ['wan0'],
    uplink: 'wan0',
    forwards: true,
    targets: ['10.0.0.5'],
    own: ['192.0.2.1'],
  });
});

test('a wildcard name stands for its first device, and lo for none', () => {
  const ppp: Expr[] = [
    { kind: 'meta', key: 'iifname', dreg: 1 },
    { kind: 'cmp', sreg: 1, op: 'eq', data: '707070' },
  ];
  const hints = hintsOf([program('forward', [ppp, oifname('lo')])]);
  expect(hints).toMatchObject({ devices: ['ppp0'], forwards: true, uplink: undefined });
});

const NO_HINTS: Hints = { devices: [], uplink: undefined, forwards: false, targets: [], own: [] };
const ROUTER: Hints = { ...NO_HINTS, forwards: true };

const brief = (hints: Hints, sightings: readonly Sighting[]): string => {
  const { interfaces, routes = [] } = inferTopology(hints, sightings);
  const parts = interfaces.map(
    (i) => `${i.name} ${(i.addresses ?? []).filter((a) => !String(a).includes(':')).join(' ')}`,
  );
  return `${parts.join(', ')}; ${routes[0]?.via} ${routes[0]?.device}`;
};

test.each([
  {
    name: 'a host is whom its packets are for',
    hints: NO_HINTS,
    sightings: [{ source: '198.51.100.7', destination: '192.0.2.10' }],
    want: 'eth0 192.0.2.10/24; 192.0.2.254 eth0',
  },
  {
    name: 'a router stands between the network of the sender and the rest',
    hints: ROUTER,
    sightings: [{ device: 'eth0', source: '10.0.1.2', destination: '192.0.2.10' }],
    want: 'eth0 10.0.1.1/24, eth1 203.0.113.1/24; 203.0.113.254 eth1',
  },
  {
    name: 'answers come in by the uplink',
    hints: { ...ROUTER, devices: ['lan', 'wan'] },
    sightings: [
      { source: '192.168.1.5', destination: '8.8.8.8' },
      { source: '8.8.8.8', destination: '192.168.1.5' },
    ],
    want: 'lan 192.168.1.1/24, wan 203.0.113.1/24; 203.0.113.254 wan',
  },
  {
    name: 'the address that destination NAT takes from is on the uplink',
    hints: {
      ...ROUTER,
      devices: ['lan', 'wan'],
      uplink: 'wan',
      targets: ['10.0.0.5'],
      own: ['192.0.2.1'],
    },
    sightings: [{ device: 'wan', source: '198.51.100.7', destination: '192.0.2.1' }],
    want: 'lan 10.0.0.1/24, wan 192.0.2.1/24; 192.0.2.254 wan',
  },
  {
    name: 'an address in use is not given to the router',
    hints: { ...ROUTER, devices: ['lan', 'wan'], uplink: 'wan' },
    sightings: [{ device: 'lan', source: '10.0.0.1', destination: '9.9.9.9' }],
    want: 'lan 10.0.0.254/24, wan 203.0.113.1/24; 203.0.113.254 wan',
  },
  {
    name: 'two inner networks lie on two interfaces',
    hints: { ...ROUTER, devices: ['lan', 'dmz', 'wan'], uplink: 'wan' },
    sightings: [{ device: 'lan', source: '10.0.0.2', destination: '10.0.2.2' }],
    want: 'lan 10.0.0.1/24, dmz 10.0.2.1/24, wan 203.0.113.1/24; 203.0.113.254 wan',
  },
])('$name', ({ hints, sightings, want }) => {
  expect(brief(hints, sightings)).toBe(want);
});

test('IPv6 networks are /64', () => {
  const config = inferTopology({ ...ROUTER, devices: ['lan', 'wan'] }, [
    { device: 'lan', source: 'fd00:1::2', destination: '2606:4700::1' },
  ]);
  expect(config.interfaces[0]?.addresses).toEqual(['fd00:1::1/64']);
  expect(config.routes?.[1]).toEqual({
    to: 'default',
    via: '2001:db8:ffff::fe',
    device: 'wan',
    family: 'ip6',
  });
});

test('addresses that hosts ask for on a link, and that answers go to, are the firewall', () => {
  const hints = {
    ...ROUTER,
    devices: ['eth0', 'eth1', 'eth2'],
    uplink: 'eth1',
    targets: ['10.0.2.80'],
  };
  const sightings: Sighting[] = [
    { device: 'eth0', source: '10.0.0.20', destination: '10.0.0.7', asked: true },
    { device: 'eth0', source: '10.0.0.20', destination: '192.0.2.80' },
    { device: 'eth1', source: '192.0.2.80', destination: '192.0.2.1' },
    { device: 'eth2', source: '10.0.2.80', destination: '10.0.2.9', asked: true },
  ];
  expect(brief(hints, sightings)).toBe(
    'eth0 10.0.0.7/24, eth1 192.0.2.1/24, eth2 10.0.2.9/24; 192.0.2.254 eth1',
  );
});

test('a packet to its own network is for the firewall, and hosts behind NAT get an interface of their own', () => {
  const hints = {
    ...ROUTER,
    devices: ['eth0', 'eth1', 'eth2'],
    uplink: 'eth1',
    targets: ['10.0.2.80'],
  };
  const sightings = [{ device: 'eth0', source: '10.0.0.20', destination: '10.0.0.1' }];
  expect(brief(hints, sightings)).toBe(
    'eth0 10.0.0.1/24, eth1 203.0.113.1/24, eth2 10.0.2.1/24; 203.0.113.254 eth1',
  );
});
