/** Bytes: reading and writing them, checksums over them, and the addresses they spell. */
export * from './access.ts';
export * from './checksum.ts';
export * from './crc32c.ts';
export * from './hex.ts';
export * from './ipv4.ts';
export * from './ipv6.ts';
export * from './latin1.ts';
export * from './mac.ts';
export * from './reader.ts';
export * from './utf8.ts';
export * from './writer.ts';
