// What `ip -j addr`, `ip -j route`, `ip -j rule` and `ip -j neigh` print, as a configuration.

import type {
  AddressConfig,
  InterfaceConfig,
  NeighbourConfig,
  NexthopConfig,
  RouteConfig,
  RuleConfig,
  StackConfig,
} from './config.ts';
import type { RouteTypeName, ScopeName } from './numbers.ts';
import { ROUTE_TYPES, SCOPES } from './numbers.ts';

/** Parsed JSON of each command; IPv6 routes and rules are asked for with `ip -6 -j`. */
export interface IpJson {
  /** `ip -j addr` (with `-d` the kinds of links are known too). */
  readonly addr: unknown;
  readonly route?: unknown;
  readonly route6?: unknown;
  readonly rule?: unknown;
  readonly rule6?: unknown;
  readonly neigh?: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The objects of a list; `ip` prints empty ones where it left something out. */
const listOf = (value: unknown): Fields[] =>
  Array.isArray(value) ? value.filter(isFields).filter((one) => Object.keys(one).length > 0) : [];

const text = (fields: Fields, key: string): string | undefined => {
  const value = fields[key];
  return typeof value === 'string' ? value : undefined;
};

/** Numbers are printed as such, in hex text, or as names: only the first two are read. */
const number = (fields: Fields, key: string): number | undefined => {
  const value = fields[key];
  const read = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof read === 'number' && Number.isFinite(read) ? read : undefined;
};

const flags = (fields: Fields): readonly unknown[] =>
  Array.isArray(fields.flags) ? fields.flags : [];

/** Adds a field only where there is a value: absent and undefined are told apart. */
function put<T extends object, K extends keyof T>(into: T, key: K, value: T[K] | undefined): void {
  if (value !== undefined) into[key] = value;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const scopeName = (value: string | undefined): ScopeName | undefined =>
  value !== undefined && value in SCOPES ? (value as ScopeName) : undefined;

const typeName = (value: string | undefined): RouteTypeName | undefined =>
  value !== undefined && value in ROUTE_TYPES ? (value as RouteTypeName) : undefined;

/** @param listed its connected route is among the routes that are listed, or was deleted */
function addressOf(fields: Fields, listed: boolean): AddressConfig | null {
  const local = text(fields, 'local');
  const length = number(fields, 'prefixlen');
  if (local === undefined || length === undefined) return null;
  const out: Writable<AddressConfig> = { address: `${local}/${length}` };
  put(out, 'broadcast', text(fields, 'broadcast'));
  put(out, 'scope', scopeName(text(fields, 'scope')));
  put(out, 'metric', number(fields, 'metric'));
  // A point-to-point address prints its own side as `local`, the other as `address`.
  const peer = text(fields, 'address');
  if (peer !== undefined) out.peer = `${peer}/${length}`;
  if (listed || fields.noprefixroute === true) out.noPrefixRoute = true;
  return out;
}

const LINK_TYPES: Readonly<Record<string, number>> = { ether: 1, loopback: 772, none: 65534 };

function vlanOf(fields: Fields): InterfaceConfig['vlan'] {
  const info = isFields(fields.linkinfo) ? fields.linkinfo : {};
  const data = isFields(info.info_data) ? info.info_data : {};
  const link = text(fields, 'link');
  const id = number(data, 'id');
  if (text(info, 'info_kind') !== 'vlan' || link === undefined || id === undefined)
    return undefined;
  return text(data, 'protocol') === '802.1ad' ? { link, id, protocol: 0x88a8 } : { link, id };
}

function interfaceOf(fields: Fields, json: IpJson): InterfaceConfig | null {
  const name = text(fields, 'ifname');
  if (name === undefined) return null;
  const out: Writable<InterfaceConfig> = { name, linkLocal: 'none' };
  const info = isFields(fields.linkinfo) ? fields.linkinfo : {};
  put(out, 'index', number(fields, 'ifindex'));
  put(out, 'mtu', number(fields, 'mtu'));
  put(out, 'type', LINK_TYPES[text(fields, 'link_type') ?? '']);
  if (out.type === 1 || out.type === 772) put(out, 'mac', text(fields, 'address'));
  put(out, 'kind', text(info, 'info_kind'));
  put(out, 'master', text(fields, 'master'));
  put(out, 'vlan', vlanOf(fields));
  const group = number(fields, 'group');
  if (group !== undefined) out.group = group;
  out.up = flags(fields).includes('UP');
  if (flags(fields).includes('PROMISC')) out.promiscuous = true;
  const loopback = out.type === LINK_TYPES.loopback;
  const addresses = listOf(fields.addr_info).map((one) => {
    const routes = text(one, 'family') === 'inet6' ? json.route6 : json.route;
    return addressOf(one, routes !== undefined && !loopback);
  });
  out.addresses = addresses.filter((one) => one !== null);
  return out;
}

function nexthopOf(fields: Fields): NexthopConfig {
  const out: Writable<NexthopConfig> = {};
  const via = isFields(fields.via) ? text(fields.via, 'host') : undefined;
  put(out, 'via', text(fields, 'gateway') ?? via);
  put(out, 'device', text(fields, 'dev'));
  put(out, 'weight', number(fields, 'weight'));
  if (flags(fields).includes('onlink')) out.onlink = true;
  return out;
}

function routeOf(fields: Fields, family: 'ip' | 'ip6'): RouteConfig | null {
  const to = text(fields, 'dst');
  if (to === undefined) return null;
  const out: Writable<RouteConfig> = { to, family, ...nexthopOf(fields) };
  put(out, 'type', typeName(text(fields, 'type')));
  put(out, 'table', text(fields, 'table') ?? number(fields, 'table'));
  put(out, 'source', text(fields, 'prefsrc'));
  put(out, 'metric', number(fields, 'metric'));
  put(out, 'tos', number(fields, 'tos'));
  put(out, 'scope', scopeName(text(fields, 'scope')));
  const metrics = listOf(fields.metrics)[0];
  if (metrics !== undefined) put(out, 'mtu', number(metrics, 'mtu'));
  const hops = listOf(fields.nexthops).map(nexthopOf);
  if (hops.length > 0) out.nexthops = hops;
  return out;
}

const prefixText = (fields: Fields, key: string): string | undefined => {
  const address = text(fields, key);
  if (address === undefined || address === 'all') return undefined;
  const length = number(fields, `${key}len`);
  return length === undefined ? address : `${address}/${length}`;
};

const ACTIONS = ['blackhole', 'unreachable', 'prohibit', 'nop'] as const;

function ruleOf(fields: Fields, family: 'ip' | 'ip6'): RuleConfig | null {
  const priority = number(fields, 'priority');
  if (priority === undefined) return null;
  const out: Writable<RuleConfig> = { priority, family };
  if ('not' in fields) out.not = true;
  put(out, 'from', prefixText(fields, 'src'));
  put(out, 'to', prefixText(fields, 'dst'));
  put(out, 'mark', number(fields, 'fwmark'));
  put(out, 'mask', number(fields, 'fwmask'));
  put(out, 'iif', text(fields, 'iif'));
  put(out, 'oif', text(fields, 'oif'));
  put(out, 'table', text(fields, 'table'));
  put(out, 'suppressPrefixLength', number(fields, 'suppress_prefixlen'));
  const action = ACTIONS.find((one) => one === text(fields, 'action'));
  put(out, 'action', action);
  const target = number(fields, 'goto');
  if (target !== undefined) {
    out.action = 'goto';
    out.target = target;
  }
  return out;
}

function neighbourOf(fields: Fields): NeighbourConfig | null {
  const address = text(fields, 'dst');
  const device = text(fields, 'dev');
  const mac = text(fields, 'lladdr');
  if (address === undefined || device === undefined || mac === undefined) return null;
  const state = Array.isArray(fields.state) ? fields.state : [];
  return state.includes('FAILED') ? null : { address, device, mac };
}

const present = <T>(list: readonly (T | null)[]): T[] => list.filter((one) => one !== null);

/** A configuration from saved output of `ip -j`. Objects that name nothing known are left out. */
export function configFromIpJson(json: IpJson): StackConfig {
  const routes = [
    ...present(listOf(json.route).map((one) => routeOf(one, 'ip'))),
    ...present(listOf(json.route6).map((one) => routeOf(one, 'ip6'))),
  ];
  const rules = [
    ...present(listOf(json.rule).map((one) => ruleOf(one, 'ip'))),
    ...present(listOf(json.rule6).map((one) => ruleOf(one, 'ip6'))),
  ];
  return {
    interfaces: present(listOf(json.addr).map((one) => interfaceOf(one, json))),
    routes,
    rules,
    neighbours: present(listOf(json.neigh).map(neighbourOf)),
  };
}
