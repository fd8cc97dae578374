// Targets that act on connections and addresses: CT, CONNMARK and their kin, NAT, prefixes.

import type { Case } from '../case.ts';
import { at, type L3, lan, local, wan } from './words.ts';
import { answer, back, syn, targets, udp } from './xt-target-words.ts';
import { tool } from './xt-words.ts';

// iptables-legacy reads four characters of a policy's name back (xt_ct_target_v1's usersize), and gives the
// kernel those with its next rule.
const policiesOf = (family: 'inet' | 'inet6'): string[] => [
  `add timeout fast ${family} tcp established 77 syn_sent 55`,
  'default-set timeout inet udp replied 121',
  `add timeout slow ${family} udp unreplied 13`,
  'default-set timeout inet udp replied 120',
  `add timeout rest ${family} generic timeout 44`,
];
const POLICIES = { ip: policiesOf('inet'), ip6: policiesOf('inet6') } as const;

const tracked: Case[] = [
  ...targets(
    'NOTRACK and CT --notrack',
    () => `
      -t raw -A PREROUTING -p udp --dport 53 -j NOTRACK
      -t raw -A PREROUTING -p udp --dport 54 -j CT --notrack`,
    (h) => [53, 54, 55].map((port) => lan(`udp ${at(h.client, 1)} > ${at(h.server, port)}`)),
  ),
  ...targets(
    'CT: zones, of both directions and of one, and by the mark',
    () => `
      -t raw -A PREROUTING -p udp --dport 1 -j CT --zone 5
      -t raw -A PREROUTING -p udp --dport 2 -j CT --zone-orig 6
      -t raw -A PREROUTING -p udp --dport 3 -j CT --zone-reply 7
      -t raw -A PREROUTING -p udp --dport 4 -j MARK --set-mark 8
      -t raw -A PREROUTING -p udp --dport 4 -j CT --zone mark
      -t raw -A PREROUTING -p udp --dport 5 -j CT`,
    (h) => [
      ...[1, 2, 3, 4, 5].map((port) => lan(`udp ${at(h.client, 9)} > ${at(h.server, port)}`)),
      ...[1, 2, 3].map((port) => wan(`udp ${at(h.server, port)} > ${at(h.client, 9)}`)),
    ],
  ),
  ...targets(
    'CT: a helper for new connections',
    () => '-t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp',
    (h) => [
      lan(`tcp ${at(h.client, 40000)} > ${at(h.server, 21)} syn seq 1000 win 64240`),
      { look: 'conntrack' },
    ],
  ),
  ...(['ip', 'ip6'] as const).flatMap((l3) =>
    targets(
      'CT: timeout policies, by protocol and with a helper',
      () => `
      -t raw -A PREROUTING -p tcp --dport 80 -j CT --timeout fast
      -t raw -A PREROUTING -p tcp --dport 21 -j CT --timeout fast --helper ftp
      -t raw -A PREROUTING -p udp --dport 53 -j CT --timeout slow
      -t raw -A PREROUTING -p 50 -j CT --timeout rest
      -t raw -A PREROUTING -p udp --dport 55 -j CT --timeout slow --zone 3`,
      (h) => [
        syn(h),
        { look: 'conntrack' },
        back(h),
        lan(`tcp ${at(h.client, 40000)} > ${at(h.server, 80)} ack seq 1001 ack 5001 win 64240`),
        lan(`tcp ${at(h.client, 40001)} > ${at(h.server, 21)} syn seq 1000 win 64240`),
        udp(h),
        { look: 'conntrack' },
        answer(h),
        lan(`udp ${at(h.client, 9)} > ${at(h.server, 54)}`),
        lan(`udp ${at(h.client, 9)} > ${at(h.server, 55)}`),
        lan(`esp ${h.client} > ${h.server} spi 5 seq 1`),
      ],
      { policies: POLICIES[l3] },
    ).filter(({ xtables }) => xtables?.[tool(l3)] !== undefined),
  ),
];

const PUBLIC = { ip: '192.0.2.9', ip6: '2001:db8:1::9' } as const;
const INSIDE = { ip: '10.0.2.2', ip6: '2001:db8:2::2' } as const;
const withPorts = (l3: L3, address: string, ports: string): string =>
  l3 === 'ip' ? `${address}:${ports}` : `[${address}]:${ports}`;

const translations: Case[] = [
  ...targets(
    'SNAT and DNAT, out and back',
    (l3) => `
      -t nat -A POSTROUTING -o eth1 -j SNAT --to-source ${PUBLIC[l3]}
      -t nat -A PREROUTING -i eth1 -p tcp --dport 80 -j DNAT --to-destination ${withPorts(l3, INSIDE[l3], '8080')}`,
    (h) => [
      udp(h),
      wan(
        `udp ${at(h.server, 53)} > ${at(h.client.includes(':') ? PUBLIC.ip6 : PUBLIC.ip, 1000)} data "answer"`,
      ),
      wan(`tcp ${at(h.server, 40000)} > ${at(h.wan, 80)} syn seq 1000 win 64240`),
    ],
  ),
  ...targets(
    'SNAT to ports, MASQUERADE to ports',
    (l3) => `
      -t nat -A POSTROUTING -o eth1 -p udp -j SNAT --to-source ${withPorts(l3, PUBLIC[l3], '7000-7000')}
      -t nat -A POSTROUTING -o eth1 -p tcp -j MASQUERADE --to-ports 6000`,
    (h) => [udp(h), syn(h)],
  ),
  ...targets(
    'DNAT to ports counted from a base',
    (l3) =>
      `-t nat -A PREROUTING -p tcp -j DNAT --to-destination ${withPorts(l3, INSIDE[l3], '5000-5010/80')}`,
    (h) =>
      [80, 83, 90].map((port) =>
        wan(`tcp ${at(h.server, 1)} > ${at(h.wan, port)} syn seq 1 win 9`),
      ),
  ),
  ...targets(
    'REDIRECT, of received and of own packets',
    () => `
      -t nat -A PREROUTING -p udp --dport 53 -j REDIRECT --to-ports 5353
      -t nat -A OUTPUT -p udp --dport 53 -j REDIRECT`,
    (h) => [udp(h), local(`udp ${at(h.router, 1000)} > ${at(h.client, 53)} data "x"`)],
    { chance: ['ipid'] },
  ),
  ...targets(
    'NETMAP: the network changes, the host stays',
    (l3) => `
      -t nat -A PREROUTING -i eth1 -j NETMAP --to ${l3 === 'ip' ? '10.0.2.0/24' : '2001:db8:2::/64'}
      -t nat -A POSTROUTING -o eth1 -j NETMAP --to ${l3 === 'ip' ? '192.0.2.64/26' : '2001:db8:1:0:99::/80'}`,
    (h) => [udp(h), wan(`udp ${at(h.server, 1)} > ${at(h.wan.replace(/1$/, '5'), 2)} data "x"`)],
  ),
];

const prefixes: Case[] = [
  {
    name: 'xt SNPT and DNPT: prefixes, checksums stay as they are',
    xtables: {
      ip6tables: `
        -t mangle -A POSTROUTING -o eth1 -j SNPT --src-pfx 2001:db8::/64 --dst-pfx 2001:db8:77::/64
        -t mangle -A PREROUTING -i eth1 -j DNPT --src-pfx 2001:db8:77::/64 --dst-pfx 2001:db8::/64`,
    },
    steps: [
      lan('udp [2001:db8::2]:1000 > [2001:db8:1::2]:53 data "query"'),
      lan('tcp [2001:db8::3]:1000 > [2001:db8:1::2]:80 syn seq 1 win 9'),
      lan('icmp6 2001:db8::2 > 2001:db8:1::2 echo-request id 7 seq 1'),
      wan('udp [2001:db8:1::2]:53 > [2001:db8:77:0:ff89::2]:1000 data "answer"'),
      wan(
        'icmp6 2001:db8:1::2 > 2001:db8:77:0:ff89::2 port-unreachable about (udp [2001:db8:77:0:ff89::2]:1000 > [2001:db8:1::2]:53 data "query")',
      ),
    ],
  },
  {
    name: 'xt SNPT: prefixes of 48 and of other lengths, words of ones',
    xtables: {
      ip6tables: `
        -t mangle -A POSTROUTING -o eth1 -s 2001:db8::2 -j SNPT --src-pfx 2001:db8::/48 --dst-pfx 2001:db8:abcd::/48
        -t mangle -A POSTROUTING -o eth1 -s 2001:db8::3 -j SNPT --src-pfx 2001:db8::/56 --dst-pfx fd01:203:400::/40
        -t mangle -A POSTROUTING -o eth1 -s 2001:db8::ffff:0:0:4 -j SNPT --src-pfx 2001:db8::/64 --dst-pfx 2001:db8:1:2::/64`,
    },
    steps: [
      lan('udp [2001:db8::2]:1000 > [2001:db8:1::2]:53 data "a"'),
      lan('udp [2001:db8::3]:1000 > [2001:db8:1::2]:53 data "b"'),
      lan('udp [2001:db8::ffff:0:0:4]:1000 > [2001:db8:1::2]:53 data "c"'),
    ],
  },
  {
    name: 'xt SNPT and DNPT: no word of the address can even out, and the sender is told',
    xtables: {
      ip6tables: `
        -t mangle -A POSTROUTING -o eth1 -j SNPT --src-pfx 2001:db8::/64 --dst-pfx 2001:db8:77::/64
        -t mangle -A PREROUTING -i eth1 -j DNPT --src-pfx 2001:db8:77::/64 --dst-pfx 2001:db8::/64
        -t mangle -A PREROUTING -i eth2 -j DNPT --src-pfx 2001:db8:1::/64 --dst-pfx 2001:db8:1::/64`,
    },
    steps: [
      lan('udp [2001:db8::ffff:ffff:ffff:ffff]:1000 > [2001:db8:1::2]:53 data "a"'),
      wan('udp [2001:db8:1::2]:1000 > [2001:db8:77::ffff:ffff:ffff:ffff]:53 data "b"'),
      wan('icmp6 2001:db8:1::2 > 2001:db8:77::ffff:ffff:ffff:ffff echo-request id 1 seq 1'),
      {
        on: 'eth2',
        packet: 'udp [2001:db8:2::2]:1000 > [2001:db8:1::ffff:ffff:ffff:ffff]:53 data "c"',
      },
      wan(
        'icmp6 2001:db8:1::2 > 2001:db8:77:0:ff89::2 time-exceeded about (udp [2001:db8:77:0:ff89::2]:1000 > [2001:db8:1::2]:53 data "q")',
      ),
    ],
  },
];

export const xtConnections: Case[] = [...tracked, ...translations, ...prefixes];
