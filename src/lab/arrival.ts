// Packets as they come to a firewall in the lab: from the network header on, with what is known of
// their link, put into a frame the interface takes for its own.
import { equalBytes, put16, u16 } from '../bytes/index.ts';
import { networkOf, type PacketType } from '../capture/index.ts';
import type { NetDevice } from '../core/index.ts';
import { ETH_P_IP, ETH_P_IPV6, hasEthernetHeader } from '../core/index.ts';
import { ARPHRD_ETHER, ETH_HLEN, LINKTYPE_ETHERNET } from '../uapi/index.ts';

export interface Arrival {
  /** From the network header on. */
  readonly packet: Uint8Array;
  /** EtherType. */
  readonly protocol: number;
  /** Hardware addresses, where the packet came with a link header that has them. */
  readonly source?: Uint8Array;
  readonly destination?: Uint8Array;
  readonly packetType?: PacketType;
  /** 802.1Q tags, from the first TPID up to before the EtherType. */
  readonly tags?: Uint8Array;
}

const NO_TAGS = new Uint8Array(0);
/** Who sends what came without a hardware address: locally administered, as the made-up neighbours are. */
const SOMEBODY = Uint8Array.of(0x02, 0, 0x5e, 0, 0x53, 0x01);

/** A captured frame; text says why it cannot be read. */
export function arrivalFromFrame(linkType: number, frame: Uint8Array): Arrival | string {
  const place = networkOf(linkType, frame);
  if (place.kind === 'malformed') return place.reason;
  const isEthernet = linkType === LINKTYPE_ETHERNET;
  return {
    packet: frame.subarray(place.offset),
    protocol: place.ethertype,
    ...(isEthernet ? { destination: frame.subarray(0, 6), source: frame.subarray(6, 12) } : {}),
    ...(place.vlans.length > 0 ? { tags: frame.subarray(12, 12 + 4 * place.vlans.length) } : {}),
    ...(place.packetType === undefined ? {} : { packetType: place.packetType }),
  };
}

/** Bytes a person wrote: a packet where they begin with an IP header that fits them, else a frame. */
export function arrivalFromBytes(bytes: Uint8Array): Arrival | string {
  const version = (bytes[0] ?? 0) >>> 4;
  if (
    version === 4 &&
    bytes.length >= 20 &&
    u16(bytes, 2) <= bytes.length &&
    ((bytes[0] ?? 0) & 15) >= 5
  )
    return { packet: bytes, protocol: ETH_P_IP };
  if (version === 6 && bytes.length >= 40 && u16(bytes, 4) + 40 <= bytes.length)
    return { packet: bytes, protocol: ETH_P_IPV6 };
  return arrivalFromFrame(LINKTYPE_ETHERNET, bytes);
}

/** Source and destination of an IP packet, views of its bytes; undefined for anything else. */
export function addressesOf({
  packet,
  protocol,
}: Arrival): { source: Uint8Array; destination: Uint8Array } | undefined {
  if (protocol === ETH_P_IP && packet.length >= 20)
    return { source: packet.subarray(12, 16), destination: packet.subarray(16, 20) };
  if (protocol === ETH_P_IPV6 && packet.length >= 40)
    return { source: packet.subarray(8, 24), destination: packet.subarray(24, 40) };
  return undefined;
}

const isGroup = (mac: Uint8Array): boolean => ((mac[0] ?? 0) & 1) === 1;

/** Who the frame is for: the device, unless it went to a group or, by its address, should have. */
function destinationOf(arrival: Arrival, device: NetDevice): Uint8Array {
  const { destination } = arrival;
  // A bridge carries frames for others.
  const isPort = device.master?.kind === 'bridge';
  if (destination !== undefined && (isPort || isGroup(destination))) return destination;
  if (arrival.packetType === 'broadcast') return new Uint8Array(6).fill(0xff);
  const to = addressesOf(arrival)?.destination;
  return to === undefined ? device.address : (groupAddress(to) ?? device.address);
}

/** Where multicast and the limited broadcast go on Ethernet (RFC 1112 §6.4, RFC 2464 §7). */
function groupAddress(to: Uint8Array): Uint8Array | undefined {
  if (to.length === 16)
    return to[0] === 0xff ? Uint8Array.of(0x33, 0x33, ...to.subarray(12, 16)) : undefined;
  if (equalBytes(to, 0, new Uint8Array(4).fill(0xff), 0, 4)) return new Uint8Array(6).fill(0xff);
  const isMulticast = ((to[0] ?? 0) & 0xf0) === 0xe0;
  return isMulticast
    ? Uint8Array.of(1, 0, 0x5e, (to[1] ?? 0) & 0x7f, to[2] ?? 0, to[3] ?? 0)
    : undefined;
}

/**
 * The frame that the device receives; devices without a link header get the packet alone. Tags stay
 * only where VLAN devices wait for them, else a capture from a trunk would go nowhere.
 */
export function frameFor(arrival: Arrival, device: NetDevice, keepTags = false): Uint8Array {
  const { packet, protocol } = arrival;
  if (!hasEthernetHeader(device)) return packet;
  const tags = keepTags && arrival.tags !== undefined ? arrival.tags : NO_TAGS;
  const frame = new Uint8Array(ETH_HLEN + tags.length + packet.length);
  frame.set(destinationOf(arrival, device), 0);
  frame.set(arrival.source ?? (device.type === ARPHRD_ETHER ? SOMEBODY : device.address), 6);
  frame.set(tags, 12);
  put16(frame, 12 + tags.length, protocol);
  frame.set(packet, ETH_HLEN + tags.length);
  return frame;
}
