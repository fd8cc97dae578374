// The command as scripts, because V8 caches scripts and no modules. Modules that are imported when
// they are needed, `await import('./commands/trace.ts')`, are divided among them: what a command
// that people wait for needs is in a script of its own, and all the rest shares one.
import { relative, resolve } from 'node:path';
import { build } from 'esbuild';

/**
 * Paths below src/cli. The last script takes what no other has. A class that two scripts use is two
 * classes: `instanceof` across them holds for Failure alone, so modules that throw and catch another
 * one belong in one script.
 */
const SCRIPTS = {
  main: ['main'],
  words: ['args'],
  rulesets: ['commands/check', 'commands/list'],
  trace: ['commands/trace'],
  nft: ['commands/nft'],
  xtables: ['commands/xt'],
  // What changes a ruleset needs the engine; listing one does not.
  step: ['commands/nft-step', 'commands/xt-step'],
  ipset: ['commands/ipset'],
  connections: [
    'commands/conntrack',
    'commands/conntrack/live',
    'commands/conntrack/watch',
    'commands/nfct',
    'commands/nfacct',
  ],
  help: ['drop-in-args', 'live-args', 'queue-args'],
};
const OTHERS = 'others';

const scriptOf = (module) =>
  Object.keys(SCRIPTS).find((name) => SCRIPTS[name].includes(module)) ?? OTHERS;

/** Turns imports of modules in other scripts into `#script/module` (src/cli/built.ts), and tells of them. */
const dividing = (cli, name, others) => ({
  name: 'dividing',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\// }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      const module = relative(cli, resolve(resolveDir, path)).replace(/\.ts$/, '');
      const script = scriptOf(module);
      if (script === OTHERS) others.add(module);
      return script === name ? undefined : { path: `#${script}/${module}`, external: true };
    });
  },
});

const quoted = JSON.stringify;

/** All at once: V8 knows what a constant is, and functions of it are found without a wrapper. */
const together = (modules) =>
  `${modules.map((module, i) => `import * as m${i} from ${quoted(`./${module}.ts`)};`).join('')}
  export const modules = {${modules.map((module, i) => `${quoted(module)}: () => m${i}`)}};`;

/** Each when it is asked for. */
const apart = (modules) =>
  `export const modules = {${modules.map((module) => `${quoted(module)}: () => require(${quoted(`./${module}.ts`)})`)}};`;

async function buildScript(common, cli, name, contents, others) {
  await build({
    ...common,
    format: 'cjs',
    stdin: { contents, resolveDir: cli, loader: 'ts' },
    outfile: `dist/command/${name}.cjs`,
    banner: { js: '(function (require, module) {' },
    footer: { js: '})' },
    // A script has no import() of its own, and Node's modules can be required.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'undefined' },
    plugins: [dividing(cli, name, others)],
  });
}

/** Builds dist/command/*.cjs with these settings of esbuild; `cli` is the folder of the room. */
export async function buildScripts(common, cli) {
  const others = new Set();
  await Promise.all(
    Object.entries(SCRIPTS).map(([name, modules]) =>
      buildScript(common, cli, name, together(modules), others),
    ),
  );
  // What the others import in turn may be theirs, too, and is found while they are built.
  for (let known = -1; known < others.size; ) {
    known = others.size;
    await buildScript(common, cli, OTHERS, apart([...others].sort()), others);
  }
}
