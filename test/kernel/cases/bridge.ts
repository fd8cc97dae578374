// A bridge over two links, with the hooks of family bridge.

import type { Case, Topology } from '../case.ts';
import { ROUTER } from '../topology.ts';
import { filter, lan, local, wan } from './words.ts';

const port = (i: number) => ({
  ...ROUTER.interfaces[i]!,
  addresses: [],
  neighbours: [],
  master: 'br0',
});

export const BRIDGED: Topology = {
  interfaces: [
    {
      name: 'br0',
      mac: '02:00:00:00:01:0b',
      peerMac: '02:00:00:00:02:00',
      addresses: ['10.0.0.1/24'],
      neighbours: ['10.0.0.2'],
      bridge: true,
    },
    port(0),
    port(1),
  ],
  routes: [],
};

const A = '02:00:00:00:02:00';
const B = '02:00:00:00:02:01';
const frame = (packet: string, from: string, to: string): string =>
  `${packet} from ${from} > ${to}`;
const there = (packet = 'udp 10.0.0.2:1 > 10.0.0.3:53 data "x"') => lan(frame(packet, A, B));
const back = () => wan(frame('udp 10.0.0.3:53 > 10.0.0.2:1 data "y"', B, A));

const table = (hooks: Readonly<Record<string, string>>): string =>
  `table bridge t {\n${Object.entries(hooks)
    .map(
      ([hook, rules]) =>
        `chain ${hook} { type filter hook ${hook} priority 0; policy accept;\n${rules}\n}`,
    )
    .join('\n')}\n}\n`;

const EVERYWHERE = table({
  prerouting: 'iifname "eth0" counter\ncounter',
  input: 'counter',
  forward: 'iifname "eth0" oifname "eth1" counter\nip daddr 10.0.0.3 counter\ncounter',
  output: 'oifname "eth0" counter\nmeta iiftype ether counter\ncounter',
  postrouting: 'counter',
});

export const BRIDGE_SYSCTL: Readonly<Record<string, number>> = {
  // IPv6 would announce its groups at a time of its own.
  'net.ipv6.conf.all.disable_ipv6': 1,
  // br_netfilter, where it is loaded, shows bridged packets to the IP families.
  'net.bridge.bridge-nf-call-iptables': 0,
  'net.bridge.bridge-nf-call-ip6tables': 0,
  'net.bridge.bridge-nf-call-arptables': 0,
};

const bridged = (name: string, ruleset: string, steps: Case['steps']): Case => ({
  name: `bridge: ${name}`,
  ruleset,
  steps,
  topology: BRIDGED,
  sysctl: BRIDGE_SYSCTL,
});

export const bridges: readonly Case[] = [
  bridged('frames are flooded, learned and forwarded', EVERYWHERE, [there(), back(), there()]),
  bridged(
    'forward drops by address',
    table({ forward: 'ip daddr 10.0.0.3 udp dport 53 counter drop' }),
    [there(), there('udp 10.0.0.2:1 > 10.0.0.3:54 data "x"')],
  ),
  bridged(
    'forward drops by hardware address',
    table({ forward: `ether saddr ${A} counter drop` }),
    [there(), back()],
  ),
  bridged(
    'the IP families do not see what is bridged',
    EVERYWHERE + filter({ forward: 'counter', prerouting: 'counter' }),
    [there()],
  ),
  bridged(
    'an echo for the bridge itself goes up and comes back',
    EVERYWHERE + filter({ input: 'iifname "br0" counter', output: 'oifname "br0" counter' }),
    [lan(frame('icmp 10.0.0.2 > 10.0.0.1 echo-request id 1 seq 1', A, '02:00:00:00:01:0b'))],
  ),
  bridged('ARP for the bridge is answered', EVERYWHERE, [
    lan('arp who-has 10.0.0.1 tell 10.0.0.2 from 02:00:00:00:02:00 > ff:ff:ff:ff:ff:ff'),
  ]),
  bridged('broadcasts go to all ports and up', EVERYWHERE, [
    lan(frame('udp 10.0.0.2:1 > 10.0.0.255:53', A, 'ff:ff:ff:ff:ff:ff')),
  ]),
  bridged(
    'the newest port is flooded first',
    table({ output: 'numgen inc mod 2 != 1 counter drop' }),
    [local('udp 10.0.0.1:7 > 10.0.0.2:8 data "z" id 5')],
  ),
  bridged(
    'a broadcast that was made unicast is the host’s, and forwarded by it',
    table({
      prerouting: 'meta pkttype broadcast meta pkttype set unicast counter',
      forward: 'meta pkttype host counter',
      input: 'meta pkttype host counter',
    }),
    [lan(frame('icmp 10.0.0.2 > 10.0.0.3 echo-request id 7 seq 1', A, 'ff:ff:ff:ff:ff:ff'))],
  ),
  bridged(
    'a mark and a type in prerouting',
    table({
      prerouting: 'ether type ip meta mark set 5 counter\nether type arp counter',
      forward: 'meta mark 5 counter drop',
    }),
    [there()],
  ),
];
