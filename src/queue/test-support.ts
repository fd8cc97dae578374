import { utf8Decode, utf8Encode } from '../bytes/index.ts';
import { manualClock } from '../core/index.ts';
import { isNotationError, parsePacketNotation } from '../packet/index.ts';
import { MemoryQueue, type PacketDescription } from './memory.ts';
import { QueueRunner, type RunnerOptions } from './runner.ts';

/** The bytes of a packet in notation, from its network header on. */
export function packetOf(text: string): Uint8Array {
  const spec = parsePacketNotation(text);
  if (isNotationError(spec)) throw new Error(`${text}: ${spec.message}`);
  return spec.bytes.slice(spec.linkType === 1 ? 14 : 0);
}

export const text = utf8Decode;
export const bytesOf = utf8Encode;

/** A queue in memory, a clock that stands still, and a runner that was started. */
export async function running(handler: unknown, options: Partial<RunnerOptions> = {}) {
  const queue = new MemoryQueue({ 2: 'eth0', 3: 'eth1' });
  const clock = manualClock();
  const runner = new QueueRunner({ handler, transport: queue, clock, ...options });
  await runner.start();
  return { queue, clock, runner };
}

/** What becomes of one packet in a handler that answers at once. */
export async function judge(handler: unknown, packet: string, description?: PacketDescription) {
  const failures: unknown[] = [];
  const { queue } = await running(handler, {
    observer: { failed: (_, _cause, error) => failures.push(error) },
  });
  queue.push(packetOf(packet), description);
  const verdict = queue.verdicts[0];
  if (verdict === undefined) throw new Error('no verdict');
  return { ...verdict, failures };
}
