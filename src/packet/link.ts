import { u16, u32, u32le } from '../bytes/index.ts';
import {
  DLT_RAW,
  ETH_P_IP,
  ETH_P_IPV6,
  LINKTYPE_ETHERNET,
  LINKTYPE_IPV4,
  LINKTYPE_IPV6,
  LINKTYPE_LINUX_SLL,
  LINKTYPE_LINUX_SLL2,
  LINKTYPE_LOOP,
  LINKTYPE_NULL,
  LINKTYPE_PPP,
  LINKTYPE_RAW,
} from '../uapi/index.ts';
import { ETHERNET_TYPE, isVlanType } from './ethernet.ts';
import { type Malformed, malformed, shortHeader } from './malformed.ts';

/** What a link header says about what follows it. */
export interface LinkPlace {
  /** Offset of what follows. */
  readonly offset: number;
  /** Its EtherType; 0 where the link header has none for it. */
  readonly ethertype: number;
}

/** Address families of BSD loopback headers: 2 is IPv4, and IPv6 has a number on each system. */
function fromFamily(bytes: Uint8Array): LinkPlace | Malformed {
  if (bytes.length < 4) return shortHeader('null', 4, bytes.length);
  // In the writer's byte order; the numbers are small, so the order shows.
  const family = Math.min(u32(bytes, 0), u32le(bytes, 0));
  if (family === 2) return { offset: 4, ethertype: ETH_P_IP };
  const isIPv6 = family === 10 || family === 24 || family === 28 || family === 30;
  return { offset: 4, ethertype: isIPv6 ? ETH_P_IPV6 : 0 };
}

function fromVersion(bytes: Uint8Array): LinkPlace | Malformed {
  if (bytes.length === 0) return shortHeader('ip', 1, 0);
  const version = bytes[0]! >>> 4;
  if (version === 4) return { offset: 0, ethertype: ETH_P_IP };
  if (version === 6) return { offset: 0, ethertype: ETH_P_IPV6 };
  return malformed('ip', 'version', `${version} is neither 4 nor 6`);
}

/**
 * PPP with or without address and control bytes (RFC 1661 §6.6); protocols from RFC 1332 and RFC
 * 5072.
 */
function fromPpp(bytes: Uint8Array): LinkPlace | Malformed {
  const offset = u16(bytes, 0) === 0xff03 ? 2 : 0;
  if (bytes.length < offset + 2) return shortHeader('ppp', offset + 2, bytes.length);
  const protocol = u16(bytes, offset);
  const ethertype = protocol === 0x21 ? ETH_P_IP : protocol === 0x57 ? ETH_P_IPV6 : 0;
  return { offset: offset + 2, ethertype };
}

const fixed = (
  bytes: Uint8Array,
  name: string,
  length: number,
  typeOffset: number,
): LinkPlace | Malformed =>
  bytes.length < length
    ? shortHeader(name, length, bytes.length)
    : { offset: length, ethertype: u16(bytes, typeOffset) };

/**
 * What follows the link header of a frame of this LINKTYPE_*; after an Ethernet header that may be
 * a VLAN tag. Unknown link types are malformed.
 */
export function linkPayload(bytes: Uint8Array, linkType: number): LinkPlace | Malformed {
  switch (linkType) {
    case LINKTYPE_ETHERNET:
      return fixed(bytes, 'ethernet', 14, ETHERNET_TYPE);
    case LINKTYPE_RAW:
    case DLT_RAW:
      return fromVersion(bytes);
    case LINKTYPE_IPV4:
      return { offset: 0, ethertype: ETH_P_IP };
    case LINKTYPE_IPV6:
      return { offset: 0, ethertype: ETH_P_IPV6 };
    case LINKTYPE_NULL:
    case LINKTYPE_LOOP:
      return fromFamily(bytes);
    case LINKTYPE_LINUX_SLL:
      return fixed(bytes, 'sll', 16, 14);
    case LINKTYPE_LINUX_SLL2:
      return fixed(bytes, 'sll2', 20, 0);
    case LINKTYPE_PPP:
      return fromPpp(bytes);
    default:
      return malformed('link', 'linkType', `${linkType} is not supported`);
  }
}

/** As {@link linkPayload}, past all VLAN tags. */
export function networkPayload(bytes: Uint8Array, linkType: number): LinkPlace | Malformed {
  const place = linkPayload(bytes, linkType);
  if ('malformed' in place) return place;
  let { offset, ethertype } = place;
  while (isVlanType(ethertype)) {
    if (bytes.length < offset + 4) return shortHeader('vlan', offset + 4, bytes.length);
    ethertype = u16(bytes, offset + 2);
    offset += 4;
  }
  return { offset, ethertype };
}
