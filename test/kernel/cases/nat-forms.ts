// Address translation in all its forms: ranges of ports and addresses, prefixes, both ends at once,
// every protocol, and what becomes of masqueraded flows when their address or interface goes.

import type { Case, Step, Topology } from '../case.ts';
import { ROUTER } from '../topology.ts';
import { lan, local, wan } from './words.ts';

/** Chains of type nat in one table; an empty one is left out. */
function nat(family: 'ip' | 'ip6' | 'inet', chains: Readonly<Record<string, string>>): string {
  const priority: Readonly<Record<string, number>> = { postrouting: 100, input: 100 };
  const text = Object.entries(chains).map(
    ([hook, rules]) =>
      `chain ${hook} { type nat hook ${hook} priority ${priority[hook] ?? -100}; policy accept; ${rules}\n}`,
  );
  return `table ${family} n {\n${text.join('\n')}\n}`;
}

/** Entries are looked at after each packet, by ports that are their own class where chance chose. */
const form = (
  name: string,
  ruleset: string,
  steps: readonly Step[],
  more: Partial<Case> = {},
): Case => ({
  name: `NAT: ${name}`,
  ruleset,
  steps: steps.flatMap((step): Step[] => [step, { look: 'conntrack' }]),
  ...more,
});

const chance: Partial<Case> = { chance: ['port'], ports: [53, 1024, 1025] };
const query = (port: number, more = ''): Step => lan(`udp 10.0.0.2:${port} > 192.0.2.2:53 ${more}`);

const ranges: readonly Case[] = [
  ...['random', 'fully-random', 'persistent', 'random,persistent', 'fully-random,persistent'].map(
    (flag) =>
      form(
        `snat ${flag}`,
        nat('ip', { postrouting: `oifname "eth1" snat to 192.0.2.9 ${flag}` }),
        [query(1024), query(1025), query(300), query(700)],
        chance,
      ),
  ),
  form(
    'masquerade random to a range of ports',
    nat('ip', { postrouting: 'udp dport 53 masquerade to :2000-2999 random' }),
    [query(1024)],
    chance,
  ),
  form(
    'a range of ports that is full: the flow is not translated twice to one port',
    nat('ip', { postrouting: 'udp dport 53 snat to 192.0.2.9:2000-2001' }),
    [query(1), query(2), query(3), query(4)],
    chance,
  ),
  form(
    'dnat to a range of addresses by the hash of both ends',
    nat('ip', { prerouting: 'ip daddr 192.0.2.5 dnat to 10.0.2.2-10.0.2.5' }),
    [2, 3, 4, 5, 6, 7].map((host) => lan(`udp 10.0.0.${host}:1024 > 192.0.2.5:53`)),
  ),
  form(
    'dnat to a range of addresses, persistent: by the client alone',
    nat('ip', { prerouting: 'ip daddr 192.0.2.4-192.0.2.5 dnat to 10.0.2.2-10.0.2.5 persistent' }),
    [2, 3, 4, 5].flatMap((host) =>
      [4, 5].map((to) => lan(`udp 10.0.0.${host}:1024 > 192.0.2.${to}:53`)),
    ),
    chance,
  ),
  form(
    'dnat to a range of ports',
    nat('ip', { prerouting: 'udp dport 53 dnat to 10.0.2.2:5000-5003' }),
    [query(1), query(2), query(3)],
    chance,
  ),
  form(
    'snat to a range of IPv6 addresses',
    nat('ip6', { postrouting: 'oifname "eth1" snat to 2001:db8:1::4-2001:db8:1::9' }),
    [2, 3, 4, 5].map((host) => lan(`udp [2001:db8::${host}]:1024 > [2001:db8:1::2]:53`)),
    chance,
  ),
];

const prefixes: readonly Case[] = [
  form(
    'prefixes: the host stays, out and back',
    nat('ip', {
      prerouting: 'iifname "eth1" dnat ip prefix to ip daddr map { 192.0.2.0/24 : 10.0.2.0/24 }',
      postrouting: 'oifname "eth1" snat ip prefix to ip saddr map { 10.0.0.0/24 : 192.0.2.0/24 }',
    }),
    [
      lan('udp 10.0.0.7:1024 > 192.0.2.2:53'),
      wan('udp 192.0.2.2:53 > 192.0.2.7:1024'),
      wan('udp 192.0.2.2:5 > 192.0.2.3:6'),
    ],
  ),
  form(
    'prefixes of IPv6',
    nat('ip6', {
      postrouting:
        'oifname "eth1" snat ip6 prefix to ip6 saddr map { 2001:db8::/64 : 2001:db8:1::/64 }',
    }),
    [
      lan('udp [2001:db8::7]:1024 > [2001:db8:1::2]:53'),
      wan('udp [2001:db8:1::2]:53 > [2001:db8:1::7]:1024'),
    ],
  ),
];

const both: readonly Case[] = [
  form(
    'both ends of one flow, and an error about it',
    nat('ip', {
      prerouting: 'iifname "eth0" ip daddr 203.0.113.200 dnat to 192.0.2.2',
      postrouting: 'oifname "eth1" snat to 192.0.2.9',
    }),
    [
      lan('udp 10.0.0.2:1024 > 203.0.113.200:53'),
      wan('icmp 192.0.2.2 > 192.0.2.9 port-unreachable about (udp 192.0.2.9:1024 > 192.0.2.2:53)'),
      wan('udp 192.0.2.2:53 > 192.0.2.9:1024'),
      lan(
        'icmp 10.0.0.2 > 203.0.113.200 host-unreachable about (udp 203.0.113.200:53 > 10.0.0.2:1024)',
      ),
    ],
  ),
  form(
    'two networks with the same numbers meet under other ones',
    nat('ip', {
      prerouting: 'ip daddr 192.0.2.0/28 dnat ip prefix to 10.0.2.0/28',
      postrouting: 'ip saddr 10.0.0.0/28 snat ip prefix to 192.0.2.0/28',
    }),
    [
      lan('udp 10.0.0.2:1024 > 192.0.2.3:53'),
      { on: 'eth2', packet: 'udp 10.0.2.3:53 > 192.0.2.2:1024' },
    ],
  ),
  form(
    'the answer of a flow that came in meets a flow that goes out',
    nat('ip', {
      prerouting: 'iifname "eth1" udp dport 53 dnat to 10.0.0.2',
      postrouting: 'oifname "eth1" masquerade',
    }),
    [
      wan('udp 192.0.2.2:1024 > 192.0.2.1:53'),
      lan('udp 10.0.0.3:53 > 192.0.2.2:1024'),
      lan('udp 10.0.0.2:53 > 192.0.2.2:1024'),
    ],
    chance,
  ),
  form(
    'snat in input, redirect in prerouting and output, in an inet table',
    nat('inet', {
      input: 'udp dport 3000 snat ip to 10.0.0.9',
      prerouting: 'udp dport 53 redirect to :3000',
      output: 'udp dport 53 redirect to :3001',
    }),
    [
      query(1024),
      lan('udp [2001:db8::2]:1024 > [2001:db8:1::2]:53'),
      local('udp 192.0.2.1:1024 > 192.0.2.2:53'),
      local('udp [2001:db8:1::1]:1024 > [2001:db8:1::2]:53'),
    ],
  ),
  form(
    'local output to another network, and the way back',
    nat('ip', {
      output: 'udp dport 53 dnat to 10.0.2.2:5353',
      postrouting: 'oifname "eth2" masquerade',
    }),
    [
      local('udp 192.0.2.1:1024 > 192.0.2.2:53'),
      { on: 'eth2', packet: 'udp 10.0.2.2:5353 > 10.0.2.1:1024' },
    ],
    { chance: ['ipid'] },
  ),
];

const HIDE = nat('ip', { postrouting: 'oifname "eth1" snat to 192.0.2.9' });
const protocols: readonly Case[] = [
  form(
    'SCTP ports and its checksum',
    nat('ip', {
      prerouting: 'sctp dport 80 dnat to 192.0.2.2:5000',
      postrouting: 'oifname "eth1" meta l4proto sctp snat to 192.0.2.9:7000-7000',
    }),
    [
      lan('sctp 10.0.0.2:1000 > 192.0.2.3:80 init tag 1'),
      wan('sctp 192.0.2.2:5000 > 192.0.2.9:7000 init-ack tag 2 vtag 1'),
      lan('sctp 10.0.0.2:1000 > 192.0.2.3:80 cookie-echo vtag 2'),
    ],
  ),
  form('UDP-Lite, its checksum over a part', HIDE, [
    lan('udplite 10.0.0.2:1000 > 192.0.2.2:80 coverage 12 len 40'),
    wan('udplite 192.0.2.2:80 > 192.0.2.9:1000 coverage 8 len 40'),
  ]),
  form('DCCP is translated by address alone', HIDE, [
    lan('dccp 10.0.0.2:1000 > 192.0.2.2:80 request seq 1 service 1'),
    wan('dccp 192.0.2.2:80 > 192.0.2.9:1000 response seq 1 ack 1 service 1'),
  ]),
  form('GRE, with a key and without', HIDE, [
    lan('gre 10.0.0.2 > 192.0.2.2 key 5 carrying (udp 1.1.1.1:1 > 2.2.2.2:2)'),
    wan('gre 192.0.2.2 > 192.0.2.9 carrying (udp 1.1.1.1:1 > 2.2.2.2:2)'),
    lan('gre 10.0.0.3 > 192.0.2.2'),
  ]),
  form('ESP: a second client behind one address', HIDE, [
    lan('esp 10.0.0.2 > 192.0.2.2 spi 1 seq 1'),
    wan('esp 192.0.2.2 > 192.0.2.9 spi 2 seq 1'),
    lan('esp 10.0.0.3 > 192.0.2.2 spi 3 seq 1'),
  ]),
  form(
    'identifiers of echoes from a range',
    nat('ip', {
      postrouting: 'oifname "eth1" meta l4proto icmp snat to 192.0.2.9:77-77',
    }),
    [
      lan('icmp 10.0.0.2 > 192.0.2.2 echo-request id 5 seq 1'),
      wan('icmp 192.0.2.2 > 192.0.2.9 echo-reply id 77 seq 1'),
      wan('icmp 192.0.2.2 > 192.0.2.9 echo-reply id 5 seq 1'),
    ],
  ),
  form('truncated quotes', HIDE, [
    query(1024),
    ...[
      '4500002000000000401100000a000002',
      '45000020000000004011000 0c0000209c0000202',
      '45000020000000004011000 0c0000209c000020204000035',
      '45000020000000004011000 0c0000209c00002020400003500080000',
    ].map((quote) =>
      wan(`icmp 192.0.2.2 > 192.0.2.9 port-unreachable hex ${quote.replaceAll(' ', '')}`),
    ),
  ]),
];

/** Two addresses of the WAN, and of the LAN for who masquerades there. */
const TWO_ADDRESSES: Topology = {
  ...ROUTER,
  interfaces: ROUTER.interfaces.map((one) =>
    one.name === 'eth1'
      ? { ...one, addresses: [...one.addresses, '198.18.0.1/24', '2001:db8:9::1/64'] }
      : one,
  ),
};

const addressesGone: Case[] = [
  {
    name: 'masquerade: connections end with the address they have, and no others',
    ruleset: `table inet n { chain post { type nat hook postrouting priority 100;
      udp dport 1000-1999 masquerade
      meta nfproto ipv4 udp dport 2000-2999 snat ip to 192.0.2.1
    } }`,
    topology: TWO_ADDRESSES,
    steps: [
      lan('udp 10.0.0.2:1 > 192.0.2.2:1000'),
      lan('udp 10.0.0.2:2 > 10.0.2.2:1000'),
      lan('udp 10.0.0.2:3 > 192.0.2.2:2000'),
      lan('udp 10.0.0.2:4 > 192.0.2.2:3000'),
      lan('udp [2001:db8::2]:1 > [2001:db8:1::2]:1000'),
      { gone: '198.18.0.1/24', dev: 'eth1' },
      { look: 'conntrack' },
      { gone: '2001:db8:1::1/64', dev: 'eth1' },
      { look: 'conntrack' },
      { gone: '192.0.2.1/24', dev: 'eth1' },
      { look: 'conntrack' },
    ],
  },
];

const MASQUERADE = `table inet n { chain post { type nat hook postrouting priority 100;
  oifname { "eth1", "eth2" } masquerade
} }`;

const FLOWS = [
  lan('udp 10.0.0.2:1 > 192.0.2.2:1000'),
  lan('udp 10.0.0.2:2 > 10.0.2.2:1000'),
  lan('udp [2001:db8::2]:1 > [2001:db8:1::2]:1000'),
  lan('udp 10.0.0.2:3 > 10.0.0.1:1000'),
];

const interfaces: readonly Case[] = [
  {
    name: 'masquerade: connections end with their interface',
    ruleset: MASQUERADE,
    topology: ROUTER,
    steps: [...FLOWS, { link: 'down', dev: 'eth1' }, { look: 'conntrack' }],
  },
  {
    name: 'an interface that is down: what is routed there, and to its addresses',
    topology: ROUTER,
    steps: [
      { link: 'down', dev: 'eth1' },
      lan('udp 10.0.0.2:1 > 192.0.2.2:1000'),
      lan('udp 10.0.0.2:1 > 8.8.8.8:1000'),
      lan('icmp 10.0.0.2 > 192.0.2.1 echo-request id 1'),
      lan('udp [2001:db8::2]:1 > [2001:db8:1::2]:1000'),
      lan('icmp6 2001:db8::2 > 2001:db8:1::1 echo-request id 1'),
      lan('udp 10.0.0.2:1 > 10.0.2.2:1000'),
    ],
  },
  {
    name: 'an interface that comes up again: its networks come back, routes do not',
    topology: ROUTER,
    steps: [
      { link: 'down', dev: 'eth1' },
      { link: 'up', dev: 'eth1' },
      lan('udp 10.0.0.2:1 > 8.8.8.8:1000'),
      lan('udp [2001:db8::2]:1 > [2001:db8:1::2]:1000'),
      lan('icmp 10.0.0.2 > 192.0.2.1 echo-request id 1'),
      lan('udp 10.0.0.2:1 > 192.0.2.2:1000'),
    ],
  },
];

export const translationForms: readonly Case[] = [
  ...ranges,
  ...prefixes,
  ...both,
  ...protocols,
  ...addressesGone,
  ...interfaces,
];
