import { LITTLE_ENDIAN, type NetlinkSocket } from '../../../src/linux/index.ts';
import { datagram, encodeBatch } from '../../../src/netlink/index.ts';
import type { Batch, Program } from '../../../src/program/index.ts';

/** Sends a batch; `refused` is what the kernel had against it, with the change. */
export function sendBatch(
  socket: NetlinkSocket,
  batch: Batch,
  current?: Program,
): { readonly refused: readonly string[] } {
  const seq = socket.nextSeq();
  const { messages, changes } = encodeBatch(batch, {
    littleEndian: LITTLE_ENDIAN,
    seq,
    ...(current !== undefined && { current }),
  });
  for (const _ of messages) socket.nextSeq();
  const answers = socket.transact(datagram(messages, LITTLE_ENDIAN));
  const refused = [...answers.values()]
    .filter(({ errno }) => errno !== 0)
    .map((answer) => {
      const change = batch[changes[answer.seq - seq] ?? -1];
      return `errno ${answer.errno} ${answer.message ?? ''} ${JSON.stringify(change)}`;
    });
  return { refused };
}
