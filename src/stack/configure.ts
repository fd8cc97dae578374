// From plain data to devices, addresses, routes, rules and neighbours.

import { parseMac, put32 } from '../bytes/index.ts';
import type { NetDevice } from '../core/index.ts';
import { createDevice } from '../core/index.ts';
import { addRoute, addRules, insertRoute } from './add-route.ts';
import {
  familyOf,
  isLinkLocal6,
  linkLocalOf,
  parseAddress,
  parsePrefix,
  samePrefix,
} from './address.ts';
import { registerBridgeNetfilter } from './br-netfilter.ts';
import { createBridge } from './bridge.ts';
import type {
  AddressConfig,
  InterfaceConfig,
  NeighbourConfig,
  NeighbourMode,
  StackConfig,
} from './config.ts';
import { connectedRoutes, groupRoute } from './connected.ts';
import type { FibRoute } from './fib.ts';
import type { InterfaceAddress } from './interface.ts';
import { Interface } from './interface.ts';
import { neighbourOf } from './neighbour.ts';
import {
  ARPHRD_ETHER,
  ARPHRD_LOOPBACK,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  SCOPES,
} from './numbers.ts';
import type { Stack } from './stack.ts';

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
  const broadcast = config.broadcast === undefined ? null : parseAddress('ip', config.broadcast);
  const scope = scopeOf(config, address);
  return { family, local: address, prefix, length, scope, secondary, broadcast };
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
  stack.flush();
  for (const route of connectedRoutes(stack, iface, address, full)) insertRoute(stack, route);
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
      broadcast: null,
    };
    iface.addresses6.push(address);
    for (const route of connectedRoutes(stack, iface, address, {})) insertRoute(stack, route);
  }
  if (iface.addresses6.length > 0 && !iface.loopback) insertRoute(stack, groupRoute(iface));
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
    // new_nbp(): the newest stands first, and is the first that a frame is flooded to.
    master.bridge.ports.unshift(iface);
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
  if (stack.interfaces.some(({ bridge }) => bridge !== null)) registerBridgeNetfilter(stack);
  for (const one of all) addAddresses(stack, stack.interfaceNamed(one.name), one);
  for (const one of config.routes ?? []) addRoute(stack, one);
  addRules(stack, config.rules ?? []);
  stack.flush();
  for (const one of config.neighbours ?? []) addNeighbour(stack, one);
  for (const one of config.sockets ?? []) stack.open(one);
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
  for (const tell of stack.netns.addressGone) tell(iface.device, address);
}
