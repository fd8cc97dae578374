// What is to be changed in a stream: patterns with replacements, or a function that finds its own.

import { latin1 } from '../../bytes/index.ts';
import { OpenEnded } from './open-ended.ts';

/** The beginning of what is changed in a text, and what is done there. */
export interface Found {
  readonly at: number;
  /** One past its last character. */
  readonly end: number;
  /** What it becomes; undefined when nobody knows before more has come. */
  readonly text: string | undefined;
}

/**
 * Finds the first change in `text` from `from` on. What is before `from` is context that has gone
 * already. A change has at least one character.
 * @param last nothing follows: everything is to be decided
 */
export type Find = (text: string, from: number, last: boolean) => Found | undefined;

/** What stands in place of a match; undefined leaves it. Text is a character per byte. */
export type Replacement =
  | string
  | Uint8Array
  | ((match: RegExpExecArray) => string | Uint8Array | undefined);

/** A pattern and what stands in its place. In a text after a pattern, `$1` and `$<name>` are groups. */
export type Rule = readonly [pattern: string | Uint8Array | RegExp, replacement: Replacement];

const literal = (text: string): RegExp => new RegExp(text.replace(/[^\w\s]/g, '\\$&'));

function bytesOf(text: string): string {
  for (const char of text)
    if (char > '\xff')
      throw new TypeError(`“${char}” is no byte; encode the text and give its bytes`);
  return text;
}

const LONGEST = 0xffff;

function text(value: string | Uint8Array): string {
  if (value.length > LONGEST)
    throw new RangeError(`${value.length} bytes: ${LONGEST} are the most`);
  return typeof value === 'string' ? bytesOf(value) : latin1(value);
}

/** `$&`, `$1` and `$<name>` as String.replace() takes them; groups that took no part are empty. */
const expand = (template: string, match: RegExpExecArray): string =>
  template.replace(/\$(?:(\$)|(&)|(\d)|<([^>]*)>)/g, (_, dollar, whole, digit, name) => {
    if (dollar !== undefined) return '$';
    if (whole !== undefined) return match[0];
    return (digit === undefined ? match.groups?.[name] : match[Number(digit)]) ?? '';
  });

type Write = (match: RegExpExecArray) => string;

function writer(pattern: Rule[0], replacement: Replacement): Write {
  if (typeof replacement === 'function') {
    return (match) => {
      const given = replacement(match);
      return given === undefined ? match[0] : text(given);
    };
  }
  const fixed = text(replacement);
  const isTemplate = pattern instanceof RegExp && typeof replacement === 'string';
  return isTemplate && fixed.includes('$') ? (match) => expand(fixed, match) : () => fixed;
}

/** One pattern. An empty match changes nothing. */
function finder([pattern, replacement]: Rule): Find {
  const whole = pattern instanceof RegExp ? pattern : literal(text(pattern));
  if (whole.source === '(?:)') throw new TypeError('an empty pattern changes nothing');
  const open = new OpenEnded(whole);
  const closed = new RegExp(whole.source, whole.flags.replace(/[gyd]/g, '').concat('y'));
  const write = writer(pattern, replacement);
  return (text, from, last) => {
    for (let at = from; at < text.length; at++) {
      at = open.search(text, at);
      if (at < 0 || at === text.length) return undefined;
      if (open.mayChange && !last) return { at, end: text.length, text: undefined };
      closed.lastIndex = at;
      const match = closed.exec(text);
      if (match !== null && match[0] !== '')
        return { at, end: at + match[0].length, text: write(match) };
    }
    return undefined;
  };
}

/**
 * All patterns at once: the leftmost match counts, of several at one place that of the first rule.
 * @throws TypeError for a pattern that a stream cannot be searched for
 */
export function findRules(rules: readonly Rule[]): Find {
  const finders = rules.map(finder);
  return (text, from, last) => {
    let first: Found | undefined;
    for (const find of finders) {
      const found = find(text, from, last);
      if (found !== undefined && (first === undefined || found.at < first.at)) first = found;
    }
    return first;
  };
}
