// The text that fingerprints are kept in (pf.os(5)), read as nfnl_osf(8) does:
//
//   S4:64:1:60:M*,S,T,N,W7:  Linux:2.6::Linux 2.6 (newer, 3)
//   window:ttl:df:length:options:genre:version:subtype:details

import type { Fingerprint, WindowRule } from '../../core/index.ts';

/** Kind and length by the letter of an option; letters of quirks count for nothing. */
const OPTIONS: Readonly<Record<string, { kind: number; length: number }>> = {
  E: { kind: 0, length: 1 },
  N: { kind: 1, length: 1 },
  M: { kind: 2, length: 4 },
  W: { kind: 3, length: 3 },
  S: { kind: 4, length: 2 },
  T: { kind: 8, length: 10 },
};
const FIELDS = 9;
/** MAXGENRELEN of nfnetlink_osf.h, with the zero at the end. */
const MAX_GENRE = 32;
const MAX_OPTIONS = 40;

export interface FingerprintProblem {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

export interface ReadFingerprints {
  readonly fingerprints: readonly Fingerprint[];
  readonly problems: readonly FingerprintProblem[];
}

const RULES: Readonly<Record<string, WindowRule>> = { S: 'mss', T: 'mtu', '%': 'modulo' };

function windowOf(text: string): Fingerprint['window'] | string {
  const rule = RULES[text.charAt(0)] ?? 'plain';
  const digits = (rule === 'plain' ? text : text.slice(1)).replace(/^[%*]/, '');
  const value = digits === '' ? 0 : Number(digits);
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) return `'${text}' is no window size`;
  // Nothing is a multiple of zero; the kernel refuses it, too.
  return rule === 'modulo' && value === 0 ? 'a window that is a multiple of 0' : { rule, value };
}

const cut = (text: string): string => text.slice(0, MAX_GENRE - 1);

/** strtoul() of a field that must be a small number. */
function numberOf(text: string, most: number): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value <= most ? value : undefined;
}

function lineOf(line: string): Fingerprint | string {
  const fields = line.split(':').map((field) => field.trim());
  if (fields.length !== FIELDS) return `${fields.length} fields instead of ${FIELDS}`;
  const [window = '', ttl = '', df = '', length = '', options = '', genre = ''] = fields;
  const size = windowOf(window);
  if (typeof size === 'string') return size;
  const hops = numberOf(ttl, 0xff);
  const dontFragment = numberOf(df, 1);
  const total = numberOf(length, 0xffff);
  if (hops === undefined) return `'${ttl}' is no TTL`;
  if (dontFragment === undefined) return `'${df}' is neither 0 nor 1`;
  if (total === undefined) return `'${length}' is no length`;
  const kinds = options.split(',').map((option) => OPTIONS[option.trim().charAt(0)]);
  const known = kinds.filter((one) => one !== undefined);
  if (known.length > MAX_OPTIONS) return `more than ${MAX_OPTIONS} options`;
  return {
    window: size,
    ttl: hops,
    df: dontFragment === 1,
    length: total,
    options: known,
    // A genre behind @ or * is one that is only guessed.
    genre: cut(genre.replace(/^[@*]/, '')),
    version: cut(fields[6] ?? ''),
    subtype: cut(fields[7] ?? ''),
  };
}

/** Reads a whole file. Lines that cannot be read are told, and left out. Never throws. */
export function parseFingerprints(text: string): ReadFingerprints {
  const fingerprints: Fingerprint[] = [];
  const problems: FingerprintProblem[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const read = lineOf(line);
    if (typeof read === 'string') problems.push({ line: i + 1, message: read });
    else fingerprints.push(read);
  }
  return { fingerprints, problems };
}
