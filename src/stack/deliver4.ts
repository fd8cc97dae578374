// IPv4 packets for this host: ip_local_deliver() and the protocols of a host without listeners.

import { pseudoHeaderSum4, u16, u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { ACCEPT } from '../core/index.ts';
import { DONE, KEPT } from './fate.ts';
import { receiveIcmp4, sendUnreachable4 } from './icmp4.ts';
import { echoOptions, writeOptions4 } from './ip4-options.ts';
import { localOut4, writeHeader4 } from './ip4-output.ts';
import { makePacket, resetConntrack } from './make.ts';
import {
  IP_MF,
  IP_OFFSET,
  IPPROTO_ICMP,
  IPPROTO_PIM,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  IPV4_HLEN,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
} from './numbers.ts';
import { Route } from './route.ts';
import { routeOutput4 } from './routing4.ts';
import { serve } from './service.ts';
import type { Stack } from './stack.ts';
import { traceGenerated } from './trace.ts';
import { answerReset, checkTcp, checkUdp, TCP_HLEN, writeReset } from './transport.ts';

const IPPROTO_IGMP = 2;
const ICMP_PROT_UNREACH = 2;
const ICMP_PORT_UNREACH = 3;

/** ip_local_deliver(). */
export function localDeliver4(stack: Stack, packet: Packet): boolean {
  if ((u16(packet.buf, packet.network + 6) & (IP_MF | IP_OFFSET)) !== 0) {
    if (!stack.reassemblies.deliver4(packet)) return KEPT;
  }
  const verdict = stack.netns.hooks.run(stack.ip.input, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'input');
  return localDeliver4Finish(stack, packet);
}

/** Behind INPUT: ip_local_deliver_finish(). */
export function localDeliver4Finish(stack: Stack, packet: Packet): boolean {
  const protocol = packet.buf[packet.network + 9]!;
  packet.transport = packet.network + ((packet.buf[packet.network]! & 0x0f) << 2);
  if (serve(stack, packet, protocol)) return DONE;
  if (stack.netns.tracer !== null) stack.netns.emit(packet, { kind: 'deliver', protocol });
  const reason = toProtocol(stack, packet, protocol);
  return reason === '' ? DONE : stack.drop(packet, reason, 'input');
}

/** The protocol handlers: '' for a packet that was taken, else the reason to drop it. */
function toProtocol(stack: Stack, packet: Packet, protocol: number): string {
  const iface = stack.interfaceOf(packet.iif);
  switch (protocol) {
    case IPPROTO_ICMP:
      return iface === null ? 'NOT_SPECIFIED' : receiveIcmp4(stack, packet, iface);
    case IPPROTO_IGMP:
      return '';
    case IPPROTO_PIM:
      return 'NOT_SPECIFIED';
    case IPPROTO_TCP:
      return closedTcp(stack, packet);
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
      return closedUdp(stack, packet, protocol);
    default:
      sendUnreachable4(stack, packet, ICMP_PROT_UNREACH);
      return 'IP_NOPROTO';
  }
}

const routeType = (packet: Packet): number => (packet.dst instanceof Route ? packet.dst.type : 0);

/** __udp4_lib_rcv() without a socket. */
function closedUdp(stack: Stack, packet: Packet, protocol: number): string {
  const { buf, network, transport, end } = packet;
  const pseudo = pseudoHeaderSum4(buf, network, protocol, end - transport);
  const reason = checkUdp(packet, protocol, pseudo, false);
  if (reason !== '') return reason;
  const type = routeType(packet);
  if (type === RTN_BROADCAST || type === RTN_MULTICAST) return 'NO_SOCKET';
  resetConntrack(packet);
  sendUnreachable4(stack, packet, ICMP_PORT_UNREACH);
  return 'NO_SOCKET';
}

/** tcp_v4_rcv() without a socket. */
function closedTcp(stack: Stack, packet: Packet): string {
  const { buf, network, transport, end } = packet;
  const reason = checkTcp(packet, pseudoHeaderSum4(buf, network, IPPROTO_TCP, end - transport));
  if (reason !== '') return reason;
  if (routeType(packet) === RTN_LOCAL && answerReset(packet)) sendReset(stack, packet);
  return 'NO_SOCKET';
}

/** tcp_v4_send_reset(): DF and id 0, as pmtudisc IP_PMTUDISC_DO of the control socket gives. */
function sendReset(stack: Stack, packet: Packet): void {
  const { buf, network } = packet;
  const saddr = u32(buf, network + 16);
  const daddr = u32(buf, network + 12);
  const mark = stack.sysctl('net.ipv4.fwmark_reflect', 0) !== 0 ? packet.mark : 0;
  // The two ECN bits are the congestion's, not the answer's.
  const tos = buf[network + 1]! & 0xfc;
  const route = routeOutput4(stack, { daddr, saddr, mark, tos });
  if (typeof route === 'number') return;
  const options = echoOptions(stack, packet);
  if (options === null) return;
  const header = IPV4_HLEN + options.bytes.length;
  const made = makePacket(stack, header + TCP_HLEN);
  const ttl = stack.sysctl('net.ipv4.ip_default_ttl', 64);
  writeHeader4(made, { tos, id: 0, df: true, ttl, protocol: IPPROTO_TCP, saddr, daddr });
  writeOptions4(stack, made, options, saddr);
  made.transport = made.network + header;
  writeReset(made, packet, pseudoHeaderSum4(made.buf, made.network, IPPROTO_TCP, TCP_HLEN));
  made.mark = mark;
  made.dst = route;
  traceGenerated(stack, made, 'tcp reset');
  stack.finish(made, localOut4(stack, made));
}
