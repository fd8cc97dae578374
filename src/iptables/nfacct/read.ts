// What `nfacct list` prints and `nfacct restore` reads: a line for each accounting object.

import { utf8Decode, utf8Encode } from '../../bytes/index.ts';
import type { AcctObject, AcctQuota } from '../../program/index.ts';

/** NFACCT_NAME_MAX without its terminator; the library cuts names to it. */
const NAME_LENGTH = 31;
const U64_MAX = 2n ** 64n - 1n;

/** The quota stands in the list of 1.0.2, whose own restore does not read the word behind its mode. */
const OBJECT =
  /^\{\s*pkts\s*=\s*([-+]?\d+),\s*bytes\s*=\s*([-+]?\d+)(?:,\s*quota\s*=\s*([-+]?\d+),\s*mode\s*=\s*([^\s,]+),?(?:\s*overquota\s*=\s*(\S+))?)?\s*\}\s*=\s*(\S+)/;

/** As a name is sent to the kernel. */
export function acctName(word: string): string {
  const bytes = utf8Encode(word);
  return bytes.length <= NAME_LENGTH ? word : utf8Decode(bytes.subarray(0, NAME_LENGTH));
}

/** strtoull(3): a sign turns round, and what is too large is as large as can be. Undefined without a digit. */
export function acctNumber(word: string): string | undefined {
  const found = /^\s*([-+]?)(\d+)/.exec(word);
  if (found === null) return undefined;
  const value = BigInt(found[2] ?? '0');
  if (value > U64_MAX) return String(U64_MAX);
  return String(found[1] === '-' ? BigInt.asUintN(64, -value) : value);
}

const quotaOf = (value: string, mode: string, over: string): AcctQuota => ({
  mode: mode === 'byte' ? 'byte' : 'packet',
  value: acctNumber(value) ?? '0',
  over: over === 'yes',
});

/** What a line says up to its semicolon; or what nfacct calls wrong about it. */
export function readAcctLine(line: string): AcctObject | string {
  const end = line.indexOf(';');
  if (end < 0) return 'invalid line';
  const found = OBJECT.exec(line.slice(0, end));
  if (found === null) return 'error reading input';
  const [, packets = '', bytes = '', value, mode = '', over = '', name = ''] = found;
  return {
    name: acctName(name),
    packets: acctNumber(packets) ?? '0',
    bytes: acctNumber(bytes) ?? '0',
    ...(value !== undefined && { quota: quotaOf(value, mode, over) }),
  };
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface AcctProblem extends Place {
  readonly code: 'nfacct_syntax' | 'nfacct_exists';
  readonly severity: 'error';
  readonly message: string;
  /** The sentence with its place, and the line. */
  readonly text: string;
}

export interface AcctList {
  readonly objects: readonly AcctObject[];
  readonly problems: readonly AcctProblem[];
}

/** Reads a list. A line that is wrong is a problem with its place, and the others are read all the same. */
export function parseAcctList(
  { name, text }: { readonly name: string; readonly text: string },
  known: Iterable<string> = [],
): AcctList {
  const names = new Set(known);
  const objects: AcctObject[] = [];
  const problems: AcctProblem[] = [];
  text.split('\n').forEach((line, i) => {
    if (/^\s*(#|$)/.test(line)) return;
    const place = { file: name, line: i + 1, column: line.search(/\S/) + 1 };
    const read = readAcctLine(line.trim());
    if (typeof read === 'string')
      problems.push(problem('nfacct_syntax', sentence(read), place, line));
    else if (names.has(read.name))
      problems.push(problem('nfacct_exists', `there is a '${read.name}' already`, place, line));
    else {
      names.add(read.name);
      objects.push(read);
    }
  });
  return { objects, problems };
}

const sentence = (said: string): string =>
  said === 'invalid line'
    ? 'an accounting object ends with a semicolon'
    : 'an accounting object is written { pkts = N, bytes = N } = NAME; or with quota = N, mode = byte|packet behind the bytes';

function problem(
  code: AcctProblem['code'],
  message: string,
  place: Place,
  line: string,
): AcctProblem {
  const at = `${place.file}:${place.line}:${place.column}`;
  const text = `${at}: error: ${message}\n${String(place.line).padStart(4)} | ${line.trim()}`;
  return { code, severity: 'error', message, ...place, text };
}
