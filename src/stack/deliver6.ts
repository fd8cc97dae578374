// IPv6 packets for this host: ip6_input() and the protocols of a host without listeners.

import { pseudoHeaderSum6, put32, u16, u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { ACCEPT, dissectNetwork, ipv6ExtensionLength, PACKET_HOST } from '../core/index.ts';
import { isMulticast6 } from './address.ts';
import { DONE, KEPT } from './fate.ts';
import { receiveIcmp6, sendParameterProblem6, sendUnreachable6 } from './icmp6.ts';
import { parseOptions6 } from './ip6-extensions.ts';
import { localOut6, writeHeader6 } from './ip6-output.ts';
import { makePacket, resetConntrack } from './make.ts';
import {
  IPPROTO_DSTOPTS,
  IPPROTO_FRAGMENT,
  IPPROTO_HOPOPTS,
  IPPROTO_ICMPV6,
  IPPROTO_NONE,
  IPPROTO_PIM,
  IPPROTO_ROUTING,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  IPV6_HLEN,
  RTN_LOCAL,
} from './numbers.ts';
import { Route } from './route.ts';
import { routeOutput6 } from './routing6.ts';
import { serve } from './service.ts';
import type { Stack } from './stack.ts';
import { traceGenerated } from './trace.ts';
import { answerReset, checkTcp, checkUdp, TCP_HLEN, writeReset } from './transport.ts';

/** Routing header types (RFC 6554, RFC 8754). */
const SRCRT_RPL = 3;
const SRCRT_SEGMENTS = 4;
const ICMPV6_HDR_FIELD = 0;
const ICMPV6_UNK_NEXTHDR = 1;
const ICMPV6_PORT_UNREACH = 4;

/** ip6_input(). */
export function localDeliver6(stack: Stack, packet: Packet): boolean {
  const verdict = stack.netns.hooks.run(stack.ip6.input, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'input');
  return localDeliver6Finish(stack, packet);
}

/** Where the walk over the headers stands. */
interface Position {
  protocol: number;
  /** Offset of the byte that named `protocol`, for parameter problems. */
  named: number;
  /** A fragment header was seen (IP6SKB_FRAGMENTED): there must be no second one. */
  fragmented: boolean;
}

/** What an extension header means for the walk. */
type Step = 'next' | 'stop' | 'kept' | string;

/** Behind INPUT: ip6_protocol_deliver_rcu(), header by header. */
export function localDeliver6Finish(stack: Stack, packet: Packet): boolean {
  const at: Position = {
    protocol: packet.buf[packet.network + 6]!,
    named: packet.network + 6,
    fragmented: false,
  };
  packet.transport = packet.network + IPV6_HLEN;
  for (;;) {
    const step = extension(stack, packet, at);
    if (step === 'stop') break;
    if (step === 'kept') return KEPT;
    if (step !== 'next') return stack.drop(packet, step, 'input');
  }
  if (serve(stack, packet, at.protocol)) return DONE;
  if (stack.netns.tracer !== null)
    stack.netns.emit(packet, { kind: 'deliver', protocol: at.protocol });
  const reason = toProtocol(stack, packet, at);
  return reason === '' ? DONE : stack.drop(packet, reason, 'input');
}

function skip(packet: Packet, at: Position): Step {
  const { buf, transport, end } = packet;
  const length = ipv6ExtensionLength(buf, transport, at.protocol);
  if (transport + length > end) return 'IP_INHDR';
  at.protocol = buf[transport]!;
  at.named = transport;
  packet.transport = transport + length;
  return 'next';
}

function extension(stack: Stack, packet: Packet, at: Position): Step {
  const first = packet.transport === packet.network + IPV6_HLEN;
  switch (at.protocol) {
    case IPPROTO_HOPOPTS:
      // Parsed on arrival; anywhere but first it is a header nobody knows, and so it is where it came
      // first by the loss of a fragment header.
      return first && packet.optionSlot > 0 ? skip(packet, at) : 'stop';
    case IPPROTO_DSTOPTS: {
      const reason = parseOptions6(stack, packet, packet.transport, false);
      return reason === '' ? skip(packet, at) : reason;
    }
    case IPPROTO_ROUTING:
      return routingHeader(stack, packet, at);
    case IPPROTO_FRAGMENT:
      return fragmentHeader(stack, packet, at);
    default:
      return 'stop';
  }
}

/** ipv6_rthdr_rcv(): only headers whose work is done pass. */
function routingHeader(stack: Stack, packet: Packet, at: Position): Step {
  const { buf, network, transport, end } = packet;
  if (transport + 8 > end || transport + ((buf[transport + 1]! + 1) << 3) > end) return 'IP_INHDR';
  if (isMulticast6(buf, network + 24) || packet.pktType !== PACKET_HOST) return 'IP_INADDRERRORS';
  // Segment routing and RPL are off unless their sysctls say otherwise.
  if (buf[transport + 2] === SRCRT_RPL || buf[transport + 2] === SRCRT_SEGMENTS)
    return 'NOT_SPECIFIED';
  if (buf[transport + 3] === 0) return skip(packet, at);
  sendParameterProblem6(stack, packet, ICMPV6_HDR_FIELD, transport + 2 - network);
  return 'IP_INHDR';
}

/** ipv6_frag_rcv(). */
function fragmentHeader(stack: Stack, packet: Packet, at: Position): Step {
  const { buf, network, transport, end } = packet;
  if (at.fragmented || transport + 8 > end) {
    sendParameterProblem6(stack, packet, ICMPV6_HDR_FIELD, transport - network);
    return 'IP_INHDR';
  }
  at.fragmented = true;
  // RFC 6946: a fragment that is the whole packet only has a header too many.
  if ((u16(buf, transport + 2) & 0xfff9) === 0) return skip(packet, at);
  if (!stack.reassemblies.deliver6(packet)) return 'kept';
  packet.dissected = false;
  dissectNetwork(packet);
  at.protocol = packet.buf[packet.network + 6]!;
  at.named = packet.network + 6;
  packet.transport = packet.network + IPV6_HLEN;
  return 'next';
}

/** The protocol handlers: '' for a packet that was taken, else the reason to drop it. */
function toProtocol(stack: Stack, packet: Packet, at: Position): string {
  const iface = stack.interfaceOf(packet.iif);
  switch (at.protocol) {
    case IPPROTO_NONE:
    case IPPROTO_PIM:
      return 'NOT_SPECIFIED';
    case IPPROTO_ICMPV6:
      resetConntrack(packet);
      return iface === null ? 'NOT_SPECIFIED' : receiveIcmp6(stack, packet, iface);
    case IPPROTO_TCP:
      resetConntrack(packet);
      return closedTcp(stack, packet);
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
      resetConntrack(packet);
      return closedUdp(stack, packet, at.protocol);
    default:
      sendParameterProblem6(stack, packet, ICMPV6_UNK_NEXTHDR, at.named - packet.network);
      return 'IP_NOPROTO';
  }
}

/** __udp6_lib_rcv() without a socket. */
function closedUdp(stack: Stack, packet: Packet, protocol: number): string {
  const { buf, network, transport, end } = packet;
  const pseudo = pseudoHeaderSum6(buf, network, protocol, end - transport);
  const reason = checkUdp(packet, protocol, pseudo, true);
  if (reason !== '') return reason;
  if (!isMulticast6(buf, network + 24)) sendUnreachable6(stack, packet, ICMPV6_PORT_UNREACH);
  return 'NO_SOCKET';
}

/** tcp_v6_rcv() without a socket. */
function closedTcp(stack: Stack, packet: Packet): string {
  const { buf, network, transport, end } = packet;
  const reason = checkTcp(packet, pseudoHeaderSum6(buf, network, IPPROTO_TCP, end - transport));
  if (reason !== '') return reason;
  const unicast = packet.dst instanceof Route && packet.dst.type === RTN_LOCAL;
  if (unicast && answerReset(packet)) sendReset(stack, packet);
  return 'NO_SOCKET';
}

/** tcp_v6_send_response(): the traffic class goes back without its ECN bits. */
function sendReset(stack: Stack, packet: Packet): void {
  const { buf, network } = packet;
  const saddr = buf.slice(network + 24, network + 40);
  const daddr = buf.slice(network + 8, network + 24);
  const mark = stack.sysctl('net.ipv6.fwmark_reflect', 0) !== 0 ? packet.mark : 0;
  const trafficClass = (u16(buf, network) >> 4) & 0xfc;
  const oif = stack.interfaceOf(packet.iif);
  const route = routeOutput6(stack, { daddr, saddr, mark, tos: trafficClass, oif });
  if (typeof route === 'number') return;
  const made = makePacket(stack, IPV6_HLEN + TCP_HLEN);
  // Sent in the name of the control socket, but not charged to it as IPv4 has it.
  made.sk = null;
  const hopLimit = stack.sysctl('net.ipv6.conf.all.hop_limit', 64);
  writeHeader6(made, {
    trafficClass,
    flowLabel: 0,
    nextHeader: IPPROTO_TCP,
    hopLimit,
    saddr,
    daddr,
  });
  if (stack.sysctl('net.ipv6.auto_flowlabels', 1) !== 0) {
    const label = stack.idents.flowLabel(made.buf, made.network + 8, IPPROTO_TCP);
    put32(made.buf, made.network, u32(made.buf, made.network) | label);
  }
  made.transport = made.network + IPV6_HLEN;
  writeReset(made, packet, pseudoHeaderSum6(made.buf, made.network, IPPROTO_TCP, TCP_HLEN));
  made.mark = mark;
  made.dst = route;
  traceGenerated(stack, made, 'tcp reset');
  stack.finish(made, localOut6(stack, made));
}
