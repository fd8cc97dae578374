import { u32le } from './access.ts';

/** The Castagnoli polynomial 0x1edc6f41, bits reversed (RFC 9260 appendix A). */
const POLYNOMIAL = 0x82f63b78;

/**
 * Eight tables of 256 entries: `TABLES[256 * k + n]` is the CRC of byte n followed by k zero bytes,
 * so eight bytes are taken per step ("slicing by 8").
 */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let n = 0; n < 256; n++) {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    tables[n] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const previous = tables[i - 256]!;
    tables[i] = (previous >>> 8) ^ tables[previous & 0xff]!;
  }
  return tables;
}

function step8(bytes: Uint8Array, at: number, crc: number): number {
  const low = u32le(bytes, at) ^ crc;
  return (
    TABLES[1792 + (low & 0xff)]! ^
    TABLES[1536 + ((low >>> 8) & 0xff)]! ^
    TABLES[1280 + ((low >>> 16) & 0xff)]! ^
    TABLES[1024 + (low >>> 24)]! ^
    TABLES[768 + bytes[at + 4]!]! ^
    TABLES[512 + bytes[at + 5]!]! ^
    TABLES[256 + bytes[at + 6]!]! ^
    TABLES[bytes[at + 7]!]!
  );
}

/**
 * CRC-32C of `length` bytes, 0 to 2^32-1; `previous` is the CRC of what came before, to continue
 * it. SCTP sends the number least significant byte first: write it with `put32le` (RFC 9260
 * appendix A).
 */
export function crc32c(bytes: Uint8Array, offset: number, length: number, previous = 0): number {
  let crc = ~previous;
  let at = offset;
  const end = offset + length;
  for (; at + 8 <= end; at += 8) crc = step8(bytes, at, crc);
  for (; at < end; at++) crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}
