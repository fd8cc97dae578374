// Frames that cross a bridge of two ports, or are for it.

import type { Random } from '../../../src/core/index.ts';
import type { Step } from '../case.ts';
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
