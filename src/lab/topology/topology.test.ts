import { expect, test } from 'vitest';
import { readTopology, topologyText } from './index.ts';

// Printed by iproute2 in a namespace made for it; attributes that mean nothing here left out.
const ADDR = JSON.parse(
  `[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP"],"mtu":65536,"link_type":"loopback",
  "addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host"}]},
  {"ifindex":3,"link":"p0","ifname":"eth0","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"mtu":1500,
  "group":"default","link_type":"ether","address":"b2:f5:be:0c:84:a4","linkinfo":{"info_kind":"veth"},
  "addr_info":[{"family":"inet","local":"10.0.0.1","prefixlen":24,"scope":"global"},
  {"family":"inet","local":"10.9.9.1","address":"10.9.9.2","prefixlen":32,"scope":"global"},
  {"family":"inet6","local":"fe80::b0f5:beff:fe0c:84a4","prefixlen":64,"scope":"link"}]},
  {"ifindex":5,"link":"eth0","ifname":"eth0.5","flags":[],"mtu":1500,"link_type":"ether",
  "address":"b2:f5:be:0c:84:a4","linkinfo":{"info_kind":"vlan","info_data":{"protocol":"802.1Q","id":5}},"addr_info":[]}]`,
);
const ROUTE = JSON.parse(
  `[{"dst":"default","gateway":"10.0.0.254","dev":"eth0","flags":[]},
  {"dst":"10.0.0.0/24","dev":"eth0","protocol":"kernel","scope":"link","prefsrc":"10.0.0.1","flags":[]},
  {"dst":"192.168.0.0/16","flags":[],"nexthops":[{"gateway":"10.0.0.2","dev":"eth0","weight":2,"flags":[]},
  {"gateway":"10.0.0.3","dev":"eth0","weight":1,"flags":[]}]},
  {"type":"unreachable","dst":"172.16.0.0/12","metric":50,"flags":[]},
  {"dst":"1.2.3.0/24","gateway":"10.0.0.4","dev":"eth0","table":"100","flags":[],"metrics":[{"mtu":1400}]},
  {"type":"local","dst":"127.0.0.1","dev":"lo","table":"local","protocol":"kernel","flags":[]}]`,
);
const RULE = JSON.parse(
  `[{"priority":0,"src":"all","table":"local"},
  {"priority":98,"src":"all","ipproto":"tcp","dport_start":80,"dport_end":90,"table":"main","suppress_prefixlen":0},
  {"priority":99,"not":null,"src":"all","dst":"1.1.1.1","iif":"eth0","iif_detached":null,"action":"prohibit"},
  {"priority":100,"src":"10.1.0.0","srclen":16,"fwmark":"0x1","fwmask":"0xff","table":"100"}]`,
);
const NEIGH = JSON.parse(
  `[{"dst":"10.0.0.2","dev":"eth0","lladdr":"02:00:00:00:00:02","state":["PERMANENT"]},
  {"dst":"10.0.0.9","dev":"eth0","state":["FAILED"]}]`,
);

const files = (...contents: unknown[]) =>
  contents.map((content, i) => ({ name: `file${i}`, content }));

test('saved output of ip -j addr, route, rule and neigh makes one network', () => {
  const { config, problems } = readTopology(files(RULE, ROUTE, NEIGH, ADDR));
  expect(problems).toEqual([]);
  expect(config.interfaces.map((i) => i.name)).toEqual(['eth0', 'eth0.5']);
  expect(config.interfaces[0]).toMatchObject({
    index: 3,
    mac: 'b2:f5:be:0c:84:a4',
    up: true,
    kind: 'veth',
    addresses: [
      { address: '10.0.0.1/24', scope: 'global' },
      { address: '10.9.9.1/32', peer: '10.9.9.2' },
      { address: 'fe80::b0f5:beff:fe0c:84a4/64', scope: 'link' },
    ],
  });
  expect(config.interfaces[1]).toMatchObject({ up: false, vlan: { link: 'eth0', id: 5 } });
  expect(config.routes).toEqual([
    { to: 'default', via: '10.0.0.254', device: 'eth0' },
    {
      to: '192.168.0.0/16',
      nexthops: [
        { via: '10.0.0.2', device: 'eth0', weight: 2 },
        { via: '10.0.0.3', device: 'eth0', weight: 1 },
      ],
    },
    { to: '172.16.0.0/12', type: 'unreachable', metric: 50 },
    { to: '1.2.3.0/24', via: '10.0.0.4', device: 'eth0', table: '100', mtu: 1400 },
  ]);
  expect(config.rules?.[1]).toMatchObject({ ipproto: 6, dport: [80, 90], suppressPrefixLength: 0 });
  expect(config.rules?.[2]).toMatchObject({
    not: true,
    to: '1.1.1.1',
    iif: 'eth0',
    action: 'prohibit',
  });
  expect(config.rules?.[3]).toEqual({
    priority: 100,
    from: '10.1.0.0/16',
    mark: 1,
    mask: 0xff,
    table: '100',
  });
  expect(config.neighbours).toEqual([
    { address: '10.0.0.2', device: 'eth0', mac: '02:00:00:00:00:02' },
  ]);
});

test('routes alone keep those the kernel made, and name the interfaces', () => {
  const { config } = readTopology(files(ROUTE));
  expect(config.interfaces.map((i) => i.name)).toEqual(['eth0']);
  expect(config.routes?.[0]).toMatchObject({ to: '10.0.0.0/24', device: 'eth0' });
});

test('a topology file in short and in long form', () => {
  const { config, problems } = readTopology(
    files({
      interfaces: {
        lan: '192.168.1.1/24',
        wan: { addresses: ['192.0.2.1/24', '2001:db8::1/64'], mtu: 1492, arp: 'resolve' },
        dmz: ['10.0.0.1/24', '10.0.1.1/24'],
        idle: null,
      },
      routes: [
        'default via 192.0.2.254 dev wan',
        'unreachable 172.16.0.0/12 metric 7',
        { to: '10.9.0.0/16', via: '10.0.0.2' },
      ],
      rules: ['from 192.168.1.0/24 fwmark 0x1/0xff table 100', '5: to 10.0.0.0/8 lookup main'],
      neighbours: ['192.168.1.2 dev lan lladdr 02:00:00:00:00:02 REACHABLE'],
      sysctl: { 'net/ipv4/ip_forward': 0 },
    }),
  );
  expect(problems).toEqual([]);
  expect(config.interfaces).toEqual([
    { name: 'lan', arp: 'static', addresses: ['192.168.1.1/24'] },
    { name: 'wan', arp: 'resolve', mtu: 1492, addresses: ['192.0.2.1/24', '2001:db8::1/64'] },
    { name: 'dmz', arp: 'static', addresses: ['10.0.0.1/24', '10.0.1.1/24'] },
    { name: 'idle', arp: 'static' },
  ]);
  expect(config.routes?.[1]).toEqual({ to: '172.16.0.0/12', type: 'unreachable', metric: 7 });
  expect(config.rules).toEqual([
    { priority: 1000, from: '192.168.1.0/24', mark: 1, mask: 0xff, table: '100' },
    { priority: 5, to: '10.0.0.0/8', table: 'main' },
  ]);
  expect(config.sysctl?.['net.ipv4.ip_forward']).toBe(0);
  expect(topologyText(config)).toContain('lan 192.168.1.1/24 · wan 192.0.2.1/24 2001:db8::1/64');
});

test.each([
  {
    name: 'a sysctl that is almost one',
    file: { sysctl: { 'net.netfilter.nf_conntrack_udp_timeot': 5 } },
    says: "file0: sysctl.net.netfilter.nf_conntrack_udp_timeot: no such sysctl; did you mean 'net.netfilter.nf_conntrack_udp_timeout'?",
  },
  { name: 'an unknown key', file: { interface: {} }, says: 'file0: interface: is not known here' },
  {
    name: 'an unknown key of an interface',
    file: { interfaces: { a: { mtuu: 1 } } },
    says: 'interfaces.a.mtuu: is not known',
  },
  {
    name: 'text for a number',
    file: { interfaces: { a: { mtu: 'big' } } },
    says: 'interfaces.a.mtu: should be a number',
  },
  {
    name: 'a word of no route',
    file: { routes: ['default by 1.1.1.1'] },
    says: "routes[0]: 'by' is not understood",
  },
  {
    name: 'a route cut short',
    file: { routes: ['default via'] },
    says: "routes[0]: nothing follows 'via'",
  },
  {
    name: 'a neighbour without an address of the link',
    file: { neighbours: ['1.1.1.1 dev a'] },
    says: "needs 'dev' and 'lladdr'",
  },
  { name: 'a list that is no output of ip', file: [1, 2], says: 'neither a topology' },
  { name: 'text', file: 'hello', says: 'neither a topology' },
])('a mistake is told with its path: $name', ({ file, says }) => {
  expect(readTopology(files(file)).problems.join('\n')).toContain(says);
});

test('sockets that programs have open', () => {
  const { config, problems } = readTopology(
    files({
      sockets: [
        { protocol: 'tcp', port: 3128, transparent: true, uid: 13, cgroup: '/system.slice' },
        { protocol: 'udp', address: '10.0.0.1', port: 53, peer: '10.0.0.2:4000', dev: 'eth0' },
      ],
    }),
  );
  expect(problems).toEqual([]);
  expect(config.sockets).toEqual([
    { protocol: 'tcp', port: 3128, transparent: true, uid: 13, cgroup: '/system.slice' },
    { protocol: 'udp', address: '10.0.0.1', port: 53, peer: '10.0.0.2:4000', device: 'eth0' },
  ]);
});

test('sockets that are none are told with their place', () => {
  const { problems } = readTopology(
    files({ sockets: ['tcp 80', { protocol: 'sctp', port: 1 }, { protocol: 'tcp' }] }),
  );
  expect(problems).toEqual([
    'file0: sockets[0]: should be an object with protocol and port',
    'file0: sockets[1].protocol: should be one of tcp, udp',
    'file0: sockets[1]: needs protocol and port',
    'file0: sockets[2]: needs protocol and port',
  ]);
});
