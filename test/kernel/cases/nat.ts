// Network address translation: who is translated to what, once per flow, replies and errors too.

import type { Case, Step } from '../case.ts';
import { at, both, dmz, handshake, type L3, lan, local, wan } from './words.ts';

/** A nat table of the family with chains by hook. */
const nat = (l3: L3 | 'inet', chains: Readonly<Record<string, string>>, more = ''): string =>
  `table ${l3} nat {\n${more}${Object.entries(chains)
    .map(
      ([hook, rules]) =>
        `chain ${hook} { type nat hook ${hook} priority ${hook === 'postrouting' || hook === 'input' ? 100 : -100}; policy accept;\n${rules}\n}`,
    )
    .join('\n')}\n}\n`;

const PUBLIC = { ip: '192.0.2.9', ip6: '2001:db8:1::9' } as const;
const SERVICE = { ip: '10.0.2.2', ip6: '2001:db8:2::2' } as const;

const source: Case[] = [
  ...both((l3, h) => ({
    name: 'SNAT: TCP out and back',
    ruleset: nat(l3, { postrouting: `oifname "eth1" counter snat to ${PUBLIC[l3]}` }),
    steps: [
      lan(`tcp ${at(h.client, 40000)} > ${at(h.server, 80)} syn seq 1000 win 64240 mss 1460`),
      wan(`tcp ${at(h.server, 80)} > ${at(PUBLIC[l3], 40000)} syn,ack seq 5000 ack 1001 win 65160`),
      lan(`tcp ${at(h.client, 40000)} > ${at(h.server, 80)} ack seq 1001 ack 5001 win 64240`),
    ],
  })),
  ...both((l3, h) => ({
    name: 'SNAT: UDP out and back, the rule counts the first packet only',
    ruleset: nat(l3, { postrouting: `oifname "eth1" counter snat to ${PUBLIC[l3]}` }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "query"`),
      wan(`udp ${at(h.server, 53)} > ${at(PUBLIC[l3], 1024)} data "answer"`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "query"`),
    ],
  })),
  ...both((l3, h) => ({
    name: 'SNAT: echo out and back',
    ruleset: nat(l3, { postrouting: `oifname "eth1" snat to ${PUBLIC[l3]}` }),
    steps: [
      lan(`${h.icmp} ${h.client} > ${h.server} echo-request id 7 seq 1 data "ping"`),
      wan(`${h.icmp} ${h.server} > ${PUBLIC[l3]} echo-reply id 7 seq 1 data "ping"`),
    ],
  })),
  ...both((l3, h) => ({
    name: 'SNAT: two clients with the same port to one server; the second gets another port',
    ruleset: nat(l3, { postrouting: `oifname "eth1" snat to ${PUBLIC[l3]}` }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "a"`),
      lan(`udp ${at(h.other, 1024)} > ${at(h.server, 53)} data "b"`),
    ],
    chance: ['port'],
  })),
  ...both((l3, h) => ({
    name: 'SNAT: the same port towards different servers may be shared',
    ruleset: nat(l3, { postrouting: `oifname "eth1" snat to ${PUBLIC[l3]}` }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "a"`),
      lan(`udp ${at(h.other, 1024)} > ${at(h.server, 54)} data "b"`),
    ],
  })),
  ...both((l3, h) => ({
    name: 'SNAT to a port range keeps a port that lies in it',
    ruleset: nat(l3, {
      postrouting: `oifname "eth1" meta l4proto udp snat to ${l3 === 'ip' ? PUBLIC.ip : `[${PUBLIC.ip6}]`}:1000-2000`,
    }),
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "a"`)],
  })),
  ...both((l3, h) => ({
    name: 'SNAT to one port',
    ruleset: nat(l3, {
      postrouting: `oifname "eth1" meta l4proto udp snat to ${l3 === 'ip' ? PUBLIC.ip : `[${PUBLIC.ip6}]`}:7777`,
    }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "a"`),
      wan(`udp ${at(h.server, 53)} > ${at(PUBLIC[l3], 7777)} data "b"`),
    ],
  })),
  ...both((l3, h) => ({
    name: 'masquerade takes the address of the way out',
    ruleset: nat(l3, { postrouting: 'oifname "eth1" counter masquerade' }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "a"`),
      wan(`udp ${at(h.server, 53)} > ${at(h.wan, 1024)} data "b"`),
      dmz(`udp ${at(h.dmz, 1024)} > ${at(h.server, 53)} data "c"`),
    ],
    chance: ['port'],
  })),
  ...both((_, h) => ({
    name: 'masquerade in an inet table',
    ruleset: nat('inet', { postrouting: 'oifname "eth1" masquerade' }),
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "a"`)],
  })),
  ...both((l3, h) => ({
    name: 'UDP checksum 0 stays 0 under translation',
    ruleset: nat(l3, { postrouting: `oifname "eth1" snat to ${PUBLIC[l3]}` }),
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "a" nosum`)],
  })),
  ...both((l3, h) => ({
    name: 'an unknown protocol is translated by address alone',
    ruleset: nat(l3, { postrouting: `oifname "eth1" snat to ${PUBLIC[l3]}` }),
    steps: [
      lan(`ip ${h.client} > ${h.server} proto 253 data "x"`),
      wan(`ip ${h.server} > ${PUBLIC[l3]} proto 253 data "y"`),
    ],
  })),
  ...both((l3, h) => ({
    name: 'the port class below 512 is kept on a clash',
    ruleset: nat(l3, { postrouting: `oifname "eth1" snat to ${PUBLIC[l3]}` }),
    steps: [
      lan(`udp ${at(h.client, 123)} > ${at(h.server, 123)} data "a"`),
      lan(`udp ${at(h.other, 123)} > ${at(h.server, 123)} data "b"`),
    ],
    chance: ['port'],
  })),
];

const destination: Case[] = [
  ...both((l3, h) => ({
    name: 'DNAT: a service in the DMZ, out and back',
    ruleset: nat(l3, { prerouting: `iifname "eth1" tcp dport 80 counter dnat to ${SERVICE[l3]}` }),
    steps: [
      wan(`tcp ${at(h.server, 40000)} > ${at(h.wan, 80)} syn seq 1000 win 64240 mss 1460`),
      dmz(
        `tcp ${at(SERVICE[l3], 80)} > ${at(h.server, 40000)} syn,ack seq 5000 ack 1001 win 65160`,
      ),
      wan(`tcp ${at(h.server, 40000)} > ${at(h.wan, 80)} ack seq 1001 ack 5001 win 64240`),
    ],
  })),
  ...both((l3, h) => ({
    name: 'DNAT to another port',
    ruleset: nat(l3, {
      prerouting: `iifname "eth1" tcp dport 80 dnat to ${l3 === 'ip' ? SERVICE.ip : `[${SERVICE.ip6}]`}:8080`,
    }),
    steps: [
      wan(`tcp ${at(h.server, 40000)} > ${at(h.wan, 80)} syn seq 1000 win 64240`),
      dmz(
        `tcp ${at(SERVICE[l3], 8080)} > ${at(h.server, 40000)} syn,ack seq 5000 ack 1001 win 65160`,
      ),
    ],
  })),
  ...both((l3, h) => ({
    name: 'DNAT by a map of ports to addresses',
    ruleset: nat(l3, {
      prerouting: `dnat to tcp dport map { 80 : ${SERVICE[l3]}, 81 : ${h.client} }`,
    }),
    steps: [80, 81, 82].map((p) =>
      wan(`tcp ${at(h.server, 40000)} > ${at(h.wan, p)} syn seq 1000 win 64240`),
    ),
  })),
  ...both((l3, h) => ({
    name: 'redirect sends to the router itself; a closed port answers under the old address',
    ruleset: nat(l3, { prerouting: 'tcp dport 80 counter redirect to :3128' }),
    steps: [lan(`tcp ${at(h.client, 40000)} > ${at(h.server, 80)} syn seq 1000 win 64240`)],
  })),
  ...both((l3, h) => ({
    name: 'DNAT and SNAT on one flow',
    ruleset: nat(l3, {
      prerouting: `tcp dport 80 dnat to ${SERVICE[l3]}`,
      postrouting: 'oifname "eth2" masquerade',
    }),
    steps: [
      wan(`tcp ${at(h.server, 40000)} > ${at(h.wan, 80)} syn seq 1000 win 64240`),
      dmz(
        `tcp ${at(SERVICE[l3], 80)} > ${at(l3 === 'ip' ? '10.0.2.1' : '2001:db8:2::1', 40000)} syn,ack seq 5000 ack 1001 win 65160`,
      ),
    ],
  })),
  ...both((l3, h) => ({
    name: 'hairpin: a client reaches its own neighbour through the public address',
    ruleset: nat(l3, {
      prerouting: `${l3} daddr ${h.wan} udp dport 53 dnat to ${h.other}`,
      postrouting: `${l3} saddr ${h.client} oifname "eth0" masquerade`,
    }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.wan, 53)} data "q"`),
      lan(`udp ${at(h.other, 53)} > ${at(h.router, 1024)} data "a"`),
    ],
  })),
  {
    name: 'DNAT in output of a local packet is routed again',
    ruleset: nat('ip', { output: 'ip daddr 192.0.2.77 dnat to 10.0.2.2' }),
    steps: [
      local('udp 10.0.0.1:5000 > 192.0.2.77:53 id 7 data "x"'),
      dmz('udp 10.0.2.2:53 > 10.0.0.1:5000 data "y"'),
    ],
  },
  {
    name: 'redirect in output goes to loopback',
    ruleset: nat('ip', { output: 'udp dport 53 redirect to :5353' }),
    steps: [local('udp 10.0.0.1:5000 > 192.0.2.7:53 id 7 data "x"')],
  },
  ...both((l3, h) => ({
    name: 'the filter sees the translated destination in forward and the old source',
    ruleset: `${nat(l3, { prerouting: `tcp dport 80 dnat to ${SERVICE[l3]}`, postrouting: 'oifname "eth2" masquerade' })}
      table inet f { chain forwarded { type filter hook forward priority 0; policy accept;
        ${l3} daddr ${SERVICE[l3]} counter
        ${l3} saddr ${h.server} counter
        ct status dnat counter
        ct status snat counter
        meta l4proto tcp ct original proto-dst 80 counter } }`,
    steps: [
      wan(`tcp ${at(h.server, 40000)} > ${at(h.wan, 80)} syn seq 1000 win 64240`),
      dmz(
        `tcp ${at(SERVICE[l3], 80)} > ${at(l3 === 'ip' ? '10.0.2.1' : '2001:db8:2::1', 40000)} syn,ack seq 5000 ack 1001 win 65160`,
      ),
    ],
  })),
];

const unreachable = (l3: L3): string => (l3 === 'ip' ? 'port-unreachable' : 'port-unreachable');

const errors: Case[] = [
  ...both((l3, h) => ({
    name: 'an ICMP error about a SNATed flow is translated, quote and all',
    ruleset: nat(l3, { postrouting: `oifname "eth1" snat to ${PUBLIC[l3]}` }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "query"`),
      wan(
        `${h.icmp} ${h.server} > ${PUBLIC[l3]} ${unreachable(l3)} quoting (udp ${at(PUBLIC[l3], 1024)} > ${at(h.server, 53)} data "query" ttl 63)`,
      ),
    ],
  })),
  ...both((l3, h) => ({
    name: 'an ICMP error about a DNATed flow comes from the public address',
    ruleset: nat(l3, { prerouting: `udp dport 53 dnat to ${SERVICE[l3]}` }),
    steps: [
      wan(`udp ${at(h.server, 1024)} > ${at(h.wan, 53)} data "query"`),
      dmz(
        `${h.icmp} ${SERVICE[l3]} > ${h.server} ${unreachable(l3)} quoting (udp ${at(h.server, 1024)} > ${at(SERVICE[l3], 53)} data "query" ttl 63)`,
      ),
    ],
  })),
  ...both((l3, h) => ({
    name: "the router's own TTL exceeded about a SNATed flow quotes the client's packet",
    ruleset: nat(l3, { postrouting: `oifname "eth1" snat to ${PUBLIC[l3]}` }),
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "query" ttl 1`)],
  })),
  ...both((l3, h) => ({
    name: 'an ICMP error inside a flow with both translations',
    ruleset: nat(l3, {
      prerouting: `udp dport 53 dnat to ${SERVICE[l3]}`,
      postrouting: 'oifname "eth2" masquerade',
    }),
    steps: [
      wan(`udp ${at(h.server, 1024)} > ${at(h.wan, 53)} data "query"`),
      dmz(
        `${h.icmp} ${SERVICE[l3]} > ${l3 === 'ip' ? '10.0.2.1' : '2001:db8:2::1'} ${unreachable(l3)} quoting (udp ${at(l3 === 'ip' ? '10.0.2.1' : '2001:db8:2::1', 1024)} > ${at(SERVICE[l3], 53)} data "query" ttl 63)`,
      ),
    ],
  })),
];

const once: Case[] = [
  ...both((_, h) => ({
    name: 'nat to IPv4 addresses in an inet table tracks IPv4 alone',
    ruleset: nat('inet', { postrouting: 'udp dport 9 snat ip to 192.0.2.9' }),
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`)],
  })),
  ...both((_, h) => ({
    name: 'a port taken by another flow as its reply is given to nobody else',
    ruleset: nat('inet', { postrouting: 'oifname "eth1" masquerade' }),
    steps: [
      lan(`udp ${at(h.client, 5353)} > ${at(h.server, 22)}`),
      wan(`udp ${at(h.server, 22)} > ${at(h.client, 5353)}`),
    ],
    chance: ['port'],
  })),
  ...both((l3, h) => ({
    name: 'a flow that is established keeps its way when rules change',
    ruleset: `${nat(l3, { postrouting: `oifname "eth1" counter snat to ${PUBLIC[l3]}` })}
      table inet f { chain c { type filter hook forward priority 0; policy accept; ct state new counter
      } }`,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "1"`),
      { nft: `flush chain ${l3} nat postrouting` } satisfies Step,
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "2"`),
      lan(`udp ${at(h.client, 1025)} > ${at(h.server, 53)} data "3"`),
    ],
  })),
  ...both((l3, h) => ({
    name: 'without the last rule that needs it, nothing is tracked and nothing translated',
    ruleset: nat(l3, { postrouting: `oifname "eth1" counter snat to ${PUBLIC[l3]}` }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "1"`),
      { nft: `flush chain ${l3} nat postrouting` } satisfies Step,
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "2"`),
    ],
  })),
  ...both((l3, h) => ({
    name: 'a flow older than the rules is not translated',
    ruleset: `table inet f { chain c { type filter hook forward priority 0; policy accept; ct state new counter
      } }`,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "1"`),
      {
        nft: nat(l3, { postrouting: `oifname "eth1" counter snat to ${PUBLIC[l3]}` }),
      } satisfies Step,
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "2"`),
      lan(`udp ${at(h.client, 1025)} > ${at(h.server, 53)} data "3"`),
    ],
  })),
  ...both((l3, h) => ({
    name: 'accept in a nat chain leaves the flow alone',
    ruleset: nat(l3, { postrouting: `udp dport 53 counter accept\ncounter snat to ${PUBLIC[l3]}` }),
    steps: [53, 54].map((p) => lan(`udp ${at(h.client, 1024)} > ${at(h.server, p)}`)),
  })),
  {
    name: 'an untracked packet is not translated',
    ruleset: `table ip raw { chain pre { type filter hook prerouting priority raw; policy accept; notrack
      } }
      ${nat('ip', { postrouting: 'counter snat to 192.0.2.9' })}`,
    steps: [lan('udp 10.0.0.2:1024 > 192.0.2.2:53')],
  },
  {
    name: 'TCP under SNAT from SYN to TIME_WAIT',
    ruleset: nat('ip', { postrouting: 'oifname "eth1" snat to 192.0.2.1' }),
    steps: [
      ...handshake({ from: '10.0.0.2:40000', to: '192.0.2.2:80' })
        .filter((s) => 'on' in s && s.on === 'eth0')
        .slice(0, 1),
      wan('tcp 192.0.2.2:80 > 192.0.2.1:40000 syn,ack seq 5000 ack 1001 win 65160'),
      lan('tcp 10.0.0.2:40000 > 192.0.2.2:80 ack seq 1001 ack 5001 win 64240'),
      lan('tcp 10.0.0.2:40000 > 192.0.2.2:80 fin,ack seq 1001 ack 5001 win 64240'),
      wan('tcp 192.0.2.2:80 > 192.0.2.1:40000 fin,ack seq 5001 ack 1002 win 65160'),
      lan('tcp 10.0.0.2:40000 > 192.0.2.2:80 ack seq 1002 ack 5002 win 64240'),
    ],
  },
];

export const translation: readonly Case[] = [...source, ...destination, ...errors, ...once];
