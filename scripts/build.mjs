// Builds dist/: the command as one script, with what V8 compiles of it and a starter that loads both
// (src/cli/built.ts); the rooms as library entries (sluice/nft, sluice/trace …), and their declarations.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

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

/** One script, because V8 caches scripts and no modules; what few commands need still runs when they do. */
async function buildCommand() {
  await build({
    ...common,
    ...small,
    format: 'cjs',
    entryPoints: { command: 'src/cli/main.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    banner: { js: '(function (require, module) {' },
    footer: { js: '})' },
    // A script has no import() of its own, and Node's modules can be required.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'undefined' },
  });
  await build({
    ...common,
    ...small,
    format: 'esm',
    entryPoints: { sluice: 'src/cli/from-build.ts' },
    outdir: 'dist',
  });
  run('the command could not be warmed up', ['--import', 'tsx', 'scripts/warm.ts', `${root}dist`]);
}

function buildLibrary() {
  return build({
    ...common,
    format: 'esm',
    splitting: true,
    entryPoints: Object.fromEntries(rooms.map((room) => [room, `src/${room}/index.ts`])),
    outdir: 'dist/lib',
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: true,
  });
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
