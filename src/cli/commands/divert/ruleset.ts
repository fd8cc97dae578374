// The rules of `sluice divert`, in nft's words: one table, made and deleted as a whole. Translation
// sets address and port together and belongs to the connection, so replies need no rule at all.

import type { DivertConfig, Filter, Ports, Protocol } from './config.ts';

export const TABLE = 'sluice_divert';

/** NFLOG groups, one for each thing that is told. */
export interface Groups {
  /** First packets of connections, as they were asked for. */
  readonly asked?: number;
  readonly before?: number;
  readonly after?: number;
}

const setOf = (all: readonly string[]): string =>
  all.length === 1 ? all[0]! : `{ ${all.join(', ')} }`;

/** The same once for each IP version an address is of. */
function sides({ from = [], to = [] }: Filter): string[] {
  if (from.length === 0 && to.length === 0) return [''];
  return (['ip', 'ip6'] as const).flatMap((family) => {
    const ours = (all: readonly string[]) =>
      all.filter((one) => one.includes(':') === (family === 'ip6'));
    const [sources, targets] = [ours(from), ours(to)];
    if ((from.length > 0 && sources.length === 0) || (to.length > 0 && targets.length === 0))
      return [];
    const words = [
      sources.length > 0 ? `${family} saddr ${setOf(sources)}` : '',
      targets.length > 0 ? `${family} daddr ${setOf(targets)}` : '',
    ];
    return [words.filter((word) => word !== '').join(' ')];
  });
}

function protocolWords({ protocol, ports }: Filter): string {
  if (protocol === 'icmp') return 'meta l4proto { icmp, ipv6-icmp }';
  if (ports === undefined) return protocol === undefined ? '' : `meta l4proto ${protocol}`;
  return protocol === undefined
    ? `meta l4proto { tcp, udp } th dport ${setOf(ports)}`
    : `${protocol} dport ${setOf(ports)}`;
}

/** The matches of a filter, one rule each. */
export function filterWords(filter: Filter): readonly string[] {
  const { user, group, cgroup } = filter;
  const whose = [
    user === undefined ? '' : `meta skuid ${user}`,
    group === undefined ? '' : `meta skgid ${group}`,
    cgroup === undefined ? '' : `socket cgroupv2 level ${cgroup.split('/').length} "${cgroup}"`,
  ];
  return sides(filter).map((side) =>
    [...whose, side, protocolWords(filter)].filter((words) => words !== '').join(' '),
  );
}

const withVerdict = (filters: readonly Filter[], verdict: string): string[] =>
  filters.flatMap((one) => filterWords(one).map((words) => `${words} ${verdict}`.trim()));

/** Whether a filter is about who sent a packet, which only this host knows of its own. */
const isOwn = ({ user, group, cgroup }: Filter): boolean => (user ?? group ?? cgroup) !== undefined;

function redirects({ listeners, fallback, ping }: DivertConfig): string[] {
  const rule = (protocol: Protocol, ports: Ports, to: number) =>
    `${protocol} dport ${setOf(ports)} redirect to :${to}`;
  return [
    ...listeners.map(({ protocol, port, for: more }) => rule(protocol, [`${port}`, ...more], port)),
    ...Object.entries(fallback).map(
      ([protocol, port]) => `meta l4proto ${protocol} redirect to :${port}`,
    ),
    ...(ping ? ['icmp type echo-request redirect', 'icmpv6 type echo-request redirect'] : []),
  ];
}

interface Side {
  readonly name: 'gateway' | 'host';
  readonly hook: 'prerouting' | 'output';
  /** What is none of this side's. */
  readonly others: readonly string[];
  readonly filters: (filters: readonly Filter[]) => readonly Filter[];
}

const chain = (name: string, hook: string, rules: readonly string[]): string =>
  [`  chain ${name} {`, `    type ${hook};`, ...rules.map((rule) => `    ${rule}`), '  }'].join(
    '\n',
  );

const logTo = (group: number | undefined): string[] =>
  group === undefined ? [] : [`log group ${group}`];

function sideChains(config: DivertConfig, side: Side): string[] {
  const { name, hook, others, filters } = side;
  const denied = withVerdict(filters(config.deny), 'drop');
  const deny =
    denied.length === 0
      ? []
      : [chain(`${name}_deny`, `filter hook ${hook} priority mangle`, [...others, ...denied])];
  const only = name === 'host' ? withVerdict(config.only, 'goto divert') : [];
  const rules = [
    ...others,
    ...withVerdict(filters(config.allow), 'accept'),
    ...(only.length > 0 ? only : ['goto divert']),
  ];
  const priority = hook === 'prerouting' ? 'dstnat' : '-100';
  return [...deny, chain(name, `nat hook ${hook} priority ${priority}`, rules)];
}

/**
 * Packets as clients see them, and as listeners do: before and behind the translation, both ways. What
 * is not diverted is left out, but for the first packet of a connection, of which nobody knows yet.
 */
function captureChains({ before, after }: Groups, others: readonly string[]): string[] {
  const at = (name: string, hook: string, priority: string, rules: readonly string[]) =>
    chain(name, `filter hook ${hook} priority ${priority}`, rules);
  const diverted = (group: number) => [`ct status dnat log group ${group}`];
  return [
    ...(before === undefined
      ? []
      : [
          at('asked', 'prerouting', 'dstnat - 10', [...others, `log group ${before}`]),
          at('answered', 'postrouting', 'srcnat + 10', diverted(before)),
        ]),
    ...(after === undefined
      ? []
      : [
          at('got', 'input', '110', diverted(after)),
          at('gave', 'output', 'mangle', diverted(after)),
        ]),
  ];
}

/** The whole table. */
export function rulesetText(config: DivertConfig, groups: Groups = {}): string {
  const { mode, families, interfaces } = config;
  const other =
    families.length === 2 ? [] : [`meta nfproto ${families[0] === 'ip' ? 'ipv6' : 'ipv4'} accept`];
  const elsewhere =
    interfaces.length === 0
      ? ['iifname "lo" accept']
      : [`iifname != ${setOf(interfaces.map((one) => `"${one}"`))} accept`];
  const gateway: Side = {
    name: 'gateway',
    hook: 'prerouting',
    others: [...other, ...elsewhere],
    filters: (all) => all.filter((one) => !isOwn(one)),
  };
  const host: Side = {
    name: 'host',
    hook: 'output',
    others: [...other, 'oifname "lo" accept'],
    filters: (all) => all,
  };
  const wanted = { gateway: [gateway], host: [host], both: [gateway, host] }[mode];
  const divert = [
    '  chain divert {',
    ...[...logTo(groups.asked), ...redirects(config)].map((rule) => `    ${rule}`),
    '  }',
  ].join('\n');
  const chains = wanted.flatMap((side) => sideChains(config, side));
  return [
    `table inet ${TABLE} {`,
    divert,
    ...chains,
    ...captureChains(groups, [...other, ...elsewhere]),
    '}',
    '',
  ].join('\n');
}
