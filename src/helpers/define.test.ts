import { describe, expect, test } from 'vitest';
import { BENCH, HelperBench } from './bench.ts';
import { defineHelper } from './define.ts';

const listen = defineHelper({
  name: 'listen',
  protocol: 'tcp',
  expect: { data: { max: 2, timeout: 60 }, status: { max: 1, timeout: 5 } },
  state: { announced: 0 },
  client: [
    {
      pattern: /LISTEN (?<address>\S+) (?<port>\d+)\n/,
      found(match) {
        const port = match.expect('data', { port: Number(match.groups['port']) });
        if (port === 0) return match.drop('refused');
        match.state.announced++;
        match.replace('address', match.seenAs);
        match.replace('port', port);
      },
    },
    {
      pattern: /STATUS (?<port>\d+)\n/,
      found: (match) => {
        match.expect('status', {
          port: Number(match.groups['port']),
          from: 'anyone',
          protocol: 'udp',
        });
      },
    },
  ],
  server: [{ pattern: /ABORT/, found: (match) => match.drop('aborted') }],
});

const LINE = 'LISTEN 10.0.0.2 4000\n';

describe('a helper from patterns', () => {
  test('expects what a side announces, for as long as its kind says', () => {
    const bench = new HelperBench(listen);
    expect(bench.client(`hello ${LINE}STATUS 5000\n`)).toBe(`hello ${LINE}STATUS 5000\n`);
    expect(bench.expected.sort()).toEqual([
      'tcp 192.0.2.2 > 10.0.0.2:4000',
      'udp * > 10.0.0.2:5000',
    ]);
    bench.advance(5);
    expect(bench.expected).toEqual(['tcp 192.0.2.2 > 10.0.0.2:4000']);
    expect(bench.send('tcp 192.0.2.2:9 > 10.0.0.2:4000 syn')).toBe('RELATED');
  });

  test('keeps state of the connection, which is plain data', () => {
    const bench = new HelperBench(listen);
    bench.client(LINE);
    bench.client(LINE.replace('4000', '4001'));
    expect(bench.state).toMatchObject({ own: { announced: 2 } });
    expect(new HelperBench(listen).state).toMatchObject({ own: { announced: 0 } });
  });

  test.each(['ip', 'ip6'] as const)(
    'rewrites behind NAT, and the numbers of TCP follow: %s',
    (family) => {
      const bench = new HelperBench(listen, { family, translated: true });
      const { client, outside } = BENCH[family];
      const line = `LISTEN ${client} 4000\n`;
      const heard = line.replace(client, outside);
      expect(bench.client(line + line.replace('4000', '4001'))).toBe(
        heard + heard.replace('4000', '4001'),
      );
      // A later segment is in order for both sides, or connection tracking would call it invalid.
      expect(bench.client('more\n')).toBe('more\n');
      expect(bench.server('fine\n')).toBe('fine\n');
      expect(bench.conntrack.entryOf(bench.slot).seqadj?.[0].offsetAfter).toBe(
        2 * (outside.length - client.length),
      );
    },
  );

  test('finds what lies across segments', () => {
    const bench = new HelperBench(listen);
    for (const part of ['LIS', 'TEN 10.0.', '0.2 40', '00\n']) bench.client(part);
    expect(bench.expected).toEqual(['tcp 192.0.2.2 > 10.0.0.2:4000']);
  });

  test('does not find the same twice', () => {
    const bench = new HelperBench(listen);
    bench.client(LINE);
    bench.client('x');
    expect(bench.state).toMatchObject({ own: { announced: 1 } });
  });

  test('drops a segment whose beginning is gone already and had to be rewritten', () => {
    const bench = new HelperBench(listen, { translated: true });
    bench.client('LISTEN 10.0.0');
    expect(bench.client('.2 4000\n')).toBeNull();
  });

  test('drops what it says shall be dropped', () => {
    const bench = new HelperBench(listen);
    expect(bench.server('ABORT')).toBeNull();
    expect(bench.server('go on')).toBe('go on');
  });

  test('allows no more of a kind than it says; the oldest gives way', () => {
    const bench = new HelperBench(listen);
    for (const port of [1, 2, 3]) bench.client(LINE.replace('4000', String(port)));
    expect(bench.expected).toEqual(['tcp 192.0.2.2 > 10.0.0.2:2', 'tcp 192.0.2.2 > 10.0.0.2:3']);
  });
});

test.each([
  ['a name with a blank', { name: 'my helper' }],
  ['a name that is too long', { name: 'abcdefghijklmnop' }],
  ['nothing to expect', { expect: {} }],
])('%s is refused', (_, change) => {
  const definition = { name: 'x', protocol: 'tcp', expect: { a: { max: 1, timeout: 1 } } } as const;
  expect(() => defineHelper<null>({ ...definition, ...change })).toThrow(RangeError);
});

test('replacing a group that is not there is a mistake of the helper', () => {
  const wrong = defineHelper({
    name: 'wrong',
    protocol: 'udp',
    expect: { a: { max: 1, timeout: 1 } },
    client: [{ pattern: /x/, found: (match) => match.replace('port', 1) }],
  });
  expect(() => new HelperBench(wrong).client('x')).toThrow("no group 'port'");
});
