import { put16, u16 } from '../bytes/index.ts';
import { type Malformed, malformed, shortHeader } from './malformed.ts';

/** Where UDP has its length, UDP-Lite has the bytes that its checksum covers (RFC 3828 §3.1). */
export const UDPLITE_COVERAGE = 4;
export const UDPLITE_CHECKSUM = 6;
export const UDPLITE_HEADER_LENGTH = 8;

export class UdpLiteView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get sourcePort(): number {
    return u16(this.bytes, 0);
  }

  set sourcePort(value: number) {
    put16(this.bytes, 0, value);
  }

  get destinationPort(): number {
    return u16(this.bytes, 2);
  }

  set destinationPort(value: number) {
    put16(this.bytes, 2, value);
  }

  /** Bytes from the header on that the checksum covers; 0 for all of them. */
  get coverage(): number {
    return u16(this.bytes, UDPLITE_COVERAGE);
  }

  set coverage(value: number) {
    put16(this.bytes, UDPLITE_COVERAGE, value);
  }

  get checksum(): number {
    return u16(this.bytes, UDPLITE_CHECKSUM);
  }

  set checksum(value: number) {
    put16(this.bytes, UDPLITE_CHECKSUM, value);
  }

  get payload(): Uint8Array {
    return this.bytes.subarray(UDPLITE_HEADER_LENGTH);
  }
}

export interface UdpLiteFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly coverage: number;
  readonly checksum: number;
}

/** A packet quoted in an ICMP error is `truncated`: its coverage may pass the end. */
export function parseUdpLite(bytes: Uint8Array, truncated = false): UdpLiteView | Malformed {
  if (bytes.length < UDPLITE_HEADER_LENGTH) {
    return shortHeader('udplite', UDPLITE_HEADER_LENGTH, bytes.length);
  }
  const coverage = u16(bytes, UDPLITE_COVERAGE);
  if (coverage !== 0 && coverage < UDPLITE_HEADER_LENGTH) {
    return malformed('udplite', 'coverage', `${coverage} is less than 8`, UDPLITE_COVERAGE);
  }
  if (coverage > bytes.length && !truncated) {
    const reason = `${coverage} bytes wanted, ${bytes.length} there`;
    return malformed('udplite', 'coverage', reason, UDPLITE_COVERAGE);
  }
  return new UdpLiteView(bytes);
}

export const udpLiteFields = (view: UdpLiteView): UdpLiteFields => ({
  sourcePort: view.sourcePort,
  destinationPort: view.destinationPort,
  coverage: view.coverage,
  checksum: view.checksum,
});

export function encodeUdpLite(fields: Partial<UdpLiteFields>): Uint8Array {
  const view = new UdpLiteView(new Uint8Array(UDPLITE_HEADER_LENGTH));
  view.sourcePort = fields.sourcePort ?? 0;
  view.destinationPort = fields.destinationPort ?? 0;
  view.coverage = fields.coverage ?? 0;
  view.checksum = fields.checksum ?? 0;
  return view.bytes;
}
