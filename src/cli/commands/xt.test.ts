// iptables and its kin as functions from words to output, against a state file of their own.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
// What the commands load when they need it is loaded before any of them is timed.
import '../../lab/index.ts';
import './shims.ts';
import './nft.ts';
import './xt.ts';
import { run } from '../run.ts';
import { testHost } from '../test-host.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-xt-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function sluice(line: string, input = '') {
  const env = { SLUICE_STATE: join(folder, 'ruleset.json'), XDG_CACHE_HOME: join(folder, 'cache') };
  const host = testHost({ env, input });
  const code = await run(line.split(' '), host);
  return { code, out: host.stdout(), err: host.stderr() };
}

const FILE =
  '*filter\n:INPUT DROP [1:2]\n:mine - [0:0]\n[3:4] -A INPUT -s 10.0.0.1/32 -j mine\nCOMMIT\n';

const saved = async (words = ''): Promise<string> =>
  (await sluice(`iptables-save${words}`)).out.replace(/^# .*\n/gm, '');

test('rules of one call are there in the next, for nft too', async () => {
  expect(await sluice('iptables -A INPUT -s 10.0.0.1 -j DROP')).toEqual({
    code: 0,
    out: '',
    err: '',
  });
  expect((await sluice('iptables -S INPUT')).out).toBe(
    '-P INPUT ACCEPT\n-A INPUT -s 10.0.0.1/32 -j DROP\n',
  );
  expect((await sluice('nft list ruleset')).out).toContain(
    'ip saddr 10.0.0.1 counter packets 0 bytes 0 drop',
  );
  expect((await sluice('ip6tables -S INPUT')).out).toBe('-P INPUT ACCEPT\n');
});

test('a file is restored as a whole, and saved as it was', async () => {
  await sluice('iptables -A OUTPUT -j DROP');
  expect(await sluice('iptables-restore -c', FILE)).toMatchObject({ code: 0, err: '' });
  expect(await saved(' -c')).toBe(
    FILE.replace(':mine', ':FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:mine'),
  );
});

test('--noflush adds, --test changes nothing, --table takes one', async () => {
  await sluice('iptables-restore', FILE);
  await sluice('iptables-restore -n', '*filter\n-A INPUT -j ACCEPT\nCOMMIT\n');
  expect(await saved()).toContain('-A INPUT -s 10.0.0.1/32 -j mine\n-A INPUT -j ACCEPT\n');
  await sluice('iptables-restore -t', '*filter\nCOMMIT\n');
  await sluice('iptables-restore -T mangle', '*filter\nCOMMIT\n*mangle\n-A INPUT\nCOMMIT\n');
  const text = await saved();
  expect(text).toContain('-A INPUT -j ACCEPT\n');
  expect(text).toContain('*mangle\n');
});

test('a line that means nothing leaves everything as it was, and is shown', async () => {
  await sluice('iptables-restore', FILE);
  const { code, err } = await sluice('iptables-restore', '*filter\n-A INPUT --jmup DROP\nCOMMIT\n');
  expect(code).toBe(2);
  expect(err).toContain('unknown option "--jmup"\nError occurred at line: 2\n');
  expect(err).toContain("did you mean '--jump'?");
  expect(await saved()).toContain('-j mine');
});

test('an extension nobody knows is kept and told, unless --strict', async () => {
  const text = '*filter\n-A INPUT -m futuristic --with 1 -j DROP\nCOMMIT\n';
  expect((await sluice('iptables-restore --strict', text)).code).toBe(2);
  const { code, err } = await sluice('iptables-restore', text);
  expect(code).toBe(0);
  expect(err).toMatch(/^<stdin>:2:13: warning: .*\n.*\n.*\n$/);
  expect(await saved()).toContain('-A INPUT -m futuristic --with 1 -j DROP\n');
});

test.each([
  ['iptables -A INPUT -m nope', 2, "iptables v1.8.13 (sluice): Couldn't load match `nope'"],
  ['iptables -m nope -h', 2, "Couldn't load match `nope'"],
  ['iptables -m hl -h', 2, 'ip6tables has it, iptables has not'],
  ['iptables -D INPUT 1', 1, 'iptables: Index of deletion too big.\n'],
  ['iptables -A NOPE', 1, 'iptables: No chain/target/match by that name.\n'],
  ['iptables -t nope -L', 3, "table 'nope' does not exist\nPerhaps iptables or your kernel"],
  ['iptables -A INPUT stray', 2, "Bad argument `stray'\nTry `iptables -h'"],
  ['iptables', 2, 'no command specified'],
  ['iptables-save -x', 1, "invalid option -- 'x'"],
  ['iptables-restore /nowhere', 1, '/nowhere: no such file'],
])('%s ends with %i', async (line, code, says) => {
  const answer = await sluice(line);
  expect(answer.code).toBe(code);
  expect(answer.err).toContain(says);
});

test('chains in use are not deleted', async () => {
  await sluice('iptables-restore', FILE);
  expect(await sluice('iptables -X mine')).toMatchObject({
    code: 4,
    err:
      'iptables v1.8.13 (sluice):  CHAIN_DEL failed (Device or resource busy): chain mine\n' +
      '  rules jump to it\n',
  });
});

test('-L -Z shows what it zeroes', async () => {
  await sluice('iptables-restore -c', FILE);
  expect((await sluice('iptables -L INPUT -v -n -x -Z')).out).toContain('       3        4 mine ');
  expect(await saved(' -c')).toContain(':INPUT DROP [0:0]');
});

test.each(['iptables -V', 'ebtables --version', 'arptables-save -V'])(
  '%s is a version',
  async (line) => {
    expect(await sluice(line)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\S+ v?1\.8\.13 /),
    });
  },
);

test('help tells of the extensions that are named', async () => {
  expect((await sluice('iptables -m length -h')).out).toContain('[!] --length');
});

test('shims are programs that call back', async () => {
  const { out } = await sluice('shims');
  const path = out.trim();
  expect(readdirSync(path)).toEqual(
    expect.arrayContaining(['iptables', 'ip6tables-restore', 'nft', 'iptables-nft-save']),
  );
  expect(readFileSync(join(path, 'iptables-legacy'), 'utf8')).toMatch(/ iptables "\$@"\n$/);
});

test.each([
  ['iptables-translate -V', 0, /^iptables-translate v1/],
  ['iptables-translate -D INPUT 1', 1, /^$/],
  ['iptables-translate', 2, /^$/],
  ['iptables-translate -A INPUT -m recent --set', 0, /^nft # -A INPUT -m recent --set \n$/],
  ['ip6tables-restore-translate -f -', 0, /^# Translated by .*\nadd table ip6 filter\n# Completed/],
  ['iptables-restore-translate', 1, /^$/],
])('%s ends with %i', async (line, code, out) => {
  const answer = await sluice(line, '*filter\nCOMMIT\n');
  expect(answer.code).toBe(code);
  expect(answer.out).toMatch(out);
});
