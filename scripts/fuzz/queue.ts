// Messages of packet queues, and a handler that looks everywhere and writes anywhere: whatever the
// kernel or a packet says, nothing fails, and what goes on has lengths that are true.

import { hex } from '../../src/bytes/index.ts';
import { manualClock } from '../../src/core/index.ts';
import {
  encodeMessage,
  encodeQueueMessage,
  QueueMessage,
  readQueueMessage,
} from '../../src/netlink/index.ts';
import { isNotationError, parsePacketNotation, SAMPLE_NOTATIONS } from '../../src/packet/index.ts';
import {
  MemoryQueue,
  type PacketDescription,
  type QueuedPacket,
  QueueRunner,
} from '../../src/queue/index.ts';
import { type FuzzTarget, mutate, randomBytes } from './target.ts';

const PACKETS = SAMPLE_NOTATIONS.flatMap((text) => {
  const spec = parsePacketNotation(text);
  return isNotationError(spec) || spec.linkType === 1 ? [] : [spec.bytes];
});

/** A message of the kernel's about this packet. */
function messageOf(packet: Uint8Array): Uint8Array {
  const message = Object.assign(new QueueMessage(), {
    buffer: packet,
    payloadEnd: packet.length,
    length: packet.length,
    family: 2,
    protocol: 0x0800,
    id: 7,
    mark: 5,
    indev: 2,
    seconds: 1_700_000_000,
    microseconds: 5,
    vlanTci: 3,
    vlanProto: 0x8100,
    uid: 0,
  });
  return encodeMessage(encodeQueueMessage(message, true), true);
}

const NUMBERS = ['sourcePort', 'destinationPort', 'protocol', 'length', 'mark', 'ctMark'] as const;

/** Uses every accessor; what it changes is said by the first bytes of the packet. */
function handle(packet: QueuedPacket): void {
  for (const name of NUMBERS) packet[name];
  void [packet.source, packet.destination, packet.mac, packet.connection, packet.connectionState];
  for (const view of [packet.ip, packet.ip6, packet.udp, packet.tcp, packet.icmp, packet.icmpv6])
    void view?.bytes.length;
  const { payload, bytes, truncated, isFragment } = packet;
  if (payload.length > 0 && !truncated) payload[0] = payload[0]! ^ 0x55;
  if (bytes.length > 24 && !truncated) bytes[bytes[24]! % bytes.length] = bytes[5]!;
  if (!isFragment && !truncated && bytes.length % 2 === 1) packet.payload = bytes.slice(1);
}

const queue = new MemoryQueue();
const failures: unknown[] = [];
const runner = new QueueRunner({
  handler: handle,
  transport: queue,
  clock: manualClock(),
  observer: { failed: (_, __, error) => failures.push(error) },
});
await runner.start();

export const target: FuzzTarget<Uint8Array> = {
  name: 'queue',
  generate: (random) =>
    random.below(8) === 0
      ? randomBytes(random, 200)
      : mutate(random, messageOf(PACKETS[random.below(PACKETS.length)]!)),
  run(bytes) {
    const message = new QueueMessage();
    if (readQueueMessage(bytes, 0, bytes.length, true, message) !== '') return;
    const { buffer, payload, payloadEnd, ...description } = message;
    queue.verdicts.length = 0;
    failures.length = 0;
    queue.push(buffer.subarray(payload, payloadEnd), description as PacketDescription);
    if (failures.length > 0) throw failures[0];
    if (queue.verdicts.length !== 1) throw new Error('no verdict');
  },
  show: hex,
};
