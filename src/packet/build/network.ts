import { put16 } from '../../bytes/index.ts';
import {
  ETH_P_8021Q,
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  IPPROTO_AH,
  IPPROTO_DSTOPTS,
  IPPROTO_FRAGMENT,
  IPPROTO_HOPOPTS,
  IPPROTO_IPIP,
  IPPROTO_IPV6,
  IPPROTO_NONE,
  IPPROTO_ROUTING,
} from '../../uapi/index.ts';
import { type AhFields, encodeAh } from '../ah.ts';
import { type ArpFields, encodeArp } from '../arp.ts';
import { fixIPv4Checksum } from '../checksums.ts';
import { ETHERNET_TYPE, type EthernetFields, encodeEthernet } from '../ethernet.ts';
import { encodeIPv4, IPV4_PROTOCOL, IPV4_TOTAL_LENGTH, type IPv4Fields } from '../ipv4.ts';
import {
  encodeIPv6,
  IPV6_HEADER_LENGTH,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  type IPv6Fields,
} from '../ipv6.ts';
import {
  encodeExtension,
  encodeFragment,
  encodeOptionsHeader,
  encodeRouting,
  type FragmentFields,
  type OptionsFields,
  type RoutingFields,
} from '../ipv6-extensions.ts';
import { encodeVlan, VLAN_TYPE, type VlanFields } from '../vlan.ts';
import type { Layer, Placement } from './layer.ts';

/** Writes the EtherType of the next layer at `field`, where it has one. */
function putEthertype(at: Placement, field: number): void {
  const type = at.next?.ethertype;
  if (type !== undefined) put16(at.packet, at.offset + field, type);
}

/** The type is that of the next layer unless given. @throws RangeError on what is no address */
export const ethernet = (fields: Partial<EthernetFields> = {}): Layer => ({
  bytes: encodeEthernet(fields),
  link: (at) => {
    if (fields.type === undefined) putEthertype(at, ETHERNET_TYPE);
  },
});

/** A VLAN tag; `tpid` is 0x8100 unless given (0x88a8 for 802.1ad). */
export const vlan = (fields: Partial<VlanFields> & { readonly tpid?: number } = {}): Layer => ({
  bytes: encodeVlan(fields),
  ethertype: fields.tpid ?? ETH_P_8021Q,
  link: (at) => {
    if (fields.type === undefined) putEthertype(at, VLAN_TYPE);
  },
});

export const arp = (fields: Partial<ArpFields> = {}): Layer => ({
  bytes: encodeArp(fields),
  ethertype: ETH_P_ARP,
});

/** Total length, protocol and checksum are computed unless given. @throws RangeError */
export const ipv4 = (fields: Partial<IPv4Fields> = {}): Layer => ({
  bytes: encodeIPv4(fields),
  ethertype: ETH_P_IP,
  protocol: IPPROTO_IPIP,
  isNetwork: true,
  link: ({ packet, offset, end, next }) => {
    if (fields.totalLength === undefined) put16(packet, offset + IPV4_TOTAL_LENGTH, end - offset);
    if (fields.protocol === undefined) packet[offset + IPV4_PROTOCOL] = next?.protocol ?? 0;
  },
  sum: ({ packet, offset }) => {
    if (fields.checksum === undefined) fixIPv4Checksum(packet, offset);
  },
});

/** Payload length and next header are computed unless given. @throws RangeError */
export const ipv6 = (fields: Partial<IPv6Fields> = {}): Layer => ({
  bytes: encodeIPv6(fields),
  ethertype: ETH_P_IPV6,
  protocol: IPPROTO_IPV6,
  isNetwork: true,
  link: ({ packet, offset, end, next }) => {
    if (fields.payloadLength === undefined) {
      put16(packet, offset + IPV6_PAYLOAD_LENGTH, end - offset - IPV6_HEADER_LENGTH);
    }
    if (fields.nextHeader === undefined) {
      packet[offset + IPV6_NEXT_HEADER] = next?.protocol ?? IPPROTO_NONE;
    }
  },
});

/** A header whose first byte is the next header, as all IPv6 extension headers and AH have it. */
const chained = (protocol: number, bytes: Uint8Array, nextHeader: number | undefined): Layer => ({
  bytes,
  protocol,
  link: ({ packet, offset, next }) => {
    if (nextHeader === undefined) packet[offset] = next?.protocol ?? IPPROTO_NONE;
  },
});

export const hopByHop = (fields: Partial<OptionsFields> = {}): Layer =>
  chained(IPPROTO_HOPOPTS, encodeOptionsHeader(fields), fields.nextHeader);

export const destinationOptions = (fields: Partial<OptionsFields> = {}): Layer =>
  chained(IPPROTO_DSTOPTS, encodeOptionsHeader(fields), fields.nextHeader);

/** A segment routing header unless `type` says otherwise. @throws RangeError */
export const ipv6Routing = (fields: Partial<RoutingFields> = {}): Layer =>
  chained(IPPROTO_ROUTING, encodeRouting(fields), fields.nextHeader);

export const ipv6Fragment = (fields: Partial<FragmentFields> = {}): Layer =>
  chained(IPPROTO_FRAGMENT, encodeFragment(fields), fields.nextHeader);

/** Any other extension header of the common shape, such as HIP or Shim6. */
export const ipv6Extension = (protocol: number, body: Uint8Array, nextHeader?: number): Layer =>
  chained(protocol, encodeExtension(nextHeader ?? 0, body), nextHeader);

export const ah = (fields: Partial<AhFields> = {}): Layer =>
  chained(IPPROTO_AH, encodeAh(fields), fields.nextHeader);
