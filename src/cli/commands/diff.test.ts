import { expect, test } from 'vitest';
import { readCapture } from '../../capture/index.ts';
import { run } from '../run.ts';
import { testHost } from '../test-host.ts';

const rules = (port: number): string => `table ip f {
  chain forward {
    type filter hook forward priority 0; policy accept
    tcp dport ${port} drop
  }
}`;
const files = {
  'old.nft': rules(7),
  'new.nft': rules(8),
  'bad.nft': 'table ip {',
  'one.ipset': 'create bad hash:net\nadd bad 198.18.0.0/25\n',
  'two.ipset': 'create bad hash:net\nadd bad 198.18.0.0/24\n',
  'rules.v4': '*filter\n-A FORWARD -m set --match-set bad src -j DROP\nCOMMIT\n',
  'two,of,us.v4': '*filter\n-A FORWARD -p tcp -j DROP\nCOMMIT\n',
  'ipvs.v4': '*filter\n-A INPUT -m ipvs --vport 5 -j DROP\nCOMMIT\n',
  'ipvs6.v4': '*filter\n-A INPUT -m ipvs --vport 6 -j DROP\nCOMMIT\n',
  'odd.v4': '*filter\n-A FORWARD --nonsense\nCOMMIT\n',
};

async function sluice(...args: string[]) {
  const host = testHost({ files });
  const code = await run(['diff', '--tries', '300', ...args], host);
  return { code, out: host.stdout(), err: host.stderr() };
}

test('a difference is told with its packet and the rules behind it', async () => {
  const { code, out } = await sluice('old.nft', 'new.nft');
  expect(code).toBe(3);
  const [head, packet, ...rest] = out.split('\n');
  expect(head).toMatch(/^they differ, shown by packet \d+:$/);
  expect(packet).toMatch(/^ {2}tcp \S+ > \S+:[78] /);
  expect(rest.join('\n')).toMatch(/^[-+] (old|new)\.nft:4 {2}tcp dport [78] drop$/m);
});

test('without one it is said how much that is worth', async () => {
  const { code, out } = await sluice('old.nft', 'old.nft');
  expect(code).toBe(0);
  expect(out).toMatch(
    /^no difference in \d+ packets \(seed 1\): both have the same rules\nold\.nft: 1 of 1 rules matched/,
  );
});

test('the result as JSON', async () => {
  const { out } = await sluice('--json', 'old.nft', 'new.nft');
  const result = JSON.parse(out);
  expect(result).toMatchObject({ schema: 'sluice-diff/1', equal: false });
  expect(result.difference.packets).toHaveLength(1);
});

test('what shows a difference can be sent again: a command, the network, a capture', async () => {
  const host = testHost({ files });
  const asked = ['--write-network', 'net.yaml', '--pcap', 'difference.pcapng'];
  await run(['diff', '--tries', '300', ...asked, 'old.nft', 'new.nft'], host);
  const said = /^again: sluice (trace -r old\.nft -t net\.yaml) '(.*)'$/m.exec(host.stdout());
  const [command = '', packet = ''] = said?.slice(1) ?? [];
  const bytes = (name: string) => host.written.get(name) ?? new Uint8Array();
  const written = (name: string) => new TextDecoder().decode(bytes(name));
  const again = testHost({ files: { ...files, 'net.yaml': written('net.yaml') } });
  expect(await run([...command.split(' '), packet], again)).toBe(0);
  expect(again.stdout()).toMatch(/tcp dport [78] drop|policy accept/);
  const { packets } = readCapture(bytes('difference.pcapng'));
  expect(packets).toHaveLength(1);
});

test('verdicts that hang on what cannot be evaluated are not called equal', async () => {
  const { code, out } = await sluice('ipvs.v4', 'ipvs6.v4');
  expect(code).toBe(4);
  expect(out).toContain('not evaluated');
});

test('a ruleset that cannot be read ends it before anything is compared', async () => {
  const { code, out, err } = await sluice('old.nft', 'bad.nft');
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err).toContain('bad.nft:1:');
});

test('sets of ipset are part of either side', async () => {
  expect((await sluice('one.ipset,rules.v4', 'one.ipset,rules.v4')).code).toBe(0);
  const { code, out } = await sluice('one.ipset,rules.v4', 'two.ipset,rules.v4');
  expect(code).toBe(3);
  expect(out).toMatch(/^\+ rules\.v4:2 {2}-A FORWARD -m set --match-set bad src -j DROP$/m);
});

test('a comma of a name has a backslash before it', async () => {
  const { code, out } = await sluice('one.ipset,two\\,of\\,us.v4', 'two\\,of\\,us.v4');
  expect(code).toBe(0);
  expect(out).toContain('1 of 1 rules matched');
});

test('a line nobody can read ends it where it is strict', async () => {
  expect((await sluice('odd.v4', 'odd.v4')).code).toBe(0);
  expect((await sluice('--strict', 'odd.v4', 'odd.v4')).code).toBe(1);
});
