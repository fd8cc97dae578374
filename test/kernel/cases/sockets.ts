// What rules ask of sockets, and packets given to sockets they were not addressed to.

import type { Case, Topology } from '../case.ts';
import { ROUTER } from '../topology.ts';
import { at, bothAll, filter, type Hosts, lan, local, wan } from './words.ts';

const any = ({ client }: Hosts): string => (client.includes(':') ? '::' : '0.0.0.0');

/** One rule for each thing a socket can be asked; nothing gets in, so that no TCP answers. */
const ASK = `
  socket transparent 1 counter
  socket transparent 0 counter
  socket wildcard 1 counter
  socket wildcard 0 counter
  socket mark 5 counter
  socket mark 0 counter`;

const asked = (prerouting: string = ASK): string =>
  filter({ prerouting, input: `${ASK}\n meta skuid 0 counter\n counter drop` });

const DATA = (from: string, to: string) => `udp ${from} > ${to} data "x"`;

const lookups = bothAll((_l3, h): Case[] => {
  const one = at(h.client, 4000);
  const here = at(h.router, 53);
  return [
    {
      name: 'socket: nobody listens',
      ruleset: asked(),
      steps: [lan(DATA(one, here)), lan(`tcp ${one} > ${here} syn`)],
      sockets: [{ protocol: 'udp', address: h.router, port: 54 }],
    },
    {
      name: 'socket: bound to an address, and to another one',
      ruleset: asked(),
      steps: [lan(DATA(one, here)), lan(DATA(one, at(h.router, 54)))],
      sockets: [
        { protocol: 'udp', address: h.router, port: 53, mark: 5 },
        { protocol: 'udp', address: h.wan, port: 54, mark: 5 },
      ],
    },
    {
      name: 'socket: bound to every address, for UDP and TCP',
      ruleset: asked(),
      steps: [lan(DATA(one, here)), lan(`tcp ${one} > ${here} syn`)],
      sockets: [
        { protocol: 'udp', address: any(h), port: 53, transparent: true },
        { protocol: 'tcp', address: any(h), port: 53, mark: 5 },
      ],
    },
    {
      name: 'socket: an address comes before every address, UDP',
      ruleset: asked(),
      steps: [lan(DATA(one, here))],
      sockets: [
        { protocol: 'udp', address: h.router, port: 53, mark: 5 },
        { protocol: 'udp', address: any(h), port: 53, transparent: true },
      ],
    },
    {
      name: 'socket: an address comes before every address, TCP',
      ruleset: asked(),
      steps: [lan(`tcp ${one} > ${here} syn`)],
      sockets: [
        { protocol: 'tcp', address: h.router, port: 53, mark: 5 },
        { protocol: 'tcp', address: any(h), port: 53, transparent: true, device: 'eth1' },
      ],
    },
    {
      name: 'socket: bound to the device, and to another one',
      ruleset: asked(),
      steps: [lan(DATA(one, here)), lan(`tcp ${one} > ${here} syn`)],
      sockets: [
        { protocol: 'udp', address: any(h), port: 53, mark: 5, device: 'eth0' },
        { protocol: 'udp', address: any(h), port: 53, device: 'eth1', transparent: true },
        { protocol: 'tcp', address: any(h), port: 53, device: 'eth1' },
      ],
    },
    {
      name: 'socket: a connected one, and packets of others',
      ruleset: asked(),
      steps: [
        lan(DATA(one, here)),
        lan(DATA(at(h.client, 4001), here)),
        lan(DATA(at(h.other, 4000), here)),
      ],
      sockets: [
        { protocol: 'udp', address: h.router, port: 53, peer: one, mark: 5 },
        { protocol: 'udp', address: any(h), port: 53, transparent: true },
      ],
    },
    {
      name: 'socket: an established connection, a listener, and early demultiplexing',
      ruleset: asked(),
      steps: [
        lan(`tcp ${one} > ${here} ack seq 100 ack 200`),
        lan(`tcp ${at(h.other, 4000)} > ${here} syn`),
      ],
      sockets: [
        { protocol: 'tcp', address: h.router, port: 53, peer: one, mark: 5 },
        { protocol: 'tcp', address: h.router, port: 53, transparent: true },
      ],
    },
    {
      name: 'socket: without early demultiplexing its owner is not known',
      ruleset: asked(),
      steps: [lan(`tcp ${one} > ${here} ack seq 100 ack 200`)],
      sockets: [{ protocol: 'tcp', address: h.router, port: 53, peer: one, mark: 5 }],
      sysctl: { 'net.ipv4.ip_early_demux': 0 },
    },
    {
      name: 'socket: the one an ICMP error is about',
      ruleset: asked(),
      steps: [
        lan(
          `${h.icmp} ${h.client} > ${h.router} port-unreachable about (udp ${here} > ${one} data "x")`,
        ),
        lan(`${h.icmp} ${h.client} > ${h.router} echo-request`),
      ],
      sockets: [{ protocol: 'udp', address: h.router, port: 53, peer: one, mark: 5 }],
    },
    {
      name: 'socket: of a packet that is not for here',
      ruleset: asked(),
      steps: [lan(DATA(one, at(h.server, 53)))],
      sockets: [{ protocol: 'udp', address: any(h), port: 53, mark: 5 }],
    },
    {
      name: 'socket: a transparent connection for another address is not forwarded',
      ruleset: filter({ prerouting: ASK, forward: 'counter' }),
      steps: [lan(DATA(one, at(h.server, 53))), lan(DATA(at(h.other, 4000), at(h.server, 53)))],
      sockets: [
        { protocol: 'udp', address: h.server, port: 53, peer: one, transparent: true, mark: 5 },
      ],
    },
    {
      name: 'socket: a datagram is taken where somebody listens',
      ruleset: filter({ input: 'counter' }),
      steps: [lan(DATA(one, here)), lan(DATA(one, at(h.router, 54)))],
      sockets: [{ protocol: 'udp', address: any(h), port: 53 }],
    },
    {
      name: 'socket: what is sent from here has the socket that sent it',
      ruleset: filter({ output: ASK }),
      steps: [local(`udp ${at(h.router, 53)} > ${one} id 7 data "x"`)],
    },
    {
      name: 'socket: who made an ICMP error, and a reset',
      ruleset: filter({
        input: 'tcp dport 80 counter reject with tcp reset',
        output: `${ASK}\n meta skuid 0 counter\n meta cgroup 0 counter`,
      }),
      steps: [
        lan(DATA(one, at(h.router, 9))),
        lan(`tcp ${one} > ${at(h.router, 80)} syn`),
        lan(`tcp ${one} > ${at(h.router, 81)} syn`),
      ],
      chance: ['ipid'],
    },
  ];
});

const dual: Case[] = [
  {
    name: 'socket: of IPv6 and bound to every address, IPv4 comes too',
    ruleset: asked(),
    steps: [
      lan('udp 10.0.0.2:4000 > 10.0.0.1:53 data "x"'),
      lan('udp [2001:db8::2]:4000 > [2001:db8::1]:53 data "x"'),
    ],
    sockets: [{ protocol: 'udp', port: 53, mark: 5 }],
  },
  {
    name: 'socket: of IPv6 alone',
    ruleset: asked(),
    steps: [
      lan('udp 10.0.0.2:4000 > 10.0.0.1:53 data "x"'),
      lan('tcp 10.0.0.2:4000 > 10.0.0.1:53 syn'),
      lan('tcp [2001:db8::2]:4000 > [2001:db8::1]:53 syn'),
    ],
    sockets: [
      { protocol: 'udp', port: 53, mark: 5, v6only: true },
      { protocol: 'tcp', port: 53, mark: 5, v6only: true },
    ],
  },
  {
    name: 'socket: IPv4 comes before both families',
    ruleset: asked(),
    steps: [
      lan('udp 10.0.0.2:4000 > 10.0.0.1:53 data "x"'),
      lan('tcp 10.0.0.2:4000 > 10.0.0.1:53 syn'),
    ],
    sockets: [
      { protocol: 'udp', address: '0.0.0.0', port: 53, mark: 5 },
      { protocol: 'udp', port: 53, v6only: true },
      { protocol: 'tcp', address: '0.0.0.0', port: 53, mark: 5 },
      { protocol: 'tcp', port: 53, v6only: true },
    ],
  },
  {
    name: 'socket: the reply of a translated connection is found by its source before',
    ruleset: `${asked('ct direction reply socket mark 5 counter')}
      table ip n { chain post { type nat hook postrouting priority 100; meta l4proto udp snat to 192.0.2.1:777; }
        chain look { type filter hook prerouting priority 0; ct direction reply socket mark 5 counter; socket mark 5 counter; } }`,
    steps: [
      local('udp 10.0.0.1:53 > 192.0.2.2:4000 id 7 data "x"'),
      wan('udp 192.0.2.2:4000 > 192.0.2.1:777 data "y"'),
    ],
    sockets: [
      { protocol: 'udp', address: '10.0.0.1', port: 53, mark: 5 },
      { protocol: 'udp', address: '192.0.2.1', port: 777, transparent: true },
    ],
  },
];

/** Marked packets are local, wherever they go: what every guide to transparent proxies sets up. */
const PROXY: Topology = {
  ...ROUTER,
  routes: [
    ...ROUTER.routes,
    { to: '0.0.0.0/0', dev: 'lo', table: 100, type: 'local' },
    { to: '::/0', dev: 'lo', table: 100, type: 'local' },
  ],
  rules: [
    { priority: 100, mark: 1, table: 100 },
    { priority: 100, mark: 1, table: 100, family: 'ip6' },
  ],
};

const proxy = (rules: string, more = ''): string =>
  filter({
    prerouting: rules,
    input: `${more}\n socket transparent 1 counter\n meta l4proto tcp counter drop\n counter`,
    forward: 'counter',
  });

const proxied = bothAll((l3, h): Case[] => {
  const one = at(h.client, 4000);
  const far = at(h.server, 80);
  const squid = { protocol: 'tcp', address: any(h), port: 3128, transparent: true } as const;
  const dns = { protocol: 'udp', address: any(h), port: 3128, transparent: true } as const;
  const SYN = `tcp ${one} > ${far} syn`;
  const QUERY = `udp ${one} > ${far} data "x"`;
  const both = [lan(SYN), lan(QUERY)];
  const to = `meta l4proto { tcp, udp } tproxy ${l3} to :3128`;
  return [
    {
      name: 'tproxy: to a port, marked and so delivered',
      ruleset: proxy(`${to} meta mark set 1 counter accept`),
      steps: both,
      sockets: [squid, dns],
      topology: PROXY,
    },
    {
      name: 'tproxy: to an address',
      ruleset: proxy(
        `meta l4proto tcp tproxy ${l3} to ${at(h.wan, 3129)} meta mark set 1 counter accept`,
      ),
      steps: both,
      sockets: [{ ...squid, address: h.wan, port: 3129 }],
      topology: PROXY,
    },
    {
      name: 'tproxy: without a port it is that of the packet',
      ruleset: proxy(
        `meta l4proto tcp tproxy ${l3} to ${l3 === 'ip' ? h.wan : `[${h.wan}]`} meta mark set 1 counter accept`,
      ),
      steps: both,
      sockets: [{ ...squid, address: h.wan, port: 80 }],
      topology: PROXY,
    },
    {
      name: 'tproxy: without a local route the packet ends in forward',
      ruleset: proxy(`${to} counter accept`),
      steps: both,
      sockets: [squid, dns],
    },
    {
      name: 'tproxy: nobody listens, nothing changes',
      ruleset: proxy(`${to} meta mark set 1 counter accept`),
      steps: both,
      sockets: [{ ...squid, port: 3130 }],
      topology: PROXY,
    },
    {
      name: 'tproxy: a socket that is not transparent is none',
      ruleset: proxy(`${to} meta mark set 1 counter accept`),
      steps: both,
      sockets: [
        { ...squid, transparent: false },
        { ...dns, transparent: false },
      ],
      topology: PROXY,
    },
    {
      name: 'tproxy: an established connection keeps its packets',
      ruleset: proxy(`${to} meta mark set 1 socket mark 5 counter accept`),
      steps: [lan(`tcp ${one} > ${far} ack seq 1 ack 1`), lan(QUERY)],
      sockets: [
        squid,
        dns,
        { ...squid, address: h.server, port: 80, peer: one, mark: 5 },
        { ...dns, address: h.server, port: 80, peer: one, mark: 5 },
      ],
      topology: PROXY,
    },
    {
      name: 'tproxy: without an address it is the first of the device',
      ruleset: proxy(`${to} meta mark set 1 counter accept`),
      steps: both,
      // Listens there alone.
      sockets: [{ ...squid, address: h.router }, dns],
      topology: PROXY,
    },
    {
      name: 'tproxy: who owns the socket is known behind it',
      ruleset: proxy(`${to} meta mark set 1 meta skuid 0 counter accept`, 'meta skuid 0 counter'),
      steps: both,
      sockets: [squid, dns],
      topology: PROXY,
    },
    {
      name: 'tproxy: fragments are put together first',
      ruleset: proxy(`${to} meta mark set 1 counter accept`),
      steps: [
        lan(`udp ${one} > ${far} frag 0+ id 9 data "0123456789012345"`),
        lan(
          l3 === 'ip'
            ? `ip ${h.client} > ${h.server} proto udp frag 24 id 9 data "x"`
            : `ip6 ${h.client} > ${h.server} proto udp frag 24 id 9 data "x"`,
        ),
      ],
      sockets: [dns],
      topology: PROXY,
    },
  ];
});

const either: Case[] = [
  {
    name: 'tproxy: to a port for both families',
    ruleset: proxy('meta l4proto { tcp, udp } tproxy to :3128 meta mark set 1 counter accept'),
    steps: [
      lan('udp 10.0.0.2:1 > 192.0.2.2:80 data "x"'),
      lan('udp [2001:db8::2]:1 > [2001:db8:1::2]:80 data "x"'),
    ],
    sockets: [{ protocol: 'udp', port: 3128, transparent: true }],
    topology: PROXY,
  },
  {
    name: 'tproxy: diverted once, the rest by its socket',
    ruleset: proxy(`socket transparent 1 meta mark set 1 counter accept
      meta l4proto udp tproxy ip to :3128 meta mark set 1 counter accept`),
    steps: [
      lan('udp 10.0.0.2:1 > 192.0.2.2:80 data "x"'),
      lan('udp 10.0.0.2:2 > 192.0.2.2:80 data "x"'),
    ],
    sockets: [
      { protocol: 'udp', address: '0.0.0.0', port: 3128, transparent: true },
      { protocol: 'udp', address: '192.0.2.2', port: 80, peer: '10.0.0.2:2', transparent: true },
    ],
    topology: PROXY,
  },
];

const refused: Case[] = [
  {
    name: 'tproxy and socket: where they may not stand',
    ruleset:
      'table ip t { chain in { type filter hook input priority 0; }\n chain through { type filter hook forward priority 0; }\n chain post { type filter hook postrouting priority 0; }\n chain pre { type filter hook prerouting priority 0; } }',
    steps: [
      { nft: 'add rule ip t through socket transparent 1', refused: true },
      { nft: 'add rule ip t post socket mark 1', refused: true },
      { nft: 'add rule ip t pre socket mark 1' },
      { nft: 'add rule ip t in socket mark 1' },
      { nft: 'add rule ip t in meta l4proto tcp tproxy to :80', refused: true },
      { nft: 'add rule ip t through meta l4proto tcp tproxy to :80', refused: true },
      { nft: 'add rule ip t pre meta l4proto tcp tproxy to :80' },
    ],
  },
];

export const sockets: readonly Case[] = [...lookups, ...dual, ...proxied, ...either, ...refused];
