import { u16, u32, Writer } from '../bytes/index.ts';
import {
  GRE_ACK,
  GRE_CSUM,
  GRE_KEY,
  GRE_PROTO_PPP,
  GRE_ROUTING,
  GRE_SEQ,
  GRE_VERSION,
} from '../uapi/index.ts';
import { type Malformed, malformed, shortHeader } from './malformed.ts';

/** Offsets in the header, RFC 2784 §2, RFC 2890 §2 and (version 1, PPTP) RFC 2637 §4.1. */
export const GRE_FLAGS = 0;
export const GRE_PROTOCOL = 2;
export const GRE_HEADER_LENGTH = 4;

/** Version 1 has its key always, and no checksum. */
const isPptp = (flags: number): boolean => (flags & GRE_VERSION) === 1;

const hasChecksum = (flags: number): boolean =>
  !isPptp(flags) && (flags & (GRE_CSUM | GRE_ROUTING)) !== 0;

function keyOffset(flags: number): number {
  return GRE_HEADER_LENGTH + (hasChecksum(flags) ? 4 : 0);
}

function sequenceOffset(flags: number): number {
  return keyOffset(flags) + (flags & GRE_KEY || isPptp(flags) ? 4 : 0);
}

const acknowledgmentOffset = (flags: number): number =>
  sequenceOffset(flags) + (flags & GRE_SEQ ? 4 : 0);

/** Of version 0 without the source routes that RFC 1701 allowed. */
const headerLengthOf = (flags: number): number =>
  acknowledgmentOffset(flags) + (isPptp(flags) && flags & GRE_ACK ? 4 : 0);

export class GreView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The first 16 bits: GRE_* flags and the version. */
  get flags(): number {
    return u16(this.bytes, GRE_FLAGS);
  }

  get version(): number {
    return this.flags & GRE_VERSION;
  }

  /** EtherType of what it carries; 0x880b (PPP) in version 1. */
  get protocol(): number {
    return u16(this.bytes, GRE_PROTOCOL);
  }

  get headerLength(): number {
    return headerLengthOf(this.flags);
  }

  get checksum(): number | undefined {
    return hasChecksum(this.flags) ? u16(this.bytes, 4) : undefined;
  }

  /** In version 1 payload length and call identifier, 16 bits each. */
  get key(): number | undefined {
    const { flags } = this;
    return flags & GRE_KEY || isPptp(flags) ? u32(this.bytes, keyOffset(flags)) : undefined;
  }

  get callId(): number | undefined {
    return isPptp(this.flags) ? u16(this.bytes, keyOffset(this.flags) + 2) : undefined;
  }

  get sequence(): number | undefined {
    const { flags } = this;
    return flags & GRE_SEQ ? u32(this.bytes, sequenceOffset(flags)) : undefined;
  }

  /** Version 1. */
  get acknowledgment(): number | undefined {
    const { flags } = this;
    if (!isPptp(flags) || !(flags & GRE_ACK)) return undefined;
    return u32(this.bytes, acknowledgmentOffset(flags));
  }

  get payload(): Uint8Array {
    return this.bytes.subarray(this.headerLength);
  }
}

export interface GreFields {
  readonly version: number;
  readonly protocol: number;
  readonly checksum?: number;
  readonly key?: number;
  readonly sequence?: number;
  readonly acknowledgment?: number;
  /** Flag bits beside those that the fields above imply. */
  readonly otherFlags: number;
}

export function parseGre(bytes: Uint8Array): GreView | Malformed {
  if (bytes.length < GRE_HEADER_LENGTH) return shortHeader('gre', GRE_HEADER_LENGTH, bytes.length);
  const flags = u16(bytes, GRE_FLAGS);
  const version = flags & GRE_VERSION;
  if (version > 1) return malformed('gre', 'version', `${version} is neither 0 nor 1`, 1);
  if (version === 0 && flags & GRE_ROUTING) {
    return malformed('gre', 'flags', 'source routes (RFC 1701) are not read');
  }
  const wanted = headerLengthOf(flags);
  if (wanted > bytes.length) return shortHeader('gre', wanted, bytes.length);
  return new GreView(bytes);
}

const IMPLIED = GRE_CSUM | GRE_KEY | GRE_SEQ | GRE_ACK | GRE_VERSION;

export function greFields(view: GreView): GreFields {
  const { checksum, key, sequence, acknowledgment } = view;
  return {
    version: view.version,
    protocol: view.protocol,
    ...(checksum !== undefined && { checksum }),
    ...(key !== undefined && { key }),
    ...(sequence !== undefined && { sequence }),
    ...(acknowledgment !== undefined && { acknowledgment }),
    // In version 0 the place of GRE_ACK, and in version 1 that of GRE_CSUM, mean nothing.
    otherFlags: view.flags & ~(view.version === 1 ? IMPLIED & ~GRE_CSUM : IMPLIED & ~GRE_ACK),
  };
}

/** The header; fields that are present are announced by their flags. */
export function encodeGre(fields: Partial<GreFields>): Uint8Array {
  const version = fields.version ?? 0;
  const flags =
    version |
    (fields.otherFlags ?? 0) |
    (fields.checksum !== undefined && version === 0 ? GRE_CSUM : 0) |
    (fields.key !== undefined || version === 1 ? GRE_KEY : 0) |
    (fields.sequence !== undefined ? GRE_SEQ : 0) |
    (fields.acknowledgment !== undefined && version === 1 ? GRE_ACK : 0);
  const w = new Writer(16).u16(flags).u16(fields.protocol ?? (version === 1 ? GRE_PROTO_PPP : 0));
  if (hasChecksum(flags)) w.u16(fields.checksum ?? 0).u16(0);
  if (flags & GRE_KEY || version === 1) w.u32(fields.key ?? 0);
  if (flags & GRE_SEQ) w.u32(fields.sequence ?? 0);
  if (version === 1 && flags & GRE_ACK) w.u32(fields.acknowledgment ?? 0);
  return w.finish();
}
