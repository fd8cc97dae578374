// Extensions of ebtables and arptables: bridges between two links, and ARP of a host.

import { hex } from '../../../src/bytes/index.ts';
import type { Case, Step } from '../case.ts';
import { BRIDGE_SYSCTL, BRIDGED } from './bridge.ts';
import { lan, wan } from './words.ts';

const A = '02:00:00:00:02:00';
const B = '02:00:00:00:02:01';
const NEW = '02:00:00:00:09:09';

const from = (packet: string, source: string, target: string): string =>
  `${packet} from ${source} > ${target}`;
const there = (packet: string) => lan(from(packet, A, B));
const back = (packet: string) => wan(from(packet, B, A));

const UDP = there('udp 10.0.0.2:1000 > 10.0.0.3:53 data "x"');
const UDP6 = there('udp [2001:db8::2]:1000 > [2001:db8::3]:53 data "x"');
const TCP = there('tcp 10.0.0.2:1000 > 10.0.0.3:80 syn seq 1 win 9');
const ECHO = there('icmp 10.0.0.2 > 10.0.0.3 echo-request id 7 seq 1');
const ECHO6 = there('icmp6 2001:db8::2 > 2001:db8::3 echo-request id 7 seq 1');
const ARP = lan(from('arp who-has 10.0.0.3 tell 10.0.0.2', A, 'ff:ff:ff:ff:ff:ff'));
const TAGGED = there('udp 10.0.0.2:1000 > 10.0.0.3:53 data "x" vlan 42');

const bridged = (name: string, ebtables: string, steps: readonly Step[]): Case => ({
  name: `ebtables: ${name}`,
  xtables: { ebtables },
  only: 'nft',
  steps,
  topology: BRIDGED,
  sysctl: BRIDGE_SYSCTL,
});

/** A frame of IEEE 802.3 with this behind its length. */
const llc = (payload: readonly number[]): Step => ({
  on: 'eth0',
  packet: `frame ${hex(
    Uint8Array.from([
      ...[0x01, 0x80, 0xc2, 0, 0, 0],
      ...[2, 0, 0, 0, 2, 0],
      ...[0, payload.length],
      ...payload,
      ...new Array<number>(46 - Math.min(46, payload.length)).fill(0),
    ]),
  )}`,
});

const headers: Case[] = [
  bridged(
    'ip, what is asked of the header',
    `
      -A FORWARD -p IPv4 --ip-src 10.0.0.0/24 --ip-dst 10.0.0.3
      -A FORWARD -p IPv4 --ip-src ! 10.0.0.2
      -A FORWARD -p IPv4 --ip-tos 0x10
      -A FORWARD -p IPv4 --ip-proto udp --ip-sport 1000:1001 --ip-dport 53
      -A FORWARD -p IPv4 --ip-proto udp --ip-dport ! 53
      -A FORWARD -p IPv4 --ip-proto ! tcp
      -A FORWARD -p IPv4 --ip-proto icmp --ip-icmp-type echo-request
      -A FORWARD -p IPv4 --ip-proto icmp --ip-icmp-type ! 0:8/0:1
      -A FORWARD`,
    [
      UDP,
      TCP,
      ECHO,
      ARP,
      UDP6,
      there('udp 10.0.0.2:1 > 10.0.0.3:54 data "x" tos 0x10'),
      there('ip 10.0.0.2 > 10.0.0.3 proto 17 frag 8 id 7 data "12345678"'),
      back('icmp 10.0.0.3 > 10.0.0.2 echo-reply id 7 seq 1'),
    ],
  ),
  bridged(
    'ip6, what is asked of the header',
    `
      -A FORWARD -p IPv6 --ip6-src 2001:db8::/32 --ip6-dst 2001:db8::3
      -A FORWARD -p IPv6 --ip6-tclass 0x10
      -A FORWARD -p IPv6 --ip6-proto udp --ip6-dport 53
      -A FORWARD -p IPv6 --ip6-proto ipv6-icmp --ip6-icmp-type echo-request
      -A FORWARD -p IPv6 --ip6-proto ! tcp
      -A FORWARD`,
    [UDP6, ECHO6, UDP, there('udp [2001:db8::2]:1 > [2001:db8::3]:54 data "x" tos 0x10')],
  ),
  bridged(
    'arp, what is asked of the packet',
    `
      -A FORWARD -p ARP --arp-op Request --arp-ip-src 10.0.0.2 --arp-ip-dst 10.0.0.0/24
      -A FORWARD -p ARP --arp-htype 1 --arp-ptype 0x800
      -A FORWARD -p ARP --arp-op ! Reply --arp-mac-src ${A}
      -A FORWARD -p ARP --arp-mac-dst ${A}
      -A FORWARD -p ARP --arp-gratuitous
      -A FORWARD -p ARP ! --arp-gratuitous
      -A FORWARD`,
    [
      ARP,
      UDP,
      wan(from('arp reply 10.0.0.3 is-at 02:00:00:00:02:01 to 10.0.0.2', B, A)),
      lan(from('arp who-has 10.0.0.2 tell 10.0.0.2', A, 'ff:ff:ff:ff:ff:ff')),
    ],
  ),
  bridged(
    'mark_m, pkttype and among',
    `
      -t nat -A PREROUTING -p IPv4 -j mark --mark-set 0x35 --mark-target CONTINUE
      -A FORWARD --mark 0x35
      -A FORWARD --mark 0x5/0xf
      -A FORWARD --mark ! 0x5/0xf
      -A FORWARD --mark /0x30
      -A FORWARD ! --mark /0x30
      -A FORWARD --pkttype-type otherhost
      -A FORWARD --pkttype-type ! broadcast
      -A FORWARD --among-src ${A},${NEW}
      -A FORWARD ! --among-dst ${B},${NEW}
      -A FORWARD --among-src ${A}=10.0.0.2,${NEW}=10.0.0.9
      -A FORWARD ! --among-dst ${B}=10.0.0.9
      -A FORWARD`,
    [UDP, ARP, UDP6, back('udp 10.0.0.3:53 > 10.0.0.2:1000 data "y"')],
  ),
  bridged(
    'vlan, the tag of a frame',
    `
      -A FORWARD -p 802_1Q --vlan-id 42
      -A FORWARD -p 802_1Q --vlan-id ! 42
      -A FORWARD -p 802_1Q --vlan-prio 0
      -A FORWARD -p 802_1Q --vlan-encap IPv4
      -A FORWARD -p 802_1Q --vlan-encap ! 0806
      -A FORWARD -p 802_1Q -j DROP
      -A FORWARD`,
    [TAGGED, UDP, there('udp 10.0.0.2:1000 > 10.0.0.3:53 data "x" vlan 43')],
  ),
  bridged(
    'stp and 802_3, frames with a length',
    `
      -A FORWARD -p Length --802_3-sap 0x42
      -A FORWARD -p Length --802_3-sap ! 0xaa
      -A FORWARD -p Length --802_3-type 0x2004
      -A FORWARD --stp-type 0
      -A FORWARD --stp-type ! 0
      -A FORWARD --stp-flags 0
      -A FORWARD --stp-root-prio 128
      -A FORWARD --stp-port 2
      -A FORWARD --stp-hello-time 512
      -A FORWARD`,
    [
      llc([
        ...[0x42, 0x42, 0x03, 0, 0, 0, 0, 1],
        ...[0x80, 0, 2, 0, 0, 0, 0, 1],
        ...[0, 0, 0, 4],
        ...[0x80, 0, 2, 0, 0, 0, 0, 2],
        ...[0x80, 2, 0, 0, 20, 0, 2, 0, 15, 0],
      ]),
      llc([0x42, 0x42, 0x03, 0, 0, 0, 0x80]),
      llc([0xaa, 0xaa, 0x03, 0, 0, 0x0c, 0x20, 0x04, 1, 2, 3, 4]),
      llc([0xe0, 0xe0, 0x03, 1, 2, 3]),
      UDP,
    ],
  ),
];

/** A frame cut short: addresses, and what is given in hex. */
const short = (behind: string): Step => lan(`frame 020000000201020000000200${behind}`);

const cut: Case[] = [
  bridged(
    'addresses in a list of pairs are not compared in a packet that ends before, negated or not',
    `
      -A FORWARD ! --among-src ${A}=10.0.0.7
      -A FORWARD ! --among-dst ${B}=10.0.0.7,${B}=10.0.0.8
      -A FORWARD ! --among-src ${NEW}
      -A FORWARD`,
    [short('08004500'), short('080045000014'), short('080600'), UDP, ARP],
  ),
  bridged(
    'snat of an ARP packet that ends before its sender drops it',
    `-t nat -A POSTROUTING -o eth1 -j snat --to-src ${NEW} --snat-arp`,
    [short('080600010800'), short('080600010800060400010200'), short('08060001080005040001'), ARP],
  ),
  bridged(
    'arpreply drops questions that end too early, and leaves what is none',
    `-t nat -A PREROUTING -p ARP -j arpreply --arpreply-mac ${NEW}`,
    [short('080600010800'), short('0806000108000604000102'), short('08060001080006040002'), ARP],
  ),
  bridged(
    'service access points are there without a type',
    '-A FORWARD -p Length --802_3-sap 0x42 -j DROP',
    [short('00254242'), short('0025aa42'), short('002542420300')],
  ),
  bridged(
    'a tag with less than two bytes behind it is no frame',
    `
      -A FORWARD -p 802_1Q
      -A FORWARD -p Length
      -A FORWARD -j DROP`,
    [short('8100002a0800'), short('8100002a08004500'), short('8100002a00'), short('8100')],
  ),
];

const changes: Case[] = [
  bridged(
    'mark: set, or, and, xor, and what becomes of the frame',
    `
      -A FORWARD -j mark --mark-set 0xf0 --mark-target CONTINUE
      -A FORWARD -j mark --mark-or 0x0f --mark-target CONTINUE
      -A FORWARD -j mark --mark-and 0x3c --mark-target CONTINUE
      -A FORWARD -j mark --mark-xor 0x3 --mark-target CONTINUE
      -A FORWARD --mark 0x3f -p ARP -j mark --mark-set 1 --mark-target DROP
      -A FORWARD --mark 0x3f -p IPv4 -j mark --mark-set 1
      -A FORWARD`,
    [UDP, ARP, UDP6],
  ),
  bridged(
    'dnat and snat: other addresses on the link',
    `
      -t nat -A PREROUTING -p IPv4 -i eth0 -j dnat --to-dst ${NEW}
      -t nat -A PREROUTING -p IPv6 -i eth0 -j dnat --to-dst 01:00:5e:00:00:01 --dnat-target CONTINUE
      -t nat -A POSTROUTING -p IPv4 -j snat --to-src ${NEW}
      -t nat -A POSTROUTING -p ARP -j snat --to-src ${NEW} --snat-arp
      -A FORWARD --pkttype-type multicast
      -A FORWARD`,
    [UDP, UDP6, ARP],
  ),
  bridged(
    'snat leaves the sender in an ARP packet',
    `-t nat -A POSTROUTING -o eth1 -j snat --to-src ${NEW}`,
    [ARP],
  ),
  bridged(
    'redirect: to the bridge itself',
    `
      -t nat -A PREROUTING -p IPv4 -i eth0 -j redirect
      -A INPUT --pkttype-type host
      -A FORWARD`,
    [UDP],
  ),
  bridged(
    'arpreply: an answer for another host',
    `
      -t nat -A PREROUTING -p ARP -i eth0 -j arpreply --arpreply-mac ${NEW}
      -A FORWARD`,
    [ARP, wan(from('arp who-has 10.0.0.2 tell 10.0.0.3', B, 'ff:ff:ff:ff:ff:ff'))],
  ),
  bridged(
    'log, nflog and limit among the matches',
    `
      -A FORWARD --log-level info --log-prefix "x" --log-ip --log-arp
      -A FORWARD --nflog-group 5
      -A FORWARD --limit 1/hour --limit-burst 2
      -A FORWARD`,
    [UDP, ARP, UDP],
  ),
];

const REFUSED: readonly string[] = [
  'ebtables -A FORWARD -p IPv4 --arp-op 1',
  'ebtables -A FORWARD --arp-htype 1',
  'ebtables -A FORWARD -p ip --ip-dport 5',
  'ebtables -A FORWARD -p ip --ip-proto 1 --ip-dport 5',
  'ebtables -A FORWARD -p ip --ip-proto tcp --ip-icmp-type 3',
  'ebtables -A FORWARD -p ip --ip-proto icmp --ip-icmp-type 3:2',
  'ebtables -A FORWARD -p ip6 --ip6-proto tcp --ip6-dport 22 --ip6-icmp-type echo-request',
  'ebtables -A FORWARD --vlan-prio 1',
  'ebtables -A FORWARD -j snat --to-src 1:2:3:4:5:6',
  'ebtables -t nat -A PREROUTING -j snat --to-src 1:2:3:4:5:6',
  'ebtables -t nat -A POSTROUTING -j dnat --to-dst 1:2:3:4:5:6',
  'ebtables -t nat -A OUTPUT -j redirect',
  'ebtables -t nat -A PREROUTING -j arpreply',
  'ebtables -A FORWARD -p ARP -j arpreply',
];

const refusals: Case[] = REFUSED.map((run) => ({
  name: `ebtables refused: ${run}`,
  xtables: { ebtables: '' },
  only: 'nft',
  steps: [{ run, refused: true }],
}));

const WHO_HAS = lan(
  'arp who-has 10.0.0.1 tell 10.0.0.2 from 02:00:00:00:02:00 > ff:ff:ff:ff:ff:ff',
);

const arp: Case[] = (
  [
    {
      name: 'arptables: mangle, addresses of the answer',
      xtables: {
        arptables: `
        -A OUTPUT -j mangle --mangle-ip-s 10.0.0.77 --mangle-mac-s ${NEW} --mangle-target CONTINUE
        -A OUTPUT -j mangle --mangle-ip-d 10.0.0.78 --mangle-mac-d 02:00:00:00:09:0a
        -A OUTPUT`,
      },
      steps: [WHO_HAS],
    },
    {
      name: 'arptables: mangle of the question, which is then for nobody',
      xtables: { arptables: '-A INPUT -j mangle --mangle-ip-d 10.0.0.99' },
      steps: [WHO_HAS],
    },
    {
      name: 'arptables: mangle and drop',
      xtables: { arptables: '-A INPUT -j mangle --mangle-ip-s 10.0.0.9 --mangle-target DROP' },
      steps: [WHO_HAS],
    },
    {
      name: 'arptables: MARK and CLASSIFY go on',
      xtables: {
        arptables: `
        -A OUTPUT -j MARK --or-mark 5
        -A OUTPUT -j CLASSIFY --set-class 1:2
        -A OUTPUT -s 10.0.0.1`,
      },
      steps: [WHO_HAS],
    },
  ] satisfies Case[]
).map((one) => ({ ...one, only: 'nft' as const }));

export const xtBridge: Case[] = [...headers, ...cut, ...changes, ...refusals, ...arp];
