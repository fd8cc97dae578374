// A machine that exists in memory: what tests hand to the commands.
import { globPattern } from '../nft/index.ts';
import type { Host, Sink } from './host.ts';

export interface TestHost extends Host {
  readonly written: Map<string, Uint8Array>;
  stdout(): string;
  stderr(): string;
}

export interface TestMachine {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
}

const missing = (): Error => Object.assign(new Error('no such file'), { code: 'ENOENT' });

export function testHost(machine: TestMachine = {}): TestHost {
  const { files = {}, terminal = false } = machine;
  let out = '';
  let err = '';
  const written = new Map<string, Uint8Array>();
  const bytesOf = (path: string): Uint8Array => {
    const content = Object.hasOwn(files, path) ? files[path] : undefined;
    if (content === undefined) throw missing();
    return typeof content === 'string' ? new TextEncoder().encode(content) : content;
  };
  return {
    written,
    stdout: () => out,
    stderr: () => err,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: machine.env ?? {},
    outIsTerminal: terminal,
    errIsTerminal: terminal,
    columns: 100,
    elapsed: () => 0,
    glob: (pattern) => Object.keys(files).filter(globPattern(pattern)).sort(),
    read: (path) => (Object.hasOwn(files, path) ? String(files[path]) : undefined),
    readText: async (path) => new TextDecoder().decode(bytesOf(path)),
    readInput: async () => machine.input ?? '',
    lines: async function* (prompt, prompts) {
      const lines = (machine.input ?? '').split('\n');
      if (lines.at(-1) === '') lines.pop();
      const asked = prompts === 'always' ? prompt : '';
      for (const line of lines) {
        out += asked;
        yield line;
      }
      out += asked;
    },
    chunks: (path) => inChunks(bytesOf(path)),
    size: async (path) => bytesOf(path).length,
    create: async (path) => sinkInto(written, path),
    importModule: (specifier) => import(specifier),
  };
}

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.slice(at, at + 1000);
}

function sinkInto(written: Map<string, Uint8Array>, path: string): Sink {
  const chunks: Uint8Array[] = [];
  return {
    write: async (bytes) => {
      chunks.push(bytes.slice());
    },
    close: async () => {
      written.set(path, Uint8Array.from(chunks.flatMap((c) => [...c])));
    },
  };
}
