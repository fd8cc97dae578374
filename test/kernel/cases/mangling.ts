// Changed packets: every byte and checksum of what comes out.

import type { Case } from '../case.ts';
import { at, filter, lan } from './words.ts';

const UDP4 = 'udp 10.0.0.2:1024 > 192.0.2.2:53 data "some bytes"';
const UDP6 = 'udp [2001:db8::2]:1024 > [2001:db8:1::2]:53 data "odd bytes"';
const TCP4 = 'tcp 10.0.0.2:1024 > 192.0.2.2:80 syn seq 1000 win 64240 mss 1460 wscale 7';
const TCP6 = 'tcp [2001:db8::2]:1024 > [2001:db8:1::2]:80 syn seq 1000 win 64240 mss 1440 wscale 7';

const mangle = (
  rule: string,
  packets: readonly string[] = [UDP4, UDP6, TCP4, TCP6],
  hook = 'forward',
): Case => ({
  name: `${rule} in ${hook}`,
  ruleset: filter({ [hook]: `${rule} counter` }),
  steps: packets.map((p) => lan(p)),
});

const fields: Case[] = [
  'ip ttl set 9',
  'ip dscp set cs3',
  'ip dscp set ef',
  'ip ecn set ce',
  'ip daddr set 192.0.2.3',
  'ip saddr set 10.0.0.77',
  'ip id set 4711',
  'ip6 hoplimit set 9',
  'ip6 dscp set cs3',
  'ip6 flowlabel set 0x12345',
  'ip6 daddr set 2001:db8:1::3',
  'ip6 saddr set 2001:db8::77',
  'tcp dport set 8080',
  'tcp sport set 5',
  'tcp window set 100',
  'tcp sequence set 77',
  'tcp urgptr set 7',
  'tcp option maxseg size set 1200',
  'tcp option maxseg size set rt mtu',
  'udp dport set 5353',
  'udp sport set 7',
  'udp length set 18',
  '@th,16,16 set 1234',
  'meta mark set 3 meta mark 3 ip ttl set 5',
].map((rule) => mangle(rule));

const reset: Case[] = [
  mangle('tcp dport 80 reset tcp option maxseg', [TCP4, TCP6]),
  mangle('udp checksum set 0', [UDP4]),
];

/** Behind routing only the neighbour follows a changed destination, for this packet alone. */
const behind: Case[] = [
  { l3: 'ip', from: '10.0.0.2', to: '10.0.2.2', other: '10.0.2.77' },
  { l3: 'ip6', from: '2001:db8::2', to: '2001:db8:2::2', other: '2001:db8:2::77' },
].map(({ l3, from, to, other }) => ({
  name: `${l3} daddr set in postrouting moves one packet and not the next`,
  ruleset: filter({ postrouting: `udp dport 53 ${l3} daddr set ${other} counter` }),
  steps: [53, 54, 53].map((p) => lan(`udp ${at(from, 1)} > ${at(to, p)} data "x"`)),
}));

const before: Case[] = [
  mangle('ip daddr set 10.0.2.2', [UDP4], 'prerouting'),
  mangle(
    'ip daddr set 10.0.0.1',
    ['icmp 10.0.0.2 > 192.0.2.2 echo-request id 1 seq 1 data "x"'],
    'prerouting',
  ),
  mangle('ip6 daddr set 2001:db8:2::2', [UDP6], 'prerouting'),
  mangle('ip ttl set 1', [UDP4], 'prerouting'),
  mangle(
    'icmp id set 99',
    ['icmp 10.0.0.2 > 192.0.2.2 echo-request id 1 seq 1 data "x"'],
    'prerouting',
  ),
  mangle(
    'icmpv6 id set 99',
    ['icmp6 2001:db8::2 > 2001:db8:1::2 echo-request id 1 seq 1 data "x"'],
    'prerouting',
  ),
];

const zeroChecksum: Case[] = [
  mangle('udp dport set 5353', ['udp 10.0.0.2:1024 > 192.0.2.2:53 data "x" nosum']),
  mangle('ip daddr set 192.0.2.3', ['udp 10.0.0.2:1024 > 192.0.2.2:53 data "x" nosum']),
].map((one) => ({ ...one, name: `${one.name}, UDP checksum 0` }));

const copies: Case[] = [
  {
    name: 'dup to another host sends a copy',
    ruleset: `table ip t { chain forwarded { type filter hook forward priority 0; policy accept; dup to 10.0.2.2 device "eth2" counter
      } }`,
    steps: [lan(UDP4)],
  },
  {
    name: 'fwd on ingress hands the frame to another device',
    ruleset: `table netdev t { chain in { type filter hook ingress device "eth0" priority 0; policy accept; udp dport 53 counter fwd to "eth2"
      } }`,
    steps: [lan(UDP4), lan(TCP4)],
  },
  ...(['ingress', 'egress'] as const).map(
    (hook): Case => ({
      name: `fwd at ${hook} sends to a neighbour, past the hooks of IP`,
      ruleset: `table netdev t { chain c { type filter hook ${hook} device "${hook === 'ingress' ? 'eth0' : 'eth1'}" priority 0; policy accept;
        counter fwd ip to 10.0.2.3 device "eth2"
        counter fwd ip6 to 2001:db8:2::3 device "eth2"
        counter } }
        table inet s { chain out { type filter hook output priority 0; counter; }
          chain post { type filter hook postrouting priority 0; counter; }
          chain through { type filter hook forward priority 0; counter; } }`,
      steps: [
        lan(UDP4),
        lan('udp 10.0.0.2:1 > 192.0.2.2:53 ttl 1'),
        lan('udp 10.0.0.2:1 > 192.0.2.2:53 ttl 2'),
        lan('udp [2001:db8::2]:1 > [2001:db8:1::2]:53 data "x"'),
        lan('udp [2001:db8::2]:1 > [2001:db8:1::2]:53 ttl 1'),
      ],
    }),
  ),
  {
    name: 'dup on ingress copies the frame to another device',
    ruleset: `table netdev t { chain in { type filter hook ingress device "eth0" priority 0; policy accept; udp dport 53 counter dup to "eth2"
      } }`,
    steps: [lan(UDP4), lan(TCP4)],
  },
];

export const mangling: readonly Case[] = [
  ...fields,
  ...reset,
  ...behind,
  ...before,
  ...zeroChecksum,
  ...copies,
];
