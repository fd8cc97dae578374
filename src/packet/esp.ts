import { put32, u32 } from '../bytes/index.ts';
import { type Malformed, shortHeader } from './malformed.ts';

/** Offsets in ESP, RFC 4303 §2. */
export const ESP_SPI = 0;
export const ESP_SEQUENCE = 4;
export const ESP_HEADER_LENGTH = 8;

export class EspView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Security parameters index. */
  get spi(): number {
    return u32(this.bytes, ESP_SPI);
  }

  set spi(value: number) {
    put32(this.bytes, ESP_SPI, value);
  }

  get sequence(): number {
    return u32(this.bytes, ESP_SEQUENCE);
  }

  set sequence(value: number) {
    put32(this.bytes, ESP_SEQUENCE, value);
  }

  /** What is encrypted, with its trailer. */
  get payload(): Uint8Array {
    return this.bytes.subarray(ESP_HEADER_LENGTH);
  }
}

export interface EspFields {
  readonly spi: number;
  readonly sequence: number;
}

export const parseEsp = (bytes: Uint8Array): EspView | Malformed =>
  bytes.length < ESP_HEADER_LENGTH
    ? shortHeader('esp', ESP_HEADER_LENGTH, bytes.length)
    : new EspView(bytes);

export const espFields = (view: EspView): EspFields => ({ spi: view.spi, sequence: view.sequence });

export function encodeEsp(fields: Partial<EspFields>): Uint8Array {
  const view = new EspView(new Uint8Array(ESP_HEADER_LENGTH));
  view.spi = fields.spi ?? 0;
  view.sequence = fields.sequence ?? 0;
  return view.bytes;
}
