// Files for `conntrack -R`: a command per line.

import { ConntrackFault } from './fault.ts';
import type { ParsedCommand } from './template.ts';

const MOST_WORDS = 254;
const LONGEST_WORD = 1023;

/** Blanks separate words, but not between double quotes; a backslash counts only there. */
export function wordsOfLine(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let quoted = false;
  const end = (): void => {
    if (word.length > LONGEST_WORD) throw new ConntrackFault('Parameter too long!');
    if (word !== '') words.push(word);
    if (words.length > MOST_WORDS) throw new ConntrackFault('too many arguments');
    word = '';
  };
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quoted && c === '\\') word += line[++i] ?? '';
    else if (c === '"') {
      if (quoted) end();
      quoted = !quoted;
    } else if (!quoted && /[ \t\n]/.test(c)) end();
    else word += c;
  }
  end();
  return words;
}

/** Lines that are commands; blank ones and comments are none. */
export const linesOf = (text: string): string[] =>
  text.split('\n').filter((line) => !/^[ \t]*(#|$)/.test(line));

/** Commands that may not stand in a file, as they are complained about. */
const NOT_HERE: Readonly<Record<string, string>> = {
  list: '-L',
  get: '-G',
  event: '-E',
  version: '-V',
  help: '-h',
  'exp-list': '-L expect',
  'exp-create': '-C expect',
  'exp-delete': '-D expect',
  'exp-get': '-G expect',
  'exp-flush': '-F expect',
  'exp-event': '-E expect',
  count: '-C',
  'exp-count': '-C expect',
  stats: '-S',
  'exp-stats': '-S expect',
  none: 'unknown',
};

/** @throws ConntrackFault */
export function checkBatch(commands: readonly ParsedCommand[]): void {
  for (const { command } of commands) {
    const name = NOT_HERE[command];
    if (name !== undefined)
      throw new ConntrackFault(`Cannot use command \`${name}' with --load-file`);
  }
}
