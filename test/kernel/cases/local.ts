// Packets the router makes itself, routing by mark and source, what fib and rt say.

import type { Case, Topology } from '../case.ts';
import { ROUTER } from '../topology.ts';
import { at, both, dmz, filter, lan, local, wan } from './words.ts';

/** Marked packets and those from one client go out by the DMZ. */
const POLICY: Topology = {
  ...ROUTER,
  routes: [...ROUTER.routes, { to: '0.0.0.0/0', via: '10.0.2.9', dev: 'eth2', table: 100 }],
  rules: [
    { priority: 100, mark: 7, table: 100 },
    { priority: 101, from: '10.0.0.9', table: 100 },
  ],
};

const OUT = 'udp 10.0.0.1:5000 > 8.8.8.8:53 id 7 data "x"';
const UDP = 'udp 10.0.0.2:1 > 8.8.8.8:53 data "x"';

const routed = (name: string, ruleset: string, steps: Case['steps']): Case => ({
  name: `policy routing: ${name}`,
  ruleset,
  steps,
  topology: POLICY,
});

const chain = (type: string, hook: string, priority: number, rules: string): string =>
  `table ip t_${type}_${hook} { chain c { type ${type} hook ${hook} priority ${priority}; policy accept;\n${rules}\n } }\n`;

/** No type route: nothing is routed again. 10.0.0.77 is nobody's, and would be asked for. */
const SENT_ON =
  chain('filter', 'output', 0, 'ip daddr 10.0.0.2 ip daddr set 10.0.0.77 counter') +
  chain('filter', 'postrouting', 0, 'rt nexthop 10.0.0.2 counter\nrt nexthop 10.0.0.77 counter');

const ANSWERED = 'icmp type destination-unreachable counter';

const looped: Case[] = [
  {
    name: 'what the router sends to all it hears itself, behind a POSTROUTING of its own',
    ruleset: filter({
      prerouting: ANSWERED,
      input: `${ANSWERED}\nudp dport 53 reject`,
      output: ANSWERED,
      postrouting: ANSWERED,
    }),
    steps: [lan('udp 10.0.0.255:1 > 10.0.0.1:53 data "x"')],
  },
  {
    name: 'a rule can keep from it what the others are sent',
    ruleset: filter({
      input: `${ANSWERED}\nudp dport 53 reject`,
      postrouting: `${ANSWERED}\nicmp type destination-unreachable numgen inc mod 2 0 counter drop`,
    }),
    steps: [lan('udp 10.0.0.255:1 > 10.0.0.1:53 data "x"')],
  },
];

const neighbours: Case[] = [
  {
    name: 'neighbours: what a raw socket sent goes where it was routed, whatever a rule writes',
    ruleset: SENT_ON,
    steps: [
      local('udp 10.0.0.1:5000 > 10.0.0.2:53 id 7 data "x"'),
      local('udp 10.0.0.1:5000 > 10.0.0.77:53 id 7 data "x"'),
      local('udp 10.0.0.1:5000 > 10.0.0.2:53 id 8 data "x"'),
    ],
  },
  {
    name: 'neighbours: the same of IPv6',
    ruleset: (
      chain('filter', 'output', 0, 'ip6 daddr 2001:db8::2 ip6 daddr set 2001:db8::77 counter') +
      chain('filter', 'postrouting', 0, 'rt nexthop 2001:db8::2 counter')
    ).replaceAll('table ip ', 'table ip6 '),
    steps: [
      local('udp [2001:db8::1]:5000 > [2001:db8::2]:53 data "x"'),
      local('udp [2001:db8::1]:5000 > [2001:db8::2]:53 data "y"'),
    ],
  },
  {
    name: 'neighbours: what is forwarded goes where it says when it leaves',
    ruleset:
      chain('filter', 'forward', 0, 'ip daddr 10.0.2.2 ip daddr set 10.0.2.77 counter') +
      chain(
        'filter',
        'postrouting',
        0,
        'rt nexthop 10.0.2.2 counter\nrt nexthop 10.0.2.77 counter',
      ),
    steps: [
      lan('udp 10.0.0.2:5000 > 10.0.2.2:53 data "x"'),
      lan('udp 10.0.0.2:5000 > 10.0.2.3:53 data "x"'),
    ],
    fresh: true,
  },
];

const policy: Case[] = [
  routed(
    'a mark set in prerouting decides the route',
    chain('filter', 'prerouting', -150, 'udp dport 53 meta mark set 7 counter'),
    [lan(UDP)],
  ),
  routed(
    'a mark set in forward comes too late',
    chain('filter', 'forward', 0, 'meta mark set 7 counter'),
    [lan(UDP)],
  ),
  routed('a source has its own table', chain('filter', 'forward', 0, 'oifname "eth2" counter'), [
    lan('udp 10.0.0.9:1 > 8.8.8.8:53'),
    lan(UDP),
  ]),
  routed(
    'a mark set in a route chain at output routes again',
    chain('route', 'output', -150, 'udp dport 53 meta mark set 7 counter'),
    [local(OUT)],
  ),
  routed(
    'a mark set in a filter chain at output does not',
    chain('filter', 'output', 0, 'udp dport 53 meta mark set 7 counter'),
    [local(OUT)],
  ),
  routed(
    'a destination set in a route chain at output routes again',
    chain('route', 'output', -150, 'udp dport 53 ip daddr set 10.0.2.5 counter'),
    [local(OUT)],
  ),
  routed(
    'a mark of the connection set for its later packets',
    chain(
      'filter',
      'prerouting',
      -150,
      'ct mark 7 meta mark set ct mark counter\nct state new ct mark set 7 counter',
    ),
    [lan(UDP), lan(UDP)],
  ),
  routed(
    'a mark decides before DNAT does',
    chain('filter', 'prerouting', -150, 'meta mark set 7') +
      chain('nat', 'prerouting', -100, 'udp dport 53 dnat to 9.9.9.9'),
    [lan(UDP), dmz('udp 9.9.9.9:53 > 10.0.0.2:1 data "y"')],
  ),
  routed(
    'masquerade takes the address of the way that the mark chose',
    chain('filter', 'prerouting', -150, 'meta mark set 7') +
      chain('nat', 'postrouting', 100, 'ip saddr 10.0.0.0/24 masquerade'),
    [lan(UDP)],
  ),
  routed(
    'fib with a mark looks into the other table',
    chain(
      'filter',
      'prerouting',
      -150,
      'meta mark set 7 fib daddr . mark oifname "eth2" counter\nfib daddr oifname "eth1" counter\nfib daddr oif exists counter',
    ),
    [lan(UDP)],
  ),
];

const looked: Case[] = [
  ...both((l3, h) => ({
    name: 'fib: types of addresses',
    ruleset: filter({
      prerouting: [
        'local',
        'unicast',
        'broadcast',
        'multicast',
        'anycast',
        'blackhole',
        'unreachable',
        'prohibit',
      ]
        .flatMap((t) => [
          `fib daddr type ${t} counter`,
          `fib saddr type ${t} counter`,
          `fib daddr . iif type ${t} counter`,
        ])
        .join('\n'),
    }),
    steps: (l3 === 'ip'
      ? [
          h.server,
          h.router,
          h.wan,
          '10.0.0.255',
          '224.0.0.5',
          '255.255.255.255',
          '198.51.100.1',
          '203.0.113.1',
          '203.0.113.17',
        ]
      : [h.server, h.router, h.wan, 'ff02::5', '2001:db8::', '2001:db9::1']
    ).map((d) => lan(`udp ${at(h.client, 1)} > ${at(d, 53)}`)),
  })),
  ...both((_, h) => ({
    name: 'fib: reverse path by hand',
    ruleset: filter({
      prerouting: `fib saddr . iif oif missing counter drop
                   fib saddr oif "eth0" counter
                   fib saddr oifname "eth1" counter
                   fib saddr . iif oif exists counter`,
    }),
    steps: [
      lan(`udp ${at(h.client, 1)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.dmz, 1)} > ${at(h.server, 53)}`),
      wan(`udp ${at(h.client, 1)} > ${at(h.dmz, 53)}`),
      wan(`udp ${at(h.server, 1)} > ${at(h.dmz, 53)}`),
    ],
  })),
  ...both((l3, h) => ({
    name: 'rt: the next hop and the size that fits',
    ruleset: `table inet t { chain f { type filter hook forward priority 0;
      rt ip nexthop 192.0.2.254 counter
      rt ip nexthop 192.0.2.2 counter
      rt ip6 nexthop 2001:db8:1::fe counter
      rt ip6 nexthop 2001:db8:1::2 counter
      tcp flags syn tcp option maxseg size set rt mtu counter
      rt mtu 1460 counter
    } }`,
    steps: [
      lan(`tcp ${at(h.client, 1)} > ${at(h.server, 53)} syn seq 1 win 1 mss 9000`),
      lan(
        `tcp ${at(h.client, 1)} > ${at(l3 === 'ip' ? '8.8.8.8' : '2001:db9::1', 53)} syn seq 1 win 1 mss 1000`,
      ),
    ],
  })),
  ...both((_, h) => ({
    name: 'meta: what the router itself sends has no input interface',
    ruleset: filter({
      output:
        'meta iif "lo" counter\noifname "eth0" counter\nmeta iif 0 counter\nmeta skuid 0 counter',
      postrouting:
        'iifname "lo" counter\niifname "eth0" counter\noif "eth0" counter\nmeta iif 0 counter',
    }),
    steps: [lan(`${h.icmp} ${h.client} > ${h.router} echo-request id 1 seq 1`)],
  })),
  {
    name: 'jhash with a fixed seed',
    ruleset: filter({
      forward: Array.from(
        { length: 4 },
        (_, i) => `jhash ip saddr . udp dport mod 4 seed 0xdeadbeef ${i} counter`,
      ).join('\n'),
    }),
    steps: [1, 2, 3, 4, 5, 6].map((p) => lan(`udp 10.0.0.${p + 1}:1 > 192.0.2.2:${p * 100}`)),
  },
  {
    name: 'jhash over one, two and three words, with an offset',
    ruleset: filter({
      forward: [
        'ip saddr',
        'ip saddr . ip daddr',
        'ip saddr . ip daddr . udp dport',
        'ip6 saddr',
        'udp dport',
      ]
        .flatMap((k) =>
          [0, 1, 2].map((i) => `jhash ${k} mod 3 seed 0x1 offset 10 ${10 + i} counter`),
        )
        .join('\n'),
    }),
    steps: [1, 2, 3, 4].flatMap((p) => [
      lan(`udp 10.0.0.${p + 1}:1 > 192.0.2.2:${p * 100}`),
      lan(`udp [2001:db8::${p + 1}]:1 > [2001:db8:1::2]:${p * 100}`),
    ]),
  },
  {
    name: 'dnat by jhash to one of two hosts',
    ruleset:
      'table ip nat { chain pre { type nat hook prerouting priority -100; udp dport 53 dnat to jhash ip saddr mod 2 seed 0x7 map { 0 : 10.0.2.2, 1 : 10.0.2.3 }\n } }',
    steps: [2, 3, 4, 5].map((n) => lan(`udp 10.0.0.${n}:1 > 192.0.2.1:53 data "x"`)),
  },
  {
    name: 'dnat by numgen inc takes turns',
    ruleset:
      'table ip nat { chain pre { type nat hook prerouting priority -100; udp dport 53 dnat to numgen inc mod 2 map { 0 : 10.0.2.2, 1 : 10.0.2.3 }\n } }',
    steps: [2, 3, 4, 5].map((n) => lan(`udp 10.0.0.${n}:1 > 192.0.2.1:53 data "x"`)),
  },
  {
    name: 'numgen inc with an offset, several in one rule',
    ruleset: filter({
      forward:
        'numgen inc mod 4 offset 100 102 counter\nnumgen inc mod 2 0 numgen inc mod 2 1 counter',
    }),
    steps: [1, 2, 3, 4, 5, 6].map((p) => lan(`udp 10.0.0.2:${p} > 192.0.2.2:53`)),
  },
];

const own: Case[] = [
  ...both((_, h) => ({
    name: 'local output: dropped, rejected and marked',
    ruleset: filter({
      output:
        'udp dport 53 counter drop\nudp dport 54 counter reject\nudp dport 55 meta mark set 5 counter',
      postrouting: 'meta mark 5 counter',
    }),
    steps: [53, 54, 55].map((p) =>
      local(
        `udp ${at(h.router, 5000)} > ${at(h.client, p)} data "x"${h.icmp === 'icmp' ? ' id 7' : ''}`,
      ),
    ),
  })),
  ...both((_, h) => ({
    name: 'local output: to itself goes round through lo',
    ruleset: filter({
      output: 'oifname "lo" counter',
      input: 'iifname "lo" counter',
      prerouting: 'iif "lo" counter',
      forward: 'counter',
    }),
    steps: [
      local(
        `udp ${at(h.router, 5000)} > ${at(h.wan, 53)} data "x"${h.icmp === 'icmp' ? ' id 7' : ''}`,
      ),
    ],
  })),
  ...both((_, h) => ({
    name: 'local output: a reset for a segment of the router',
    ruleset: filter({ output: 'tcp dport 80 counter reject with tcp reset', input: 'counter' }),
    steps: [
      local(
        `tcp ${at(h.router, 5000)} > ${at(h.server, 80)} syn seq 1 win 1${h.icmp === 'icmp' ? ' id 7' : ''}`,
      ),
    ],
  })),
  ...both((_, h) => ({
    name: 'log has no effect on the packet',
    ruleset: filter({
      forward:
        'log prefix "x " counter\nlog group 5 counter\nlog level debug flags all counter drop',
    }),
    steps: [lan(`udp ${at(h.client, 1)} > ${at(h.server, 53)}`)],
  })),
];

export const locals: readonly Case[] = [...policy, ...looped, ...neighbours, ...looked, ...own];
