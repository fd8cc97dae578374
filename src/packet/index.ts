/**
 * Packets: a codec per protocol, and what is made of them all: dissection, building, checksums,
 * printing, notation.
 *
 * A view reads and writes a `Uint8Array` in place. Lengths are checked once, by `parseX`; after
 * that no accessor can throw, whatever the bytes. Packets that cannot be parsed are `Malformed`
 * values.
 */
export * from './ah.ts';
export * from './arp.ts';
export * from './build/build.ts';
export * from './build/layer.ts';
export * from './build/network.ts';
export * from './build/transport.ts';
export * from './checksums.ts';
export * from './dccp.ts';
export * from './dissect.ts';
export * from './dissected.ts';
export * from './esp.ts';
export * from './ethernet.ts';
export { exercisePacket } from './fuzz.ts';
export * from './gre.ts';
export * from './icmp.ts';
export * from './icmpv6.ts';
export * from './igmp.ts';
export * from './ipv4.ts';
export * from './ipv4-options.ts';
export * from './ipv6.ts';
export * from './ipv6-extensions.ts';
export * from './ipv6-options.ts';
export * from './ipv6-walk.ts';
export * from './link.ts';
export * from './malformed.ts';
export * from './mld.ts';
export * from './nd.ts';
export * from './nd-options.ts';
export {
  formatNotationError,
  isNotationError,
  type NotationError,
} from './notation/error.ts';
export * from './notation/parse.ts';
export * from './notation/print.ts';
export * from './print/packet.ts';
export type { PrintOptions } from './print/spot.ts';
export { tcpFlagsText } from './print/tcp.ts';
export { SAMPLE_NOTATIONS } from './samples.ts';
export * from './sctp.ts';
export * from './sctp-chunks.ts';
export * from './tcp.ts';
export * from './tcp-options.ts';
export * from './transport.ts';
export * from './udp.ts';
export * from './udplite.ts';
export * from './vlan.ts';
