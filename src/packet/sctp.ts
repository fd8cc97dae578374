import { concatBytes, crc32c, put16, put32, put32le, u16, u32, u32le } from '../bytes/index.ts';
import { type Malformed, shortHeader } from './malformed.ts';
import { encodeSctpChunk, readSctpChunks, type SctpChunk } from './sctp-chunks.ts';

/** Offsets in the common header, RFC 9260 §3.1. */
export const SCTP_SOURCE_PORT = 0;
export const SCTP_DESTINATION_PORT = 2;
export const SCTP_VERIFICATION_TAG = 4;
export const SCTP_CHECKSUM = 8;
export const SCTP_HEADER_LENGTH = 12;

export class SctpView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get sourcePort(): number {
    return u16(this.bytes, SCTP_SOURCE_PORT);
  }

  set sourcePort(value: number) {
    put16(this.bytes, SCTP_SOURCE_PORT, value);
  }

  get destinationPort(): number {
    return u16(this.bytes, SCTP_DESTINATION_PORT);
  }

  set destinationPort(value: number) {
    put16(this.bytes, SCTP_DESTINATION_PORT, value);
  }

  get verificationTag(): number {
    return u32(this.bytes, SCTP_VERIFICATION_TAG);
  }

  set verificationTag(value: number) {
    put32(this.bytes, SCTP_VERIFICATION_TAG, value);
  }

  /** CRC-32C as the number {@link crc32c} gives: on the wire its bytes stand in reverse. */
  get checksum(): number {
    return u32le(this.bytes, SCTP_CHECKSUM);
  }

  set checksum(value: number) {
    put32le(this.bytes, SCTP_CHECKSUM, value);
  }

  get chunks(): SctpChunk[] {
    return readSctpChunks(this.payload);
  }

  get payload(): Uint8Array {
    return this.bytes.subarray(SCTP_HEADER_LENGTH);
  }
}

export interface SctpFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly verificationTag: number;
  readonly checksum: number;
  readonly chunks: readonly SctpChunk[];
}

export const parseSctp = (bytes: Uint8Array): SctpView | Malformed =>
  bytes.length < SCTP_HEADER_LENGTH
    ? shortHeader('sctp', SCTP_HEADER_LENGTH, bytes.length)
    : new SctpView(bytes);

export const sctpFields = (view: SctpView): SctpFields => ({
  sourcePort: view.sourcePort,
  destinationPort: view.destinationPort,
  verificationTag: view.verificationTag,
  checksum: view.checksum,
  chunks: view.chunks,
});

/** The whole packet; the checksum is written as given, 0 without. */
export function encodeSctp(fields: Partial<SctpFields>): Uint8Array {
  const view = new SctpView(new Uint8Array(SCTP_HEADER_LENGTH));
  view.sourcePort = fields.sourcePort ?? 0;
  view.destinationPort = fields.destinationPort ?? 0;
  view.verificationTag = fields.verificationTag ?? 0;
  view.checksum = fields.checksum ?? 0;
  return concatBytes(view.bytes, ...(fields.chunks ?? []).map(encodeSctpChunk));
}

const ZEROS = new Uint8Array(4);

/** CRC-32C of the packet at `offset` with its checksum field taken as zero (RFC 9260 §6.8). */
export function sctpChecksum(bytes: Uint8Array, offset: number, length: number): number {
  const ports = crc32c(bytes, offset, SCTP_CHECKSUM);
  const field = crc32c(ZEROS, 0, 4, ports);
  return crc32c(bytes, offset + SCTP_HEADER_LENGTH, length - SCTP_HEADER_LENGTH, field);
}
