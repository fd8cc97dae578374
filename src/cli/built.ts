// The built command: scripts of modules that are needed together, with what V8 compiled of them at
// build time. Reading and compiling all of the source takes longer than most commands do.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

/** What a script of scripts/build.mjs exports: its modules, by the path below src/cli without an ending. */
interface Exports {
  readonly modules: Readonly<Record<string, () => unknown>>;
}

/** How code in a built script asks for a module of another one. */
const ELSEWHERE = /^#(\w+)\/(.+)$/;

/**
 * A cache is good for one release of Node on one architecture. Where there is none, or V8 refuses it
 * (other flags), the source is compiled as ever.
 */
export const cacheFile = (folder: string, name: string): string =>
  `${folder}/${name}.${process.version}-${process.arch}.cache`;

export class BuiltCommand<Main = typeof import('./main.ts')> {
  /** The scripts that were needed so far. */
  readonly scripts = new Map<string, Script>();
  readonly #folder: string;
  readonly #exports = new Map<string, Exports>();
  readonly #ofNode: NodeJS.Require;

  constructor(folder: string) {
    this.#folder = folder;
    this.#ofNode = createRequire(`${folder}/`);
  }

  get main(): Main {
    return this.#require('#main/main') as Main;
  }

  readonly #require = (specifier: string): unknown => {
    const [, name, module = ''] = ELSEWHERE.exec(specifier) ?? [];
    return name === undefined ? this.#ofNode(specifier) : this.#exportsOf(name).modules[module]?.();
  };

  #exportsOf(name: string): Exports {
    const known = this.#exports.get(name);
    if (known !== undefined) return known;
    const module = { exports: {} as Exports };
    const script = this.#read(name);
    script.runInThisContext()(this.#require, module);
    this.scripts.set(name, script);
    this.#exports.set(name, module.exports);
    return module.exports;
  }

  /** An expression whose value is a function of what CommonJS gives a module. */
  #read(name: string): Script {
    const filename = `${this.#folder}/${name}.cjs`;
    const cachedData = contentOf(cacheFile(this.#folder, name));
    // esbuild writes ASCII alone; read as latin1 it stays one byte a character.
    const source = readFileSync(filename, 'latin1');
    return new Script(source, { filename, ...(cachedData && { cachedData }) });
  }
}

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
