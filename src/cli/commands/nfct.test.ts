// `sluice nfct` where nfct(8) of the test machine cannot be asked: the state shared with iptables, helpers.
// test/kernel/nfct-command.test.ts holds the rest against it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run as runCli } from '../run.ts';
import { testHost } from '../test-host.ts';
import { nfct } from './nfct.ts';
import { xtables } from './xt.ts';

let folder = '';
let state = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-nfct-'));
  state = join(folder, 'ruleset.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(line: string): Promise<Answer> {
  const host = testHost({ env: { SLUICE_STATE: state } });
  const code = await nfct(line.split(' '), host);
  return { code, out: host.stdout(), err: host.stderr() };
}

async function iptables(line: string): Promise<Answer> {
  const host = testHost({ env: { SLUICE_STATE: state } });
  const code = await xtables('iptables', line.split(' '), host);
  return { code, out: host.stdout(), err: host.stderr() };
}

describe('a policy and the rules that name it', () => {
  const RULE = '-t raw -A PREROUTING -p tcp -j CT --timeout quick';

  test('a rule needs the policy, and the policy stays while the rule does', async () => {
    expect((await iptables(RULE)).code).not.toBe(0);
    expect((await run('add timeout quick inet tcp established 77')).code).toBe(0);
    expect(await iptables(RULE)).toMatchObject({ code: 0, err: '' });
    expect((await run('delete timeout quick')).err).toContain('Device or resource busy');
    await run('flush timeout');
    expect((await run('get timeout quick')).out).toContain('.ESTABLISHED = 77,');
    expect((await iptables('-t raw -F')).code).toBe(0);
    expect(await run('delete timeout quick')).toEqual({ code: 0, out: '', err: '' });
  });

  test('changes of the ruleset keep policies and defaults', async () => {
    await run('add timeout quick inet tcp close 3');
    await run('default-set timeout inet udp replied 5');
    await iptables('-A FORWARD -j DROP');
    expect((await run('list timeout')).out).toContain('.CLOSE = 3,');
    expect((await run('default-get timeout inet udp')).out).toContain('.REPLIED = 5,');
  });

  test('a trace of such a rule has the time of the policy', async () => {
    await run('add timeout quick inet tcp syn_sent 7');
    const rules = '*raw\n:PREROUTING ACCEPT\n-A PREROUTING -p tcp -j CT --timeout quick\nCOMMIT\n';
    const trace = async (...more: string[]): Promise<string> => {
      const host = testHost({ files: { 'rules.v4': rules } });
      const packet = 'tcp 10.0.0.2:1 > 10.0.0.1:2 syn, in eth0';
      await runCli(['trace', '-r', 'rules.v4', ...more, packet], host);
      return host.stdout() + host.stderr();
    };
    expect(await trace('--timeouts', state)).toContain('tcp      6 7 SYN_SENT');
    expect(await trace()).toContain('depends on');
    await run('delete timeout quick');
    expect(await trace('--timeouts', state)).toContain("no timeout policy 'quick'");
  });
});

describe('helpers in user space', () => {
  test('are kept and listed as the library writes them', async () => {
    await run('add helper ftp inet tcp');
    await run('add helper ftp inet6 tcp');
    await run('add helper ftp inet tcp');
    const ftp = (family: number): string =>
      `{\n\t.name = ftp,\n\t.queuenum = 0,\n\t.l3protonum = ${family},\n\t.l4protonum = 6,\n\t.priv_data_len = 24,\n\t.status = disabled,\n};\n`;
    expect((await run('list helper')).out).toBe(ftp(2) + ftp(10));
    expect((await run('get helper ftp inet6')).out).toBe(ftp(10));
    expect((await run('disable helper ftp inet tcp')).code).toBe(0);
    expect((await run('disable helper sane inet tcp')).err).toContain('Invalid argument');
    expect((await run('delete helper ftp inet6 tcp')).code).toBe(0);
    expect((await run('delete helper tftp')).err).toContain('No such file or directory');
    expect((await run('flush helper')).code).toBe(0);
    expect(await run('list helper')).toEqual({ code: 0, out: '', err: '' });
    expect((await run('get helper ftp')).code).toBe(1);
  });
});
