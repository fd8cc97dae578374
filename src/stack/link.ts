// A device goes down and comes up again: what becomes of its routes, addresses and neighbours
// (fib_netdev_event() of net/ipv4/fib_frontend.c, addrconf_ifdown() of net/ipv6/addrconf.c).

import { insertRoute } from './add-route.ts';
import { connectedRoutes, groupRoute } from './connected.ts';
import type { FibRoute, FibTable } from './fib.ts';
import type { Interface } from './interface.ts';
import { RTN_LOCAL } from './numbers.ts';
import type { Stack } from './stack.ts';

/** Routes that have no other way than this device; those with another nexthop live on. */
const onlyBy =
  ({ device }: Interface) =>
  ({ nexthops }: FibRoute): boolean =>
    nexthops.length > 0 && nexthops.every((hop) => hop.device === device);

function dropRoutes(tables: Iterable<FibTable>, drop: (route: FibRoute) => boolean): void {
  for (const table of tables) table.removeIf(drop);
}

/**
 * IPv4 addresses stay, and are still this host's: fib_sync_down_dev() spares what has host scope. IPv6
 * loses them (keep_addr_on_down is 0), and those of the link itself do not come back by themselves here.
 */
function down(stack: Stack, iface: Interface): void {
  const mine = onlyBy(iface);
  dropRoutes(stack.fib4.tables.values(), (route) => mine(route) && route.type !== RTN_LOCAL);
  dropRoutes(stack.fib6.tables.values(), mine);
  const lost = iface.addresses6.splice(0);
  iface.neighbours4.clear();
  iface.neighbours6.clear();
  stack.flush();
  for (const tell of stack.netns.deviceDown) tell(iface.device);
  for (const { local } of lost)
    for (const tell of stack.netns.addressGone) tell(iface.device, local);
}

/** Routes that somebody added are gone; those of the addresses come back. */
function up(stack: Stack, iface: Interface): void {
  stack.flush();
  for (const address of iface.addresses4)
    for (const route of connectedRoutes(stack, iface, address, {})) insertRoute(stack, route);
  if (!iface.loopback) insertRoute(stack, groupRoute(iface));
}

/** `ip link set DEV up` or `down`. */
export function setLink(stack: Stack, iface: Interface, isUp: boolean): void {
  if (iface.device.up === isUp) return;
  iface.device.up = isUp;
  (isUp ? up : down)(stack, iface);
}
