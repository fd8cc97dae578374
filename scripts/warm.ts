// Runs the built command, and keeps what V8 compiled for it beside its scripts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuiltCommand, cacheFile } from '../src/cli/built.ts';

const RULESET = 'examples/gateway.nft';
const RESTORED = 'examples/firewalls/docker/rules.v4';

/** What people wait for most. A function that none of them calls is compiled when it is. */
const CALLS: readonly (readonly string[])[] = [
  ['--help'],
  ['check', RULESET],
  ['check', RESTORED],
  ['list', RULESET],
  ['trace', '-r', RULESET, 'tcp 10.0.0.20:40000 > 192.0.2.80:80 syn, in eth0'],
  ['nft', '-f', RULESET],
  ['nft', 'list', 'ruleset'],
  ['iptables-restore', '--test', RESTORED],
  ['iptables-restore', RESTORED],
  ['iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT'],
  ['iptables', '-S'],
  ['iptables-save'],
  ['ipset', 'create', 'warm', 'hash:ip'],
  ['ipset', 'add', 'warm', '192.0.2.1'],
  ['ipset', 'list'],
  ['conntrack', '-L'],
  ['translate', RESTORED],
];

const folder = fileURLToPath(new URL('../dist/command', import.meta.url));
const command = new BuiltCommand(folder);
const { nodeHost, run } = command.main;
const scratch = mkdtempSync(join(tmpdir(), 'sluice-warm-'));
const env = { ...process.env, SLUICE_STATE: join(scratch, 'state.json') };
const host = { ...nodeHost(), env, out: () => {}, err: () => {} };
try {
  for (const words of CALLS)
    if ((await run(words, host)) !== 0) throw new Error(`sluice ${words.join(' ')} failed`);
  for (const [name, script] of command.scripts)
    writeFileSync(cacheFile(folder, name), script.createCachedData());
} finally {
  rmSync(scratch, { recursive: true });
}
