// Commands as functions from request to output, without processes.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commentsOf, readCapture } from '../capture/index.ts';
import type { PacketTrace } from '../trace/index.ts';
// Commands are loaded when they run; here they are before, so that no test waits for that.
import './commands/check.ts';
import './commands/list.ts';
import './commands/replay.ts';
import './commands/trace.ts';
import { run } from './run.ts';
import { type TestMachine, testHost } from './test-host.ts';

const GATEWAY = `table inet filter {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    tcp dport 443 accept comment "web"
    tcp dport 22 reject with tcp reset
  }
}
table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "wan" masquerade
  }
}
`;
const HOME = `interfaces:
  lan: 10.0.0.1/24
  wan: 192.0.2.1/24
routes: [default via 192.0.2.254]
`;
const FILES = { 'gw.nft': GATEWAY, 'home.yaml': HOME, 'bad.nft': 'table inet t {\n  chian c\n}\n' };

async function sluice(line: readonly string[], machine: TestMachine = {}) {
  const host = testHost({ ...machine, files: { ...FILES, ...machine.files } });
  const code = await run(line, host);
  return { code, out: host.stdout(), err: host.stderr(), written: host.written };
}

const SYN = 'tcp 10.0.0.2:40000 > 198.51.100.7:443 syn';

test('check says what is right', async () => {
  const { code, out } = await sluice(['check', 'gw.nft']);
  expect(code).toBe(0);
  expect(out).toBe('ok: 2 tables, 2 chains, 4 rules\n');
});

test('check says what is wrong, with its place', async () => {
  const { code, out } = await sluice(['check', 'bad.nft']);
  expect(code).toBe(1);
  expect(out).toContain('bad.nft:2:3: error:');
  expect(out).toContain('^^^^^');
  expect(out).toContain('1 error\n');
});

test('check as JSON', async () => {
  const { out } = await sluice(['check', '--json', 'bad.nft']);
  const { schema, problems } = JSON.parse(out);
  expect(schema).toBe('sluice-check/1');
  expect(problems[0]).toMatchObject({ severity: 'error', file: 'bad.nft', line: 2, column: 3 });
});

test('a file that is not there is told by its name', async () => {
  const { code, err } = await sluice(['check', 'nowhere.nft']);
  expect(code).toBe(1);
  expect(err).toBe('sluice: nowhere.nft: no such file\n');
});

test('list prints what nft would, and reads it back the same', async () => {
  const { out } = await sluice(['list', 'gw.nft']);
  expect(out).toContain('\t\ttcp dport 443 accept comment "web"\n');
  const again = await sluice(['list', 'again.nft'], { files: { 'again.nft': out } });
  expect(again.out).toBe(out);
});

test('list as JSON and as bytecode', async () => {
  const json = await sluice(['list', '--json', 'gw.nft']);
  expect(JSON.parse(json.out)).toMatchObject({ nftables: expect.any(Array) });
  const bytecode = await sluice(['list', '--bytecode', 'gw.nft']);
  expect(bytecode.out).toContain('[ payload load 2b @ transport header + 2 => reg 1 ]');
});

test('trace shows hooks, rules, translation and the way out', async () => {
  const { code, out, err } = await sluice(['trace', '-r', 'gw.nft', '-t', 'home.yaml', SYN]);
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(out).toMatch(/├─ prerouting +defrag +−400/);
  expect(out).toMatch(/conntrack +−200/);
  expect(out).toMatch(
    /gw\.nft:4 +✗ ct state established,related accept +ct state new ∌ established,related/,
  );
  expect(out).toMatch(/gw\.nft:5 +✓ tcp dport 443 accept/);
  expect(out).toMatch(/source 10\.0\.0\.2:40000 → 192\.0\.2\.1:40000/);
  expect(out).toMatch(/└─ ✓ forwarded out wan {2}gw\.nft:5 {2}tcp dport 443 accept/);
});

test('several packets make a conversation, and time passes between them', async () => {
  const { out } = await sluice([
    'trace',
    '--json',
    '-r',
    'gw.nft',
    '-t',
    'home.yaml',
    `${SYN} seq 1`,
    'tcp 198.51.100.7:443 > 192.0.2.1:40000 syn,ack seq 7 ack 2',
    'advance 5d',
    'tcp 198.51.100.7:443 > 192.0.2.1:40000 ack seq 8 ack 2',
  ]);
  const traces: PacketTrace[] = JSON.parse(out);
  expect(traces.map((t) => [t.packet.in, t.outcome.fate])).toEqual([
    ['lan', 'forwarded'],
    ['wan', 'forwarded'],
    // The connection has expired, so nothing translates it back and it is for the firewall itself.
    ['wan', 'delivered'],
  ]);
  expect(traces[0]?.schema).toBe('sluice-trace/1');
});

test('the network changes between packets, in the words of ip', async () => {
  const { out } = await sluice([
    'trace',
    '--json',
    '-r',
    'gw.nft',
    '-t',
    'home.yaml',
    `${SYN} seq 1`,
    'ip link set wan down',
    `${SYN} seq 1`,
  ]);
  const traces: PacketTrace[] = JSON.parse(out);
  expect(traces.map((t) => t.outcome.fate).slice(0, 2)).toEqual(['forwarded', 'dropped']);
});

test('a change of the network that is not understood ends the command', async () => {
  const { code, err } = await sluice([
    'trace',
    '-r',
    'gw.nft',
    '-t',
    'home.yaml',
    'ip link set eth7 up',
  ]);
  expect(code).not.toBe(0);
  expect(err).toContain('eth7');
});

test('without a topology a network is inferred and said', async () => {
  const { code, err, out } = await sluice(['trace', '-r', 'gw.nft', `${SYN}, in lan0`]);
  expect(code).toBe(0);
  expect(err).toContain('no topology given (-t), assumed: wan');
  expect(err).toContain('lan0 10.0.0.1/24');
  expect(out).toContain('✓ forwarded out wan');
});

test('a rejected packet is answered, in one line', async () => {
  const { out } = await sluice([
    'trace',
    '-r',
    'gw.nft',
    '-t',
    'home.yaml',
    SYN.replace('443', '22'),
  ]);
  expect(out).toMatch(/gw\.nft:6 +✓ tcp dport 22 reject with tcp reset/);
  expect(out).toMatch(/Flags \[R/);
  expect(out).toContain('✗ dropped  gw.nft:6');
});

test.each([
  { name: 'a packet', args: ['trace', '-r', 'gw.nft', 'tpc 1.1.1.1 > 2.2.2.2'], says: 'packet: ' },
  {
    name: 'an interface',
    args: ['trace', '-r', 'gw.nft', '-t', 'home.yaml', `${SYN}, in eth9`],
    says: "'eth9'",
  },
  { name: 'a ruleset', args: ['trace', '-r', 'bad.nft', SYN], says: 'the ruleset has 1 error' },
  {
    name: 'a capture',
    args: ['trace', '-r', 'gw.nft', 'gw.pcap#1'],
    says: 'gw.pcap: no such file',
  },
])('trace: $name that cannot be is told', async ({ args, says }) => {
  const { code, err } = await sluice(args);
  expect(code).toBe(1);
  expect(err).toContain(says);
});

const OFFICE = new URL('../../examples/capture/office.pcapng', import.meta.url);
const OFFICE_RULES = new URL('../../examples/gateway.nft', import.meta.url);
const office = {
  files: {
    'office.pcapng': new Uint8Array(readFileSync(OFFICE)),
    'office.nft': readFileSync(OFFICE_RULES, 'utf8'),
  },
};

test('replay sums a capture up and annotates its packets', async () => {
  const line = ['replay', '--json', '-r', 'office.nft', 'office.pcapng', '-o', 'out.pcapng'];
  const { code, out, written } = await sluice(line, office);
  expect(code).toBe(0);
  const summary = JSON.parse(out);
  const { packets } = readCapture(office.files['office.pcapng']);
  expect(summary.read.packets).toBe(packets.length);
  expect(summary.flows).toBeGreaterThan(10);
  const annotated = readCapture(written.get('out.pcapng') ?? new Uint8Array());
  expect(annotated.error).toBeUndefined();
  const inbound = annotated.packets.filter((p) => !commentsOf(p)[0]?.startsWith('sent for'));
  expect(inbound.map((p) => p.data.length)).toEqual(packets.map((p) => p.data.length));
  expect(new Set(inbound.map((p) => p.interface.name))).toEqual(new Set(['eth0', 'eth1', 'eth2']));
  const comments = inbound.flatMap((p) => commentsOf(p));
  expect(comments.join('\n')).toMatch(/✓ forwarded out eth1 {2}office\.nft:\d+/);
  expect(comments.join('\n')).toMatch(/nat src 10\.0\.0\.20:\d+ → 192\.0\.2\.1:\d+/);
});

test('replay says what accounting objects have counted', async () => {
  const files = {
    ...office.files,
    accounts: '{ pkts = 1, bytes = 2 } = all;\n',
    'rules.v4': '*raw\n-A PREROUTING -m nfacct --nfacct-name all\nCOMMIT\n',
  };
  const line = ['replay', '-r', 'accounts', '-r', 'rules.v4', 'office.pcapng'];
  const { code, out } = await sluice(line, { files });
  expect(code).toBe(0);
  expect(out).toMatch(/^\{ pkts = 0{17}\d{3}, bytes = 0+[1-9]\d+ \} = all;$/m);
  const { accounting } = JSON.parse((await sluice([...line, '--json'], { files })).out);
  expect(out).toContain(`pkts = ${String(accounting[0].packets).padStart(20, '0')},`);
});

test('replay of a broken capture gives its summary and then the error', async () => {
  const whole = office.files['office.pcapng'];
  const machine = { files: { ...office.files, 'cut.pcapng': whole.subarray(0, 50_000) } };
  const { code, out, err } = await sluice(['replay', '-r', 'office.nft', 'cut.pcapng'], machine);
  expect(code).toBe(1);
  expect(out).toMatch(/^\d+ packets, /);
  expect(err).toMatch(/cut\.pcapng: byte \d+: the file ends \d+ bytes into a block/);
});
