// Targets of iptables and ip6tables, each loaded by legacy and nft. What a target does to marks is told
// by which rule of FORWARD counts; what it does to packets, by the frames that come out.

import type { Case, Topology } from '../case.ts';
import { ROUTER } from '../topology.ts';
import { at, bothAll, lan, local, wan } from './words.ts';
import { xtConnections } from './xt-connections.ts';
import { xtRefusals } from './xt-refused.ts';
import { answer, back, counting, syn, targets, udp } from './xt-target-words.ts';
import { tool } from './xt-words.ts';

/** A link that carries less. */
const narrow: Topology = {
  ...ROUTER,
  interfaces: ROUTER.interfaces.map((one) => (one.name === 'eth1' ? { ...one, mtu: 1400 } : one)),
};

const marks: Case[] = [
  ...targets(
    'MARK: set, and, or, xor, in the order of the rules',
    () => `
      -t mangle -A PREROUTING -j MARK --set-mark 0xf0
      -t mangle -A PREROUTING -j MARK --or-mark 0x0f
      -t mangle -A PREROUTING -j MARK --and-mark 0x3c
      -t mangle -A PREROUTING -j MARK --xor-mark 0xff000003
      ${counting('0xff00003f', '0x3c', '0')}`,
    (h) => [udp(h)],
  ),
  ...targets(
    'CONNMARK: set, save and restore with masks',
    () => `
      -t mangle -A PREROUTING -i eth0 -j MARK --set-mark 0x1234
      -t mangle -A PREROUTING -i eth0 -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xffff
      -t mangle -A PREROUTING -i eth1 -j CONNMARK --set-mark 0x700/0xf00
      -t mangle -A PREROUTING -i eth1 -j CONNMARK --restore-mark --ctmask 0xff0 --nfmask 0xffff
      ${counting('0x1234', '0x730', '0')}`,
    (h) => [udp(h), answer(h), udp(h)],
  ),
  ...targets(
    'CONNMARK: and, or, xor, and shifts',
    () => `
      -t mangle -A PREROUTING -j CONNMARK --set-mark 0xff
      -t mangle -A PREROUTING -j CONNMARK --and-mark 0x3c
      -t mangle -A PREROUTING -j CONNMARK --or-mark 0x01
      -t mangle -A PREROUTING -j CONNMARK --xor-mark 0x81 --left-shift-mark 4
      -t mangle -A PREROUTING -j CONNMARK --restore-mark --right-shift-mark 2
      ${counting('0x2f0', '0')}`,
    (h) => [udp(h)],
  ),
  ...targets(
    'HMARK of the packet: both directions have one mark',
    () => `
      -t mangle -A PREROUTING -j HMARK --hmark-tuple src,dst,sport,dport,proto --hmark-mod 8 --hmark-offset 16 --hmark-rnd 0x4711
      ${counting('16', '17', '18', '19', '20', '21', '22', '23')}`,
    (h) => [
      udp(h),
      answer(h),
      syn(h),
      ...[1, 2, 3, 4, 5, 6].map((port) => lan(`udp ${at(h.other, port)} > ${at(h.server, 53)}`)),
      lan(`${h.icmp} ${h.client} > ${h.server} echo-request`),
      lan(`ip ${h.client} > ${h.server} proto 253 data "x"`),
      wan(
        `${h.icmp} ${h.server} > ${h.client} port-unreachable about (udp ${at(h.client, 1000)} > ${at(h.server, 53)} data "query")`,
      ),
    ],
  ),
  ...targets(
    'HMARK: prefixes, masks and values of ports',
    (l3) => `
      -t mangle -A PREROUTING -j HMARK --hmark-src-prefix ${l3 === 'ip' ? 24 : 64} --hmark-dst-prefix ${l3 === 'ip' ? 30 : 127} --hmark-sport-mask 0xfff0 --hmark-dport 0x100 --hmark-mod 4 --hmark-rnd 7
      ${counting('0', '1', '2', '3')}`,
    (h) =>
      [1, 2, 15, 16, 17, 40000].flatMap((port) => [
        lan(`udp ${at(h.client, port)} > ${at(h.server, 53)}`),
        lan(`udp ${at(h.other, port)} > ${at(h.server, 54)}`),
      ]),
  ),
  ...targets(
    'HMARK of the connection',
    () => `
      -t mangle -A FORWARD -j HMARK --hmark-tuple src,dst,sport,dport,proto,ct --hmark-mod 4 --hmark-offset 1 --hmark-rnd 9
      ${counting('0', '1', '2', '3', '4')}`,
    (h) => [
      udp(h),
      answer(h),
      syn(h),
      back(h),
      lan(`${h.icmp} ${h.client} > ${h.server} echo-request`),
    ],
  ),
];

const fields: Case[] = [
  ...targets(
    'DSCP and TOS: the field, its masks and the checksum',
    () => `
      -t mangle -A PREROUTING -p udp -j DSCP --set-dscp-class EF
      -t mangle -A PREROUTING -p tcp -j TOS --set-tos 0x12/0x34
      -t mangle -A PREROUTING -p tcp -j TOS --xor-tos 0x81
      -t mangle -A POSTROUTING -p tcp -j TOS --and-tos 0xfd`,
    (h) => [
      udp(h),
      udp(h, ' tos 0xbb'),
      udp(h, ' tos 0x02'),
      syn(h, 'tos 0xff'),
      syn(h, 'tos 0x00'),
    ],
  ),
  {
    name: 'xt DSCP and TTL: a header whose checksum is 0xffff or 0 in the middle',
    xtables: {
      iptables: `
        -t mangle -A PREROUTING -j TTL --ttl-set 77
        -t mangle -A PREROUTING -j DSCP --set-dscp 1`,
    },
    steps: Array.from({ length: 48 }, (_, i) =>
      lan(`udp 10.0.0.2:1 > 192.0.2.2:2 data "x" id ${0x1000 + i * 0x147} tos ${(i * 5) & 0xff}`),
    ),
  },
  {
    name: 'xt TTL: set, more, less, and no further than a byte',
    xtables: {
      iptables: `
        -t mangle -A PREROUTING -p udp --dport 1 -j TTL --ttl-set 9
        -t mangle -A PREROUTING -p udp --dport 2 -j TTL --ttl-inc 200
        -t mangle -A PREROUTING -p udp --dport 3 -j TTL --ttl-dec 60
        -t mangle -A PREROUTING -p udp --dport 4 -j TTL --ttl-dec 200`,
    },
    steps: [1, 2, 3, 4].map((port) => lan(`udp 10.0.0.2:1 > 192.0.2.2:${port} data "x" ttl 64`)),
  },
  {
    name: 'xt HL: set, more, less, and no further than a byte',
    xtables: {
      ip6tables: `
        -t mangle -A PREROUTING -p udp --dport 1 -j HL --hl-set 9
        -t mangle -A PREROUTING -p udp --dport 2 -j HL --hl-inc 200
        -t mangle -A PREROUTING -p udp --dport 3 -j HL --hl-dec 60
        -t mangle -A PREROUTING -p udp --dport 4 -j HL --hl-dec 200`,
    },
    steps: [1, 2, 3, 4].map((port) =>
      lan(`udp [2001:db8::2]:1 > [2001:db8:1::2]:${port} data "x" ttl 64`),
    ),
  },
  {
    name: 'xt ECN: bits of TCP and IPv4',
    xtables: {
      iptables: `
        -t mangle -A PREROUTING -p tcp --dport 80 -j ECN --ecn-tcp-remove
        -t mangle -A PREROUTING -p tcp --dport 81 -j ECN --ecn-tcp-cwr 1 --ecn-tcp-ece 0
        -t mangle -A PREROUTING -p tcp --dport 82 -j ECN --ecn-ip-ect 2`,
    },
    steps: [80, 81, 82].flatMap((port) => [
      lan(`tcp 10.0.0.2:1 > 192.0.2.2:${port} syn,ece,cwr seq 1000 win 100 tos 3`),
      lan(`tcp 10.0.0.2:2 > 192.0.2.2:${port} syn seq 1000 win 100 tos 0x54`),
      lan(`tcp 10.0.0.2:3 > 192.0.2.2:${port} syn,ece seq 1000 win 100 tos 2`),
    ]),
  },
  ...targets(
    'CHECKSUM leaves a packet with a checksum as it is',
    () => '-t mangle -A POSTROUTING -p udp -j CHECKSUM --checksum-fill',
    (h) => [udp(h), udp(h, ' nosum')],
  ),
  ...targets(
    'CLASSIFY goes on',
    () => `
      -A FORWARD -j CLASSIFY --set-class 1:2
      -A FORWARD -p udp`,
    (h) => [udp(h)],
  ),
];

const segments: Case[] = [
  ...targets(
    'TCPMSS: a number, only where it is smaller, and added where it is missing',
    () => '-t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1000',
    (h) => [
      syn(h),
      syn(h, 'mss 900'),
      syn(h, 'mss 1000 sackok ts 100 0 nop wscale 7'),
      syn(h, 'nop nop sackok ts 100 0 nop wscale 7'),
      syn(h, ''),
      syn(h, 'data "early"'),
      back(h, 'mss 1400'),
      lan(`tcp ${at(h.client, 40000)} > ${at(h.server, 80)} ack seq 1001 ack 5001 win 64240`),
    ],
    { only: 'nft' },
  ),
  ...targets(
    'TCPMSS: with --syn, as legacy wants it',
    () => '-t mangle -A FORWARD -p tcp --syn -j TCPMSS --set-mss 500',
    (h) => [syn(h), back(h), syn(h, ''), syn(h, 'mss 100')],
  ),
  ...bothAll((l3, h) => [
    {
      name: 'xt TCPMSS: clamped to the ways there and back',
      xtables: {
        [tool(l3)]: '-t mangle -A FORWARD -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu',
      },
      topology: narrow,
      steps: [syn(h), back(h), syn(h, ''), syn(h, 'mss 100')],
    },
  ]),
  ...targets(
    'TCPMSS: a segment where a SYN has other flags, too',
    () => '-t mangle -A FORWARD -p tcp -j TCPMSS --set-mss 100',
    (h) => [
      syn(h),
      lan(`tcp ${at(h.client, 1)} > ${at(h.server, 80)} ack seq 1 ack 1 mss 1460`),
      lan(`tcp ${at(h.client, 1)} > ${at(h.server, 80)} ack seq 1 ack 1 data "12345678"`),
    ],
    { only: 'nft' },
  ),
  ...targets(
    'TCPOPTSTRIP: options become no-operations',
    () =>
      '-t mangle -A PREROUTING -p tcp -j TCPOPTSTRIP --strip-options timestamp,sack-permitted,wscale',
    (h) => [
      syn(h, 'mss 1460 sackok ts 100 0 nop wscale 7'),
      syn(h, 'nop wscale 7 ts 100 0 sackok mss 1460'),
      syn(h, 'mss 1460'),
      syn(h, ''),
    ],
  ),
];

const verdicts: Case[] = [
  ...bothAll((l3, h) => {
    const kinds =
      l3 === 'ip'
        ? [
            'icmp-net-unreachable',
            'icmp-host-unreachable',
            'icmp-proto-unreachable',
            'icmp-port-unreachable',
            'icmp-net-prohibited',
            'icmp-host-prohibited',
            'icmp-admin-prohibited',
          ]
        : [
            'icmp6-no-route',
            'icmp6-adm-prohibited',
            'icmp6-addr-unreachable',
            'icmp6-port-unreachable',
            'icmp6-policy-fail',
            'icmp6-reject-route',
          ];
    const rules = kinds.map(
      (kind, i) => `-A FORWARD -p udp --dport ${i + 1} -j REJECT --reject-with ${kind}`,
    );
    return [
      {
        name: 'xt REJECT: all kinds',
        xtables: { [tool(l3)]: rules.join('\n') },
        steps: kinds.map((_, i) =>
          lan(`udp ${at(h.client, 1000)} > ${at(h.server, i + 1)} data "x"`),
        ),
        chance: ['ipid'],
      },
    ];
  }),
  ...targets(
    'REJECT: a reset, and in INPUT',
    () => `
      -A FORWARD -p tcp -j REJECT --reject-with tcp-reset
      -A INPUT -p udp -j REJECT`,
    (h) => [syn(h), lan(`udp ${at(h.client, 1000)} > ${at(h.router, 53)} data "x"`)],
    { chance: ['ipid'] },
  ),
  ...targets(
    'REJECT in OUTPUT',
    () => '-A OUTPUT -p udp -j REJECT',
    (h) => [local(`udp ${at(h.router, 1000)} > ${at(h.client, 53)} data "x"`)],
  ),
  ...targets(
    'LOG, NFLOG, AUDIT, IDLETIMER and RATEEST go on',
    () => `
      -A FORWARD -j LOG --log-prefix "x: "
      -A FORWARD -j NFLOG --nflog-group 5 --nflog-size 20
      -A FORWARD -j AUDIT --type accept
      -A FORWARD -j IDLETIMER --timeout 100 --label slxt
      -A FORWARD -j RATEEST --rateest-name slxt --rateest-interval 250ms --rateest-ewmalog 500ms
      -A FORWARD -p udp`,
    (h) => [udp(h), udp(h)],
    // Timers and estimators are the whole machine's in legacy, and the rules of another case may live.
    { only: 'nft' },
  ),
  ...targets(
    'NFQUEUE: dropped where nobody listens, unless told to go on',
    () => `
      -A FORWARD -p udp --dport 53 -j NFQUEUE --queue-num 3
      -A FORWARD -p udp --dport 54 -j NFQUEUE --queue-balance 3:6
      -A FORWARD -p udp --dport 55 -j NFQUEUE --queue-num 3 --queue-bypass
      -A FORWARD -p udp --dport 56 -j NFQUEUE --queue-balance 3:6 --queue-bypass --queue-cpu-fanout
      -A FORWARD -p udp`,
    (h) => [53, 54, 55, 56].map((port) => lan(`udp ${at(h.client, 1)} > ${at(h.server, port)}`)),
  ),
  ...targets(
    'TEE: a copy to another host, which is not copied again',
    (l3) => `
      -t mangle -A PREROUTING -p udp -j TEE --gateway ${l3 === 'ip' ? '10.0.2.5' : '2001:db8:2::5'}
      -t mangle -A POSTROUTING -p udp`,
    (h) => [udp(h)],
  ),
  ...targets(
    'TEE by an interface that is there, and one that is not',
    (l3) => `
      -t mangle -A FORWARD -p udp --dport 53 -j TEE --gateway ${l3 === 'ip' ? '10.0.2.5' : '2001:db8:2::5'} --oif eth2
      -t mangle -A FORWARD -p udp --dport 54 -j TEE --gateway ${l3 === 'ip' ? '10.0.2.5' : '2001:db8:2::5'} --oif eth9`,
    (h) => [udp(h), lan(`udp ${at(h.client, 1000)} > ${at(h.server, 54)} data "query"`)],
  ),
];

const proxies: Case[] = [
  ...targets(
    'TPROXY: nobody listens, so the packet is dropped',
    () => `
      -t mangle -A PREROUTING -p udp --dport 53 -j TPROXY --on-port 5353 --tproxy-mark 1
      -t mangle -A PREROUTING -p udp`,
    (h) => [udp(h), lan(`udp ${at(h.client, 1000)} > ${at(h.server, 54)} data "query"`)],
  ),
  ...targets(
    'SYNPROXY: what is neither a SYN nor an ACK goes on, a wrong cookie does not',
    () => `
      -t raw -A PREROUTING -p tcp --dport 80 -j CT --notrack
      -A FORWARD -p tcp --dport 80 -m conntrack --ctstate INVALID,UNTRACKED -j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1460
      -A FORWARD -p tcp`,
    (h) => [
      lan(`tcp ${at(h.client, 40000)} > ${at(h.server, 80)} syn,fin seq 1000 win 64240`),
      lan(`tcp ${at(h.client, 40000)} > ${at(h.server, 80)} rst seq 1001 win 0`),
      lan(`tcp ${at(h.client, 40000)} > ${at(h.server, 80)} ack seq 1001 ack 77 win 64240`),
      lan(`tcp ${at(h.client, 40000)} > ${at(h.server, 81)} syn seq 1000 win 64240`),
    ],
  ),
];

const named: Case[] = [
  {
    name: 'xt SET and set: added, found, taken out, and marks of entries',
    xtables: {
      ipset: `
        create seen hash:ip,port timeout 600
        create marks hash:net skbinfo
        create counted hash:ip counters
        add marks 10.0.0.0/30 skbmark 0x12/0xff
        add marks 10.0.0.3 nomatch
        add counted 10.0.0.2`,
      iptables: `
        -A FORWARD -m set ! --match-set seen src,src -p udp
        -A FORWARD -m set --match-set seen src,src -j SET --del-set seen src,src
        -A FORWARD -p udp -j SET --add-set seen src,src --exist --timeout 300
        -A FORWARD -m set --match-set seen src,src
        -A FORWARD -m set --match-set counted src --packets-gt 1
        -A FORWARD -m set --match-set counted src ! --update-counters
        -t mangle -A FORWARD -j SET --map-set marks src --map-mark
        -A FORWARD -m mark --mark 0x12
        -A FORWARD -m set --match-set marks src --return-nomatch`,
    },
    steps: [
      lan('udp 10.0.0.2:1000 > 192.0.2.2:53 data "x"'),
      lan('udp 10.0.0.2:1000 > 192.0.2.2:53 data "x"'),
      lan('udp 10.0.0.3:1000 > 192.0.2.2:53 data "x"'),
      lan('tcp 10.0.0.2:1000 > 192.0.2.2:53 syn'),
    ],
  },
];

export const xtTargets: Case[] = [
  ...marks,
  ...fields,
  ...segments,
  ...verdicts,
  ...xtConnections,
  ...proxies,
  ...named,
  ...xtRefusals,
];
