// Every expression and statement of the language that this kernel has: a rule with it in front of a
// counter, and packets that meet it and that do not.

import type { Case, Step } from '../case.ts';
import { DESTINATION, HOP_BY_HOP, ROUTING, withHeaders6, withOptions4 } from './crafted.ts';
import { dmz, filter, lan, local, wait, wan } from './words.ts';

const FRAGMENT = 44;
const MOBILITY = 135;

const UDP = [53, 80].flatMap((port) => [
  lan(`udp 10.0.0.2:1024 > 192.0.2.2:${port} data "abc"`),
  wan(`udp 192.0.2.2:${port} > 10.0.0.2:1024 data "answer"`),
  lan(`udp [2001:db8::2]:1024 > [2001:db8:1::2]:${port} data "abc"`),
]);
const TCP = [
  lan(
    'tcp 10.0.0.2:1024 > 192.0.2.2:22 syn seq 1000 win 64240 mss 1460 sackok ts 100 0 nop wscale 7',
  ),
  wan('tcp 192.0.2.2:22 > 10.0.0.2:1024 syn,ack seq 5000 ack 1001 win 65160 mss 1400'),
  lan(
    'tcp 10.0.0.2:1024 > 192.0.2.2:22 ack seq 1001 ack 5001 win 64240 nop nop sack 5100-5200 5300-5400',
  ),
  lan('tcp [2001:db8::2]:1024 > [2001:db8:1::2]:80 syn seq 7 win 100 tfo 0x0102030405060708'),
  lan('tcp 10.0.0.3:1 > 192.0.2.2:80 syn seq 7 win 100 md5 0x00112233445566778899aabbccddeeff'),
  lan('tcp 10.0.0.3:2 > 192.0.2.2:80 syn seq 7 win 100 mptcp 0x00010203'),
  lan('tcp 10.0.0.3:3 > 192.0.2.2:80 syn seq 7 win 100 opt 254 0x0102 eol'),
];
const SCTP = [
  lan('sctp 10.0.0.2:1024 > 192.0.2.2:22 init tag 7'),
  lan('sctp 10.0.0.2:1024 > 192.0.2.2:22 data "x" vtag 9 tsn 1'),
  lan('sctp 10.0.0.2:1024 > 192.0.2.2:80 abort vtag 7'),
];
const OTHER = [
  lan('udplite 10.0.0.2:1024 > 192.0.2.2:53 data "lite"'),
  lan('dccp 10.0.0.2:1024 > 192.0.2.2:53 request seq 1 service 5'),
  lan('esp 10.0.0.2 > 192.0.2.2 spi 5 seq 1 data "secret"'),
  lan('ip 10.0.0.2 > 192.0.2.2 proto 108 data 0x0400000511223344'),
  lan('ip 10.0.0.2 > 192.0.2.2 proto 51 data 0x110400000000000500000001aabbccdd'),
  lan('ip 10.0.0.2 > 192.0.2.2 proto 2 data 0x16000904e0000001'),
];
const options = (hex: string): Step =>
  lan2(withOptions4('udp 10.0.0.2:1024 > 192.0.2.2:53 data "abc"', hex));
const lan2 = (packet: Uint8Array): Step => ({ on: 'eth0', packet });
const OPTIONS = [
  '94040000',
  '070b04000000000000000000',
  '830b04c0000202c000020200',
  '890704c000020200',
].map(options);
const extension = (type: number, rest: string): Step =>
  lan2(withHeaders6('udp [2001:db8::2]:1024 > [2001:db8:1::2]:53 data "abc"', [[type, rest]]));
const EXTENSIONS = [
  extension(HOP_BY_HOP, '00010400000000'),
  extension(DESTINATION, '00010400000000'),
  extension(DESTINATION, '01010c000000000000000000000000'),
  extension(ROUTING, '02fd010000000020010db8000100000000000000000005'),
  extension(ROUTING, '0204000000000520010db8000100000000000000000005'),
  extension(MOBILITY, '000100ffff0000'),
  extension(FRAGMENT, '00000000000005'),
];
const ICMP = [
  lan('icmp 10.0.0.2 > 192.0.2.2 echo-request id 7 seq 1'),
  wan('icmp 192.0.2.2 > 10.0.0.2 echo-reply id 7 seq 1'),
  lan('icmp6 2001:db8::2 > 2001:db8:1::2 echo-request id 7 seq 1'),
];
const OWN = [
  local('udp 10.0.0.1:1 > 10.0.0.2:53 data "own" id 7'),
  lan('udp 10.0.0.2:9 > 10.0.0.1:9'),
];

const rule = (text: string, steps: readonly Step[], hook = 'forward'): Case => ({
  name: `language: ${text}${hook === 'forward' ? '' : ` in ${hook}`}`,
  ruleset: filter({ [hook]: `${text} counter\ncounter` }),
  steps,
});

const matches = (steps: readonly Step[], texts: readonly string[], hook?: string): Case[] =>
  texts.map((text) => rule(text, steps, hook));

const ct = matches(
  [...UDP, ...TCP],
  [
    'ct bytes > 60',
    'ct original bytes < 40',
    'ct reply packets 1',
    'ct avgpkt > 31',
    'ct packets 1-2',
    'ct original protocol udp',
    'ct protocol tcp',
    'ct l3proto ipv6',
    'ct reply ip saddr 192.0.2.2',
    'ct original ip6 daddr 2001:db8:1::2',
    'meta l4proto udp ct original proto-src 1024',
    'meta l4proto udp ct reply proto-dst 1024',
    'ct id != 0',
    'ct helper "ftp"',
    'ct label 3',
    'ct zone 0',
    'ct direction . ct state { original . new, reply . established }',
    'ct status { seen-reply, confirmed }',
    'ct status expected',
    'ct status assured',
    'ct status confirmed',
    'ct expiration > 20s',
    'ct expiration 1s-20s',
    'ct mark . ct state { 0 . new }',
    'ct event set new,destroy',
    'ct label set 3 ct label 3',
    'ct mark set ct mark | 0x10 ct mark 0x10',
    'ct mark set ip saddr map { 10.0.0.2 : 0x1 } ct mark 1',
  ],
);

const counted: Case[] = [
  ...matches([...UDP, ...TCP], ['ct count 1', 'ct count over 1', 'ct state new ct count over 2']),
  {
    name: 'language: ct count of what is not tracked',
    ruleset: `${filter({ forward: 'ct count 1 counter\nct count over 0 counter' })}
      table inet raw { chain pre { type filter hook prerouting priority raw; udp dport 53 notrack; } }`,
    // What was counted in the same tick is not looked for again (nf_conncount.c, last_gc).
    steps: [...UDP, ...TCP].flatMap((step) => [step, wait(0.02)]),
  },
  {
    name: 'language: ct count of a connection in a zone',
    ruleset: `${filter({ forward: 'ct count 1 counter' })}
      table inet raw { chain pre { type filter hook prerouting priority raw; udp dport 53 ct zone set 4; } }`,
    steps: UDP,
  },
];

const meta = [
  ...matches(
    [...UDP, ...TCP, ...ICMP],
    [
      'meta cpu >= 0',
      'meta rtclassid 0',
      'meta iifgroup 0',
      'meta oifgroup default',
      'meta iifkind "veth"',
      'meta oifkind "vlan"',
      'meta iiftype ether',
      'meta oiftype ether',
      'meta skuid 0',
      'meta skgid 0',
      'meta cgroup 0',
      'meta random >= 0',
      'meta ipsec missing',
      'meta nftrace set 1',
      'meta priority set 1:1 meta priority 1:1',
      'meta protocol ip6',
      'meta sdif 0',
      'meta sdifname "eth0"',
      'meta length . meta l4proto { 40 . tcp, 31 . udp }',
      'meta mark set 0x10 meta mark & 0xf0 == 0x10',
      'meta mark set ct mark map { 0 : 5 } meta mark 5',
      'meta nfproto . meta l4proto { ipv4 . udp, ipv6 . tcp }',
      'meta pkttype { host, broadcast }',
      'rt ip nexthop 192.0.2.2',
      'rt ip6 nexthop 2001:db8:1::2',
      'rt mtu 1500',
      'rt mtu < 1480',
      'rt classid 0',
      'rt ipsec missing',
      'ipsec in reqid 1',
      'ipsec out reqid 1',
      'symhash mod 1 0',
      'numgen random mod 1 0',
      'numgen random mod 5 offset 10 10-14',
      'numgen inc mod 3 offset 4 5',
      'jhash ip saddr mod 2 offset 5 5-6',
      'jhash ip saddr . udp dport mod 7 seed 0xdead 3',
    ],
  ),
  ...matches(
    OWN,
    ['meta skuid 0', 'meta skgid 0', 'meta cgroup 0', 'rt ip nexthop 10.0.0.2'],
    'output',
  ),
  ...matches(
    [...UDP, ...TCP],
    [
      'fib saddr oifname "eth0"',
      'fib saddr . iif oifname "eth0"',
      'fib daddr . mark type local',
      'fib daddr . iif type local',
      'fib saddr . mark . iif oif exists',
      'fib daddr oif missing',
      'fib saddr type { unicast, local }',
    ],
    'prerouting',
  ),
];

const headers = [
  ...matches(TCP, [
    'tcp option maxseg size 1460',
    'tcp option maxseg length 4',
    'tcp option sack-perm exists',
    'tcp option window count 7',
    'tcp option timestamp tsval 100',
    'tcp option timestamp tsecr 0',
    'tcp option sack left 5100',
    'tcp option sack1 right 5400',
    'tcp option sack3 left 1',
    'tcp option fastopen exists',
    'tcp option md5sig exists',
    'tcp option mptcp exists',
    'tcp option mptcp subtype 0',
    'tcp option eol exists',
    'tcp option nop exists',
    'tcp option 254 exists',
    'tcp option @254,16,8 1',
    'tcp option maxseg size set 1000',
    'tcp option timestamp tsval set 5',
    'reset tcp option maxseg',
    'reset tcp option sack-perm',
    'tcp flags set syn',
    'tcp dport set tcp dport map { 22 : 80 }',
    'tcp sport . tcp dport vmap { 1-100 . 80 : drop, 1000-2000 . 22 : continue }',
    'tcp flags & (syn|ack) == syn',
    'tcp flags syn / syn,ack',
    'tcp flags { syn, syn|ack }',
    'tcp reserved 0',
    'tcp checksum set 0',
  ]),
  ...matches(SCTP, [
    'sctp chunk init exists',
    'sctp chunk init init-tag 7',
    'sctp chunk data tsn 1',
    'sctp chunk data exists',
    'sctp chunk abort flags 0',
    'sctp sport 1024',
    'sctp vtag 7',
    'sctp checksum > 0',
    'sctp dport set 25',
  ]),
  ...matches(OTHER, [
    'udplite checksum > 0',
    'udplite csumcov 12',
    'udplite sport set 9',
    'dccp type request',
    'dccp sport 1024',
    'dccp dport set 5',
    'esp spi 5',
    'esp sequence 1',
    'comp cpi 5',
    'comp nexthdr 4',
    'ah spi 5',
    'ah hdrlength 4',
    'ah sequence 1',
    'igmp type 0x16',
  ]),
  ...matches(OPTIONS, [
    'ip option rr exists',
    'ip option rr length 11',
    'ip option rr ptr 4',
    'ip option rr type 7',
    'ip option ra value 0',
    'ip option lsrr type 131',
    'ip option ssrr exists',
    '@nh,160,8 0x94',
  ]),
  ...matches(EXTENSIONS, [
    'hbh hdrlength 0',
    'hbh nexthdr udp',
    'dst hdrlength 1',
    'dst nexthdr udp',
    'rt type 253',
    'rt seg-left 1',
    'rt hdrlength 2',
    'rt0 addr[1] 2001:db8:1::5',
    'srh tag 5',
    'srh last-entry 0',
    'mh type 1',
    'mh hdrlength 0',
    'frag id 5',
    'frag reserved2 0',
    'frag frag-off 32',
    'exthdr mh exists',
    'exthdr rt missing',
    'exthdr dst exists',
  ]),
  ...matches(ICMP, [
    'icmp type set echo-reply',
    'icmpv6 id set 3',
    'icmp code 0',
    'icmp id 7',
    'icmp sequence set 9',
    '@th,0,8 8',
    '@ih,0,8 0x61',
  ]),
  ...matches(UDP, [
    '@th,0,16 set 22',
    '@nh,64,8 set 9',
    '@ih,0,8 0x61',
    '@ih,0,8 set 0x7a',
    '@nh,96,32 . @th,16,16 { 0x0a000002 . 53 }',
    'udp checksum set 0',
    'udp length set 8',
    'ip saddr set ip saddr map { 10.0.0.2 : 10.0.0.7 }',
    'ip daddr set 192.0.2.5',
    'ip6 daddr set 2001:db8:1::5',
    'ip6 flowlabel set 5',
    'ip version set 4',
    'ether type ip',
    'ether saddr 02:00:00:00:02:00',
    'vlan id 5',
    'ip saddr . ip daddr vmap { 10.0.0.0/24 . 192.0.2.0/24 : drop, * : continue }',
    'ip saddr vmap { 10.0.0.9 : drop, * : accept }',
  ]),
];

const REJECTS = [
  'reject with icmpx host-unreachable',
  'reject with icmpx port-unreachable',
  'ip protocol udp reject with icmp net-unreachable',
  'ip protocol udp reject with icmp prot-unreachable',
  'ip protocol udp reject with icmp host-prohibited',
  'meta nfproto ipv6 reject with icmpv6 policy-fail',
  'meta nfproto ipv6 reject with icmpv6 reject-route',
];
const BACKS = [...UDP, dmz('udp 10.0.2.2:1 > 10.0.0.2:53')];
const said = [
  ...matches(UDP, [
    'log group 1',
    'log prefix "a" level debug flags all',
    'log prefix "x" group 0 snaplen 5 queue-threshold 2',
    'quota over 40 bytes used 5 bytes',
    'quota until 70 bytes',
    'limit rate 10 kbytes/second burst 40 bytes',
    'limit rate over 1 bytes/hour burst 60 bytes',
    'limit rate 1/week',
    'limit rate over 1/day burst 2 packets',
    'meter meter1 { ip saddr limit rate 1/hour burst 2 packets }',
    'meter meter2 size 3 { ip saddr . udp dport counter }',
    'meter meter3 { ip saddr ct count over 1 }',
  ]),
  ...REJECTS.map((text) => ({
    ...rule(text, UDP),
    ruleset: filter({ forward: `counter ${text}` }),
  })),
  ...['dup to 10.0.2.2', 'dup to ip saddr map { 10.0.0.2 : 10.0.2.3 } device "eth2"'].map(
    (text): Case => ({
      name: `language: ${text}`,
      ruleset: `table ip t { chain f { type filter hook forward priority 0; ip saddr 10.0.0.2 ${text} counter; } }`,
      steps: BACKS,
    }),
  ),
  ...['dup to "eth2"', 'fwd to "eth2"', 'fwd ip to 10.0.2.3 device "eth2"'].flatMap((text) =>
    ['ingress', 'egress'].map(
      (hook): Case => ({
        name: `language: ${text} at ${hook}`,
        ruleset: `table netdev t { chain c { type filter hook ${hook} device "eth0" priority 0; ip protocol udp udp dport { 53, 1024 } counter ${text}; } }`,
        steps: UDP,
      }),
    ),
  ),
  ...[
    'add @d { ip saddr }',
    'update @d { ip saddr timeout 5s }',
    'add @d { ip saddr quota over 40 bytes }',
    'add @d { ip saddr limit rate over 1/hour burst 1 packets }',
    'update @d { ip saddr counter }',
  ].flatMap((text): Case[] => [
    {
      name: `language: ${text}`,
      ruleset: `table inet t { set d { type ipv4_addr; flags dynamic,timeout; size 3; }
                chain f { type filter hook forward priority 0; ${text} counter; ip saddr @d counter; delete @d { ip daddr } counter; } }`,
      steps: [
        ...UDP,
        lan('udp 10.0.0.3:1 > 192.0.2.2:5'),
        lan('udp 10.0.0.4:1 > 192.0.2.2:5'),
        lan('udp 10.0.0.5:1 > 192.0.2.2:5'),
      ],
    },
  ]),
];

const OBJECTS = `counter k1 { }
  counter k2 { }
  quota q1 { over 40 bytes; }
  quota q2 { 90 bytes; }
  limit l1 { rate over 1/hour burst 1 packets; }
  limit l2 { rate 1/hour burst 2 packets; }
  ct helper h { type "ftp" protocol tcp; }
  map mc { type inet_service : counter; elements = { 53 : "k1", 80 : "k2" }; }
  map mq { type inet_service : quota; flags interval; elements = { 1-53 : "q1", 80 : "q2" }; }
  map ml { type ipv4_addr . inet_service : limit; elements = { 10.0.0.2 . 53 : "l1" }; }`;

const objects = [
  'counter name udp dport map @mc',
  'quota name udp dport map @mq',
  'limit name ip saddr . udp dport map @ml',
  'counter name udp dport map { 53 : "k1", 1024 : "k2" }',
  'quota name ip saddr map { 10.0.0.0/24 : "q1", * : "q2" }',
  'limit name "l2"',
  'quota name "q1"',
  'counter name "k1"',
].map(
  (text): Case => ({
    name: `language: ${text}`,
    ruleset: `table inet t { ${OBJECTS.replace(/; }/g, '\n }').replace(/{ type/g, '{\n type')}
      chain f { type filter hook forward priority 0; ${text} counter; counter; } }`,
    steps: [...UDP, ...UDP],
  }),
);

const families: Case[] = [
  {
    name: 'language: ingress of family inet',
    ruleset:
      'table inet t { chain i { type filter hook ingress device "eth0" priority 0; udp dport 53 counter drop; ip6 saddr 2001:db8::2 counter; counter; } }',
    steps: UDP,
  },
  {
    name: 'language: egress sees what the router itself sends',
    ruleset:
      'table netdev t { chain e { type filter hook egress device "eth0" priority 0; ip saddr 10.0.0.1 counter; ip6 daddr 2001:db8::2 counter; counter; } }',
    steps: [...UDP, ...OWN],
  },
  {
    name: 'language: vmap of interfaces, to chains',
    ruleset: `table inet t { chain a { counter; } 
      chain b { udp dport 53 counter return; counter drop; }
      chain f { type filter hook forward priority 0; iifname vmap { "eth0" : jump b, "eth1" : goto a }; counter; } }`,
    steps: BACKS,
  },
  {
    name: 'language: dynamic elements end, and their counters with them',
    ruleset: `table inet t { set d { type ipv4_addr; flags dynamic,timeout; timeout 1s; }
      chain f { type filter hook forward priority 0; ip saddr @d counter; add @d { ip saddr counter } counter; } }`,
    steps: [...UDP, wait(1.3), ...UDP],
  },
];

/** All cases of the language. */
export const language: Case[] = [
  ...ct,
  ...counted,
  ...meta,
  ...headers,
  ...said,
  ...objects,
  ...families,
];
