// Matches a rule implies, by family and by what the rule has said already (nftables, payload.c).

import { expect, test } from 'vitest';
import { bytecode } from './test-support.ts';

type Family = Parameters<typeof bytecode>[0];

const L4 = (protocol: string) => ['[ meta load l4proto => reg 1 ]', `[ cmp eq reg 1 ${protocol} ]`];
const NF = (family: string) => ['[ meta load nfproto => reg 1 ]', `[ cmp eq reg 1 ${family} ]`];
const ETHERNET = ['[ meta load iiftype => reg 1 ]', '[ cmp eq reg 1 0x0001 ]'];
const META_PROTOCOL = ['[ meta load protocol => reg 1 ]', '[ cmp eq reg 1 0x0800 ]'];
const VLAN = ['[ payload load 2b @ link header + 12 => reg 1 ]', '[ cmp eq reg 1 0x8100 ]'];
const VLAN_ID = [
  '[ payload load 2b @ link header + 14 => reg 1 ]',
  '[ bitwise reg 1 = ( reg 1 & 0x0fff ) ^ 0x0000 ]',
  '[ cmp eq reg 1 0x0005 ]',
];
const SADDR = ['[ payload load 4b @ network header + 12 => reg 1 ]', '[ cmp eq reg 1 0x0a000001 ]'];
const DPORT = ['[ payload load 2b @ transport header + 2 => reg 1 ]', '[ cmp eq reg 1 0x0016 ]'];
const ETHER_SADDR = [
  '[ payload load 6b @ link header + 6 => reg 1 ]',
  '[ cmp eq reg 1 0x00112233 0x4455 ]',
];
const ICMP = ['[ payload load 1b @ transport header + 0 => reg 1 ]', '[ cmp eq reg 1 0x08 ]'];

test.each<{ name: string; family: Family; rule: string; want: readonly string[][] }>([
  ...(['ip', 'ip6', 'inet', 'bridge', 'netdev'] as const).map((family) => ({
    name: 'a port asks for its protocol',
    family,
    rule: 'tcp dport 22',
    want: [L4('0x06'), DPORT],
  })),
  { name: 'an address of the family', family: 'ip', rule: 'ip saddr 10.0.0.1', want: [SADDR] },
  {
    name: 'an address asks for the family',
    family: 'inet',
    rule: 'ip saddr 10.0.0.1',
    want: [NF('0x02'), SADDR],
  },
  {
    name: 'an address asks for the Ethernet type',
    family: 'bridge',
    rule: 'ip saddr 10.0.0.1',
    want: [META_PROTOCOL, SADDR],
  },
  {
    name: 'an address asks for the Ethernet type',
    family: 'netdev',
    rule: 'ip saddr 10.0.0.1',
    want: [META_PROTOCOL, SADDR],
  },
  {
    name: 'ICMP asks for IPv4 and for the protocol',
    family: 'inet',
    rule: 'icmp type echo-request',
    want: [NF('0x02'), L4('0x01'), ICMP],
  },
  {
    name: 'a frame header asks for Ethernet',
    family: 'inet',
    rule: 'ether saddr 00:11:22:33:44:55',
    want: [ETHERNET, ETHER_SADDR],
  },
  {
    name: 'a frame header is there',
    family: 'bridge',
    rule: 'ether saddr 00:11:22:33:44:55',
    want: [ETHER_SADDR],
  },
  {
    name: 'a VLAN tag asks for its type',
    family: 'bridge',
    rule: 'vlan id 5',
    want: [VLAN, VLAN_ID],
  },
  {
    name: 'behind a VLAN tag, the type is the inner one',
    family: 'netdev',
    rule: 'vlan id 5 ip saddr 10.0.0.1',
    want: [
      ETHERNET,
      VLAN,
      VLAN_ID,
      ['[ payload load 2b @ link header + 16 => reg 1 ]', '[ cmp eq reg 1 0x0800 ]'],
      SADDR,
    ],
  },
  {
    name: 'what the rule says itself is not said again',
    family: 'inet',
    rule: 'meta l4proto tcp tcp dport 22',
    want: [L4('0x06'), DPORT],
  },
  {
    name: 'nor is what the IP header said',
    family: 'ip',
    rule: 'ip protocol tcp tcp dport 22',
    want: [['[ payload load 1b @ network header + 9 => reg 1 ]', '[ cmp eq reg 1 0x06 ]'], DPORT],
  },
  {
    name: 'nor what an earlier match asked for',
    family: 'inet',
    rule: 'tcp dport 22 tcp sport 1024-65535',
    want: [
      L4('0x06'),
      DPORT,
      ['[ payload load 2b @ transport header + 0 => reg 1 ]', '[ range eq reg 1 0x0400 0xffff ]'],
    ],
  },
  {
    name: 'nor what the family says',
    family: 'ip',
    rule: 'meta protocol ip ip saddr 10.0.0.1',
    want: [SADDR],
  },
  {
    name: 'what the family says stays at the end of a rule',
    family: 'ip',
    rule: 'meta protocol ip',
    want: [META_PROTOCOL],
  },
  {
    name: 'what the family says stays at the end of a rule, once',
    family: 'ip',
    rule: 'meta protocol ip ip saddr 10.0.0.1 meta protocol ip',
    want: [SADDR, META_PROTOCOL],
  },
  {
    name: 'neighbouring fields are one load',
    family: 'ip',
    rule: 'tcp sport 1 tcp dport 2',
    want: [
      L4('0x06'),
      ['[ payload load 4b @ transport header + 0 => reg 1 ]', '[ cmp eq reg 1 0x00010002 ]'],
    ],
  },
  {
    name: 'a reset asks for TCP',
    family: 'ip',
    rule: 'reject with tcp reset',
    want: [L4('0x06'), ['[ reject type 1 code 0 ]']],
  },
  {
    name: 'an answer of one version asks for the family',
    family: 'inet',
    rule: 'reject with icmp host-unreachable',
    want: [NF('0x02'), ['[ reject type 0 code 1 ]']],
  },
])('$name in $family: $rule', ({ family, rule, want }) => {
  expect(bytecode(family, rule)).toEqual(want.flat());
});
