// The words of random rules of ebtables and arptables, with values that random frames have.

import type { Random } from '../../../src/core/index.ts';
import { ARP_ADDRESSES, LINKS, SENDERS, VLANS } from './link-frames.ts';
import { ADDRESSES6, pick } from './words.ts';
import { chance, near } from './xt-parts.ts';

const denied = (r: Random): string => (chance(r, 25) ? '! ' : '');
const ADDRESSES = ['10.0.0.2', '10.0.0.3', '10.0.0.7', '10.0.0.1'];
const PORTS = [21, 22, 53, 80, 443, 1024];

type Make = (r: Random) => string;

export const link = (r: Random): string =>
  chance(r, 25) ? `${pick(r, LINKS)}/${pick(r, MASKS)}` : pick(r, LINKS);
const MASKS = ['ff:ff:ff:00:00:00', 'ff:ff:ff:ff:ff:fe', '01:00:00:00:00:00', 'ff:00:ff:00:ff:00'];
const net = (r: Random, from: readonly string[]): string =>
  `${pick(r, from)}${pick(r, ['', '', '/24', '/31', '/255.0.0.255', '/0'])}`;
const net6 = (r: Random): string => `${pick(r, ADDRESSES6)}${pick(r, ['', '/64', '/127', '/0'])}`;
const range = (r: Random, from: readonly number[]): string => {
  const [one, other] = [near(r, from), near(r, from)];
  return chance(r, 60) ? `${one}` : `${Math.min(one, other)}:${Math.max(one, other)}`;
};

const marks = ['0', '1', '2', '3', '0x10', '0xff'];
const mark: Make = (r) =>
  pick(r, [`${pick(r, marks)}`, `${pick(r, marks)}/${pick(r, marks)}`, `/${pick(r, marks)}`]);

/** Behind `-p`, and what each option needs beside it. */
const ARP: readonly Make[] = [
  (r) => `${denied(r)}--arp-op ${pick(r, ['Request', 'Reply', '3', '9', '10', '0'])}`,
  (r) => `${denied(r)}--arp-htype ${pick(r, ['1', '6', 'Ethernet'])}`,
  (r) => `${denied(r)}--arp-ptype ${pick(r, ['0x800', '86dd', 'IPv4'])}`,
  (r) => `${denied(r)}--arp-ip-src ${net(r, ARP_ADDRESSES)}`,
  (r) => `${denied(r)}--arp-ip-dst ${net(r, ARP_ADDRESSES)}`,
  (r) => `${denied(r)}--arp-mac-src ${link(r)}`,
  (r) => `${denied(r)}--arp-mac-dst ${link(r)}`,
  () => '--arp-gratuitous',
];
const IP: readonly Make[] = [
  (r) => `${denied(r)}--ip-src ${net(r, ADDRESSES)}`,
  (r) => `${denied(r)}--ip-dst ${net(r, ADDRESSES)}`,
  (r) => `${denied(r)}--ip-tos ${pick(r, ['0', '0xb8', '0x10'])}`,
  (r) =>
    pick(r, [
      `${denied(r)}--ip-proto ${pick(r, ['tcp', 'udp', 'icmp', '132', '2'])}`,
      `--ip-proto ${pick(r, ['tcp', 'udp', 'sctp'])} ${denied(r)}--ip-sport ${range(r, PORTS)}`,
      `--ip-proto ${pick(r, ['tcp', 'udp', 'sctp'])} ${denied(r)}--ip-dport ${range(r, PORTS)}`,
      `--ip-proto icmp ${denied(r)}--ip-icmp-type ${pick(r, ['8', '0', '8:9/0:1', 'echo-request'])}`,
      `--ip-proto igmp ${denied(r)}--ip-igmp-type ${pick(r, ['0x11', '0x16', '0:255'])}`,
    ]),
];
const IP6: readonly Make[] = [
  (r) => `${denied(r)}--ip6-src ${net6(r)}`,
  (r) => `${denied(r)}--ip6-dst ${net6(r)}`,
  (r) => `${denied(r)}--ip6-tclass ${pick(r, ['0', '0xb8'])}`,
  (r) =>
    pick(r, [
      `${denied(r)}--ip6-proto ${pick(r, ['tcp', 'udp', 'ipv6-icmp', '59'])}`,
      `--ip6-proto ${pick(r, ['tcp', 'udp'])} ${denied(r)}--ip6-dport ${range(r, PORTS)}`,
      `--ip6-proto ${pick(r, ['tcp', 'udp'])} ${denied(r)}--ip6-sport ${range(r, PORTS)}`,
      `--ip6-proto ipv6-icmp ${denied(r)}--ip6-icmp-type ${pick(r, ['128', '1:130', '128/0'])}`,
    ]),
];
const VLAN: readonly Make[] = [
  (r) => `${denied(r)}--vlan-id ${pick(r, VLANS)}`,
  (r) => `${denied(r)}--vlan-prio ${r.below(8)}`,
  (r) => `${denied(r)}--vlan-encap ${pick(r, ['0800', '0806', '8100', '86DD', '9000'])}`,
];
const LLC: readonly Make[] = [
  (r) => `${denied(r)}--802_3-sap ${pick(r, ['0xaa', '0x42', '0xe0'])}`,
  (r) => `${denied(r)}--802_3-type ${pick(r, ['0x0800', '0x2004', '0x010b'])}`,
];
const STP: readonly Make[] = [
  (r) => `${denied(r)}--stp-type ${pick(r, ['config', 'tcn', '1', '2'])}`,
  (r) => `${denied(r)}--stp-flags ${pick(r, ['0', 'topology-change', '0x80', '2'])}`,
  (r) => `${denied(r)}--stp-root-prio ${range(r, [0, 128, 32768, 384])}`,
  (r) => `${denied(r)}--stp-root-addr ${link(r)}`,
  (r) => `${denied(r)}--stp-root-cost ${range(r, [0, 4, 19, 1024])}`,
  (r) => `${denied(r)}--stp-sender-prio ${range(r, [0, 128, 32768])}`,
  (r) => `${denied(r)}--stp-sender-addr ${link(r)}`,
  (r) => `${denied(r)}--stp-port ${range(r, [1, 2, 128, 384])}`,
  (r) => `${denied(r)}--stp-msg-age ${range(r, [0, 1, 2, 256])}`,
  (r) => `${denied(r)}--stp-max-age ${range(r, [20, 5120])}`,
  (r) => `${denied(r)}--stp-hello-time ${range(r, [2, 512])}`,
  (r) => `${denied(r)}--stp-forward-delay ${range(r, [15, 3840])}`,
];

/** `-p`, and the extension that goes with it. */
const PROTOCOLS: readonly (readonly [string, readonly Make[]])[] = [
  ['IPv4', IP],
  ['IPv6', IP6],
  ['ARP', ARP],
  ['RARP', ARP],
  ['802_1Q', VLAN],
  ['Length', LLC],
];

const several = (r: Random, from: readonly Make[], most: number): string[] => {
  const chosen = new Set(Array.from({ length: r.below(most + 1) }, () => pick(r, from)));
  return [...chosen].map((make) => make(r));
};

function protocolPart(r: Random): string[] {
  if (chance(r, 35)) return [];
  if (chance(r, 25)) return [`${denied(r)}-p ${pick(r, ['IPv4', 'ARP', '0x9000', 'Length'])}`];
  const [name, options] = pick(r, PROTOCOLS);
  return [`-p ${name}`, ...several(r, options, 3)];
}

/** An address alone is all its pairs, which must not stand beside it: their ranges would overlap. */
const pairs = (r: Random): string =>
  SENDERS.flatMap((mac) => {
    const hosts = new Set(Array.from({ length: r.below(3) }, () => pick(r, ADDRESSES)));
    return hosts.size === 0 ? [mac] : [...hosts].map((host) => `${mac}=${host}`);
  })
    .slice(r.below(2))
    .join(',');

const ANY: readonly Make[] = [
  (r) => `${denied(r)}--mark ${mark(r)}`,
  (r) => `${denied(r)}--pkttype-type ${pick(r, ['host', 'broadcast', 'multicast', 'otherhost'])}`,
  (r) => `${denied(r)}--among-src ${pairs(r)}`,
  (r) => `${denied(r)}--among-dst ${pairs(r)}`,
  (r) => `--limit 1/day --limit-burst ${1 + r.below(3)}`,
  (r) => several(r, STP, 3).join(' '),
  (r) =>
    pick(r, ['--log', '--log-prefix x --log-ip', '--nflog', '--nflog-group 3 --nflog-prefix y']),
];

const RESULTS = ['ACCEPT', 'DROP', 'CONTINUE', 'RETURN'];
const result = (r: Random, name: string): string =>
  chance(r, 50) ? ` --${name}-target ${pick(r, ['CONTINUE', 'CONTINUE', ...RESULTS])}` : '';

/** Targets that only some tables' chains have. */
const CHANGES: Readonly<Record<string, Make>> = {
  dnat: (r) => `-j dnat --to-dst ${pick(r, LINKS)}${result(r, 'dnat')}`,
  snat: (r) =>
    `-j snat --to-src ${pick(r, LINKS)}${result(r, 'snat')}${pick(r, ['', ' --snat-arp'])}`,
  redirect: (r) => `-j redirect${result(r, 'redirect')}`,
  arpreply: (r) => `-p ARP -j arpreply --arpreply-mac ${pick(r, LINKS)}${result(r, 'arpreply')}`,
};

const MAY: Readonly<Record<string, readonly string[]>> = {
  'nat PREROUTING': ['dnat', 'redirect', 'arpreply'],
  'nat OUTPUT': ['dnat'],
  'nat POSTROUTING': ['snat'],
};

const INCOMING = ['INPUT', 'FORWARD', 'PREROUTING'];
const OUTGOING = ['OUTPUT', 'FORWARD', 'POSTROUTING'];

const device = (r: Random): string => pick(r, ['eth0', 'eth1', 'eth+', 'br0']);

function ends(r: Random, chain: string): string[] {
  return [
    ...(chance(r, 15) ? [`${denied(r)}-s ${link(r)}`] : []),
    ...(chance(r, 15) ? [`${denied(r)}-d ${link(r)}`] : []),
    ...(INCOMING.includes(chain) && chance(r, 15) ? [`${denied(r)}-i ${device(r)}`] : []),
    ...(OUTGOING.includes(chain) && chance(r, 15) ? [`${denied(r)}-o ${device(r)}`] : []),
  ];
}

function verdict(r: Random, calls: readonly string[]): string {
  if (calls.length > 0 && chance(r, 25)) return `-j ${pick(r, calls)}`;
  if (chance(r, 25))
    return `-j mark --mark-${pick(r, ['set', 'or', 'and', 'xor'])} ${pick(r, marks)}${result(r, 'mark')}`;
  return `-j ${pick(r, ['CONTINUE', 'CONTINUE', 'ACCEPT', 'DROP', 'RETURN'])}`;
}

/** ebtables-nft 1.8.9 takes a `!` behind an option without words for that option's. */
const isBare = (part: string): boolean => /^--(arp-gratuitous|log|nflog)/.test(part);

/** A rule of ebtables in a chain, which may call these others. */
export function frameRule(
  r: Random,
  table: string,
  chain: string,
  calls: readonly string[],
): string {
  const may = MAY[`${table} ${chain}`] ?? [];
  const change = may.length > 0 && chance(r, 40) ? pick(r, may) : undefined;
  if (change === 'arpreply') return [...ends(r, chain), CHANGES.arpreply!(r)].join(' ');
  const target = change === undefined ? verdict(r, calls) : CHANGES[change]!(r);
  const parts = [...ends(r, chain), ...protocolPart(r), ...several(r, ANY, 2)];
  const bare = parts.filter(isBare);
  return [...parts.filter((part) => !isBare(part)), ...bare, target]
    .filter((part) => part !== '')
    .join(' ');
}

/** arptables-nft 1.8.9 does not look at the masks of numbers. */
const ARP_FIELDS: readonly Make[] = [
  (r) => `${denied(r)}-s ${net(r, ARP_ADDRESSES).replace('/0', '')}`,
  (r) => `${denied(r)}-d ${net(r, ARP_ADDRESSES).replace('/0', '')}`,
  (r) => `${denied(r)}--src-mac ${link(r)}`,
  (r) => `${denied(r)}--dst-mac ${link(r)}`,
  (r) => `${denied(r)}--opcode ${pick(r, ['1', '2', 'Reply', '3', '10'])}`,
  (r) => `--h-type ${pick(r, ['1', '6', 'Ethernet'])}`,
  (r) => `${denied(r)}--proto-type ${pick(r, ['0x800', '0x86dd'])}`,
  () => '--h-length 6',
];

const MANGLED: readonly Make[] = [
  (r) => `--mangle-ip-s ${pick(r, ADDRESSES)}`,
  (r) => `--mangle-ip-d ${pick(r, ADDRESSES)}`,
  (r) => `--mangle-mac-s ${pick(r, LINKS)}`,
  (r) => `--mangle-mac-d ${pick(r, LINKS)}`,
];

function arpTarget(r: Random, chain: string, calls: readonly string[]): string {
  if (calls.length > 0 && chance(r, 25)) return `-j ${pick(r, calls)}`;
  switch (r.below(6)) {
    case 0:
    case 1: {
      const changes = several(r, MANGLED, 3);
      const all = changes.length === 0 ? [MANGLED[0]!(r)] : changes;
      return `-j mangle ${all.join(' ')} --mangle-target ${pick(r, ['ACCEPT', 'CONTINUE', 'DROP'])}`;
    }
    case 2:
      return `-j MARK --${pick(r, ['or', 'and'])}-mark ${pick(r, ['1', '3', 'ff'])}`;
    case 3:
      return chain === 'OUTPUT' ? '-j CLASSIFY --set-class 1:2' : '';
    default:
      return pick(r, ['', '-j ACCEPT', '-j DROP', '-j RETURN']);
  }
}

/** A rule of arptables. */
export function arpRule(r: Random, chain: string, calls: readonly string[]): string {
  const inside = chain === 'INPUT' && chance(r, 15) ? [`${denied(r)}-i ${device(r)}`] : [];
  const outside = chain === 'OUTPUT' && chance(r, 15) ? [`${denied(r)}-o ${device(r)}`] : [];
  return [...inside, ...outside, ...several(r, ARP_FIELDS, 3), arpTarget(r, chain, calls)]
    .filter((part) => part !== '')
    .join(' ');
}
