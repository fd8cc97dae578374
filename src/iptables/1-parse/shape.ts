// What a line of a restore file looks like apart from its addresses, ports and comment. Lines of one
// shape compile alike but for those, so a file of ten thousand is read by example.

import { parseIPv4 } from '../../bytes/index.ts';
import type { RuleShape } from '../../program/index.ts';
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

const NET4 = /^(\d{1,3}(?:\.\d{1,3}){3})(?:\/(\d{1,2}))?$/;
const PORT_NUMBER = /^(?:0|[1-9]\d{0,4})$/;
/** Far below what a comment may have (XT_MAX_COMMENT_LEN), in characters of one byte. */
const PLAIN_COMMENT = /^[ -~]{1,80}$/;

const hexOf = (value: number, bytes: number): string => value.toString(16).padStart(bytes * 2, '0');

/** Bytes that are compared: whole ones of a prefix alone. Undefined where bits of the host are set. */
function netBytes(text: string): { readonly bits: number; readonly bytes: string } | undefined {
  const match = NET4.exec(text);
  const address = match === null ? undefined : parseIPv4(match[1]!);
  const bits = match?.[2] === undefined ? 32 : Number(match[2]);
  if (address === undefined || bits < 1 || bits > 32) return undefined;
  if (bits < 32 && (address & (0xffffffff >>> bits)) !== 0) return undefined;
  const all = hexOf(address >>> 0, 4);
  return { bits, bytes: bits % 8 === 0 ? all.slice(0, bits / 4) : all };
}

class Reader {
  readonly #family: XtFamily;
  readonly bytes: string[] = [];
  comment: string | undefined;

  constructor(family: XtFamily) {
    this.#family = family;
  }

  /** The part of the key for a word behind an option. */
  word(option: string, text: string): string {
    if (this.#family === 'ip' && ADDRESSES.has(option)) {
      const net = netBytes(text);
      if (net !== undefined) {
        this.bytes.push(net.bytes);
        return `${ADDRESS}${net.bits}`;
      }
    }
    if (PORTS.has(option) && PORT_NUMBER.test(text) && Number(text) <= 0xffff) {
      this.bytes.push(hexOf(Number(text), 2));
      return PORT;
    }
    if (option === '--comment' && this.comment === undefined && PLAIN_COMMENT.test(text)) {
      this.comment = text;
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
): RuleShape | undefined {
  const [command, chain] = words;
  if (command?.text !== '-A' || chain === undefined) return undefined;
  const reader = new Reader(family);
  let key = chainKey;
  let option = '';
  for (let i = 2; i < words.length; i++) {
    const { text } = words[i]!;
    if (JUMPS.has(option) && text === chain.text) return undefined;
    key += `\n${reader.word(option, text)}`;
    option = text;
  }
  const { bytes, comment } = reader;
  if (bytes.length === 0 && comment === undefined) return undefined;
  return comment === undefined ? { key, bytes } : { key, bytes, comment };
}
