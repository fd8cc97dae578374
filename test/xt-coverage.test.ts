// Which case asks the kernel about what of iptables: every match and target of it, and of ebtables and arptables.
// What is missing here is missing in the suite; what the kernel that judges does not have is said with its reason.

import { expect, test } from 'vitest';
import type { Case } from './kernel/case.ts';
import { GROUPS } from './kernel/cases/groups.ts';

const MATCHES = [
  ...[
    'addrtype',
    'ah',
    'bpf',
    'cgroup',
    'cluster',
    'comment',
    'connbytes',
    'connlabel',
    'connlimit',
  ],
  ...[
    'connmark',
    'conntrack',
    'cpu',
    'dccp',
    'devgroup',
    'dscp',
    'dst',
    'ecn',
    'esp',
    'eui64',
    'frag',
  ],
  ...[
    'hashlimit',
    'hbh',
    'helper',
    'hl',
    'icmp',
    'icmp6',
    'ipcomp',
    'iprange',
    'ipv6header',
    'ipvs',
  ],
  ...[
    'length',
    'limit',
    'mac',
    'mark',
    'mh',
    'multiport',
    'nfacct',
    'osf',
    'owner',
    'physdev',
    'pkttype',
  ],
  ...[
    'policy',
    'quota',
    'rateest',
    'realm',
    'recent',
    'rpfilter',
    'rt',
    'sctp',
    'set',
    'socket',
    'srh',
  ],
  ...['state', 'statistic', 'string', 'tcp', 'tcpmss', 'time', 'tos', 'ttl', 'u32', 'udp'],
];

const TARGETS = [
  ...[
    'ACCEPT',
    'DROP',
    'QUEUE',
    'RETURN',
    'AUDIT',
    'CHECKSUM',
    'CLASSIFY',
    'CLUSTERIP',
    'CONNMARK',
  ],
  ...[
    'CONNSECMARK',
    'CT',
    'DNAT',
    'DNPT',
    'DSCP',
    'ECN',
    'HL',
    'HMARK',
    'IDLETIMER',
    'LED',
    'LOG',
    'MARK',
  ],
  ...[
    'MASQUERADE',
    'NETMAP',
    'NFLOG',
    'NFQUEUE',
    'NOTRACK',
    'RATEEST',
    'REDIRECT',
    'REJECT',
    'SECMARK',
  ],
  ...[
    'SET',
    'SNAT',
    'SNPT',
    'SYNPROXY',
    'TCPMSS',
    'TCPOPTSTRIP',
    'TEE',
    'TOS',
    'TPROXY',
    'TRACE',
    'TTL',
  ],
  'ULOG',
];

/** Matches of ebtables have no names on a command line, but their options begin alike. */
const EBTABLES = [
  ...[
    '802_3',
    'among',
    'arp',
    'ip',
    'ip6',
    'limit',
    'mark',
    'pkttype',
    'stp',
    'vlan',
    'log',
    'nflog',
  ],
];
const EB_TARGETS = ['arpreply', 'dnat', 'mark', 'redirect', 'snat'];
const ARP_TARGETS = ['mangle', 'CLASSIFY', 'MARK'];

/** A protocol's name stands for its match. */
const IMPLIED: Readonly<Record<string, string>> = { icmp6: 'icmpv6' };

interface Line {
  readonly tool: string;
  readonly text: string;
}

/** What a case loads, and what it runs; lines that are refused are no rules. */
function linesOf({ xtables = {}, steps }: Case): Line[] {
  const loaded = Object.entries(xtables).flatMap(([tool, text]: [string, string]) =>
    text.split('\n').map((line) => ({ tool, text: line })),
  );
  const run = steps.flatMap((step) =>
    'run' in step && step.refused !== true
      ? [{ tool: step.run.split(' ')[0] ?? '', text: step.run }]
      : [],
  );
  return [...loaded, ...run];
}

const lines = GROUPS.flatMap(({ cases }) => cases.flatMap(linesOf));

const some = (tools: RegExp, text: RegExp): boolean =>
  lines.some((line) => tools.test(line.tool) && text.test(line.text));

const IP = /^ip6?tables$/;
const hasMatch = (name: string): boolean =>
  some(IP, new RegExp(`-m ${name}( |$)`)) ||
  some(IP, new RegExp(`-p ${IMPLIED[name] ?? name} .*--`));
const hasTarget = (name: string): boolean =>
  some(IP, new RegExp(`-j ${name}( |$)|^:\\S+ ${name} |-P \\S+ ${name}$`));

/** What the kernel that judges does not have, or no case can ask it. */
const LACKING: Readonly<Record<string, string>> = {
  '-m ipvs': 'CONFIG_IP_VS is off',
  '-j CLUSTERIP': 'the kernel has given it up for the match `cluster`',
  '-j LED': 'CONFIG_NETFILTER_XT_TARGET_LED is off',
  '-j SECMARK': 'no security module labels packets',
  '-j ULOG': 'the kernel has given it up for NFLOG',
};

test('every match and target of iptables has a case, or the kernel does not have it', () => {
  const missing = [
    ...MATCHES.filter((name) => !hasMatch(name)).map((name) => `-m ${name}`),
    ...TARGETS.filter((name) => !hasTarget(name)).map((name) => `-j ${name}`),
  ];
  expect(missing).toEqual(Object.keys(LACKING));
});

test('every match and target of ebtables and arptables has a case', () => {
  const missing = [
    ...EBTABLES.filter((name) => !some(/^ebtables$/, new RegExp(`--${name}(-| )`))),
    ...EB_TARGETS.filter((name) => !some(/^ebtables$/, new RegExp(`-j ${name}\\b`))),
    ...ARP_TARGETS.filter((name) => !some(/^arptables$/, new RegExp(`-j ${name}\\b`))),
  ];
  expect(missing).toEqual([]);
});
