// Every expression at every place where rules stand: evaluated, or refused by the kernel.

import type { Expr, Family } from '../../../src/program/index.ts';
import type { Case, Step } from '../case.ts';
import type { Place } from '../coverage/census.ts';
import { BRIDGE_SYSCTL, BRIDGED } from './bridge.ts';
import { lan, wan } from './words.ts';

const IP: readonly Place[] = ['ip', 'ip6', 'inet'];
const DEVICES: readonly Place[] = ['inet ingress', 'netdev ingress', 'netdev egress'];
const LINKS: readonly Place[] = [...DEVICES, 'arp', 'bridge'];

const UNTRACKED: readonly Place[] = ['arp', 'netdev ingress', 'netdev egress'];
/** nf_conntrack_bridge and nft_reject_bridge are not in the kernel that judges here. */
const NOT_BUILT: readonly Place[] = ['bridge'];

/** What has no connection yet is counted until the next tick of the clock (__nf_conncount_add()). */
const UNCOUNTED: readonly Place[] = [...NOT_BUILT, 'inet ingress'];
/** There the word is the name of a host. */
const HOSTS: readonly Place[] = ['ip', 'ip6'];

interface Statement {
  readonly kind: string;
  /** What nft 1.0.6 has no words for, over netlink; `text` then is for people. */
  readonly exprs?: readonly Expr[];
  /** One rule; `@addr` is an address, `@l3` the protocol. */
  readonly text: string;
  /** Where the kernel refuses it. */
  readonly not?: readonly Place[];
  /** Where nft has no words for it. */
  readonly unsaid?: readonly Place[];
  /** In the families that have several. */
  readonly hook?: string;
  readonly type?: string;
}

/** The kinds are those of programs, so that the table of what is covered can name them. */
const STATEMENTS: readonly Statement[] = [
  { kind: 'immediate', text: 'meta mark 0 accept' },
  { kind: 'immediate', text: 'drop' },
  { kind: 'immediate', text: 'jump sub' },
  { kind: 'immediate', text: 'goto sub' },
  { kind: 'immediate', text: 'continue' },
  { kind: 'immediate', text: 'return' },
  { kind: 'payload', text: '@ll,96,16 0x0800' },
  { kind: 'payload', text: '@nh,0,8 0x45' },
  { kind: 'payload', text: '@th,16,16 53' },
  { kind: 'payload-write', text: '@nh,8,8 set 0' },
  { kind: 'payload-write', text: '@th,0,16 set 7' },
  { kind: 'cmp', text: 'meta length != 33' },
  { kind: 'cmp', text: 'meta length < 34' },
  { kind: 'cmp', text: 'meta length <= 33' },
  { kind: 'cmp', text: 'meta length >= 34' },
  { kind: 'range', text: 'meta length != 20-35' },
  { kind: 'bitwise', text: 'meta length & 0x21 == 0x21' },
  { kind: 'byteorder', text: 'meta length > 33' },
  { kind: 'meta', text: 'meta protocol != ip6' },
  { kind: 'meta', text: 'meta iifname "eth0"' },
  { kind: 'meta', text: 'meta oifname "eth1"' },
  { kind: 'meta', text: 'meta pkttype host' },
  { kind: 'meta', text: 'meta hour "00:00"-"23:59"' },
  { kind: 'meta', text: 'meta oif "lo"' },
  { kind: 'meta-set', text: 'meta mark set 5 meta mark 5' },
  { kind: 'meta-set', text: 'meta priority set 1:2 meta priority 1:2' },
  { kind: 'ct', text: 'ct state new,untracked', not: UNTRACKED, unsaid: NOT_BUILT },
  { kind: 'ct-set', text: 'ct mark set 3 ct mark 3', not: UNTRACKED, unsaid: NOT_BUILT },
  { kind: 'lookup', text: 'meta length { 28, 33, 40 }' },
  { kind: 'lookup', text: 'meta length vmap { 28 : drop, 33 : drop, 60 : drop }' },
  { kind: 'lookup', text: 'meta mark set meta length map { 28 : 1, 33 : 2 } meta mark 2' },
  { kind: 'dynset', text: 'add @marks { meta mark }' },
  { kind: 'dynset', text: 'update @marks { meta mark timeout 1h counter }' },
  { kind: 'dynset', text: 'delete @marks { meta mark }' },
  { kind: 'limit', text: 'limit rate 1/hour burst 2 packets' },
  { kind: 'limit', text: 'limit rate over 40 bytes/hour burst 40 bytes' },
  { kind: 'quota', text: 'quota 50 bytes' },
  { kind: 'quota', text: 'quota over 50 bytes' },
  { kind: 'connlimit', text: 'ct count 1', not: UNTRACKED, unsaid: UNCOUNTED },
  { kind: 'connlimit', text: 'ct count over 1', not: UNTRACKED, unsaid: UNCOUNTED },
  { kind: 'log', text: 'log prefix "x"' },
  { kind: 'log', text: 'log group 3 snaplen 8' },
  { kind: 'reject', text: 'reject', not: ['arp', 'netdev egress'], unsaid: NOT_BUILT },
  {
    kind: 'reject',
    text: 'reject with icmpx type admin-prohibited',
    not: ['arp', 'netdev egress', 'ip', 'ip6'],
    unsaid: NOT_BUILT,
  },
  {
    kind: 'reject',
    text: 'meta l4proto tcp reject with tcp reset',
    not: ['arp', 'netdev egress'],
    unsaid: NOT_BUILT,
  },
  { kind: 'nat', text: 'snat to @addr', not: LINKS, type: 'nat', hook: 'postrouting' },
  { kind: 'nat', text: 'dnat to @addr', not: LINKS, type: 'nat', hook: 'prerouting' },
  { kind: 'masq', text: 'masquerade', not: LINKS, type: 'nat', hook: 'postrouting' },
  { kind: 'redir', text: 'redirect', not: LINKS, type: 'nat', hook: 'prerouting' },
  { kind: 'dup', text: 'dup to @addr', not: ['inet', ...LINKS] },
  {
    kind: 'dup',
    text: 'dup to "eth2"',
    not: ['inet', 'inet ingress', 'arp', 'bridge'],
    unsaid: HOSTS,
  },
  { kind: 'fwd', text: 'fwd to "eth2"', not: [...IP, 'inet ingress', 'arp', 'bridge'] },
  {
    kind: 'fwd',
    text: 'fwd @l3 to @addr device "eth2"',
    not: [...IP, 'inet ingress', 'arp', 'bridge'],
  },
  { kind: 'notrack', text: 'notrack' },
  { kind: 'exthdr', text: 'tcp option maxseg size 1460' },
  { kind: 'exthdr', text: 'ip option ra exists', not: ['ip6', 'arp'] },
  { kind: 'exthdr', text: 'exthdr frag missing', not: ['ip', 'arp'] },
  { kind: 'exthdr-write', text: 'tcp option maxseg size set 1000' },
  { kind: 'exthdr-reset', text: 'reset tcp option maxseg' },
  {
    kind: 'fib',
    text: 'fib saddr . iif oif exists',
    not: ['inet ingress', 'netdev egress', 'arp', 'bridge'],
  },
  {
    kind: 'fib',
    text: 'fib saddr oifname "eth0"',
    not: ['inet ingress', 'netdev egress', 'arp', 'bridge'],
  },
  {
    kind: 'fib',
    text: 'fib saddr oif "eth0"',
    not: ['inet ingress', 'netdev egress', 'arp', 'bridge'],
  },
  { kind: 'fib', text: 'fib daddr type unicast', not: ['inet ingress', 'arp', 'bridge'] },
  { kind: 'rt', text: 'rt mtu 1500', not: LINKS, hook: 'postrouting' },
  { kind: 'socket', text: 'socket transparent 0', not: LINKS },
  { kind: 'osf', text: 'osf name "unknown"', not: LINKS, unsaid: ['ip6'] },
  { kind: 'xfrm', text: 'ipsec in reqid 1', not: LINKS },
  { kind: 'numgen', text: 'numgen inc mod 2 0' },
  { kind: 'hash', text: 'jhash meta mark mod 3 seed 0x1 0-1' },
  { kind: 'objref', text: 'counter name "c"' },
  { kind: 'objref', text: 'quota name "q"' },
  { kind: 'objref', text: 'limit name "l"' },
  { kind: 'objref', text: 'counter name meta length map { 33 : "c" }' },
  { kind: 'synproxy', text: 'tcp dport 80 synproxy mss 1460 wscale 7', hook: 'input', not: LINKS },
  { kind: 'tproxy', text: 'meta l4proto udp tproxy to :9', not: LINKS },
  { kind: 'last', text: 'last', exprs: [{ kind: 'last' }] },
  {
    kind: 'inner',
    text: 'vxlan ip saddr 10.9.0.1',
    exprs: [
      {
        ...({ kind: 'inner', type: 'vxlan', hdrsize: 8, flags: 15 } as const),
        expr: { kind: 'payload', base: 'network', offset: 12, len: 4, dreg: 1 },
      },
      { kind: 'cmp', sreg: 1, op: 'eq', data: '0a090001' },
    ],
  },
];

const DECLARED = `counter c { packets 0 bytes 0
}
quota q { over 60 bytes
}
limit l { rate 1/hour burst 2 packets
}
set marks { type mark; size 16; flags dynamic,timeout
}
chain sub { counter
}
`;

const DEVICE: Readonly<Partial<Record<Place, string>>> = {
  'inet ingress': 'device "eth0"',
  'netdev ingress': 'device "eth0"',
  'netdev egress': 'device "eth1"',
};

const hookAt = (place: Place, { hook = 'prerouting' }: Statement): string => {
  if (DEVICE[place] !== undefined) return `${place.split(' ')[1]} ${DEVICE[place]}`;
  return place === 'arp' ? 'input' : hook;
};

const WORDS = {
  ip: { addr: '10.0.2.2', l3: 'ip' },
  ip6: { addr: '2001:db8:2::2', l3: 'ip6' },
};

/** The rule as the place has it. */
const ruleAt = (place: Place, { text }: Statement): string => {
  const { addr, l3 } = WORDS[place === 'ip6' ? 'ip6' : 'ip'];
  const nat = /^[sd]nat/.test(text) && place === 'inet' ? ` ${l3}` : '';
  return text.replace(' to @addr', `${nat} to ${addr}`).replace('@l3', l3);
};

const familyOf = (place: Place): string => place.split(' ')[0]!;

/** nft has no chain type nat where there is none; the statement is refused for itself then. */
const typeAt = (place: Place, { type = 'filter' }: Statement): string =>
  IP.includes(place) ? type : 'filter';

const tableAt = (place: Place, one: Statement, rules: string): string =>
  `table ${familyOf(place)} t {\n${DECLARED}chain base { type ${typeAt(place, one)} hook ${hookAt(place, one)} priority 0; policy accept;\n${rules}\n}\n}\n`;

const PACKETS4 = [
  'udp 10.0.0.2:1024 > 192.0.2.2:53 data "query"',
  'udp 10.0.0.2:1025 > 192.0.2.2:53 data "query"',
  'tcp 10.0.0.2:1024 > 192.0.2.2:80 syn seq 1 win 64240 mss 1460',
];
const PACKETS6 = PACKETS4.map((packet) =>
  packet
    .replace(/10\.0\.0\.2:(\d+)/, '[2001:db8::2]:$1')
    .replace(/192\.0\.2\.2:(\d+)/, '[2001:db8:1::2]:$1'),
);
const FROM = ' from 02:00:00:00:02:00 > ';
const WHO_HAS = `arp who-has 10.0.0.1 tell 10.0.0.2${FROM}ff:ff:ff:ff:ff:ff`;

function stepsAt(place: Place): readonly Step[] {
  if (place === 'arp') return [lan(WHO_HAS), lan(WHO_HAS.replace('0.2 f', '0.3 f'))];
  if (place !== 'bridge') return (place === 'ip6' ? PACKETS6 : PACKETS4).map(lan);
  const learn = wan(`udp 10.0.0.3:9 > 10.0.0.2:9 from 02:00:00:00:02:01 > 02:00:00:00:02:00`);
  const across = PACKETS4.map((p) => p.replace('192.0.2.2', '10.0.0.3'));
  return [learn, ...across.map((p) => lan(`${p}${FROM}02:00:00:00:02:01`))];
}

const isRefused = (place: Place, { not = [] }: Statement): boolean => not.includes(place);

/** Behind these nothing may stand. */
const ENDS =
  /\b(accept|drop|jump|goto|return|continue|reject|[sd]nat|masquerade|redirect|fwd|synproxy)\b/;

/** Counted by name: nft lists the rule without what it cannot read. */
const byNetlink = (place: Place, one: Statement, exprs: readonly Expr[]): Partial<Case> => ({
  ruleset: tableAt(place, one, ''),
  rules: [
    {
      ...({ op: 'newrule', table: 't', chain: 'base', where: 'add' } as const),
      family: familyOf(place) as Family,
      rule: { exprs: [...exprs, { kind: 'objref', ref: { type: 'counter', name: 'c' } }] },
    },
  ],
});

function caseAt(place: Place, one: Statement): Case {
  const text = ruleAt(place, one);
  const rule = ENDS.test(text) ? `counter ${text}` : `${text} counter`;
  const refused = isRefused(place, one);
  const change: Step = {
    nft: `add rule ${familyOf(place)} t base ${text}`,
    refused: true,
  };
  return {
    name: `${one.kind} in ${place}: ${one.text}${refused ? ' is refused' : ''}`,
    ruleset: tableAt(place, one, refused ? 'counter' : `${rule}\ncounter`),
    steps: [...(refused ? [change] : []), ...stepsAt(place)],
    ...(one.exprs !== undefined && byNetlink(place, one, one.exprs)),
    ...(place === 'bridge' && { topology: BRIDGED, sysctl: BRIDGE_SYSCTL }),
  };
}

export const placesOfAll = (places: readonly Place[]): Case[] =>
  STATEMENTS.flatMap((one) =>
    places.filter((place) => !one.unsaid?.includes(place)).map((place) => caseAt(place, one)),
  );

export const places: readonly Case[] = placesOfAll([...IP, ...LINKS]);
