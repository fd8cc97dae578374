// Files that `ipset save` writes and `ipset restore` reads, as changes with their places.

import type { IpSetChange, IpSetFamily, IpSetType } from '../../program/index.ts';
import { type IpsetCommand, type IpsetContext, ipsetOptions, readCommand } from './command.ts';
import { IpsetFault } from './fault.ts';
import { isCommit, isNothing, wordsOfLine } from './line.ts';
import type { IpsetNames } from './names.ts';

/** What is wrong with a line. */
export interface IpsetProblem {
  readonly code: 'ipset_syntax' | 'ipset_unsupported';
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The sentence with its place, and the line. */
  readonly text: string;
}

export interface IpsetRestore {
  readonly changes: readonly IpSetChange[];
  readonly problems: readonly IpsetProblem[];
}

interface KnownType {
  readonly type: IpSetType;
  readonly family: IpSetFamily;
}

/** Which sets there are while a file is read: what it makes counts, whatever the kernel will say. */
export class KnownSets {
  readonly #sets: Map<string, KnownType>;

  constructor(sets: Iterable<KnownType & { readonly name: string }> = []) {
    this.#sets = new Map([...sets].map((set) => [set.name, set]));
  }

  get(name: string): KnownType | undefined {
    return this.#sets.get(name);
  }

  after(change: IpSetChange): void {
    switch (change.kind) {
      case 'create':
        if (!this.#sets.has(change.set)) this.#sets.set(change.set, change);
        break;
      case 'destroy':
        if (change.set === undefined) this.#sets.clear();
        else this.#sets.delete(change.set);
        break;
      case 'rename':
      case 'swap':
        this.#exchange(change.set, change.to);
        break;
      default:
    }
  }

  #exchange(from: string, to: string): void {
    const first = this.#sets.get(from);
    const second = this.#sets.get(to);
    if (first !== undefined) this.#sets.set(to, first);
    if (second !== undefined) this.#sets.set(from, second);
    else this.#sets.delete(from);
  }
}

export interface RestoreOptions {
  /** Sets that there are before. */
  readonly known?: Iterable<KnownType & { readonly name: string }>;
  readonly names?: IpsetNames;
}

/**
 * Reads a restore file. A line that is wrong is a problem with its place, and the others are read
 * all the same. Lines that ask (`test`, `list`, `save`) change nothing and are left out.
 */
export function parseIpsetRestore(
  source: { readonly name: string; readonly text: string },
  options: RestoreOptions = {},
): IpsetRestore {
  const known = new KnownSets(options.known);
  const context: IpsetContext = {
    options: ipsetOptions(),
    names: options.names ?? {},
    mode: 'restore',
    known: (name) => known.get(name),
  };
  const changes: IpSetChange[] = [];
  const problems: IpsetProblem[] = [];
  source.text.split('\n').forEach((line, i, lines) => {
    if (isNothing(line) || isCommit(line)) return;
    const place = { file: source.name, line: i + 1, column: line.search(/\S/) + 1 };
    const read = readLine(line, i + 1 === lines.length, context);
    if (read instanceof IpsetFault) {
      problems.push(problem(read.message, 'error', place, line));
      return;
    }
    if (read.kind !== 'change') return;
    for (const warning of read.warnings) problems.push(problem(warning, 'warning', place, line));
    const change = { ...read.change, source: { ...place, text: line.trim() } };
    known.after(change);
    if (change.kind !== 'test') changes.push(change);
  });
  return { changes, problems };
}

function readLine(line: string, isLast: boolean, context: IpsetContext): IpsetCommand | IpsetFault {
  try {
    return readCommand(
      wordsOfLine(line, isLast).map(({ text }) => text),
      context,
    );
  } catch (error) {
    if (error instanceof IpsetFault) return error;
    throw error;
  }
}

function problem(
  message: string,
  severity: IpsetProblem['severity'],
  place: { readonly file: string; readonly line: number; readonly column: number },
  line: string,
): IpsetProblem {
  const at = `${place.file}:${place.line}:${place.column}`;
  return {
    code: severity === 'error' ? 'ipset_syntax' : 'ipset_unsupported',
    severity,
    message,
    ...place,
    text: `${at}: ${severity}: ${message}\n${String(place.line).padStart(4)} | ${line.trim()}`,
  };
}
