// Routes and rules from plain data.

import type { NetDevice } from '../core/index.ts';
import type { Family } from './address.ts';
import { familyOf, parseAddress, parsePrefix, samePrefix } from './address.ts';
import type { NexthopConfig, RouteConfig, RuleConfig } from './config.ts';
import type { FibRoute, Nexthop } from './fib.ts';
import { nexthop } from './fib.ts';
import {
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

const sameHop = (a: Nexthop, b: Nexthop): boolean => {
  if (a.device !== b.device) return false;
  if (a.gateway === null || b.gateway === null) return a.gateway === b.gateway;
  return (
    a.gateway.length === b.gateway.length &&
    samePrefix(a.gateway, 0, b.gateway, 0, 8 * a.gateway.length)
  );
};

const same = (a: FibRoute, b: FibRoute): boolean =>
  a.type === b.type &&
  a.metric === b.metric &&
  a.tos === b.tos &&
  a.nexthops.length === b.nexthops.length &&
  a.nexthops.every((hop, i) => sameHop(hop, b.nexthops[i]!));

/** The same route twice is one: dumps of a kernel name those that addresses made, too. */
export function insertRoute(stack: Stack, route: FibRoute): boolean {
  const fib = route.prefix.length === 4 ? stack.fib4 : stack.fib6;
  const table = fib.table(route.table);
  if (table.at(route.prefix, route.length).some((known) => same(known, route))) return false;
  table.add(route);
  stack.flush();
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
  const fresh = insertRoute(stack, {
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
const ruleFamilies = (config: RuleConfig): readonly Family[] => {
  const told = config.family ?? rulePrefixFamily(config.from) ?? rulePrefixFamily(config.to);
  return told === null ? ['ip', 'ip6'] : [told];
};

function makeRule(config: RuleConfig): Rule {
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

export function addRules(stack: Stack, rules: readonly RuleConfig[]): void {
  for (const family of ['ip', 'ip6'] as const) {
    const own = rules.filter((one) => ruleFamilies(one).includes(family)).map(makeRule);
    if (own.length === 0) continue;
    const whole = own.some((one) => one.priority === 0);
    const all = whole ? own : [...defaultRules(family), ...own];
    all.sort((a, b) => a.priority - b.priority);
    if (!standard(all, family)) (family === 'ip' ? stack.fib4 : stack.fib6).setRules(all);
  }
}
