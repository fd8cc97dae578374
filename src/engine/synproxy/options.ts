// TCP options that a SYN proxy passes on (net/netfilter/nf_synproxy_core.c).

import { put16, put32, u16, u32 } from '../../bytes/index.ts';
import {
  TCPOPT_EOL,
  TCPOPT_MSS,
  TCPOPT_NOP,
  TCPOPT_SACK_PERM,
  TCPOPT_TIMESTAMP,
  TCPOPT_WINDOW,
} from '../../uapi/index.ts';

/** NF_SYNPROXY_OPT_*, include/uapi/linux/netfilter/nf_synproxy.h. */
export const OPT_MSS = 0x01;
export const OPT_WSCALE = 0x02;
export const OPT_SACK_PERM = 0x04;
export const OPT_TIMESTAMP = 0x08;
export const OPT_ECN = 0x10;

const TCP_HEADER = 20;
const MAX_WSCALE = 14;

/** struct synproxy_options. */
export interface SynOptions {
  options: number;
  wscale: number;
  mss: number;
  tsval: number;
  tsecr: number;
}

/** synproxy_parse_options(); undefined where they are not all there. */
export function parseOptions(
  bytes: Uint8Array,
  transport: number,
  end: number,
): SynOptions | undefined {
  const found: SynOptions = { options: 0, wscale: 0, mss: 0, tsval: 0, tsecr: 0 };
  const stop = transport + ((bytes[transport + 12]! >>> 4) << 2);
  if (stop > end || stop < transport + TCP_HEADER) return undefined;
  for (let at = transport + TCP_HEADER; at < stop; ) {
    const kind = bytes[at]!;
    if (kind === TCPOPT_EOL) break;
    if (kind === TCPOPT_NOP) {
      at++;
      continue;
    }
    const length = at + 1 < stop ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > stop) break;
    readOption(found, bytes, at, kind, length);
    at += length;
  }
  return found;
}

function readOption(
  found: SynOptions,
  bytes: Uint8Array,
  at: number,
  kind: number,
  length: number,
): void {
  if (kind === TCPOPT_MSS && length === 4) {
    found.mss = u16(bytes, at + 2);
    found.options |= OPT_MSS;
  } else if (kind === TCPOPT_WINDOW && length === 3) {
    found.wscale = Math.min(bytes[at + 2]!, MAX_WSCALE);
    found.options |= OPT_WSCALE;
  } else if (kind === TCPOPT_TIMESTAMP && length === 10) {
    found.tsval = u32(bytes, at + 2);
    found.tsecr = u32(bytes, at + 6);
    found.options |= OPT_TIMESTAMP;
  } else if (kind === TCPOPT_SACK_PERM && length === 2) found.options |= OPT_SACK_PERM;
}

/** synproxy_build_options(): each padded to words, in this order. */
export function buildOptions({ options, mss, tsval, tsecr, wscale }: SynOptions): Uint8Array {
  const out = new Uint8Array(20);
  let at = 0;
  const word = (a: number, b: number, c: number, d: number): void => {
    out.set([a, b, c, d], at);
    at += 4;
  };
  const sack = (options & OPT_SACK_PERM) !== 0;
  if ((options & OPT_MSS) !== 0) {
    word(TCPOPT_MSS, 4, 0, 0);
    put16(out, at - 2, mss);
  }
  if ((options & OPT_TIMESTAMP) !== 0) {
    if (sack) word(TCPOPT_SACK_PERM, 2, TCPOPT_TIMESTAMP, 10);
    else word(TCPOPT_NOP, TCPOPT_NOP, TCPOPT_TIMESTAMP, 10);
    put32(out, at, tsval);
    put32(out, at + 4, tsecr);
    at += 8;
  } else if (sack) word(TCPOPT_NOP, TCPOPT_NOP, TCPOPT_SACK_PERM, 2);
  if ((options & OPT_WSCALE) !== 0) word(TCPOPT_NOP, TCPOPT_WINDOW, 3, wscale);
  return out.subarray(0, at);
}

/**
 * synproxy_init_timestamp_cookie(): what a sequence number has no room for hides in the low bits of our
 * time stamp, which the client sends back.
 */
export function makeTimestampCookie(opts: SynOptions, now: number, wscale: number): void {
  opts.tsecr = opts.tsval;
  let value = now & ~0x3f;
  if ((opts.options & OPT_WSCALE) !== 0) {
    value |= opts.wscale;
    opts.wscale = wscale;
  } else value |= 0xf;
  if ((opts.options & OPT_SACK_PERM) !== 0) value |= 1 << 4;
  if ((opts.options & OPT_ECN) !== 0) value |= 1 << 5;
  opts.tsval = value >>> 0;
}

/** synproxy_check_timestamp_cookie(). */
export function readTimestampCookie(opts: SynOptions): void {
  opts.wscale = opts.tsecr & 0xf;
  if (opts.wscale !== 0xf) opts.options |= OPT_WSCALE;
  if ((opts.tsecr & (1 << 4)) !== 0) opts.options |= OPT_SACK_PERM;
  if ((opts.tsecr & (1 << 5)) !== 0) opts.options |= OPT_ECN;
}

/** synproxy_tstamp_adjust(): the server's clock as the client knows it. */
export function moveTimestamp(
  bytes: Uint8Array,
  transport: number,
  reply: boolean,
  offset: number,
  update: (before: number, after: number) => void,
): void {
  const stop = transport + ((bytes[transport + 12]! >>> 4) << 2);
  for (let at = transport + TCP_HEADER; at < stop; ) {
    const kind = bytes[at]!;
    if (kind === TCPOPT_EOL) return;
    if (kind === TCPOPT_NOP) {
      at++;
      continue;
    }
    const length = at + 1 < stop ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > stop) return;
    if (kind === TCPOPT_TIMESTAMP && length === 10) {
      const place = reply ? at + 2 : at + 6;
      const before = u32(bytes, place);
      const after = (reply ? before - offset : before + offset) >>> 0;
      put32(bytes, place, after);
      update(before, after);
      return;
    }
    at += length;
  }
}
