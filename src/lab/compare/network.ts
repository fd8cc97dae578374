// The network that two rulesets are compared in: every interface they name, with hosts behind each,
// and the addresses they speak of where their rules expect them.

import { hex, parseIPv4, parseIPv6, unhex } from '../../bytes/index.ts';
import type { Random } from '../../core/index.ts';
import type { Hex, TeeInfo } from '../../program/index.ts';
import type { RouteConfig, StackConfig } from '../../stack/index.ts';
import { FORWARDING } from '../topology/index.ts';
import { type BridgePlan, bridgeInterfaces, bridgeMac, bridgePlan } from './bridges.ts';
import type { Draft } from './draft.ts';
import { towards } from './grant.ts';
import { socketsFor } from './listeners.ts';
import { deviceName, nameIn } from './names.ts';
import type { Goal, Span } from './wish.ts';

/** RFC 2544 and RFC 3849: addresses that no ruleset is likely to mean. */
const net4 = (i: number): string => `198.18.${i}`;
const net6 = (i: number): string => `2001:db8:fe${i.toString(16).padStart(2, '0')}:`;
const HOSTS = [10, 11, 200];

const address4 = (digits: Hex): string => unhex(digits).join('.');
const address6 = (digits: Hex): string => (digits.match(/.{4}/g) ?? []).join(':');
const addressText = (digits: Hex): string =>
  digits.length === 8 ? address4(digits) : address6(digits);

const allWishes = (goals: readonly Goal[]) => goals.flatMap((g) => [...g.through, ...g.wishes]);

function namesOf(goals: readonly Goal[]): string[] {
  const names = new Set<string>();
  for (const { field, spans } of allWishes(goals))
    if (field === 'iif' || field === 'oif')
      for (const name of spans.map(nameIn))
        if (name !== undefined && name !== 'lo') names.add(name);
  for (let i = 0; names.size < 2; i++) names.add(`eth${i}`);
  return [...names];
}

/** The prefix a span of addresses is, or undefined where it is none. */
function prefixOf({ low, high }: Span): string | undefined {
  const differing = BigInt(`0x${low}`) ^ BigInt(`0x${high}`);
  const free = differing.toString(2).replace(/^0$/, '').length;
  const isPrefix = differing === (1n << BigInt(free)) - 1n;
  const length = low.length * 4 - free;
  return isPrefix && length > 0 ? `${addressText(low)}/${length}` : undefined;
}

/** Routes that reject, by RTN_*. */
const REJECTING: Readonly<Record<number, RouteConfig['type']>> = {
  6: 'blackhole',
  7: 'unreachable',
  8: 'prohibit',
  9: 'throw',
};

/** TEST-NET-3 (RFC 5737) and its like for IPv6, a part for each way to reject. */
const rejecting = (): RouteConfig[] =>
  Object.values(REJECTING).flatMap((type, i) => [
    { to: `203.0.113.${(i + 1) * 16}/28`, ...(type && { type }) },
    { to: `3fff:fe0${i}::/64`, ...(type && { type }), family: 'ip6' as const },
  ]);

const isHost = ({ low, high }: Span): boolean => low === high;
const isLinkLocal = (digits: Hex): boolean => digits.length === 32 && /^fe[89ab]/.test(digits);
const isUsable = ({ low }: Span): boolean => isLinkLocal(low) || !/^(00|7f|e|f)/.test(low);

/** Where packets come from, go to, and what is the firewall's own. */
export class Places {
  /** Interfaces that frames come in by: of bridges their ports. */
  readonly devices: readonly string[];
  readonly hasSix: boolean;
  readonly network: StackConfig;
  readonly #bridges: BridgePlan | undefined;
  /** Interfaces that have addresses. */
  readonly #addressed: readonly string[];

  constructor(goals: readonly Goal[], given?: StackConfig) {
    const names = given === undefined ? namesOf(goals) : devicesOf(given);
    const isBridged = given === undefined && goals.some((g) => g.table.family === 'bridge');
    this.#bridges = isBridged ? bridgePlan(goals, names) : undefined;
    this.devices = this.#bridges === undefined ? names : [...this.#bridges.ports.keys()];
    this.#addressed = this.#bridges?.bridges ?? names;
    this.network = given ?? inferred(this.#addressed, goals, this.#bridges);
    this.hasSix = this.#addressed.some((name) => addressesOf(this.network, name, true).length > 0);
  }

  /** The device whose addresses count behind a port. */
  #owner(name: string): string {
    return this.#bridges?.ports.get(name) ?? name;
  }

  get isBridged(): boolean {
    return this.#bridges !== undefined;
  }

  /** Link addresses of somebody behind a port, or of its bridge. */
  macOn(random: Random, place: string): string {
    const host = HOSTS[random.below(HOSTS.length)] ?? 10;
    if (place !== 'own') return `02:00:5e:00:53:${host.toString(16).padStart(2, '0')}`;
    return bridgeMac(random.below(this.#bridges?.bridges.length ?? 1));
  }

  /** Some port of the bridge, where there is one of that name. */
  portOf(random: Random, bridge: string): string | undefined {
    const ports = [...(this.#bridges?.ports ?? [])].filter(([, b]) => b.startsWith(bridge));
    return ports[random.below(ports.length)]?.[0];
  }

  /** The interface a rule names, whose value may be a wildcard. */
  deviceNamed(digits: Hex): string | undefined {
    const name = digits.length === 8 ? this.#byIndex(digits) : deviceName(digits);
    if (name === undefined) return undefined;
    return this.devices.includes(name) ? name : this.devices.find((d) => d.startsWith(name));
  }

  #byIndex(digits: Hex): string | undefined {
    const index = Number.parseInt(digits, 16);
    return this.network.interfaces.find((i, at) => (i.index ?? at + 2) === index)?.name;
  }

  /** Some address behind a device, or of the firewall itself. */
  addressOn(random: Random, place: string, six: boolean): string {
    const own = place === 'own';
    const all = this.#addressed;
    const name = own ? (all[random.below(all.length)] ?? '') : this.#owner(place);
    const mine = addressesOf(this.network, name, six)[0];
    if (mine === undefined) return six ? '2001:db8::1' : '192.0.2.1';
    return own ? mine : neighbourOf(mine, HOSTS[random.below(HOSTS.length)] ?? 10);
  }

  /** An address of the firewall's that the spans hold. */
  ownIn(random: Random, spans: readonly Span[]): string | undefined {
    const own = this.#addressed.flatMap((name) => [
      ...addressesOf(this.network, name, false),
      ...addressesOf(this.network, name, true),
    ]);
    const held = own.filter((address) => spans.some((span) => isWithin(address, span)));
    return held[random.below(held.length)];
  }

  /** Where broadcasts behind a device go. */
  subnetOf(device: string): string | undefined {
    const [mine] = addressesOf(this.network, this.#owner(device), false);
    return mine === undefined ? undefined : neighbourOf(mine, 255);
  }

  /** In by, or towards, a device whose group is as wished. */
  byGroup(d: Draft, side: 'in' | 'out', is: (group: number) => boolean, random: Random): Draft {
    const groups = new Map(this.network.interfaces.map((i) => [i.name, i.group ?? 0]));
    const fitting = this.devices.filter((name) => is(groups.get(name) ?? 0));
    const device = fitting[random.below(Math.max(1, fitting.length))];
    if (device === undefined) return d;
    return side === 'in' ? { ...d, device } : towards(d, device, random, this);
  }

  /** An address whose route rejects it: RTN_BLACKHOLE and the like. */
  rejected(type: number, six: boolean): string | undefined {
    const name = REJECTING[type];
    const routes = this.network.routes ?? [];
    const to = routes.find((r) => r.type === name && r.to.includes(':') === six)?.to;
    if (name === undefined || to === undefined) return undefined;
    const [net = ''] = to.split('/');
    return six ? `${net}7` : net.replace(/\d+$/, (octet) => String(Number(octet) + 7));
  }

  /** The device an address is behind, `own` for the firewall's. */
  placeOf(address: string): string {
    const six = address.includes(':');
    for (const name of this.#addressed)
      for (const mine of addressesOf(this.network, name, six)) {
        if (mine === address) return 'own';
        if (neighbourOf(mine, 1) === neighbourOf(address, 1)) return name;
      }
    return this.#addressed.at(-1) ?? 'own';
  }

  /** Somebody at the same place in the other family. */
  counterpart(address: string, six: boolean): string {
    const place = this.placeOf(address);
    const name = place === 'own' ? (this.#addressed[0] ?? '') : place;
    const mine = addressesOf(this.network, name, six)[0];
    if (mine === undefined) return six ? '2001:db8::2' : '192.0.2.2';
    return place === 'own' ? mine : neighbourOf(mine, 10);
  }
}

/** Whether a span of addresses holds this one. */
export function isWithin(address: string, { low, high }: Span): boolean {
  const v4 = parseIPv4(address);
  const digits =
    v4 === undefined
      ? hex(parseIPv6(address) ?? new Uint8Array(16))
      : v4.toString(16).padStart(8, '0');
  return low.length === digits.length && low <= digits && digits <= high;
}

const devicesOf = (config: StackConfig): string[] =>
  config.interfaces.map((i) => i.name).filter((name) => name !== 'lo');

function addressesOf(config: StackConfig, name: string, six: boolean): string[] {
  const found = config.interfaces.find((i) => i.name === name)?.addresses ?? [];
  return found
    .map((a) => (typeof a === 'string' ? a : a.address).split('/')[0] ?? '')
    .filter((a) => a.includes(':') === six);
}

function neighbourOf(address: string, host: number): string {
  if (parseIPv4(address) !== undefined) return address.replace(/\d+$/, String(host));
  return address.replace(/[^:]*$/, host.toString(16));
}

/** Routes that lead where a rule about a way out expects its destination. */
function routesOf(names: readonly string[], goals: readonly Goal[]) {
  const routes = new Map<string, { to: string; via: string; device: string }>();
  for (const { wishes, through } of goals) {
    const all = [...through, ...wishes].filter((w) => !w.negated);
    const out = all.find((w) => w.field === 'oif')?.spans[0];
    const device = out && nameIn(out);
    const index = names.indexOf(device ?? '');
    if (index < 0) continue;
    for (const span of all.flatMap((w) => (w.field === 'daddr' ? w.spans : []))) {
      const to = isUsable(span) ? prefixOf(span) : undefined;
      if (to === undefined) continue;
      const via = to.includes(':') ? `${net6(index)}:fe` : `${net4(index)}.254`;
      if (!routes.has(to)) routes.set(to, { to, via, device: names[index] ?? '' });
    }
  }
  return [...routes.values()];
}

/** A rule about what kind of address it is: there should be one of each. */
const asksForTypes = ({ rule }: Goal): boolean =>
  rule.exprs.some(
    (e) => e.kind === 'fib' || (e.kind === 'match' && /^(addrtype|rpfilter)$/.test(e.name)),
  );

/** `.1` of a prefix, and the last but one, so that its length shows. */
function hostsIn({ low, high }: Span): Hex[] {
  const last = BigInt(`0x${high}`) - 1n;
  const first = BigInt(`0x${low}`);
  const isPrefix = prefixOf({ low, high }) !== undefined;
  const hosts = isPrefix ? [first | 1n, last] : [first, last + 1n];
  return [...new Set(hosts.map((n) => n.toString(16).padStart(low.length, '0')))];
}

/** Addresses that rules of `input` want packets to have, and of ARP its answers: the firewall's own. */
function ownOf(goals: readonly Goal[]): string[] {
  const own = goals
    .flatMap(({ hook, table, through, wishes }) => {
      const isAnswer = table.family === 'arp' && hook === 'output';
      const field = isAnswer ? 'saddr' : hook === 'input' ? 'daddr' : undefined;
      return [...through, ...wishes].filter((w) => w.field === field && !w.negated);
    })
    .flatMap((w) => w.spans.filter(isUsable).flatMap((s) => (isHost(s) ? [s.low] : hostsIn(s))));
  return [...new Set(own)].map((a) => `${addressText(a)}/${a.length * 4}`);
}

/** An address beside those that copies go to, so that they are neighbours. */
function besideGateways(goals: readonly Goal[]): string[] {
  const gateways = goals.flatMap(({ rule }) =>
    rule.exprs.flatMap((e) =>
      e.kind === 'target' && e.name === 'TEE' ? [(e.info as TeeInfo).gw] : [],
    ),
  );
  return [...new Set(gateways.filter((gw) => !/^0*$/.test(gw)).map(beside))];
}

function beside(gateway: Hex): string {
  const other = (BigInt(`0x${gateway}`) ^ 0x77n).toString(16).padStart(gateway.length, '0');
  return `${addressText(other)}/${gateway.length === 8 ? 24 : 64}`;
}

function inferred(
  names: readonly string[],
  goals: readonly Goal[],
  bridges: BridgePlan | undefined,
): StackConfig {
  const own = [...ownOf(goals), ...besideGateways(goals)];
  const addresses = (i: number): string[] => [
    `${net4(i)}.1/24`,
    `${net6(i)}:1/64`,
    ...(i === 0 ? own : []),
  ];
  const interfaces =
    bridges === undefined
      ? names.map((name, i) => ({ name, arp: 'static' as const, addresses: addresses(i) }))
      : bridgeInterfaces(bridges, goals, addresses);
  const last = names.length - 1;
  const device = names[last] ?? '';
  const routes: RouteConfig[] = [
    ...routesOf(names, goals),
    ...(goals.some(asksForTypes) ? rejecting() : []),
    { to: 'default', via: `${net4(last)}.254`, device, family: 'ip' as const },
    { to: 'default', via: `${net6(last)}:fe`, device, family: 'ip6' as const },
  ];
  const sockets = socketsFor(goals, [`${net4(0)}.1`, `${net6(0)}:1`]);
  return { interfaces, routes, sysctl: FORWARDING, ...(sockets.length > 0 && { sockets }) };
}
