// How both directions of a connection arrive and leave: nft_flow_route() and nft_dev_forward_path() of
// nf_flow_table_path.c.

import { u16 } from '../bytes/index.ts';
import type { Conntrack, Direction } from '../conntrack/index.ts';
import { NFPROTO_IPV4 } from '../conntrack/index.ts';
import type { FastPath, NetDevice, Netns, Packet, RouteAnswer } from '../core/index.ts';
import type { SidePath, WayOut } from './flow.ts';

/** INET_DSCP_MASK. */
const DSCP = 0xfc;

interface Route extends RouteAnswer {
  readonly device: NetDevice;
}

const leads = (route: RouteAnswer | null): route is Route =>
  route !== null && route.device !== null;

/** What of the type of service routing looks at. */
function tosOf({ buf, network }: Packet, isIpv4: boolean): number {
  return isIpv4 ? buf[network + 1]! & DSCP : (u16(buf, network) >>> 4) & 0xff;
}

function addressOf(ct: Conntrack, slot: number, dir: Direction): Uint8Array {
  const bytes = new Uint8Array(16);
  return bytes.slice(0, ct.putSource(slot, dir, bytes, 0));
}

/** nf_route() for the answers to `packet`: out by the device it came in by, if routing lets them. */
function routeBack(
  fast: FastPath,
  ct: Conntrack,
  packet: Packet,
  dir: Direction,
): RouteAnswer | null {
  const slot = packet.ct;
  const isIpv4 = ct.l3proto(slot) === NFPROTO_IPV4;
  const other = dir === 0 ? 1 : 0;
  return fast.routeOutput({
    family: isIpv4 ? 'ip' : 'ip6',
    daddr: addressOf(ct, slot, dir),
    saddr: addressOf(ct, slot, other),
    mark: packet.mark,
    tos: tosOf(packet, isIpv4),
    ...(packet.iif === null ? {} : { oif: packet.iif }),
  });
}

/** Where packets of one direction leave, and with that where those of the other come in. */
function pathOf(
  fast: FastPath,
  route: Route,
  towards: Uint8Array,
  devices: readonly NetDevice[],
): { readonly out: WayOut; readonly iif: number; readonly tags: readonly number[] } {
  const nexthop = route.gateway ?? towards;
  const { mtu } = route;
  const { generation } = fast;
  const plain = { device: route.device, nexthop, link: null, mtu, generation };
  const below = fast.pathBelow(route.device, nexthop);
  if (below === null || !devices.includes(below.device))
    return { out: plain, iif: route.device.index, tags: [] };
  const { device, tags, link } = below;
  // Behind a VLAN device the tag is put on as ever; only a bridge is gone past.
  const isPast = link !== null && tags.length === 0;
  const out = isPast ? { ...plain, device, link } : plain;
  return { out, iif: device.index, tags };
}

/**
 * The ways of the original and the reply direction, or null where one of them has none.
 * @param packet a packet of direction `dir`, routed
 * @param devices those of the flowtable
 */
export function pathsOf(
  netns: Netns,
  ct: Conntrack,
  packet: Packet,
  dir: Direction,
  devices: readonly NetDevice[],
): readonly [SidePath, SidePath] | null {
  const fast = netns.fastPath;
  const here = netns.network?.routeOf(packet) ?? null;
  if (fast === null || !leads(here)) return null;
  const back = routeBack(fast, ct, packet, dir);
  if (!leads(back)) return null;
  const other = dir === 0 ? 1 : 0;
  const onward = pathOf(fast, here, addressOf(ct, packet.ct, other), devices);
  const backward = pathOf(fast, back, addressOf(ct, packet.ct, dir), devices);
  const mine: SidePath = { out: onward.out, iif: backward.iif, tags: backward.tags };
  const its: SidePath = { out: backward.out, iif: onward.iif, tags: onward.tags };
  return dir === 0 ? [mine, its] : [its, mine];
}
