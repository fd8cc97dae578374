// Targets of iptables and ip6tables; the rest is in xt-rare-parts.ts. Not drawn: SYNPROXY, whose sequence
// numbers are cookies (cases/synproxy.ts); IDLETIMER, whose labels are the whole machine's; SECMARK, which
// needs a security module; LED and CLUSTERIP, which this kernel has not.

import type { Random } from '../../../src/core/index.ts';
import { pick } from './words.ts';
import {
  type About,
  chance,
  type L3,
  MARKS,
  mark,
  OUTGOING,
  port,
  some,
  type TableName,
  type XtPart,
} from './xt-parts.ts';

const GOES_ON: readonly XtPart[] = [
  { make: () => '' },
  {
    make: (r) => `-j MARK --set-${pick(r, ['mark', 'xmark'])} ${mark(r)}`,
    tables: ['mangle'],
  },
  {
    make: (r) => `-j MARK --${pick(r, ['and', 'or', 'xor'])}-mark ${pick(r, MARKS)}`,
    tables: ['mangle'],
  },
  {
    make: (r) =>
      pick(r, [
        `-j CONNMARK --set-${pick(r, ['mark', 'xmark'])} ${mark(r)}`,
        `-j CONNMARK --${pick(r, ['and', 'or', 'xor'])}-mark ${pick(r, MARKS)}`,
        '-j CONNMARK --save-mark',
        '-j CONNMARK --save-mark --nfmask 0xf --ctmask 0xff',
        '-j CONNMARK --restore-mark',
        '-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xf',
      ]),
  },
  { make: (r) => `-j LOG --log-prefix "x: "${pick(r, ['', ' --log-uid', ' --log-ip-options'])}` },
  { make: (r) => `-j NFLOG --nflog-group ${r.below(3)}${pick(r, ['', ' --nflog-size 20'])}` },
  { make: (r) => `-j AUDIT --type ${pick(r, ['accept', 'drop', 'reject'])}` },
  {
    make: (r) => `-j CLASSIFY --set-class 1:${r.below(4)}`,
    tables: ['mangle', 'filter'],
    chains: OUTGOING,
  },
  {
    make: (r, { l3 }) =>
      `-j TEE --gateway ${l3 === 'ip' ? '10.0.2.' : '2001:db8:2::'}${2 + r.below(4)}`,
    tables: ['mangle'],
  },
  { make: (r) => `-j NFQUEUE --queue-num ${r.below(4)} --queue-bypass` },
];

const STRIPPED = ['mss', 'wscale', 'sack-permitted', 'timestamp', 'sack'];

const MANGLE: readonly XtPart[] = [
  { make: (r) => `-j DSCP --set-dscp ${pick(r, [0, 1, 46, 63])}` },
  { make: (r) => `-j DSCP --set-dscp-class ${pick(r, ['EF', 'CS1', 'BE'])}` },
  {
    make: (r) =>
      `-j TOS ${pick(r, ['--set-tos 0x10', '--set-tos 0x12/0x34', '--and-tos 0xfc', '--or-tos 3', '--xor-tos 0x81'])}`,
  },
  {
    l3: 'ip',
    make: (r) =>
      `-j TTL --ttl-${pick(r, ['set 9', 'set 1', 'inc 1', 'inc 200', 'dec 1', 'dec 63', 'dec 64'])}`,
  },
  {
    l3: 'ip6',
    make: (r) =>
      `-j HL --hl-${pick(r, ['set 9', 'set 1', 'inc 1', 'inc 200', 'dec 1', 'dec 63', 'dec 64'])}`,
  },
  {
    l3: 'ip',
    protocols: ['tcp'],
    make: (r) => `-j ECN --ecn-${pick(r, ['tcp-remove', 'ip-ect 1'])}`,
  },
  { protocols: ['udp'], make: () => '-j CHECKSUM --checksum-fill' },
  {
    protocols: ['tcp'],
    chains: OUTGOING,
    make: (r) =>
      `-m tcp --tcp-flags SYN,RST${pick(r, ['', ',ACK'])} SYN -j TCPMSS ${pick(r, ['--set-mss 1000', '--set-mss 1400', '--set-mss 1460', '--clamp-mss-to-pmtu'])}`,
  },
  { protocols: ['tcp'], make: (r) => `-j TCPOPTSTRIP --strip-options ${some(r, STRIPPED)}` },
  {
    make: (r) =>
      `-j HMARK --hmark-tuple ${some(r, ['src', 'dst', 'sport', 'dport', 'proto'], 5)} --hmark-mod ${1 + r.below(4)} --hmark-offset ${r.below(3)} --hmark-rnd ${r.below(100)}`,
  },
  {
    protocols: ['tcp', 'udp'],
    chains: ['PREROUTING'],
    make: (r) => `-j TPROXY --on-port ${port(r)} --tproxy-mark ${mark(r)}`,
  },
  {
    l3: 'ip6',
    chains: ['INPUT', 'POSTROUTING'],
    make: (r) =>
      `-j SNPT --src-pfx 2001:db8::/64 --dst-pfx 2001:db8:${1 + r.below(9)}::/${pick(r, [48, 64])}`,
  },
  {
    l3: 'ip6',
    chains: ['PREROUTING', 'OUTPUT'],
    make: (r) => `-j DNPT --src-pfx 2001:db8:1::/64 --dst-pfx 2001:db8:2::/${pick(r, [56, 64])}`,
  },
];

const RAW: readonly XtPart[] = [
  { make: () => '-j NOTRACK' },
  { make: () => '-j TRACE' },
  {
    make: (r) =>
      `-j CT ${pick(r, ['--notrack', '--zone 1', '--zone 0', '--zone-orig 2', '--zone-reply 3', '--zone mark', '--ctevents new,destroy'])}`,
  },
  { protocols: ['tcp'], make: () => '-j CT --helper ftp' },
];

const REASONS: Readonly<Record<L3, readonly string[]>> = {
  ip: [
    'icmp-port-unreachable',
    'icmp-host-prohibited',
    'icmp-net-unreachable',
    'icmp-admin-prohibited',
  ],
  ip6: ['icmp6-port-unreachable', 'icmp6-adm-prohibited', 'icmp6-no-route', 'icmp6-policy-fail'],
};

const FILTER: readonly XtPart[] = [
  { make: () => '-j REJECT' },
  { make: (r, { l3 }) => `-j REJECT --reject-with ${pick(r, REASONS[l3])}` },
  { protocols: ['tcp'], make: () => '-j REJECT --reject-with tcp-reset' },
];

/** With the port a base of its own where the protocol has one. */
function nattedTo(r: Random, { l3, protocol }: About, ends: readonly string[]): string {
  const to = pick(r, ends);
  if (!['tcp', 'udp'].includes(protocol) || chance(r, 50)) return to;
  return `${l3 === 'ip6' ? `[${to}]` : to}:${pick(r, ['5353', '8080-8080', '40000'])}`;
}

const SOURCES: Readonly<Record<L3, readonly string[]>> = {
  ip: ['192.0.2.9', '10.0.2.9'],
  ip6: ['2001:db8:1::9', '2001:db8:2::9'],
};

const NAT: readonly XtPart[] = [
  {
    chains: ['POSTROUTING', 'INPUT'],
    make: (r, about) => `-j SNAT --to-source ${nattedTo(r, about, SOURCES[about.l3])}`,
  },
  {
    chains: ['PREROUTING', 'OUTPUT'],
    make: (r, about) =>
      `-j DNAT --to-destination ${nattedTo(r, about, about.l3 === 'ip' ? ['10.0.2.2', '192.0.2.5', '10.0.0.7'] : ['2001:db8:2::2', '2001:db8:1::5'])}`,
  },
  { chains: ['POSTROUTING'], make: () => '-j MASQUERADE' },
  {
    chains: ['POSTROUTING'],
    protocols: ['tcp', 'udp'],
    make: (r) => `-j MASQUERADE --to-ports ${pick(r, ['6000', '40000'])}`,
  },
  { chains: ['PREROUTING', 'OUTPUT'], make: () => '-j REDIRECT' },
  {
    chains: ['PREROUTING', 'OUTPUT'],
    protocols: ['tcp', 'udp'],
    make: (r) => `-j REDIRECT --to-ports ${port(r)}`,
  },
  {
    chains: ['PREROUTING', 'OUTPUT', 'POSTROUTING', 'INPUT'],
    make: (r, { l3 }) =>
      `-j NETMAP --to ${l3 === 'ip' ? pick(r, ['10.0.2.0/24', '192.0.2.0/29']) : pick(r, ['2001:db8:2::/64', '2001:db8:1::/125'])}`,
  },
];

const only = (table: TableName, parts: readonly XtPart[]): XtPart[] =>
  parts.map((part) => ({ ...part, tables: [table] }));

const ENDS: readonly XtPart[] = [
  { make: () => '-j ACCEPT' },
  { make: () => '-j ACCEPT' },
  { make: () => '-j RETURN' },
  { make: () => '-j DROP', tables: ['raw', 'mangle', 'filter', 'security'] },
  { make: (r) => `-j NFQUEUE --queue-num ${r.below(4)}`, tables: ['mangle', 'filter'] },
  // iptables-nft 1.8.9 sends a target of this name, which the kernel has not.
  { make: () => '-j QUEUE', tables: ['filter'], only: 'legacy' },
];

export const XT_TARGETS: readonly XtPart[] = [
  ...GOES_ON,
  ...only('mangle', MANGLE),
  ...only('raw', RAW),
  ...only('raw', RAW),
  ...only('filter', FILTER),
  ...only('nat', NAT),
  ...only('nat', NAT),
  ...only('nat', NAT),
  ...ENDS,
];
