// What packets give away about the network they walked through.
import { formatIPv4, formatIPv6, u16, u32 } from '../../bytes/index.ts';
import { ETH_P_ARP } from '../../uapi/index.ts';
import { type Arrival, addressesOf } from '../arrival.ts';

/** What a packet to come says about the network. */
export interface Sighting {
  /** Named by the person or the capture. */
  readonly device?: string;
  readonly source: string;
  readonly destination: string;
  /** Somebody on the link asked for the destination by ARP: it may be the firewall itself. */
  readonly asked?: boolean;
  /** Sent by the firewall itself. */
  readonly made?: boolean;
}

/** Kinds of packets that are remembered; a scan of a whole network must not fill the memory. */
const MOST = 4096;

const text = (address: Uint8Array): string =>
  address.length === 4 ? formatIPv4(u32(address, 0)) : formatIPv6(address);

/** Gathers sightings, each once. */
export class Sightings {
  readonly #seen = new Map<string, Sighting>();

  get list(): Sighting[] {
    return [...this.#seen.values()];
  }

  see(arrival: Arrival, device: string | undefined, made = false): void {
    const addresses = addressesOf(arrival);
    if (addresses !== undefined) {
      const { source, destination } = addresses;
      const own = made ? { made } : {};
      this.#add({
        source: text(source),
        destination: text(destination),
        ...on(device),
        ...own,
      });
    } else if (arrival.protocol === ETH_P_ARP) this.#arp(arrival.packet, device);
  }

  /** A request of Ethernet and IPv4 (RFC 826). */
  #arp(packet: Uint8Array, device: string | undefined): void {
    if (packet.length < 28 || u16(packet, 6) !== 1 || packet[5] !== 4) return;
    const source = formatIPv4(u32(packet, 14));
    this.#add({ source, destination: formatIPv4(u32(packet, 24)), asked: true, ...on(device) });
  }

  #add(sighting: Sighting): void {
    if (this.#seen.size >= MOST) return;
    const { device, source, destination, asked, made } = sighting;
    const key = `${device} ${source} ${destination} ${asked} ${made}`;
    if (!this.#seen.has(key)) this.#seen.set(key, sighting);
  }
}

const on = (device: string | undefined) => (device === undefined ? {} : { device });
