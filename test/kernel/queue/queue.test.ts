// Handlers on queues of the running kernel, with real sockets on both sides.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { loadLibc } from '../../../src/linux/index.ts';
import type { QueuedPacket } from '../../../src/queue/index.ts';
import { missing } from '../needs.ts';
import { until } from '../until.ts';
import { ADDRESS, type Family, type Place, QueueField } from './field.ts';

const reason = missing();
if (reason !== undefined) console.warn(`queues of the kernel are not tested: ${reason}`);
const FAMILIES: readonly Family[] = ['ip', 'ip6'];
const PORT = 1331;
const MATCH = `udp dport ${PORT}`;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (words: string): Uint8Array => new TextEncoder().encode(words);

describe.skipIf(reason !== undefined)('queues of the kernel', () => {
  let field: QueueField;

  beforeAll(async () => {
    field = new QueueField(await loadLibc());
  });
  afterEach(() => field.reset());
  afterAll(() => field.close());

  /** A socket that sends and one that receives, and what the latter got of one datagram. */
  function talk(family: Family, from: Place = 'client', to: Place = 'server') {
    const [source, target] = [
      field.datagrams(from, family, 4000),
      field.datagrams(to, family, PORT),
    ];
    const send = (words: string | Uint8Array): void =>
      source.send(words, ADDRESS[family][to], PORT);
    return { send, target };
  }

  const HOOKS = [
    { hook: 'prerouting', from: 'client', to: 'server', indev: 'eth0', outdev: '' },
    { hook: 'input', from: 'client', to: 'router', indev: 'eth0', outdev: '' },
    { hook: 'forward', from: 'client', to: 'server', indev: 'eth0', outdev: 'eth1' },
    { hook: 'output', from: 'router', to: 'client', indev: '', outdev: 'eth0' },
    { hook: 'postrouting', from: 'client', to: 'server', indev: 'eth0', outdev: 'eth1' },
  ] as const;

  describe.each(FAMILIES)('%s', (family) => {
    test.each(HOOKS)('$hook: accepted, dropped, and described', async (one) => {
      const seen: object[] = [];
      field.rules(MATCH, { hooks: [one.hook] });
      await field.queue((p: QueuedPacket) => {
        const { hook, indev, outdev, source, destinationPort } = p;
        seen.push({ hook, indev, outdev, source, destinationPort, family: p.family });
        return text(p.payload) === 'bad' ? 'drop' : undefined;
      });
      const { send, target } = talk(family, one.from, one.to);
      for (const words of ['good', 'bad', 'better']) send(words);
      expect([await target.receive(), await target.receive()]).toEqual(['good', 'better']);
      expect(target.receiveNow()).toBeUndefined();
      const { hook, indev, outdev } = one;
      const source = ADDRESS[family][one.from];
      expect(seen).toHaveLength(3);
      expect(seen[0]).toEqual({ hook, indev, outdev, source, destinationPort: PORT, family });
    });

    test('a mark goes on with the packet', async () => {
      field.rules(MATCH);
      field.count('marked', 'postrouting', 'meta mark 0x2a');
      await field.queue((p: QueuedPacket) => {
        if (text(p.payload) === 'mark me') p.mark = 42;
      });
      const { send, target } = talk(family);
      for (const words of ['mark me', 'not me']) send(words);
      await target.receive();
      await target.receive();
      expect(field.counted('marked')).toBe(1);
    });

    test('repeat brings a packet to the same hook again', async () => {
      const marks: number[] = [];
      field.rules(MATCH);
      await field.queue((p: QueuedPacket) => {
        marks.push(p.mark);
        if (p.mark !== 0) return 'accept';
        p.mark = 1;
        return 'repeat';
      });
      const { send, target } = talk(family);
      send('again');
      expect(await target.receive()).toBe('again');
      expect(marks).toEqual([0, 1]);
    });

    test.each([
      { name: 'in place', to: 'HELLO' },
      { name: 'longer', to: 'hello, and a good deal more than before. '.repeat(30) },
      { name: 'shorter', to: 'x' },
      { name: 'to nothing', to: '' },
    ])('a payload edited $name arrives, checksums are right', async ({ to }) => {
      const before = field.wrongChecksums('server');
      field.rules(MATCH);
      const { errors } = await field.queue((p: QueuedPacket) => {
        p.payload = bytes(to);
        p.sourcePort = 4001;
      });
      const { send, target } = talk(family);
      send('hello');
      expect(await target.receive()).toBe(to);
      expect(errors).toEqual([]);
      expect(field.wrongChecksums('server')).toBe(before);
    });

    test('fragments in front of defragmentation: an edit of the first is summed right', async () => {
      const seen: boolean[] = [];
      const last = family === 'ip' ? -450 : -500;
      field.rules(family === 'ip' ? 'ip frag-off & 0x3fff != 0' : 'exthdr frag exists', {
        hooks: ['prerouting'],
        priority: last,
      });
      const { errors } = await field.queue((p: QueuedPacket) => {
        seen.push(p.isFragment);
        if (p.udp !== undefined) p.payload[0] = 0x42;
      });
      const { send, target } = talk(family);
      send(bytes('a'.repeat(4000)));
      const got = await target.receive();
      expect(errors).toEqual([]);
      expect([got.length, got.slice(0, 3)]).toEqual([4000, 'Baa']);
      expect(seen).toEqual([true, true, true]);
    });
  });

  test('verdicts out of order', async () => {
    const gates: (() => void)[] = [];
    field.rules(MATCH);
    const { runner } = await field.queue(
      () => new Promise<void>((go) => gates.push(go)),
      {},
      { ordered: false },
    );
    const { send, target } = talk('ip');
    for (let i = 0; i < 100; i++) send(`${i}`);
    await until('all to be asked', () => gates.length === 100);
    for (const go of gates.splice(0).reverse()) go();
    const got: string[] = [];
    for (let i = 0; i < 100; i++) got.push(await target.receive());
    expect(got.sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 100 }, (_, i) => `${i}`),
    );
    expect(runner.statistics.losses.refused).toBe(0);
  });

  test('in order although handlers answer as they like', async () => {
    field.rules(MATCH);
    await field.queue(async (p: QueuedPacket) => {
      const wait = Number(text(p.payload)) % 3;
      await new Promise((go) => setTimeout(go, 5 * wait));
    });
    const { send, target } = talk('ip');
    for (let i = 0; i < 30; i++) send(`${i}`);
    for (let i = 0; i < 30; i++) expect(await target.receive()).toBe(`${i}`);
  });

  test('on to another queue', async () => {
    field.rules(MATCH);
    await field.queue(() => ({ queue: 6 }));
    const { runner } = await field.queue(() => 'accept', { queue: 6 });
    const { send, target } = talk('ip');
    send('further');
    expect(await target.receive()).toBe('further');
    expect(runner.statistics.packets).toBe(1);
    expect(runner.statistics.causes.handler).toBe(1);
  });

  test('to a queue nobody has: dropped, with bypass accepted', async () => {
    field.rules(MATCH);
    await field.queue((p: QueuedPacket) => ({ queue: 99, bypass: text(p.payload) === 'pass' }));
    const { send, target } = talk('ip');
    for (const words of ['lost', 'pass']) send(words);
    expect(await target.receive()).toBe('pass');
    expect(target.receiveNow()).toBeUndefined();
  });

  test.each(['accept', 'drop'] as const)('policy %s for a handler that throws', async (policy) => {
    field.rules(MATCH);
    const throwing = (p: QueuedPacket): void => {
      p.payload = bytes('half done');
      if (text(p.payload) !== '') throw new Error('no');
    };
    const { runner } = await field.queue(throwing, {}, { policy });
    const { send, target } = talk('ip');
    send('as it came');
    await until('the verdict', () => runner.statistics.causes.threw === 1);
    if (policy === 'accept') expect(await target.receive()).toBe('as it came');
    else expect(target.receiveNow()).toBeUndefined();
  });

  test('a handler that does not answer in time', async () => {
    field.rules(MATCH);
    const { runner } = await field.queue(() => new Promise(() => {}), {}, { deadline: 30 });
    const { send, target } = talk('ip');
    send('late');
    expect(await target.receive()).toBe('late');
    expect(runner.statistics.causes.expired).toBe(1);
  });

  test('what is under way and what waits is answered when it is told to stop', async () => {
    const rules = field.rules(MATCH);
    const { runner } = await field.queue(() => new Promise(() => {}), {}, { underWay: 64 });
    const { send, target } = talk('ip');
    for (let i = 0; i < 200; i++) send(`${i}`);
    await until('some to be under way', () => runner.statistics.packets >= 64);
    rules.silence();
    await runner.stop();
    let got = 0;
    while (target.receiveNow() !== undefined) got++;
    expect(got).toBe(200);
  });

  test('a full queue drops, fail-open lets through', async () => {
    for (const failOpen of [false, true]) {
      field.rules(MATCH);
      const { socket, runner } = await field.queue(
        () => new Promise(() => {}),
        { maxLength: 8, failOpen },
        { deadline: 100 },
      );
      const { send, target } = talk('ip');
      for (let i = 0; i < 20; i++) send(`${i}`);
      await until('the deadline', () => runner.statistics.causes.expired === 8);
      let got = 0;
      while (target.receiveNow() !== undefined) got++;
      socket.refresh();
      expect([got, socket.losses.full]).toEqual(failOpen ? [20, 0] : [8, 12]);
      await field.reset();
    }
  });

  test('metadata alone: judged and marked, not edited', async () => {
    field.rules(MATCH);
    const lengths: number[] = [];
    const { errors } = await field.queue(
      (p: QueuedPacket) => {
        lengths.push(p.bytes.length);
        p.mark = 3;
      },
      { copy: 'meta' },
    );
    const { send, target } = talk('ip');
    send('unseen');
    expect(await target.receive()).toBe('unseen');
    expect([lengths, errors]).toEqual([[0], []]);
  });

  test('a copy range cuts what the handler sees; an edit of it is refused', async () => {
    field.rules(MATCH);
    const seen: unknown[] = [];
    const { errors } = await field.queue(
      (p: QueuedPacket) => {
        seen.push([p.truncated, p.bytes.length, p.length]);
        if (seen.length === 2) p.payload = bytes('no');
      },
      { copyRange: 40 },
    );
    const { send, target } = talk('ip');
    send('a'.repeat(100));
    send('b'.repeat(100));
    expect(await target.receive()).toBe('a'.repeat(100));
    expect(await target.receive()).toBe('b'.repeat(100));
    expect(seen[0]).toEqual([true, 40, 128]);
    expect(String(errors[0])).toContain('only the beginning');
  });

  test('who owns the socket of a packet made here', async () => {
    field.rules(MATCH, { hooks: ['output'] });
    const owners: unknown[] = [];
    await field.queue((p: QueuedPacket) => void owners.push([p.uid, p.gid]), { uidGid: true });
    const { send, target } = talk('ip', 'router', 'client');
    send('mine');
    await target.receive();
    expect(owners).toEqual([[process.getuid?.(), process.getgid?.()]]);
  });

  test('a queue that is taken says by whom, a queue number again after it is closed', async () => {
    const { runner } = await field.queue(() => 'accept');
    await expect(field.queue(() => 'accept')).rejects.toThrow(/bind queue 5: .*taken by/);
    await runner.stop();
    await field.queue(() => 'accept');
  });
});
