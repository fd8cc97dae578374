import { put16, put32le } from '../../bytes/index.ts';
import {
  GRE_CSUM,
  IPPROTO_DCCP,
  IPPROTO_ESP,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IGMP,
  IPPROTO_MH,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../../uapi/index.ts';
import { checksumOffset, expectedChecksum, hasPseudoHeader } from '../checksums.ts';
import { type DccpFields, encodeDccp } from '../dccp.ts';
import { type EspFields, encodeEsp } from '../esp.ts';
import { encodeGre, GRE_PROTOCOL, type GreFields } from '../gre.ts';
import { encodeIcmp, type IcmpFields } from '../icmp.ts';
import { encodeIcmpv6, type Icmpv6Fields } from '../icmpv6.ts';
import { encodeIgmp, type IgmpFields } from '../igmp.ts';
import { encodeMobility, type MobilityFields } from '../ipv6-extensions.ts';
import { encodeMld, type MldMessage } from '../mld.ts';
import { encodeNd, type NdMessage } from '../nd.ts';
import { encodeSctp, SCTP_CHECKSUM, type SctpFields, sctpChecksum } from '../sctp.ts';
import { encodeTcp, TCP_FLAG_NAMES, type TcpFields } from '../tcp.ts';
import { encodeUdp, UDP_LENGTH, type UdpFields } from '../udp.ts';
import { encodeUdpLite, type UdpLiteFields } from '../udplite.ts';
import type { Layer, Placement } from './layer.ts';

/** Writes the 16-bit checksum of `protocol`, where the pseudo header it may need is known. */
function putChecksum({ packet, offset, end, network }: Placement, protocol: number): void {
  if (network < 0 && hasPseudoHeader(protocol)) return;
  const value = expectedChecksum(packet, network, offset, end, protocol);
  if (value >= 0) put16(packet, offset + checksumOffset(protocol), value);
}

const summed = (protocol: number, bytes: Uint8Array, given: number | undefined): Layer => ({
  bytes,
  protocol,
  sum: (at) => {
    if (given === undefined) putChecksum(at, protocol);
  },
});

/** TCPHDR_* bits of flag names: `tcpFlags('syn', 'ack')`. @throws RangeError on an unknown name */
export function tcpFlags(...names: readonly string[]): number {
  let flags = 0;
  for (const name of names) {
    const bit = TCP_FLAG_NAMES.find(([known]) => known === name)?.[1];
    if (bit === undefined) throw new RangeError(`no TCP flag '${name}'`);
    flags |= bit;
  }
  return flags;
}

export const tcp = (fields: Partial<TcpFields> = {}): Layer =>
  summed(IPPROTO_TCP, encodeTcp(fields), fields.checksum);

/** Length and checksum are computed unless given; give checksum 0 for none. */
export const udp = (fields: Partial<UdpFields> = {}): Layer => ({
  ...summed(IPPROTO_UDP, encodeUdp(fields), fields.checksum),
  link: ({ packet, offset, end }) => {
    if (fields.length === undefined) put16(packet, offset + UDP_LENGTH, end - offset);
  },
});

export const udpLite = (fields: Partial<UdpLiteFields> = {}): Layer =>
  summed(IPPROTO_UDPLITE, encodeUdpLite(fields), fields.checksum);

/** Layers after an error are the packet it quotes. */
export const icmp = (fields: Partial<IcmpFields> = {}): Layer =>
  summed(IPPROTO_ICMP, encodeIcmp(fields), fields.checksum);

/** Layers after an error are the packet it quotes. */
export const icmpv6 = (fields: Partial<Icmpv6Fields> = {}): Layer =>
  summed(IPPROTO_ICMPV6, encodeIcmpv6(fields), fields.checksum);

/** A neighbour discovery message. @throws RangeError on what is no address */
export const nd = (message: NdMessage): Layer =>
  summed(IPPROTO_ICMPV6, encodeNd(message), undefined);

/** A multicast listener message. @throws RangeError on what is no address */
export const mld = (message: MldMessage): Layer =>
  summed(IPPROTO_ICMPV6, encodeMld(message), undefined);

export const igmp = (fields: Partial<IgmpFields> = {}): Layer =>
  summed(IPPROTO_IGMP, encodeIgmp(fields), fields.checksum);

export const dccp = (fields: Partial<DccpFields> = {}): Layer =>
  summed(IPPROTO_DCCP, encodeDccp(fields), fields.checksum);

export const mobility = (fields: Partial<MobilityFields> = {}): Layer =>
  summed(IPPROTO_MH, encodeMobility(fields), fields.checksum);

export const sctp = (fields: Partial<SctpFields> = {}): Layer => ({
  bytes: encodeSctp(fields),
  protocol: IPPROTO_SCTP,
  sum: ({ packet, offset, end }) => {
    if (fields.checksum !== undefined) return;
    put32le(packet, offset + SCTP_CHECKSUM, sctpChecksum(packet, offset, end - offset));
  },
});

/** With GRE_CSUM in `otherFlags` and no checksum given, one is computed. */
export const gre = (fields: Partial<GreFields> = {}): Layer => ({
  bytes: encodeGre(fields),
  protocol: IPPROTO_GRE,
  link: ({ packet, offset, next }) => {
    const type = next?.ethertype;
    if (fields.protocol === undefined && type !== undefined) {
      put16(packet, offset + GRE_PROTOCOL, type);
    }
  },
  sum: (at) => {
    const wanted = ((fields.otherFlags ?? 0) & GRE_CSUM) !== 0 && fields.checksum === undefined;
    if (wanted) putChecksum(at, IPPROTO_GRE);
  },
});

export const esp = (fields: Partial<EspFields> = {}): Layer => ({
  bytes: encodeEsp(fields),
  protocol: IPPROTO_ESP,
});
