// What the stack lends to flow tables: the port FastPath of room core.

import { u32 } from '../bytes/index.ts';
import type {
  DevicePath,
  FastPath,
  LinkAddresses,
  NetDevice,
  Packet,
  RouteAnswer,
  RouteKey,
} from '../core/index.ts';
import { portTowards } from './bridge.ts';
import type { Interface } from './interface.ts';
import { findNeighbour, neighbourOf, neighbourOutput } from './neighbour.ts';
import { answerOf } from './network-layer.ts';
import { routeOutput4 } from './routing4.ts';
import { routeOutput6 } from './routing6.ts';
import type { Stack } from './stack.ts';
import { transmitFrom } from './transmit.ts';

/** NF_FLOW_TABLE_ENCAP_MAX. */
const TAGS_MAX = 2;

export class StackFastPath implements FastPath {
  readonly #stack: Stack;

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  get generation(): number {
    return this.#stack.routingGeneration;
  }

  routeOutput({ family, daddr, saddr, mark = 0, tos = 0, oif }: RouteKey): RouteAnswer | null {
    const stack = this.#stack;
    const rest = { mark, tos, oif: stack.interfaceOf(oif ?? null), anySource: true };
    const found =
      family === 'ip'
        ? routeOutput4(stack, {
            daddr: u32(daddr, 0),
            saddr: saddr === undefined ? 0 : u32(saddr, 0),
            ...rest,
          })
        : routeOutput6(stack, { daddr, saddr: saddr ?? null, ...rest });
    return typeof found === 'number' ? null : answerOf(found);
  }

  pathBelow(device: NetDevice, neighbour: Uint8Array): DevicePath | null {
    const stack = this.#stack;
    const top = stack.interfaceOf(device);
    if (top === null) return null;
    const known = findNeighbour(top, neighbour, 0, neighbour.length);
    if (top.ethernet && !top.loopback && known?.valid !== true) return null;
    return descend(stack, top, known?.mac ?? device.address);
  }

  neighbourXmit(packet: Packet, neighbour: Uint8Array, device: NetDevice): void {
    const stack = this.#stack;
    const iface = stack.interfaceOf(device);
    if (iface === null) return;
    const towards = neighbourOf(stack, iface, neighbour, 0, neighbour.length);
    stack.finish(packet, neighbourOutput(stack, packet, towards));
  }

  linkXmit(packet: Packet, { source, destination }: LinkAddresses, device: NetDevice): void {
    const stack = this.#stack;
    const iface = stack.interfaceOf(device);
    if (iface === null) return;
    stack.finish(packet, transmitFrom(stack, packet, iface, destination, source));
  }
}

/** From a device down to the one on the wire: through VLAN devices and bridges. */
function descend(stack: Stack, top: Interface, destination: Uint8Array): DevicePath | null {
  const tags: number[] = [];
  let link: LinkAddresses | null = null;
  let at = top;
  for (;;) {
    if (at.vlan !== null) {
      if (tags.length === TAGS_MAX) return null;
      // On the wire the tag of the lowest device stands first.
      tags.unshift((at.vlan.protocol << 16) | at.vlan.id);
      at = at.vlan.link;
    } else if (at.bridge !== null) {
      const port = portTowards(stack, at.bridge, destination);
      if (port === null) return null;
      link ??= { source: top.device.address.slice(), destination: destination.slice() };
      at = port;
    } else return { device: at.device, tags, link };
  }
}
