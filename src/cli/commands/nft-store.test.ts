// The state file between processes: turns are taken, and nothing is ever half written.

import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Failure } from '../failure.ts';
import { bundled } from '../test-bundled.ts';
import { testHost } from '../test-host.ts';
import { nft } from './nft.ts';
import { makeFolder } from './nft-folder.ts';
import { withLock } from './nft-lock.ts';
import { Store, statePath } from './nft-store.ts';

const WRITER = 'src/cli/commands/nft-test-writer.ts';
const SLOW = 60_000;

let folder = '';
let state = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-store-'));
  state = join(folder, 'ruleset.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(...words: string[]) {
  const host = testHost({ env: { SLUICE_STATE: state } });
  const code = await nft(words, host);
  return { code, out: host.stdout(), err: host.stderr() };
}

const writer = (count: number, command: string): ChildProcess =>
  spawn(process.execPath, [bundled(WRITER), String(count), command], {
    env: { ...process.env, SLUICE_STATE: state },
    stdio: ['ignore', 'pipe', 'inherit'],
  });

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('exit', resolve));

/** Rules there are; the command works, or this throws. */
async function marks(): Promise<number> {
  const { code, out, err } = await run('list', 'chain', 'ip', 't', 'c');
  if (code !== 0) throw new Error(err);
  return out.match(/meta mark/g)?.length ?? 0;
}

const begun = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => child.stdout?.once('data', () => resolve()));

test(
  'two processes that add 100 rules each lose none, and no handle is given twice',
  async () => {
    await run('add table ip t; add chain ip t a; add chain ip t b');
    const codes = await Promise.all([
      ended(writer(100, 'add rule ip t a meta mark %')),
      ended(writer(100, 'add rule ip t b meta mark %')),
    ]);
    expect(codes).toEqual([0, 0]);
    const { out } = await run('-a', 'list', 'ruleset');
    const handles = [...out.matchAll(/meta mark .* # handle (\d+)/g)].map(([, handle]) => handle);
    expect(handles.length).toBe(200);
    expect(new Set(handles).size).toBe(200);
    expect(readdirSync(folder)).toEqual(['ruleset.json']);
  },
  SLOW,
);

test(
  'a process killed while it writes leaves a whole ruleset, and the next call goes on',
  async () => {
    await run('add table ip t; add chain ip t c; add set ip t s { type mark; }');
    for (let round = 0; round < 4; round++) {
      const child = writer(100_000, 'add rule ip t c meta mark %; add rule ip t c meta mark %');
      await begun(child);
      const before = await marks();
      while ((await marks()) <= before) await pause(5);
      await pause(round * 23);
      child.kill('SIGKILL');
      await ended(child);
      expect((await marks()) % 2).toBe(0);
      expect((await run('add', 'element', 'ip', 't', 's', `{ ${round} }`)).code).toBe(0);
    }
    expect(readdirSync(folder)).toEqual(['ruleset.json']);
  },
  SLOW,
);

test('the lock of a process that is gone is taken away', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await ended(child);
  await run('add table ip t');
  writeFileSync(`${state}.lock`, `${child.pid} 1`);
  expect((await run('add table ip u')).code).toBe(0);
  expect(existsSync(`${state}.lock`)).toBe(false);
});

test('a number that went to another process since does not hold a lock', () => {
  const path = join(folder, 'lock');
  // This process lives, but it did not start at the beginning of time.
  writeFileSync(path, `${process.pid} 1`);
  expect(withLock(path, () => 'done')).toBe('done');
});

test.each([
  { name: 'cut short', damage: (text: string) => text.slice(0, -9) },
  { name: 'changed', damage: (text: string) => text.replace('"t"', '"u"') },
  { name: 'something else', damage: () => '{"nftables": []}' },
  { name: 'empty', damage: () => '' },
  { name: 'of the future', damage: (text: string) => text.replace('ruleset/1', 'ruleset/9') },
])('a state file that is $name is refused and left as it is', async ({ damage }) => {
  await run('add table ip t');
  const broken = damage(readFileSync(state, 'utf8'));
  writeFileSync(state, broken);
  for (const command of ['list ruleset', 'add table ip v', 'flush ruleset']) {
    const { code, err } = await run(command);
    expect(code).toBe(1);
    expect(err).toMatch(/^Error: .*ruleset\.json: .*left as it is/);
  }
  expect(readFileSync(state, 'utf8')).toBe(broken);
});

test('folders on the way to the state file are made', () => {
  makeFolder(join(folder, 'a', 'b', 'c'));
  expect(statSync(join(folder, 'a', 'b', 'c')).mode & 0o777).toBe(0o700);
  makeFolder(join(folder, 'a', 'b', 'c'));
});

test('a folder that cannot be made is an error, also where the parent hides it', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => makeFolder(join(folder, 'file', 'deeper'))).toThrow(Failure);
  expect(() => makeFolder('/proc/sluice/state')).toThrow(Failure);
});

test('a refused transaction leaves the file untouched, or else only spends handles', async () => {
  await run('add table ip t');
  const before = readFileSync(state, 'utf8');
  expect((await run('create table ip t')).code).toBe(1);
  expect((await run('-c', 'add chain ip t c; create table ip t')).code).toBe(1);
  expect(readFileSync(state, 'utf8')).toBe(before);
  expect((await run('add chain ip t c; create table ip t')).code).toBe(1);
  await run('add chain ip t d');
  expect((await run('-a', 'list table ip t')).out).toBe(
    'table ip t { # handle 1\n\tchain d { # handle 2\n\t}\n}\n',
  );
});

test('each refused command of a call is told', async () => {
  const { err } = await run('add table ip t; create table ip t; create table ip t');
  expect(err.match(/File exists/g)).toHaveLength(2);
});

test('handles go on where they were, also behind deletions', async () => {
  await run('add table ip t; add chain ip t c; add rule ip t c accept');
  await run('delete rule ip t c handle 2');
  await run('add rule ip t c drop');
  expect((await run('-a list table t')).code).toBe(1);
  expect((await run('-a', 'list table t')).out).toContain('drop # handle 3');
  const { state: kept } = new Store(state).read();
  expect(kept.generation).toBe(4);
});

test.each([
  { name: '--state', given: '/a/b', env: { SLUICE_STATE: '/c' }, want: '/a/b' },
  { name: 'SLUICE_STATE', given: undefined, env: { SLUICE_STATE: '/c' }, want: '/c' },
  {
    name: 'XDG_STATE_HOME',
    given: undefined,
    env: { XDG_STATE_HOME: '/x', HOME: '/h' },
    want: '/x/sluice/ruleset.json',
  },
  {
    name: 'a relative XDG_STATE_HOME, which counts for nothing',
    given: undefined,
    env: { XDG_STATE_HOME: 'x', HOME: '/h' },
    want: '/h/.local/state/sluice/ruleset.json',
  },
])('the state file is named by $name', ({ given, env, want }) => {
  expect(statePath(given, env)).toBe(want);
});
