// A message of its own for a packet whose handler takes its time: the transport goes on to use the
// one it handed over.

import type { QueueMessage } from '../netlink/index.ts';

/** Fields that are offsets into the buffer. */
const OFFSETS = [
  'hwaddr',
  'payload',
  'payloadEnd',
  'ct',
  'ctEnd',
  'secctx',
  'secctxEnd',
  'l2',
  'l2End',
  'attributes',
  'end',
] as const;

/** Copies the numbers of `from`; with `bytes` also what its offsets point at, else its buffer. */
export function adoptMessage(into: QueueMessage, from: QueueMessage, bytes: boolean): void {
  if (into === from) return;
  const { buffer } = into;
  Object.assign(into, from);
  if (!bytes) return;
  const start = Math.min(from.attributes, from.payload);
  const end = Math.max(from.end, from.payloadEnd);
  into.buffer = buffer.length >= end - start ? buffer : new Uint8Array(roomFor(end - start));
  into.buffer.set(from.buffer.subarray(start, end));
  for (const name of OFFSETS) into[name] = Math.max(0, from[name] - start);
}

const roomFor = (length: number): number => Math.max(2048, 1 << (32 - Math.clz32(length)));
