// What random cases found, each by itself; and objects that hang on connections.

import type { Case } from '../case.ts';
import { pieces, withOptions4 } from './crafted.ts';
import { at, both, filter, type Hosts, handshake, lan, local, wait, wan } from './words.ts';

const chain = (hook: string, priority: number, rules: string, type = 'filter'): string =>
  `table inet c_${hook}_${String(priority).replace('-', 'minus')} { chain c { type ${type} hook ${hook} priority ${priority}; policy accept;\n${rules}\n } }\n`;

const udp = (h: Hosts, more = '', port = 53): string =>
  `udp ${at(h.client, 1024)} > ${at(h.server, port)} ${more}`;
const back = (h: Hosts, more = ''): string =>
  `udp ${at(h.server, 53)} > ${at(h.client, 1024)} ${more}`;

const found: Case[] = [
  ...[0, 1].map((asUnicast) => ({
    name: `found: no error goes to an anycast address${asUnicast === 1 ? ', unless it is to be unicast' : ''}`,
    sysctl: { 'net.ipv6.icmp.error_anycast_as_unicast': asUnicast },
    ruleset: filter({ input: 'counter', output: 'counter' }),
    steps: [
      lan('udp [2001:db8::]:53 > [2001:db8:1::2]:40000 hlim 1 data "x"'),
      lan('udp [2001:db8:2::]:53 > [2001:db8::1]:40000 data "x"'),
      lan('udp [2001:db8::7]:53 > [2001:db8:1::2]:40000 hlim 1 data "x"'),
    ],
  })),
  {
    name: 'found: a segment on its way is summed again before it is reset, not one that has come',
    ruleset:
      filter({ input: 'meta l4proto tcp ct state new @th,16,16 set 443 reject with tcp reset' }) +
      chain('forward', 10, 'meta l4proto tcp ct state new @th,16,16 set 443 reject with tcp reset'),
    steps: [
      lan('tcp 10.0.0.2:53 > 192.0.2.2:40000 syn seq 1000 win 64240'),
      lan('tcp 10.0.0.2:53 > 10.0.0.1:40000 syn seq 1000 win 64240'),
      lan('tcp [2001:db8::2]:53 > [2001:db8:1::2]:40000 syn seq 1000 win 64240'),
      lan('tcp [2001:db8::2]:53 > [2001:db8::1]:40000 syn seq 1000 win 64240'),
    ],
  },
  ...['drop', 'ip saddr 10.0.2.2 accept', 'meta length > 70 drop', 'meta length < 70 drop'].map(
    (verdict) => ({
      name: `found: pieces of a packet at egress, ${verdict}`,
      chance: ['fragid'] as const,
      ruleset: `${filter({ forward: 'ct state new counter' })}
        table netdev t { chain e { type filter hook egress device "eth0" priority 0; counter ${verdict}; } }`,
      steps: [
        ...pieces('udp 10.0.2.2:7 > 10.0.0.7:80 len 120', [0, 48, 96], 'eth2'),
        ...pieces('udp [2001:db8:2::2]:7 > [2001:db8::2]:80 len 120', [0, 48, 96], 'eth2'),
      ],
    }),
  ),
  {
    name: 'found: IP options are looked for in the link header at egress',
    ruleset: `table netdev t { chain e { type filter hook egress device "eth1" priority 0;
      ip option ra missing counter; ip option ra exists counter; ip option rr exists counter; } }`,
    steps: [
      { on: 'eth0', packet: withOptions4('udp 10.0.0.2:7 > 192.0.2.2:22', '94040000') },
      { on: 'eth0', packet: withOptions4('udp 10.0.0.2:7 > 192.0.2.2:22', '070b0400000000000000') },
      lan('udp 10.0.0.2:7 > 192.0.2.2:22'),
    ],
  },
  ...['@th,0,16 set 80', '@th,16,16 set 53', 'udp checksum set 53'].map((write) => ({
    name: `found: what conntrack has summed is not summed again behind ${write}`,
    ruleset:
      filter({ input: `meta l4proto udp ct state new ${write}` }) +
      chain('input', 10, 'udp sport 80 counter reject') +
      chain('forward', 10, `ct state new ${write} counter reject with icmpx admin-prohibited`),
    steps: [
      lan('udp 10.0.0.2:7 > 10.0.0.1:22 data "abc"'),
      lan('udp [2001:db8::2]:7 > [2001:db8::1]:22 data "abc"'),
      lan('udp 10.0.0.2:7 > 192.0.2.2:22 data "abc"'),
      lan('udp [2001:db8::2]:7 > [2001:db8:1::2]:22 data "abc"'),
      lan('udp 10.0.0.2:7 > 192.0.2.2:22 data "abc" sum 0xbad'),
    ],
  })),
  {
    name: 'found: ct count over 0 of a connection that this packet ends',
    ruleset: filter({ forward: 'ct count over 0 counter\ncounter' }),
    steps: [
      lan('tcp 10.0.0.2:1000 > 192.0.2.2:80 syn seq 1'),
      lan('tcp 10.0.0.2:1000 > 192.0.2.2:80 rst seq 2'),
      lan('udp 10.0.0.2:1000 > 192.0.2.2:53 data "x"'),
    ],
  },
  {
    name: 'found: ct count forgets what is over up to the connection itself, no further',
    ruleset: filter({
      forward:
        'meta l4proto tcp ct count over 1 counter\nct state established ct count over 0 counter',
    }),
    steps: [
      lan('tcp 10.0.0.2:1 > 192.0.2.2:80 syn seq 1 win 100'),
      lan('tcp 10.0.0.2:2 > 192.0.2.2:80 syn seq 1 win 100'),
      wan('tcp 192.0.2.2:80 > 10.0.0.2:1 rst,ack seq 0 ack 2 win 0'),
      wait(0.1),
      lan('tcp 10.0.0.2:2 > 192.0.2.2:80 syn seq 1 win 100'),
      lan('tcp 10.0.0.2:3 > 192.0.2.2:80 syn seq 1 win 100'),
    ],
  },
  ...both((_, h) => ({
    name: 'found: reject of DCCP',
    ruleset: filter({ forward: 'reject' }),
    steps: [lan(`dccp ${at(h.client, 1)} > ${at(h.server, 2)} request seq 1 service 5`)],
  })),
  ...['10.0.0.1', '[2001:db8::1]'].map((a) => ({
    name: `found: a flow from ${a} to the same port of itself is its own reply`,
    ruleset: filter({
      input: 'ct state new counter\ncounter',
      output: 'ct state established counter\ncounter',
    }),
    steps: [local(`tcp ${a}:22 > ${a}:22 syn seq 1 win 1000${a.includes('[') ? '' : ' id 7'}`)],
  })),
  {
    name: 'found: an ICMP error quotes a reset of its own whose checksum is not finished',
    ruleset:
      filter({ forward: 'meta l4proto tcp reject with tcp reset' }) +
      chain('output', 10, 'tcp flags rst counter reject with icmpx type admin-prohibited'),
    steps: [lan('tcp 10.0.0.7:443 > 192.0.2.2:53 psh,ack seq 5000 ack 6001 win 1024')],
  },
  {
    name: 'found: icmp id behind a type that it is not',
    ruleset: filter({ forward: 'icmp type != time-exceeded icmp id 1 counter' }),
    steps: [1, 2].map((id) => lan(`icmp 10.0.0.2 > 192.0.2.2 echo-request id ${id} seq 1`)),
  },
  {
    name: 'found: how long a connection had that a reset ended at once',
    ruleset: filter({ output: 'ct expiration > 1s counter' }),
    steps: [wan('tcp 192.0.2.5:5353 > 192.0.2.1:22 psh,ack seq 1000 ack 6001 win 64240')],
  },
];

const objects: Case[] = [
  {
    name: 'ct timeout objects give the time of each state',
    ruleset: `table inet t {
      ct timeout short { protocol udp; policy = { unreplied: 13, replied: 17 };
      }
      ct timeout quick { protocol tcp; policy = { established: 77, syn_sent: 5 };
      }
      chain pre { type filter hook prerouting priority -150; udp dport 53 ct timeout set "short"
        tcp dport 80 ct timeout set "quick"
      }
    }`,
    steps: [
      lan('udp 10.0.0.2:1 > 192.0.2.2:53'),
      lan('udp 10.0.0.2:2 > 192.0.2.2:53'),
      wan('udp 192.0.2.2:53 > 10.0.0.2:2'),
      lan('udp 10.0.0.2:3 > 192.0.2.2:54'),
      lan('tcp 10.0.0.2:5 > 192.0.2.2:80 syn seq 1 win 100'),
      ...handshake({ from: '10.0.0.2:4', to: '192.0.2.2:80' }),
    ],
  },
  {
    name: 'ct expectation objects make a later flow related',
    ruleset: `table inet t {
      ct expectation e { protocol udp; dport 9876; timeout 1m; size 2; l3proto ip
      }
      chain f { type filter hook forward priority 0; ct state related counter
        ct state new tcp dport 80 counter ct expectation set "e"
      }
    }`,
    steps: [
      ...handshake({ from: '10.0.0.2:4', to: '192.0.2.2:80' }),
      wan('udp 192.0.2.2:5 > 10.0.0.2:9876'),
      lan('udp 10.0.0.2:5 > 192.0.2.2:9876'),
    ],
  },
  ...both((_, h) => ({
    name: 'ct labels are bits of the flow',
    ruleset: filter({
      forward: 'ct state new ct label set 5 counter\nct label 5 counter\nct label 6 counter',
    }),
    steps: [lan(udp(h)), wan(back(h)), wait(0.01)],
  })),
  ...both((_, h) => ({
    name: 'zones by direction: one flow seen twice, translated between',
    ruleset:
      chain(
        'prerouting',
        -310,
        'iifname "eth0" ct original zone set 1\niifname "eth1" ct zone set 2',
      ) +
      filter({
        forward:
          'ct zone 1 counter\nct original zone 1 counter\nct state new counter\nct state established counter',
      }),
    steps: [lan(udp(h)), wan(back(h)), lan(udp(h))],
  })),
];

/** Found with the firewalls of test/kernel/firewalls, and by random rulesets of iptables. */
const odd: Case[] = [
  {
    name: 'found: the reset that ends a connection still has its labels',
    ruleset: filter({
      input: 'ct label set 5',
      output: 'ct label 5 counter\nct state established counter\ncounter',
    }),
    steps: [lan('tcp 10.0.0.2:5 > 10.0.0.1:80 syn'), lan('tcp 10.0.0.2:6 > 10.0.0.1:80 syn')],
  },
  {
    name: 'found: an echo of nothing but zeroes is answered with a checksum of zero',
    steps: [lan('icmp 10.0.0.2 > 10.0.0.1 echo-request id 0 seq 0 len 8')],
  },
  {
    name: 'found: 59 is no end of headers in IPv4',
    ruleset: filter({ input: 'ct state new counter\nct state invalid counter' }),
    steps: [
      lan('ip 10.0.0.2 > 10.0.0.1 proto 59 len 1'),
      lan('ip6 2001:db8::2 > 2001:db8::1 proto 59 len 1'),
    ],
  },
  {
    name: 'found: a protocol without a payload, or with zeroes, has a sound checksum and is rejected',
    ruleset: filter({ forward: 'reject with icmp type host-prohibited' }),
    steps: [
      lan('ip 10.0.0.2 > 192.0.2.2 proto 63'),
      lan('ip 10.0.0.2 > 192.0.2.2 proto 63 len 4'),
      lan('ip 10.0.0.2 > 192.0.2.2 proto 63 hex 00000001'),
    ],
  },
  {
    name: 'found: nothing of the loopback net answers somebody outside',
    ruleset: filter({ output: 'ip saddr 127.0.0.0/8 counter' }),
    steps: [
      local('tcp 10.0.0.2:5 > 127.0.0.1:6379 syn ipid 7'),
      local('udp 127.0.0.1:5 > 192.0.2.2:53 ipid 7'),
    ],
  },
  {
    name: 'found: the host itself sends from a group, from everybody and from nobody',
    ruleset: filter({ output: 'ip saddr 224.0.0.0/4 counter' }),
    steps: [
      local('udp 224.0.0.5:1 > 192.0.2.2:2 ipid 7'),
      local('udp 255.255.255.255:1 > 192.0.2.2:2 ipid 7'),
      local('udp 0.0.0.1:1 > 192.0.2.2:2 ipid 7'),
    ],
  },
];

export const findings: readonly Case[] = [
  {
    name: 'found: a policy of timeouts is for connections of either family',
    ruleset: `table inet t {
ct timeout quick { protocol udp; l3proto ip; policy = { unreplied : 7, replied : 9 };
}
chain pre { type filter hook prerouting priority 0; policy accept;
      meta l4proto udp ct timeout set "quick" counter
}
}`,
    steps: [
      lan('udp 10.0.0.2:5 > 192.0.2.2:53 data "x"'),
      lan('udp [2001:db8:1::2]:5 > [2001:db8:2::2]:53 data "x"'),
    ],
  },
  ...both((l3, h) => ({
    name: 'found: a duplicate came in where it goes out',
    ruleset: `table ${l3} t { chain pre { type filter hook prerouting priority 0; policy accept;
      iifname "eth0" dup to ${h.dmz} counter
}
chain out { type filter hook output priority 0; policy accept;
      meta iif 0 counter
      dup to ${h.dmz} counter
}
chain post { type filter hook postrouting priority 0; policy accept;
      iifname "eth0" counter
      iifname "eth2" counter
      meta iif 0 counter
}
}`,
    steps: [
      lan(`udp ${at(h.client, 5)} > ${at(h.server, 53)} data "x"`),
      lan(`udp ${at(h.client, 5)} > ${at(h.server, 53)} ttl 1 data "x"`),
    ],
  })),
  ...both((l3, h) => ({
    // pskb_copy() keeps the place of the link header and not its bytes, which are chance.
    name: 'found: a duplicate has a link header where its original had one',
    ruleset: `table ${l3} t { chain pre { type filter hook prerouting priority 0; policy accept;
      iifname "eth0" dup to ${h.dmz} counter
}
chain out { type filter hook output priority 0; policy accept;
      @ll,0,8 >= 0 counter
      counter
}
}`,
    steps: [lan(`udp ${at(h.client, 5)} > ${at(h.server, 53)} data "x"`)],
  })),
  ...objects,
  ...found,
  ...odd,
];
