// `sluice nft` as a function from words to output, against a state file of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestMachine, testHost } from '../test-host.ts';
import { nft } from './nft.ts';
// What the command loads when it is called is loaded here, not within the time of a test.
import './nft-step.ts';
import type { Entry } from './nft-journal.ts';
import { entryText } from './nft-monitor.ts';
import { parseNftArguments } from './nft-options.ts';
import { Journal } from './watchers.ts';

let folder = '';
let state = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-nft-'));
  state = join(folder, 'ruleset.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(words: readonly string[], machine: TestMachine = {}) {
  const host = testHost({ ...machine, env: { SLUICE_STATE: state } });
  const code = await nft(words, host);
  return { code, out: host.stdout(), err: host.stderr() };
}

const load = (text: string) => run(['-f', '-'], { input: text });

test.each([
  { words: ['-nn', 'list', 'ruleset'], on: ['numeric'], command: 'list ruleset' },
  {
    words: ['-anj', 'list', 'ruleset'],
    on: ['handle', 'numeric', 'json'],
    command: 'list ruleset',
  },
  { words: ['--handle', '--', 'list', 'tables'], on: ['handle'], command: 'list tables' },
  { words: ['--stateless', 'list', 'tables'], on: ['stateless'], command: 'list tables' },
  { words: ['--numeric-pri', 'list', 'tables'], on: ['numeric-priority'], command: 'list tables' },
])('options as getopt_long reads them: $words', ({ words, on, command }) => {
  const args = parseNftArguments(words);
  expect([...args.on]).toEqual(on);
  expect(args.command).toBe(command);
});

test('values stand behind an option or at it', () => {
  const args = parseNftArguments(['-cf', 'a', '-fb', '--file=c', '-D', 'x=1=2', '-Idir']);
  expect(args).toMatchObject({ files: ['a', 'b', 'c'], defines: { x: '1=2' }, includes: ['dir'] });
});

test.each([
  { words: ['-x'], says: "invalid option -- 'x'" },
  { words: ['--numeri-x'], says: "unrecognized option '--numeri-x'" },
  { words: ['--numeric-'], says: "option '--numeric-' is ambiguous" },
  { words: ['-f'], says: "option requires an argument -- 'f'" },
  { words: ['--json=1', 'x'], says: "doesn't allow an argument" },
  { words: ['list', 'ruleset', '-a'], says: 'options must be specified before commands' },
  { words: ['-D', 'x', 'list'], says: "invalid definition 'x'" },
  { words: ['--debug=all,foo', 'list'], says: "invalid debug level 'foo'" },
  { words: [], says: 'no command specified' },
])('refused with a sentence: $words', async ({ words, says }) => {
  const { code, err, out } = await run(words);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain(`Error: ${says}`.slice(0, 7));
  expect(err).toContain(says);
});

test('help and version', async () => {
  expect((await run(['-h'])).out).toContain('sluice nft -f /etc/nftables.conf');
  expect((await run(['-v'])).out).toMatch(/^sluice nft \d/);
  expect((await run(['-V'])).out).toContain('json:');
});

test('a refused rule names the kernel’s reason and shows the place', async () => {
  await load('table ip t { chain c { accept; }\n}\n');
  const { code, err } = await run(['-f', '-'], { input: 'add table ip t\ndelete chain ip t x' });
  expect(code).toBe(1);
  expect(err).toMatch(/^\/dev\/stdin:2:19-19: Error: no chain named 'x' in this table\n/);
  const refused = await run(['delete rule ip t c handle 9']);
  expect(refused.err.split('\n').slice(0, 3)).toEqual([
    'Error: Could not process rule: No such file or directory',
    expect.stringContaining('delete rule ip t c handle 9'),
    expect.stringContaining('^^^'),
  ]);
});

test('-c changes nothing, and says what would be refused', async () => {
  expect((await run(['-c', 'add table ip t'])).code).toBe(0);
  expect((await run(['list', 'tables'])).out).toBe('');
  expect((await run(['-c', 'delete table ip t'])).code).toBe(1);
});

test('--debug=netlink prints the expressions', async () => {
  await load('table ip t { chain c { }\n}\n');
  const { out } = await run(['-c', '--debug=netlink', 'add rule ip t c tcp dport 22 accept']);
  expect(out).toContain('[ meta load l4proto => reg 1 ]');
  expect(out).toContain('[ immediate reg 0 accept ]');
});

test('echo tells what was made, with handles where they are asked for', async () => {
  await load('table ip t { chain c { drop; }\n set s { type ipv4_addr; }\n}\n');
  const rule = await run(['-e', '-a', 'insert rule ip t c tcp dport 22 accept']);
  expect(rule.out).toBe('insert rule ip t c tcp dport 22 accept # handle 4\n');
  const element = await run(['-e', 'add element ip t s { 1.2.3.4 }']);
  expect(element.out).toBe('add element ip t s { 1.2.3.4 }\n');
  const chain = await run(['-e', 'add chain ip t n { type filter hook output priority 0; }']);
  expect(chain.out).toBe(
    'add chain ip t n { type filter hook output priority filter; policy accept; }\n',
  );
  expect((await run(['-e', 'delete chain ip t n'])).out).toBe('');
});

test('echo as JSON is what was made, with its handle', async () => {
  await load('table ip t { chain c { }\n}\n');
  const { out } = await run(['-e', '-j', 'add rule ip t c accept']);
  expect(JSON.parse(out)).toEqual({
    nftables: [
      {
        add: {
          rule: { family: 'ip', table: 't', chain: 'c', handle: 2, expr: [{ accept: null }] },
        },
      },
    ],
  });
});

test('JSON goes in and comes out', async () => {
  await load('table ip t { chain c { tcp dport 22 accept; }\n set s { type ipv4_addr; }\n}\n');
  const listing = await run(['-j', 'list ruleset']);
  await run(['flush ruleset']);
  expect((await run(['-j', '-f', '-'], { input: listing.out })).code).toBe(0);
  expect((await run(['list ruleset'])).out).toContain('tcp dport 22 accept');
  const kinds = async (command: string): Promise<string[]> => {
    const { out } = await run(['-j', command]);
    const { nftables } = JSON.parse(out) as { nftables: readonly object[] };
    return nftables.slice(1).flatMap((entry) => Object.keys(entry));
  };
  expect(await kinds('list tables')).toEqual(['table']);
  expect(await kinds('list chains')).toEqual(['chain']);
  expect(await kinds('list chain ip t c')).toEqual(['chain', 'rule']);
  expect(await kinds('list sets')).toEqual(['set']);
});

test('counters and quotas are reset after they were shown', async () => {
  await load(
    'table ip t { counter c { packets 3 bytes 4; }\n quota q { 5 bytes used 2 bytes; }\n}\n',
  );
  expect((await run(['reset counters'])).out).toContain('packets 3 bytes 4');
  expect((await run(['list counter ip t c'])).out).toContain('packets 0 bytes 0');
  await run(['reset quota ip t q']);
  expect((await run(['list quotas'])).out).not.toContain('used');
});

test('rules are reset all, by chain or one alone, and shown as they were', async () => {
  await load(
    'table ip t { chain c { counter packets 1 bytes 2; counter packets 3 bytes 4; }\n' +
      ' chain d { counter packets 5 bytes 6; }\n}\n',
  );
  expect((await run(['reset rule ip t c handle 4'])).out).toBe(
    'table ip t {\n\tchain c {\n\t\tcounter packets 3 bytes 4\n\t}\n}\n',
  );
  expect((await run(['reset rules chain ip t c'])).out).toBe(
    'table ip t {\n\tchain c {\n\t\tcounter packets 1 bytes 2\n\t\tcounter packets 0 bytes 0\n\t}\n}\n',
  );
  expect((await run(['reset rules'])).out).toContain('counter packets 5 bytes 6');
  expect((await run(['list ruleset'])).out).not.toMatch(/packets [1-9]/);
  expect((await run(['reset rule ip t c handle 99'])).code).toBe(1);
});

test('elements run out of time between calls', async () => {
  await load('table ip t { set s { type ipv4_addr; flags timeout; }\n}\n');
  await run(['add element ip t s { 1.1.1.1 timeout 30ms, 2.2.2.2 timeout 1h }']);
  await new Promise((resolve) => setTimeout(resolve, 60));
  const { out } = await run(['list set ip t s']);
  expect(out).not.toContain('1.1.1.1');
  expect(out).toMatch(/2\.2\.2\.2 timeout 1h expires 59m59s/);
  expect((await run(['get element ip t s { 1.1.1.1 }'])).code).toBe(1);
});

test('hooks are listed by family and priority', async () => {
  await load(
    'table inet f { chain a { type filter hook input priority 10; }\n chain b { type filter hook input priority -5; }\n}\n',
  );
  expect((await run(['list hooks ip'])).out).toBe(
    'family ip {\n\thook input {\n' +
      '\t\t-0000000005 chain inet f b [nf_tables]\n' +
      '\t\t+0000000010 chain inet f a [nf_tables]\n\t}\n}\n',
  );
});

test('with what rules need of netfilter, and by device', async () => {
  await load(
    'table ip f { chain a { type nat hook prerouting priority -100; }\n chain b { type filter hook forward priority 0; ct state new accept; } }\n' +
      'table netdev n { chain i { type filter hook ingress device "eth7" priority 5; } }\n',
  );
  expect((await run(['list hooks'])).out).toBe(`family ip {
\thook prerouting {
\t\t-0000000400 ipv4_conntrack_defrag [nf_defrag_ipv4]
\t\t-0000000200 ipv4_conntrack_in [nf_conntrack]
\t\t-0000000100 nf_nat_ipv4_pre_routing [nf_nat]
\t}
\thook input {
\t\t+0000000100 nf_nat_ipv4_local_in [nf_nat]
\t\t+2147483647 nf_confirm [nf_conntrack]
\t}
\thook forward {
\t\t 0000000000 chain ip f b [nf_tables]
\t}
\thook output {
\t\t-0000000400 ipv4_conntrack_defrag [nf_defrag_ipv4]
\t\t-0000000200 ipv4_conntrack_local [nf_conntrack]
\t\t-0000000100 nf_nat_ipv4_local_fn [nf_nat]
\t}
\thook postrouting {
\t\t+0000000100 nf_nat_ipv4_out [nf_nat]
\t\t+2147483647 nf_confirm [nf_conntrack]
\t}
}
family netdev {
\thook ingress device eth7 {
\t\t+0000000005 chain netdev n i [nf_tables]
\t}
}
`);
});

test.each([
  {
    what: 'tcp dport',
    says: 'payload expression, datatype inet_service (internet network service) (basetype integer), 16 bits\n',
  },
  {
    what: 'ct mark',
    says: 'ct expression, datatype mark (packet mark) (basetype integer), 32 bits\n',
  },
  {
    what: 'meta iifname',
    says: 'meta expression, datatype ifname (network interface name) (basetype string), 16 characters\n',
  },
  {
    what: 'boolean',
    says: `datatype boolean (boolean type) (basetype integer), 1 bits

pre-defined symbolic constants (in decimal):
\texists                        \t                   1
\tmissing                       \t                   0
`,
  },
])('describe $what', async ({ what, says }) => {
  expect((await run(['describe', what])).out).toBe(says);
});

test('interactive: a line is a transaction, a backslash joins two, quit ends', async () => {
  const input =
    'add table ip t\nadd chain \\\nip t c\nlist nonsense\nlist tables\nquit\nflush ruleset';
  const { code, out, err } = await run(['-i'], { input });
  expect(code).toBe(0);
  expect(out).toBe('table ip t\n');
  expect(err).toContain('Error: ');
  expect((await run(['list chains'])).out).toContain('chain c');
});

test('an owned table goes with the call that made it, unless it persists', async () => {
  await run(['add table ip t { flags owner; }']);
  await run(['add table ip u { flags owner,persist; }']);
  expect((await run(['list tables'])).out).toBe('table ip u\n');
});

test('an interface keeps its index, and is listed by its name', async () => {
  await load('table ip t { chain c { iif eth7 accept; }\n}\n');
  await run(['add rule ip t c iif eth9 drop']);
  const { out } = await run(['list ruleset']);
  expect(out).toContain('iif "eth7" accept');
  expect(out).toContain('iif "eth9" drop');
});

test('a watcher is told what other calls change, as nft monitor tells it', async () => {
  await load('table ip t { chain c { accept; }\n}\n');
  const journal = new Journal<Entry>(state, 'watch');
  await run(['add rule ip t c tcp dport 22 accept']);
  await run(['delete rule ip t c handle 2; delete chain ip t c']).then(({ code }) =>
    expect(code).toBe(0),
  );
  const monitor = { kind: 'monitor', span: { source: 0, start: 0, end: 0 } } as const;
  const text = journal.take().map((entry) => entryText(entry, monitor, {}, false));
  expect(text[0]).toMatch(
    /^add rule ip t c tcp dport 22 accept\n# new generation \d+ by process \d+ \(sluice\)\n$/,
  );
  expect(text[1]).toContain('delete rule ip t c handle 2\n');
  expect(text[1]).toContain('delete chain ip t c\n');
  await load('table ip t { set s { type ipv4_addr; elements = { 1.1.1.1, 2.2.2.2 }; }\n}\n');
  await run(['add chain ip t d; add rule ip t d jump { udp dport 53 accept; drop; }']);
  await run(['delete table ip t']);
  const more = journal.take().map((entry) => entryText(entry, monitor, {}, false));
  const lines = more.flatMap((one) => one.split('\n').filter((line) => !line.startsWith('#')));
  expect(lines.filter((line) => line !== '')).toEqual([
    'add set ip t s { type ipv4_addr; }',
    'add element ip t s { 1.1.1.1 }',
    'add element ip t s { 2.2.2.2 }',
    'add chain ip t d',
    'add rule ip t d jump { udp dport 53 accept; drop; }',
    expect.stringMatching(/^delete rule ip t d handle \d+$/),
    'delete set ip t s',
    'delete chain ip t d',
    'delete table ip t',
  ]);
  expect(journal.take()).toEqual([]);
  journal.close();
});

test.each(['export json', 'import json', 'monitor trace', 'list tables; monitor'])(
  'refused with one sentence: %s',
  async (command) => {
    const { code, err } = await run([command]);
    expect(code).toBe(1);
    expect(err).toMatch(/^Error: \S/);
  },
);
