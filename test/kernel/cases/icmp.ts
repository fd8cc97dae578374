// ICMP errors of every kind: what they belong to (RELATED), what they are translated to, and which
// are not believed.

import type { Case } from '../case.ts';
import { packetOf, toHex } from '../frames.ts';
import {
  at,
  both,
  bothAll,
  dmz,
  filter,
  type Hosts,
  type L3,
  lan,
  local,
  wait,
  wan,
} from './words.ts';

const STATES = filter({
  forward: `ct state new counter
            ct state established counter
            ct state related counter
            ct state invalid counter
            ct state untracked counter`,
});

const MASQUERADE = `table inet nat { chain post { type nat hook postrouting priority 100; oifname "eth1" masquerade
  } }
  ${STATES}`;

const KINDS: Readonly<Record<L3, readonly string[]>> = {
  ip: [
    'net-unreachable',
    'host-unreachable',
    'type 3 code 2',
    'port-unreachable',
    'frag-needed mtu 1000',
    'ttl-exceeded',
    'type 11 code 1',
    'type 12 code 0 pointer 8',
    'type 4 code 0',
    'type 3 code 13',
  ],
  ip6: [
    'no-route',
    'port-unreachable',
    'packet-too-big mtu 1280',
    'ttl-exceeded',
    'type 3 code 1',
    'type 4 code 0',
    'type 4 code 1',
    'type 1 code 1',
    'type 1 code 6',
  ],
};

const ECHO = (h: Hosts, from: string, to: string) =>
  `${h.icmp} ${from} > ${to} echo-request id 9 seq 1 data "ping"`;

/** A first packet and the error about it, for each transport. */
const flows = (h: Hosts, from: string): readonly [string, string][] => [
  ['UDP', `udp ${at(from, 1024)} > ${at(h.server, 53)} data "some payload"`],
  ['TCP', `tcp ${at(from, 1024)} > ${at(h.server, 80)} syn seq 1000 win 64240 mss 1460`],
  ['echo', ECHO(h, from, h.server)],
];

const about = (
  h: Hosts,
  kind: string,
  quoted: string,
  by: string = h.server,
  to: string = h.client,
): string => `${h.icmp} ${by} > ${to} ${kind} about (${quoted})`;

const related: Case[] = bothAll((l3, h) =>
  KINDS[l3].map((kind) => ({
    name: `ICMP: ${kind} about UDP is related`,
    ruleset: STATES,
    steps: [lan(flows(h, h.client)[0]![1]), wan(about(h, kind, flows(h, h.client)[0]![1]))],
  })),
);

const translated: Case[] = bothAll((l3, h) =>
  flows(h, h.client).flatMap(([name, first], i) =>
    KINDS[l3].slice(0, 6).map((kind) => ({
      name: `ICMP: ${kind} about masqueraded ${name} is translated with its quote`,
      ruleset: MASQUERADE,
      steps: [lan(first), wan(about(h, kind, flows(h, h.wan)[i]![1], h.server, h.wan))],
    })),
  ),
);

const unbelieved: Case[] = [
  ...both((_, h) => ({
    name: 'ICMP: an error about a flow nobody has is invalid',
    ruleset: STATES,
    steps: [wan(about(h, 'port-unreachable', flows(h, h.client)[0]![1]))],
  })),
  ...both((_, h) => ({
    name: 'ICMP: an error to another than the sender it quotes is invalid',
    ruleset: STATES,
    steps: [
      lan(flows(h, h.client)[0]![1]),
      wan(about(h, 'port-unreachable', flows(h, h.client)[0]![1], h.server, h.other)),
    ],
  })),
  ...both((_, h) => ({
    name: 'ICMP: an error from a router on the way is related',
    ruleset: STATES,
    steps: [
      lan(flows(h, h.client)[0]![1]),
      wan(about(h, 'ttl-exceeded', flows(h, h.client)[0]![1], h.server.replace(/2$/, '9'))),
    ],
  })),
  ...both((_, h) => ({
    name: 'ICMP: an error about the reply direction is related',
    ruleset: STATES,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "q"`),
      wan(`udp ${at(h.server, 53)} > ${at(h.client, 1024)} data "a"`),
      lan(
        about(
          h,
          'port-unreachable',
          `udp ${at(h.server, 53)} > ${at(h.client, 1024)} data "a"`,
          h.client,
          h.server,
        ),
      ),
    ],
  })),
  ...both((_, h) => ({
    name: 'ICMP: an error with a wrong checksum is invalid',
    ruleset: STATES,
    steps: [
      lan(flows(h, h.client)[0]![1]),
      wan(
        `${h.icmp} ${h.server} > ${h.client} port-unreachable sum 0xbad about (${flows(h, h.client)[0]![1]})`,
      ),
    ],
  })),
  ...both((_, h) => ({
    name: 'ICMP: an error about an ICMP error is invalid',
    ruleset: STATES,
    steps: [
      lan(flows(h, h.client)[0]![1]),
      wan(
        about(
          h,
          'port-unreachable',
          `${h.icmp} ${h.client} > ${h.server} port-unreachable about (udp ${at(h.server, 1)} > ${at(h.client, 2)})`,
        ),
      ),
    ],
  })),
  ...both((_, h) => ({
    name: 'ICMP: an error about an echo reply',
    ruleset: STATES,
    steps: [
      lan(ECHO(h, h.client, h.server)),
      wan(`${h.icmp} ${h.server} > ${h.client} echo-reply id 9 seq 1`),
      lan(
        about(
          h,
          'port-unreachable',
          `${h.icmp} ${h.server} > ${h.client} echo-reply id 9 seq 1`,
          h.client,
          h.server,
        ),
      ),
    ],
  })),
  ...both((_, h) => ({
    name: 'ICMP: a quote cut short is not believed',
    ruleset: STATES,
    steps: [4, 20, 27, 28, 40, 47].map((keep) => {
      const whole = packetOf(about(h, 'port-unreachable', flows(h, h.client)[0]![1]));
      return wan(`hex ${toHex(whole.subarray(0, 28 + keep))}`);
    }),
  })),
  ...both((_, h) => ({
    name: 'ICMP: types without a flow of their own',
    ruleset: STATES,
    steps: (h.icmp === 'icmp' ? [13, 14, 15, 17, 5, 9, 10, 30, 42] : [130, 134, 144, 100, 200]).map(
      (type) => wan(`${h.icmp} ${h.server} > ${h.client} type ${type} code 0`),
    ),
  })),
  {
    name: 'ICMP: timestamp, information and address mask requests are flows',
    ruleset: STATES,
    steps: [13, 15, 17].flatMap((type) => [
      lan(`icmp 10.0.0.2 > 192.0.2.2 type ${type} code 0 id 5 seq 1 hex 000000000000000000000000`),
      wan(
        `icmp 192.0.2.2 > 10.0.0.2 type ${type + 1} code 0 id 5 seq 1 hex 000000000000000000000000`,
      ),
    ]),
  },
  {
    name: 'ICMP: an echo reply with another id belongs to nothing',
    ruleset: STATES,
    steps: [
      lan('icmp 10.0.0.2 > 192.0.2.2 echo-request id 5 seq 1'),
      wan('icmp 192.0.2.2 > 10.0.0.2 echo-reply id 6 seq 1'),
      wan('icmp 192.0.2.2 > 10.0.0.2 echo-reply id 5 seq 9'),
    ],
  },
];

/** While an ICMP message is on its way out no other one of the family is made (icmp_xmit_lock). */
const busy: Case[] = [
  ...both((_, h) => ({
    name: 'ICMP: reject of the own echo reply is not sent',
    ruleset: filter({ output: `meta l4proto { icmp, ipv6-icmp } counter reject` }),
    steps: [lan(ECHO(h, h.client, h.router))],
  })),
  ...both((_, h) => ({
    name: 'ICMP: reject of the own UDP packet is sent',
    ruleset: filter({ output: `udp dport 53 counter reject`, input: 'counter' }),
    steps: [
      local(
        `udp ${at(h.router, 5000)} > ${at(h.client, 53)} data "x" id 7`.replace(
          h.icmp === 'icmp6' ? ' id 7' : '',
          '',
        ),
      ),
    ],
  })),
  ...both((_, h) => ({
    name: 'ICMP: a dropped error goes nowhere',
    ruleset: filter({ forward: 'udp dport 53 reject', output: 'counter drop' }),
    steps: [lan(`udp ${at(h.client, 1)} > ${at(h.server, 53)} data "x"`)],
  })),
  ...both((_, h) => ({
    name: 'ICMP: the own error is related to the flow it is about',
    ruleset: filter({
      forward: 'ct state new counter reject',
      output: 'ct state related counter\nct state new counter\nct state established counter',
    }),
    steps: [
      lan(`udp ${at(h.client, 1)} > ${at(h.server, 53)} data "x"`),
      lan(`udp ${at(h.client, 1)} > ${at(h.server, 53)} data "x"`),
    ],
  })),
  ...both((_, h) => ({
    name: 'ICMP: an error about a destination that was translated names the old one',
    ruleset: `table inet nat { chain pre { type nat hook prerouting priority -100; udp dport 53 dnat ip to 10.0.2.2
      udp dport 53 dnat ip6 to 2001:db8:2::2
      } }
      ${filter({ forward: 'ct state related counter\ncounter' })}`,
    steps: [
      lan(`udp ${at(h.client, 1)} > ${at(h.server, 53)} data "x"`),
      dmz(
        about(h, 'port-unreachable', `udp ${at(h.client, 1)} > ${at(h.dmz, 53)} data "x"`, h.dmz),
      ),
      wait(0.1),
    ],
  })),
];

export const icmpErrors: readonly Case[] = [...related, ...translated, ...unbelieved, ...busy];
