// Every example is run as a program of its own.

import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bundled, sluiceCommand } from '../src/cli/test-bundled.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));
const examples = readdirSync(here).filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts'));

/** What each prints must hold, besides that it ends well. */
const SAYS: Readonly<Record<string, RegExp>> = {
  'diverter.ts':
    /priority -150[\s\S]*ct {2}INVALID[\s\S]*sent out eth0[\s\S]*priority -300[\s\S]*ESTABLISHED reply[\s\S]*source 10\.0\.0\.1:45678 → 203\.0\.113\.9:45678/,
  'flowtable.ts':
    /unmet +forward +inet filter forward +0 {2}4 rules[\s\S]*past the rules by flowtable inet filter fast[\s\S]*\[OFFLOAD\][\s\S]*✗ dropped {2}change:1/,
  'helper-beacon.ts':
    /expected udp 10\.0\.0\.2 > 192\.0\.2\.2:27016\nplay RELATED\nstate .*"joined":1/,
  'helper-listen.ts':
    /created tcp 192\.0\.2\.7 > 192\.0\.2\.1:4000 by listen[\s\S]*rewrote[\s\S]*RELATED/,
  'why.ts': /✓ delivered {2}ruleset:4 [\s\S]*tcp dport 80 ≠ 22[\s\S]*✗ dropped {2}ruleset:1/,
};

test.concurrent.each(examples)('%s', async (example) => {
  const script = bundled(`examples/${example}`);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], { cwd: root });
  expect(stderr).toBe('');
  expect(stdout).toMatch(SAYS[example] ?? /./);
});

const sluice = (...words: readonly string[]) =>
  spawnSync(process.execPath, sluiceCommand(...words), { cwd: root, encoding: 'utf8' });

const FIREWALLS = [
  {
    name: 'docker',
    files: ['examples/firewalls/docker/rules.v4'],
    size: 'ok: 3 tables, 14 chains, 46 rules\n',
    packet: 'tcp 203.0.113.7:40000 > 192.0.2.1:8080 syn, in eth0',
    way: /rules\.v4:66\s+✓ -A DOCKER ! -i br-3f2a9c1d7e44 [\s\S]*8080 → 172\.18\.0\.2:80[\s\S]*forwarded out br-3f2a9c1d7e44/,
    left: [],
  },
  {
    name: 'kubernetes',
    files: ['examples/firewalls/kubernetes/rules.v4'],
    size: 'ok: 3 tables, 43 chains, 74 rules\n',
    packet: 'tcp 198.51.100.7:40000 > 203.0.113.80:80 syn, in eth0',
    way: /KUBE-FW-XQ5VNF3KCWA2HKQD[\s\S]*KUBE-SVL-XQ5VNF3KCWA2HKQD[\s\S]*10\.244\.1\.21:8080[\s\S]*forwarded out cni0/,
    left: ['recent'],
  },
  {
    name: 'fail2ban-ipset',
    files: ['sets.ipset', 'rules.v4'].map((file) => `examples/firewalls/fail2ban-ipset/${file}`),
    size: 'ok: 1 tables, 3 chains, 14 rules\n',
    packet: 'tcp 192.0.2.66:40000 > 192.0.2.1:22 syn, in eth1',
    way: /rules\.v4:6 .*--match-set f2b-sshd src[\s\S]*tcp port 22 unreachable[\s\S]*✗ dropped/,
    left: ['SET'],
  },
];

test.each(FIREWALLS)('the firewall of $name', (one) => {
  expect(sluice('check', ...one.files).stdout).toBe(one.size);
  const topology = `examples/firewalls/${one.name}/network.yaml`;
  const rulesets = one.files.flatMap((file) => ['-r', file]);
  expect(sluice('trace', ...rulesets, '-t', topology, one.packet).stdout).toMatch(one.way);
  const proof = sluice('translate', '--prove', '--tries', '300', ...one.files);
  expect(proof.stderr).toMatch(/^no difference in \d+ packets/m);
  const left = [...proof.stderr.matchAll(/not carried over: ([^\s:]+):/g)].map((m) => m[1]);
  expect([...new Set(left)].sort()).toEqual(one.left);
  expect(proof.status).toBe(0);
});

test('the README shows what the command prints', () => {
  const readme = readFileSync(`${root}README.md`, 'utf8');
  const shown = /\$ sluice (trace [^\n]*)\n([\s\S]*?)\n```/.exec(readme)!;
  const args = [...shown[1]!.matchAll(/'([^']*)'|(\S+)/g)].map((m) => m[1] ?? m[2]!);
  expect(sluice(...args).stdout.trimEnd()).toBe(shown[2]);
});

test('the ruleset in the README is the example it names', () => {
  const readme = readFileSync(`${root}README.md`, 'utf8');
  const shown = /```nft\n([\s\S]*?)```/.exec(readme)!;
  expect(shown[1]).toBe(readFileSync(`${here}host.nft`, 'utf8'));
});
