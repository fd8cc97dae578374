import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BuiltCommand, cacheFile } from './built.ts';
import { Failure } from './failure.ts';

let folder = '';

const script = (name: string, modules: string): void =>
  writeFileSync(
    join(folder, `${name}.cjs`),
    `(function (require, module) {module.exports = {modules: ${modules}}})`,
  );

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-built-'));
  script(
    'main',
    `{'main': () => ({run: () => require('#far/a/b').twice(21) + require('node:path').sep})}`,
  );
  script('far', `{'a/b': () => ({twice: (n) => 2 * n})}`);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the command in that folder. */
function runs() {
  const command = new BuiltCommand<{ run(): string }>(folder);
  const before = [...command.scripts.keys()];
  const { main } = command;
  return { command, before, said: main.run(), main };
}

test('a script is loaded when something of it is required, and once', () => {
  const { command, before, said, main } = runs();
  expect(before).toEqual([]);
  expect(said).toBe('42/');
  expect([...command.scripts.keys()]).toEqual(['main', 'far']);
  const { far } = Object.fromEntries(command.scripts);
  expect(main.run()).toBe('42/');
  expect(command.scripts.get('far')).toBe(far);
});

test('a cache is used where V8 takes it', () => {
  const cache = runs().command.scripts.get('far')?.createCachedData() ?? '';
  writeFileSync(cacheFile(folder, 'far'), cache);
  expect(runs().command.scripts.get('far')?.cachedDataRejected).toBe(false);
});

test('a damaged cache harms nothing', () => {
  writeFileSync(cacheFile(folder, 'far'), 'no cache');
  const { command, said } = runs();
  expect(command.scripts.get('far')?.cachedDataRejected).toBe(true);
  expect(said).toBe('42/');
});

test('what failed in one script is a failure in another', () => {
  class Other extends Error {
    override readonly name = 'Failure';
    readonly code = 1;
  }
  expect(new Other('no such file')).toBeInstanceOf(Failure);
  expect(new RangeError('x')).not.toBeInstanceOf(Failure);
});
