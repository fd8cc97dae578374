// The ports of core on both who implement them: the same calls on the engine and on the running kernel
// give the same answers.

import { afterEach, describe, expect, test } from 'vitest';
import { loadLibc } from '../../src/linux/index.ts';
import type { QueuedPacket } from '../../src/queue/index.ts';
import { missing } from './needs.ts';
import { batchOf, type Entry, engine, kernel, type Netfilter } from './ports/netfilter.ts';
import { until } from './until.ts';

const reason = missing();
const libc = reason === undefined ? await loadLibc() : undefined;
const BOTH: readonly (readonly [string, () => Netfilter])[] = [
  ['the engine', engine],
  ['the kernel', () => kernel(libc!)],
];
if (reason !== undefined) console.warn(`ports: the kernel is not asked, ${reason}`);

const EEXIST = 17;
const ENOENT = 2;
const EBUSY = 16;

describe.each(reason === undefined ? BOTH : BOTH.slice(0, 1))('%s', (_, open) => {
  let netfilter: Netfilter;
  const opened = (): Netfilter => {
    netfilter = open();
    return netfilter;
  };
  afterEach(() => netfilter.close());

  /** Tables, chains, rules and elements by name and number. */
  const shape = (): unknown =>
    netfilter
      .list()
      .tables.filter(({ name }) => name !== 'tracked')
      .map(({ family, name, chains, sets }) => [
        `${family} ${name}`,
        ...chains.map((chain) => `${chain.name} ${chain.rules.map((r) => r.comment ?? '-')}`),
        ...sets.map((set) => `${set.name} ${set.elements.map(({ key }) => key).sort()}`),
      ]);

  const refusal = (text: string): unknown => {
    try {
      netfilter.apply(batchOf(text, netfilter.list()));
    } catch (error) {
      const { errno, changeIndex } = error as { errno?: number; changeIndex?: number };
      return [errno, changeIndex];
    }
    return 'taken';
  };

  test('a ruleset changes by whole batches, and tells what was changed', async () => {
    const { apply, onRuleset } = opened();
    const told: (readonly string[])[] = [];
    onRuleset((ops) => told.push(ops));
    apply(
      batchOf(`table ip t {
        set s { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 } }
        chain b { }
        chain a { ip saddr @s jump b comment "one"; accept comment "two" }
      }`),
    );
    const before = [['ip t', 'b ', 'a one,two', 's 0a000001,0a000002']];
    expect(shape()).toEqual(before);
    const current = netfilter.list();
    const handle = current.tables.find(({ name }) => name === 't')!.chains[1]!.rules[0]!.handle!;
    expect(refusal('add table ip more; create table ip t')).toEqual([EEXIST, 1]);
    expect(refusal('create chain ip t a')).toEqual([EEXIST, 0]);
    expect(refusal('delete rule ip t a handle 999')).toEqual([ENOENT, 0]);
    expect(refusal('add chain ip t c; delete set ip t s')).toEqual([EBUSY, 1]);
    expect(refusal('delete chain ip t b')).toEqual([EBUSY, 0]);
    expect(shape()).toEqual(before);
    const change = `delete rule ip t a handle ${handle}; delete chain ip t b; add chain ip t z`;
    apply(batchOf(change, current));
    expect(refusal('add element ip t s { 10.0.0.3 }; delete element ip t s { 10.0.0.1 }')).toBe(
      'taken',
    );
    expect(shape()).toEqual([['ip t', 'a two', 'z ', 's 0a000002,0a000003']]);
    await until('the transactions', () => told.length === 3);
    expect(told).toEqual([
      ['newtable', 'newchain', 'newchain', 'newset', 'newelem', 'newrule', 'newrule'],
      ['delrule', 'delchain', 'newchain'],
      ['newelem', 'delelem'],
    ]);
  });

  test('connections are made, found, changed and deleted, and told of', async () => {
    const { connections, onConnections } = opened();
    const told: string[] = [];
    onConnections((event, { mark }) => told.push(`${event} ${mark}`));
    const [src, dst] = ['10.0.0.2', '192.0.2.9'];
    const entry = (port: number, more: Partial<Entry>): Entry => ({
      ...{ family: 'ip', protocol: 6, timeout: 300, status: 0, mark: 1, zone: 0, id: 0 },
      original: { src, dst, sport: port, dport: 80 },
      reply: { src: dst, dst: src, sport: 80, dport: port },
      state: 'ESTABLISHED',
      ...more,
    });
    connections.create(entry(1, { labels: '01'.padEnd(32, '0') }));
    connections.create(entry(2, { mark: 2, zone: 3 }));
    connections.create(entry(3, { protocol: 17, mark: 4 }));
    const marks = (filter?: Parameters<typeof connections.dump>[0]): readonly number[] =>
      [...connections.dump(filter)].map(({ mark }) => mark).sort();
    expect(marks()).toEqual([1, 2, 4]);
    expect(marks({ zone: 3 })).toEqual([2]);
    expect(marks({ protocol: 6 })).toEqual([1, 2]);
    expect(marks({ original: { sport: 3 } })).toEqual([4]);
    expect(marks({ mark: 2, markMask: 6 })).toEqual([2]);
    const found = connections.get({ original: { sport: 1 } })!;
    expect(found).toMatchObject({ state: 'ESTABLISHED', labels: '01'.padEnd(32, '0') });
    expect(found.timeout).toBeGreaterThan(200);
    expect(connections.get({ mark: 9 })).toBeUndefined();
    expect(() => connections.create(entry(1, {}))).toThrow();
    expect(() => connections.update(entry(9, {}))).toThrow();
    connections.update({ ...found, mark: 8 });
    expect(marks()).toEqual([2, 4, 8]);
    expect(connections.delete({ mark: 9 })).toBe(0);
    expect(connections.delete({ protocol: 6, zone: 0 })).toBe(1);
    connections.flush();
    expect(marks()).toEqual([]);
    const all = ['new 1', 'new 2', 'new 4', 'update 8', 'destroy 8', 'destroy 2', 'destroy 4'];
    await until('the events', () => told.length === all.length);
    expect(told.slice(0, 5)).toEqual(all.slice(0, 5));
    expect(told.slice(5).sort()).toEqual(all.slice(5));
  });

  const udp = (data: string): string => `udp 10.0.0.2:7 > 192.0.2.9:53 data "${data}"`;
  const bytes = (words: string): Uint8Array => new TextEncoder().encode(words);

  /** Payloads of what came out, as text. */
  async function payloads(count: number): Promise<readonly string[]> {
    const all: string[] = [];
    await until(`${count} packets`, () => {
      all.push(...netfilter.sent());
      return all.length >= count;
    });
    return all.map((frame) =>
      Buffer.from(frame, 'hex')
        .subarray(14 + 28)
        .toString(),
    );
  }

  test('a queue: verdicts, edits and marks, in the order of the packets', async () => {
    const { queue, send } = opened();
    netfilter.apply(
      batchOf(
        'table ip m { chain f { type filter hook forward priority 10; meta mark 7 drop; }; }',
      ),
    );
    const gates = new Map<string, () => void>();
    const runner = await queue('udp dport 53', async (packet: QueuedPacket) => {
      const text = new TextDecoder().decode(packet.payload);
      if (text === 'late') await new Promise<void>((go) => gates.set(text, go));
      if (text === 'mark') packet.mark = 7;
      if (text === 'edit') packet.payload = bytes('longer than before');
      if (text === 'stop') return 'stop';
      return text === 'drop' ? 'drop' : 'accept';
    });
    for (const words of ['late', 'edit', 'drop', 'mark', 'stop', 'last']) send(udp(words));
    await until('the first to be asked', () => gates.size === 1);
    expect(netfilter.sent()).toEqual([]);
    gates.get('late')!();
    expect(await payloads(4)).toEqual(['late', 'longer than before', 'stop', 'last']);
    expect(runner.statistics.verdicts).toMatchObject({ accept: 4, drop: 1, stop: 1 });
  });

  test.each([
    ['accept', ['throws']],
    ['drop', []],
  ] as const)('a queue: policy %s for a handler that throws', async (policy, out) => {
    const { queue, send } = opened();
    const handler = (packet: QueuedPacket): void => {
      if (new TextDecoder().decode(packet.payload) !== 'throws') return;
      packet.payload = bytes('half done');
      throw new Error('no');
    };
    const runner = await queue('udp dport 53', handler, { policy });
    for (const words of ['throws', 'last']) send(udp(words));
    expect(await payloads(out.length + 1)).toEqual([...out, 'last']);
    expect(runner.statistics.causes).toMatchObject({ handler: 1, threw: 1 });
  });
});
