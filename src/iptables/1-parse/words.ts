// Lines to words.

import type { Word } from '../ast/index.ts';
import { quote } from '../extension/index.ts';

const SPACE = 0x20;
const TAB = 0x09;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Splits a line as iptables-restore does (add_param_to_argv in xshared.c): words between blanks,
 * double quotes around blanks, a backslash only inside quotes. An empty word needs quotes.
 */
export function splitLine(line: string, offset: number): Word[] {
  const words: Word[] = [];
  let at = 0;
  while (at < line.length) {
    const c = line.charCodeAt(at);
    if (c === SPACE || c === TAB || c === 0x0d) {
      at++;
      continue;
    }
    const start = at;
    at = plainEnd(line, at);
    if (line.charCodeAt(at) !== QUOTE) {
      words.push({ text: line.slice(start, at), start: offset + start, end: offset + at });
      continue;
    }
    const [text, end] = quoted(line, start);
    words.push({ text, start: offset + start, end: offset + end });
    at = end;
  }
  return words;
}

/** Where blanks or quotes begin. */
function plainEnd(line: string, from: number): number {
  let at = from;
  for (; at < line.length; at++) {
    const c = line.charCodeAt(at);
    if (c === SPACE || c === TAB || c === QUOTE || c === 0x0d) break;
  }
  return at;
}

/** A word with quotes somewhere in it. A quote that is never closed ends with the line. */
function quoted(line: string, from: number): [string, number] {
  let text = '';
  let open = false;
  let at = from;
  for (; at < line.length; at++) {
    const c = line.charCodeAt(at);
    if (open && c === BACKSLASH && at + 1 < line.length) text += line[++at];
    else if (c === QUOTE) open = !open;
    else if (!open && (c === SPACE || c === TAB || c === 0x0d)) break;
    else text += line[at];
  }
  return [text, at];
}

/** The words of a command line as one text a person can read, and where each word stands in it. */
export function joinWords(args: readonly string[]): {
  readonly text: string;
  readonly words: Word[];
} {
  let text = '';
  const words = args.map((arg): Word => {
    if (text !== '') text += ' ';
    const start = text.length;
    text += /^[^\s"']+$/.test(arg) ? arg : quote(arg);
    return { text: arg, start, end: text.length };
  });
  return { text, words };
}
