// The commands and replies of FTP that name a port, read as net/netfilter/nf_conntrack_ftp.c does.

import { NFPROTO_IPV4 } from '../conntrack/index.ts';
import { isDigit, parseAddress } from './text.ts';

export interface Command {
  readonly type: 'PORT' | 'EPRT' | 'PASV' | 'EPSV';
  /** Words; where the command names none, that of the sender. */
  readonly address: ArrayLike<number>;
  readonly port: number;
  /** Where address and port stand in the payload. */
  readonly offset: number;
  readonly length: number;
}

/** What a parser found from a place on: an end, and perhaps address, port and a later beginning. */
interface Found {
  readonly length: number;
  readonly port: number;
  readonly address?: ArrayLike<number>;
  readonly skipped?: number;
}
type Parser = (text: string, l3: number, terminator: string) => Found | null;

interface Pattern {
  readonly type: Command['type'];
  readonly word: string;
  /** Character the numbers stand behind; none where the parser looks for them itself. */
  readonly skip: string;
  /** Character they end with; '' is any. */
  readonly terminator: string;
  readonly parse: Parser;
}

/** try_number(): `count` numbers with a separator between and a terminator behind. */
function numbers(
  text: string,
  count: number,
  separator: string,
  terminator: string,
): { values: number[]; length: number } | null {
  const values = [0];
  for (let at = 0; at < text.length && values.length <= count; at++) {
    const code = text.charCodeAt(at);
    const last = values.length - 1;
    if (isDigit(code)) values[last] = (values[last]! * 10 + code - 0x30) % 2 ** 32;
    else if (text[at] === separator) values.push(0);
    else {
      const done = last === count - 1 && (terminator === '' || text[at] === terminator);
      return done ? { values, length: at } : null;
    }
  }
  return null;
}

/** `192,168,1,1,5,6` */
const rfc959: Parser = (text, _l3, terminator) => {
  const found = numbers(text, 6, ',', terminator);
  if (found === null) return null;
  const [a, b, c, d, high, low] = found.values as [number, number, number, number, number, number];
  const word = (a << 24) | (b << 16) | (c << 8) | d;
  const port = ((high << 8) | low) & 0xffff;
  return { length: found.length, port, address: [word, 0, 0, 0] };
};

/** RFC 1123 §4.1.2.6: brackets may be missing, so the numbers begin at the first digit. */
const rfc1123: Parser = (text, l3) => {
  const at = text.search(/\d/);
  const found = at < 0 ? null : rfc959(text.slice(at), l3, '');
  return found === null ? null : { ...found, skipped: at };
};

/** get_port(): a number up to a delimiter, from `start` on. */
function portAt(text: string, start: number, delimiter: string): Found | null {
  let port = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === delimiter) return port === 0 ? null : { length: at + 1, port };
    if (!isDigit(text.charCodeAt(at))) return null;
    port = (port * 10 + text.charCodeAt(at) - 0x30) & 0xffff;
  }
  return null;
}

function delimiterOf(text: string): string | null {
  const code = text.charCodeAt(0);
  return text.length <= 3 || isDigit(code) || code < 33 || code > 126 ? null : text[0]!;
}

/** `|1|132.235.1.2|6275|`, `|2|3ffe::1|6275|` */
const eprt: Parser = (text, l3) => {
  const delimiter = delimiterOf(text);
  if (delimiter === null || text[2] !== delimiter) return null;
  if (text[1] !== (l3 === NFPROTO_IPV4 ? '1' : '2')) return null;
  const end = text.indexOf(delimiter, 3);
  const address = end < 0 ? null : parseAddress(text.slice(3, end), l3);
  const found = address === null ? null : portAt(text, end + 1, delimiter);
  return found === null || address === null ? null : { ...found, address };
};

/** `|||6446|` */
const epsv: Parser = (text) => {
  const delimiter = delimiterOf(text);
  if (delimiter === null || text[1] !== delimiter || text[2] !== delimiter) return null;
  return portAt(text, 3, delimiter);
};

/** By direction. */
export const FTP_COMMANDS: readonly [readonly Pattern[], readonly Pattern[]] = [
  [
    { type: 'PORT', word: 'PORT', skip: ' ', terminator: '\r', parse: rfc959 },
    { type: 'EPRT', word: 'EPRT', skip: ' ', terminator: '\r', parse: eprt },
  ],
  [
    { type: 'PASV', word: '227 ', skip: '', terminator: '', parse: rfc1123 },
    { type: 'EPSV', word: '229 ', skip: '(', terminator: ')', parse: epsv },
  ],
];

/** find_pattern() */
function find(
  text: string,
  l3: number,
  pattern: Pattern,
  own: ArrayLike<number>,
): Command | 'partial' | null {
  const { word } = pattern;
  const begins = (length: number): boolean =>
    text.slice(0, length).toLowerCase() === word.slice(0, length).toLowerCase();
  if (text.length <= word.length) return begins(text.length) ? 'partial' : null;
  if (!begins(word.length)) return null;
  let at = word.length;
  if (pattern.skip !== '') {
    at = text.indexOf(pattern.skip, at);
    if (at < 0 || at === text.length - 1) return 'partial';
    at++;
  }
  const found = pattern.parse(text.slice(at), l3, pattern.terminator);
  if (found === null) return 'partial';
  const { port, length, skipped = 0, address = own } = found;
  return { type: pattern.type, port, length, address, offset: at + skipped };
}

/** The command a line is, `partial` for one that is not whole or not well formed, null for another. */
export function findCommand(
  text: string,
  patterns: readonly Pattern[],
  l3: number,
  own: ArrayLike<number>,
): Command | 'partial' | null {
  for (const pattern of patterns) {
    const found = find(text, l3, pattern, own);
    if (found !== null) return found;
  }
  return null;
}
