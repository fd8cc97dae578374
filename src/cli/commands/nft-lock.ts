// One writer at a time, between processes: a file that only one can make. It is linked into place
// whole, with the holder's process in it, so that whoever finds it can tell whether the holder lives.

import { linkSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { Failure } from '../failure.ts';

/** How long a call waits for others; iptables -w waits for ever, which a script cannot tell from a bug. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;
/** Taking a dead process's lock away is a matter of microseconds. */
const BREAKING_MS = 5000;

const sleeper = new Int32Array(new SharedArrayBuffer(4));
const pause = (ms: number): void => {
  Atomics.wait(sleeper, 0, 0, ms);
};

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/** Process and the moment it started: a number alone may have gone to another process since. */
function identity(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc_pid_stat(5): the name is in parentheses and may hold anything; starttime is field 22.
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
  } catch {
    return `${pid} `;
  }
}

export function isAlive(holder: string): boolean {
  const pid = Number(holder.split(' ')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return codeOf(error) === 'EPERM';
  }
  const started = holder.split(' ')[1] ?? '';
  return started === '' || identity(pid) === holder;
}

/** Makes the file if there is none; false where there is one. */
function claim(path: string): boolean {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, identity(process.pid));
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(own);
  }
}

function holderOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Takes away the lock of a process that is gone. Two may find it at once, and the slower must not
 * take the lock the faster has made since: so only one looks at a time, and looks again.
 */
function breakStale(path: string): void {
  const breaking = `${path}.break`;
  if (!claim(breaking)) {
    const age = Date.now() - (statSync(breaking, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > BREAKING_MS) rmSync(breaking, { force: true });
    return;
  }
  try {
    const holder = holderOf(path);
    if (holder !== undefined && !isAlive(holder)) rmSync(path, { force: true });
  } finally {
    rmSync(breaking, { force: true });
  }
}

/**
 * Runs `work` while no other process does, waiting for its turn.
 * @throws Failure when another process has held the lock for a minute
 */
export function withLock<T>(path: string, work: () => T): T {
  const deadline = Date.now() + PATIENCE_MS;
  let wait = FIRST_PAUSE_MS;
  while (!claim(path)) {
    const holder = holderOf(path);
    if (holder !== undefined && !isAlive(holder)) {
      breakStale(path);
      continue;
    }
    if (Date.now() > deadline)
      throw new Failure(`${path}: held by process ${holder?.split(' ')[0] ?? '?'} for a minute`);
    pause(wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, LONGEST_PAUSE_MS);
  }
  try {
    return work();
  } finally {
    rmSync(path, { force: true });
  }
}
