// `sluice shims`: a folder of programs under the names of the real ones, so that a script that
// calls iptables or nft runs as it is, without root: PATH="$(sluice shims):$PATH" ./firewall.sh

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DROP_IN_NAMES } from '../drop-ins.ts';
import { EXIT_OK } from '../failure.ts';
import type { Host } from '../host.ts';
import { makeFolder } from './nft-folder.ts';

/** Other names of the same programs: which of the two iptables a script asks for is no matter here. */
const VARIANTS = ['nft', 'legacy'];

function namesOf(program: string): readonly string[] {
  const found = /^(ip6?tables|arptables|ebtables)(-save|-restore)?$/.exec(program);
  if (found === null) return [program];
  return [program, ...VARIANTS.map((variant) => `${found[1]}-${variant}${found[2] ?? ''}`)];
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** How this process was called, without its words. */
const ownCommand = (): string =>
  [process.execPath, ...process.execArgv, process.argv[1] ?? ''].map(quoted).join(' ');

function folderOf({ XDG_CACHE_HOME: cache, HOME: home }: Host['env']): string {
  const base = cache?.startsWith('/') ? cache : join(home ?? homedir(), '.cache');
  return join(base, 'sluice', 'shims');
}

function writeShim(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** Makes the folder, or brings it up to date, and prints its name. */
export function shims(host: Host): number {
  const folder = folderOf(host.env);
  makeFolder(folder);
  for (const program of DROP_IN_NAMES)
    for (const name of namesOf(program))
      writeShim(join(folder, name), `#!/bin/sh\nexec ${ownCommand()} ${program} "$@"\n`);
  host.out(`${folder}\n`);
  return EXIT_OK;
}
