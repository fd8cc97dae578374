import { put16, put32, u16, u32 } from '../bytes/index.ts';
import {
  DCCP_PKT_DATA,
  DCCP_PKT_REQUEST,
  DCCP_PKT_RESET,
  DCCP_PKT_RESPONSE,
} from '../uapi/index.ts';
import { type Malformed, malformed, shortHeader } from './malformed.ts';

/** Offsets in the generic header, RFC 4340 §5.1. */
export const DCCP_SOURCE_PORT = 0;
export const DCCP_DESTINATION_PORT = 2;
export const DCCP_DATA_OFFSET = 4;
export const DCCP_CCVAL_CSCOV = 5;
export const DCCP_CHECKSUM = 6;
export const DCCP_TYPE = 8;
/** Short and long header. */
export const DCCP_SHORT_HEADER_LENGTH = 12;
export const DCCP_HEADER_LENGTH = 16;

/** Bytes of the acknowledgement subheader (RFC 4340 §5.3); Request and Data have none. */
const acknowledgmentLength = (type: number, extended: boolean): number =>
  type === DCCP_PKT_REQUEST || type === DCCP_PKT_DATA ? 0 : extended ? 8 : 4;

/** Service code of Request and Response, reset code and data of Reset. */
const extraLength = (type: number): number =>
  type === DCCP_PKT_REQUEST || type === DCCP_PKT_RESPONSE || type === DCCP_PKT_RESET ? 4 : 0;

const genericLength = (extended: boolean): number =>
  extended ? DCCP_HEADER_LENGTH : DCCP_SHORT_HEADER_LENGTH;

export class DccpView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get sourcePort(): number {
    return u16(this.bytes, DCCP_SOURCE_PORT);
  }

  set sourcePort(value: number) {
    put16(this.bytes, DCCP_SOURCE_PORT, value);
  }

  get destinationPort(): number {
    return u16(this.bytes, DCCP_DESTINATION_PORT);
  }

  set destinationPort(value: number) {
    put16(this.bytes, DCCP_DESTINATION_PORT, value);
  }

  /** In bytes. */
  get headerLength(): number {
    return this.bytes[DCCP_DATA_OFFSET]! << 2;
  }

  get ccval(): number {
    return this.bytes[DCCP_CCVAL_CSCOV]! >>> 4;
  }

  /** 0: the checksum covers all; n: the header and (n-1) words of data (RFC 4340 §9.2). */
  get checksumCoverage(): number {
    return this.bytes[DCCP_CCVAL_CSCOV]! & 0x0f;
  }

  get checksum(): number {
    return u16(this.bytes, DCCP_CHECKSUM);
  }

  set checksum(value: number) {
    put16(this.bytes, DCCP_CHECKSUM, value);
  }

  /** DCCP_PKT_* */
  get type(): number {
    return (this.bytes[DCCP_TYPE]! >>> 1) & 0x0f;
  }

  /** The X bit: sequence numbers of 48 bits. */
  get extended(): boolean {
    return (this.bytes[DCCP_TYPE]! & 1) !== 0;
  }

  get sequence(): number {
    if (!this.extended) return u32(this.bytes, 8) & 0xffffff;
    return u16(this.bytes, 10) * 0x100000000 + u32(this.bytes, 12);
  }

  get #subheader(): number {
    return genericLength(this.extended);
  }

  /** Undefined in Request and Data. */
  get acknowledgment(): number | undefined {
    const at = this.#subheader;
    const length = acknowledgmentLength(this.type, this.extended);
    if (length === 0) return undefined;
    if (length === 4) return u32(this.bytes, at) & 0xffffff;
    return u16(this.bytes, at + 2) * 0x100000000 + u32(this.bytes, at + 4);
  }

  /** Service code of Request and Response; reset code (top byte) and data of Reset. */
  get extra(): number | undefined {
    if (extraLength(this.type) === 0) return undefined;
    return u32(this.bytes, this.#subheader + acknowledgmentLength(this.type, this.extended));
  }

  get options(): Uint8Array {
    return this.bytes.subarray(
      this.#subheader + acknowledgmentLength(this.type, this.extended) + extraLength(this.type),
      this.headerLength,
    );
  }

  get payload(): Uint8Array {
    return this.bytes.subarray(this.headerLength);
  }
}

export interface DccpFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly headerLength: number;
  readonly ccval: number;
  readonly checksumCoverage: number;
  readonly checksum: number;
  readonly type: number;
  readonly extended: boolean;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly extra: number;
  readonly options: Uint8Array;
}

export function parseDccp(bytes: Uint8Array): DccpView | Malformed {
  if (bytes.length < DCCP_SHORT_HEADER_LENGTH) {
    return shortHeader('dccp', DCCP_SHORT_HEADER_LENGTH, bytes.length);
  }
  const view = new DccpView(bytes);
  const { type, extended, headerLength } = view;
  const least = genericLength(extended) + acknowledgmentLength(type, extended) + extraLength(type);
  if (headerLength < least) {
    return malformed(
      'dccp',
      'dataOffset',
      `${headerLength} is less than ${least}`,
      DCCP_DATA_OFFSET,
    );
  }
  if (headerLength > bytes.length) {
    const reason = `${headerLength} bytes wanted, ${bytes.length} there`;
    return malformed('dccp', 'dataOffset', reason, DCCP_DATA_OFFSET);
  }
  return view;
}

export const dccpFields = (view: DccpView): DccpFields => ({
  sourcePort: view.sourcePort,
  destinationPort: view.destinationPort,
  headerLength: view.headerLength,
  ccval: view.ccval,
  checksumCoverage: view.checksumCoverage,
  checksum: view.checksum,
  type: view.type,
  extended: view.extended,
  sequence: view.sequence,
  acknowledgment: view.acknowledgment ?? 0,
  extra: view.extra ?? 0,
  options: view.options,
});

/** The low 32 bits at `at + 2`, the 16 above them at `at`. */
function put48(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, Math.floor(value / 0x100000000));
  put32(bytes, at + 2, value % 0x100000000);
}

function putSequences(bytes: Uint8Array, f: Partial<DccpFields>, extended: boolean): void {
  if (extended) put48(bytes, 10, f.sequence ?? 0);
  else put32(bytes, 8, (bytes[DCCP_TYPE]! << 24) | ((f.sequence ?? 0) & 0xffffff));
  const at = genericLength(extended);
  const length = acknowledgmentLength(f.type ?? 0, extended);
  if (length === 8) put48(bytes, at + 2, f.acknowledgment ?? 0);
  if (length === 4) put32(bytes, at, (f.acknowledgment ?? 0) & 0xffffff);
  if (extraLength(f.type ?? 0) > 0) put32(bytes, at + length, f.extra ?? 0);
}

/**
 * The header with its options, zeros up to `headerLength`; long sequence numbers unless said
 * otherwise.
 */
export function encodeDccp(fields: Partial<DccpFields>): Uint8Array {
  const type = fields.type ?? DCCP_PKT_REQUEST;
  const extended = fields.extended ?? true;
  const options = fields.options ?? new Uint8Array(0);
  const fixed = genericLength(extended) + acknowledgmentLength(type, extended) + extraLength(type);
  const length = Math.max((fixed + options.length + 3) & ~3, fields.headerLength ?? 0);
  const bytes = new Uint8Array(length);
  const view = new DccpView(bytes);
  view.sourcePort = fields.sourcePort ?? 0;
  view.destinationPort = fields.destinationPort ?? 0;
  bytes[DCCP_DATA_OFFSET] = length >>> 2;
  bytes[DCCP_CCVAL_CSCOV] = ((fields.ccval ?? 0) << 4) | (fields.checksumCoverage ?? 0);
  view.checksum = fields.checksum ?? 0;
  bytes[DCCP_TYPE] = (type << 1) | (extended ? 1 : 0);
  putSequences(bytes, { ...fields, type }, extended);
  bytes.set(options, fixed);
  return bytes;
}
