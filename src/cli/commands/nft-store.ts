// The state file of `sluice nft`. Written beside itself and renamed, so that it is either the old
// ruleset or the new one, whatever happens in between.

import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { RulesetStateData } from '../../lab/index.ts';
import { EMPTY_PROGRAM } from '../../program/index.ts';
import { Failure, fileFailure } from '../failure.ts';
import { makeFolder } from './nft-folder.ts';
import { isAlive, withLock } from './nft-lock.ts';

export const EMPTY_STATE: RulesetStateData = Object.freeze({
  program: EMPTY_PROGRAM,
  generation: 1,
  lastTableHandle: 0,
  lastHandles: {},
  interfaces: {},
  at: 0,
});

const FORMAT = 'sluice-ruleset/1';

type Env = Readonly<Record<string, string | undefined>>;

/** `--state`, the environment, or the XDG base directory specification's place for state. */
export function statePath(given: string | undefined, env: Env): string {
  const named = given ?? env.SLUICE_STATE;
  if (named !== undefined && named !== '') return resolve(named);
  const { XDG_STATE_HOME: xdg } = env;
  // Relative paths in it are to be ignored, says the specification.
  const base = xdg?.startsWith('/') ? xdg : join(env.HOME ?? homedir(), '.local', 'state');
  return join(base, 'sluice', 'ruleset.json');
}

const sumOf = (body: string): string => createHash('sha256').update(body).digest('hex');

/**
 * JSON of two lines: the sum in the first is that of the second, so that what was written by this
 * program need not be checked again field by field.
 */
function serialised(state: RulesetStateData): string {
  const body = `"state":${JSON.stringify(state)}}\n`;
  return `{"format":"${FORMAT}","sha256":"${sumOf(body)}",\n${body}`;
}

const HEAD = /^\{"format":"([^"]*)","sha256":"([0-9a-f]{64})",\n/;

function damaged(path: string, what: string): never {
  throw new Failure(
    `${path}: ${what}. It is left as it is: move it away to start with an empty ruleset`,
  );
}

function parsed(path: string, text: string): RulesetStateData {
  const head = HEAD.exec(text);
  if (head === null) damaged(path, 'not a state file of sluice, or damaged');
  const [first, format, sum] = head;
  if (format !== FORMAT) damaged(path, `written by another version of sluice (${format})`);
  if (sumOf(text.slice(first.length)) !== sum)
    damaged(path, 'damaged: its checksum is not that of its content');
  const { state } = JSON.parse(text) as { readonly state: RulesetStateData };
  return state;
}

/** What a state file holds, and the text it was read from. */
export interface Stored {
  readonly state: RulesetStateData;
  readonly text: string | undefined;
}

export class Store {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Needs no lock: a file is replaced, never written into. @throws Failure where it is damaged */
  read(before?: Stored): Stored {
    const text = this.#text();
    if (before !== undefined && before.text === text) return before;
    if (text === undefined) return { state: EMPTY_STATE, text };
    return { state: parsed(this.path, text), text };
  }

  #text(): string | undefined {
    try {
      return readFileSync(this.path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw fileFailure(this.path, error);
    }
  }

  /** Runs `work` as the only one that changes the state. */
  exclusively<T>(work: () => T): T {
    makeFolder(dirname(this.path));
    return withLock(`${this.path}.lock`, work);
  }

  /** Only within `exclusively`. On the disk when it returns. */
  write(state: RulesetStateData): Stored {
    const text = serialised(state);
    const draft = `${this.path}.${process.pid}.new`;
    this.#sweep();
    writeThrough(draft, text);
    renameSync(draft, this.path);
    syncFolder(dirname(this.path));
    return { state, text };
  }

  /** What calls that were killed left lying: drafts, and files on their way to be a lock. */
  #sweep(): void {
    const folder = dirname(this.path);
    const name = basename(this.path);
    for (const entry of readdirSync(folder)) {
      if (!entry.startsWith(`${name}.`)) continue;
      const owner = LEFT_OVER.exec(entry.slice(name.length))?.[1];
      if (owner !== undefined && !isAlive(owner)) rmSync(join(folder, entry), { force: true });
    }
  }
}

const LEFT_OVER = /^\.(?:lock\.|lock\.break\.)?(\d+)(?:\.new)?$/;

function writeThrough(path: string, text: string): void {
  const file = openSync(path, 'w', 0o600);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A rename is only kept by its folder. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
