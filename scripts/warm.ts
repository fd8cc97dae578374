// `warm.ts FOLDER`: runs the command built in that folder, an absolute path, and keeps what V8 compiled for it beside it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFile, loadBuilt } from '../src/cli/built.ts';

const RULESET = 'examples/gateway.nft';

/** What people wait for most. A function that none of them calls is compiled when it is. */
const calls = (state: string): string[][] => [
  ['check', RULESET],
  ['list', RULESET],
  ['trace', '-r', RULESET, 'tcp 10.0.0.20:40000 > 192.0.2.80:80 syn, in eth0'],
  ['nft', '--state', state, '-f', RULESET],
  ['nft', '--state', state, 'list', 'ruleset'],
];

const [folder = ''] = process.argv.slice(2);
const { script, command } = loadBuilt(folder);
const host = { ...command.nodeHost(), out: () => {}, err: () => {} };
const scratch = mkdtempSync(join(tmpdir(), 'sluice-warm-'));
try {
  for (const words of calls(join(scratch, 'state.json')))
    if ((await command.run(words, host)) !== 0) throw new Error(`sluice ${words.join(' ')} failed`);
  writeFileSync(cacheFile(folder), script.createCachedData());
} finally {
  rmSync(scratch, { recursive: true });
}
