// What the router says of its own: ICMP errors, resets, echoes, to the byte.

import type { Case, Topology } from '../case.ts';
import { ROUTER } from '../topology.ts';
import { at, both, filter, lan, wan } from './words.ts';

/** The DMZ's link carries 1300 bytes. */
const SMALL_DMZ: Topology = {
  ...ROUTER,
  interfaces: ROUTER.interfaces.map((i) => (i.name === 'eth2' ? { ...i, mtu: 1300 } : i)),
};

const reject = (statement: string) =>
  both((_, h) => ({
    name: `${statement} answers UDP`,
    ruleset: filter({ forward: statement }),
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "some payload here"`)],
  }));

const rejects: Case[] = [
  ...[
    'reject',
    'reject with icmpx type host-unreachable',
    'reject with icmpx type admin-prohibited',
    'reject with icmpx type no-route',
  ].flatMap(reject),
  ...both((_, h) => ({
    name: 'reject with tcp reset answers a SYN',
    ruleset: filter({ forward: 'meta l4proto tcp counter reject with tcp reset' }),
    steps: [
      lan(`tcp ${at(h.client, 40000)} > ${at(h.server, 80)} syn seq 1000 win 64240 mss 1460`),
    ],
  })),
  ...both((_, h) => ({
    name: 'reject with tcp reset answers a segment with an acknowledgement',
    ruleset: filter({ forward: 'meta l4proto tcp counter reject with tcp reset' }),
    steps: [
      lan(
        `tcp ${at(h.client, 40000)} > ${at(h.server, 80)} psh,ack seq 1000 ack 777 win 64240 data "hello"`,
      ),
    ],
  })),
  ...both((_, h) => ({
    name: 'a RST is not answered by a reset',
    ruleset: filter({ forward: 'meta l4proto tcp counter reject with tcp reset' }),
    steps: [lan(`tcp ${at(h.client, 40000)} > ${at(h.server, 80)} rst seq 1000 win 0`)],
  })),
  ...both((_, h) => ({
    name: 'a segment with a wrong checksum is not answered by a reset',
    ruleset: filter({ forward: 'meta l4proto tcp counter reject with tcp reset' }),
    steps: [
      lan(`tcp ${at(h.client, 40000)} > ${at(h.server, 80)} syn seq 1000 win 64240 sum 0xbad`),
    ],
  })),
  ...both((_, h) => ({
    name: 'reject in input',
    ruleset: filter({ input: 'udp dport 53 reject\ntcp dport 80 reject with tcp reset' }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.router, 53)} data "x"`),
      lan(`tcp ${at(h.client, 1024)} > ${at(h.router, 80)} syn seq 1 win 100`),
    ],
  })),
  ...both((_, h) => ({
    name: 'reject in prerouting',
    ruleset: filter({ prerouting: 'udp dport 53 reject\ntcp dport 80 reject with tcp reset' }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "x"`),
      lan(`tcp ${at(h.client, 1024)} > ${at(h.server, 80)} syn seq 1 win 100`),
    ],
  })),
  ...both((_, h) => ({
    name: 'an ICMP error is never answered by an ICMP error',
    ruleset: filter({ forward: 'reject' }),
    steps: [
      wan(
        `${h.icmp} ${h.server} > ${h.client} port-unreachable quoting (udp ${at(h.client, 1)} > ${at(h.server, 2)} data "q")`,
      ),
    ],
  })),
  ...both((_, h) => ({
    name: 'a long packet is quoted up to the limit',
    ruleset: filter({ forward: 'reject' }),
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} len 1400`)],
  })),
];

const stack: Case[] = [
  ...both((_, h) => ({
    name: 'TTL runs out',
    ruleset: filter({ forward: 'counter' }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "abc" ttl 1`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "abc" ttl 2`),
      lan(`tcp ${at(h.client, 1024)} > ${at(h.server, 53)} syn seq 1 win 1 ttl 1`),
    ],
  })),
  ...both((_, h) => ({
    name: 'a closed UDP port of the router',
    ruleset: filter({ input: 'counter', output: 'counter' }),
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.router, 9)} data "abc"`)],
  })),
  ...both((_, h) => ({
    name: 'a closed TCP port of the router',
    ruleset: filter({ input: 'counter', output: 'counter' }),
    steps: [
      lan(`tcp ${at(h.client, 1024)} > ${at(h.router, 9)} syn seq 1000 win 64240 mss 1460`),
      lan(
        `tcp ${at(h.client, 1025)} > ${at(h.router, 9)} psh,ack seq 1000 ack 555 win 64240 data "abc"`,
      ),
    ],
  })),
  ...both((_, h) => ({
    name: 'an unknown protocol to the router',
    ruleset: filter({ input: 'counter' }),
    steps: [lan(`ip ${h.client} > ${h.router} proto 253 data "abc"`)],
  })),
  ...both((_, h) => ({
    name: 'echo to the router',
    ruleset: filter({ input: 'counter', output: 'counter' }),
    steps: [
      lan(`${h.icmp} ${h.client} > ${h.router} echo-request id 77 seq 3 data "hello router" tos 8`),
    ],
  })),
  ...both((_, h) => ({
    name: 'echo to the far address of the router',
    ruleset: filter({ input: 'counter', output: 'counter' }),
    steps: [lan(`${h.icmp} ${h.client} > ${h.wan} echo-request id 77 seq 3 data "hello router"`)],
  })),
  {
    name: 'routes that refuse: unreachable, blackhole, prohibit',
    fresh: true,
    ruleset: filter({ forward: 'counter' }),
    steps: ['198.51.100.1', '203.0.113.1', '203.0.113.17'].map((d) =>
      lan(`udp 10.0.0.2:1 > ${d}:53 data "x"`),
    ),
  },
  {
    name: 'a large packet with DF onto a small link',
    ruleset: filter({ forward: 'counter' }),
    steps: [
      lan('udp 10.0.0.2:1 > 10.0.2.2:53 len 1472 df'),
      lan('udp 10.0.0.2:1 > 10.0.2.2:53 len 1400 df'),
      lan('udp 10.0.0.2:1 > 10.0.2.2:53 len 1472 id 77'),
      lan('udp [2001:db8::2]:1 > [2001:db8:2::2]:53 len 1400'),
    ],
    topology: SMALL_DMZ,
  },
  {
    name: 'martian sources are dropped',
    ruleset: filter({ prerouting: 'counter', forward: 'counter' }),
    steps: ['127.0.0.1', '0.1.2.3', '224.0.0.1', '255.255.255.255', '240.0.0.1', '10.0.0.1'].map(
      (s) => lan(`udp ${s}:1 > 192.0.2.2:53 data "x"`),
    ),
  },
  {
    name: 'special destinations',
    ruleset: filter({ prerouting: 'counter', forward: 'counter', input: 'counter' }),
    steps: [
      '127.0.0.1',
      '0.0.0.0',
      '224.0.0.5',
      '255.255.255.255',
      '10.0.0.255',
      '10.0.0.0',
      '240.0.0.1',
    ].map((d) => lan(`udp 10.0.0.2:1 > ${d}:53 data "x"`)),
  },
  {
    name: 'strict reverse path filtering',
    ruleset: filter({ prerouting: 'counter', forward: 'counter' }),
    steps: [
      lan('udp 10.0.2.9:1 > 192.0.2.2:53'),
      lan('udp 10.0.0.9:1 > 192.0.2.2:53'),
      wan('udp 8.8.8.8:53 > 10.0.0.2:1'),
    ],
    sysctl: { 'net.ipv4.conf.eth0.rp_filter': 1, 'net.ipv4.conf.eth1.rp_filter': 1 },
  },
  {
    name: 'loose reverse path filtering',
    ruleset: filter({ prerouting: 'counter', forward: 'counter' }),
    steps: [lan('udp 10.0.2.9:1 > 192.0.2.2:53'), lan('udp 198.51.100.9:1 > 192.0.2.2:53')],
    sysctl: { 'net.ipv4.conf.eth0.rp_filter': 2 },
  },
  {
    name: 'forwarding switched off',
    ruleset: filter({ prerouting: 'counter', forward: 'counter' }),
    steps: [lan('udp 10.0.0.2:1 > 192.0.2.2:53')],
    sysctl: { 'net.ipv4.ip_forward': 0 },
  },
];

export const answers: readonly Case[] = [...rejects, ...stack];
