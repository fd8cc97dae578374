// lib/ts_fsm.c: a pattern of tokens that packets are read by, byte after byte and without going back.

import { unhex } from '../../bytes/index.ts';
import { refuse } from '../errno.ts';
import type { PktInfo } from '../pktinfo.ts';
import { SeqReader } from './seq-read.ts';

/** struct ts_fsm_token: type in the host's order (that of x86), recurrence, value. */
const TOKEN_LENGTH = 4;

/** Bits of _ctype[] in lib/ctype.c, and those of ts_fsm.c's own. */
const UPPER = 1;
const LOWER = 2;
const DIGIT = 4;
const CNTRL = 8;
const PUNCT = 16;
const SPACE = 32;
const HEX_LETTER = 64;
const BLANK = 128;
const ASCII = 256;
const ANY_BYTE = 512;

/** token_map[]: which bytes the types TS_FSM_* stand for; the first is one byte. */
const TYPES = [
  0,
  ANY_BYTE,
  DIGIT,
  DIGIT | HEX_LETTER,
  PUNCT | UPPER | LOWER | DIGIT | BLANK,
  UPPER | LOWER,
  UPPER | LOWER | DIGIT,
  ASCII,
  CNTRL,
  PUNCT | UPPER | LOWER | DIGIT,
  LOWER,
  UPPER,
  PUNCT,
  SPACE,
];

/** What the bytes up to each of these are; letters and signs of Latin-1 among them. */
const RANGES: readonly (readonly [last: number, bits: number])[] = [
  [0x08, CNTRL],
  [0x0d, CNTRL | SPACE],
  [0x1f, CNTRL],
  [0x20, SPACE | BLANK],
  [0x2f, PUNCT],
  [0x39, DIGIT],
  [0x40, PUNCT],
  [0x46, UPPER | HEX_LETTER],
  [0x5a, UPPER],
  [0x60, PUNCT],
  [0x66, LOWER | HEX_LETTER],
  [0x7a, LOWER],
  [0x7e, PUNCT],
  [0x7f, CNTRL],
  [0x9f, 0],
  [0xa0, SPACE | BLANK],
  [0xbf, PUNCT],
  [0xd6, UPPER],
  [0xd7, PUNCT],
  [0xde, UPPER],
  [0xf6, LOWER],
  [0xf7, PUNCT],
  [0xff, LOWER],
];

/** token_lookup_tbl[] */
const BITS = Uint16Array.from({ length: 256 }, (_, byte) => {
  const bits = RANGES.find(([last]) => byte <= last)?.[1] ?? 0;
  return bits | ANY_BYTE | (byte < 0x80 ? ASCII : 0);
});

/** TS_FSM_*: how often a token may come; 0 is once. */
const PERHAPS = 1;
const ANY = 2;
const MULTI = 3;
const HEAD_IGNORE = 4;

interface Token {
  /** Bits of the bytes it takes; 0 for `value` alone. */
  readonly bits: number;
  readonly recur: number;
  readonly value: number;
}

const takes = ({ bits, value }: Token, byte: number): boolean =>
  bits === 0 ? value === byte : (BITS[byte]! & bits) !== 0;

/** fsm_init(). @throws Refusal */
export function fsmOf(pattern: string): Fsm {
  const bytes = unhex(pattern);
  const count = bytes.length / TOKEN_LENGTH;
  if (!Number.isInteger(count) || count === 0)
    refuse('EINVAL', `a pattern of fsm is tokens of ${TOKEN_LENGTH} bytes`);
  const tokens = Array.from({ length: count }, (_, i): Token => {
    const [low = 0, high = 0, recur = 0, value = 0] = bytes.subarray(TOKEN_LENGTH * i);
    const bits = TYPES[low + 256 * high];
    if (bits === undefined) return refuse('EINVAL', `token ${i + 1} is of no type that fsm knows`);
    if (recur > HEAD_IGNORE) refuse('EINVAL', `token ${i + 1} comes in no way that fsm knows`);
    if (recur === HEAD_IGNORE && (i !== 0 || count === 1))
      refuse('EINVAL', 'only the first of several tokens stands for what is passed over');
    return { bits, recur, value };
  });
  return new Fsm(tokens);
}

/** What becomes of a search at one token. */
const ON = 0;
const MISMATCH = 1;
const NEVER = 2;
const FOUND = 3;

export class Fsm {
  readonly #tokens: readonly Token[];
  /** The pattern has to begin where the search does. */
  readonly #isStrict: boolean;
  readonly #data = new SeqReader();
  #start = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    this.#isStrict = tokens[0]?.recur !== HEAD_IGNORE;
  }

  /**
   * skb_find_text() with fsm_find(): the offset where the pattern begins, or -1. Unless its last token may come
   * often, it has to end where the data does. Its own length says nothing, but the kernel wants as much room.
   */
  find(pkt: PktInfo, from: number, to: number): number {
    const data = this.#data;
    data.start(pkt, from, to);
    if (!data.hasMore) return -1;
    for (;;) {
      this.#start = data.at;
      const became = this.#match(data);
      if (became === FOUND) break;
      if (became !== MISMATCH || this.#isStrict) return -1;
      data.at++;
    }
    return this.#start + this.#tokens.length * TOKEN_LENGTH <= to ? this.#start : -1;
  }

  #match(data: SeqReader): number {
    const tokens = this.#tokens;
    for (let i = 0; i < tokens.length; i++) {
      const became = this.#step(tokens[i]!, tokens[i + 1], data);
      if (became !== ON) return became;
    }
    return data.hasMore ? NEVER : FOUND;
  }

  #step(token: Token, next: Token | undefined, data: SeqReader): number {
    switch (token.recur) {
      case PERHAPS:
        if (data.hasMore && takes(token, data.byte)) data.at++;
        return ON;
      case ANY:
        return often(token, next, data);
      case HEAD_IGNORE:
        return this.#passOver(token, next!, data);
      default:
        if (!data.hasMore) return NEVER;
        if (!takes(token, data.byte)) return MISMATCH;
        data.at++;
        return token.recur === MULTI ? often(token, next, data) : ON;
    }
  }

  /** What may not be passed over at the head ends the search. */
  #passOver(token: Token, next: Token, data: SeqReader): number {
    if (!data.hasMore) return ON;
    if (upTo(next, token, data) !== ON) return NEVER;
    this.#start = data.at;
    return ON;
  }
}

/** Up to what the next token takes, which is left to it. */
function often(token: Token, next: Token | undefined, data: SeqReader): number {
  if (next === undefined) return FOUND;
  return data.hasMore ? upTo(next, token, data) : ON;
}

function upTo(next: Token, token: Token, data: SeqReader): number {
  while (!takes(next, data.byte)) {
    if (!takes(token, data.byte)) return MISMATCH;
    data.at++;
    if (!data.hasMore) return NEVER;
  }
  return ON;
}
