// What a line of a restore file looks like apart from its addresses, ports and comment. Lines of one
// shape compile alike but for those, so a file of ten thousand is read by example.

import { hexOfWord, parseIPv4 } from '../../bytes/index.ts';
import { type RuleShape, u16Between } from '../../program/index.ts';
import type { Word } from '../ast/index.ts';
import type { XtFamily } from '../extension/index.ts';

const ADDRESSES: ReadonlySet<string> = new Set([
  ...['-s', '--source', '--src'],
  ...['-d', '--destination', '--dst'],
]);
const PORTS: ReadonlySet<string> = new Set([
  ...['--dport', '--destination-port'],
  ...['--sport', '--source-port'],
]);
const JUMPS: ReadonlySet<string> = new Set(['-j', '--jump', '-g', '--goto']);

/** Marks in the key where something stands that differs from line to line. */
const ADDRESS = '\u0001';
const PORT = '\u0002';
const COMMENT = '\u0003';

/** Far below what a comment may have (XT_MAX_COMMENT_LEN), in characters of one byte. */
const PLAIN_COMMENT = /^[ -~]{1,80}$/;

/** Bytes that are compared: whole ones of a prefix alone. Undefined where bits of the host are set. */
export function netBytes(
  text: string,
): { readonly bits: number; readonly bytes: string } | undefined {
  const slash = text.indexOf('/');
  const address = parseIPv4(slash < 0 ? text : text.slice(0, slash));
  const bits = slash < 0 ? 32 : u16Between(text, slash + 1, text.length);
  if (address === undefined || bits < 1 || bits > 32) return undefined;
  if (bits < 32 && (address & (0xffffffff >>> bits)) !== 0) return undefined;
  const isWhole = bits % 8 === 0;
  const compared = isWhole ? address >>> (32 - bits) : address;
  return { bits, bytes: hexOfWord(compared, isWhole ? bits / 8 : 4) };
}

/** A word that may be another one in a line of the same shape. */
export type Place =
  | { readonly kind: 'net'; readonly bits: number }
  | { readonly kind: 'port' | 'comment' };

/** What else there is to know of the words, for who asks. */
export interface Seen {
  /** By the number of the word. */
  readonly places: Map<number, Place>;
  /** Chains it jumps to. */
  readonly targets: string[];
}

class Reader {
  readonly #family: XtFamily;
  readonly bytes: string[] = [];
  comment: string | undefined;
  readonly #seen: Seen | undefined;

  constructor(family: XtFamily, seen: Seen | undefined) {
    this.#family = family;
    this.#seen = seen;
  }

  /** The part of the key for the word of that number, behind an option. */
  word(option: string, text: string, number: number): string {
    if (this.#family === 'ip' && ADDRESSES.has(option)) {
      const net = netBytes(text);
      if (net !== undefined) {
        this.bytes.push(net.bytes);
        this.#seen?.places.set(number, { kind: 'net', bits: net.bits });
        return `${ADDRESS}${net.bits}`;
      }
    }
    const port = PORTS.has(option) ? u16Between(text, 0, text.length) : -1;
    if (port >= 0) {
      this.bytes.push(hexOfWord(port, 2));
      this.#seen?.places.set(number, { kind: 'port' });
      return PORT;
    }
    if (option === '--comment' && this.comment === undefined && PLAIN_COMMENT.test(text)) {
      this.comment = text;
      this.#seen?.places.set(number, { kind: 'comment' });
      return COMMENT;
    }
    return `${text.length} ${text}`;
  }
}

/**
 * The shape of `-A CHAIN …`, the same for all chains that are called alike by `chainKey`. Undefined
 * for other commands, for a rule that jumps to its own chain, and where nothing differs.
 */
export function shapeOf(
  words: readonly Word[],
  family: XtFamily,
  chainKey: string,
  seen?: Seen,
): RuleShape | undefined {
  const [command, chain] = words;
  if (command?.text !== '-A' || chain === undefined) return undefined;
  const reader = new Reader(family, seen);
  let key = chainKey;
  let option = '';
  for (let i = 2; i < words.length; i++) {
    const { text } = words[i]!;
    if (JUMPS.has(option)) {
      if (text === chain.text) return undefined;
      seen?.targets.push(text);
    }
    key += `\n${reader.word(option, text, i)}`;
    option = text;
  }
  const { bytes, comment } = reader;
  if (bytes.length === 0 && comment === undefined) return undefined;
  return comment === undefined ? { key, bytes } : { key, bytes, comment };
}
