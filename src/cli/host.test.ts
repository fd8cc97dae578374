// The machine itself: files that rulesets include, captures as they lie on disk.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
// Commands are loaded when they run; here they are before, so that no test waits for that.
import './commands/check.ts';
import { fileFailure } from './failure.ts';
import { nodeHost } from './host.ts';
import { run } from './run.ts';
import { testHost } from './test-host.ts';

const host = nodeHost();
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-host-'));
  mkdirSync(join(folder, 'a'));
  mkdirSync(join(folder, 'b'));
  for (const name of ['a/2.nft', 'a/1.nft', 'b/1.nft', 'a/.hidden.nft', 'a/x.txt'])
    writeFileSync(join(folder, name), `# ${name}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const inFolder = (paths: readonly string[]): string[] =>
  paths.map((path) => path.slice(folder.length + 1));

test.each([
  { pattern: 'a/*.nft', want: ['a/1.nft', 'a/2.nft'] },
  { pattern: '*/1.nft', want: ['a/1.nft', 'b/1.nft'] },
  { pattern: 'a/[2-9].nft', want: ['a/2.nft'] },
  { pattern: 'a/1.nft', want: ['a/1.nft'] },
  { pattern: 'a', want: [] },
  { pattern: 'c/*.nft', want: [] },
])('include $pattern means $want', ({ pattern, want }) => {
  expect(inFolder(host.glob(join(folder, pattern)))).toEqual(want);
});

async function bytesOf(path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of host.chunks(path)) chunks.push(chunk);
  return Uint8Array.from(chunks.flatMap((c) => [...c]));
}

test('a file comes in chunks, and unpacked where gzip packed it', async () => {
  const content = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);
  writeFileSync(join(folder, 'plain'), content);
  writeFileSync(join(folder, 'packed'), gzipSync(content));
  expect(await bytesOf(join(folder, 'plain'))).toEqual(content);
  expect(await bytesOf(join(folder, 'packed'))).toEqual(content);
  expect(await host.size(join(folder, 'plain'))).toBe(5000);
  expect(await host.size(join(folder, 'packed'))).toBeUndefined();
});

test('gzip that ends too early is a sentence', async () => {
  const path = join(folder, 'cut');
  writeFileSync(path, gzipSync(new Uint8Array(5000).map((_, i) => i * 7)).subarray(0, 30));
  const failure = await bytesOf(path).catch((error: unknown) => fileFailure('cut', error));
  expect(String(failure)).toContain('cut: the gzip file ends too early');
});

test('what is written is there when the sink is closed', async () => {
  const path = join(folder, 'out');
  const sink = await host.create(path);
  for (let i = 0; i < 100; i++) await sink.write(new Uint8Array(10_000).fill(i));
  await sink.close();
  expect(readFileSync(path).length).toBe(1_000_000);
});

test('an included file is read, and told by its name where it is wrong', async () => {
  const files = {
    'main.nft': 'include "./parts/*.nft"\n',
    './parts/one.nft': 'table ip t {\n bad\n}\n',
  };
  const machine = testHost({ files });
  expect(await run(['check', 'main.nft'], machine)).toBe(1);
  expect(machine.stdout()).toContain('./parts/one.nft:2:2: error:');
});
