// What other implementations of netfilter got wrong.

import type { Case, Topology } from '../case.ts';
import { ROUTER } from '../topology.ts';
import { pieces } from './crafted.ts';
import { at, both, dmz, filter, type Hosts, lan, local, wait, wan } from './words.ts';

const chain = (hook: string, priority: number, rules: string, type = 'filter'): string =>
  `table inet c_${hook}_${String(priority).replace('-', 'minus')} { chain c { type ${type} hook ${hook} priority ${priority}; policy accept;\n${rules}\n } }\n`;

const udp = (h: Hosts, more = '', port = 53): string =>
  `udp ${at(h.client, 1024)} > ${at(h.server, port)} ${more}`;
const back = (h: Hosts, more = ''): string =>
  `udp ${at(h.server, 53)} > ${at(h.client, 1024)} ${more}`;

const perFlow: Case[] = [
  ...both((_, h) => ({
    name: 'trap: marks of a connection belong to the flow, not to the packet',
    ruleset: filter({ forward: 'ct mark 0 counter ct mark set 4\nct mark 4 counter' }),
    steps: [lan(udp(h)), wan(back(h)), lan(udp(h))],
  })),
  ...both((_, h) => ({
    name: 'trap: setting a ct mark without an entry does nothing and the rule goes on',
    ruleset:
      chain('prerouting', -310, 'ct mark set 5 counter\nct mark 5 counter\nct mark 0 counter') +
      filter({ forward: 'ct mark 0 counter\nct mark 5 counter' }),
    steps: [lan(udp(h))],
  })),
  ...both((_, h) => ({
    name: 'trap: keys of a connection that is not there end the rule',
    ruleset:
      chain('prerouting', -310, 'udp dport 54 notrack') +
      filter({
        forward:
          'ct direction original counter\nct mark 0 counter\nct status != dnat counter\nct state untracked counter\nct expiration > 0s counter\nct original packets 0 counter',
      }),
    steps: [lan(udp(h, '', 54)), lan(udp(h))],
  })),
  ...both((_, h) => ({
    name: 'trap: notrack is seen by what follows in the same rule',
    ruleset: chain(
      'prerouting',
      -310,
      'ct state untracked counter\nnotrack ct state untracked counter\nct state untracked counter',
    ),
    steps: [lan(udp(h))],
  })),
  ...both((_, h) => ({
    name: 'trap: notrack comes too late once there is an entry',
    ruleset: filter({
      forward: 'notrack counter\nct state untracked counter\nct state new counter',
    }),
    steps: [lan(udp(h))],
  })),
];

const bits: Case[] = [
  ...both((_, h) => ({
    name: 'trap: one state is a bit test, several in braces are exact values',
    ruleset: filter({
      forward: `ct state new counter
                ct state { new } counter
                ct state { new, established } counter
                ct state new,established counter
                ct state != established counter
                ct state invalid counter
                ct state untracked counter
                ct status snat counter
                ct status dnat,snat counter
                ct status & (dnat|snat) == 0 counter`,
    }),
    steps: [
      lan(udp(h)),
      wan(back(h)),
      wan(`tcp ${at(h.server, 1)} > ${at(h.client, 2)} rst seq 1`),
    ],
  })),
  ...both((_, h) => ({
    name: 'trap: one TCP flag is a bit test, several in braces are exact values',
    ruleset: filter({
      forward: `tcp flags syn counter
                tcp flags { syn, ack } counter
                tcp flags syn,ack counter
                tcp flags == syn counter
                tcp flags != syn counter
                tcp flags & (syn|ack) == syn counter
                tcp flags & (syn|ack) != 0 counter
                tcp flags syn / syn,ack counter`,
    }),
    steps: ['syn', 'syn,ack', 'ack', 'fin,ack', 'rst', 'psh,ack', 'syn,ecn'].map((f) =>
      lan(
        `tcp ${at(h.client, 1)} > ${at(h.server, 80)} ${f === 'syn,ecn' ? 'syn,psh' : f} seq 1 win 1`,
      ),
    ),
  })),
  ...both((_, h) => ({
    name: 'trap: ct status dnat is of the flow, both ways',
    ruleset: `table inet n { chain pre { type nat hook prerouting priority -100; udp dport 53 dnat ip to 10.0.2.2
      udp dport 53 dnat ip6 to 2001:db8:2::2
      } }
      ${filter({ forward: 'ct status dnat counter\nct status snat counter\nct status dnat,snat counter\nct status == dnat counter' })}`,
    steps: [lan(udp(h)), dmz(`udp ${at(h.dmz, 53)} > ${at(h.client, 1024)}`)],
  })),
];

const order: Case[] = [
  ...both((_, h) => ({
    name: 'trap: counters, quotas, limits and numgen are used up only where a rule gets to them',
    ruleset: filter({
      forward: `udp dport 9 numgen inc mod 2 0 counter
                udp dport 53 numgen inc mod 2 0 counter
                udp dport 9 quota over 10 bytes counter
                counter udp dport 9 counter
                udp dport 9 ct count over 1 counter
                udp dport 9 limit rate over 1/hour burst 1 packets counter`,
    }),
    steps: [53, 53, 9, 53, 9].map((p) => lan(udp(h, '', p))),
  })),
  ...both((_, h) => ({
    name: 'trap: a load that does not fit ends the rule and compares nothing',
    ruleset: filter({
      forward: `@th,0,128 0 counter
                @th,64,32 != 0 counter
                @th,512,8 != 0 counter
                @nh,0,8 != 0 counter
                tcp dport != 80 counter
                tcp option maxseg size != 1 counter
                @ll,0,8 != 77 counter`,
    }),
    steps: [
      lan(udp(h)),
      lan(udp(h, 'data "abcd"')),
      local(`udp ${at(h.router, 1)} > ${at(h.client, 2)}${h.icmp === 'icmp' ? ' id 7' : ''}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'trap: link headers of packets made here are not there at output',
    ruleset: filter({
      output: '@ll,0,8 != 77 counter\ncounter',
      postrouting: '@ll,0,8 != 77 counter\ncounter',
    }),
    steps: [lan(`${h.icmp} ${h.client} > ${h.router} echo-request id 1 seq 1`)],
  })),
  ...both((_, h) => ({
    name: 'trap: accept ends a base chain even from deep within, and a later chain still sees the packet',
    ruleset: `table inet t {
      chain deep { counter accept
      }
      chain mid { jump deep
        counter drop
      }
      chain first { type filter hook forward priority 0; policy drop; jump mid
        counter drop
      }
      chain second { type filter hook forward priority 1; policy accept; counter
      }
    }`,
    steps: [lan(udp(h))],
  })),
  ...both((_, h) => ({
    name: 'trap: goto at the end of a jump returns to the caller of the jump',
    ruleset: `table inet t {
      chain c { counter
      }
      chain b { goto c
        counter
      }
      chain a { jump b
        counter
      }
      chain f { type filter hook forward priority 0; policy accept; jump a
        counter
      }
    }`,
    steps: [lan(udp(h))],
  })),
  ...both((_, h) => ({
    name: 'trap: between the hooks, priorities say what sees what: raw, tracking, mangle, dnat, filter, snat',
    ruleset:
      [-401, -399, -301, -299, -201, -199, -151, -101, -99, -1, 1]
        .map((p) =>
          chain(
            'prerouting',
            p,
            'ct state new counter\nct state untracked counter\nip daddr 10.0.2.2 counter\nip6 daddr 2001:db8:2::2 counter\ncounter',
          ),
        )
        .join('') +
      [-151, 99, 101, 299, 301]
        .map((p) =>
          chain(
            'postrouting',
            p,
            'ip saddr 192.0.2.1 counter\nct status confirmed counter\ncounter',
          ),
        )
        .join('') +
      `table inet n { chain pre { type nat hook prerouting priority -100; udp dport 53 dnat ip to 10.0.2.2
        udp dport 53 dnat ip6 to 2001:db8:2::2
        }
        chain post { type nat hook postrouting priority 100; masquerade
        } }`,
    steps: [
      lan(udp(h)),
      dmz(`udp ${at(h.dmz, 53)} > ${at(h.icmp === 'icmp' ? '10.0.2.1' : '2001:db8:2::1', 1024)}`),
    ],
  })),
];

const numbers: Case[] = [
  {
    name: 'trap: marks are numbers of the host, ranges over them too',
    ruleset: filter({
      forward: `meta mark set udp dport map { 1 : 1, 2 : 256, 3 : 65536, 4 : 16777216, 5 : 255 }
                meta mark < 256 counter
                meta mark 1-255 counter
                meta mark 0x100-0xffff counter
                meta mark > 0xffff counter
                meta mark & 0xff == 0 counter
                meta mark { 1, 256 } counter
                ct mark set meta mark
                ct mark >= 65536 counter
                iif 1-3 counter
                meta iif != 0 counter`,
    }),
    steps: [1, 2, 3, 4, 5].map((p) => lan(`udp 10.0.0.2:9 > 192.0.2.2:${p}`)),
  },
  {
    name: 'trap: interface names are compared as text, with a wildcard by their beginning',
    ruleset: filter({
      forward:
        'iifname "eth" counter\niifname "eth*" counter\niifname "eth0" counter\niifname "eth00" counter\niifname != "eth*" counter\niifname { "eth0", "et*" } counter',
    }),
    steps: [lan('udp 10.0.0.2:9 > 192.0.2.2:53'), wan('udp 192.0.2.2:9 > 10.0.0.2:53')],
  },
  ...both((_, h) => ({
    name: 'trap: fields in a concatenation are padded to words',
    ruleset: filter({
      forward: `ip protocol . udp dport { udp . 53 } counter
                iifname . oifname { "eth0" . "eth1" } counter
                ether saddr . ip saddr { 02:00:00:00:02:00 . 10.0.0.2 } counter
                ip6 saddr . udp dport . meta mark { 2001:db8::2 . 53 . 0 } counter
                ip dscp . ip protocol { ef . udp, cs0 . udp } counter
                ct state . ct direction { new . original } counter`,
    }),
    steps: [lan(udp(h)), lan(udp(h, '', 54))],
  })),
  ...both((_, h) => ({
    name: 'trap: quotas count bytes of the network packet, connection limits live connections',
    ruleset: filter({
      forward: 'ct count over 2 counter drop\nquota until 100 bytes counter\ncounter',
    }),
    // What was dropped is forgotten with the next tick of the clock.
    steps: [1, 2, 3, 0, 1].map((p) =>
      p === 0 ? wait(0.1) : lan(`udp ${at(h.client, p)} > ${at(h.server, 53)} len 10`),
    ),
  })),
];

/** The link behind which everything else is has no address to take. */
const NO_ADDRESS: Topology = {
  ...ROUTER,
  interfaces: ROUTER.interfaces.map((i) =>
    i.name === 'eth2' ? { ...i, addresses: [], neighbours: [] } : i,
  ),
  routes: [
    { to: '10.9.9.0/24', dev: 'eth2' },
    { to: '2001:db8:9::/64', dev: 'eth2' },
  ],
};

const translated: Case[] = [
  ...both((l3, h) => ({
    name: 'trap: masquerade without an address to take drops',
    ruleset: `table ${l3} n { chain post { type nat hook postrouting priority 100; oifname "eth2" counter masquerade
      } }`,
    steps: [lan(`udp ${at(h.client, 1)} > ${at(l3 === 'ip' ? '10.9.9.9' : '2001:db8:9::9', 53)}`)],
    topology: NO_ADDRESS,
  })),
  ...both((_, h) => ({
    name: 'trap: redirect at prerouting takes the address of the way in, at output that of lo',
    ruleset: `table inet n { chain pre { type nat hook prerouting priority -100; udp dport 53 redirect to :5353
      }
      chain out { type nat hook output priority -100; udp dport 53 redirect to :5353
      } }
      ${filter({ input: 'udp dport 5353 counter\nip daddr 127.0.0.1 counter\nip6 daddr ::1 counter', output: 'counter' })}`,
    steps: [
      lan(udp(h)),
      local(`udp ${at(h.router, 7)} > ${at(h.server, 53)}${h.icmp === 'icmp' ? ' id 7' : ''}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'trap: a translation is decided by the first packet and undone for answers, ports and all',
    ruleset: `table inet n { chain pre { type nat hook prerouting priority -100; tcp dport 80 counter dnat ip to 10.0.2.2:8080
      tcp dport 80 counter dnat ip6 to [2001:db8:2::2]:8080
      } }`,
    steps: [
      lan(`tcp ${at(h.client, 40000)} > ${at(h.wan, 80)} syn seq 1 win 100`),
      dmz(`tcp ${at(h.dmz, 8080)} > ${at(h.client, 40000)} syn,ack seq 9 ack 2 win 100`),
      lan(`tcp ${at(h.client, 40000)} > ${at(h.wan, 80)} ack seq 2 ack 10 win 100`),
    ],
  })),
  ...both((l3, h) => ({
    name: 'trap: fragments of a translated flow, both ways',
    fresh: true,
    chance: ['fragid'] as const,
    ruleset: `table ${l3} n { chain post { type nat hook postrouting priority 100; oifname "eth1" masquerade
      } }`,
    steps: [
      ...pieces(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} len 2000`, [0, 1200]),
      ...pieces(`udp ${at(h.server, 53)} > ${at(h.wan, 1024)} len 1800`, [0, 800], 'eth1'),
    ],
  })),
  ...both((l3, h) => ({
    name: 'trap: fragments of a flow with a translated destination, in the wrong order',
    fresh: true,
    chance: ['fragid'] as const,
    ruleset: `table ${l3} n { chain pre { type nat hook prerouting priority -100; udp dport 53 dnat to ${h.dmz}
      } }`,
    steps: [
      ...pieces(`udp ${at(h.client, 1024)} > ${at(h.wan, 53)} len 2000`, [0, 1200]).reverse(),
      ...pieces(
        `udp ${at(h.dmz, 53)} > ${at(h.client, 1024)} len 1800`,
        [0, 800],
        'eth2',
      ).reverse(),
    ],
  })),
];

export const traps: readonly Case[] = [...perFlow, ...bits, ...order, ...numbers, ...translated];
