// Bridges that show what they forward to the IP families and to ARP (br_netfilter).

import { put16 } from '../../../src/bytes/index.ts';
import type { Case, Step, Topology } from '../case.ts';
import { packetOf } from '../frames.ts';
import { BRIDGE_ROUTER, framed } from '../random/bridge.ts';
import { ROUTER } from '../topology.ts';
import { pieces } from './crafted.ts';
import { dmz, lan, local, wan } from './words.ts';

const A = '02:00:00:00:02:00';
const B = '02:00:00:00:02:01';
const BR = '02:00:00:00:01:0b';
const ALL = 'ff:ff:ff:ff:ff:ff';

const port = (i: number) => ({
  ...ROUTER.interfaces[i]!,
  addresses: [],
  neighbours: [],
  master: 'br0',
});

/** Two ports, with a host behind each, and a link that the bridge's host routes to. */
export const BRIDGE_AND_LINK: Topology = {
  interfaces: [
    {
      name: 'br0',
      mac: BR,
      peerMac: A,
      addresses: ['10.0.0.1/24', '2001:db8::1/64'],
      neighbours: ['10.0.0.2', `10.0.0.3 ${B}`, '2001:db8::2', `2001:db8::3 ${B}`],
      bridge: true,
    },
    port(0),
    port(1),
    ROUTER.interfaces[2]!,
  ],
  routes: [],
};

const there = (packet: string) => lan(framed(packet, A, B));
const back = (packet: string) => wan(framed(packet, B, A));
const up = (packet: string) => lan(framed(packet, A, BR));
const all = (packet: string) => lan(framed(packet, A, ALL));

const UDP = there('udp 10.0.0.2:1000 > 10.0.0.3:53 data "x"');
const UDP_BACK = back('udp 10.0.0.3:53 > 10.0.0.2:1000 data "y"');
const UDP6 = there('udp [2001:db8::2]:1000 > [2001:db8::3]:53 data "x"');
const TAGGED = there('udp 10.0.0.2:1000 > 10.0.0.3:53 data "x" vlan 42');
const ROUTED = up('udp 10.0.0.2:1000 > 10.0.2.2:53 data "x"');
const ROUTED_BACK = dmz('udp 10.0.2.2:53 > 10.0.0.2:1000 data "y"');
const ARP = all('arp who-has 10.0.0.3 tell 10.0.0.2');
const SYN = there('tcp 10.0.0.2:1000 > 10.0.0.3:80 syn seq 1 win 9');

const every = (chains: readonly string[], rules: readonly string[]): string =>
  chains.flatMap((chain) => rules.map((rule) => `-A ${chain} ${rule}`)).join('\n');

/** What interfaces announce of their own over IPv6 would be counted. */
const QUIET = { 'net.ipv6.conf.all.disable_ipv6': 1 };

const bridged = (
  name: string,
  rules: Pick<Case, 'xtables' | 'ruleset' | 'only'>,
  steps: readonly Step[],
  sysctl: Readonly<Record<string, number>> = QUIET,
): Case => ({ name: `bridged: ${name}`, ...rules, steps, topology: BRIDGE_AND_LINK, sysctl });

const PHYSDEV = [
  '-m physdev --physdev-in eth0',
  '-m physdev --physdev-in eth+',
  '-m physdev ! --physdev-in eth0',
  '-m physdev ! --physdev-in eth1',
  '-m physdev --physdev-is-in',
  '-m physdev ! --physdev-is-in',
  '-m physdev --physdev-is-bridged',
  '-m physdev ! --physdev-is-bridged',
];
const PHYSDEV_OUT = [
  '-m physdev --physdev-out eth1',
  '-m physdev --physdev-out br+',
  '-m physdev ! --physdev-out eth1',
  '-m physdev ! --physdev-out eth0',
  '-m physdev --physdev-is-out',
  '-m physdev ! --physdev-is-out',
  '-m physdev --physdev-in eth0 --physdev-out eth1',
  '-m physdev --physdev-is-bridged --physdev-in eth0 ! --physdev-out eth0',
  '-i br0 -o br0',
  '-i eth0',
  '-o eth1',
  '-m pkttype --pkt-type unicast',
  '-m mac --mac-source 02:00:00:00:02:00',
];

const physdev: Case[] = [
  bridged(
    'physdev of what is forwarded, flooded, for the bridge and by it',
    {
      xtables: {
        iptables: `
          ${every(['INPUT', 'FORWARD'], [...PHYSDEV, '-i br0'])}
          ${every(
            ['FORWARD'],
            PHYSDEV_OUT.filter((rule) => !rule.startsWith('-o')),
          )}
          ${every(['FORWARD'], ['-o eth1', '-o br0'])}
          -t mangle -A OUTPUT -m physdev ! --physdev-is-in
          -t mangle -A OUTPUT -m physdev --physdev-is-bridged --physdev-out eth0
          ${every(['PREROUTING -t mangle'], [...PHYSDEV, '-i br0', '-m pkttype --pkt-type unicast'])}
          ${every(['POSTROUTING -t mangle'], [...PHYSDEV, ...PHYSDEV_OUT.filter((r) => !r.includes('-i ') && !r.includes('mac'))])}`,
      },
    },
    [
      there('udp 10.0.0.2:1000 > 10.0.0.3:53 data "x"'),
      UDP_BACK,
      UDP,
      all('udp 10.0.0.2:1 > 10.0.0.255:2'),
      up('icmp 10.0.0.2 > 10.0.0.1 echo-request id 7 seq 1'),
      ROUTED,
      ROUTED_BACK,
      local('udp 10.0.0.1:7 > 10.0.0.2:8 data "z" id 5'),
      UDP6,
      ARP,
    ],
  ),
  bridged(
    'drops by the port it goes out by, and by the one it came in by',
    {
      xtables: {
        iptables: `
          -A FORWARD -m physdev --physdev-in eth0 --physdev-out eth1 -p udp --dport 53 -j DROP
          -t raw -A PREROUTING -m physdev --physdev-in eth1 -j DROP
          -A FORWARD`,
      },
    },
    [UDP, UDP_BACK, SYN, back('icmp 10.0.0.3 > 10.0.0.2 echo-request id 1 seq 1')],
  ),
];

const connections: Case[] = [
  bridged(
    'connections of what is bridged',
    {
      xtables: {
        iptables: `
          -A FORWARD -m conntrack --ctstate NEW -p tcp --dport 80
          -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED
          -A FORWARD -m conntrack --ctstate INVALID -j DROP
          -A FORWARD -p udp -j DROP
          -A FORWARD`,
      },
    },
    [
      SYN,
      back('tcp 10.0.0.3:80 > 10.0.0.2:1000 syn,ack seq 5 ack 2 win 9'),
      there('tcp 10.0.0.2:1000 > 10.0.0.3:80 ack seq 2 ack 6 win 9'),
      back('tcp 10.0.0.3:9 > 10.0.0.2:1000 rst,ack seq 5 ack 99 win 9'),
      UDP,
      all('udp 10.0.0.2:1 > 10.0.0.255:2'),
      all('icmp 10.0.0.2 > 10.0.0.255 echo-request id 7 seq 1'),
      { look: 'conntrack' },
    ],
  ),
  bridged(
    'a destination on the same bridge, another link, and this host',
    {
      xtables: {
        iptables: `
          -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.0.0.3:8080
          -t nat -A PREROUTING -p tcp --dport 81 -j DNAT --to-destination 10.0.2.2
          -t nat -A PREROUTING -p tcp --dport 82 -j REDIRECT --to-ports 9
          -t nat -A PREROUTING -p tcp --dport 83 -j DNAT --to-destination 192.0.2.9
          -A FORWARD -m physdev --physdev-is-bridged
          -A FORWARD
          -A INPUT
          -A OUTPUT`,
      },
    },
    [80, 81, 82, 83].flatMap((p) => [
      lan(framed(`tcp 10.0.0.2:1000 > 10.0.0.7:${p} syn seq 1 win 9`, A, '02:00:00:00:02:07')),
      lan(framed(`tcp 10.0.0.2:1001 > 10.0.0.7:${p} syn seq 1 win 9`, A, '02:00:00:00:02:07')),
      back('tcp 10.0.0.3:8080 > 10.0.0.2:1000 syn,ack seq 5 ack 2 win 9'),
      dmz('tcp 10.0.2.2:81 > 10.0.0.2:1000 syn,ack seq 5 ack 2 win 9'),
    ]),
  ),
  bridged(
    'a destination whose hardware address has to be asked for',
    { xtables: { iptables: '-t nat -A PREROUTING -p udp -j DNAT --to-destination 10.0.0.4' } },
    [
      UDP,
      wan(framed('arp reply 10.0.0.4 is-at 02:00:00:00:02:01 to 10.0.0.1', B, BR)),
      there('udp 10.0.0.2:1000 > 10.0.0.3:53 data "again"'),
      back('udp 10.0.0.4:53 > 10.0.0.2:1000 data "y"'),
    ],
  ),
  bridged(
    'sources of what is bridged',
    {
      xtables: {
        iptables: `
          -t nat -A POSTROUTING -p udp -m physdev --physdev-is-bridged -j MASQUERADE
          -t nat -A POSTROUTING -p icmp -j SNAT --to-source 10.0.0.9
          -A FORWARD`,
      },
    },
    [
      UDP,
      back('udp 10.0.0.3:53 > 10.0.0.1:1000 data "y"'),
      wan(framed('udp 10.0.0.3:53 > 10.0.0.1:1000 data "y"', B, BR)),
      there('icmp 10.0.0.2 > 10.0.0.3 echo-request id 7 seq 1'),
      back('icmp 10.0.0.3 > 10.0.0.9 echo-reply id 7 seq 1'),
      all('udp 10.0.0.2:1 > 10.0.0.255:2'),
    ],
  ),
];

const answers: Case[] = [
  bridged(
    'rejected, with the addresses that the frame had',
    {
      xtables: {
        iptables: `
          -A FORWARD -p tcp -j REJECT --reject-with tcp-reset
          -A FORWARD -p udp -j REJECT
          -A INPUT -p tcp -j REJECT --reject-with tcp-reset
          -A INPUT -p udp -j REJECT
          -A OUTPUT`,
      },
    },
    [
      SYN,
      UDP,
      up('tcp 10.0.0.2:1000 > 10.0.0.1:80 syn seq 1 win 9'),
      up('tcp 10.0.0.2:1000 > 10.0.2.2:80 syn seq 1 win 9'),
      up('udp 10.0.0.2:1000 > 10.0.0.1:53 data "x"'),
      all('tcp 10.0.0.2:1000 > 10.0.0.3:80 syn seq 1 win 9'),
      all('udp 10.0.0.2:1000 > 10.0.0.3:53 data "x"'),
    ],
  ),
  bridged(
    'IPv6: physdev, connections and what is rejected',
    {
      xtables: {
        ip6tables: `
          -A FORWARD -m physdev --physdev-in eth0 --physdev-out eth1
          -A FORWARD -m conntrack --ctstate ESTABLISHED
          -A FORWARD -p tcp -j REJECT --reject-with tcp-reset
          -A FORWARD -p icmpv6 -j DROP
          -t mangle -A POSTROUTING -m physdev --physdev-is-bridged`,
      },
    },
    [
      UDP6,
      back('udp [2001:db8::3]:53 > [2001:db8::2]:1000 data "y"'),
      there('icmp6 2001:db8::2 > 2001:db8::3 echo-request id 7 seq 1'),
      UDP,
    ],
  ),
];

/** A frame that ends with bytes of the link, or with too few of its own. */
const cut = (packet: string, change: (bytes: Uint8Array) => Uint8Array): Step => ({
  on: 'eth0',
  packet: change(packetOf(framed(packet, A, B))),
});
const padded = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from([...bytes, ...new Array(9).fill(7)]);
const wrongSum = (bytes: Uint8Array): Uint8Array => {
  put16(bytes, 24, 0xdead);
  return bytes;
};

const COUNT_ALL = `
  -t mangle -A PREROUTING -p udp
  -A FORWARD -p udp
  -t mangle -A POSTROUTING -p udp`;

const shapes: Case[] = [
  bridged(
    'headers that are not sound, and what the link padded',
    { xtables: { iptables: COUNT_ALL, ip6tables: COUNT_ALL } },
    [
      cut('udp 10.0.0.2:1000 > 10.0.0.3:53 data "x"', padded),
      cut('udp 10.0.0.2:1000 > 10.0.0.3:53 data "x"', wrongSum),
      cut('udp 10.0.0.2:1000 > 10.0.0.3:53 data "x"', (bytes) => bytes.subarray(0, 40)),
      cut('udp [2001:db8::2]:1000 > [2001:db8::3]:53 data "x"', padded),
      cut('udp [2001:db8::2]:1000 > [2001:db8::3]:53 data "x"', (bytes) => bytes.subarray(0, 60)),
      cut('udp [2001:db8::2]:1000 > [2001:db8::3]:53 data "x" hbh', (bytes) => bytes),
    ],
  ),
  bridged(
    'fragments are put together, and cut as they were',
    { xtables: { iptables: `${COUNT_ALL}\n-A FORWARD -p udp -m conntrack --ctstate NEW` } },
    [
      there('udp 10.0.0.2:1000 > 10.0.0.3:53 len 1400 id 7 frag 0+'),
      there('ip 10.0.0.2 > 10.0.0.3 proto 17 id 7 frag 1408 len 1200'),
      there('udp 10.0.0.2:1000 > 10.0.0.3:53 len 392 id 8 frag 0+'),
      there('ip 10.0.0.2 > 10.0.0.3 proto 17 id 8 frag 400 len 100'),
      there('ip 10.0.0.2 > 10.0.0.3 proto 17 id 9 frag 400 len 100 df'),
      there('udp 10.0.0.2:1000 > 10.0.0.3:53 len 392 id 9 frag 0+ df'),
    ],
  ),
  bridged(
    'tags: not looked at unless asked for',
    // What the sockets of the suite see has no tag any more.
    {
      xtables: { iptables: COUNT_ALL, ebtables: '-t nat -A POSTROUTING -p 802_1Q -j DROP' },
      only: 'nft',
    },
    [TAGGED, UDP],
  ),
  bridged(
    'tags that are looked at',
    { xtables: { iptables: `${COUNT_ALL}\n-t mangle -A POSTROUTING -s 10.0.0.2 -j DROP` } },
    [TAGGED, wan(framed('udp 10.0.0.3:53 > 10.0.0.2:1000 data "y"', B, A))],
    { ...QUIET, 'net.bridge.bridge-nf-filter-vlan-tagged': 1 },
  ),
  bridged(
    'each family can be left out',
    { xtables: { iptables: COUNT_ALL, ip6tables: COUNT_ALL } },
    [UDP, UDP6],
    { ...QUIET, 'net.bridge.bridge-nf-call-iptables': 0 },
  ),
];

const families: Case[] = [
  bridged('ARP passes, but for what is too short to be any', { xtables: { iptables: COUNT_ALL } }, [
    ARP,
    {
      on: 'eth0',
      packet: Uint8Array.from([...new Array(6).fill(0xff), 2, 0, 0, 0, 2, 0, 8, 6, 0, 1, 8, 0]),
    },
  ]),
  bridged(
    'beside ebtables: marks go both ways',
    {
      xtables: {
        ebtables: `
          -t nat -A PREROUTING -p IPv4 -j mark --mark-set 5 --mark-target CONTINUE
          -A FORWARD --mark 5
          -A FORWARD --mark 7
          -t nat -A POSTROUTING --mark 7
          -t nat -A POSTROUTING --mark 9`,
        iptables: `
          -t mangle -A PREROUTING -m mark --mark 5 -j MARK --set-mark 7
          -t mangle -A FORWARD -m mark --mark 7 -j MARK --set-mark 9
          -t mangle -A POSTROUTING -m mark --mark 9`,
      },
      only: 'nft',
    },
    [UDP, UDP_BACK, all('udp 10.0.0.2:1 > 10.0.0.255:2')],
  ),
  bridged(
    'chains of nft before and behind, of every family',
    {
      ruleset: `
        table bridge b {
          chain early { type filter hook prerouting priority -300; meta mark set 1 counter\n}
          chain late { type filter hook prerouting priority 10; meta mark 2 meta mark set 3 counter\n}
          chain forward { type filter hook forward priority -200; meta mark 3 meta mark set 4 counter\n}
          chain zero { type filter hook forward priority 0; meta mark 4 counter\n}
          chain behind { type filter hook forward priority 1; meta mark 5 meta mark set 6 counter\n}
          chain last { type filter hook postrouting priority 300; meta mark 6 oifname "eth1" counter\n}
        }
        table inet i {
          chain prerouting { type filter hook prerouting priority -150;
            meta mark 1 meta mark set 2 counter
            iifname "br0" counter
            meta iiftype ether counter
            fib daddr type local counter
            meta nfproto ipv4 fib saddr . iif oif exists counter
          }
          chain forward { type filter hook forward priority 0;
            meta mark 4 meta mark set 5 counter
            iifname "br0" oifname "br0" counter
            ether saddr ${A} counter
            rt ip nexthop 10.0.0.3 counter
            meta pkttype host counter
            meta pkttype other counter
          }
          chain postrouting { type filter hook postrouting priority 0;
            iifname "br0" counter
            oifname "br0" counter
            oifname "eth1" counter
            ct state new counter
          }
          chain input { type filter hook input priority 0; iifname "br0" counter\n}
        }`,
    },
    [
      UDP,
      UDP_BACK,
      UDP6,
      ROUTED,
      ROUTED_BACK,
      up('icmp 10.0.0.2 > 10.0.0.1 echo-request id 7 seq 1'),
    ],
  ),
];

const NOBODY = '02:00:00:00:09:09';

const found: Case[] = [
  {
    name: 'bridged: pieces take after the first of them, devices with several addresses, groups in pieces',
    xtables: {
      iptables: `
        -t nat -A PREROUTING -p udp --dport 7 -j REDIRECT
        -t nat -A POSTROUTING -p tcp -j MASQUERADE
        -A FORWARD -p udp
        -A INPUT -p udp`,
      ip6tables: `
        -t nat -A POSTROUTING -p icmpv6 -s 2001:db8:1::5 -j MASQUERADE
        -A FORWARD -p udp`,
    },
    topology: BRIDGE_ROUTER,
    chance: ['fragid'],
    steps: [
      up('udp 10.0.0.7:1000 > 192.0.2.2:53 len 40 id 7 frag 0+'),
      there('ip 10.0.0.7 > 192.0.2.2 proto 17 id 7 frag 48 len 40'),
      wan(framed('udp 192.0.2.5:1000 > 10.0.2.2:7 data "x"', B, NOBODY)),
      lan(framed('tcp 10.0.0.7:1000 > 10.0.2.2:80 syn seq 1', A, NOBODY)),
      wan(framed('icmp6 2001:db8:1::5 > 2001:db8:2::2 echo-request id 7 seq 1', B, NOBODY)),
      ...pieces('udp [2001:db8:1::2]:3 > [2001:db8::2]:1 len 80', [0, 48], 'eth1').map(
        (step): Step => ('packet' in step ? wan(framed(step.packet, B, ALL)) : step),
      ),
      { look: 'conntrack' },
    ],
  },
];

export const bridgeNetfilter: readonly Case[] = [
  ...found,
  ...physdev,
  ...connections,
  ...answers,
  ...shapes,
  ...families,
];
