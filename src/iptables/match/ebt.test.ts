// What ebtables-nft 1.8.9 was seen to accept, refuse and save; negations stand as 1.8.13 writes them, and where its guided
// parser of options takes more or less, it is as that does.

import { expect, test } from 'vitest';
import { saveRuleset } from '../index.ts';
import { programOf } from '../test-support.ts';

function saved(rule: string): string {
  const { program } = programOf('bridge', [`-A FORWARD ${rule}`]);
  const lines = saveRuleset(program, 'bridge', { counters: false }).split('\n');
  const line = lines.find((one) => one.startsWith('-A ')) ?? 'refused';
  return line.replace('-A FORWARD ', '').replace(' -j CONTINUE', '');
}

test.each([
  ['-p Length --802_3-type 0x0012 -j ACCEPT', '-p Length --802_3-type 0x0012 -j ACCEPT'],
  ['-p Length --802_3-sap 10 --802_3-type ! 5', '-p Length --802_3-sap 0x10 ! --802_3-type 0x0005'],
  ['-p ARP --arp-op 99', '-p ARP --arp-op 99'],
  [
    '-p ARP --arp-opcode ! Reply --arp-htype Ethernet --arp-ptype 0x800',
    '-p ARP ! --arp-op Reply --arp-htype 1 --arp-ptype 0x800',
  ],
  ['-p RARP --arp-op 3 --arp-ptype IPv4', '-p RARP --arp-op Request_Reverse --arp-ptype 0x800'],
  ['-p ARP ! --arp-gratuitous', '-p ARP ! --arp-gratuitous'],
  [
    '-p ARP --arp-ip-src 1.2.3.4/24 --arp-ip-dst ! 1.2.3.4/255.255.0.0 --arp-mac-src 1:2:3:4:5:6',
    '-p ARP --arp-ip-src 1.2.3.0/24 ! --arp-ip-dst 1.2.0.0/16 --arp-mac-src 01:02:03:04:05:06',
  ],
  [
    '-p ip --ip-proto tcp --ip-dport ssh --ip-sport ! 1:5 --ip-tos 0x10',
    '-p IPv4 --ip-tos 0x10 --ip-proto tcp ! --ip-sport 1:5 --ip-dport 22',
  ],
  [
    '-p ip --ip-source 1.2.3.4/255.0.255.0 --ip-destination 10.0.0.0/8',
    '-p IPv4 --ip-src 1.0.3.0/255.0.255.0 --ip-dst 10.0.0.0/8',
  ],
  [
    '-p ip --ip-proto igmp --ip-igmp-type 0x11',
    '-p IPv4 --ip-proto igmp --ip-igmp-type membership-query',
  ],
  ['-p ip --ip-proto igmp --ip-igmp-type ! 1:3', '-p IPv4 --ip-proto igmp ! --ip-igmp-type 1:3'],
  ['-p ip --ip-proto icmp --ip-icmp-type any', '-p IPv4 --ip-proto icmp --ip-icmp-type any'],
  [
    '-p ip --ip-proto igmp --ip-igmp-type leave',
    '-p IPv4 --ip-proto igmp --ip-igmp-type leave-group',
  ],
  ['-p DEC', '-p 0xdec'],
  ['-p ! LENGTH --802_3-sap 0x42', '! -p Length --802_3-sap 0x42'],
  ['-s 1:2:3:4:5:06:7', '-s 01:02:03:04:05:06'],
  ['--mark -1/4294967297', '--mark 0xffffffff/0x1'],
  ['--nflog-threshold 1', '--nflog-group 1'],
  ['-p ip --ip-proto icmp --ip-icmp-type 8', '-p IPv4 --ip-proto icmp --ip-icmp-type echo-request'],
  [
    '-p ip --ip-proto icmp --ip-icmp-type 3/1',
    '-p IPv4 --ip-proto icmp --ip-icmp-type host-unreachable',
  ],
  [
    '-p ip --ip-proto icmp --ip-icmp-type 3:4/1:2',
    '-p IPv4 --ip-proto icmp --ip-icmp-type 3:4/1:2',
  ],
  ['-p ip --ip-proto 50', '-p IPv4 --ip-proto esp'],
  ['-p ip --ip-src 1.2.3.4/0', '-p IPv4 --ip-src 0.0.0.0/0'],
  [
    '-p ip6 --ip6-source 1::2/64 --ip6-destination ! 2::',
    '-p IPv6 --ip6-src 1::/64 ! --ip6-dst 2::',
  ],
  ['-p ip6 --ip6-source 1::2/ffff::', '-p IPv6 --ip6-src 1::/16'],
  [
    '-p ip6 --ip6-proto ipv6-icmp --ip6-icmp-type 1/1',
    '-p IPv6 --ip6-proto ipv6-icmp --ip6-icmp-type communication-prohibited',
  ],
  [
    '-p ip6 --ip6-proto ipv6-icmp --ip6-icmp-type 1:5/2:3',
    '-p IPv6 --ip6-proto ipv6-icmp --ip6-icmp-type 1:5/2:3',
  ],
  ['-p 802_1Q --vlan-id 0 --vlan-prio 3', '-p 802_1Q --vlan-id 0 --vlan-prio 3'],
  ['-p 802_1Q --vlan-id 5 --vlan-prio 3', '-p 802_1Q --vlan-id 5'],
  ['-p 802_1Q --vlan-encap arp', '-p 802_1Q --vlan-encap 0806'],
  ['-d BGA --stp-type 0 --stp-flags 1', '-d BGA --stp-type config --stp-flags topology-change'],
  [
    '-d BGA --stp-root-addr 1:2:3:4:5:6/ff:ff:ff:0:0:0 --stp-root-cost 5:',
    '-d BGA --stp-root-addr 01:02:03:00:00:00/ff:ff:ff:00:00:00 --stp-root-cost 5:4294967295',
  ],
  ['--pkttype-type 4', '--pkttype-type outgoing'],
  ['--mark ! 5/7', '! --mark 0x5/0x7'],
  ['--mark /7', '--mark /0x7'],
  ['--limit 3/s', '--limit 3/sec --limit-burst 5'],
  [
    '--among-src d:2:3:4:5:6=1.2.3.4,d:2:3:4:5:6=1.1.1.1,0:1:2:3:4:5',
    '--among-src 0:1:2:3:4:5,d:2:3:4:5:6=1.1.1.1,d:2:3:4:5:6=1.2.3.4',
  ],
])('%s', (rule, want) => {
  expect(saved(rule)).toBe(want);
});

test.each([
  '--802_3-sap 10',
  '-p Length --802_3-sap 256',
  '-p ARP --arp-op RARP_Request',
  '-p ip --ip-proto foo',
  '-p ip --ip-tos 256',
  '-p ip6 --ip6-src 10.0.0.1',
  '-p ip --ip-proto udp --ip-sport 4:3',
  '-p 802_1Q --vlan-id 4095',
  '-p 802_1Q --vlan-prio 8',
  '-p 802_1Q --vlan-encap 10',
  '-p 802_1Q --vlan-encap foo',
  '-d BGA --stp-root-prio 70000',
  '--pkttype-type foo',
  '--among-src foo',
  '--among-src 1:2:3:4:5:6=foo',
  '-p ip --ip-proto icmp --ip-icmp-type 2:',
  '-s 1-2-3-4-5-6',
  '-s 1:2:3:4:5:g',
  '--pkttype-type 255',
  '--log-level Info',
])('%s is refused', (rule) => {
  expect(() => saved(rule)).toThrow();
});
