/** Where a layer came to stand in the packet that is being built. */
export interface Placement {
  readonly packet: Uint8Array;
  readonly offset: number;
  /** One past the packet's last byte. */
  readonly end: number;
  /** The layer this one carries; undefined before plain bytes and at the end. */
  readonly next: Layer | undefined;
  /** Offset of the nearest IPv4 or IPv6 header before this layer, or -1. */
  readonly network: number;
}

/**
 * One header (or whole message) of a packet to be built, and how it fits itself to its neighbours.
 */
export interface Layer {
  /** The header; what is to be computed is zero. Never written to. */
  readonly bytes: Uint8Array;
  /** How an Ethernet or VLAN header announces this layer. */
  readonly ethertype?: number;
  /** How an IP header announces this layer. */
  readonly protocol?: number;
  /** True for IPv4 and IPv6 headers. */
  readonly isNetwork?: boolean;
  /** First pass, in any order: lengths and the number of the next protocol. */
  readonly link?: (at: Placement) => void;
  /** Second pass, innermost layer first: checksums. */
  readonly sum?: (at: Placement) => void;
}

/** Bytes as they are. */
export const payload = (bytes: Uint8Array): Layer => ({ bytes });
