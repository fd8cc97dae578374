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

/** What is sent elsewhere is captured right there, as nobody else knows the first packet's lot. */
function redirects({ listeners, fallback, ping }: DivertConfig, { before }: Groups): string[] {
  const rule = (match: string, to = '') =>
    [match, ...logTo(before), `redirect${to}`].filter((words) => words !== '').join(' ');
  const ports = (protocol: Protocol, all: Ports) => `${protocol} dport ${setOf(all)}`;
  return [
    ...listeners.map(({ protocol, port, for: more }) =>
      rule(ports(protocol, [`${port}`, ...more]), ` to :${port}`),
    ),
    ...Object.entries(fallback).map(([protocol, port]) =>
      rule(`meta l4proto ${protocol}`, ` to :${port}`),
    ),
    ...(ping ? [rule('icmp type echo-request'), rule('icmpv6 type echo-request')] : []),
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
 * Packets of diverted connections as clients see them, and as listeners do: before and behind the
 * translation, both ways. The first that a client sends is logged where it is redirected.
 */
function captureChains({ before, after }: Groups, sides: readonly Side[]): string[] {
  const at = (name: string, hook: string, priority: string, rules: readonly string[]) =>
    chain(name, `filter hook ${hook} priority ${priority}`, rules);
  const diverted = (direction: string, group: number) => [
    `ct status dnat ct direction ${direction} log group ${group}`,
  ];
  return [
    ...(before === undefined
      ? []
      : [
          ...sides.map(({ name, hook, others }) =>
            at(`${name}_asked`, hook, '-110', [...others, ...diverted('original', before)]),
          ),
          at('answered', 'postrouting', 'srcnat + 10', diverted('reply', before)),
        ]),
    ...(after === undefined
      ? []
      : [
          at('got', 'input', '110', diverted('original', after)),
          at('gave', 'output', 'mangle', diverted('reply', after)),
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
    ...[...logTo(groups.asked), ...redirects(config, groups)].map((rule) => `    ${rule}`),
    '  }',
  ].join('\n');
  const chains = wanted.flatMap((side) => sideChains(config, side));
  return [
    `table inet ${TABLE} {`,
    divert,
    ...chains,
    ...captureChains(groups, wanted),
    '}',
    '',
  ].join('\n');
}
