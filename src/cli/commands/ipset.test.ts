import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { testHost } from '../test-host.ts';
import { ipset } from './ipset.ts';
import { nft } from './nft.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-ipset-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
/** A state of its own, kept from call to call. */
function machine() {
  const env = { SLUICE_STATE: join(folder, `${count++}.json`) };
  return async (line: string, input = '', files: Record<string, string> = {}) => {
    const host = testHost({ env, input, files });
    const status = await ipset(line.split(' '), host);
    return { status, out: host.stdout(), err: host.stderr(), written: host.written };
  };
}

test('sets are kept from one call to the next', async () => {
  const call = machine();
  expect(await call('create a hash:ip initval 1')).toMatchObject({ status: 0, out: '', err: '' });
  await call('add a 10.0.0.1');
  expect((await call('save')).out).toBe(
    'create a hash:ip family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x00000001\nadd a 10.0.0.1\n',
  );
  expect(await call('test a 10.0.0.1')).toMatchObject({
    status: 0,
    err: 'Warning: 10.0.0.1 is in set a.\n',
  });
  expect(await call('test a 10.0.0.2')).toMatchObject({ status: 1 });
});

test('nft and ipset share a state, and neither loses what the other keeps', async () => {
  const env = { SLUICE_STATE: join(folder, 'shared.json') };
  const call = async (program: string, ...words: string[]) => {
    const host = testHost({ env });
    await (program === 'nft' ? nft : ipset)(words, host);
    return host.stdout();
  };
  await call('ipset', 'create', 'a', 'hash:net');
  await call('nft', 'add table ip t');
  await call('ipset', 'add', 'a', '10.0.0.0/8');
  await call('nft', 'add table ip u');
  expect(await call('ipset', 'list', '-n')).toBe('a\n');
  expect(await call('ipset', 'save')).toContain('add a 10.0.0.0/8');
  expect(await call('nft', 'list tables')).toBe('table ip t\ntable ip u\n');
});

test('a restore stops at what is refused, and what was before it stays', async () => {
  const call = machine();
  const text = 'create a hash:ip\nadd a 1.1.1.1\nadd a 1.1.1.1\nadd a 1.1.1.2\n';
  expect(await call('restore', text)).toMatchObject({
    status: 1,
    err: "ipset v7.17: Error in line 3: Element cannot be added to the set: it's already added\n",
  });
  expect((await call('save')).out).toContain('1.1.1.1');
  expect((await call('save')).out).not.toContain('1.1.1.2');
});

test('files are read and written', async () => {
  const call = machine();
  expect(
    await call('restore -f /sets', '', { '/sets': 'create a hash:ip initval 2\n' }),
  ).toMatchObject({
    status: 0,
  });
  const { out, written } = await call('save -f /out');
  expect(out).toBe('');
  expect(new TextDecoder().decode(written.get('/out'))).toMatch(
    /^create a hash:ip .*0x00000002\n$/,
  );
  expect(await call('restore -f /none')).toMatchObject({ status: 255 });
});

test('line by line, what is wrong is said and the rest goes on', async () => {
  const call = machine();
  const { status, out } = await call(
    '-',
    'create a hash:ip\nfly away\nadd a 1.1.1.1\nquit\nadd a 2.2.2.2',
  );
  expect(status).toBe(0);
  expect(out).toContain('No command specified');
  expect((await call('-s save')).out).toMatch(/add a 1\.1\.1\.1\n$/);
});

test('help tells the commands, and what a type takes', async () => {
  const call = machine();
  expect((await call('help')).out).toContain('hash:net,port,net');
  expect((await call('help hash:ip,mark')).out).toContain('markmask');
  expect(await call('help none')).toMatchObject({ status: 2 });
});
