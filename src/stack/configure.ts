// From plain data to devices, addresses, routes, rules and neighbours.

import { parseMac, put32 } from '../bytes/index.ts';
import type { NetDevice } from '../core/index.ts';
import { createDevice } from '../core/index.ts';
import type { Family } from './address.ts';
import {
  familyOf,
  isLinkLocal6,
  linkLocalOf,
  parseAddress,
  parsePrefix,
  samePrefix,
} from './address.ts';
import { createBridge } from './bridge.ts';
import type {
  AddressConfig,
  InterfaceConfig,
  NeighbourConfig,
  NeighbourMode,
  NexthopConfig,
  RouteConfig,
  RuleConfig,
  StackConfig,
} from './config.ts';
import { connectedRoutes, groupRoute } from './connected.ts';
import type { FibRoute, Nexthop } from './fib.ts';
import { nexthop } from './fib.ts';
import type { InterfaceAddress } from './interface.ts';
import { Interface } from './interface.ts';
import { neighbourOf } from './neighbour.ts';
import {
  ARPHRD_ETHER,
  ARPHRD_LOOPBACK,
  IP6_RT_PRIO_USER,
  ROUTE_TYPES,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTN_LOCAL,
  RTN_UNICAST,
  SCOPES,
} from './numbers.ts';
import type { Rule, RulePrefix } from './rules.ts';
import { defaultRules, rule } from './rules.ts';
import type { Stack } from './stack.ts';

const NAMED_TABLES: Readonly<Record<string, number>> = {
  main: RT_TABLE_MAIN,
  local: RT_TABLE_LOCAL,
  default: RT_TABLE_DEFAULT,
};

/** @throws RangeError for a name nobody knows */
export function tableNumber(table: number | string | undefined): number {
  if (table === undefined) return RT_TABLE_MAIN;
  const id = typeof table === 'number' ? table : (NAMED_TABLES[table] ?? Number(table));
  if (!Number.isInteger(id)) throw new RangeError(`no route table '${table}'`);
  return id;
}

const LOOPBACK: InterfaceConfig = {
  name: 'lo',
  index: 1,
  type: ARPHRD_LOOPBACK,
  mtu: 65536,
  mac: '00:00:00:00:00:00',
  addresses: [{ address: '127.0.0.1/8', scope: 'host' }, '::1/128'],
};

/** A locally administered address that tells the interface. */
function defaultMac(index: number): Uint8Array {
  const mac = new Uint8Array(6);
  mac[0] = 2;
  put32(mac, 2, index);
  return mac;
}

function macOf(config: InterfaceConfig, index: number): Uint8Array {
  if (config.mac === undefined) return defaultMac(index);
  const mac = parseMac(config.mac);
  if (mac === undefined) throw new RangeError(`not a hardware address: '${config.mac}'`);
  return mac;
}

function makeDevice(stack: Stack, config: InterfaceConfig, index: number): NetDevice {
  const known = stack.netns.devices.byName(config.name);
  const device =
    known ??
    stack.netns.devices.add(
      createDevice({
        index,
        name: config.name,
        type: config.type ?? ARPHRD_ETHER,
        address: macOf(config, index),
        mtu: config.mtu ?? 1500,
        kind: config.kind ?? (config.vlan === undefined ? '' : 'vlan'),
      }),
    );
  device.up = config.up ?? device.up;
  device.group = config.group ?? device.group;
  device.mtu = config.mtu ?? device.mtu;
  return device;
}

function freeIndex(stack: Stack, taken: ReadonlySet<number>): number {
  let index = 2;
  while (taken.has(index) || stack.netns.devices.byIndex(index) !== undefined) index++;
  return index;
}

function addInterface(
  stack: Stack,
  config: InterfaceConfig,
  index: number,
  arp: NeighbourMode,
): Interface {
  const device = makeDevice(stack, config, index);
  const { hooks } = stack.netns;
  const points = {
    ingress: hooks.devicePoint(device, 'ingress'),
    egress: hooks.devicePoint(device, 'egress'),
  };
  const iface = new Interface(device, points, {
    arp: config.arp ?? arp,
    promiscuous: config.promiscuous ?? false,
  });
  stack.attach(iface);
  return iface;
}

function addressOf(config: AddressConfig, iface: Interface): InterfaceAddress {
  const { family, address, length } = parsePrefix(config.address);
  const prefix = config.peer === undefined ? address : parsePrefix(config.peer).address;
  const others = family === 'ip' ? iface.addresses4 : iface.addresses6;
  const secondary =
    family === 'ip' &&
    others.some((one) => one.length === length && samePrefix(one.prefix, 0, prefix, 0, length));
  return { family, local: address, prefix, length, scope: scopeOf(config, address), secondary };
}

function scopeOf(config: AddressConfig, address: Uint8Array): number {
  if (config.scope !== undefined) return SCOPES[config.scope];
  if (address.length === 4) return address[0] === 127 ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
  return isLinkLocal6(address, 0) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

/** Adds an address and the routes that come with it. @throws RangeError on malformed text */
export function addAddress(stack: Stack, iface: Interface, config: string | AddressConfig): void {
  const full = typeof config === 'string' ? { address: config } : config;
  const address = addressOf(full, iface);
  (address.family === 'ip' ? iface.addresses4 : iface.addresses6).push(address);
  for (const route of connectedRoutes(stack, iface, address, full)) insert(stack, route);
}

function addAddresses(stack: Stack, iface: Interface, config: InterfaceConfig): void {
  const { addresses = [] } = config;
  for (const one of addresses) addAddress(stack, iface, one);
  const has6 = iface.addresses6.length > 0;
  const wanted = config.linkLocal !== 'none' && !iface.loopback && iface.ethernet;
  if (wanted && has6 && iface.linkLocal() === null) {
    const bytes = linkLocalOf(iface.device.address);
    const address: InterfaceAddress = {
      family: 'ip6',
      local: bytes,
      prefix: bytes,
      length: 64,
      scope: RT_SCOPE_LINK,
      secondary: false,
    };
    iface.addresses6.push(address);
    for (const route of connectedRoutes(stack, iface, address, {})) insert(stack, route);
  }
  if (iface.addresses6.length > 0 && !iface.loopback) insert(stack, groupRoute(iface));
}

/** The same route twice is one: dumps of a kernel name those that addresses made, too. */
const same = (a: FibRoute, b: FibRoute): boolean =>
  a.type === b.type &&
  a.length === b.length &&
  a.metric === b.metric &&
  a.tos === b.tos &&
  samePrefix(a.prefix, 0, b.prefix, 0, a.length) &&
  a.nexthops.length === b.nexthops.length &&
  a.nexthops.every((hop, i) => sameHop(hop, b.nexthops[i]!));

const sameHop = (a: Nexthop, b: Nexthop): boolean => {
  if (a.device !== b.device) return false;
  if (a.gateway === null || b.gateway === null) return a.gateway === b.gateway;
  return (
    a.gateway.length === b.gateway.length &&
    samePrefix(a.gateway, 0, b.gateway, 0, 8 * a.gateway.length)
  );
};

function insert(stack: Stack, route: FibRoute): boolean {
  const fib = route.prefix.length === 4 ? stack.fib4 : stack.fib6;
  const table = fib.table(route.table);
  if (table.list().some((known) => same(known, route))) return false;
  table.add(route);
  return true;
}

/** The device a gateway is reached by: fib_check_nh(). */
function deviceTowards(stack: Stack, gateway: Uint8Array): NetDevice {
  const fib = gateway.length === 4 ? stack.fib4 : stack.fib6;
  const key = stack.flow;
  key.address = gateway;
  key.offset = 0;
  key.source = null;
  key.oif = 0;
  const result = fib.lookup(key);
  const device = typeof result === 'number' ? null : (result.nexthop?.device ?? null);
  if (device === null) throw new RangeError('nexthop has invalid gateway');
  return device;
}

function makeNexthop(stack: Stack, config: NexthopConfig): Nexthop {
  const gateway = config.via === undefined ? null : parseAddress(familyOf(config.via), config.via);
  const device =
    config.device !== undefined
      ? stack.interfaceNamed(config.device).device
      : gateway === null
        ? null
        : deviceTowards(stack, gateway);
  return nexthop(device, gateway, config.weight ?? 1);
}

function routeFamily(config: RouteConfig): Family {
  if (config.to !== 'default') return familyOf(config.to);
  const via = config.via ?? config.nexthops?.find((hop) => hop.via !== undefined)?.via;
  return config.family ?? (via === undefined ? 'ip' : familyOf(via));
}

function nexthopsOf(stack: Stack, config: RouteConfig, type: number): Nexthop[] {
  if (config.nexthops !== undefined && config.nexthops.length > 0)
    return config.nexthops.map((hop) => makeNexthop(stack, hop));
  if (config.via === undefined && config.device === undefined) {
    if (type === RTN_UNICAST) throw new RangeError(`route to ${config.to} leads nowhere`);
    return type === RTN_LOCAL ? [nexthop(stack.loopback.device, null)] : [];
  }
  return [makeNexthop(stack, config)];
}

function defaultScope(type: number, hops: readonly Nexthop[]): number {
  if (type === RTN_LOCAL) return RT_SCOPE_HOST;
  const direct = hops.length > 0 && hops.every((hop) => hop.gateway === null);
  return direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

/** Adds a route. @throws RangeError on malformed text, unknown devices and gateways out of reach */
export function addRoute(stack: Stack, config: RouteConfig): void {
  const family = routeFamily(config);
  const whole = config.to === 'default' ? (family === 'ip' ? '0.0.0.0/0' : '::/0') : config.to;
  const { address, length } = parsePrefix(whole);
  const type = ROUTE_TYPES[config.type ?? 'unicast'];
  const nexthops = nexthopsOf(stack, config, type);
  const source =
    config.source === undefined ? null : parseAddress(familyOf(config.source), config.source);
  const table = tableNumber(config.table ?? (type === RTN_LOCAL ? 'local' : undefined));
  const fresh = insert(stack, {
    type,
    table,
    prefix: address,
    length,
    metric: config.metric ?? (family === 'ip' ? 0 : IP6_RT_PRIO_USER),
    tos: config.tos ?? 0,
    scope: config.scope === undefined ? defaultScope(type, nexthops) : SCOPES[config.scope],
    source,
    nexthops,
    mtu: config.mtu ?? 0,
    realm: config.realm ?? 0,
  });
  if (fresh && family === 'ip' && table === RT_TABLE_LOCAL) stack.customLocal4 = true;
}

const rulePrefix = (text: string | undefined): RulePrefix | null => {
  if (text === undefined || text === 'all' || text === 'any') return null;
  const { address, length } = parsePrefix(text);
  return { address, length };
};

/** A prefix of either family, or nothing said. */
const rulePrefixFamily = (text: string | undefined): Family | null =>
  text === undefined || text === 'all' || text === 'any' ? null : familyOf(text);

/** Families a rule belongs to. */
export const ruleFamilies = (config: RuleConfig): readonly Family[] => {
  const told = config.family ?? rulePrefixFamily(config.from) ?? rulePrefixFamily(config.to);
  return told === null ? ['ip', 'ip6'] : [told];
};

export function makeRule(config: RuleConfig): Rule {
  const mark = config.mark ?? 0;
  return rule(config.priority, {
    not: config.not ?? false,
    from: rulePrefix(config.from),
    to: rulePrefix(config.to),
    mark,
    mask: config.mask ?? (config.mark === undefined ? 0 : 0xffffffff),
    iif: config.iif ?? '',
    oif: config.oif ?? '',
    tos: config.tos ?? 0,
    ipproto: config.ipproto ?? 0,
    sport: config.sport ?? null,
    dport: config.dport ?? null,
    action: config.action ?? 'table',
    table: tableNumber(config.table),
    target: config.target ?? 0,
    suppressPrefixLength: config.suppressPrefixLength ?? -1,
  });
}

/** True where these are the rules every namespace starts with. */
const standard = (rules: readonly Rule[], family: Family): boolean => {
  const wanted = defaultRules(family);
  const text = (list: readonly Rule[]): string =>
    list.map((r) => `${r.priority} ${r.table} ${r.mark} ${r.from?.length ?? 0}`).join();
  return text(rules) === text(wanted);
};

function addRules(stack: Stack, rules: readonly RuleConfig[]): void {
  for (const family of ['ip', 'ip6'] as const) {
    const own = rules.filter((one) => ruleFamilies(one).includes(family)).map(makeRule);
    if (own.length === 0) continue;
    const whole = own.some((one) => one.priority === 0);
    const all = whole ? own : [...defaultRules(family), ...own];
    all.sort((a, b) => a.priority - b.priority);
    if (!standard(all, family)) (family === 'ip' ? stack.fib4 : stack.fib6).setRules(all);
  }
}

/** A permanent neighbour. @throws RangeError on malformed text and unknown devices */
export function addNeighbour(stack: Stack, config: NeighbourConfig): void {
  const iface = stack.interfaceNamed(config.device);
  const address = parseAddress(familyOf(config.address), config.address);
  const mac = parseMac(config.mac);
  if (mac === undefined) throw new RangeError(`not a hardware address: '${config.mac}'`);
  const neighbour = neighbourOf(stack, iface, address, 0, address.length);
  neighbour.mac.set(mac);
  neighbour.state = 'permanent';
}

function linkUp(stack: Stack, config: InterfaceConfig): void {
  const iface = stack.interfaceNamed(config.name);
  if (config.vlan !== undefined) {
    const link = stack.interfaceNamed(config.vlan.link);
    const { id, protocol = 0x8100 } = config.vlan;
    iface.vlan = { link, id, protocol };
    link.vlans.set(protocol * 0x1000 + id, iface);
  }
  if (config.kind === 'bridge') iface.bridge = createBridge(iface);
  if (config.master === undefined) return;
  const master = stack.interfaceNamed(config.master);
  iface.device.master = master.device;
}

function joinBridges(stack: Stack): void {
  for (const iface of stack.interfaces) {
    const master = stack.interfaceOf(iface.device.master);
    if (master?.bridge === null || master === null) continue;
    iface.bridgePort = master.bridge;
    master.bridge.ports.push(iface);
  }
}

/** Builds everything. @throws RangeError where the data is malformed */
export function configure(stack: Stack, config: StackConfig, arp: NeighbourMode): void {
  for (const [name, value] of Object.entries(config.sysctl ?? {}))
    stack.netns.sysctl.set(name, value);
  const all = config.interfaces.some((one) => one.name === 'lo')
    ? config.interfaces
    : [LOOPBACK, ...config.interfaces];
  const taken = new Set(all.map((one) => one.index ?? 0));
  for (const one of all) {
    const known = stack.netns.devices.byName(one.name)?.index;
    const fresh = one.name === 'lo' ? 1 : freeIndex(stack, taken);
    addInterface(
      stack,
      one.name === 'lo' ? { ...LOOPBACK, ...one } : one,
      known ?? one.index ?? fresh,
      arp,
    );
  }
  for (const one of all) linkUp(stack, one);
  joinBridges(stack);
  for (const one of all) addAddresses(stack, stack.interfaceNamed(one.name), one);
  for (const one of config.routes ?? []) addRoute(stack, one);
  addRules(stack, config.rules ?? []);
  stack.flush();
  for (const one of config.neighbours ?? []) addNeighbour(stack, one);
}

/** Takes an address and its routes away again. */
export function removeAddress(stack: Stack, iface: Interface, text: string): void {
  const { family, address } = parsePrefix(text);
  const list = family === 'ip' ? iface.addresses4 : iface.addresses6;
  const at = list.findIndex((one) => samePrefix(one.local, 0, address, 0, 8 * address.length));
  if (at < 0) return;
  list.splice(at, 1);
  const fib = family === 'ip' ? stack.fib4 : stack.fib6;
  const mine = (route: FibRoute): boolean =>
    route.nexthops.some((hop) => hop.device === iface.device) &&
    route.source !== null &&
    samePrefix(route.source, 0, address, 0, 8 * address.length);
  for (const table of fib.tables.values()) table.removeIf(mine);
  stack.flush();
}
