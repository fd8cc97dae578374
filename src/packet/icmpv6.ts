import { concatBytes, put16, put32, u16, u32 } from '../bytes/index.ts';
import { ICMPV6_INFOMSG_MASK } from '../uapi/index.ts';
import { type Malformed, shortHeader } from './malformed.ts';

/**
 * Offsets in the header, RFC 4443 §2.1; the four bytes at ICMPV6_REST belong to the message body.
 */
export const ICMPV6_TYPE = 0;
export const ICMPV6_CODE = 1;
export const ICMPV6_CHECKSUM = 2;
export const ICMPV6_REST = 4;
export const ICMPV6_IDENTIFIER = 4;
export const ICMPV6_SEQUENCE = 6;
export const ICMPV6_HEADER_LENGTH = 8;

/** True for the types below 128, which quote the packet that caused them. */
export const isIcmpv6Error = (type: number): boolean => (type & ICMPV6_INFOMSG_MASK) === 0;

export class Icmpv6View {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get type(): number {
    return this.bytes[ICMPV6_TYPE]!;
  }

  set type(value: number) {
    this.bytes[ICMPV6_TYPE] = value;
  }

  get code(): number {
    return this.bytes[ICMPV6_CODE]!;
  }

  set code(value: number) {
    this.bytes[ICMPV6_CODE] = value;
  }

  get checksum(): number {
    return u16(this.bytes, ICMPV6_CHECKSUM);
  }

  set checksum(value: number) {
    put16(this.bytes, ICMPV6_CHECKSUM, value);
  }

  /** The four bytes after the checksum as one number: MTU, pointer, identifier and sequence, … */
  get rest(): number {
    return u32(this.bytes, ICMPV6_REST);
  }

  set rest(value: number) {
    put32(this.bytes, ICMPV6_REST, value);
  }

  get identifier(): number {
    return u16(this.bytes, ICMPV6_IDENTIFIER);
  }

  set identifier(value: number) {
    put16(this.bytes, ICMPV6_IDENTIFIER, value);
  }

  get sequence(): number {
    return u16(this.bytes, ICMPV6_SEQUENCE);
  }

  set sequence(value: number) {
    put16(this.bytes, ICMPV6_SEQUENCE, value);
  }

  get payload(): Uint8Array {
    return this.bytes.subarray(ICMPV6_HEADER_LENGTH);
  }

  /** The quoted packet of an error, mostly cut short; otherwise undefined. */
  get quoted(): Uint8Array | undefined {
    return isIcmpv6Error(this.type) ? this.payload : undefined;
  }
}

export interface Icmpv6Fields {
  readonly type: number;
  readonly code: number;
  readonly checksum: number;
  /** The four bytes after the checksum. */
  readonly rest: number;
  readonly payload: Uint8Array;
}

export const parseIcmpv6 = (bytes: Uint8Array): Icmpv6View | Malformed =>
  bytes.length < ICMPV6_HEADER_LENGTH
    ? shortHeader('icmpv6', ICMPV6_HEADER_LENGTH, bytes.length)
    : new Icmpv6View(bytes);

export const icmpv6Fields = (view: Icmpv6View): Icmpv6Fields => ({
  type: view.type,
  code: view.code,
  checksum: view.checksum,
  rest: view.rest,
  payload: view.payload,
});

/** Header and payload; the checksum is written as given, 0 without. */
export function encodeIcmpv6(fields: Partial<Icmpv6Fields>): Uint8Array {
  const view = new Icmpv6View(new Uint8Array(ICMPV6_HEADER_LENGTH));
  view.type = fields.type ?? 0;
  view.code = fields.code ?? 0;
  view.checksum = fields.checksum ?? 0;
  view.rest = fields.rest ?? 0;
  return concatBytes(view.bytes, fields.payload ?? new Uint8Array(0));
}
