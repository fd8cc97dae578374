/**
 * Integers in byte arrays. Network byte order unless the name ends in `le`; values are unsigned.
 * Reads past the end give zero bytes and writes past the end are dropped (typed-array semantics),
 * so the callers' one length check is the only one.
 */

/** The big-endian 16-bit number at `offset`. */
export const u16 = (bytes: Uint8Array, offset: number): number =>
  (bytes[offset]! << 8) | bytes[offset + 1]!;

/** The big-endian 32-bit number at `offset`, 0 to 2^32-1. */
export const u32 = (bytes: Uint8Array, offset: number): number =>
  ((bytes[offset]! << 24) |
    (bytes[offset + 1]! << 16) |
    (bytes[offset + 2]! << 8) |
    bytes[offset + 3]!) >>>
  0;

/** The little-endian 16-bit number at `offset`. */
export const u16le = (bytes: Uint8Array, offset: number): number =>
  (bytes[offset + 1]! << 8) | bytes[offset]!;

/** The little-endian 32-bit number at `offset`, 0 to 2^32-1. */
export const u32le = (bytes: Uint8Array, offset: number): number =>
  ((bytes[offset + 3]! << 24) |
    (bytes[offset + 2]! << 16) |
    (bytes[offset + 1]! << 8) |
    bytes[offset]!) >>>
  0;

/** Writes the low 16 bits of `value`, big-endian. */
export function put16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}

/** Writes the low 32 bits of `value`, big-endian. */
export function put32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

/** Writes the low 16 bits of `value`, little-endian. */
export function put16le(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
}

/** Writes the low 32 bits of `value`, little-endian. */
export function put32le(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value >>> 16;
  bytes[offset + 3] = value >>> 24;
}

/**
 * A DataView over exactly these bytes; `new DataView(b.buffer)` alone would forget `byteOffset`.
 */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Copies the bytes from `start` to `end`. Short ones byte by byte: making a view for `set` takes
 * longer than the copying, and is garbage afterwards.
 */
export function copyBytes(
  from: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
  at: number,
): void {
  if (end - start > 128) to.set(from.subarray(start, end), at);
  else for (let i = start, o = at; i < end; i++, o++) to[o] = from[i]!;
}

/** True where `length` bytes at both places are the same. */
export function equalBytes(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) {
    if (a[aOffset + i] !== b[bOffset + i]) return false;
  }
  return true;
}
