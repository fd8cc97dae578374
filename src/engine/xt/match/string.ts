// xt_string.c with lib/ts_bm.c, ts_kmp.c and ts_fsm.c: bytes between two offsets of the packet.

import { unhex } from '../../../bytes/index.ts';
import type { StringInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { type Fsm, fsmOf } from '../fsm.ts';

const ALGORITHMS = ['bm', 'kmp', 'fsm'];
const MAX_PATTERN = 128;
const A = 0x61;
const Z = 0x7a;

/** toupper() of single bytes. */
const upper = (byte: number): number => (byte >= A && byte <= Z ? byte - 0x20 : byte);

class StringMatch implements XtMatch {
  readonly #info: StringInfo;
  readonly #pattern: Uint8Array;

  constructor(info: StringInfo, pattern: Uint8Array) {
    this.#info = info;
    this.#pattern = info.icase ? pattern.map(upper) : pattern;
  }

  #isAt(bytes: Uint8Array, at: number): boolean {
    const pattern = this.#pattern;
    const { icase } = this.#info;
    for (let i = 0; i < pattern.length; i++) {
      const byte = bytes[at + i]!;
      if ((icase ? upper(byte) : byte) !== pattern[i]) return false;
    }
    return true;
  }

  /** Offset of the first place from `from` on, or -1: skb_find_text(). */
  #find(pkt: PktInfo): number {
    const { from, to } = this.#info;
    const last = Math.min(to, pkt.length) - this.#pattern.length;
    for (let offset = from; offset <= last; offset++)
      if (this.#isAt(pkt.bytes, pkt.network + offset) && this.#isSearched(pkt, offset))
        return offset;
    return -1;
  }

  /** Boyer-Moore does not look across the fragments that a packet was put together from. */
  #isSearched({ packet }: PktInfo, offset: number): boolean {
    const fragments = packet.fragLengths;
    if (fragments === null || this.#info.algo !== 'bm') return true;
    let border = packet.length;
    for (let i = fragments.length - 1; i > 0; i--) {
      border -= fragments[i]!;
      if (offset < border && offset + this.#pattern.length > border) return false;
    }
    return true;
  }

  matches(pkt: PktInfo): boolean {
    return this.#find(pkt) >= 0 !== this.#info.invert;
  }

  why(pkt: PktInfo): string {
    const offset = this.#find(pkt);
    return offset < 0 ? 'it does not contain that' : `found at ${offset}`;
  }
}

class FsmMatch implements XtMatch {
  readonly #info: StringInfo;
  readonly #fsm: Fsm;

  constructor(info: StringInfo, fsm: Fsm) {
    this.#info = info;
    this.#fsm = fsm;
  }

  #find(pkt: PktInfo): number {
    return this.#fsm.find(pkt, this.#info.from, this.#info.to);
  }

  matches(pkt: PktInfo): boolean {
    return this.#find(pkt) >= 0 !== this.#info.invert;
  }

  why(pkt: PktInfo): string {
    const offset = this.#find(pkt);
    return offset < 0 ? 'it does not read like that' : `found at ${offset}`;
  }
}

export const string = matchModule<StringInfo>({
  name: 'string',
  placement: { families: ['ip', 'ip6', 'inet', 'bridge'] },
  prepare(info) {
    if (info.from > info.to) refuse('EINVAL', `offset ${info.from} is behind offset ${info.to}`);
    if (!ALGORITHMS.includes(info.algo)) refuse('ENOENT', `no search called ${info.algo}`);
    const pattern = unhex(info.pattern);
    if (pattern.length === 0 || pattern.length > MAX_PATTERN)
      refuse('EINVAL', `a pattern has 1 to ${MAX_PATTERN} bytes`);
    if (info.algo !== 'fsm') return new StringMatch(info, pattern);
    if (info.icase) refuse('EINVAL', 'a pattern of fsm says itself which case it means');
    return new FsmMatch(info, fsmOf(info.pattern));
  },
});
