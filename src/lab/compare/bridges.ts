// Bridges for rulesets of the bridge family: every interface they name is a port of one.

import type { EbtAmongInfo } from '../../program/index.ts';
import type { InterfaceConfig } from '../../stack/index.ts';
import { nameIn } from './names.ts';
import type { Goal, Wish } from './wish.ts';

export interface BridgePlan {
  readonly bridges: readonly string[];
  /** Bridge by port. */
  readonly ports: ReadonlyMap<string, string>;
}

const named = (wishes: readonly Wish[], field: Wish['field']): string | undefined => {
  const span = wishes.find((w) => w.field === field && !w.negated)?.spans[0];
  return span && nameIn(span);
};

/** Which ports belong to which bridge, as the rules that name both would have it. */
export function bridgePlan(goals: readonly Goal[], names: readonly string[]): BridgePlan {
  const bridges = new Set<string>();
  const ports = new Map<string, string>();
  for (const { through, wishes } of goals) {
    const all = [...through, ...wishes];
    for (const [bridge, port] of [
      [named(all, 'bridge in'), named(all, 'iif')],
      [named(all, 'bridge out'), named(all, 'oif')],
    ]) {
      if (bridge === undefined) continue;
      bridges.add(bridge);
      if (port !== undefined && !ports.has(port)) ports.set(port, bridge);
    }
  }
  if (bridges.size === 0) bridges.add('br0');
  // Where one is asked for, there is another.
  else if (bridges.size === 1) bridges.add(bridges.has('br9') ? 'br8' : 'br9');
  const [first = 'br0'] = bridges;
  for (const name of names) if (!bridges.has(name) && !ports.has(name)) ports.set(name, first);
  // A frame needs another port to go out by.
  for (const bridge of bridges)
    for (let i = 0; [...ports.values()].filter((b) => b === bridge).length < 2; i++)
      ports.set(`${bridge.slice(0, 12)}p${i}`, bridge);
  return { bridges: [...bridges], ports };
}

/** Link addresses are told from the place in the plan, as IP addresses are. */
export const bridgeMac = (index: number): string => `02:00:00:00:b0:0${index}`;

const isUnicast = (mac: string): boolean =>
  /^[0-9a-f]{12}$/.test(mac) &&
  (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 &&
  !/^0*$/.test(mac);

/** Link addresses that rules of `input` want frames to be for: those of ports are the bridge's, too. */
function macsAsked(goals: readonly Goal[]): string[] {
  const found = goals
    .filter(({ hook }) => hook === 'input')
    .flatMap(({ through, wishes, rule }) => [
      ...[...through, ...wishes].flatMap((w) =>
        w.field === 'ether daddr' && !w.negated ? w.spans.map((s) => s.low) : [],
      ),
      ...rule.exprs.flatMap((e) =>
        e.kind === 'match' && e.name === 'among'
          ? ((e.info as EbtAmongInfo).dst?.value.map((pair) => pair.mac) ?? [])
          : [],
      ),
    ]);
  return [...new Set(found)].filter(isUnicast).map((mac) => (mac.match(/../g) ?? []).join(':'));
}

export function bridgeInterfaces(
  { bridges, ports }: BridgePlan,
  goals: readonly Goal[],
  addresses: (index: number) => readonly string[],
): InterfaceConfig[] {
  const macs = macsAsked(goals);
  return [
    ...bridges.map((name, i) => ({
      name,
      kind: 'bridge',
      mac: bridgeMac(i),
      arp: 'static' as const,
      addresses: addresses(i),
    })),
    ...[...ports].map(([name, master], i) => ({ name, master, ...(macs[i] && { mac: macs[i] }) })),
  ];
}
