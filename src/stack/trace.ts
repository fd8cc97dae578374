// What the stack tells a tracer about routing.

import { hex } from '../bytes/index.ts';
import type { Packet, TraceEvent } from '../core/index.ts';
import { formatAddress, formatPrefix, maskBytes } from './address.ts';
import type { FibRoute } from './fib.ts';
import {
  EACCES,
  EHOSTUNREACH,
  EINVAL,
  ENETUNREACH,
  ROUTE_TYPES,
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_UNICAST,
} from './numbers.ts';
import type { Route } from './route.ts';
import type { Stack } from './stack.ts';

type RouteEvent = Extract<TraceEvent, { kind: 'route' }>;

const ERRORS: Readonly<Record<number, string>> = {
  [EACCES]: 'prohibit',
  [EINVAL]: 'blackhole',
  [ENETUNREACH]: 'no route to the network',
  [EHOSTUNREACH]: 'host unreachable',
};

function resultOf(route: Route): RouteEvent['result'] {
  if (route.error !== 0) return 'unreachable';
  if (route.type === RTN_LOCAL) return 'local';
  if (route.type === RTN_BROADCAST) return 'broadcast';
  if (route.type === RTN_MULTICAST) return 'multicast';
  return route.output ? 'output' : 'forward';
}

const tableName = (table: number): string =>
  table === RT_TABLE_MAIN
    ? 'main'
    : table === RT_TABLE_LOCAL
      ? 'local'
      : table === RT_TABLE_DEFAULT
        ? 'default'
        : String(table);

const TYPE_NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(ROUTE_TYPES).map(([name, number]) => [number, name]),
);

const hopText = (hop: FibRoute['nexthops'][number]): string =>
  [
    hop.gateway === null ? '' : `via ${formatAddress(hop.gateway)}`,
    hop.device === null ? '' : `dev ${hop.device.name}`,
  ]
    .filter((part) => part !== '')
    .join(' ');

/** A table's entry as `ip route` prints it. */
function routeText(fib: FibRoute): string {
  const several = fib.nexthops.length > 1;
  const parts = [
    fib.type === RTN_UNICAST ? '' : (TYPE_NAMES[fib.type] ?? ''),
    formatPrefix(maskBytes(fib.prefix, fib.length), fib.length),
    ...fib.nexthops.map((hop) => `${several ? 'nexthop ' : ''}${hopText(hop)}`),
    fib.table === RT_TABLE_MAIN ? '' : `table ${tableName(fib.table)}`,
    fib.source === null ? '' : `src ${formatAddress(fib.source)}`,
    fib.metric === 0 ? '' : `metric ${fib.metric}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** Call it with a tracer set only: the event is made here. */
export function traceRoute(stack: Stack, packet: Packet, route: Route | null, note: string): void {
  if (route === null) {
    stack.netns.emit(packet, { kind: 'route', result: 'martian', why: note });
    return;
  }
  const why = route.error !== 0 ? (ERRORS[route.error] ?? `errno ${route.error}`) : note;
  stack.netns.emit(packet, {
    kind: 'route',
    result: resultOf(route),
    ...(route.iface === null ? {} : { device: route.iface.device.name }),
    ...(route.gateway === null ? {} : { gateway: formatAddress(route.gateway) }),
    ...(route.table === 0 ? {} : { table: tableName(route.table) }),
    ...(route.fib === null ? {} : { route: routeText(route.fib) }),
    ...(why === '' ? {} : { why }),
  });
}

/** A packet this host made, from its network header on. */
export function traceGenerated(stack: Stack, packet: Packet, what: string): void {
  if (stack.netns.tracer === null) return;
  stack.netns.emit(packet, { kind: 'generated', what, bytes: hex(packet.networkBytes()) });
}
