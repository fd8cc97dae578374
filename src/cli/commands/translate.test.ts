import { expect, test } from 'vitest';
import { run } from '../run.ts';
import { testHost } from '../test-host.ts';

const RULES = `*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -m recent --name bad --rcheck -j DROP
COMMIT
`;

async function sluice(...args: string[]) {
  const host = testHost({
    files: { 'rules.v4': RULES, 'bad.v4': '*filter\n-A INPUT --nonsense 1\nCOMMIT\n' },
  });
  const code = await run(['translate', ...args], host);
  return { code, out: host.stdout(), err: host.stderr(), written: host.written };
}

test('the translation is on standard output, what is left over on standard error with its place', async () => {
  const { code, out, err } = await sluice('rules.v4');
  expect(code).toBe(0);
  expect(out).toContain('\t\ttcp dport 22 counter accept\n');
  expect(out).toContain('policy drop;');
  expect(err).toMatch(/^rules\.v4:6: not carried over: recent: sets of nft do not keep when/m);
});

test('a proof says on how many packets it stands', async () => {
  const { code, err } = await sluice('--prove', '--tries', '200', 'rules.v4');
  expect(code).toBe(0);
  expect(err).toMatch(/^no difference in \d+ packets/m);
  expect(err).toContain('translation: 1 of 1 rules matched by some packet');
});

test('all of it as JSON', async () => {
  const { out } = await sluice('--json', '--prove', '--tries', '100', 'rules.v4');
  expect(JSON.parse(out)).toMatchObject({
    schema: 'sluice-translate/1',
    leftovers: [{ place: 'rules.v4:6', what: ['recent'] }],
    proof: { equal: true },
  });
});

test('into a file', async () => {
  const { out, written } = await sluice('rules.v4', '-o', 'rules.nft');
  expect(out).toBe('');
  expect(new TextDecoder().decode(written.get('rules.nft'))).toContain('table ip filter {');
});

test('a single command is answered as iptables-translate answers it', async () => {
  const host = testHost();
  const words = 'iptables-translate -A INPUT -p tcp --dport 22 -j ACCEPT'.split(' ');
  expect(await run(words, host)).toBe(0);
  expect(host.stdout()).toBe("nft 'add rule ip filter INPUT tcp dport 22 counter accept'\n");
});

test('a command that nft has no words for stands as a comment', async () => {
  const host = testHost();
  expect(await run(['iptables-translate', '-A', 'INPUT', '-m', 'recent', '--rcheck'], host)).toBe(
    0,
  );
  expect(host.stdout()).toBe('nft # -A INPUT -m recent --rcheck \n');
  expect(host.stderr()).toContain('nft has no words for recent');
});

const NEAR = `*mangle
-A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
-A FORWARD -p tcp -j ACCEPT
COMMIT
`;

async function near(...args: string[]) {
  const host = testHost({ files: { 'near.v4': NEAR } });
  const code = await run(['translate', 'near.v4', ...args], host);
  return { code, out: host.stdout(), err: host.stderr(), written: host.written };
}

const MSS = 'tcp flags syn / syn,rst counter tcp option maxseg size set rt mtu';

test('what nft says only nearly is left over, with the reason and the words', async () => {
  const { code, out, err } = await near();
  expect(code).toBe(0);
  expect(out).not.toMatch(/^\s*tcp flags/m);
  expect(err).toContain(
    'near.v4:2: not carried over: TCPMSS: a SYN without the option stays without it, where TCPMSS adds one\n',
  );
  expect(err).toContain(`nearly: ${MSS} (--near)`);
});

test('with --near it is written, and the difference told', async () => {
  const { code, out, err } = await near('--near', '--prove', '--tries', '300');
  expect(code).toBe(3);
  expect(out).toContain(
    `# nearly: a SYN without the option stays without it, where TCPMSS adds one\n\t\t${MSS}\n`,
  );
  expect(err).toContain('near.v4:2: nearly the same:');
});

test('with --strict nothing is left over, or nothing is written', async () => {
  const { code, out, err, written } = await near('--strict', '-o', 'out.nft');
  expect({ code, out, written: written.size }).toEqual({ code: 1, out: '', written: 0 });
  expect(err).toContain('not carried over: TCPMSS');
});
