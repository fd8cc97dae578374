// The hooks around the IP layer: ingress, egress, ARP.

import type { Case } from '../case.ts';
import { at, both, dmz, filter, lan, wan } from './words.ts';

const ingress = (rules: string): string =>
  `table netdev t { chain in { type filter hook ingress device "eth0" priority 0; policy accept;\n${rules}\n } }\n`;
const egress = (rules: string): string =>
  `table netdev t { chain out { type filter hook egress device "eth1" priority 0; policy accept;\n${rules}\n } }\n`;

const devices: Case[] = [
  ...both((_, h) => ({
    name: 'netdev: ingress drops before anything is tracked',
    ruleset: `${ingress('udp dport 53 counter drop\ncounter')}${filter({ prerouting: 'ct state new counter' })}`,
    steps: [53, 54].map((p) => lan(`udp ${at(h.client, 1)} > ${at(h.server, p)}`)),
  })),
  ...both((_, h) => ({
    name: 'netdev: egress sees what leaves, forwarded and own',
    ruleset: egress(
      'udp dport 53 counter drop\nether daddr 02:00:00:00:02:01 counter\nether saddr 02:00:00:00:01:01 counter\nmeta length > 0 counter\nmeta protocol ip counter\noifname "eth1" counter\niifname "eth0" counter',
    ),
    steps: [
      lan(`udp ${at(h.client, 1)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1)} > ${at(h.server, 54)}`),
      wan(`${h.icmp} ${h.server} > ${h.wan} echo-request id 1 seq 1`),
    ],
  })),
  ...both((_, h) => ({
    name: 'netdev: a mark set at ingress is seen in prerouting',
    ruleset: `${ingress('meta mark set 9')}${filter({ prerouting: 'meta mark 9 counter' })}`,
    steps: [lan(`udp ${at(h.client, 1)} > ${at(h.server, 53)}`)],
  })),
  {
    name: 'netdev: ARP and unknown types at ingress',
    ruleset: ingress(
      'meta protocol arp counter\nether type arp counter\narp operation request counter\nmeta protocol 0x88cc counter\ncounter',
    ),
    steps: [
      lan('arp who-has 10.0.0.1 tell 10.0.0.2 from 02:00:00:00:02:00 > ff:ff:ff:ff:ff:ff'),
      lan('frame ffffffffffff02000000020088cc00112233445566778899aabbccddeeff'),
    ],
  },
  {
    name: 'netdev: two devices in one chain',
    ruleset:
      'table netdev t { chain in { type filter hook ingress devices = { "eth0", "eth2" } priority 0; iifname "eth0" counter\niifname "eth2" counter\n } }',
    steps: [
      lan('udp 10.0.0.2:1 > 192.0.2.2:53'),
      dmz('udp 10.0.2.2:1 > 192.0.2.2:53'),
      wan('udp 192.0.2.2:1 > 10.0.0.2:53'),
    ],
  },
  {
    name: 'inet ingress is for both families',
    ruleset:
      'table inet t { chain in { type filter hook ingress device "eth0" priority 0; ip saddr 10.0.0.3 counter drop\nip6 saddr 2001:db8::3 counter drop\ncounter\n } }',
    steps: [2, 3].flatMap((n) => [
      lan(`udp 10.0.0.${n}:1 > 192.0.2.2:53`),
      lan(`udp [2001:db8::${n}]:1 > [2001:db8:1::2]:53`),
    ]),
  },
  {
    name: 'vlan: a tag that no device takes',
    ruleset:
      ingress(
        'vlan id 5 counter\nether type vlan counter\nmeta protocol vlan counter\nmeta protocol ip counter\nvlan id 5 ip saddr 10.0.0.2 counter\ncounter',
      ) + filter({ prerouting: 'counter' }),
    steps: [
      lan('udp 10.0.0.2:1 > 192.0.2.2:53 from 02:00:00:00:02:00 > 02:00:00:00:01:00 vlan 5'),
      lan('udp 10.0.0.2:1 > 192.0.2.2:53'),
    ],
  },
  {
    name: 'frames for another station are seen at ingress alone',
    ruleset:
      ingress('meta pkttype other counter\nmeta pkttype host counter\ncounter') +
      filter({ prerouting: 'meta pkttype other counter\ncounter' }),
    steps: [lan('udp 10.0.0.2:1 > 192.0.2.2:53 from 02:00:00:00:02:00 > 02:00:00:00:09:09')],
  },
  {
    name: 'broadcast and multicast frames have their packet types',
    ruleset: filter({
      prerouting:
        'meta pkttype broadcast counter\nmeta pkttype multicast counter\nmeta pkttype host counter',
      input: 'meta pkttype broadcast counter\ncounter',
      forward: 'counter',
    }),
    steps: ['ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:05', '02:00:00:00:01:00'].flatMap((mac) => [
      lan(`udp 10.0.0.2:1 > 192.0.2.2:53 from 02:00:00:00:02:00 > ${mac}`),
      lan(`udp 10.0.0.2:1 > 10.0.0.1:53 from 02:00:00:00:02:00 > ${mac}`),
    ]),
  },
];

const WHO_HAS = 'arp who-has 10.0.0.1 tell 10.0.0.2 from 02:00:00:00:02:00 > ff:ff:ff:ff:ff:ff';
const arpTable = (rules: string, out = ''): string =>
  `table arp t { chain in { type filter hook input priority 0; policy accept;\n${rules}\n }\n chain out { type filter hook output priority 0; policy accept;\n${out}\n }\n }\n`;

const arp: Case[] = [
  {
    name: 'ARP: a request is answered',
    ruleset: arpTable('counter', 'counter'),
    steps: [lan(WHO_HAS)],
  },
  {
    name: 'ARP: requests for others are not',
    ruleset: arpTable('counter', 'counter'),
    steps: [
      lan(WHO_HAS.replace('10.0.0.1', '10.0.0.77')),
      lan(WHO_HAS.replace('10.0.0.1', '192.0.2.1')),
      lan(WHO_HAS.replace('10.0.0.1', '192.0.2.2')),
    ],
  },
  {
    name: 'ARP: input may drop the question',
    ruleset: arpTable('arp operation request arp saddr ip 10.0.0.2 counter drop', 'counter'),
    steps: [lan(WHO_HAS), lan(WHO_HAS.replace('tell 10.0.0.2', 'tell 10.0.0.3'))],
  },
  {
    name: 'ARP: output may drop the answer',
    ruleset: arpTable('counter', 'arp operation reply arp daddr ip 10.0.0.2 counter drop'),
    steps: [lan(WHO_HAS)],
  },
  {
    name: 'ARP: fields',
    ruleset: arpTable(
      'arp htype 1 counter\narp ptype ip counter\narp hlen 6 counter\narp plen 4 counter\narp saddr ether 02:00:00:00:02:00 counter\narp daddr ip 10.0.0.1 counter\niifname "eth0" counter\nmeta length > 27 counter',
      'oifname "eth0" counter\narp saddr ether 02:00:00:00:01:00 counter',
    ),
    steps: [lan(WHO_HAS)],
  },
  {
    name: 'ARP: a question for a host that nobody knows',
    ruleset: arpTable('counter', 'arp operation request counter'),
    steps: [lan('udp 10.0.0.2:1 > 10.0.2.77:53'), lan('udp 10.0.0.2:1 > 10.0.2.77:53')],
    fresh: true,
  },
  {
    name: 'ARP: an answer lets what waited go',
    ruleset: arpTable('counter'),
    steps: [
      lan('udp 10.0.0.2:1 > 10.0.2.77:53 data "x"'),
      dmz(
        'arp reply 10.0.2.77 is-at 02:00:00:00:02:77 to 10.0.2.1 from 02:00:00:00:02:77 > 02:00:00:00:01:02',
      ),
      lan('udp 10.0.0.2:1 > 10.0.2.77:53 data "y"'),
    ],
    fresh: true,
  },
];

export const links: readonly Case[] = [...devices, ...arp];
