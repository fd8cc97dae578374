// Regular expressions over text that goes on later. What a pattern finds in the beginning of a stream
// is what it will find in all of it only if finding it never depended on where the text ends. So every
// step of the pattern may also succeed at the end, and says so by a group: `ab` becomes `(?:a|E)(?:b|E)`.
// Steps are tried in the order of the pattern itself, so the first success is the one of the whole text
// when no such group took part in it, and means "wait, from here on" when one did.

const MARK = '$e';

const ESCAPE = /\\(?:x[\da-f]{2}|u[\da-f]{4}|u\{[\da-f]+\}|c[a-z]|[pP]\{[^}]*\}|[\s\S])/iy;
const CLASS = /\[(?:\\[\s\S]|[^\]\\])*\]/y;
const QUANTIFIER = /(?:[*+?]|\{\d+(?:,\d*)?\})\??/y;
const LOOKBEHIND = /\(\?<[=!]/y;
const OPEN = /\((?:\?:|\?<(?![=!])[^>]*>|(?!\?))/y;
/** What depends on the character behind it and takes none. */
const LOOKS_ON = /^(?:\$|\\[bB])$/;
/** Takes as much as it can, so more text may give it more. */
const GREEDY = /^(?:[*+?]|\{\d+,\d*\})$/;

/** What `token` takes at `at`, '' where it does not fit. */
function take(source: string, token: RegExp, at: number): string {
  token.lastIndex = at;
  return token.exec(source)?.[0] ?? '';
}

/** A look-behind sees what has come already: as it is, to its closing parenthesis. */
function lookBehind(source: string, at: number): string {
  let depth = 0;
  for (let i = at; i < source.length; i++) {
    const skipped = take(source, ESCAPE, i) || take(source, CLASS, i);
    if (skipped !== '') i += skipped.length - 1;
    else if (source[i] === '(') depth++;
    else if (source[i] === ')' && --depth === 0) return source.slice(at, i + 1);
  }
  return source.slice(at);
}

function refuse(source: string, what: string): never {
  throw new TypeError(`/${source}/ has ${what}, which a stream cannot be searched for`);
}

/** A step that takes characters, or that looks at one. */
function atomAt(source: string, at: number): string {
  const behind = take(source, LOOKBEHIND, at) && lookBehind(source, at);
  if (behind !== '') return behind;
  if (source[at] === '(') refuse(source, 'a look-ahead or a modifier');
  const escaped = take(source, ESCAPE, at);
  if (/^\\[1-9k]/.test(escaped)) refuse(source, 'a reference to a group');
  return escaped || take(source, CLASS, at) || String.fromCodePoint(source.codePointAt(at)!);
}

function written(source: string): string {
  let marks = 0;
  // Nothing follows, whatever the flags.
  const end = (): string => `(?![^])(?<${MARK}${marks++}>)`;
  let out = '';
  for (let at = 0; at < source.length; ) {
    const quantifier = take(source, QUANTIFIER, at);
    const structure = quantifier || take(source, OPEN, at) || (/[|)]/.exec(source[at]!)?.[0] ?? '');
    const step = structure || atomAt(source, at);
    at += step.length;
    out +=
      step === structure
        ? step
        : LOOKS_ON.test(step)
          ? `(?:${end()}|${step})`
          : `(?:${step}|${end()})`;
    if (quantifier !== '' && GREEDY.test(quantifier)) out += `(?:${end()}|)`;
  }
  return out;
}

/** Searches a text that goes on for a pattern. */
export class OpenEnded {
  readonly #regex: RegExp;
  /** Whether what was found last may become another match, or none, when more text comes. */
  mayChange = false;

  /** @throws TypeError for patterns with look-ahead, references to groups or the flag `v` */
  constructor({ source, flags }: RegExp) {
    if (flags.includes('v')) refuse(source, 'the flag v');
    this.#regex = new RegExp(written(source), `${flags.replace(/[gyd]/g, '')}g`);
  }

  /** Where the leftmost match begins that is not before `from`; -1 for none. */
  search(text: string, from: number): number {
    this.#regex.lastIndex = from;
    const match = this.#regex.exec(text);
    if (match === null) return -1;
    const touches = match.index + match[0].length === text.length;
    this.mayChange = touches && tookPart(match.groups);
    return match.index;
  }
}

function tookPart(groups: Readonly<Record<string, string | undefined>> = {}): boolean {
  for (const name in groups) if (name.startsWith(MARK) && groups[name] !== undefined) return true;
  return false;
}
