import { put16, put32, u16, u32, Writer } from '../bytes/index.ts';
import {
  TCPOLEN_MSS,
  TCPOLEN_SACK_PERM,
  TCPOLEN_TIMESTAMP,
  TCPOLEN_WINDOW,
  TCPOPT_EOL,
  TCPOPT_FASTOPEN,
  TCPOPT_MD5SIG,
  TCPOPT_MPTCP,
  TCPOPT_MSS,
  TCPOPT_NOP,
  TCPOPT_SACK,
  TCPOPT_SACK_PERM,
  TCPOPT_TIMESTAMP,
  TCPOPT_WINDOW,
} from '../uapi/index.ts';

/** A TCP option (RFC 9293 §3.1, RFC 7323, RFC 2018, RFC 7413, RFC 2385, RFC 8684). */
export type TcpOption =
  | { readonly name: 'eol' | 'nop' | 'sackPermitted' }
  | { readonly name: 'mss'; readonly mss: number }
  | { readonly name: 'windowScale'; readonly shift: number }
  /** Blocks of left and right edge. */
  | { readonly name: 'sack'; readonly blocks: readonly (readonly [number, number])[] }
  | { readonly name: 'timestamps'; readonly value: number; readonly echo: number }
  | { readonly name: 'fastOpen'; readonly cookie: Uint8Array }
  | { readonly name: 'md5'; readonly digest: Uint8Array }
  | { readonly name: 'mptcp'; readonly data: Uint8Array }
  | { readonly name: 'unknown'; readonly kind: number; readonly data: Uint8Array }
  /** The bytes from the first option on whose length cannot be. */
  | { readonly name: 'broken'; readonly data: Uint8Array };

function readSack(data: Uint8Array): TcpOption {
  const blocks: [number, number][] = [];
  for (let at = 0; at + 8 <= data.length; at += 8) blocks.push([u32(data, at), u32(data, at + 4)]);
  return { name: 'sack', blocks };
}

/** One option whose length is right for its kind, as read from what follows kind and length. */
function readKnown(kind: number, data: Uint8Array): TcpOption | undefined {
  const length = data.length + 2;
  if (kind === TCPOPT_MSS && length === TCPOLEN_MSS) return { name: 'mss', mss: u16(data, 0) };
  if (kind === TCPOPT_WINDOW && length === TCPOLEN_WINDOW)
    return { name: 'windowScale', shift: data[0]! };
  if (kind === TCPOPT_SACK_PERM && length === TCPOLEN_SACK_PERM) return { name: 'sackPermitted' };
  if (kind === TCPOPT_SACK && data.length > 0 && data.length % 8 === 0) return readSack(data);
  if (kind === TCPOPT_TIMESTAMP && length === TCPOLEN_TIMESTAMP)
    return { name: 'timestamps', value: u32(data, 0), echo: u32(data, 4) };
  if (kind === TCPOPT_FASTOPEN) return { name: 'fastOpen', cookie: data };
  if (kind === TCPOPT_MD5SIG && data.length === 16) return { name: 'md5', digest: data };
  if (kind === TCPOPT_MPTCP) return { name: 'mptcp', data };
  return undefined;
}

/** Total for any bytes; reading stops after an end-of-list option. */
export function readTcpOptions(bytes: Uint8Array): TcpOption[] {
  const options: TcpOption[] = [];
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at]!;
    if (kind === TCPOPT_EOL || kind === TCPOPT_NOP) {
      options.push({ name: kind === TCPOPT_EOL ? 'eol' : 'nop' });
      if (kind === TCPOPT_EOL) break;
      at++;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > bytes.length) {
      options.push({ name: 'broken', data: bytes.subarray(at) });
      break;
    }
    const data = bytes.subarray(at + 2, at + length);
    options.push(readKnown(kind, data) ?? { name: 'unknown', kind, data });
    at += length;
  }
  return options;
}

const tagged = (kind: number, data: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(data.length + 2);
  bytes[0] = kind;
  bytes[1] = bytes.length;
  bytes.set(data, 2);
  return bytes;
};

function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  values.forEach((value, i) => {
    put32(bytes, 4 * i, value);
  });
  return bytes;
}

function half(value: number): Uint8Array {
  const bytes = new Uint8Array(2);
  put16(bytes, 0, value);
  return bytes;
}

const NOTHING = new Uint8Array(0);

function encodeOne(option: TcpOption): Uint8Array {
  switch (option.name) {
    case 'eol':
      return Uint8Array.of(TCPOPT_EOL);
    case 'nop':
      return Uint8Array.of(TCPOPT_NOP);
    case 'sackPermitted':
      return tagged(TCPOPT_SACK_PERM, NOTHING);
    case 'mss':
      return tagged(TCPOPT_MSS, half(option.mss));
    case 'windowScale':
      return tagged(TCPOPT_WINDOW, Uint8Array.of(option.shift));
    case 'sack':
      return tagged(TCPOPT_SACK, words(...option.blocks.flat()));
    case 'timestamps':
      return tagged(TCPOPT_TIMESTAMP, words(option.value, option.echo));
    case 'fastOpen':
      return tagged(TCPOPT_FASTOPEN, option.cookie);
    case 'md5':
      return tagged(TCPOPT_MD5SIG, option.digest);
    case 'mptcp':
      return tagged(TCPOPT_MPTCP, option.data);
    case 'unknown':
      return tagged(option.kind, option.data);
    case 'broken':
      return option.data;
  }
}

/** The options padded with zeros to a multiple of four bytes. */
export function encodeTcpOptions(options: readonly TcpOption[]): Uint8Array {
  const writer = new Writer(40);
  for (const option of options) writer.bytes(encodeOne(option));
  return writer.align(4).finish();
}

/**
 * Offset of the first option of this kind in the TCP header that begins at `transport` and has
 * `headerLength` bytes, or -1. Walks as the kernel's tcp_parse_options() (net/ipv4/tcp_input.c).
 */
export function findTcpOption(
  bytes: Uint8Array,
  transport: number,
  headerLength: number,
  kind: number,
): number {
  const end = transport + headerLength;
  for (let at = transport + 20; at < end; ) {
    const found = bytes[at]!;
    if (found === TCPOPT_EOL) return -1;
    if (found === TCPOPT_NOP) {
      at++;
      continue;
    }
    const length = bytes[at + 1]!;
    if (length < 2 || at + length > end) return -1;
    if (found === kind) return at;
    at += length;
  }
  return -1;
}
