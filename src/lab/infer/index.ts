// A network for a ruleset that came without one: from the names and addresses in its rules and from
// the packets it is to be shown. Guesses are said, so that a person can say otherwise.
import type { InterfaceConfig, RouteConfig, StackConfig } from '../../stack/index.ts';
import { FORWARDING } from '../topology/index.ts';
import { isPrivate, isUnicast, netOf, routerIn } from './addresses.ts';
import type { Hints } from './hints.ts';
import type { Sighting } from './sightings.ts';

export { type Hints, hintsOf } from './hints.ts';
export { type Sighting, Sightings } from './sightings.ts';

const UPLINK_NAME = /^(wan|ppp|wwan|pppoe|ext|inet|uplink|internet|red)/i;
/** Documentation prefixes (RFC 5737, RFC 3849) for an uplink nothing is known of. */
const UPLINK_NET4 = ['203.0.113.1/24', '203.0.113.254'] as const;
const UPLINK_NET6 = ['2001:db8:ffff::1/64', '2001:db8:ffff::fe'] as const;

/** Interfaces, addresses and a default route that make the packets go the way the rules speak of. */
export function inferTopology(hints: Hints, sightings: readonly Sighting[]): StackConfig {
  const names = deviceNames(hints, sightings);
  return hints.forwards ? router(names, hints, sightings) : host(names, sightings);
}

function deviceNames(hints: Hints, sightings: readonly Sighting[]): string[] {
  const named = sightings.flatMap((s) => (s.device === undefined ? [] : [s.device]));
  const names = [...new Set([...hints.devices, ...named])];
  const wanted = hints.forwards ? 2 : 1;
  for (let i = 0; names.length < wanted; i++) if (!names.includes(`eth${i}`)) names.push(`eth${i}`);
  return names;
}

/** Addresses by interface, in the order they were found, each prefix once. */
class Plan {
  readonly #addresses = new Map<string, Map<string, string>>();

  constructor(names: readonly string[]) {
    for (const name of names) this.#addresses.set(name, new Map());
  }

  /** Gives the interface an address in the network of `other`, unless some interface has one there. */
  join(name: string, other: string, taken: ReadonlySet<string>): void {
    if (this.owner(other) === undefined) this.own(name, routerIn(other, taken));
  }

  own(name: string, address: string): void {
    const net = netOf(address);
    const known = this.#addresses.get(name);
    if (known === undefined || known.get(net) === address) return;
    known.set(known.has(net) ? address : net, address);
  }

  /** The interface whose network holds the address. */
  owner(address: string): string | undefined {
    const net = netOf(address);
    return [...this.#addresses].find(([, nets]) => nets.has(net))?.[0];
  }

  get isEmpty(): boolean {
    return [...this.#addresses.values()].every((nets) => nets.size === 0);
  }

  /** An inner interface without any network yet: where hosts that only rules speak of may be. */
  free(names: readonly string[], uplink: string): string | undefined {
    return names.find((name) => name !== uplink && this.#addresses.get(name)?.size === 0);
  }

  interfaces(): InterfaceConfig[] {
    return [...this.#addresses].map(([name, nets]) => ({
      name,
      arp: 'static',
      addresses: [...nets.values()].map((a) => `${a}/${a.includes(':') ? 64 : 24}`),
    }));
  }
}

const hasSix = (sightings: readonly Sighting[]): boolean =>
  sightings.some((s) => s.source.includes(':') && isUnicast(s.source));

function host(names: readonly string[], sightings: readonly Sighting[]): StackConfig {
  const plan = new Plan(names);
  const first = names[0] ?? 'eth0';
  // The host is whom packets are for; what else they come from lies behind a gateway.
  const local = new Set<string>();
  for (const { device, source, destination, made } of sightings) {
    if (made) plan.own(device ?? first, source);
    if (made || !isUnicast(destination) || local.has(source)) continue;
    local.add(destination);
    plan.own(device ?? first, destination);
  }
  if (plan.isEmpty) plan.own(first, '192.0.2.1');
  return withDefault(plan, first, hasSix(sightings), {});
}

function router(names: readonly string[], hints: Hints, all: readonly Sighting[]): StackConfig {
  const sightings = all.filter((s) => s.made !== true);
  const uplink = uplinkOf(names, hints, sightings);
  const inner = names.find((name) => name !== uplink) ?? uplink;
  const plan = new Plan(names);
  const taken = new Set(sightings.flatMap((s) => [s.source, s.destination]).concat(hints.targets));
  for (const { made, source } of all)
    if (made) plan.own(isPrivate(source) ? inner : uplink, source);
  planOwn(plan, hints, sightings, uplink, inner);
  for (const { device, source } of sightings)
    if (device !== undefined && device !== uplink && isUnicast(source))
      plan.join(device, source, taken);
  for (const { device, source, destination } of sightings)
    for (const address of [source, destination]) {
      if (!isUnicast(address) || !isPrivate(address) || hints.own.includes(address)) continue;
      const isSource = address === source && device !== undefined;
      plan.join(isSource ? device : other(names, device, inner, uplink), address, taken);
    }
  for (const target of hints.targets)
    plan.join(hints.inward ?? plan.free(names, uplink) ?? inner, target, taken);
  return withDefault(plan, uplink, hasSix(sightings), FORWARDING);
}

/** Addresses that are the firewall's: said by the rules, asked for on a link, or where answers go. */
function planOwn(
  plan: Plan,
  hints: Hints,
  sightings: readonly Sighting[],
  uplink: string,
  inner: string,
): void {
  for (const address of hints.own)
    plan.own(isPrivate(address) && hints.own.length > 1 ? inner : uplink, address);
  const senders = new Set(sightings.map((s) => s.source));
  for (const { device, source, destination } of sightings) {
    // A neighbour sends to its own network only what is for the firewall itself.
    const isNear = isUnicast(destination) && netOf(source) === netOf(destination);
    const where = device ?? (isPrivate(source) ? inner : undefined);
    if (where !== undefined && isNear && !senders.has(destination)) plan.own(where, destination);
  }
  if (hints.uplink === undefined || hints.own.length > 0) return;
  // Behind masquerade nothing but the uplink's own address can be answered.
  const answered = sightings.find(
    (s) => s.device === uplink && isUnicast(s.destination) && !s.asked,
  );
  if (answered !== undefined && !senders.has(answered.destination))
    plan.own(uplink, answered.destination);
}

/** An inner interface that a packet did not come in by. */
const other = (
  names: readonly string[],
  device: string | undefined,
  inner: string,
  uplink: string,
): string =>
  device === undefined
    ? inner
    : (names.find((n) => n !== device && n !== uplink) ?? (device === uplink ? inner : uplink));

function uplinkOf(names: readonly string[], hints: Hints, sightings: readonly Sighting[]): string {
  const fromInside = new Set(
    sightings.flatMap((s) => (s.device !== undefined && isPrivate(s.source) ? [s.device] : [])),
  );
  return (
    hints.uplink ??
    names.find((name) => UPLINK_NAME.test(name)) ??
    names.findLast((name) => !fromInside.has(name)) ??
    names.at(-1) ??
    'eth1'
  );
}

/** A way to everywhere else, in the families that were seen. */
function withDefault(
  plan: Plan,
  device: string,
  sixSeen: boolean,
  sysctl: Readonly<Record<string, number>>,
): StackConfig {
  const families = sixSeen ? ([false, true] as const) : ([false] as const);
  const interfaces = plan
    .interfaces()
    .map((i) => (i.name === device ? withUplink(i, families) : i));
  const routes = families.map((six): RouteConfig => {
    const via = gatewayOf(interfaces, device, six);
    return { to: 'default', via, device, family: six ? 'ip6' : 'ip' };
  });
  return { interfaces, routes, sysctl };
}

const addressesOf = (iface: InterfaceConfig | undefined, six: boolean): string[] =>
  (iface?.addresses ?? []).flatMap((a) =>
    typeof a === 'string' && a.includes(':') === six ? [a] : [],
  );

function withUplink(iface: InterfaceConfig, families: readonly boolean[]): InterfaceConfig {
  const missing = families
    .filter((six) => addressesOf(iface, six).length === 0)
    .map((six) => (six ? UPLINK_NET6[0] : UPLINK_NET4[0]));
  return { ...iface, addresses: [...(iface.addresses ?? []), ...missing] };
}

function gatewayOf(interfaces: readonly InterfaceConfig[], device: string, six: boolean): string {
  const own = addressesOf(
    interfaces.find((i) => i.name === device),
    six,
  )[0]?.split('/')[0];
  if (own === undefined) return six ? UPLINK_NET6[1] : UPLINK_NET4[1];
  return routerIn(own, new Set([own]), true);
}
