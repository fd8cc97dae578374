// IPv6 options (net/ipv6/exthdrs.c).

import { u16 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { isMulticast6 } from './address.ts';
import { sendParameterProblem6 } from './icmp6.ts';
import type { Stack } from './stack.ts';

const TLV_PAD1 = 0;
const TLV_PADN = 1;
const TLV_ROUTERALERT = 5;
const TLV_CALIPSO = 7;
const TLV_IOAM = 49;
const TLV_JUMBO = 194;
const ICMPV6_HDR_FIELD = 0;
const ICMPV6_UNK_OPTION = 2;
/** RFC 4942 §2.1.9.5: padding aligns, it carries nothing. */
const MAX_PADDING = 7;

/** ip6_tlvopt_unknown(): the two highest bits say what to do (RFC 8200 §4.2). */
function unknownOption(stack: Stack, packet: Packet, at: number): string {
  const action = packet.buf[at]! >> 6;
  if (action === 0) return '';
  const complains =
    action === 2 || (action === 3 && !isMulticast6(packet.buf, packet.network + 24));
  if (complains) sendParameterProblem6(stack, packet, ICMPV6_UNK_OPTION, at - packet.network);
  return 'UNHANDLED_PROTO';
}

/** ipv6_hop_jumbo(): jumbograms are not taken. */
function jumbo(stack: Stack, packet: Packet, at: number): string {
  const { buf, network } = packet;
  const field = u16(buf, at + 2) * 0x10000 + u16(buf, at + 4);
  if (buf[at + 1] !== 4 || ((at - network) & 3) !== 2) return 'IP_INHDR';
  if (field <= 0xffff) {
    sendParameterProblem6(stack, packet, ICMPV6_HDR_FIELD, at + 2 - network);
    return 'IP_INHDR';
  }
  if (u16(buf, network + 4) !== 0) {
    sendParameterProblem6(stack, packet, ICMPV6_HDR_FIELD, at - network);
    return 'IP_INHDR';
  }
  return 'PKT_TOO_SMALL';
}

/** One option behind the padding. */
function oneOption(stack: Stack, packet: Packet, at: number, hopByHop: boolean): string {
  const { buf } = packet;
  const type = buf[at]!;
  if (hopByHop && type === TLV_ROUTERALERT) return buf[at + 1] === 2 ? '' : 'IP_INHDR';
  // ipv6_hop_ioam(): off, but its alignment is looked at.
  if (hopByHop && type === TLV_IOAM) return ((at - packet.network) & 3) === 0 ? '' : 'IP_INHDR';
  // CALIPSO labels are for hosts that have a domain of interpretation for them.
  if (hopByHop && type === TLV_CALIPSO) return 'IP_INHDR';
  if (hopByHop && type === TLV_JUMBO) return jumbo(stack, packet, at);
  return unknownOption(stack, packet, at);
}

/** PadN holds zeros only. */
function zeros(packet: Packet, at: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (packet.buf[at + i] !== 0) return false;
  return true;
}

/**
 * ipv6_parse_hopopts() and ipv6_destopt_rcv(): '' for sound options, else the reason to drop.
 * @param at offset of the extension header
 */
export function parseOptions6(stack: Stack, packet: Packet, at: number, hopByHop: boolean): string {
  const { buf, end } = packet;
  if (at + 8 > end) return 'PKT_TOO_SMALL';
  const stop = at + ((buf[at + 1]! + 1) << 3);
  if (stop > end) return 'IP_INHDR';
  let padding = 0;
  let count = 0;
  for (let i = at + 2; i < stop; ) {
    if (buf[i] === TLV_PAD1) {
      if (++padding > MAX_PADDING) return 'IP_INHDR';
      i++;
      continue;
    }
    const length = i + 1 < stop ? buf[i + 1]! + 2 : stop;
    if (i + length > stop) return 'IP_INHDR';
    if (buf[i] === TLV_PADN) {
      padding += length;
      if (padding > MAX_PADDING || !zeros(packet, i + 2, length - 2)) return 'IP_INHDR';
    } else {
      // net.ipv6.max_hbh_opts_number and max_dst_opts_number.
      if (++count > 8) return 'IP_INHDR';
      const reason = oneOption(stack, packet, i, hopByHop);
      if (reason !== '') return reason;
      padding = 0;
    }
    i += length;
  }
  return '';
}
