// Headers beyond the plain ones: IPv4 options, IPv6 extension headers, and transports other than
// TCP, UDP and ICMP through filter, state and translation.

import type { Case, Step } from '../case.ts';
import {
  AUTHENTICATION,
  DESTINATION,
  HOP_BY_HOP,
  ROUTING,
  withHeaders6,
  withOptions4,
} from './crafted.ts';
import { at, both, filter, lan, wan } from './words.ts';

const from = (packet: Uint8Array | string): Step => ({ on: 'eth0', packet });

const UDP4 = 'udp 10.0.0.2:1024 > 192.0.2.2:53 data "query"';
const UDP6 = 'udp [2001:db8::2]:1024 > [2001:db8:1::2]:53 data "query"';
const TO_ROUTER4 = 'icmp 10.0.0.2 > 10.0.0.1 echo-request id 3 seq 1 data "hello"';
const TO_ROUTER6 = 'icmp6 2001:db8::2 > 2001:db8::1 echo-request id 3 seq 1 data "hello"';

/** Kinds of RFC 791 §3.1 and RFC 2113. */
const OPTIONS: Readonly<Record<string, string>> = {
  'router alert': '94040000',
  'no operations': '01010101',
  'an end of list': '00000000',
  'loose source route with two slots': '830b04 00000000 00000000',
  'a loose source route that is used up': '830708 c0000201',
  'record route': '070b04 00000000 00000000',
  'record route with a slot for this host alone': '070704 00000000',
  'a record route that is full': '070708 c0000201',
  'a record route with half a slot for the answer': '070904 000000000000',
  'a record route with half a slot': '070604 000000',
  'a record route that points into itself': '070703 00000000',
  'a record route without a pointer': '070201',
  'two source routes': '830704c0000209 890704c0000209',
  'a source route of odd length': '830804c000020900',
  'two router alerts': '94040001 94040000',
  'two record routes': '070704 00000000 070704 00000000',
  'a timestamp that is full': '44080900 00000001',
  'a timestamp that nobody found room in too often': '440809f0 00000001',
  timestamps: '440c0500 00000000 00000000',
  'a timestamp for this host alone': '44080500 00000000',
  'timestamps with half a slot for the answer': '440a0500 00000000 0000',
  'a timestamp with half a slot': '44070500 000000',
  'a timestamp that points into itself': '44080400 00000000',
  'a timestamp without a pointer': '440305',
  'two timestamps': '44080500 00000000 44080500 00000000',
  'timestamps with addresses': '44140501 00000000 00000000 00000000 00000000',
  'a timestamp with an address for this host alone': '440c0501 00000000 00000000',
  'a timestamp with an address without room for the time': '44080501 00000000',
  'timestamps with addresses, and no room for the time of the answer':
    '44100501 00000000 00000000 00000000',
  'timestamps with addresses, and no room for the address of the answer':
    '440e0501 00000000 00000000 0000',
  'timestamps of given hosts, this one first': '44140503 0a000001 00000000 c0000209 00000000',
  'timestamps of given hosts, this one twice': '44140503 0a000001 00000000 c0000201 00000000',
  'timestamps of given hosts, another first': '44140503 c0000209 00000000 0a000001 00000000',
  'timestamps of given hosts, and half of one more': '44100503 0a000001 00000000 c0000201',
  'a timestamp of a given host that is everybody': '440c0503 0a0000ff 00000000',
  'a timestamp of a given host without room for the time': '44080503 0a000001',
  'a timestamp of a kind nobody knows': '440c0502 00000000 00000000',
  'two timestamps of a kind nobody knows': '44080507 00000000 44080507 00000000',
  'a timestamp of a kind nobody knows, with half a slot': '44070502 000000',
  'timestamps before a record route': '440c0500 00000000 00000000 070b04 00000000 00000000',
  'a record route before what is wrong': '070b04 00000000 00000000 44080400 00000000',
  'timestamps before a security label': '440c0500 00000000 00000000 860800000001 0102',
  'loose source route': '830000',
  'a source route': '830704c0000209',
  'strict source route': '890704c0000209',
  'an option with length 0': '8200',
  'an option longer than the header': '82ff0000',
  'an unknown option': '9e040000',
  'security options': '820b0000000000000000000000',
};

const RULES4 = filter({
  forward: `ip hdrlength 5 counter
            ip hdrlength 6-15 counter
            udp dport 53 counter
            ip option ra exists counter
            ip option lsrr exists counter
            ip option rr exists counter
            ip option ssrr exists counter
            ip option ra value 0 counter
            ct state new counter
            ct state invalid counter`,
  input: 'counter',
});

const options: Case[] = Object.entries(OPTIONS).flatMap(([name, bytes]) => [
  {
    name: `IPv4 options: ${name}, forwarded`,
    ruleset: RULES4,
    steps: [from(withOptions4(UDP4, bytes))],
    chance: ['optime'],
  },
  {
    name: `IPv4 options: ${name}, rejected`,
    ruleset: filter({ forward: 'reject' }),
    steps: [from(withOptions4(UDP4, bytes))],
    chance: ['optime'],
  },
  {
    name: `IPv4 options: ${name}, to the router itself`,
    ruleset: RULES4,
    steps: [from(withOptions4(TO_ROUTER4, bytes))],
    chance: ['optime'],
  },
  {
    name: `IPv4 options: ${name}, to a port of the router nobody listens on`,
    ruleset: filter({}),
    steps: [from(withOptions4('tcp 10.0.0.2:1024 > 10.0.0.1:81 syn seq 1', bytes))],
    chance: ['optime'],
  },
]);

type Headers = readonly (readonly [number, string])[];

const PADDING = '00 01 04 00000000';
/** Extension headers by what they are; bytes from their length on. */
const HEADERS: Readonly<Record<string, Headers>> = {
  'hop-by-hop': [[HOP_BY_HOP, PADDING]],
  'hop-by-hop with router alert': [[HOP_BY_HOP, '00 0502 0000 0100']],
  'destination options': [[DESTINATION, PADDING]],
  'a routing header of type 0': [[ROUTING, '00 00 00 00000000']],
  'a routing header of type 0 with segments left': [
    [ROUTING, '02 00 01 00000000 20010db8000100000000000000000009'],
  ],
  'a routing header of type 4': [[ROUTING, '00 04 00 00000000']],
  'hop-by-hop, destination and routing': [
    [HOP_BY_HOP, PADDING],
    [DESTINATION, PADDING],
    [ROUTING, '00 02 00 00000000'],
  ],
  'an authentication header': [
    [AUTHENTICATION, '04 0000 00000001 00000001 000000000000000000000000'],
  ],
  'hop-by-hop behind another header': [
    [DESTINATION, PADDING],
    [HOP_BY_HOP, PADDING],
  ],
  'an option to skip': [[HOP_BY_HOP, '00 1e04 00000000']],
  'an option that discards': [[HOP_BY_HOP, '00 5e04 00000000']],
  'an option that discards and complains': [[HOP_BY_HOP, '00 9e04 00000000']],
  'a destination option that complains': [[DESTINATION, '00 9e04 00000000']],
  'an option longer than its header': [[HOP_BY_HOP, '00 1e40 00000000']],
  'a header longer than the packet': [[DESTINATION, 'ff 01 04 00000000']],
};

const RULES6 = filter({
  forward: `udp dport 53 counter
            meta l4proto udp counter
            ip6 nexthdr udp counter
            exthdr hbh exists counter
            exthdr dst exists counter
            exthdr rt exists counter
            rt type 0 counter
            rt seg-left 1 counter
            hbh nexthdr udp counter
            dst hdrlength 0 counter
            meta l4proto ah counter
            ah spi 1 counter
            ct state new counter
            ct state invalid counter`,
  input: 'counter',
});

const extensions: Case[] = Object.entries(HEADERS).flatMap(([name, headers]) => [
  {
    name: `IPv6 headers: ${name}, forwarded`,
    ruleset: RULES6,
    steps: [from(withHeaders6(UDP6, headers))],
  },
  {
    name: `IPv6 headers: ${name}, rejected`,
    ruleset: filter({ forward: 'reject' }),
    steps: [from(withHeaders6(UDP6, headers))],
  },
  {
    name: `IPv6 headers: ${name}, to the router itself`,
    ruleset: RULES6,
    steps: [from(withHeaders6(TO_ROUTER6, headers))],
  },
  {
    name: `IPv6 headers: ${name}, at ingress`,
    ruleset: `table netdev t { chain in { type filter hook ingress device "eth0" priority 0;
        udp dport 53 counter
        meta l4proto udp counter
        exthdr hbh exists counter
        exthdr dst exists counter
        meta l4proto ah counter
      } }`,
    steps: [from(withHeaders6(UDP6, headers))],
  },
]);

const STATES = filter({
  forward: `ct state new counter
            ct state established counter
            ct state invalid counter
            sctp dport 53 counter
            dccp dport 53 counter
            udplite dport 53 counter
            th dport 53 counter
            meta l4proto { gre, esp, ah } counter`,
});

const NAT = (l3: 'ip' | 'ip6'): string =>
  `table ${l3} nat { chain post { type nat hook postrouting priority 100; oifname "eth1" masquerade
  } }
  ${STATES}`;

const conversations: Readonly<
  Record<string, readonly (readonly ['up' | 'down', string, string])[]>
> = {
  'UDP-Lite': [
    ['up', 'udplite', 'coverage 8 data "abc"'],
    ['down', 'udplite', 'coverage 8 data "abc"'],
  ],
  SCTP: [
    ['up', 'sctp', 'init tag 7'],
    ['down', 'sctp', 'init-ack vtag 7 tag 9'],
    ['up', 'sctp', 'cookie-echo vtag 9'],
    ['down', 'sctp', 'cookie-ack vtag 7'],
    ['up', 'sctp', 'data "x" vtag 9 tsn 1'],
    ['down', 'sctp', 'sack vtag 7'],
    ['up', 'sctp', 'shutdown vtag 9'],
    ['down', 'sctp', 'shutdown-ack vtag 7'],
    ['up', 'sctp', 'shutdown-complete vtag 9'],
  ],
  'SCTP with a wrong tag': [
    ['up', 'sctp', 'init tag 7'],
    ['down', 'sctp', 'init-ack vtag 8 tag 9'],
    ['up', 'sctp', 'cookie-echo vtag 10'],
  ],
  'SCTP that begins with data': [['up', 'sctp', 'data "x" vtag 9 tsn 1']],
  'SCTP heartbeat first': [
    ['up', 'sctp', 'heartbeat vtag 9'],
    ['down', 'sctp', 'heartbeat-ack vtag 9'],
  ],
  'SCTP abort': [
    ['up', 'sctp', 'init tag 7'],
    ['down', 'sctp', 'abort vtag 7'],
  ],
  DCCP: [
    ['up', 'dccp', 'request seq 1 service 5'],
    ['down', 'dccp', 'response seq 9 ack 1 service 5'],
    ['up', 'dccp', 'ack seq 2 ack 9'],
    ['down', 'dccp', 'reset seq 10 ack 2'],
  ],
};

const transports: Case[] = Object.entries(conversations).flatMap(([name, talk]) =>
  both((_, h) => ({
    name: `${name} is tracked`,
    ruleset: STATES,
    steps: talk.map(([way, protocol, words]) =>
      way === 'up'
        ? lan(`${protocol} ${at(h.client, 1024)} > ${at(h.server, 53)} ${words}`)
        : wan(`${protocol} ${at(h.server, 53)} > ${at(h.client, 1024)} ${words}`),
    ),
  })).concat(
    both((l3, h) => ({
      name: `${name} is translated`,
      ruleset: NAT(l3),
      steps: talk.map(([way, protocol, words]) =>
        way === 'up'
          ? lan(`${protocol} ${at(h.client, 1024)} > ${at(h.server, 53)} ${words}`)
          : wan(`${protocol} ${at(h.server, 53)} > ${at(h.wan, 1024)} ${words}`),
      ),
    })),
  ),
);

const portless: Case[] = ['gre', 'esp', 'ah'].flatMap((protocol) =>
  both((l3, h) => {
    const packet = (a: string, b: string): string => {
      if (protocol === 'gre') return `gre ${a} > ${b} key 7 carrying (udp 10.9.9.1:1 > 10.9.9.2:2)`;
      if (protocol === 'esp') return `esp ${a} > ${b} spi 5 seq 1 data "secret bytes"`;
      return `ip ${a} > ${b} proto 51 hex 110400000000000100000001000000000000000000000000`;
    };
    return {
      name: `${protocol} out and back under masquerade`,
      ruleset: NAT(l3),
      steps: [lan(packet(h.client, h.server)), wan(packet(h.server, h.wan))],
    };
  }),
);

/** What cannot be right, or is right in an odd way. */
const odd: Case[] = [
  'tcp 10.0.0.2:1 > 192.0.2.2:80 syn seq 1 win 1 opt 254 0x0102 nop',
  'tcp 10.0.0.2:0 > 192.0.2.2:80 syn seq 1 win 1',
  'udp 10.0.0.2:0 > 192.0.2.2:0 data "x"',
  'tcp 10.0.0.2:1 > 192.0.2.2:80 syn seq 1 win 1 sum 0',
  'udp 10.0.0.2:1 > 192.0.2.2:80 data "x" ipsum 0xbad',
  'sctp 10.0.0.2:1 > 192.0.2.2:80 init tag 7 sum 1',
  'icmp 10.0.0.2 > 192.0.2.2 echo-request id 1 seq 1 sum 0xbad',
  // Lengths: a TCP header of 4 words, one that ends behind the packet, UDP longer and shorter than it is.
  'hex 450000280000000040065dc10a000002c0000202000100500000000100000000400200010000000000',
  'hex 450000280000000040065dc10a000002c00002020001005000000001000000006002000100000000',
  'hex 4500001c0000000040115dc20a000002c0000202000100350009ffff',
  'hex 450000200000000040115dbe0a000002c000020200010035000800000000ffff',
  'hex 4500001b0000000040115dc30a000002c00002020001003500070000',
  'hex 450000180000000040115dc60a000002c000020200010035',
  'hex 4500001c0000000040115dc20a000002c00002020001003500080000ffffffff',
].map((packet, i) => ({
  name: `an odd packet, ${i}: ${packet.slice(0, 60)}`,
  ruleset: `table netdev t { chain in { type filter hook ingress device "eth0" priority 0; tcp dport 80 counter
    udp dport 53 counter
    counter
  } }
  ${filter({ prerouting: 'counter', forward: 'ct state new counter\nct state invalid counter\ntcp dport 80 counter\nudp dport 53 counter\ntcp option 254 exists counter\ncounter' })}`,
  steps: [lan(packet)],
}));

export const headers: readonly Case[] = [
  ...options,
  ...extensions,
  ...transports,
  ...portless,
  ...odd,
];
