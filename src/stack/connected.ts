// Routes that addresses bring with them: fib_add_ifaddr() of net/ipv4/fib_frontend.c and addrconf of
// net/ipv6/addrconf.c.

import { isZero, maskBytes, parseAddress } from './address.ts';
import type { FibRoute } from './fib.ts';
import { nexthop } from './fib.ts';
import type { Interface, InterfaceAddress } from './interface.ts';
import {
  IP6_RT_PRIO_ADDRCONF,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTN_ANYCAST,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_UNICAST,
} from './numbers.ts';
import type { Stack } from './stack.ts';

/** What beside the address itself decides about its routes. */
export interface ConnectedOptions {
  readonly broadcast?: string;
  readonly metric?: number;
  readonly noPrefixRoute?: boolean;
}

function linkRoute(
  iface: Interface,
  type: number,
  prefix: Uint8Array,
  length: number,
  rest: { scope: number; source: Uint8Array | null; metric: number },
): FibRoute {
  return {
    type,
    table: type === RTN_UNICAST ? RT_TABLE_MAIN : RT_TABLE_LOCAL,
    prefix,
    length,
    metric: rest.metric,
    tos: 0,
    scope: rest.scope,
    source: rest.source,
    nexthops: [nexthop(iface.device, null)],
    mtu: 0,
    realm: 0,
  };
}

/** The last address of a prefix. */
function lastAddress(prefix: Uint8Array, length: number): Uint8Array {
  const out = maskBytes(prefix, length);
  for (let i = 0; i < out.length; i++) {
    const bits = Math.min(8, Math.max(0, length - 8 * i));
    out[i]! |= 0xff >> bits;
  }
  return out;
}

function routes4(
  iface: Interface,
  address: InterfaceAddress,
  options: ConnectedOptions,
): FibRoute[] {
  const { local, prefix, length, secondary } = address;
  const source = local;
  const host = { scope: RT_SCOPE_HOST, source, metric: 0 };
  const link = { scope: RT_SCOPE_LINK, source, metric: 0 };
  const out = [linkRoute(iface, RTN_LOCAL, local, 32, host)];
  if (options.broadcast !== undefined && options.broadcast !== '255.255.255.255')
    out.push(linkRoute(iface, RTN_BROADCAST, parseAddress('ip', options.broadcast), 32, link));
  const net = maskBytes(prefix, length);
  if (isZero(net, 0, 4) || secondary || (length === 32 && prefix === local)) return out;
  const type = iface.loopback ? RTN_LOCAL : RTN_UNICAST;
  if (options.noPrefixRoute !== true)
    out.push(
      linkRoute(iface, type, net, length, {
        scope: iface.loopback ? RT_SCOPE_HOST : RT_SCOPE_LINK,
        source,
        metric: options.metric ?? 0,
      }),
    );
  if (length < 31) out.push(linkRoute(iface, RTN_BROADCAST, lastAddress(net, length), 32, link));
  return out;
}

function routes6(
  stack: Stack,
  iface: Interface,
  address: InterfaceAddress,
  options: ConnectedOptions,
): FibRoute[] {
  const { local, prefix, length } = address;
  const free = { scope: 0, source: null };
  const out = [linkRoute(iface, RTN_LOCAL, local, 128, { ...free, metric: 0 })];
  const net = maskBytes(prefix, length);
  const metric = options.metric ?? IP6_RT_PRIO_ADDRCONF;
  if (options.noPrefixRoute !== true)
    out.push(linkRoute(iface, RTN_UNICAST, net, length, { ...free, metric }));
  // RFC 4291 §2.6.1: routers answer to the first address of each of their prefixes.
  if (stack.forwarding6(iface) && length < 127 && !iface.loopback)
    out.push(linkRoute(iface, RTN_ANYCAST, net, 128, { ...free, metric: 0 }));
  return out;
}

export const connectedRoutes = (
  stack: Stack,
  iface: Interface,
  address: InterfaceAddress,
  options: ConnectedOptions,
): FibRoute[] =>
  address.family === 'ip'
    ? routes4(iface, address, options)
    : routes6(stack, iface, address, options);

/** ff00::/8 of one device, in the local table. */
export const groupRoute = (iface: Interface): FibRoute => {
  const prefix = new Uint8Array(16);
  prefix[0] = 0xff;
  const rest = { scope: 0, source: null, metric: IP6_RT_PRIO_ADDRCONF };
  return linkRoute(iface, RTN_MULTICAST, prefix, 8, rest);
};
