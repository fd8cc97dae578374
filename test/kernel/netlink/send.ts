import { applyBatch, type NetlinkSocket } from '../../../src/linux/index.ts';
import type { Batch, Program } from '../../../src/program/index.ts';

/** Sends a batch; `refused` is what the kernel had against it, with the change. */
export function sendBatch(
  socket: NetlinkSocket,
  batch: Batch,
  current?: Program,
): { readonly refused: readonly string[] } {
  const refused = applyBatch(socket, batch, current).map(
    ({ change, errno, message }) => `errno ${errno} ${message} ${JSON.stringify(batch[change])}`,
  );
  return { refused };
}
