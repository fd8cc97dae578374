// What the stack knows of a device beyond struct net_device: addresses, groups, neighbours
// (struct in_device and inet6_dev).

import { u32 } from '../bytes/index.ts';
import { type HookPoint, hasEthernetHeader, type NetDevice } from '../core/index.ts';
import type { Family } from './address.ts';
import { isLinkLocal6, samePrefix, solicitedNode } from './address.ts';
import type { Bridge } from './bridge.ts';
import type { NeighbourMode } from './config.ts';
import type { Neighbour } from './neighbour.ts';
import { ARPHRD_LOOPBACK } from './numbers.ts';

/** struct in_ifaddr and inet6_ifaddr. */
export interface InterfaceAddress {
  readonly family: Family;
  readonly local: Uint8Array;
  /** Whose prefix is on the link: the peer's of a point-to-point address, else `local`. */
  readonly prefix: Uint8Array;
  readonly length: number;
  /** RT_SCOPE_*. */
  readonly scope: number;
  /** IFA_F_SECONDARY: not the first of its prefix. */
  readonly secondary: boolean;
  /** ifa_broadcast, where one was given (`ip addr … brd`). */
  readonly broadcast: Uint8Array | null;
}

/** Anybody who wants to hear a group, as all hosts do (RFC 1112 §4). */
const ALL_HOSTS = 0xe0000001;

/** Groups all nodes and all routers are in (RFC 4291 §2.7.1): scope byte and last byte. */
const NODE_GROUPS: readonly (readonly [number, number])[] = [
  [1, 1],
  [2, 1],
];
/** What ipv6_add_dev() joins; dev_forward_change() of devices already there joins ff01::2 and ff05::2 too. */
const ROUTER_GROUPS: readonly (readonly [number, number])[] = [[2, 2]];

function wellKnownGroup(scope: number, last: number): Uint8Array {
  const group = new Uint8Array(16);
  group[0] = 0xff;
  group[1] = scope;
  group[15] = last;
  return group;
}

export interface Vlan {
  readonly link: Interface;
  readonly id: number;
  readonly protocol: number;
}

export class Interface {
  readonly device: NetDevice;
  readonly ingress: HookPoint;
  readonly egress: HookPoint;
  readonly loopback: boolean;
  /** Frames carry an Ethernet header. */
  readonly ethernet: boolean;
  readonly arp: NeighbourMode;
  promiscuous: boolean;
  vlan: Vlan | null = null;
  /** Set on a bridge, and on each of its ports. */
  bridge: Bridge | null = null;
  bridgePort: Bridge | null = null;
  /** VLAN devices on top, by protocol and id. */
  readonly vlans = new Map<number, Interface>();
  readonly addresses4: InterfaceAddress[] = [];
  readonly addresses6: InterfaceAddress[] = [];
  readonly neighbours4 = new Map<number, Neighbour>();
  readonly neighbours6 = new Map<string, Neighbour>();
  /** Groups joined beside those every node is in. */
  readonly groups: Uint8Array[] = [];

  constructor(
    device: NetDevice,
    points: { ingress: HookPoint; egress: HookPoint },
    options: { arp: NeighbourMode; promiscuous: boolean },
  ) {
    this.device = device;
    this.ingress = points.ingress;
    this.egress = points.egress;
    this.loopback = device.type === ARPHRD_LOOPBACK;
    this.ethernet = hasEthernetHeader(device);
    this.arp = options.arp;
    this.promiscuous = options.promiscuous;
  }

  /**
   * inet_select_addr() on this device: the first primary address no narrower than `scope` whose
   * prefix holds `towards`, else the first one. Null if there is none.
   */
  selectAddress4(towards: Uint8Array | null, scope: number): Uint8Array | null {
    let first: Uint8Array | null = null;
    for (const one of this.addresses4) {
      // localnet_scope caps what counts: a host-scope address serves link scope too.
      if (one.secondary || Math.min(one.scope, 254) > scope) continue;
      if (towards === null || samePrefix(towards, 0, one.prefix, 0, one.length)) return one.local;
      first ??= one.local;
    }
    return first;
  }

  owns4(address: number): boolean {
    return this.addresses4.some((one) => u32(one.local, 0) === address);
  }

  linkLocal(): Uint8Array | null {
    for (const one of this.addresses6) if (isLinkLocal6(one.local, 0)) return one.local;
    return null;
  }

  hasAddress6(bytes: Uint8Array, offset: number): boolean {
    return this.addresses6.some((one) => samePrefix(bytes, offset, one.local, 0, 128));
  }

  inGroup4(group: number): boolean {
    if (group === ALL_HOSTS) return true;
    return this.groups.some((one) => one.length === 4 && u32(one, 0) === group);
  }

  /** ipv6_chk_mcast_addr(). */
  inGroup6(bytes: Uint8Array, offset: number, router: boolean): boolean {
    const is = (group: Uint8Array): boolean => samePrefix(bytes, offset, group, 0, 128);
    if (NODE_GROUPS.some(([scope, last]) => is(wellKnownGroup(scope, last)))) return true;
    if (router && ROUTER_GROUPS.some(([scope, last]) => is(wellKnownGroup(scope, last))))
      return true;
    if (this.addresses6.some((one) => is(solicitedNode(one.local)))) return true;
    return this.groups.some((one) => one.length === 16 && is(one));
  }
}
