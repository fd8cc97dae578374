import { describe, expect, test } from 'vitest';
import { type HandlerContext, QueueBench, type QueuedPacket } from './index.ts';

const UDP = 'udp 10.0.0.2:1331 > 192.0.2.1:1331 data "hello"';

test('a verdict, and the packet with right checksums', async () => {
  const bench = await QueueBench.open((packet: QueuedPacket) => {
    packet.payload = Uint8Array.of(0x68, 0x69);
    packet.mark = 7;
  });
  const judged = await bench.send(UDP);
  expect(judged).toMatchObject({ verdict: 'accept', edited: true, mark: 7, cause: 'handler' });
  expect(judged.text).toBe('hi');
  expect(judged.hasRightChecksums).toBe(true);
  expect(judged.notation).toBe('udp 10.0.0.2:1331 > 192.0.2.1:1331 data "hi"');
});

test('a packet that is not edited goes on as it came', async () => {
  const bench = await QueueBench.open((packet: QueuedPacket) => {
    packet.payload = Uint8Array.of(1);
    throw new Error('no');
  });
  expect((await bench.send(UDP)).text).toBe('hello');
  expect(bench.failures).toEqual([new Error('no')]);
});

test('what a queue says of a packet', async () => {
  const seen: unknown[] = [];
  const bench = await QueueBench.open(
    ({ hook, indev, outdev, mark, queue, timestamp }: QueuedPacket) => {
      seen.push({ hook, indev, outdev, mark, queue, timestamp });
    },
    { time: 1000 },
  );
  await bench.send(`${UDP}, in eth0 mark 3`, { out: 'eth1', queue: 5 });
  await bench.send(`${UDP}, out eth1`);
  expect(seen).toEqual([
    { hook: 'forward', indev: 'eth0', outdev: 'eth1', mark: 3, queue: 5, timestamp: 1000 },
    { hook: 'output', indev: '', outdev: 'eth1', mark: 0, queue: 0, timestamp: 1000 },
  ]);
});

describe('time', () => {
  const slow = () => {
    let clock: HandlerContext['clock'];
    return {
      open: (context: HandlerContext) => {
        clock = context.clock;
      },
      handle: () => new Promise<'drop'>((done) => clock.after(2e9, () => done('drop'))),
    };
  };

  test('passes when it is told to', async () => {
    const bench = await QueueBench.open(slow(), { deadline: 5000 });
    const judged = bench.send(UDP);
    bench.advance(2);
    expect(await judged).toMatchObject({ verdict: 'drop', cause: 'handler' });
  });

  test('ends the patience with a handler', async () => {
    const bench = await QueueBench.open(slow(), { deadline: 1000, policy: 'accept' });
    const judged = bench.send(UDP);
    bench.advance(2);
    expect(await judged).toMatchObject({ verdict: 'accept', cause: 'expired' });
  });
});

test('a handler is opened with its words, told to reload, and closed', async () => {
  const calls: string[] = [];
  const handler = {
    open: ({ args, log }: HandlerContext) => log(`opened ${args}`),
    handle: () => undefined,
    reload: () => void calls.push('reload'),
    close: () => void calls.push('close'),
  };
  const bench = await QueueBench.open(handler, { args: ['a', 'b'] });
  await bench.reload();
  await bench.close();
  expect([bench.log, calls]).toEqual([['opened a,b'], ['reload', 'close']]);
});
