import { Writer } from '../bytes/index.ts';
import { IPOPT_END, IPOPT_NOOP } from '../uapi/index.ts';

/**
 * An IPv4 option (RFC 791 §3.1): type (with its copied flag and class) and what follows the length
 * byte.
 */
export interface IPv4Option {
  readonly type: number;
  readonly data: Uint8Array;
}

const NOTHING = new Uint8Array(0);
/** Not a number an option can have: the bytes from the first option on that cannot be read. */
export const IPOPT_BROKEN = -1;

/**
 * Total for any bytes: reading stops after an end-of-list option, and an option with a length that
 * cannot be makes the last entry `{ type: IPOPT_BROKEN, data: the rest }`.
 */
export function readIPv4Options(bytes: Uint8Array): IPv4Option[] {
  const options: IPv4Option[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at]!;
    if (type === IPOPT_END || type === IPOPT_NOOP) {
      options.push({ type, data: NOTHING });
      if (type === IPOPT_END) break;
      at++;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > bytes.length) {
      options.push({ type: IPOPT_BROKEN, data: bytes.subarray(at) });
      break;
    }
    options.push({ type, data: bytes.subarray(at + 2, at + length) });
    at += length;
  }
  return options;
}

/** The options padded with zeros to a multiple of four bytes. */
export function encodeIPv4Options(options: readonly IPv4Option[]): Uint8Array {
  const writer = new Writer(40);
  for (const { type, data } of options) {
    if (type === IPOPT_BROKEN) writer.bytes(data);
    else if (type === IPOPT_END || type === IPOPT_NOOP) writer.u8(type);
    else
      writer
        .u8(type)
        .u8(data.length + 2)
        .bytes(data);
  }
  return writer.align(4).finish();
}

/**
 * Offset of the first option of this type in the IPv4 header at `networkOffset`, or -1; with the
 * walk of the kernel's ip_options_compile() (net/ipv4/ip_options.c), which stops at what cannot be
 * read.
 */
export function findIPv4Option(bytes: Uint8Array, networkOffset: number, type: number): number {
  const end = networkOffset + ((bytes[networkOffset]! & 0x0f) << 2);
  for (let at = networkOffset + 20; at < end; ) {
    const found = bytes[at]!;
    if (found === type) return at;
    if (found === IPOPT_END) return -1;
    if (found === IPOPT_NOOP) {
      at++;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > end) return -1;
    at += length;
  }
  return -1;
}
