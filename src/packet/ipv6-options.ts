import { Writer } from '../bytes/index.ts';
import { IPV6_TLV_PAD1, IPV6_TLV_PADN } from '../uapi/index.ts';

/** An option of a hop-by-hop or destination options header (RFC 8200 §4.2). */
export interface IPv6Option {
  readonly type: number;
  readonly data: Uint8Array;
}

const NOTHING = new Uint8Array(0);
/** Not a number an option can have: the bytes from the first option on that cannot be read. */
export const IPV6_TLV_BROKEN = -1;

/**
 * Total for any bytes: an option that would pass the end makes the last entry
 * `{ type: IPV6_TLV_BROKEN, data: the rest }`. Padding is kept.
 */
export function readIPv6Options(bytes: Uint8Array): IPv6Option[] {
  const options: IPv6Option[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at]!;
    if (type === IPV6_TLV_PAD1) {
      options.push({ type, data: NOTHING });
      at++;
      continue;
    }
    const next = at + 2 + (bytes[at + 1] ?? 0);
    if (at + 2 > bytes.length || next > bytes.length) {
      options.push({ type: IPV6_TLV_BROKEN, data: bytes.subarray(at) });
      break;
    }
    options.push({ type, data: bytes.subarray(at + 2, next) });
    at = next;
  }
  return options;
}

/**
 * The options, padded so that with the two bytes before them they fill a multiple of eight bytes.
 */
export function encodeIPv6Options(options: readonly IPv6Option[]): Uint8Array {
  const writer = new Writer(16);
  for (const { type, data } of options) {
    if (type === IPV6_TLV_BROKEN) writer.bytes(data);
    else if (type === IPV6_TLV_PAD1) writer.u8(type);
    else writer.u8(type).u8(data.length).bytes(data);
  }
  const padding = (8 - ((writer.length + 2) % 8)) % 8;
  if (padding === 1) writer.u8(IPV6_TLV_PAD1);
  if (padding > 1)
    writer
      .u8(IPV6_TLV_PADN)
      .u8(padding - 2)
      .zeros(padding - 2);
  return writer.finish();
}
