// Whether a transport checksum is right (nf_checksum(), net/netfilter/utils.c).

import { fold16, pseudoHeaderSum4, pseudoHeaderSum6, sum16 } from '../bytes/index.ts';
import type { HookPoint, Netns, Packet } from '../core/index.ts';
import { ETH_P_IP } from '../core/index.ts';
import { IPPROTO_ICMP } from '../uapi/index.ts';
import { CHECKSUM, sysctlOf } from './sysctl.ts';

/**
 * Sums pseudo header and the first `covered` bytes behind `transport`; the pseudo header's length is
 * all of the payload's. ICMP has no pseudo header in IPv4. A checksum field of 0 is not special here.
 */
export function l4ChecksumOk(packet: Packet, protocol: number, covered?: number): boolean {
  const { buf, network, transport, end } = packet;
  const length = end - transport;
  // nf_ip_checksum() sums the IP header, too: all ones, with which zeroes alone are right.
  let initial = 0xffff;
  if (packet.protocol !== ETH_P_IP) initial = pseudoHeaderSum6(buf, network, protocol, length);
  else if (protocol !== IPPROTO_ICMP) initial = pseudoHeaderSum4(buf, network, protocol, length);
  return fold16(sum16(buf, transport, covered ?? length, initial)) === 0xffff;
}

/** The same of a packet on its way, which is summed once (nf_checksum() leaves CHECKSUM_COMPLETE). */
export function checksumHolds(packet: Packet, protocol: number): boolean {
  packet.csumValid ||= l4ChecksumOk(packet, protocol);
  return packet.csumValid;
}

/** Only received packets are checked, and only while nf_conntrack_checksum is on. */
export const mustCheck = (netns: Netns, point: HookPoint): boolean =>
  point.num === 0 && sysctlOf(netns, CHECKSUM) !== 0;
