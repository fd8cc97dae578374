// Builds dist/: the command as scripts, with what V8 compiles of them and a starter that loads both
// (src/cli/built.ts); the rooms as library entries (sluice/nft, sluice/trace …), and their declarations.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildScripts } from './scripts.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Rooms that are no library: composition roots. */
const ROOTS = ['cli', 'web'];

const rooms = readdirSync(`${root}src`).filter(
  (room) => !ROOTS.includes(room) && existsSync(`${root}src/${room}/index.ts`),
);

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: ['koffi', 'tsx'],
  logLevel: 'warning',
};

const small = { minifySyntax: true, minifyWhitespace: true };

/** The starter is CommonJS, the library is not: each folder says what it holds. */
const saysItHolds = (folder, type) =>
  writeFileSync(
    `${root}${folder}/package.json`,
    `${JSON.stringify({ type, sideEffects: false })}\n`,
  );

async function buildCommand() {
  const settings = { ...common, ...small };
  await buildScripts(settings, `${root}src/cli`);
  await build({
    ...settings,
    format: 'cjs',
    entryPoints: { sluice: 'src/cli/from-build.ts' },
    outdir: 'dist',
  });
  saysItHolds('dist', 'commonjs');
  run('the command could not be warmed up', ['--import', 'tsx', 'scripts/warm.ts']);
}

async function buildLibrary() {
  await build({
    ...common,
    format: 'esm',
    splitting: true,
    entryPoints: Object.fromEntries(rooms.map((room) => [room, `src/${room}/index.ts`])),
    outdir: 'dist/lib',
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: true,
  });
  saysItHolds('dist/lib', 'module');
}

/** Declarations beside the library; a type error anywhere fails the build. */
const buildTypes = () =>
  run('declarations could not be made', [
    'node_modules/typescript/bin/tsc',
    '-p',
    'scripts/tsconfig.types.json',
  ]);

function run(failure, args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(failure);
}

export async function buildAll({ types = true } = {}) {
  rmSync(`${root}dist`, { recursive: true, force: true });
  await Promise.all([buildCommand(), buildLibrary()]);
  if (types) buildTypes();
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await buildAll({ types: !process.argv.includes('--no-types') });
