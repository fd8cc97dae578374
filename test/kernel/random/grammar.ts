// Random rulesets: tables of several families, chains at hooks that collide, rules, sets, NAT.
// Everything made here is a ruleset nft 1.0.6 takes. Left out, since it is not judged here: what
// only later versions of nft say, what 1.0.6 compiles wrongly (`ether saddr x counter ip ttl set 1`
// counts before it looks), `ip id` by order and `ip checksum` (the kernel's own ids are chance), symhash
// and numgen random beyond their first value (chance), ct expiration (of an entry that a reset has just ended the kernel still tells
// the time, the engine does not), meta time (nft 1.0.6 cannot list it beside some others), queue, tproxy, synproxy and socket (not in this kernel).

import type { Random } from '../../../src/core/index.ts';
import { MATCHES } from './matches.ts';
import { natChain } from './nat.ts';
import { ODD_MATCHES } from './odd-matches.ts';
import { RARE_MATCHES, RARE_STATEMENTS } from './rare-parts.ts';
import { type Declaration, randomDeclarations } from './sets.ts';
import { STATEMENTS } from './statements.ts';
import { ADDRESSES4, LINK_ADDRESSES, type Make, OPS, type Part, pick } from './words.ts';

export type Family = 'inet' | 'ip' | 'ip6' | 'netdev' | 'arp' | 'bridge';

/** A ruleset in parts that can be left out one by one. */
export interface RandomRuleset {
  readonly tables: readonly RandomTable[];
}

export interface RandomTable {
  readonly family: Family;
  readonly name: string;
  readonly declarations: readonly Declaration[];
  readonly chains: readonly RandomChain[];
}

export interface RandomChain {
  readonly name: string;
  /** What stands before the rules; regular chains have nothing. */
  readonly head: string;
  readonly rules: readonly string[];
}

const chance = (random: Random, percent: number): boolean => random.below(100) < percent;

const HOOKS = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const;
/** Some of them equal on purpose: the order of chains that have the same is told, too. */
const PRIORITIES = [-310, -150, -10, 0, 0, 0, 10, 50, 110];
/** Before connection tracking, where notrack and zones are decided. */
const RAW = -310;

/** The protocols a rule is about; '' leaves them open. */
interface Said {
  readonly l3: '' | 'ip' | 'ip6';
  readonly l4: '' | 'tcp' | 'udp' | 'icmp';
}

const fits = (part: Part, said: Said): boolean => {
  const l3 = part.l3 === '' || (part.l3 === 'any' ? said.l3 === '' : part.l3 === said.l3);
  if (part.l4 === 'th') return l3 && (said.l4 === 'tcp' || said.l4 === 'udp');
  return (
    l3 &&
    (part.l4 === '' ||
      (part.l4 === 'any' || part.l4 === 'own' ? said.l4 === '' : part.l4 === said.l4))
  );
};

/** What makes the protocols known to matches that need them. */
const sayL4 = (said: Said): string[] =>
  said.l4 === 'tcp' || said.l4 === 'udp' ? [`meta l4proto ${said.l4}`] : [];

function saidOf(r: Random, family: Place['family']): Said {
  const l3 =
    family === 'ip' || family === 'ip6' ? family : pick(r, ['', 'ip', 'ip', 'ip6'] as const);
  const l4 = pick(r, ['', 'tcp', 'tcp', 'udp', 'icmp'] as const);
  return { l3: l4 === 'icmp' && l3 === '' ? 'ip' : l3, l4 };
}

/** Where a rule stands, and what it may call and use. */
interface Place {
  /** `ingress` is that hook of family inet. */
  readonly family: Family | 'ingress';
  /** '' in regular chains, which anybody may call. */
  readonly hook: string;
  readonly priority: number;
  readonly calls: readonly string[];
  readonly parts: readonly Part[];
}

/** What a family has no words for, and `notrack` and zones anywhere but early. */
const NOT_AT_INGRESS =
  /\b(nfproto|ct|fib|rt|oif|oifname|oifgroup|oifkind|oiftype|sdif|ipsec|skuid|skgid|cgroup|reject|notrack|log|priority|pkttype|nftrace)\b/;

/** What bridges have no words for, or this kernel no module. */
const NOT_AT_BRIDGE =
  /\b(nfproto|ct|fib|rt|sdif|ipsec|skuid|skgid|cgroup|reject|notrack|dup|rtclassid|socket)\b/;

/** Where a connection that is not confirmed yet can be met. */
const isTracked = ({ hook, priority }: Place): boolean =>
  (hook === 'prerouting' || hook === 'output') && priority > -200;

function usable(part: Part, said: Said, place: Place): boolean {
  const { hook, priority, family } = place;
  if (!fits(part, said)) return false;
  if (part.families !== undefined && !part.families.includes(family)) return false;
  if (part.hooks?.includes('tracked')) return isTracked(place);
  if (part.hooks === undefined) return true;
  const raw = priority === RAW && (hook === 'prerouting' || hook === 'output');
  return part.hooks.includes(hook) || (raw && part.hooks.includes('raw'));
}

const REJECTS: Readonly<Record<string, readonly string[]>> = {
  '': ['reject', 'reject with icmpx type admin-prohibited', 'reject with icmpx type no-route'],
  ip: ['reject with icmp type host-unreachable', 'reject with icmp type net-prohibited', 'reject'],
  ip6: ['reject with icmpv6 type addr-unreachable', 'reject with icmpv6 type no-route', 'reject'],
};

const rejectOf = (r: Random, said: Said, { family }: Place): string => {
  if (said.l4 === 'tcp' && chance(r, 50)) return 'reject with tcp reset';
  // icmpx is for families that have both.
  return pick(r, REJECTS[family === 'inet' && said.l3 === '' ? '' : said.l3] ?? ['reject']);
};

const portVerdicts = (r: Random, { l4 }: Said, calls: readonly string[]): string =>
  `${l4} dport vmap { 53 : ${pick(r, ['accept', 'drop'])}, 80 : ${calls.length > 0 ? `jump ${pick(r, calls)}` : 'drop'}, 443 : continue }`;

function verdictOf(r: Random, said: Said, place: Place): string {
  const { hook, calls, family } = place;
  const mayReject =
    family !== 'bridge' && ['input', 'forward', 'output', 'prerouting'].includes(hook);
  const ported = said.l4 === 'tcp' || said.l4 === 'udp';
  return pick<Make>(r, [
    () => '',
    () => '',
    () => 'accept',
    () => 'accept',
    () => 'drop',
    () => 'return',
    () => 'continue',
    (x) => (calls.length > 0 ? `${pick(x, ['jump', 'goto'])} ${pick(x, calls)}` : 'accept'),
    (x) => (mayReject ? rejectOf(x, said, place) : 'drop'),
    (x) => (ported ? portVerdicts(x, said, calls) : 'drop'),
    (x) =>
      family === 'ingress' || family === 'bridge'
        ? 'accept'
        : family === 'netdev'
          ? pick(x, ['accept', 'fwd to "eth2"', 'fwd ip to 10.0.2.3 device "eth2"'])
          : `ct state vmap { established : accept, invalid : drop, new : ${pick(x, ['continue', 'accept'])} }`,
    (x) =>
      said.l3 === 'ip'
        ? `ip saddr vmap { 10.0.0.0-10.0.0.3 : ${pick(x, ['accept', 'return'])}, 192.0.2.2 : drop }`
        : 'accept',
  ])(r);
}

/** Behind a protocol of its own a rule is about that alone. */
const ownAlone = (parts: readonly Part[]): readonly Part[] => {
  const own = parts.find(({ l4 }) => l4 === 'own');
  return own === undefined ? parts : [own, ...parts.filter(({ l4 }) => l4 === '')];
};

const isAtDevice = ({ family }: Place): boolean => family === 'netdev' || family === 'ingress';

function made(r: Random, part: Part, place: Place): string {
  const text = part.make(r);
  if (place.family === 'bridge') return NOT_AT_BRIDGE.test(text) ? '' : text;
  return isAtDevice(place) && NOT_AT_INGRESS.test(text) ? '' : text;
}

/**
 * nft 1.0.6 joins neighbours of the header into one comparison even where they are denied
 * (`ip ttl != 2 ip protocol != tcp` is then about both at once): one denial of the packet's bytes is
 * enough for a rule.
 */
const oneDenial = (matches: readonly string[]): string[] => {
  const denies = (m: string): boolean =>
    /^(@|[a-z0-9]+ ).*!= /.test(m) && !/^(meta|ct|fib|rt) /.test(m);
  const first = matches.findIndex(denies);
  return matches.filter((m, i) => i === first || !denies(m));
};

/** Of one protocol of the link alone, which `arp` says as well. */
const oneEtherType = (matches: readonly string[]): readonly string[] =>
  matches.some((m) => m.startsWith('ether type '))
    ? matches.filter((m) => !m.startsWith('arp '))
    : matches;

function filterRule(r: Random, place: Place): string {
  const said = saidOf(r, place.family);
  const of = (parts: readonly Part[]): Part[] => parts.filter((p) => usable(p, said, place));
  const matches = of([
    ...MATCHES,
    ...ODD_MATCHES,
    ...RARE_MATCHES,
    // As often as all the rest of the language would otherwise leave them seldom.
    ...Array.from({ length: 4 }, () => place.parts).flat(),
  ]);
  const [ends, middles] = [matches.filter((m) => m.verdict), matches.filter((m) => !m.verdict)];
  const drawn = ownAlone(Array.from({ length: r.below(4) }, () => pick(r, middles)));
  const tested = oneEtherType(drawn.map((part) => made(r, part, place)));
  const statements = of([...STATEMENTS, ...RARE_STATEMENTS]);
  const statement = chance(r, 25) ? [made(r, pick(r, statements), place)] : [];
  const end = ends.length > 0 && chance(r, 30) ? pick(r, ends).make(r) : verdictOf(r, said, place);
  return [...sayL4(said), ...oneDenial(tested), 'counter', ...statement, end]
    .filter(Boolean)
    .join(' ');
}

const rules = (r: Random, upTo: number, place: Place): string[] =>
  Array.from({ length: 1 + r.below(upTo) }, () => filterRule(r, place));

const headOf = (r: Random, hook: string, priority: number, type = 'filter'): string =>
  `type ${type} hook ${hook} priority ${priority}; policy ${chance(r, 25) ? 'drop' : 'accept'};`;

/** Chains that may be called; each calls only those before it, so there are no circles. */
function regularChains(r: Random, family: Family, parts: readonly Part[]): RandomChain[] {
  const names = ['sub0', 'sub1'].slice(0, r.below(3));
  return names.map((name, i) => ({
    name,
    head: '',
    rules: rules(r, 3, { family, hook: '', priority: 0, calls: names.slice(0, i), parts }),
  }));
}

function baseChain(r: Random, at: number, place: Omit<Place, 'hook' | 'priority'>): RandomChain {
  const [hook, priority] = [pick(r, HOOKS), pick(r, PRIORITIES)];
  // Output of type route sends marked packets another way.
  const isRoute =
    hook === 'output' && place.family !== 'inet' && place.family !== 'bridge' && chance(r, 30);
  return {
    name: `base${at}`,
    head: headOf(r, hook, priority, isRoute ? 'route' : 'filter'),
    rules: rules(r, 6, { ...place, hook, priority }),
  };
}

function ipTable(r: Random, family: 'inet' | 'ip' | 'ip6', name: string): RandomTable {
  const declarations = randomDeclarations(r, family);
  const parts = declarations.flatMap((d) => d.parts);
  const regular = regularChains(r, family, parts);
  const calls = regular.map((c) => c.name);
  const base = Array.from({ length: 1 + r.below(4) }, (_, i) =>
    baseChain(r, i, { family, calls, parts }),
  );
  const nat = family !== 'ip6' && chance(r, 30) ? [natChain(r, family)] : [];
  const link = family === 'inet' && chance(r, 10) ? [deviceChain(r, 'ingress', 'ingress')] : [];
  return { family, name, declarations, chains: [...regular, ...base, ...nat, ...link] };
}

function deviceChain(
  r: Random,
  hook: 'ingress' | 'egress',
  family: 'netdev' | 'ingress' = 'netdev',
): RandomChain {
  const device = pick(r, ['eth0', 'eth1']);
  const place = { family, hook, priority: 0, calls: [], parts: [] } as const;
  const head = `type filter hook ${hook} device "${device}" priority 0; policy accept;`;
  return { name: hook, head, rules: rules(r, 3, place) };
}

function netdevTable(r: Random): RandomTable {
  const hooks = pick(r, [['ingress'], ['ingress'], ['egress'], ['ingress', 'egress']] as const);
  const chains = hooks.map((hook) => deviceChain(r, hook));
  return { family: 'netdev', name: 'n', declarations: [], chains };
}

const LINK_PARTS: readonly Part[] = [
  { l3: 'any', l4: '', make: (r) => `ether type ${pick(r, OPS)}${pick(r, ['ip', 'ip6', 'arp'])}` },
  {
    l3: '',
    l4: '',
    make: (r) => `ether ${pick(r, ['saddr', 'daddr'])} ${pick(r, OPS)}${pick(r, LINK_ADDRESSES)}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `ether saddr . ether daddr ${pick(r, OPS)}{ ${pick(r, LINK_ADDRESSES)} . ${pick(r, LINK_ADDRESSES)} }`,
  },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `${pick(r, ['iifname', 'oifname'])} ${pick(r, OPS)}"${pick(r, ['eth0', 'eth1', 'br0'])}"`,
  },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `meta pkttype ${pick(r, OPS)}${pick(r, ['host', 'broadcast', 'multicast', 'other'])}`,
  },
  { l3: 'any', l4: 'any', make: (r) => pick(r, ARP_MATCHES)(r) },
  {
    l3: '',
    l4: '',
    verdict: true,
    make: (r) => `ether daddr vmap { ${pick(r, LINK_ADDRESSES)} : ${pick(r, ['accept', 'drop'])} }`,
  },
];

/** Tables of a bridge: two see the same frames at times. */
export function bridgeRuleset(r: Random): RandomRuleset {
  const tables = ['b0', 'b1'].slice(0, 1 + r.below(2)).map((name): RandomTable => {
    const declarations = randomDeclarations(r, 'bridge').filter(
      ({ parts }) => !parts.some((part) => NOT_AT_BRIDGE.test(part.make(r))),
    );
    const parts = [...LINK_PARTS, ...declarations.flatMap((d) => d.parts)];
    const regular = regularChains(r, 'bridge', parts);
    const calls = regular.map((c) => c.name);
    const base = Array.from({ length: 1 + r.below(4) }, (_, i) =>
      baseChain(r, i, { family: 'bridge', calls, parts }),
    );
    return { family: 'bridge', name, declarations, chains: [...regular, ...base] };
  });
  return { tables };
}

const ARP_MATCHES: readonly Make[] = [
  (r) => `arp operation ${pick(r, ['request', 'reply', '!= request'])}`,
  (r) => `arp ${pick(r, ['saddr', 'daddr'])} ip ${pick(r, ['', '!= '])}${pick(r, ADDRESSES4)}`,
  (r) => `arp ${pick(r, ['saddr', 'daddr'])} ether 02:00:00:00:02:00`,
  (r) => `arp ${pick(r, ['htype 1', 'hlen 6', 'plen 4', 'ptype ip'])}`,
  (r) => `${pick(r, ['iifname', 'oifname'])} "eth0"`,
  (r) => `meta length ${pick(r, ['> ', '< '])}${pick(r, [28, 40])}`,
];

function arpTable(r: Random): RandomTable {
  const rule = (): string =>
    `${Array.from({ length: r.below(3) }, () => pick(r, ARP_MATCHES)(r)).join(' ')} counter ${pick(r, ['', 'accept', 'drop'])}`.trim();
  const chains = ['input', 'output'].map((hook) => ({
    name: hook,
    head: headOf(r, hook, 0).replace('policy drop', 'policy accept'),
    rules: Array.from({ length: 1 + r.below(3) }, rule),
  }));
  return { family: 'arp', name: 'a', declarations: [], chains };
}

/** One to three tables that see the same packets, sometimes ingress and ARP besides. */
export function randomRuleset(r: Random): RandomRuleset {
  const families = ['inet', ...(chance(r, 30) ? ['ip'] : []), ...(chance(r, 15) ? ['ip6'] : [])];
  const tables = families.map((f, i) => ipTable(r, f as 'inet' | 'ip' | 'ip6', `t${i}`));
  const link = [
    ...(chance(r, 20) ? [netdevTable(r)] : []),
    ...(chance(r, 10) ? [arpTable(r)] : []),
  ];
  return { tables: [...tables, ...link] };
}

const chainText = ({ name, head, rules: all }: RandomChain): string =>
  `chain ${name} {\n${head === '' ? '' : `${head}\n`}${all.map((rule) => `  ${rule}\n`).join('')}}`;

/** A table as text; chains that calls name but that are gone are made empty. */
function tableText({ family, name, declarations, chains }: RandomTable): string {
  const lines = [...declarations.map((d) => d.text), ...chains.map(chainText)];
  const missing = ['sub0', 'sub1'].filter(
    (sub) =>
      !chains.some((c) => c.name === sub) && chains.some((c) => c.rules.join().includes(sub)),
  );
  return `table ${family} ${name} {\n${[...missing.map((n) => `chain ${n} {\n}`), ...lines].join('\n')}\n}\n`;
}

export const textOf = ({ tables }: RandomRuleset): string => tables.map(tableText).join('');
