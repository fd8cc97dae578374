// Filtering: verdicts, chains, policies, matches on every header.

import type { Case } from '../case.ts';
import { at, both, dmz, filter, lan, wan } from './words.ts';

const verdicts: Case[] = [
  ...both((_, h) => ({
    name: 'an empty chain with policy accept forwards',
    ruleset: filter({ forward: '' }),
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "query"`)],
  })),
  ...both((_, h) => ({
    name: 'policy drop drops what no rule accepts',
    ruleset: filter({ forward: 'udp dport 53 counter accept' }, 'drop'),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "query"`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 54)} data "query"`),
    ],
  })),
  ...both((_, h) => ({
    name: 'accept ends its base chain only; a later chain of the same hook may still drop',
    ruleset: `table inet t {
      chain early { type filter hook forward priority -10; policy accept; udp dport 53 counter accept; counter drop
      }
      chain late { type filter hook forward priority 10; policy accept; udp sport 1024 counter drop
      }
    }`,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1025)} > ${at(h.server, 53)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'drop is final; later chains never see the packet',
    ruleset: `table inet t {
      chain early { type filter hook forward priority -10; policy accept; udp dport 53 counter drop
      }
      chain late { type filter hook forward priority 10; policy accept; counter accept
      }
    }`,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 54)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'the policy of each base chain applies, not only the last one',
    ruleset: `table inet t {
      chain early { type filter hook forward priority -10; policy drop; udp dport 53 counter accept
      }
      chain late { type filter hook forward priority 10; policy accept; counter
      }
    }`,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 54)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'jump returns behind the call, goto does not',
    ruleset: `table inet t {
      chain sub { udp dport 53 counter return
        counter }
      chain forward { type filter hook forward priority 0; policy accept;
        udp sport 1024 jump sub
        udp sport 1025 goto sub
        counter comment "after the calls" }
    }`,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 54)}`),
      lan(`udp ${at(h.client, 1025)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1025)} > ${at(h.server, 54)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'return in a base chain means its policy',
    ruleset: `table inet t {
      chain forward { type filter hook forward priority 0; policy drop;
        udp dport 53 counter return
        counter accept }
    }`,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 54)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'a verdict map hit ends the rule; a miss goes on with the next rule',
    ruleset: `table inet t {
      chain web { counter accept
      }
      chain forward { type filter hook forward priority 0; policy drop;
        udp dport vmap { 53 : accept, 80 : jump web, 81 : drop, 82 : continue } counter
        counter comment "behind" }
    }`,
    steps: [53, 80, 81, 82, 83].map((p) => lan(`udp ${at(h.client, 1024)} > ${at(h.server, p)}`)),
  })),
  ...both((_, h) => ({
    name: 'sixteen nested jumps are the limit and fifteen work',
    ruleset: `table inet t {
${Array.from({ length: 15 }, (_x, i) => `      chain c${14 - i} { counter ${i === 0 ? 'accept' : `jump c${15 - i}`}\n      }`).join('\n')}
      chain forward { type filter hook forward priority 0; policy drop; counter jump c0
      }
    }`,
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`)],
  })),
  ...both((_, h) => ({
    name: 'of chains with equal priority the one made last runs first',
    ruleset: `table inet t {
      chain a { type filter hook forward priority 0; policy accept; meta mark set 1
      }
      chain b { type filter hook forward priority 0; policy accept; meta mark 1 counter drop
        counter }
    }`,
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`)],
  })),
  ...both((l3, h) => ({
    name: 'a table of the other family does not see the packet',
    ruleset: `table ${l3 === 'ip' ? 'ip6' : 'ip'} t {
      chain forward { type filter hook forward priority 0; policy drop; counter
      }
    }`,
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`)],
  })),
];

const statementsInOrder: Case[] = [
  ...both((_, h) => ({
    name: 'a statement before a match that fails has taken effect',
    ruleset: filter({
      forward: `meta mark set 7 counter udp dport 53 counter accept
                meta mark 7 counter drop`,
    }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 54)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'a mark set in a rule is seen later in the same rule',
    ruleset: filter({ forward: 'meta mark set 9 meta mark 9 counter drop' }),
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`)],
  })),
  ...both((_, h) => ({
    name: 'a limit consumes only when it is reached',
    ruleset: filter({
      forward: `udp dport 53 limit rate 1/hour burst 2 packets counter accept
                counter drop`,
    }),
    steps: [
      ...[54, 54, 54].map((p) => lan(`udp ${at(h.client, 1024)} > ${at(h.server, p)}`)),
      ...[53, 53, 53].map((p) => lan(`udp ${at(h.client, 1024)} > ${at(h.server, p)}`)),
    ],
  })),
  ...both((_, h) => ({
    name: 'limit over matches above the rate',
    ruleset: filter({ forward: 'limit rate over 1/hour burst 3 packets counter drop\ncounter' }),
    steps: [1, 2, 3, 4, 5].map((p) => lan(`udp ${at(h.client, p)} > ${at(h.server, 53)}`)),
  })),
  ...both((_, h) => ({
    name: 'a limit in bytes counts the network packet',
    ruleset: filter({
      forward: 'limit rate 1 bytes/hour burst 200 bytes counter accept\ncounter drop',
    }),
    steps: [1, 2, 3, 4, 5].map((p) => lan(`udp ${at(h.client, p)} > ${at(h.server, 53)} len 40`)),
  })),
  ...both((_, h) => ({
    name: 'quota until counts bytes and then stops matching',
    ruleset: filter({ forward: 'quota until 150 bytes counter accept\ncounter drop' }),
    steps: [1, 2, 3, 4, 5].map((p) => lan(`udp ${at(h.client, p)} > ${at(h.server, 53)} len 20`)),
  })),
  ...both((_, h) => ({
    name: 'quota over matches once exceeded',
    ruleset: filter({ forward: 'quota over 150 bytes counter drop\ncounter accept' }),
    steps: [1, 2, 3, 4, 5].map((p) => lan(`udp ${at(h.client, p)} > ${at(h.server, 53)} len 20`)),
  })),
  ...both((_, h) => ({
    name: 'numgen inc goes round',
    ruleset: filter({ forward: 'numgen inc mod 3 0 counter drop\ncounter' }),
    steps: [1, 2, 3, 4, 5, 6, 7].map((p) => lan(`udp ${at(h.client, p)} > ${at(h.server, 53)}`)),
  })),
];

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

const hooks: Case[] = [
  {
    name: 'netdev ingress sees the frame before everything else',
    ruleset: `table netdev t {
      chain in { type filter hook ingress device "eth0" priority 0; policy accept; ip saddr 10.0.0.3 counter drop
        counter }
    }
    table inet u { chain pre { type filter hook prerouting priority -500; policy accept; counter
      } }`,
    steps: [2, 3].map((n) => lan(`udp 10.0.0.${n}:1 > 192.0.2.2:53`)),
  },
  {
    name: 'each hook of a forwarded packet is met once, in order',
    ruleset: `table inet t {
      chain pre { type filter hook prerouting priority -300; policy accept; counter
      }
      chain in { type filter hook input priority 0; policy accept; counter
      }
      chain forwarded { type filter hook forward priority 0; policy accept; counter
      }
      chain out { type filter hook output priority 0; policy accept; counter
      }
      chain post { type filter hook postrouting priority 0; policy accept; counter
      }
    }`,
    steps: [
      lan('udp 10.0.0.2:1 > 192.0.2.2:53'),
      lan('icmp 10.0.0.2 > 10.0.0.1 echo-request id 5 seq 1'),
      dmz('udp [2001:db8:2::2]:1 > [2001:db8:1::2]:53'),
    ],
  },
  {
    name: 'a dormant table has no hooks',
    ruleset: `table inet t { flags dormant
      chain forwarded { type filter hook forward priority 0; policy drop; counter
      }
    }`,
    steps: [lan('udp 10.0.0.2:1 > 192.0.2.2:53')],
  },
  {
    name: 'an input policy drop keeps the echo unanswered',
    ruleset: filter({ input: 'icmp type echo-request ip saddr 10.0.0.2 counter accept' }, 'drop'),
    steps: [2, 3].map((n) =>
      lan(`icmp 10.0.0.${n} > 10.0.0.1 echo-request id 5 seq 1 data "abcdef"`),
    ),
  },
  {
    name: 'an output chain drops the answer, not the question',
    ruleset: filter({ input: 'counter', output: 'icmp type echo-reply counter drop' }),
    steps: [
      lan('icmp 10.0.0.2 > 10.0.0.1 echo-request id 5 seq 1'),
      wan('icmp 192.0.2.2 > 192.0.2.1 echo-request id 5 seq 1'),
    ],
  },
];

export const filtering: readonly Case[] = [
  ...verdicts,
  ...statementsInOrder,
  ...matches,
  ...sets,
  ...hooks,
];
