// Frames that cross a bridge of two ports, or are for it, and the networks that are bridged so.

import { hex } from '../../../src/bytes/index.ts';
import type { Random } from '../../../src/core/index.ts';
import type { Step, Topology } from '../case.ts';
import { ROUTER } from '../topology.ts';
import { LINK_ADDRESSES, PORTS, pick } from './words.ts';

const HOSTS = ['02:00:00:00:02:00', '02:00:00:00:02:01'] as const;
/** The bridge would answer for itself: ARP and echoes are asked of its hosts. */
const ADDRESSES = ['10.0.0.2', '10.0.0.3', '10.0.0.7'];
const ADDRESSES6 = ['2001:db8::2', '2001:db8::3'];

/** A packet of IP between hosts of the link. */
export function bridgePacket(r: Random): string {
  const [from, to] = [pick(r, ADDRESSES), pick(r, ADDRESSES)];
  const [from6, to6] = [pick(r, ADDRESSES6), pick(r, ADDRESSES6)];
  const ports = [pick(r, PORTS), pick(r, PORTS)];
  return pick(r, [
    `udp ${from}:${ports[0]} > ${to}:${ports[1]} data "x"`,
    `udp ${from}:${ports[0]} > ${to}:${ports[1]} dscp 46 len 40`,
    `tcp ${from}:${ports[0]} > ${to}:${ports[1]} syn seq 1 win 1024 mss 1460`,
    `tcp ${from}:${ports[0]} > ${to}:${ports[1]} ack seq 1 ack 1 win 0 ttl 1`,
    `icmp ${from} > ${to} echo-request id 7 seq 1`,
    `udp [${from6}]:${ports[0]} > [${to6}]:${ports[1]} data "x"`,
    `tcp [${from6}]:${ports[0]} > [${to6}]:${ports[1]} syn seq 1 win 1024`,
    `sctp ${from}:${ports[0]} > ${to}:${ports[1]} init tag 7`,
  ]);
}

function packet(r: Random): string {
  const [from, to] = [pick(r, ADDRESSES), pick(r, ADDRESSES)];
  if (r.below(5) > 0) return bridgePacket(r);
  return pick(r, [
    `arp who-has ${to} tell ${from}`,
    `arp reply ${from} is-at ${HOSTS[0]} to ${to}`,
  ]);
}

export const bridgeSteps = (r: Random, n: number): Step[] =>
  Array.from({ length: n }, (): Step => {
    const side = r.below(2);
    const far = r.below(3) > 0 ? HOSTS[1 - side] : pick(r, LINK_ADDRESSES);
    return { on: `eth${side}`, packet: `${packet(r)} from ${HOSTS[side]} > ${far}` };
  });

const [LAN, WAN, DMZ] = ROUTER.interfaces;
const asPort = (link: typeof LAN) => ({ ...link!, addresses: [], neighbours: [], master: 'br0' });

/** The router with a bridge over two of its links: who was behind different ones is behind ports now. */
export const BRIDGE_ROUTER: Topology = {
  ...ROUTER,
  interfaces: [
    {
      name: 'br0',
      mac: '02:00:00:00:01:0b',
      peerMac: HOSTS[0],
      addresses: [...LAN!.addresses, ...WAN!.addresses],
      neighbours: [...LAN!.neighbours, ...WAN!.neighbours.map((host) => `${host} ${HOSTS[1]}`)],
      bridge: true,
    },
    asPort(LAN),
    asPort(WAN),
    DMZ!,
  ],
  routes: ROUTER.routes.map((route) => (route.dev === 'eth1' ? { ...route, dev: 'br0' } : route)),
};

const FAR = [1, 1, 1, 1, 1, 0, 0, 2, 2, 2, 3, 4] as const;

/** A packet with a link header. */
export function framed(packet: string | Uint8Array, from: string, to: string): string {
  if (typeof packet === 'string') return `${packet} from ${from} > ${to}`;
  const type = packet[0]! >> 4 === 6 ? '86dd' : '0800';
  return `frame ${`${to}${from}`.replaceAll(':', '')}${type}${hex(packet)}`;
}

/** Packets that a router was to get by its links, as frames between the ports of a bridge, for it, or for all. */
export const overBridge = (r: Random, steps: readonly Step[]): Step[] =>
  steps.map((step): Step => {
    if (!('packet' in step) || step.on === 'eth2') return step;
    const { on, packet: sent } = step;
    if (typeof sent === 'string' && sent.startsWith('arp')) return step;
    const side = on === 'eth0' ? 0 : 1;
    const drawn = pick(r, FAR);
    const far = LINK_ADDRESSES[drawn < 2 ? (side === 0 ? drawn : 1 - drawn) : drawn]!;
    return { on, packet: framed(sent, HOSTS[side], far) };
  });

/** Rules about the first link are about the bridge, where they speak of the device and not of its port. */
export const ofBridge = (rule: string): string => rule.replace(/(?<=-[io] )eth0\b/g, 'br0');
