// Packet handlers from files, TypeScript without a build step.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type HandlerModule, handlerModule } from '../queue/index.ts';
import { Failure } from './failure.ts';
import type { Host } from './host.ts';

/** @throws Failure: no file, a mistake in it, or no handler in it */
export async function loadHandler(path: string, host: Host): Promise<HandlerModule> {
  const file = resolve(path);
  if (!existsSync(file)) throw new Failure(`${path}: no such file`);
  const exported = await importFile(path, file, host);
  try {
    return handlerModule(defaultOf(exported));
  } catch (error) {
    throw new Failure(`${path}: ${(error as Error).message}`);
  }
}

const isTypeScript = (file: string): boolean => /\.[cm]?ts$/.test(file);

async function importFile(path: string, file: string, host: Host): Promise<unknown> {
  try {
    const url = pathToFileURL(file).href;
    return await (isTypeScript(file) ? importTypeScript(url, host) : host.importModule(url));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${path} cannot be loaded: ${whyNot(error as Error, file)}`);
  }
}

/** What a person can do something about: a module that is not there, or the lines of the file itself. */
function whyNot({ message, stack }: Error, file: string): string {
  const [, missing] = /^Cannot find (?:module|package) '([^']+)'/.exec(message) ?? [];
  if (missing === undefined) return stack?.includes(file) ? stack : message;
  const name = /^(?:@[^/]+\/)?[^/.][^/]*/.exec(missing)?.[0];
  const cure = name === undefined ? '' : `; npm install ${name}, in its folder`;
  return `it imports '${missing}', which is not there${cure}`;
}

/** Node reads types itself from 22.18 on; before that tsx takes them out. */
async function importTypeScript(url: string, host: Host): Promise<unknown> {
  if ('typescript' in process.features && process.features.typescript)
    return host.importModule(url);
  return (await loadTsx(host)).tsImport(url, url);
}

type Tsx = typeof import('tsx/esm/api');

async function loadTsx(host: Host): Promise<Tsx> {
  try {
    return (await host.importModule('tsx/esm/api')) as Tsx;
  } catch {
    throw new Failure(
      `Node ${process.version} reads no TypeScript, and the package tsx that would is not installed: npm install tsx`,
    );
  }
}

/** What a CommonJS file exports comes wrapped, once or twice. */
function defaultOf(exported: unknown): unknown {
  let value = exported;
  for (let i = 0; i < 2; i++) {
    if (typeof value !== 'object' || value === null || !('default' in value)) break;
    value = value.default;
  }
  return value;
}
