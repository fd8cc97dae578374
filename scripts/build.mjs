// Builds dist/: the command as one bundle with its parts loaded when they are needed, the rooms as
// library entries (sluice/nft, sluice/trace …), and their declarations.
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
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['koffi'],
  logLevel: 'warning',
};

/** The packages of the command are CommonJS and ask for Node's modules by require(). */
const REQUIRE = `import { createRequire as sluiceRequire } from 'node:module';
const require = sluiceRequire(import.meta.url);`;

function buildCommand() {
  return build({
    ...common,
    entryPoints: { sluice: 'src/cli/main.ts' },
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: REQUIRE },
    minifySyntax: true,
    minifyWhitespace: true,
  });
}

function buildLibrary() {
  return build({
    ...common,
    entryPoints: Object.fromEntries(rooms.map((room) => [room, `src/${room}/index.ts`])),
    outdir: 'dist/lib',
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: true,
  });
}

/** Declarations beside the library; a type error anywhere fails the build. */
function buildTypes() {
  const args = [`${root}node_modules/typescript/bin/tsc`, '-p', 'scripts/tsconfig.types.json'];
  const tsc = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (tsc.status !== 0) throw new Error('declarations could not be made');
}

export async function buildAll({ types = true } = {}) {
  rmSync(`${root}dist`, { recursive: true, force: true });
  await Promise.all([buildCommand(), buildLibrary()]);
  if (types) buildTypes();
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await buildAll({ types: !process.argv.includes('--no-types') });
