// Random rulesets for iptables-restore and ip6tables-restore, valid by construction, and random lines
// that may be refused: parts that do not fit, values one too far, `!` where it may not be.

import type { Random } from '../../../src/core/index.ts';
import type { XtRulesets, XtVariant } from '../case.ts';
import { pick } from './words.ts';
import { XT_MATCHES } from './xt-matches.ts';
import {
  chance,
  denied,
  INCOMING,
  type L3,
  network,
  OUTGOING,
  type TableName,
  type XtPart,
} from './xt-parts.ts';
import { estimator, RARE_MATCHES, RARE_TARGETS, TIMED_MATCHES } from './xt-rare-parts.ts';
import { linesOfSets, randomSets } from './xt-sets.ts';
import { XT_TARGETS } from './xt-targets.ts';

export interface XtChain {
  readonly name: string;
  /** ACCEPT or DROP; `-` is a chain of a user. */
  readonly policy: string;
  readonly rules: readonly string[];
}

export interface XtTable {
  readonly l3: L3;
  readonly name: TableName;
  readonly chains: readonly XtChain[];
}

const CHAINS: Readonly<Record<TableName, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};
const TABLES = Object.keys(CHAINS) as TableName[];

const MATCHES: readonly XtPart[] = [...XT_MATCHES, ...RARE_MATCHES, ...TIMED_MATCHES];
const TARGETS: readonly XtPart[] = [...XT_TARGETS, ...RARE_TARGETS];

interface Place {
  readonly l3: L3;
  readonly table: TableName;
  /** '' in chains of a user, which are called from anywhere. */
  readonly chain: string;
  readonly calls: readonly string[];
  readonly variant: XtVariant;
}

const fits = (part: XtPart, { l3, table, chain, variant }: Place, protocol: string): boolean =>
  (part.only === undefined || part.only === variant) &&
  (part.l3 === undefined || part.l3 === l3) &&
  (part.tables === undefined || part.tables.includes(table)) &&
  (part.chains === undefined || part.chains.includes(chain)) &&
  (part.protocols === undefined || part.protocols.includes(protocol));

const PROTOCOLS = [
  '',
  '',
  '',
  'tcp',
  'tcp',
  'tcp',
  'udp',
  'udp',
  'udp',
  'icmp',
  'sctp',
  'dccp',
  'udplite',
  'esp',
  'ipcomp',
  'ah',
];

/** A protocol of IPv4 has another name in IPv6; `-p ah` there means what no header can be. */
const IN_IPV6: Readonly<Record<string, string>> = { icmp: 'icmpv6', ah: 'mh' };

const protocolOf = (r: Random, l3: L3): string => {
  const drawn = pick(r, PROTOCOLS);
  return l3 === 'ip6' ? (IN_IPV6[drawn] ?? drawn) : drawn;
};

/** No address but those of no net: only legacy can say that (cases/iptables.ts). */
function end(r: Random, option: string, l3: L3): string {
  const net = network(r, l3);
  return `${net.endsWith('/0') ? '' : denied(r)}${option} ${net}`;
}

function ends(r: Random, { l3, chain }: Place): string[] {
  const device = (): string => pick(r, ['eth0', 'eth1', 'eth2', 'eth+', '+']);
  return [
    ...(chance(r, 20) ? [end(r, '-s', l3)] : []),
    ...(chance(r, 20) ? [end(r, '-d', l3)] : []),
    ...(INCOMING.includes(chain) && chance(r, 20) ? [`${denied(r)}-i ${device()}`] : []),
    ...(OUTGOING.includes(chain) && chance(r, 20) ? [`${denied(r)}-o ${device()}`] : []),
  ];
}

/** `-m` twice with the same name is another syntax question: each match once. */
function distinct(parts: readonly string[]): string[] {
  const nameOf = (part: string): string => /-m (\S+)/.exec(part)?.[1] ?? part.replace('! ', '');
  return parts.filter((part, i) => parts.findIndex((p) => nameOf(p) === nameOf(part)) === i);
}

const drawn = (r: Random, parts: readonly XtPart[], about: { l3: L3; protocol: string }): string =>
  pick(r, parts).make(r, about);

function targetOf(r: Random, place: Place, protocol: string): string {
  if (place.calls.length > 0 && chance(r, 20))
    return `-${pick(r, ['j', 'g'])} ${pick(r, place.calls)}`;
  const usable = TARGETS.filter((part) => fits(part, place, protocol));
  return drawn(r, usable, { l3: place.l3, protocol });
}

function ruleOf(r: Random, place: Place): string {
  const protocol = protocolOf(r, place.l3);
  const said = protocol !== '' ? [`-p ${protocol}`] : chance(r, 10) ? ['! -p tcp'] : [];
  const usable = MATCHES.filter((part) => fits(part, place, protocol));
  const own = usable.filter((part) => part.protocols !== undefined);
  const matches = Array.from({ length: r.below(4) }, () =>
    drawn(r, own.length > 0 && chance(r, 40) ? own : usable, { l3: place.l3, protocol }),
  );
  const target = targetOf(r, place, protocol);
  return [...ends(r, place), ...said, ...distinct([...matches, target])].filter(Boolean).join(' ');
}

const SUBS = ['sub0', 'sub1', 'sub2'];

/** Chains of a user call only those before them: there are no circles. */
function userChains(r: Random, where: Pick<Place, 'l3' | 'table' | 'variant'>): XtChain[] {
  const names = SUBS.slice(0, r.below(SUBS.length + 1));
  return names.map((name, i) => {
    const place = { ...where, chain: '', calls: names.slice(0, i) };
    return { name, policy: '-', rules: rulesOf(r, 3, place) };
  });
}

const rulesOf = (r: Random, upTo: number, place: Place): string[] =>
  Array.from({ length: 1 + r.below(upTo) }, () => ruleOf(r, place));

function tableOf(r: Random, l3: L3, name: TableName, variant: XtVariant): XtTable {
  const where = { l3, table: name, variant };
  const users = userChains(r, where);
  const calls = users.map((chain) => chain.name);
  const base = CHAINS[name].filter(() => chance(r, 60));
  const chains = base.map((chain) => ({
    name: chain,
    policy: name !== 'nat' && chance(r, 12) ? 'DROP' : 'ACCEPT',
    rules: rulesOf(r, 5, { ...where, chain, calls }),
  }));
  return { l3, name, chains: [...users, ...chains] };
}

/** Some tables of both families, of IPv4 mostly. */
export function randomTables(r: Random, variant: XtVariant): XtTable[] {
  const of = (l3: L3, percent: number): XtTable[] => {
    const names = TABLES.filter((name) => chance(r, name === 'security' ? percent / 3 : percent));
    return names.filter(isOrdered(names, variant)).map((name) => tableOf(r, l3, name, variant));
  };
  return [...of('ip', 50), ...of('ip6', 35)];
}

/**
 * iptables-nft has `security` at priority 150, behind what nat does to incoming packets; legacy, as here, at the
 * kernel's 50.
 */
const isOrdered =
  (names: readonly TableName[], variant: XtVariant) =>
  (name: TableName): boolean =>
    variant === 'legacy' || name !== 'security' || !names.includes('nat');

/** All base chains are there: legacy tables count in those that a file leaves out. */
function tableText({ name, chains }: XtTable, first: readonly string[]): string {
  const called = SUBS.filter((sub) =>
    chains.some((chain) => chain.rules.some((rule) => rule.endsWith(` ${sub}`))),
  );
  const has = (wanted: string): boolean => chains.some((chain) => chain.name === wanted);
  return [
    `*${name}`,
    ...chains.map((chain) => `:${chain.name} ${chain.policy} [0:0]`),
    ...CHAINS[name].filter((base) => !has(base)).map((base) => `:${base} ACCEPT [0:0]`),
    ...called.filter((sub) => !has(sub)).map((sub) => `:${sub} - [0:0]`),
    ...first.map((rule) => `-A ${CHAINS[name][0]} ${rule}`),
    ...chains.flatMap((chain) => chain.rules.map((rule) => `-A ${chain.name} ${rule}`)),
    'COMMIT',
  ].join('\n');
}

/** Legacy checks rules in the order of hooks, so this is the first rule of all: the estimator others ask. */
const firstOf = (tables: readonly XtTable[], l3: L3): string[] =>
  rulesIn(tables).some((rule) => rule.includes('-m rateest')) ? [estimator(l3)] : [];

const rulesIn = (tables: readonly XtTable[]): string[] =>
  tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules));

/** As a case carries them; chains that rules name but that are gone are made empty. */
export function xtTextOf(tables: readonly XtTable[], sets: readonly string[] = []): XtRulesets {
  const of = (l3: L3): string => {
    const own = tables.filter((table) => table.l3 === l3);
    return own.map((table, i) => tableText(table, i === 0 ? firstOf(own, l3) : [])).join('\n');
  };
  const [iptables, ip6tables] = [of('ip'), of('ip6')];
  const named = linesOfSets(sets, rulesIn(tables));
  return {
    ...(named.length === 0 ? {} : { ipset: named.join('\n') }),
    ...(iptables === '' ? {} : { iptables }),
    ...(ip6tables === '' ? {} : { ip6tables }),
  };
}

/** Each is one too far for something, or no number. */
const BEYOND = ['-1', '0', '33', '64', '129', '256', '65536', '4294967296', '18446744073709551616'];

/** One number is another, or a `!` stands before one more option. */
function spoilt(r: Random, part: string): string {
  const words = part.split(' ');
  // Programs of bpf are numbers, too, of which iptables takes what fits.
  const isOption = part.includes('"') || chance(r, 50);
  const at = words.flatMap((word, i) =>
    (isOption ? /^--/ : /^\d+$/).test(word) && words[i - 1] !== '!' ? [i] : [],
  );
  if (at.length === 0) return part;
  const chosen = pick(r, at);
  const by = isOption ? `! ${words[chosen]}` : pick(r, BEYOND);
  return words.map((word, i) => (i === chosen ? by : word)).join(' ');
}

/** A command line of parts that need not fit each other, their protocol, table or chain. */
export function randomLine(r: Random): string {
  const l3 = pick(r, ['ip', 'ip6'] as const);
  const table = pick(r, TABLES);
  const protocol = protocolOf(r, l3);
  const said = protocol === '' ? [] : [`${chance(r, 10) ? '! ' : ''}-p ${protocol}`];
  const of = (parts: readonly XtPart[]): string => {
    const known = parts.filter((part) => part.l3 === undefined || part.l3 === l3);
    const near = known.filter((part) => part.protocols?.includes(protocol) ?? true);
    const part = drawn(r, chance(r, 70) ? near : known, { l3, protocol });
    return chance(r, 25) ? spoilt(r, part) : part;
  };
  const chain = pick(r, chance(r, 90) ? CHAINS[table] : CHAINS.mangle);
  const parts = distinct([...(chance(r, 60) ? [of(MATCHES)] : []), of(TARGETS)]);
  const tool = l3 === 'ip' ? 'iptables' : 'ip6tables';
  return [`${tool} -t ${table} -A ${chain}`, ...said, ...parts].filter(Boolean).join(' ');
}

/** What lines may name: sets, and in a chain of its own the estimator of each family. */
export const besideLines = (r: Random): XtRulesets => ({
  ipset: randomSets(r).join('\n'),
  iptables: `-t raw -N first\n-t raw -A first ${estimator('ip')}`,
  ip6tables: `-t raw -N first\n-t raw -A first ${estimator('ip6')}`,
});
