import { concatBytes, formatIPv6, put32, u32 } from '../bytes/index.ts';
import {
  ND_OPT_MTU,
  ND_OPT_NONCE,
  ND_OPT_PREFIX_INFO,
  ND_OPT_RDNSS,
  ND_OPT_REDIRECT_HDR,
  ND_OPT_SOURCE_LL_ADDR,
  ND_OPT_TARGET_LL_ADDR,
} from '../uapi/index.ts';
import { ipv6Bytes } from './address.ts';

/** An option of neighbour discovery (RFC 4861 §4.6, RFC 8106 §5.1, RFC 3971 §5.3.2). */
export type NdOption =
  | { readonly name: 'sourceLinkLayer' | 'targetLinkLayer'; readonly address: Uint8Array }
  | {
      readonly name: 'prefix';
      readonly prefix: string;
      readonly prefixLength: number;
      /** L (on-link) and A (autonomous configuration) are bits 0x80 and 0x40. */
      readonly flags: number;
      /** Seconds; 0xffffffff is for ever. */
      readonly validLifetime: number;
      readonly preferredLifetime: number;
    }
  | { readonly name: 'redirectedHeader'; readonly packet: Uint8Array }
  | { readonly name: 'mtu'; readonly mtu: number }
  | { readonly name: 'nonce'; readonly nonce: Uint8Array }
  | {
      readonly name: 'rdnss';
      readonly lifetime: number;
      readonly servers: readonly string[];
    }
  | { readonly name: 'unknown'; readonly type: number; readonly data: Uint8Array }
  /** The bytes from the first option on whose length is zero or too long. */
  | { readonly name: 'broken'; readonly data: Uint8Array };

const addresses = (bytes: Uint8Array): string[] =>
  Array.from({ length: bytes.length >>> 4 }, (_, i) => formatIPv6(bytes, 16 * i));

/** An option of a known type and a fitting size; `option` begins with type and length. */
function readKnown(type: number, option: Uint8Array): NdOption | undefined {
  const data = option.subarray(2);
  if (type === ND_OPT_SOURCE_LL_ADDR) return { name: 'sourceLinkLayer', address: data };
  if (type === ND_OPT_TARGET_LL_ADDR) return { name: 'targetLinkLayer', address: data };
  if (type === ND_OPT_PREFIX_INFO && option.length === 32) {
    return {
      name: 'prefix',
      prefix: formatIPv6(option, 16),
      prefixLength: option[2]!,
      flags: option[3]!,
      validLifetime: u32(option, 4),
      preferredLifetime: u32(option, 8),
    };
  }
  if (type === ND_OPT_REDIRECT_HDR) return { name: 'redirectedHeader', packet: option.subarray(8) };
  if (type === ND_OPT_MTU && option.length === 8) return { name: 'mtu', mtu: u32(option, 4) };
  if (type === ND_OPT_NONCE) return { name: 'nonce', nonce: data };
  if (type === ND_OPT_RDNSS && option.length % 16 === 8) {
    return { name: 'rdnss', lifetime: u32(option, 4), servers: addresses(option.subarray(8)) };
  }
  return undefined;
}

/** Total for any bytes. */
export function readNdOptions(bytes: Uint8Array): NdOption[] {
  const options: NdOption[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = (bytes[at + 1] ?? 0) * 8;
    if (length === 0 || at + length > bytes.length) {
      options.push({ name: 'broken', data: bytes.subarray(at) });
      break;
    }
    const option = bytes.subarray(at, at + length);
    const type = bytes[at]!;
    options.push(readKnown(type, option) ?? { name: 'unknown', type, data: option.subarray(2) });
    at += length;
  }
  return options;
}

/** Type, length in units of eight bytes, data and zeros up to such a unit. */
function option(type: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((data.length + 2 + 7) & ~7);
  bytes[0] = type;
  bytes[1] = bytes.length >>> 3;
  bytes.set(data, 2);
  return bytes;
}

function prefixOption(prefix: Extract<NdOption, { name: 'prefix' }>): Uint8Array {
  const bytes = option(ND_OPT_PREFIX_INFO, new Uint8Array(30));
  bytes[2] = prefix.prefixLength;
  bytes[3] = prefix.flags;
  put32(bytes, 4, prefix.validLifetime);
  put32(bytes, 8, prefix.preferredLifetime);
  bytes.set(ipv6Bytes(prefix.prefix), 16);
  return bytes;
}

/** Two reserved bytes and a 32-bit number, as MTU and RDNSS options begin. */
function numbered(value: number): Uint8Array {
  const bytes = new Uint8Array(6);
  put32(bytes, 2, value);
  return bytes;
}

function encodeOne(o: NdOption): Uint8Array {
  switch (o.name) {
    case 'sourceLinkLayer':
      return option(ND_OPT_SOURCE_LL_ADDR, o.address);
    case 'targetLinkLayer':
      return option(ND_OPT_TARGET_LL_ADDR, o.address);
    case 'prefix':
      return prefixOption(o);
    case 'redirectedHeader':
      return option(ND_OPT_REDIRECT_HDR, concatBytes(new Uint8Array(6), o.packet));
    case 'mtu':
      return option(ND_OPT_MTU, numbered(o.mtu));
    case 'nonce':
      return option(ND_OPT_NONCE, o.nonce);
    case 'rdnss':
      return option(
        ND_OPT_RDNSS,
        concatBytes(numbered(o.lifetime), ...o.servers.map((server) => ipv6Bytes(server))),
      );
    case 'unknown':
      return option(o.type, o.data);
    case 'broken':
      return o.data;
  }
}

/** @throws RangeError on what is no address */
export const encodeNdOptions = (options: readonly NdOption[]): Uint8Array =>
  concatBytes(...options.map(encodeOne));
