import { u16, u16le, u32, u32le, viewOf } from './access.ts';
import { utf8Decode } from './utf8.ts';

const NOTHING = new Uint8Array(0);

/**
 * Reads a byte array from front to back. The first read past the end is remembered in `error` with the
 * name of its field; it and every later read give zeros, so a codec reads all its fields and
 * asks once.
 *
 * @example
 * const r = new Reader(bytes);
 * const header = { type: r.u16('type'), length: r.u32('length') };
 * if (r.error !== undefined) return failure(r.error);
 */
export class Reader {
  readonly bytes: Uint8Array;
  /** Where the next read begins. */
  offset: number;
  /** Where reading ends, exclusive. */
  readonly end: number;
  /** What went wrong first: `length: 4 bytes wanted at offset 6, 2 left`. */
  error: string | undefined = undefined;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = Math.min(end, bytes.length);
  }

  get ok(): boolean {
    return this.error === undefined;
  }

  /** Bytes left to read; 0 after an error. */
  get remaining(): number {
    return this.ok ? this.end - this.offset : 0;
  }

  /** Records an error of the caller's own, unless there is one already. */
  fail(reason: string): void {
    this.error ??= reason;
  }

  /** Moves on by `length` bytes and returns where they began, or -1 when they are not there. */
  #take(length: number, field: string): number {
    if (!this.ok) return -1;
    const at = this.offset;
    if (length < 0 || at + length > this.end) {
      this.fail(`${field}: ${length} bytes wanted at offset ${at}, ${this.end - at} left`);
      return -1;
    }
    this.offset = at + length;
    return at;
  }

  u8(field = 'byte'): number {
    const at = this.#take(1, field);
    return at < 0 ? 0 : this.bytes[at]!;
  }

  u16(field = 'u16'): number {
    const at = this.#take(2, field);
    return at < 0 ? 0 : u16(this.bytes, at);
  }

  u32(field = 'u32'): number {
    const at = this.#take(4, field);
    return at < 0 ? 0 : u32(this.bytes, at);
  }

  u64(field = 'u64'): bigint {
    const at = this.#take(8, field);
    return at < 0 ? 0n : viewOf(this.bytes).getBigUint64(at);
  }

  u16le(field = 'u16'): number {
    const at = this.#take(2, field);
    return at < 0 ? 0 : u16le(this.bytes, at);
  }

  u32le(field = 'u32'): number {
    const at = this.#take(4, field);
    return at < 0 ? 0 : u32le(this.bytes, at);
  }

  u64le(field = 'u64'): bigint {
    const at = this.#take(8, field);
    return at < 0 ? 0n : viewOf(this.bytes).getBigUint64(at, true);
  }

  /** A view of the next `length` bytes (not a copy); empty after an error. */
  take(length: number, field = 'bytes'): Uint8Array {
    const at = this.#take(length, field);
    return at < 0 ? NOTHING : this.bytes.subarray(at, at + length);
  }

  /** Everything that is left. */
  rest(): Uint8Array {
    return this.take(this.remaining);
  }

  /** `length` bytes of UTF-8. */
  text(length: number, field = 'text'): string {
    return utf8Decode(this.take(length, field));
  }

  skip(length: number, field = 'padding'): void {
    this.#take(length, field);
  }

  /** Skips to the next offset divisible by `size`. */
  align(size: number, field = 'padding'): void {
    this.skip((size - (this.offset % size)) % size, field);
  }
}
