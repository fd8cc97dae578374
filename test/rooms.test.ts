// The walls between rooms: which room may import which, and who may touch the host.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

/** What each room names in ARCHITECTURE.md; `below` takes a room and all that it may import. */
const DIRECT: Readonly<Record<string, { only?: readonly string[]; below?: readonly string[] }>> = {
  bytes: {},
  uapi: {},
  diagnostics: {},
  packet: { only: ['bytes', 'uapi'] },
  capture: { only: ['bytes', 'uapi'] },
  program: { only: ['uapi'] },
  nft: { only: ['diagnostics', 'program', 'uapi', 'bytes'] },
  iptables: { only: ['diagnostics', 'program', 'uapi', 'bytes'] },
  core: { only: ['bytes', 'uapi', 'packet'] },
  conntrack: { below: ['core'] },
  nat: { below: ['conntrack'] },
  helpers: { below: ['nat'] },
  engine: { only: ['program'], below: ['helpers'] },
  flowtable: { below: ['engine'] },
  stack: { below: ['core'] },
  trace: { only: ['bytes', 'uapi', 'core', 'program', 'packet'] },
  netlink: { only: ['bytes', 'uapi', 'program'] },
  queue: { only: ['netlink'], below: ['core'] },
  replication: { below: ['conntrack'] },
  lab: {
    only: ['capture', 'diagnostics', 'nft', 'iptables', 'trace', 'netlink'],
    below: ['flowtable', 'stack', 'queue', 'replication'],
  },
  linux: { only: ['netlink', 'queue', 'core'] },
  router: { only: ['linux'], below: ['lab'] },
};
/** Composition roots: they may import everything. */
const ROOTS = ['cli', 'web'];
/** Rooms that may use node: modules and packages; every other one must run in a browser. */
const ON_THE_HOST = ['linux', 'router', 'cli', 'web'];

function allowed(room: string): Set<string> {
  const row = DIRECT[room] ?? {};
  const below = (row.below ?? []).flatMap((r) => [r, ...allowed(r)]);
  return new Set([...(row.only ?? []), ...below]);
}

interface Import {
  readonly file: string;
  readonly to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((f) =>
  f.endsWith('.ts'),
);

const SPECIFIER =
  /^(?:import|export)\s+(?:type\s+)?(?:[\w$,\s]|\*(?:\s+as\s+\w+)?|\{[^}'"]*\})*?\bfrom\s*['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;

const imports: Import[] = files.flatMap((file) =>
  [...readFileSync(join(SRC, file), 'utf8').matchAll(SPECIFIER)].map((m) => ({
    file,
    to: (m[1] ?? m[2] ?? m[3])!,
  })),
);

const roomOf = (path: string): string => path.split('/')[0]!;
const target = ({ file, to }: Import): string =>
  relative(SRC, normalize(join(SRC, dirname(file), to)));
const isTest = (file: string): boolean => /\.(test|bench)\.ts$/.test(file);

describe('rooms', () => {
  test('imports are found at all', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  test('every folder of src is a room of the table', () => {
    const rooms = new Set(files.map(roomOf));
    expect([...rooms].filter((r) => DIRECT[r] === undefined && !ROOTS.includes(r))).toEqual([]);
  });

  test('a room imports only what the table allows', () => {
    const wrong = imports
      .filter((i) => i.to.startsWith('.') && !ROOTS.includes(roomOf(i.file)))
      .filter((i) => roomOf(target(i)) !== roomOf(i.file))
      .filter((i) => !allowed(roomOf(i.file)).has(roomOf(target(i))));
    expect(wrong).toEqual([]);
  });

  test('a room is opened by its index.ts alone', () => {
    const wrong = imports
      .filter((i) => i.to.startsWith('.') && roomOf(target(i)) !== roomOf(i.file))
      .filter((i) => target(i) !== `${roomOf(target(i))}/index.ts`);
    expect(wrong).toEqual([]);
  });

  test('only the rooms on the host import modules and packages', () => {
    const wrong = imports
      .filter((i) => !i.to.startsWith('.') && !isTest(i.file))
      .filter((i) => !ON_THE_HOST.includes(roomOf(i.file)));
    expect(wrong).toEqual([]);
  });
});
