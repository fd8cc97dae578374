// iptables: what every rule may have, chains and policies, each loaded by legacy and nft.

import type { Case } from '../case.ts';
import { at, both, lan, wan } from './words.ts';

const A = '10.0.0.2';
const B = '192.0.2.2';

const parts: Case[] = [
  {
    name: 'iptables: addresses, interfaces, protocols and their negation',
    xtables: {
      iptables: `
        -P FORWARD DROP
        -A FORWARD -s 10.0.0.0/255.255.0.0 -d ${B} -p udp -i + -j ACCEPT
        -A FORWARD ! -p udp -o eth1 -j ACCEPT
        -A FORWARD ! -s 10.0.0.0/255.0.255.0 ! -i eth0 -j ACCEPT
        -A FORWARD ! -i + -j DROP
        -A FORWARD -i eth1 -o eth+ ! -d 10.0.0.3`,
    },
    steps: [
      lan(`udp ${A}:1000 > ${B}:53`),
      lan(`tcp ${A}:1000 > ${B}:53 syn`),
      lan(`udp ${A}:1000 > 192.0.2.3:53`),
      wan(`udp ${B}:53 > ${A}:1000`),
      wan(`udp ${B}:53 > 10.0.0.3:1000`),
      wan(`icmp ${B} > ${A} echo-request`),
    ],
  },
  {
    name: 'iptables: a mask with holes, a net of no bytes, lists of addresses',
    xtables: {
      iptables: `
        -A FORWARD -s 10.0.0.2/255.0.0.255 -j RETURN
        -A FORWARD -s 10.0.0.0/9
        -A FORWARD -s 10.0.0.2,10.0.0.3 -d 192.0.2.2,192.0.2.3 -j DROP`,
    },
    steps: [
      lan(`udp ${A}:1 > ${B}:1`),
      lan(`udp 10.0.0.3:1 > ${B}:1`),
      lan(`udp 10.0.0.4:1 > ${B}:1`),
    ],
  },
  {
    // The kernel refuses what iptables-nft makes of it.
    only: 'legacy',
    name: 'iptables: no address but those of no net',
    xtables: {
      iptables: `
        -A FORWARD ! -s 10.0.0.2/0 -j DROP
        -A FORWARD ! -d 0.0.0.0/0
        -A FORWARD -s 10.0.0.2/0`,
    },
    steps: [lan(`udp ${A}:1 > ${B}:1`)],
  },
  {
    name: 'iptables: fragments',
    fresh: true,
    xtables: {
      iptables: `
        -t raw -A PREROUTING -f
        -t raw -A PREROUTING ! -f`,
    },
    steps: [
      lan(`udp ${A}:1000 > ${B}:53`),
      lan(`ip ${A} > ${B} proto 17 frag 1000 id 7 data "12345678"`),
    ],
  },
  ...both((l3, h) => ({
    name: 'iptables: chains, return, goto and policies',
    xtables: {
      [l3 === 'ip' ? 'iptables' : 'ip6tables']: `
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [7:700]
        :OUTPUT ACCEPT [0:0]
        :inner - [0:0]
        :outer - [0:0]
        -A FORWARD -p udp -j outer
        -A FORWARD -p tcp -g inner
        -A FORWARD -j ACCEPT
        -A outer -s ${h.client} -j inner
        -A outer -j RETURN
        -A inner -d ${h.server} -j ACCEPT
        -A inner -p udp -j RETURN
        COMMIT`,
    },
    steps: [
      lan(`udp ${at(h.client, 1000)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.other, 1000)} > ${at(h.server, 53)}`),
      lan(`tcp ${at(h.client, 1000)} > ${at(h.server, 53)} syn`),
      wan(`tcp ${at(h.server, 53)} > ${at(h.client, 1000)} syn`),
    ],
  })),
  {
    name: 'iptables: tables run in the order of their priorities',
    xtables: {
      iptables: `
        -t raw -A PREROUTING -d ${B}
        -t mangle -A PREROUTING -d ${B}
        -t mangle -A FORWARD -d ${B}
        -t mangle -A POSTROUTING -d ${B} -s 10.0.0.3 -j DROP
        -A FORWARD -d ${B} -s 10.0.0.4 -j DROP
        -t security -A FORWARD -d ${B}
        -t nat -A POSTROUTING -d ${B} -j ACCEPT`,
    },
    steps: ['10.0.0.2', '10.0.0.3', '10.0.0.4'].map((from) => lan(`udp ${from}:1000 > ${B}:53`)),
  },
];

const changes: Case[] = [
  {
    name: 'iptables: counters of a file go on',
    xtables: {
      iptables: `
        *mangle
        :FORWARD ACCEPT [10:2000]
        [5:500] -A FORWARD -p udp
        -A FORWARD -j DROP
        COMMIT`,
    },
    steps: [lan(`udp ${A}:1 > ${B}:1`)],
  },
  {
    name: 'iptables: rules are inserted, replaced and deleted by number and by what they say',
    xtables: { iptables: '-A FORWARD -d 192.0.2.2 -j ACCEPT' },
    steps: [
      { run: 'iptables -I FORWARD -s 10.0.0.3 -j DROP' },
      { run: 'iptables -I FORWARD 2 -p tcp -j DROP' },
      lan(`udp 10.0.0.3:1 > ${B}:1`),
      lan(`tcp ${A}:1 > ${B}:1 syn`),
      { run: 'iptables -R FORWARD 2 -p udp -j DROP' },
      lan(`udp ${A}:1 > ${B}:1`),
      { run: 'iptables -D FORWARD -p udp -j DROP' },
      { run: 'iptables -D FORWARD 1' },
      lan(`udp 10.0.0.3:1 > ${B}:1`),
      { run: 'iptables -C FORWARD -d 192.0.2.2 -j ACCEPT' },
    ],
  },
  {
    // Legacy forgets the policy's counters when a rule's are zeroed.
    only: 'nft',
    name: 'iptables: counters of a rule are set and zeroed',
    xtables: { iptables: '-A FORWARD -c 5 500' },
    steps: [
      lan(`udp ${A}:1 > ${B}:1`),
      { run: 'iptables -A FORWARD -c 7,700 -j DROP' },
      { run: 'iptables -Z FORWARD 1' },
      lan(`udp ${A}:1 > ${B}:1`),
    ],
  },
  {
    name: 'iptables: what is refused',
    xtables: { iptables: '-N mine\n-A FORWARD -j mine' },
    steps: [
      'iptables -A INPUT -o eth0',
      'iptables -A OUTPUT -i eth0',
      'iptables -A NOPE -j DROP',
      'iptables -A FORWARD -j NOPE',
      'iptables -A FORWARD -g ACCEPT',
      'iptables -A FORWARD -p nope',
      'iptables -A FORWARD -p 256',
      'iptables -A FORWARD ! -p all',
      'iptables -A FORWARD -s 1.2.3.4/33',
      'iptables -A FORWARD -s 1.2.3.400',
      'iptables -A FORWARD ! -s 1.2.3.4,2.2.2.2',
      'iptables -A FORWARD -i 1234567890123456',
      'iptables -A FORWARD -j DROP -j ACCEPT',
      'iptables -A FORWARD -s 1.1.1.1 -s 2.2.2.2',
      'iptables -A FORWARD -n',
      'iptables -A FORWARD -m nope',
      'iptables -A FORWARD --nope',
      'iptables -A FORWARD stray',
      'iptables -A FORWARD -c 1',
      'iptables -D FORWARD 3',
      'iptables -D FORWARD 0',
      'iptables -D FORWARD -j DROP',
      'iptables -R FORWARD 3 -j DROP',
      'iptables -I FORWARD 4 -j DROP',
      'iptables -C FORWARD -j DROP',
      'iptables -N mine',
      'iptables -N ACCEPT',
      'iptables -N 12345678901234567890123456789',
      'iptables -X mine',
      'iptables -X nope',
      'iptables -E nope other',
      'iptables -P mine DROP',
      'iptables -P FORWARD RETURN',
      'iptables -t nope -L',
      'iptables -F nope',
      'iptables -A mine -j mine',
      'iptables',
    ].map((run) => ({ run, refused: true })),
  },
];

const sets: Case[] = [
  {
    name: 'iptables: a set of ipset, changed while traffic runs',
    xtables: {
      ipset: 'create blocked hash:net\nadd blocked 10.0.0.0/29\nadd blocked 10.0.0.3 nomatch',
      iptables: '-A FORWARD -m set --match-set blocked src -j DROP',
    },
    steps: [
      lan(`udp ${A}:1 > ${B}:1`),
      lan(`udp 10.0.0.3:1 > ${B}:1`),
      { run: 'ipset add blocked 10.0.0.9' },
      { run: 'ipset add blocked 10.0.0.9', refused: true },
      lan(`udp 10.0.0.9:1 > ${B}:1`),
      { run: 'iptables -A FORWARD -m set --match-set nope src', refused: true },
    ],
  },
];

export const iptables: readonly Case[] = [...parts, ...changes, ...sets];
