// Lines of a restore file as words: blanks between them, quotes around what has blanks in it.

import { parameter } from './fault.ts';

export interface Word {
  readonly text: string;
  /** Counted from 1. */
  readonly column: number;
}

/** ipset reads lines into a buffer of this size, and has room for so many words. */
const MAX_WORDS = 31;

const isBlank = (c: string): boolean => c === ' ' || c === '\t' || c === '\r' || c === '\n';

/** Blank lines and comments are none. */
export const isNothing = (line: string): boolean => /^\s*(#|$)/.test(line);

export const isCommit = (line: string): boolean => /^\s*COMMIT\r?$/.test(line);

/** Of a line without quotes. @throws IpsetFault */
function plainWords(line: string): Word[] {
  const words: Word[] = [];
  for (let at = 0; at < line.length; at++) {
    if (isBlank(line[at]!)) continue;
    const start = at;
    while (at < line.length && !isBlank(line[at]!)) at++;
    if (words.length === MAX_WORDS - 1) parameter('Line is too long to parse.');
    words.push({ text: line.slice(start, at), column: start + 1 });
  }
  return words;
}

/**
 * The words of a line, without quotes. A word whose quote is not closed is lost at the end of a line,
 * and an error at the end of a text.
 * @throws IpsetFault
 */
export function wordsOfLine(line: string, isLast = false): Word[] {
  if (!line.includes('"')) return plainWords(line);
  const words: Word[] = [];
  let text = '';
  let column = 0;
  let quoted = false;
  const end = (): void => {
    if (text === '') return;
    if (words.length === MAX_WORDS - 1) parameter('Line is too long to parse.');
    words.push({ text, column });
    text = '';
  };
  for (let i = 0; i < line.length; i++) {
    const c = line[i] ?? '';
    if (c === '"') quoted = !quoted;
    else if (isBlank(c) && !quoted) end();
    else {
      if (text === '') column = i + 1;
      text += c;
    }
  }
  if (quoted && isLast) parameter('Missing close quote!');
  if (!quoted) end();
  return words;
}
