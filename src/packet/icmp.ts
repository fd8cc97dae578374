import { concatBytes, put16, put32, u16, u32 } from '../bytes/index.ts';
import {
  ICMP_DEST_UNREACH,
  ICMP_PARAMETERPROB,
  ICMP_REDIRECT,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
} from '../uapi/index.ts';
import { type Malformed, shortHeader } from './malformed.ts';

/** Offsets in the header, RFC 792; the four bytes at ICMP_REST mean something else in each type. */
export const ICMP_TYPE = 0;
export const ICMP_CODE = 1;
export const ICMP_CHECKSUM = 2;
export const ICMP_REST = 4;
export const ICMP_IDENTIFIER = 4;
export const ICMP_SEQUENCE = 6;
export const ICMP_GATEWAY = 4;
export const ICMP_POINTER = 4;
export const ICMP_MTU = 6;
export const ICMP_HEADER_LENGTH = 8;

/**
 * True for the types that report an error and quote the packet that caused it (RFC 1122 §3.2.2).
 */
export const isIcmpError = (type: number): boolean =>
  type === ICMP_DEST_UNREACH ||
  type === ICMP_SOURCE_QUENCH ||
  type === ICMP_REDIRECT ||
  type === ICMP_TIME_EXCEEDED ||
  type === ICMP_PARAMETERPROB;

export class IcmpView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get type(): number {
    return this.bytes[ICMP_TYPE]!;
  }

  set type(value: number) {
    this.bytes[ICMP_TYPE] = value;
  }

  get code(): number {
    return this.bytes[ICMP_CODE]!;
  }

  set code(value: number) {
    this.bytes[ICMP_CODE] = value;
  }

  get checksum(): number {
    return u16(this.bytes, ICMP_CHECKSUM);
  }

  set checksum(value: number) {
    put16(this.bytes, ICMP_CHECKSUM, value);
  }

  /** The four bytes after the checksum as one number. */
  get rest(): number {
    return u32(this.bytes, ICMP_REST);
  }

  set rest(value: number) {
    put32(this.bytes, ICMP_REST, value);
  }

  /** Echo, timestamp, information and address mask. */
  get identifier(): number {
    return u16(this.bytes, ICMP_IDENTIFIER);
  }

  set identifier(value: number) {
    put16(this.bytes, ICMP_IDENTIFIER, value);
  }

  get sequence(): number {
    return u16(this.bytes, ICMP_SEQUENCE);
  }

  set sequence(value: number) {
    put16(this.bytes, ICMP_SEQUENCE, value);
  }

  /** Redirect: the better gateway's address as a number. */
  get gateway(): number {
    return u32(this.bytes, ICMP_GATEWAY);
  }

  /** Fragmentation needed: the next hop's MTU (RFC 1191 §4). */
  get mtu(): number {
    return u16(this.bytes, ICMP_MTU);
  }

  /** Parameter problem: where in the quoted packet. */
  get pointer(): number {
    return this.bytes[ICMP_POINTER]!;
  }

  get payload(): Uint8Array {
    return this.bytes.subarray(ICMP_HEADER_LENGTH);
  }

  /** The quoted packet of an error, mostly cut short; otherwise undefined. */
  get quoted(): Uint8Array | undefined {
    if (!isIcmpError(this.type)) return undefined;
    // RFC 4884 §4.1: words of the quoted packet before extensions; 0 from senders that have none.
    const words = this.type === ICMP_REDIRECT ? 0 : this.bytes[5]!;
    const carriesLength = this.type !== ICMP_SOURCE_QUENCH && words * 4 >= 128;
    return carriesLength ? this.payload.subarray(0, words * 4) : this.payload;
  }
}

export interface IcmpFields {
  readonly type: number;
  readonly code: number;
  readonly checksum: number;
  /** The four bytes after the checksum: `identifier << 16 | sequence`, gateway, MTU, … */
  readonly rest: number;
  readonly payload: Uint8Array;
}

export const parseIcmp = (bytes: Uint8Array): IcmpView | Malformed =>
  bytes.length < ICMP_HEADER_LENGTH
    ? shortHeader('icmp', ICMP_HEADER_LENGTH, bytes.length)
    : new IcmpView(bytes);

export const icmpFields = (view: IcmpView): IcmpFields => ({
  type: view.type,
  code: view.code,
  checksum: view.checksum,
  rest: view.rest,
  payload: view.payload,
});

/** Identifier and sequence of an echo as the `rest` field has them. */
export const echoRest = (identifier: number, sequence: number): number =>
  ((identifier << 16) | (sequence & 0xffff)) >>> 0;

/** Header and payload; the checksum is written as given, 0 without. */
export function encodeIcmp(fields: Partial<IcmpFields>): Uint8Array {
  const view = new IcmpView(new Uint8Array(ICMP_HEADER_LENGTH));
  view.type = fields.type ?? 0;
  view.code = fields.code ?? 0;
  view.checksum = fields.checksum ?? 0;
  view.rest = fields.rest ?? 0;
  return concatBytes(view.bytes, fields.payload ?? new Uint8Array(0));
}
