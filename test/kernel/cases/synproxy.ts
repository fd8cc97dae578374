// SYN proxies: the client is answered with a cookie, the server asked once it has come back.

import type { Case, Sent, Step } from '../case.ts';
import { type Cookie, cookiesOf } from '../cookie.ts';
import type { KnownDifference } from '../suite.ts';
import { at, bothAll, type Hosts, lan, wan } from './words.ts';

const ruleset = (options: string, more = ''): string => `table inet t {
  chain raw { type filter hook prerouting priority raw; policy accept;
    tcp dport 80 tcp flags & (syn|ack) == syn notrack
  }
  chain through { type filter hook forward priority filter; policy accept;
    ct state invalid,untracked meta l4proto tcp tcp dport 80 ${options} counter
    ct state invalid counter drop
    ct state established counter
    ct state new counter
    ${more}
  }
}`;

const ALL = 'synproxy mss 1460 wscale 7 timestamp sack-perm';

/** Everything of a client, and of a server. */
interface Ends {
  readonly client: string;
  readonly server: string;
}

const endsOf = (h: Hosts): Ends => ({ client: at(h.client, 4000), server: at(h.server, 80) });

/** What the client at that port was answered with. */
const known = (sent: readonly Sent[], client: string): Cookie =>
  cookiesOf(sent).get(Number(client.split(':').at(-1))) ?? { seq: 0, stamp: 0 };

/** A segment of the client that acknowledges the cookie and `more` bytes. */
const reply = ({ client, server }: Ends, words: string, stamps = '', more = 0): Step => ({
  on: 'eth0',
  answer: (sent) => {
    const { seq, stamp } = known(sent, client);
    const echo = stamps === '' ? '' : `${stamps} ${stamp}`;
    return `tcp ${client} > ${server} ${words} ack ${(seq + 1 + more) % 2 ** 32} ${echo}`;
  },
});

const SYN = 'syn seq 1000 win 64240 mss 1400 sackok ts 3000005000 0 nop wscale 6';
const SYN_ACK =
  'syn,ack seq 9000 ack 1001 win 28960 mss 1460 sackok ts 2000777000 3000005001 nop wscale 8';

const LOOSE = { 'net.netfilter.nf_conntrack_tcp_loose': 0 } as const;

const one = (
  name: string,
  rules: string,
  steps: readonly Step[],
  more: Partial<Case> = {},
): Case => ({
  name: `synproxy: ${name}`,
  ruleset: rules,
  steps,
  sysctl: LOOSE,
  chance: ['cookie'],
  ...more,
});

const opened = (e: Ends): Step[] => [
  lan(`tcp ${e.client} > ${e.server} ${SYN}`),
  reply(e, 'ack seq 1001 win 500', 'ts 3000005001'),
  wan(`tcp ${e.server} > ${e.client} ${SYN_ACK}`),
];

/** Of IPv6, Linux 6.18 drops everything but what a device has found sound: see `synproxyDifferences`. */
const IN_BOTH = ['a connection with every option', 'a checksum that is wrong'];

const inBoth = ({ name }: Case): boolean =>
  name.endsWith('IPv4') || IN_BOTH.some((words) => name.includes(words));

export const synproxies: readonly Case[] = bothAll((_l3, h) => {
  const e = endsOf(h);
  const { client, server } = e;
  return [
    one('a connection with every option, from its beginning to its end', ruleset(ALL), [
      ...opened(e),
      { look: 'conntrack' },
      reply(e, 'psh,ack seq 1001 win 500 data "GET"', 'ts 3000005002'),
      wan(`tcp ${server} > ${client} ack seq 9001 ack 1004 win 300 ts 2000777010 3000005002`),
      wan(
        `tcp ${server} > ${client} psh,ack seq 9001 ack 1004 win 300 ts 2000777011 3000005002 data "hello"`,
      ),
      reply(e, 'ack seq 1004 win 500', 'ts 3000005003', 5),
      wan(`tcp ${server} > ${client} fin,ack seq 9006 ack 1004 win 300 ts 2000777012 3000005003`),
      reply(e, 'fin,ack seq 1004 win 500', 'ts 3000005004', 6),
      wan(`tcp ${server} > ${client} ack seq 9007 ack 1005 win 300 ts 2000777013 3000005004`),
    ]),
    one('SACK blocks of the client speak of what the server said', ruleset(ALL), [
      ...opened(e),
      wan(
        `tcp ${server} > ${client} psh,ack seq 9001 ack 1001 win 300 ts 2000777011 3000005002 data "hello"`,
      ),
      {
        on: 'eth0',
        answer: (sent) => {
          const { seq, stamp } = known(sent, client);
          const edge = (n: number): number => (seq + n) % 2 ** 32;
          return `tcp ${client} > ${server} ack seq 1001 win 500 ack ${edge(1)} nop nop ts 3000005003 ${stamp} nop nop sack ${edge(3)}-${edge(6)}`;
        },
      },
    ]),
    one('a client without options', ruleset(ALL), [
      lan(`tcp ${client} > ${server} syn seq 1000 win 8192`),
      reply(e, 'ack seq 1001 win 8192'),
      wan(`tcp ${server} > ${client} syn,ack seq 9000 ack 1001 win 28960 mss 1460`),
      reply(e, 'psh,ack seq 1001 win 8192 data "GET"'),
      wan(`tcp ${server} > ${client} ack seq 9001 ack 1004 win 300`),
    ]),
    one(
      'a client with more options than the rule lets through',
      ruleset('synproxy mss 1300 wscale 5'),
      [
        lan(`tcp ${client} > ${server} ${SYN}`),
        reply(e, 'ack seq 1001 win 500', 'ts 3000005001'),
        wan(`tcp ${server} > ${client} ${SYN_ACK}`),
      ],
    ),
    one('a client without time stamps loses what they would have kept', ruleset(ALL), [
      lan(`tcp ${client} > ${server} syn seq 1000 win 64240 mss 1400 sackok nop wscale 6`),
      reply(e, 'ack seq 1001 win 500'),
      wan(`tcp ${server} > ${client} syn,ack seq 9000 ack 1001 win 28960 mss 1460`),
    ]),
    one(
      'the sizes a cookie can tell',
      ruleset(ALL),
      [
        ...[1, 535, 536, 1200, 1300, 1439, 1440, 1460, 9000].flatMap((mss, i): Step[] => {
          const other = at(h.client, 5000 + i);
          return [
            lan(`tcp ${other} > ${server} syn seq 1000 win 64240 mss ${mss}`),
            {
              on: 'eth0',
              answer: (sent) =>
                `tcp ${other} > ${server} ack seq 1001 win 500 ack ${(known(sent, other).seq + 1) % 2 ** 32}`,
            },
          ];
        }),
      ],
      { chance: ['cookie'] },
    ),
    one('a cookie that nobody was given', ruleset(ALL), [
      lan(`tcp ${client} > ${server} ack seq 1001 ack 12345 win 500`),
      lan(`tcp ${client} > ${server} ${SYN}`),
      reply(e, 'ack seq 1002 win 500', 'ts 3000005001'),
      {
        on: 'eth0',
        answer: (sent) =>
          `tcp ${at(h.client, 4001)} > ${server} ack seq 1001 win 500 ack ${(known(sent, client).seq + 1) % 2 ** 32}`,
      },
      reply(e, 'ack seq 1001 win 500', 'ts 3000005001', 1),
      reply(e, 'ack seq 1001 win 500', 'ts 3000005001'),
    ]),
    one('neither SYN nor ACK', ruleset(ALL), [
      lan(`tcp ${client} > ${server} rst seq 1001 win 500`),
      lan(`tcp ${client} > ${server} fin seq 1001 win 500`),
    ]),
    one('a SYN with congestion notification', ruleset('synproxy mss 1460 timestamp'), [
      lan(`tcp ${client} > ${server} syn,ece,cwr seq 1000 win 64240 mss 1400 ts 3000005000 0`),
      reply(e, 'ack seq 1001 win 500', 'ts 3000005001'),
    ]),
    one('a checksum that is wrong', ruleset(ALL), [
      lan(`tcp ${client} > ${server} syn seq 1000 win 64240 mss 1400 sum 1`),
    ]),
    one('the cookie is sent again while the server does not answer', ruleset(ALL), [
      lan(`tcp ${client} > ${server} ${SYN}`),
      reply(e, 'ack seq 1001 win 500', 'ts 3000005001'),
      reply(e, 'ack seq 1001 win 500', 'ts 3000005002'),
      reply(e, 'ack seq 1000 win 500', 'ts 3000005003'),
      reply(e, 'psh,ack seq 1001 win 500 data "GET"', 'ts 3000005004'),
      wan(`tcp ${server} > ${client} ${SYN_ACK}`),
    ]),
    one('the server answers twice', ruleset(ALL), [
      ...opened(e),
      wan(`tcp ${server} > ${client} ${SYN_ACK}`),
    ]),
    one('the server does not want it', ruleset(ALL), [
      lan(`tcp ${client} > ${server} ${SYN}`),
      reply(e, 'ack seq 1001 win 500', 'ts 3000005001'),
      wan(`tcp ${server} > ${client} rst,ack seq 0 ack 1001 win 0`),
      lan(`tcp ${client} > ${server} syn seq 2000 win 64240 mss 1400`),
    ]),
    one(
      'by name',
      `add table inet t
      add synproxy inet t s { mss 1300; wscale 5; timestamp sack-perm; }
      ${ruleset('synproxy name "s"')}`,
      [
        ...opened(e),
        { nft: 'add synproxy inet t s { mss 500; wscale 1; timestamp; }' },
        lan(`tcp ${at(h.client, 4001)} > ${server} ${SYN}`),
      ],
    ),
  ];
}).filter(inBoth);

export const synproxyDifferences: readonly KnownDifference[] = [
  {
    test: 'synproxy: a connection with every option, from its beginning to its end, IPv6',
    reason:
      'the kernel sums TCP over IPv6 with the pseudo header of IPv4 (nf_ip_checksum in nft_synproxy.c) and drops what no device has checked before; here it is as with a device that has',
  },
  {
    test: 'synproxy: the server does not want it, IPv4',
    reason:
      'a reset that is the only answer ends the entry at once, and what the proxy knew of it with it; the kernel still moves the number of that reset',
  },
];

export const synproxyRefusals: readonly Case[] = [
  {
    name: 'synproxy: where it may stand',
    ruleset:
      'table ip t { chain in { type filter hook input priority 0; }\n chain through { type filter hook forward priority 0; }\n chain pre { type filter hook prerouting priority 0; }\n chain out { type filter hook output priority 0; } }',
    steps: [
      { nft: 'add rule ip t pre tcp dport 80 synproxy mss 1460', refused: true },
      { nft: 'add rule ip t out tcp dport 80 synproxy mss 1460', refused: true },
      { nft: 'add rule ip t in tcp dport 80 synproxy mss 1460' },
      { nft: 'add rule ip t through tcp dport 80 synproxy mss 1460 wscale 7 timestamp sack-perm' },
    ],
  },
];
