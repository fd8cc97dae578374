import { describe, expect, test } from 'vitest';
import { NS_PER_MS } from '../core/index.ts';
import { handlerModule, type QueuedPacket } from './index.ts';
import { judge, packetOf, running } from './test-support.ts';

const UDP = 'udp 10.0.0.1:1 > 10.0.0.2:53 data "hello"';
const BYTES = packetOf(UDP);

/** A handler whose answers are given from outside, packet by packet. */
function byHand() {
  const waiting = new Map<number, (answer?: unknown) => void>();
  const refuse = new Map<number, (error: unknown) => void>();
  const handle = (packet: QueuedPacket) =>
    new Promise<undefined>((resolve, reject) => {
      waiting.set(packet.id, resolve as (answer?: unknown) => void);
      refuse.set(packet.id, reject);
    });
  return { handle, answer: (id: number, answer?: unknown) => waiting.get(id)!(answer), refuse };
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

describe('answers', () => {
  test.each([
    { name: 'nothing accepts', answer: undefined, verdict: { verdict: 'accept' } },
    { name: 'accept', answer: 'accept', verdict: { verdict: 'accept' } },
    { name: 'drop', answer: 'drop', verdict: { verdict: 'drop' } },
    { name: 'repeat', answer: 'repeat', verdict: { verdict: 'repeat' } },
    { name: 'stop', answer: 'stop', verdict: { verdict: 'stop' } },
    { name: 'another queue', answer: { queue: 7 }, verdict: { verdict: 'queue', queue: 7 } },
  ])('$name', async ({ answer, verdict }) => {
    expect(await judge(() => answer, UDP)).toMatchObject(verdict);
  });

  test.each([
    ['a word that is no verdict', 'acept'],
    ['a queue that is none', { queue: 70_000 }],
    ['null', null],
  ])('%s gets the policy and is told of', async (_, answer) => {
    const { queue, runner } = await running(() => answer, { policy: 'drop' });
    queue.push(BYTES);
    expect(queue.verdicts).toEqual([{ id: 1, verdict: 'drop' }]);
    expect(runner.statistics.causes.invalid).toBe(1);
  });

  test('a packet of a handler that throws goes on as it came, unmarked', async () => {
    const { queue, runner } = await running((packet: QueuedPacket) => {
      packet.mark = 7;
      packet.payload = new Uint8Array(100);
      throw new Error('no');
    });
    queue.push(BYTES);
    expect(queue.verdicts[0]).toEqual({ id: 1, verdict: 'accept', mark: undefined });
    expect(runner.statistics.causes.threw).toBe(1);
  });
});

describe('handlers that take their time', () => {
  test('verdicts are given in the order of the packets, whoever answers first', async () => {
    const hand = byHand();
    const { queue } = await running(hand.handle);
    for (let i = 0; i < 3; i++) queue.push(BYTES);
    hand.answer(3, 'drop');
    hand.answer(2);
    await settle();
    expect(queue.verdicts).toEqual([]);
    hand.answer(1);
    await settle();
    expect(queue.verdicts.map((v) => [v.id, v.verdict])).toEqual([
      [1, 'accept'],
      [2, 'accept'],
      [3, 'drop'],
    ]);
    expect(queue.flushes).toBe(1);
  });

  test('unordered, each goes when it has its answer', async () => {
    const hand = byHand();
    const { queue, runner } = await running(hand.handle, { ordered: false });
    for (let i = 0; i < 3; i++) queue.push(BYTES);
    for (const id of [3, 1, 2]) {
      hand.answer(id);
      await settle();
    }
    expect(queue.verdicts.map((v) => v.id)).toEqual([3, 1, 2]);
    expect(runner.statistics.pending).toBe(0);
  });

  test('past its deadline a packet gets the policy, and a later answer changes nothing', async () => {
    const hand = byHand();
    const { queue, clock, runner } = await running(hand.handle, { deadline: 50, policy: 'drop' });
    queue.push(BYTES);
    clock.advance(20 * NS_PER_MS);
    queue.push(BYTES);
    clock.advance(29 * NS_PER_MS);
    expect(queue.verdicts).toEqual([]);
    clock.advance(NS_PER_MS);
    expect(queue.verdicts.map((v) => v.id)).toEqual([1]);
    clock.advance(20 * NS_PER_MS);
    expect(queue.verdicts.map((v) => [v.id, v.verdict])).toEqual([
      [1, 'drop'],
      [2, 'drop'],
    ]);
    hand.answer(1);
    await settle();
    expect(runner.statistics).toMatchObject({ late: 1, causes: { expired: 2 } });
    expect(queue.verdicts).toHaveLength(2);
  });

  test('one that rejects gets the policy', async () => {
    const hand = byHand();
    const { queue, runner } = await running(hand.handle, { policy: 'drop' });
    queue.push(BYTES);
    hand.refuse.get(1)!(new Error('no'));
    await settle();
    expect(queue.verdicts[0]!.verdict).toBe('drop');
    expect(runner.statistics.causes.rejected).toBe(1);
  });

  test('with enough under way none is taken, until there is room', async () => {
    const hand = byHand();
    const { queue, runner } = await running(hand.handle, { underWay: 2 });
    for (let i = 0; i < 5; i++) queue.push(BYTES);
    // A batch is taken as a whole; pushed one by one, each is a batch.
    expect(runner.statistics.packets).toBe(2);
    hand.answer(1);
    await settle();
    expect(runner.statistics.packets).toBeGreaterThan(2);
  });

  test('what it holds is not overwritten by the packets that follow', async () => {
    const seen: string[] = [];
    const gates: (() => void)[] = [];
    const { queue } = await running(async (packet: QueuedPacket) => {
      await new Promise<void>((go) => gates.push(go));
      seen.push(`${packet.source} ${packet.sourcePort}`);
    });
    for (const port of [1, 2, 3]) queue.push(packetOf(`udp 10.0.0.${port}:${port} > 10.0.0.9:9`));
    for (const go of gates) go();
    await settle();
    expect(seen).toEqual(['10.0.0.1 1', '10.0.0.2 2', '10.0.0.3 3']);
  });
});

describe('the end', () => {
  test('stop answers what is under way and what waits, then closes the handler', async () => {
    const hand = byHand();
    let closed = false;
    const module = {
      ...hand,
      close: () => {
        closed = true;
      },
    };
    const { queue, runner } = await running(module, { policy: 'drop', underWay: 1 });
    for (let i = 0; i < 4; i++) queue.push(BYTES);
    await runner.stop();
    expect(queue.verdicts.map((v) => v.verdict)).toEqual(['drop', 'drop', 'drop', 'drop']);
    expect(closed).toBe(true);
    expect(queue.ended).toBe(true);
  });

  test('a transport that ends finishes the runner once all is answered', async () => {
    const hand = byHand();
    const { queue, runner } = await running(hand.handle);
    queue.push(BYTES);
    queue.end();
    hand.answer(1);
    await runner.finished;
    expect(queue.verdicts).toHaveLength(1);
  });

  test('a handler that cannot be opened is told to who starts it', async () => {
    const open = () => Promise.reject(new Error('no table'));
    await expect(running({ open, handle: () => 'accept' })).rejects.toThrow('no table');
  });
});

test.each([
  ['nothing', undefined, 'neither a function nor an object'],
  ['an object without handle', {}, 'has no handle()'],
  ['open that is no function', { handle: () => {}, open: 1 }, 'open of the handler'],
  ['match that is no text', { handle: () => {}, match: 1 }, 'match of the handler'],
])('a default export of %s is refused', (_, exported, message) => {
  expect(() => handlerModule(exported)).toThrow(message);
});
