/**
 * The irregular tokens of nftables' scanner.l: addresses, times, traffic class ids. Each matcher
 * returns the length of the longest prefix at `at` that is one, or 0. They overlap (`1d` starts a
 * time and an IPv6 address, `80:80` is a class id and two MAC bytes), so the scanner asks all that
 * can apply and takes the longest, as flex does.
 */

const DIGIT = 1;
const HEX = 2;
const LETTER = 4;
/** May follow in an unquoted string: `[a-zA-Z0-9/_.-]`. */
const STRING_PART = 8;

const CLASS = new Uint8Array(128);
for (let c = 48; c <= 57; c++) CLASS[c] = DIGIT | HEX | STRING_PART;
for (let c = 97; c <= 122; c++) CLASS[c] = LETTER | STRING_PART | (c <= 102 ? HEX : 0);
for (let c = 65; c <= 90; c++) CLASS[c] = LETTER | STRING_PART | (c <= 70 ? HEX : 0);
for (const c of '/-_.') CLASS[c.charCodeAt(0)] = STRING_PART;

const is = (c: number, mask: number): boolean => c < 128 && (CLASS[c]! & mask) !== 0;
export const isDigit = (c: number): boolean => c >= 48 && c <= 57;
export const isHex = (c: number): boolean => is(c, HEX);
export const isLetter = (c: number): boolean => is(c, LETTER);
export const isStringPart = (c: number): boolean => is(c, STRING_PART);

const COLON = 58;
const DOT = 46;

export function digits(text: string, at: number): number {
  let i = at;
  while (isDigit(text.charCodeAt(i))) i++;
  return i - at;
}

function hexDigits(text: string, at: number, max: number): number {
  let n = 0;
  while (n < max && isHex(text.charCodeAt(at + n))) n++;
  return n;
}

/** Four groups of one to three digits; their values are checked with the datatype. */
export function matchIpv4(text: string, at: number): number {
  let i = at;
  for (let group = 0; group < 4; group++) {
    if (group > 0) {
      if (text.charCodeAt(i) !== DOT) return 0;
      i++;
    }
    const n = digits(text, i);
    // Of a fourth group only three digits belong to the token.
    if (n === 0 || (n > 3 && group < 3)) return 0;
    i += Math.min(n, 3);
  }
  return i - at;
}

/** RFC 4291 §2.2, with one `::` and an IPv4 tail: `fe80::1`, `::`, `64:ff9b::192.0.2.1`. */
export function matchIpv6(text: string, at: number): number {
  let i = at;
  let best = 0;
  let groups = 0;
  let compressed = false;
  if (text.charCodeAt(i) === COLON) {
    if (text.charCodeAt(i + 1) !== COLON) return 0;
    compressed = true;
    i += 2;
    best = 2;
  }
  while (groups < 8) {
    const tail = groups === 6 || (compressed && groups < 6) ? matchIpv4(text, i) : 0;
    if (tail > 0) return i + tail - at;
    const n = hexDigits(text, i, 4);
    if (n === 0) return best;
    groups++;
    i += n;
    if (compressed ? groups <= 7 : groups === 8) best = i - at;
    if (text.charCodeAt(i) !== COLON) return best;
    if (text.charCodeAt(i + 1) !== COLON) {
      i++;
    } else {
      if (compressed) return best;
      compressed = true;
      i += 2;
      best = i - at;
    }
  }
  return best;
}

/** Six groups of one or two hexadecimal digits. */
export function matchMac(text: string, at: number): number {
  let i = at;
  for (let group = 0; group < 6; group++) {
    if (group > 0) {
      if (text.charCodeAt(i) !== COLON) return 0;
      i++;
    }
    const n = hexDigits(text, i, 2);
    if (n === 0) return 0;
    i += n;
  }
  return i - at;
}

/** `major:minor`, only where what follows shows that the token ends: blank, `:`, `-`, `}`, `,`. */
export function matchClassid(text: string, at: number): number {
  const major = hexDigits(text, at, 4);
  if (major === 0 || text.charCodeAt(at + major) !== COLON) return 0;
  const minor = hexDigits(text, at + major + 1, 4);
  const end = at + major + 1 + minor;
  // The end of the text is the end of a line.
  return minor > 0 && ' \t\n:-},'.includes(text[end] ?? '\n') ? end - at : 0;
}

const UNITS: readonly string[] = ['d', 'h', 'm', 's', 'ms'];
/** Milliseconds, in the order of UNITS. */
const FACTORS = [86_400_000, 3_600_000, 60_000, 1000, 1] as const;

/** Index of the unit at a place, -1 for none; `ms` before `m`. */
const unitAt = (text: string, at: number): number =>
  text.startsWith('ms', at) ? 4 : UNITS.indexOf(text[at] ?? '');

/** Days, hours, minutes, seconds, milliseconds, in this order, each optional: `1d2h`, `30s`. */
export function matchTime(text: string, at: number): number {
  let i = at;
  for (let rank = -1; ; ) {
    const n = digits(text, i);
    const next = unitAt(text, i + n);
    if (n === 0 || next <= rank) return i - at;
    rank = next;
    i += n + UNITS[next]!.length;
  }
}

/** The value of a time string in milliseconds, or undefined if it is none. */
export function timeValue(text: string): number | undefined {
  if (text === '' || matchTime(text, 0) !== text.length) return undefined;
  let sum = 0;
  for (let i = 0; i < text.length; ) {
    const n = digits(text, i);
    const unit = unitAt(text, i + n);
    sum += Number(text.slice(i, i + n)) * FACTORS[unit]!;
    i += n + UNITS[unit]!.length;
  }
  return Number.isSafeInteger(sum) ? sum : undefined;
}
