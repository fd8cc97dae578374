// `sluice nfacct` with the rules that name its objects, and as a ruleset of other commands. What it prints is
// held against nfacct(8) by test/kernel/nfacct-command.test.ts.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run as runCli } from '../run.ts';
import { testHost } from '../test-host.ts';
// What the commands load when they are called, loaded before a test waits for it.
import '../args.ts';
import './diff.ts';
import './nfacct.ts';
import './trace.ts';
import './translate.ts';
import './xt.ts';
import './xt-step.ts';

let folder = '';
let state = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-nfacct-'));
  state = join(folder, 'ruleset.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function sluice(
  words: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const host = testHost({ env: { SLUICE_STATE: state }, files });
  const code = await runCli([...words], host);
  return { code, out: host.stdout(), err: host.stderr() };
}

const line = (text: string): Promise<Answer> => sluice(text.split(' '));

describe('objects and the rules that name them', () => {
  const RULE = 'iptables -A FORWARD -m nfacct --nfacct-name web -j DROP';

  test('a rule needs the object, and the object stays while the rule does', async () => {
    const refused = await line(RULE);
    expect(refused).toMatchObject({ code: 4 });
    expect(refused.err).toContain("there is no accounting object 'web'");
    await line('nfacct add web');
    expect((await line(RULE)).code).toBe(0);
    expect((await line('nfacct delete web')).err).toContain('Device or resource busy');
    await line('nfacct flush');
    expect((await line('nfacct list')).out).toContain(' = web;\n');
    expect((await line('iptables -S FORWARD')).out).toContain('--nfacct-name web -j DROP');
    await line('iptables -F FORWARD');
    expect((await line('nfacct delete web')).code).toBe(0);
  });

  test('they stay when other commands change the state', async () => {
    await line('nfacct add quota byte 5');
    await line('iptables -P FORWARD DROP');
    await line('ipset create s hash:ip');
    await line('conntrack -F');
    await line('nfct add timeout quick inet tcp close 3');
    expect((await line('nfacct list')).out).toContain('quota = 00000000000000000005, mode = byte');
    expect((await line('nfct list timeout')).out).toContain('.CLOSE = 3,');
  });
});

const RULES =
  '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m nfacct --nfacct-name guests -j DROP\nCOMMIT\n';
const LIST = '{ pkts = 0, bytes = 0, quota = 1, mode = packet, overquota = no } = guests;\n';
const PACKET = 'udp 10.0.0.2:1 > 192.0.2.1:80, in eth0';
const FILES = { 'rules.v4': RULES, accounts: LIST };

describe('a list of objects is a ruleset', () => {
  test('for trace, which says when a quota is used up', async () => {
    const words = ['trace', '-r', 'rules.v4', '-r', 'accounts', PACKET, PACKET];
    const { out } = await sluice(words, FILES);
    expect(out).toContain("the quota of accounting object 'guests' is used up: 1 of 1 packets");
    expect(out).toContain('nfacct: not over its quota: 1 of 1 packets');
    expect(out.match(/✗ dropped/g)).toHaveLength(1);
  });

  test('without it verdicts depend on what it would say', async () => {
    const { out } = await sluice(['trace', '-r', 'rules.v4', PACKET], FILES);
    expect(out).toContain('no list of nfacct says which accounting objects there are');
    expect(out).toContain('depends on match nfacct');
  });

  test('one that is not in it is refused', async () => {
    const files = { ...FILES, accounts: '{ pkts = 0, bytes = 0 } = other;\n' };
    const { code, out } = await sluice(['check', 'accounts', 'rules.v4'], files);
    expect(code).toBe(1);
    expect(out).toContain("rules.v4:3:1: error: there is no accounting object 'guests' [ENOENT]");
  });

  test('diff finds the packet that is one too many', async () => {
    const files = { ...FILES, more: LIST.replace('quota = 1', 'quota = 2') };
    const words = ['diff', '--tries', '200', 'accounts,rules.v4', 'more,rules.v4'];
    const { code, out } = await sluice(words, files);
    expect(code).toBe(3);
    expect(out).toContain('dropped');
  });
});

describe('translated', () => {
  const ACCOUNTS = `{ pkts = 0, bytes = 0 } = web;
{ pkts = 3, bytes = 90, quota = 2000, mode = byte } = guests;
{ pkts = 0, bytes = 0, quota = 2, mode = packet } = few;
`;
  const translated = async (rules: string, ...more: string[]): Promise<Answer> =>
    sluice(['translate', ...more, 'accounts', 'rules.v4'], {
      accounts: ACCOUNTS,
      'rules.v4': rules,
    });
  const filter = (...lines: string[]): string =>
    `*filter\n:FORWARD ACCEPT [0:0]\n${lines.join('\n')}\nCOMMIT\n`;
  const rule = (name: string): string =>
    `-A FORWARD -p udp -m nfacct --nfacct-name ${name} -j DROP`;

  test('an object is a counter, one with a quota of bytes a quota as well, and both do the same', async () => {
    const both = filter(rule('guests'), '-A FORWARD -m nfacct --nfacct-name web');
    const { code, out, err } = await translated(both, '--prove', '--tries', '60');
    expect(out).toContain('counter name "guests" quota name "guests" counter drop');
    expect(out).toContain('over 2000 bytes used 90 bytes');
    expect(out).toContain('counter name "web" counter');
    expect(err).toContain('no difference');
    expect(code).toBe(0);
  });

  test.each([
    ['a quota of packets', filter(rule('few')), 'quotas of nft count bytes'],
    [
      'a quota of several tables',
      `${filter(rule('guests'))}*raw\n-A PREROUTING -m nfacct --nfacct-name guests\nCOMMIT\n`,
      'share its quota',
    ],
    [
      'an object of several tables',
      `${filter(rule('web'))}*raw\n-A PREROUTING -m nfacct --nfacct-name web\nCOMMIT\n`,
      'each counts by itself',
    ],
  ])('%s is left over with the reason', async (_, rules, reason) => {
    expect((await translated(rules)).err).toContain(reason);
  });

  test('without a list it is left over', async () => {
    const files = { 'rules.v4': filter(rule('web')) };
    expect((await sluice(['translate', 'rules.v4'], files)).err).toContain('nfacct list');
  });
});
