// One TCP segment as the tracker needs it. A single object is filled for each segment.

import { u16, u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import {
  TCPHDR_FIN,
  TCPHDR_SYN,
  TCPOLEN_SACK_PERBLOCK,
  TCPOLEN_SACK_PERM,
  TCPOLEN_WINDOW,
  TCPOPT_EOL,
  TCPOPT_NOP,
  TCPOPT_SACK,
  TCPOPT_SACK_PERM,
  TCPOPT_TIMESTAMP,
  TCPOPT_WINDOW,
} from '../uapi/index.ts';
import { IP_CT_TCP_FLAG_SACK_PERM, IP_CT_TCP_FLAG_WINDOW_SCALE } from './constants.ts';
import { segmentKind } from './tcp-states.ts';

export const TCP_HEADER = 20;
/** RFC 7323 §2.3. */
const MAX_WSCALE = 14;

/** a is before b modulo 2^32 (RFC 9293 §3.4); any 32-bit form of either will do. */
export const seqBefore = (a: number, b: number): boolean => ((a - b) | 0) < 0;
export const seqAfter = (a: number, b: number): boolean => ((b - a) | 0) < 0;

export class Segment {
  /** Sequence numbers are signed 32-bit integers. */
  seq = 0;
  ack = 0;
  /** One past the last sequence number the segment takes. */
  end = 0;
  /** As it stands in the header, unscaled. */
  window = 0;
  flags = 0;
  kind = 0;
  /** Place of the options. */
  optionsAt = 0;
  optionsEnd = 0;
  buf: Uint8Array = new Uint8Array(0);

  /** The header was checked to be whole. */
  read(packet: Packet): void {
    const { buf, transport, end } = packet;
    const headerLength = (buf[transport + 12]! >>> 4) << 2;
    this.buf = buf;
    this.seq = u32(buf, transport + 4) | 0;
    this.ack = u32(buf, transport + 8) | 0;
    this.flags = buf[transport + 13]!;
    this.window = u16(buf, transport + 14);
    this.kind = segmentKind(this.flags);
    this.optionsAt = transport + TCP_HEADER;
    this.optionsEnd = transport + headerLength;
    const phantom =
      ((this.flags & TCPHDR_SYN) !== 0 ? 1 : 0) + ((this.flags & TCPHDR_FIN) !== 0 ? 1 : 0);
    this.end = (this.seq + (end - transport - headerLength) + phantom) | 0;
  }

  get hasOptions(): boolean {
    return this.optionsEnd > this.optionsAt;
  }

  /**
   * tcp_options(): IP_CT_TCP_FLAG_WINDOW_SCALE and SACK_PERM as flags, the scale in the second byte.
   * Parsing stops at the first option that cannot be.
   */
  handshakeOptions(): number {
    let flags = 0;
    let scale = 0;
    for (let at = this.#next(this.optionsAt); at >= 0; at = this.#next(this.#behind(at))) {
      const kind = this.buf[at]!;
      const length = this.buf[at + 1]!;
      if (kind === TCPOPT_SACK_PERM && length === TCPOLEN_SACK_PERM)
        flags |= IP_CT_TCP_FLAG_SACK_PERM;
      else if (kind === TCPOPT_WINDOW && length === TCPOLEN_WINDOW) {
        scale = Math.min(this.buf[at + 2]!, MAX_WSCALE);
        flags |= IP_CT_TCP_FLAG_WINDOW_SCALE;
      }
    }
    return flags | (scale << 8);
  }

  /** tcp_sack(): the highest right edge of a SACK block above `floor`, else `floor`. */
  highestSack(floor: number): number {
    if (this.#isTimestampOnly()) return floor;
    let highest = floor;
    for (let at = this.#next(this.optionsAt); at >= 0; at = this.#next(this.#behind(at))) {
      const length = this.buf[at + 1]! - 2;
      if (this.buf[at] !== TCPOPT_SACK || length < TCPOLEN_SACK_PERBLOCK) continue;
      if (length % TCPOLEN_SACK_PERBLOCK !== 0) continue;
      for (let edge = at + 6; edge < at + 2 + length; edge += TCPOLEN_SACK_PERBLOCK) {
        const right = u32(this.buf, edge) | 0;
        if (seqAfter(right, highest)) highest = right;
      }
      return highest;
    }
    return highest;
  }

  /** The usual NOP, NOP, timestamp of an established connection. */
  #isTimestampOnly(): boolean {
    const word = (TCPOPT_NOP << 24) | (TCPOPT_NOP << 16) | (TCPOPT_TIMESTAMP << 8) | 10;
    return this.optionsEnd - this.optionsAt === 12 && u32(this.buf, this.optionsAt) === word;
  }

  #behind(at: number): number {
    return at + this.buf[at + 1]!;
  }

  /** The next option that has a length, from `at` on; -1 at the end or where they make no sense. */
  #next(at: number): number {
    let here = at;
    while (here < this.optionsEnd) {
      const kind = this.buf[here]!;
      if (kind === TCPOPT_EOL) return -1;
      if (kind !== TCPOPT_NOP) {
        const room = this.optionsEnd - here;
        if (room < 2) return -1;
        const length = this.buf[here + 1]!;
        return length < 2 || length > room ? -1 : here;
      }
      here++;
    }
    return -1;
  }
}
