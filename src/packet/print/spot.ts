import { formatIPv4, formatIPv6, u32 } from '../../bytes/index.ts';
import { IPV4_DESTINATION, IPV4_PROTOCOL, IPV4_SOURCE } from '../ipv4.ts';
import { IPV6_DESTINATION, IPV6_NEXT_HEADER, IPV6_SOURCE } from '../ipv6.ts';

/** A header to be printed and what its printer needs to know about its surroundings. */
export interface Spot {
  readonly bytes: Uint8Array;
  /** Offset of the IP header it belongs to. */
  readonly network: number;
  /** Offset of the header itself. */
  readonly offset: number;
  /** One past the last byte that is there. */
  readonly end: number;
  /** Bytes from `offset` on, by the IP header; more than are there in a quoted packet. */
  readonly length: number;
  readonly protocol: number;
  /** True in every fragment, so no checksum can be checked. */
  readonly fragmented: boolean;
  readonly options: PrintOptions;
  /** How many packets this one is inside of. */
  readonly depth: number;
}

export interface PrintOptions {
  /** 1 is `tcpdump -v`, 2 adds what `-vv` adds about checksums. Default 1. */
  readonly verbosity?: 1 | 2;
  /** Print the link header too, as `tcpdump -e`. */
  readonly link?: boolean;
}

export const isIPv6 = ({ bytes, network }: Spot): boolean => bytes[network]! >>> 4 === 6;

/** Bytes that are there from the header on. */
export const available = (spot: Spot): number => Math.max(0, spot.end - spot.offset);

/** True where the packet was cut short, so that nothing can be summed. */
export const isCut = (spot: Spot): boolean => available(spot) < spot.length;

export const headerBytes = (spot: Spot): Uint8Array => spot.bytes.subarray(spot.offset, spot.end);

export function sourceText(spot: Spot): string {
  const { bytes, network } = spot;
  return isIPv6(spot)
    ? formatIPv6(bytes, network + IPV6_SOURCE)
    : formatIPv4(u32(bytes, network + IPV4_SOURCE));
}

export function destinationText(spot: Spot): string {
  const { bytes, network } = spot;
  return isIPv6(spot)
    ? formatIPv6(bytes, network + IPV6_DESTINATION)
    : formatIPv4(u32(bytes, network + IPV4_DESTINATION));
}

/** The IP header announces this very header, so no addresses were printed yet. */
const isDirect = (spot: Spot): boolean =>
  spot.bytes[spot.network + (isIPv6(spot) ? IPV6_NEXT_HEADER : IPV4_PROTOCOL)] === spot.protocol;

/** `10.0.0.1.40000 > 192.0.2.10.443: `, or the ports alone behind extension headers. */
export function portsText(spot: Spot, source: number, destination: number): string {
  if (!isDirect(spot)) return `${source} > ${destination}: `;
  return `${sourceText(spot)}.${source} > ${destinationText(spot)}.${destination}: `;
}

/** What stands for ports that are not there any more. */
export const noPortsText = (spot: Spot): string =>
  isDirect(spot) ? `${sourceText(spot)} > ${destinationText(spot)}: ` : '';
