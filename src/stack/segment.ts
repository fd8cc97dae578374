// Segments that hooks make in the name of others: synproxy_send_tcp() of net/netfilter/nf_synproxy_core.c.

import { checksum, pseudoHeaderSum4, pseudoHeaderSum6, put16, u32 } from '../bytes/index.ts';
import type { MadeSegment, Packet } from '../core/index.ts';
import { localOut4, reroute4, writeHeader4 } from './ip4-output.ts';
import { localOut6, writeHeader6 } from './ip6-output.ts';
import { makePacket } from './make.ts';
import { IPPROTO_TCP, IPV4_HLEN, IPV6_HLEN } from './numbers.ts';
import { routeOutput6 } from './routing6.ts';
import type { Stack } from './stack.ts';
import { traceGenerated } from './trace.ts';

const TCP_CHECKSUM = 16;

/** The segment behind a header of `header` bytes, with its checksum once addresses are written. */
function take(stack: Stack, segment: MadeSegment, header: number): Packet {
  const made = makePacket(stack, header + segment.bytes.length);
  made.sk = null;
  made.transport = made.network + header;
  made.buf.set(segment.bytes, made.transport);
  return made;
}

function finish(made: Packet, segment: MadeSegment, pseudo: number): void {
  const { length } = segment.bytes;
  put16(
    made.buf,
    made.transport + TCP_CHECKSUM,
    checksum(made.buf, made.transport, length, pseudo),
  );
}

function attach(stack: Stack, made: Packet, segment: MadeSegment): void {
  if (segment.ct !== 0) {
    made.ct = segment.ct;
    made.ctinfo = segment.ctinfo;
  }
  traceGenerated(stack, made, segment.what);
}

function send4(stack: Stack, segment: MadeSegment): void {
  const made = take(stack, segment, IPV4_HLEN);
  writeHeader4(made, {
    tos: 0,
    id: 0,
    df: true,
    ttl: stack.sysctl('net.ipv4.ip_default_ttl', 64),
    protocol: IPPROTO_TCP,
    saddr: u32(segment.source, 0),
    daddr: u32(segment.destination, 0),
  });
  const { length } = segment.bytes;
  finish(made, segment, pseudoHeaderSum4(made.buf, made.network, IPPROTO_TCP, length));
  made.dst = segment.cause.dst;
  if (!reroute4(stack, made)) return;
  attach(stack, made, segment);
  stack.finish(made, localOut4(stack, made));
}

function send6(stack: Stack, segment: MadeSegment): void {
  const { source: saddr, destination: daddr } = segment;
  const route = routeOutput6(stack, { daddr, saddr, mark: 0, tos: 0 });
  if (typeof route === 'number') return;
  const made = take(stack, segment, IPV6_HLEN);
  const hopLimit = stack.sysctl('net.ipv6.conf.all.hop_limit', 64);
  writeHeader6(made, {
    trafficClass: 0,
    flowLabel: 0,
    nextHeader: IPPROTO_TCP,
    hopLimit,
    saddr,
    daddr,
  });
  const { length } = segment.bytes;
  finish(made, segment, pseudoHeaderSum6(made.buf, made.network, IPPROTO_TCP, length));
  made.dst = route;
  attach(stack, made, segment);
  stack.finish(made, localOut6(stack, made));
}

export const sendSegment = (stack: Stack, segment: MadeSegment): void =>
  segment.source.length === 4 ? send4(stack, segment) : send6(stack, segment);
