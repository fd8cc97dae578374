import { put32, u32 } from '../bytes/index.ts';
import { type Malformed, malformed, shortHeader } from './malformed.ts';

/** Offsets in AH, RFC 4302 §2. */
export const AH_NEXT_HEADER = 0;
export const AH_PAYLOAD_LENGTH = 1;
export const AH_SPI = 4;
export const AH_SEQUENCE = 8;
export const AH_ICV = 12;

export class AhView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get nextHeader(): number {
    return this.bytes[AH_NEXT_HEADER]!;
  }

  /** In bytes: the field counts words of four, less two. */
  get headerLength(): number {
    return (this.bytes[AH_PAYLOAD_LENGTH]! + 2) << 2;
  }

  get spi(): number {
    return u32(this.bytes, AH_SPI);
  }

  set spi(value: number) {
    put32(this.bytes, AH_SPI, value);
  }

  get sequence(): number {
    return u32(this.bytes, AH_SEQUENCE);
  }

  set sequence(value: number) {
    put32(this.bytes, AH_SEQUENCE, value);
  }

  /** Integrity check value. */
  get icv(): Uint8Array {
    return this.bytes.subarray(AH_ICV, this.headerLength);
  }

  get payload(): Uint8Array {
    return this.bytes.subarray(this.headerLength);
  }
}

export interface AhFields {
  readonly nextHeader: number;
  readonly spi: number;
  readonly sequence: number;
  readonly icv: Uint8Array;
}

export function parseAh(bytes: Uint8Array): AhView | Malformed {
  if (bytes.length < AH_ICV) return shortHeader('ah', AH_ICV, bytes.length);
  const view = new AhView(bytes);
  if (view.headerLength < AH_ICV) {
    return malformed('ah', 'payloadLength', `${view.headerLength} is less than 12`, 1);
  }
  if (view.headerLength > bytes.length) {
    const reason = `${view.headerLength} bytes wanted, ${bytes.length} there`;
    return malformed('ah', 'payloadLength', reason, AH_PAYLOAD_LENGTH);
  }
  return view;
}

export const ahFields = (view: AhView): AhFields => ({
  nextHeader: view.nextHeader,
  spi: view.spi,
  sequence: view.sequence,
  icv: view.icv,
});

/** The header with its check value, 12 zero bytes of it unless given, padded to whole words. */
export function encodeAh(fields: Partial<AhFields>): Uint8Array {
  const icv = fields.icv ?? new Uint8Array(12);
  const view = new AhView(new Uint8Array((AH_ICV + icv.length + 3) & ~3));
  view.bytes[AH_NEXT_HEADER] = fields.nextHeader ?? 0;
  view.bytes[AH_PAYLOAD_LENGTH] = (view.bytes.length >>> 2) - 2;
  view.spi = fields.spi ?? 0;
  view.sequence = fields.sequence ?? 0;
  view.bytes.set(icv, AH_ICV);
  return view.bytes;
}
