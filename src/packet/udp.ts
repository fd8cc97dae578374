import { put16, u16 } from '../bytes/index.ts';
import { type Malformed, malformed, shortHeader } from './malformed.ts';

/** Offsets in the header, RFC 768. */
export const UDP_SOURCE_PORT = 0;
export const UDP_DESTINATION_PORT = 2;
export const UDP_LENGTH = 4;
export const UDP_CHECKSUM = 6;
export const UDP_HEADER_LENGTH = 8;

export class UdpView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get sourcePort(): number {
    return u16(this.bytes, UDP_SOURCE_PORT);
  }

  set sourcePort(value: number) {
    put16(this.bytes, UDP_SOURCE_PORT, value);
  }

  get destinationPort(): number {
    return u16(this.bytes, UDP_DESTINATION_PORT);
  }

  set destinationPort(value: number) {
    put16(this.bytes, UDP_DESTINATION_PORT, value);
  }

  /** Header and data in bytes; 0 in an IPv6 jumbogram (RFC 2675 §4). */
  get length(): number {
    return u16(this.bytes, UDP_LENGTH);
  }

  set length(value: number) {
    put16(this.bytes, UDP_LENGTH, value);
  }

  /** 0 where the sender computed none. */
  get checksum(): number {
    return u16(this.bytes, UDP_CHECKSUM);
  }

  set checksum(value: number) {
    put16(this.bytes, UDP_CHECKSUM, value);
  }

  get payload(): Uint8Array {
    return this.bytes.subarray(UDP_HEADER_LENGTH);
  }
}

export interface UdpFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly length: number;
  readonly checksum: number;
}

/** Bytes after the length are left out. A datagram quoted in an ICMP error is `truncated`. */
export function parseUdp(bytes: Uint8Array, truncated = false): UdpView | Malformed {
  if (bytes.length < UDP_HEADER_LENGTH) return shortHeader('udp', UDP_HEADER_LENGTH, bytes.length);
  const length = u16(bytes, UDP_LENGTH);
  if (length === 0) return new UdpView(bytes);
  if (length < UDP_HEADER_LENGTH) {
    return malformed('udp', 'length', `${length} is less than 8`, UDP_LENGTH);
  }
  if (length > bytes.length && !truncated) {
    return malformed('udp', 'length', `${length} bytes wanted, ${bytes.length} there`, UDP_LENGTH);
  }
  return new UdpView(bytes.subarray(0, length));
}

export const udpFields = (view: UdpView): UdpFields => ({
  sourcePort: view.sourcePort,
  destinationPort: view.destinationPort,
  length: view.length,
  checksum: view.checksum,
});

/** The 8 bytes of the header; length and checksum are written as given, 0 without. */
export function encodeUdp(fields: Partial<UdpFields>): Uint8Array {
  const view = new UdpView(new Uint8Array(UDP_HEADER_LENGTH));
  view.sourcePort = fields.sourcePort ?? 0;
  view.destinationPort = fields.destinationPort ?? 0;
  view.length = fields.length ?? 0;
  view.checksum = fields.checksum ?? 0;
  return view.bytes;
}
