import type {
  InterfaceConfig,
  NeighbourConfig,
  RouteConfig,
  RuleConfig,
  SocketConfig,
  StackConfig,
} from '../../stack/index.ts';

/** What one topology file says; several make a `StackConfig`. */
export interface TopologyPart {
  readonly interfaces: readonly InterfaceConfig[];
  readonly routes: readonly RouteConfig[];
  /** Routes the kernel made from addresses: of use only where the addresses are not known. */
  readonly connected: readonly RouteConfig[];
  readonly rules: readonly RuleConfig[];
  readonly neighbours: readonly NeighbourConfig[];
  readonly sockets: readonly SocketConfig[];
  readonly sysctl: Readonly<Record<string, number>>;
}

export const EMPTY_PART: TopologyPart = {
  interfaces: [],
  routes: [],
  connected: [],
  rules: [],
  neighbours: [],
  sockets: [],
  sysctl: {},
};

/** Puts parts together: interfaces of one name become one, everything else is added up. */
export function joinParts(parts: readonly TopologyPart[]): StackConfig {
  const interfaces = new Map<string, InterfaceConfig>();
  for (const one of parts.flatMap((p) => p.interfaces)) {
    const known = interfaces.get(one.name);
    interfaces.set(one.name, known === undefined ? one : mergeInterface(known, one));
  }
  const hasAddresses = [...interfaces.values()].some((i) => (i.addresses ?? []).length > 0);
  const routes = parts.flatMap((p) => (hasAddresses ? p.routes : [...p.connected, ...p.routes]));
  for (const name of devicesOf(routes))
    if (!interfaces.has(name)) interfaces.set(name, { name, arp: 'static' });
  const rules = parts.flatMap((p) => p.rules);
  return {
    interfaces: [...interfaces.values()],
    routes,
    ...(rules.length === 0 ? {} : { rules }),
    neighbours: parts.flatMap((p) => p.neighbours),
    sockets: parts.flatMap((p) => p.sockets),
    sysctl: Object.assign({}, ...parts.map((p) => p.sysctl)),
  };
}

const mergeInterface = (a: InterfaceConfig, b: InterfaceConfig): InterfaceConfig => ({
  ...a,
  ...b,
  addresses: [...(a.addresses ?? []), ...(b.addresses ?? [])],
});

const devicesOf = (routes: readonly RouteConfig[]): string[] =>
  routes
    .flatMap((r) => [r.device, ...(r.nexthops ?? []).map((n) => n.device)])
    .filter((d) => d !== undefined);
