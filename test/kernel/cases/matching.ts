// Matches on every header, and sets of what is matched.

import type { Case } from '../case.ts';
import { filter, lan } from './words.ts';

/** Rules that must match a given packet, and one of them each that must not. */
const headerMatches = (rule: string, packets: readonly string[], name = rule): Case => ({
  name: `match ${name}`,
  ruleset: filter({ forward: `${rule} counter drop\ncounter` }),
  steps: packets.map((p) => lan(p)),
});

const tcp = (more: string): string => `tcp 10.0.0.2:40000 > 192.0.2.2:80 ${more}`;
const udp = (more: string): string => `udp 10.0.0.2:40000 > 192.0.2.2:53 ${more}`;
const udp6 = (more: string): string => `udp [2001:db8::2]:40000 > [2001:db8:1::2]:53 ${more}`;

const matches: Case[] = [
  headerMatches('ip saddr 10.0.0.0/24', [udp(''), 'udp 10.0.2.9:1 > 192.0.2.2:53']),
  headerMatches('ip saddr != 10.0.0.2', [udp(''), 'udp 10.0.0.3:1 > 192.0.2.2:53', udp6('')]),
  headerMatches(
    'ip daddr { 192.0.2.2, 192.0.2.4-192.0.2.6 }',
    [2, 3, 4, 5, 6, 7].map((n) => `udp 10.0.0.2:1 > 192.0.2.${n}:53`),
  ),
  headerMatches('ip saddr 10.0.0.1-10.0.0.3', [udp(''), 'udp 10.0.0.4:1 > 192.0.2.2:53']),
  headerMatches(
    'ip ttl 63',
    [udp('ttl 63'), udp('ttl 64')],
    'ip ttl before forwarding takes one off',
  ),
  headerMatches('ip ttl < 10', [udp('ttl 9'), udp('ttl 10'), udp('ttl 11')]),
  headerMatches('ip dscp ef', [udp('dscp 46'), udp('dscp 45'), udp('')]),
  headerMatches('ip ecn ce', [udp('tos 3'), udp('tos 2')]),
  headerMatches('ip length 28-40', [udp(''), udp('len 12'), udp('len 13')]),
  headerMatches('ip id 0x1234', [udp('id 0x1234'), udp('id 1')]),
  headerMatches('ip frag-off & 0x4000 != 0', [udp('df'), udp('')]),
  headerMatches('ip protocol udp', [udp(''), tcp('syn')]),
  headerMatches('ip6 saddr 2001:db8::/48', [
    udp6(''),
    'udp [2001:db8:0:5::2]:1 > [2001:db8:1::2]:53',
    'udp [2001:db9::2]:1 > [2001:db8:1::2]:53',
  ]),
  headerMatches('ip6 hoplimit > 10', [udp6('ttl 10'), udp6('ttl 11')]),
  headerMatches('ip6 nexthdr udp', [udp6(''), 'tcp [2001:db8::2]:1 > [2001:db8:1::2]:80 syn']),
  headerMatches('tcp dport 80', [tcp('syn'), 'tcp 10.0.0.2:1 > 192.0.2.2:81 syn', udp('')]),
  headerMatches(
    'tcp dport { 22, 80, 443-445 }',
    [22, 23, 80, 442, 443, 444, 445, 446].map((p) => `tcp 10.0.0.2:1 > 192.0.2.2:${p} syn`),
  ),
  headerMatches(
    'tcp dport != { 80, 443 }',
    [80, 443, 22].map((p) => `tcp 10.0.0.2:1 > 192.0.2.2:${p} syn`),
  ),
  headerMatches(
    'tcp flags syn',
    [tcp('syn'), tcp('syn,ack'), tcp('ack')],
    'a single tcp flag is a bit test',
  ),
  headerMatches(
    'tcp flags { syn, ack }',
    [tcp('syn'), tcp('syn,ack'), tcp('ack')],
    'a set of tcp flags is exact values',
  ),
  headerMatches('tcp flags & (fin|syn|rst|ack) == syn', [
    tcp('syn'),
    tcp('syn,ack'),
    tcp('syn,psh'),
  ]),
  headerMatches('tcp flags syn / fin,syn,rst,ack', [tcp('syn'), tcp('syn,ack'), tcp('rst')]),
  headerMatches('tcp sequence 1000', [tcp('syn seq 1000'), tcp('syn seq 1001')]),
  headerMatches('tcp window 512', [tcp('syn win 512'), tcp('syn win 513')]),
  headerMatches('tcp option maxseg size 1400', [
    tcp('syn mss 1400'),
    tcp('syn mss 1460'),
    tcp('syn'),
  ]),
  headerMatches('tcp option sack-perm exists', [tcp('syn sack'), tcp('syn')]),
  headerMatches('tcp option window count > 5', [
    tcp('syn wscale 7'),
    tcp('syn wscale 5'),
    tcp('syn'),
  ]),
  headerMatches('tcp doff 6', [tcp('syn mss 1460'), tcp('syn')]),
  headerMatches('udp length 20', [udp('len 12'), udp('len 13')]),
  headerMatches('udp sport 40000 udp dport 53', [udp(''), 'udp 10.0.0.2:40000 > 192.0.2.2:54']),
  headerMatches('th dport 53', [udp(''), 'tcp 10.0.0.2:1 > 192.0.2.2:53 syn', tcp('syn')]),
  headerMatches(
    '@th,64,16 0x6162',
    [udp('data "ab"'), udp('data "ba"'), udp('data "a"')],
    'raw payload behind the UDP header; a short packet breaks the rule',
  ),
  headerMatches(
    '@nh,96,32 != 0x0a000003',
    [udp(''), 'udp 10.0.0.3:1 > 192.0.2.2:53'],
    'raw payload in the network header',
  ),
  headerMatches('icmp type echo-request', [
    'icmp 10.0.0.2 > 192.0.2.2 echo-request id 1 seq 1',
    udp(''),
  ]),
  headerMatches('icmp id 77', [
    'icmp 10.0.0.2 > 192.0.2.2 echo-request id 77 seq 1',
    'icmp 10.0.0.2 > 192.0.2.2 echo-request id 78 seq 1',
  ]),
  headerMatches('icmpv6 type echo-request', [
    'icmp6 2001:db8::2 > 2001:db8:1::2 echo-request id 1 seq 1',
    udp6(''),
  ]),
  headerMatches('meta l4proto { tcp, udp }', [
    tcp('syn'),
    udp(''),
    'icmp 10.0.0.2 > 192.0.2.2 echo-request id 1 seq 1',
  ]),
  headerMatches('meta nfproto ipv6', [udp(''), udp6('')]),
  headerMatches('meta length > 60', [udp('len 32'), udp('len 33')]),
  headerMatches('meta iifname "eth0" meta oifname "eth1"', [
    udp(''),
    'udp 10.0.0.2:1 > 10.0.2.2:53',
  ]),
  headerMatches('iifname "eth*"', [udp('')]),
  headerMatches('meta protocol ip', [udp(''), udp6('')]),
  headerMatches('meta pkttype unicast', [udp('')]),
  headerMatches('iif lo', [udp('')]),
  headerMatches('meta mark 0', [udp('')]),
  headerMatches(
    'ip saddr . udp dport { 10.0.0.2 . 53, 10.0.0.3 . 54 }',
    [
      'udp 10.0.0.2:1 > 192.0.2.2:53',
      'udp 10.0.0.2:1 > 192.0.2.2:54',
      'udp 10.0.0.3:1 > 192.0.2.2:54',
    ],
    'a concatenation',
  ),
  headerMatches(
    'ip saddr . udp dport { 10.0.0.0/30 . 50-60, 10.0.0.8 . 1-1000 }',
    [
      'udp 10.0.0.2:1 > 192.0.2.2:53',
      'udp 10.0.0.4:1 > 192.0.2.2:53',
      'udp 10.0.0.3:1 > 192.0.2.2:61',
      'udp 10.0.0.8:1 > 192.0.2.2:61',
    ],
    'a concatenation of ranges',
  ),
];

const sets: Case[] = [
  {
    name: 'a named set is changed while traffic runs',
    ruleset: `table inet t {
      set bad { type ipv4_addr; elements = { 10.0.0.3 } }
      chain forward { type filter hook forward priority 0; policy accept; ip saddr @bad counter drop
      }
    }`,
    steps: [
      lan('udp 10.0.0.2:1 > 192.0.2.2:53'),
      lan('udp 10.0.0.3:1 > 192.0.2.2:53'),
      { nft: 'add element inet t bad { 10.0.0.2 }' },
      lan('udp 10.0.0.2:1 > 192.0.2.2:53'),
      { nft: 'delete element inet t bad { 10.0.0.3 }' },
      lan('udp 10.0.0.3:1 > 192.0.2.2:53'),
    ],
  },
  {
    name: 'an interval set with adjacent and nested ranges',
    ruleset: `table inet t {
      set nets { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.0/30, 10.0.0.4-10.0.0.5, 10.0.0.8 } }
      chain forward { type filter hook forward priority 0; policy accept; ip saddr @nets counter drop
      }
    }`,
    steps: [2, 3, 4, 5, 6, 7, 8, 9].map((n) => lan(`udp 10.0.0.${n}:1 > 192.0.2.2:53`)),
  },
  {
    name: 'an element that times out stops matching',
    ruleset: `table inet t {
      set seen { type ipv4_addr; flags timeout; elements = { 10.0.0.2 timeout 2s } }
      chain forward { type filter hook forward priority 0; policy accept; ip saddr @seen counter drop
      }
    }`,
    steps: [
      lan('udp 10.0.0.2:1 > 192.0.2.2:53'),
      { wait: 3 },
      lan('udp 10.0.0.2:1 > 192.0.2.2:53'),
    ],
  },
  {
    name: 'a dynamic set learns addresses',
    ruleset: `table inet t {
      set seen { type ipv4_addr; flags dynamic; size 2; }
      chain forward { type filter hook forward priority 0; policy accept;
        ip saddr @seen counter drop
        udp dport 53 add @seen { ip saddr } counter }
    }`,
    steps: [2, 2, 3, 3, 4, 4].map((n) => lan(`udp 10.0.0.${n}:1 > 192.0.2.2:53`)),
  },
  {
    name: 'a meter limits each source by itself',
    ruleset: `table inet t {
      set per { type ipv4_addr; flags dynamic; size 100; }
      chain forward { type filter hook forward priority 0; policy accept;
        update @per { ip saddr limit rate 1/hour burst 2 packets } counter accept
        counter drop }
    }`,
    steps: [2, 2, 3, 2, 3, 3].map((n) => lan(`udp 10.0.0.${n}:1 > 192.0.2.2:53`)),
  },
  {
    name: 'a map gives the mark',
    ruleset: `table inet t {
      map marks { type inet_service : mark; elements = { 53 : 1, 54 : 2 } }
      chain forward { type filter hook forward priority 0; policy accept;
        meta mark set udp dport map @marks
        meta mark 1 counter drop
        meta mark 2 counter
        counter }
    }`,
    steps: [53, 54, 55].map((p) => lan(`udp 10.0.0.2:1 > 192.0.2.2:${p}`)),
  },
  {
    name: 'a catch-all element matches what nothing else does',
    ruleset: `table inet t {
      map m { type ipv4_addr : verdict; flags interval; elements = { 10.0.0.2 : drop, * : accept } }
      chain forward { type filter hook forward priority 0; policy drop; counter ip saddr vmap @m
      }
    }`,
    steps: [2, 3].map((n) => lan(`udp 10.0.0.${n}:1 > 192.0.2.2:53`)),
  },
  {
    name: 'a named counter and quota are shared by rules',
    ruleset: `table inet t {
      counter hits { }
      quota q { until 100 bytes }
      chain forward { type filter hook forward priority 0; policy accept;
        udp dport 53 counter name hits
        quota name "q" counter accept
        counter drop }
    }`,
    steps: [53, 54, 53, 53].map((p) => lan(`udp 10.0.0.2:1 > 192.0.2.2:${p} len 20`)),
  },
];

export const matching: readonly Case[] = [...matches, ...sets];
