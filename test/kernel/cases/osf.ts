// Operating systems by their SYN.

import type { Case } from '../case.ts';
import { filter, lan } from './words.ts';

const SYSTEMS = `# our own, for the cases
S4:64:1:60:M*,S,T,N,W7:Linux:2.6::Linux 2.6 and newer
S44:64:1:60:M*,S,T,N,W7:Linux:5.x::never reached by 4 MSS
T2:128:1:48:M*,N,N,S:Windows:XP:SP1:a multiple of the MTU
%8192:255:0:44:M*:Cisco:IOS::a multiple of 8192
*:30:0:40:.:@Nothing:any::no options at all
512:64:0:44:M*:AIX:4.3::a fixed window
65535:64:1:64:M*,N,W1,N,N,T,S,E,E:Verylongnameofasystem:1.2.3.4.5::more than the register holds
`;

const GENRES = ['Linux', 'Windows', 'Cisco', 'Nothing', 'AIX', 'unknown', 'Verylongnameofa'];

const named = (ttl: string): string =>
  [
    ...GENRES.map((genre) => `osf ${ttl} name "${genre}" counter`),
    ...['Linux:2.6', 'Windows:XP', 'Cisco:IOS', 'AIX:4.3', 'Verylongnameofa'].map(
      (version) => `osf ${ttl} version "${version}" counter`,
    ),
  ].join('\n');

const asked = (ttl = ''): string => filter({ prerouting: named(ttl), forward: named(ttl) });

const LINUX = 'tcp 10.0.0.2:1 > 192.0.2.2:80 syn df win 5840 mss 1460 sackok ts 1 0 nop wscale 7';

const one = (name: string, packets: readonly string[], ttl = ''): Case => ({
  name: `osf: ${name}`,
  ruleset: asked(ttl),
  steps: packets.map((packet) => lan(packet)),
  fingerprints: SYSTEMS,
});

export const fingerprints: readonly Case[] = [
  one('the window is a multiple of the MSS', [
    LINUX,
    LINUX.replace('5840', '5841'),
    LINUX.replace('1460', '1000').replace('5840', '4000'),
  ]),
  one('of the MSS that a modem would have made of it', [
    LINUX.replace('mss 1460', 'mss 536'),
    LINUX.replace('mss 1460', 'mss 536').replace('5840', '5792'),
  ]),
  one('the window is a multiple of the MTU', [
    'tcp 10.0.0.2:1 > 192.0.2.2:80 syn df ttl 128 win 3000 mss 1460 nop nop sackok',
    'tcp 10.0.0.2:2 > 192.0.2.2:80 syn df ttl 128 win 1080 mss 500 nop nop sackok',
  ]),
  one('the window is a multiple of a number', [
    'tcp 10.0.0.2:1 > 192.0.2.2:80 syn ttl 255 win 16384 mss 1460',
    'tcp 10.0.0.2:2 > 192.0.2.2:80 syn ttl 255 win 0 mss 1460',
    'tcp 10.0.0.2:3 > 192.0.2.2:80 syn ttl 255 win 8193 mss 1460',
  ]),
  one('any window, and no options', [
    'tcp 10.0.0.2:1 > 192.0.2.2:80 syn ttl 30 win 77',
    'tcp 10.0.0.2:1 > 192.0.2.2:80 syn ttl 30 win 77 data "x"',
  ]),
  one('a fixed window', [
    'tcp 10.0.0.2:1 > 192.0.2.2:80 syn win 512 mss 9',
    'tcp 10.0.0.2:2 > 192.0.2.2:80 syn win 513 mss 9',
  ]),
  one('options in another order, or others', [
    LINUX.replace('sackok ts 1 0', 'ts 1 0 sackok'),
    LINUX.replace('wscale 7', 'opt 3 0x07').replace('nop ', ''),
  ]),
  one('whether it may be fragmented counts', [LINUX.replace(' df', '')]),
  one('a name longer than the register', [
    'tcp 10.0.0.2:1 > 192.0.2.2:80 syn df win 65535 mss 1460 nop wscale 1 nop nop ts 1 0 sackok eol',
  ]),
  one('a SYN of the answer, and what is no SYN', [
    LINUX.replace('syn', 'syn,ack'),
    LINUX.replace('syn', 'ack'),
    LINUX.replace('syn', 'fin'),
  ]),
  one('UDP and IPv6', [
    'udp 10.0.0.2:1 > 192.0.2.2:80 data "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"',
    'tcp [2001:db8::2]:1 > [2001:db8:1::2]:80 syn win 5840 mss 1460 sackok ts 1 0 nop wscale 7',
  ]),
  one('the hop count as it is', [`${LINUX} ttl 63`, `${LINUX} ttl 64`, `${LINUX} ttl 65`]),
  one(
    'fewer hops left are no matter',
    [`${LINUX} ttl 63`, `${LINUX} ttl 65`, `${LINUX.replace('10.0.0.2', '8.8.8.8')} ttl 65`],
    'ttl loose',
  ),
  one('hops are not looked at', [`${LINUX} ttl 3`, `${LINUX} ttl 200`], 'ttl skip'),
  {
    name: 'osf: without fingerprints everything is unknown',
    ruleset: asked(),
    steps: [lan(LINUX), lan('udp 10.0.0.2:1 > 192.0.2.2:80')],
  },
  {
    name: 'osf: where it may stand',
    ruleset:
      'table ip t { chain out { type filter hook output priority 0; }\n chain post { type filter hook postrouting priority 0; }\n chain pre { type filter hook prerouting priority 0; } }',
    steps: [
      { nft: 'add rule ip t out osf name "Linux"', refused: true },
      { nft: 'add rule ip t post osf name "Linux"', refused: true },
      { nft: 'add rule ip t pre osf name "Linux"' },
    ],
  },
  {
    name: 'osf: the match of iptables',
    xtables: {
      iptables: `
        -A FORWARD -p tcp -m osf --genre Linux --ttl 2
        -A FORWARD -p tcp -m osf --genre Linux
        -A FORWARD -p tcp -m osf ! --genre Linux --ttl 1
        -A FORWARD -p tcp -m osf --genre Windows --ttl 2 --log 1
        -A FORWARD -p tcp -m osf --genre Windows --ttl 1
        -A FORWARD -p tcp -m osf --genre unknown`,
    },
    steps: [LINUX, LINUX.replace('5840', '5841'), LINUX.replace(' syn', ' ack')].map(lan),
    fingerprints: SYSTEMS,
  },
];
