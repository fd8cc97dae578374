// What a bridge asks of an IPv6 header before rules see it: br_validate_ipv6() of
// net/bridge/br_netfilter_ipv6.c.

import { u16, u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { IPPROTO_HOPOPTS, IPV6_HLEN } from './numbers.ts';

const IPV6_TLV_PAD1 = 0;
const IPV6_TLV_JUMBO = 194;
const IPV6_MAXPLEN = 65535;

/** Cuts off what the link padded; false for a header that is not sound. */
export function validate6(packet: Packet): boolean {
  const { buf, network, end } = packet;
  if (end - network < IPV6_HLEN || buf[network]! >>> 4 !== 6) return false;
  const isHopByHop = buf[network + 6] === IPPROTO_HOPOPTS;
  const payload = isHopByHop ? payloadBehindOptions(packet) : u16(buf, network + 4);
  if (payload < 0 || payload + IPV6_HLEN > end - network) return false;
  packet.end = network + IPV6_HLEN + payload;
  return true;
}

/** nf_ip6_check_hbh_len(): the payload's length, which a jumbogram has in an option; -1 for bad options. */
function payloadBehindOptions({ buf, network, end }: Packet): number {
  const first = network + IPV6_HLEN;
  if (first + 8 > end) return -1;
  const past = first + ((buf[first + 1]! + 1) << 3);
  if (past > end) return -1;
  let payload = u16(buf, network + 4);
  for (let at = first + 2; at < past; ) {
    if (buf[at] === IPV6_TLV_PAD1) {
      at++;
      continue;
    }
    if (past - at < 2) return -1;
    const length = buf[at + 1]! + 2;
    if (length > past - at) return -1;
    if (buf[at] === IPV6_TLV_JUMBO) {
      if (length !== 6 || ((at - network) & 3) !== 2) return -1;
      const jumbo = u32(buf, at + 2);
      if (jumbo <= IPV6_MAXPLEN || u16(buf, network + 4) !== 0) return -1;
      if (jumbo > end - network - IPV6_HLEN) return -1;
      payload = jumbo;
    }
    at += length;
  }
  return payload;
}
