// Sets that traffic changes and what hangs on their elements; maps and concatenations of every shape.

import type { Case } from '../case.ts';
import { at, both, dmz, filter, lan, wait, wan } from './words.ts';

const table = (declarations: string, rules: string): string =>
  `table inet t {\n${declarations}\nchain forward { type filter hook forward priority 0; policy accept;\n${rules}\n}\n}`;

const from = (...hosts: number[]) => hosts.map((n) => lan(`udp 10.0.0.${n}:1 > 192.0.2.2:53`));

const learning: Case[] = [
  {
    name: 'elements learned with a timeout keep it, and go with it',
    ruleset: table(
      'set seen { type ipv4_addr; flags dynamic,timeout; timeout 2s; }',
      'ip saddr @seen counter drop\nadd @seen { ip saddr } counter',
    ),
    steps: [...from(2, 2, 3), wait(2.5), ...from(2)],
  },
  {
    name: 'update refreshes a timeout and add does not',
    ruleset: table(
      `set added { type ipv4_addr; flags dynamic,timeout; timeout 2s; }
       set updated { type ipv4_addr; flags dynamic,timeout; timeout 2s; }`,
      'ip saddr @added counter\nip saddr @updated counter\nadd @added { ip saddr } counter\nupdate @updated { ip saddr } counter',
    ),
    steps: [...from(2), wait(1.2), ...from(2), wait(1.2), ...from(2)],
  },
  {
    name: 'an element with a timeout of its own',
    ruleset: table(
      'set seen { type ipv4_addr; flags dynamic,timeout; timeout 1h; }',
      'ip saddr @seen counter drop\nadd @seen { ip saddr timeout 1s } counter',
    ),
    steps: [...from(2, 2), wait(1.6), ...from(2)],
  },
  {
    name: 'counters of elements count what each matched',
    ruleset: table(
      'set c { type ipv4_addr; counter; elements = { 10.0.0.2, 10.0.0.3 } }',
      'ip saddr @c accept\ncounter',
    ),
    steps: from(2, 2, 3, 4),
  },
  {
    name: 'learned elements count from their first packet on',
    ruleset: table(
      'set c { type ipv4_addr . inet_service; flags dynamic; counter; }',
      'add @c { ip saddr . udp dport } counter\nip saddr . udp dport @c counter',
    ),
    steps: from(2, 2, 3),
  },
  {
    name: 'update with a counter counts each time, add once',
    ruleset: table(
      `set a { type ipv4_addr; flags dynamic; size 10; }
       set u { type ipv4_addr; flags dynamic; size 10; }`,
      'add @a { ip saddr counter } counter\nupdate @u { ip saddr counter } counter',
    ),
    steps: from(2, 2, 3),
  },
  {
    name: 'quotas of elements',
    ruleset: table(
      'set q { type ipv4_addr; flags dynamic; size 10; }',
      'update @q { ip saddr quota over 60 bytes } counter drop\ncounter',
    ),
    steps: from(2, 2, 2, 3, 2),
  },
  {
    name: 'connections of elements are limited',
    ruleset: table(
      'set q { type ipv4_addr; flags dynamic; size 10; }',
      'ct state new add @q { ip saddr ct count over 2 } counter drop\ncounter',
    ),
    steps: [1, 2, 3, 4].map((p) => lan(`udp 10.0.0.2:${p} > 192.0.2.2:53`)),
  },
  {
    name: 'delete from the packet path',
    ruleset: table(
      'set s { type ipv4_addr; flags dynamic; size 10; elements = { 10.0.0.2, 10.0.0.3 } }',
      'ip saddr @s counter delete @s { ip saddr } counter\ncounter',
    ),
    steps: from(2, 2, 3),
  },
  {
    name: 'a full set learns nothing more and the rule ends',
    ruleset: table(
      'set s { type ipv4_addr; flags dynamic; size 1; }',
      'add @s { ip saddr } counter\ncounter',
    ),
    steps: from(2, 3, 2),
  },
  {
    name: 'a map learns values',
    ruleset: table(
      'map m { type ipv4_addr : mark; flags dynamic; size 10; }',
      'udp dport 53 update @m { ip saddr : 7 } counter\nmeta mark set ip saddr map @m counter\nmeta mark 7 counter',
    ),
    steps: from(2, 3),
  },
  {
    name: 'a map learns from the connection',
    ruleset: table(
      'map m { type inet_service : ipv4_addr; flags dynamic; size 10; }',
      'update @m { udp sport : ip daddr } counter',
    ),
    steps: [...from(2), lan('udp 10.0.0.2:9 > 192.0.2.5:53')],
  },
];

const lookups: Case[] = [
  ...both((_, h) => ({
    name: 'a set of addresses and ports with ranges in both',
    ruleset: table(
      `set s { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/29 . 50-60, 10.0.0.2 . 80 } }
       set s6 { type ipv6_addr . inet_service; flags interval; elements = { 2001:db8::/64 . 53, 2001:db8::2-2001:db8::3 . 80-81 } }`,
      'ip saddr . udp dport @s counter drop\nip6 saddr . udp dport @s6 counter drop\ncounter',
    ),
    steps: [50, 53, 60, 61, 80, 81].map((p) => lan(`udp ${at(h.client, 1)} > ${at(h.server, p)}`)),
  })),
  {
    name: 'four fields in one key, widths of every kind',
    ruleset: table(
      'set s { type ipv4_addr . inet_proto . inet_service . mark; elements = { 10.0.0.2 . udp . 53 . 0x5 } }',
      'meta mark set 5\nip saddr . ip protocol . th dport . meta mark @s counter drop\ncounter',
    ),
    steps: [...from(2, 3), lan('udp 10.0.0.2:1 > 192.0.2.2:54')],
  },
  {
    name: 'a verdict map over two fields',
    ruleset: `table inet t {
      chain a { counter drop
      }
      map v { type ipv4_addr . inet_service : verdict; elements = { 10.0.0.2 . 53 : jump a, 10.0.0.3 . 53 : accept } }
      chain f { type filter hook forward priority 0; policy accept; ip saddr . udp dport vmap @v
        counter }
    }`,
    steps: from(2, 3, 4),
  },
  {
    name: 'a verdict map with intervals',
    ruleset: table(
      'map v { type inet_service : verdict; flags interval; elements = { 1-52 : drop, 53 : accept, 54-100 : continue } }',
      'udp dport vmap @v\ncounter',
    ),
    steps: [1, 52, 53, 54, 100, 101].map((p) => lan(`udp 10.0.0.2:1 > 192.0.2.2:${p}`)),
  },
  {
    name: 'a set by typeof of part of a byte',
    ruleset: table(
      'set s { typeof ip dscp; elements = { ef, cs1 } }',
      'ip dscp @s counter drop\ncounter',
    ),
    steps: [46, 8, 0].map((d) => lan(`udp 10.0.0.2:1 > 192.0.2.2:53 dscp ${d}`)),
  },
  {
    name: 'a set of interface names with a wildcard',
    ruleset: table(
      'set s { type ifname; flags interval; elements = { "eth1*", "lo" } }',
      'oifname @s counter drop\ncounter',
    ),
    steps: [...from(2), lan('udp 10.0.0.2:1 > 10.0.2.2:53')],
  },
  {
    name: 'a set of marks with intervals is compared as numbers',
    ruleset: table(
      'set s { type mark; flags interval; elements = { 0x1-0x1ff, 0x10000 } }',
      'meta mark set udp dport map { 1 : 1, 2 : 0x1ff, 3 : 0x200, 4 : 0x10000, 5 : 0x100 }\nmeta mark @s counter drop\ncounter',
    ),
    steps: [1, 2, 3, 4, 5].map((p) => lan(`udp 10.0.0.2:9 > 192.0.2.2:${p}`)),
  },
  {
    name: 'a set of hardware addresses',
    ruleset: table(
      'set s { type ether_addr; elements = { 02:00:00:00:02:00 } }',
      'ether saddr @s counter drop\ncounter',
    ),
    steps: [...from(2), dmz('udp 10.0.2.2:1 > 192.0.2.2:53')],
  },
  {
    name: 'ct state in a set is exact, alone it is a bit',
    ruleset: table(
      '',
      'ct state { new, established } counter\nct state new counter\nct state vmap { new : continue, established : continue }\ncounter',
    ),
    steps: [...from(2), wan('udp 192.0.2.2:53 > 10.0.0.2:1'), ...from(2)],
  },
  {
    name: 'objects by a map: counters, quotas, limits',
    ruleset: table(
      `counter a { }
       counter b { }
       quota q { over 60 bytes }
       limit l { rate 1/hour burst 1 packets }`,
      `counter name udp dport map { 53 : "a", 54 : "b" }
       udp dport 55 quota name "q" counter drop
       udp dport 56 limit name "l" counter drop`,
    ),
    steps: [53, 54, 53, 55, 55, 55, 56, 56, 57].map((p) => lan(`udp 10.0.0.2:9 > 192.0.2.2:${p}`)),
  },
  {
    name: 'a key that cannot be loaded ends the rule, even for a lookup that is denied',
    ruleset: filter({ forward: 'tcp dport != { 80, 443 } counter\nth dport != { 80 } counter' }),
    steps: [...from(2), lan('icmp 10.0.0.2 > 192.0.2.2 echo-request id 1 seq 1')],
  },
  {
    name: 'elements change while traffic runs: intervals',
    ruleset: table(
      'set s { type ipv4_addr; flags interval; elements = { 10.0.0.0-10.0.0.4 } }',
      'ip saddr @s counter drop\ncounter',
    ),
    steps: [
      ...from(2, 5),
      {
        nft: 'delete element inet t s { 10.0.0.0-10.0.0.4 }\nadd element inet t s { 10.0.0.5-10.0.0.9 }',
      },
      ...from(2, 5),
    ],
  },
  {
    name: 'auto-merge joins what touches',
    ruleset: table(
      'set s { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.2, 10.0.0.3, 10.0.0.4-10.0.0.6 } }',
      'ip saddr @s counter drop\ncounter',
    ),
    steps: [...from(2, 7), { nft: 'add element inet t s { 10.0.0.5-10.0.0.8 }' }, ...from(7)],
  },
];

const refills: Case[] = [
  {
    name: 'a limit refills over time',
    ruleset: filter({
      forward: 'limit rate 2/second burst 1 packets counter accept\ncounter drop',
    }),
    steps: [...from(2, 2), wait(0.7), ...from(2, 2)],
  },
  {
    name: 'meta hour and day do not stop a rule from being loaded',
    ruleset: filter({ forward: 'meta time > 0 counter\nmeta day { 0-6 } counter' }),
    steps: from(2),
  },
];

export const sets: readonly Case[] = [...learning, ...lookups, ...refills];
