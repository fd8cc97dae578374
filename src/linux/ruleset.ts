// Changes of the running kernel's ruleset, as one transaction.

import { datagram, encodeBatch } from '../netlink/index.ts';
import { LITTLE_ENDIAN, type NetlinkSocket } from './netlink-socket.ts';

type Batch = Parameters<typeof encodeBatch>[0];

/** What the kernel had against a change. */
export interface Refusal {
  readonly errno: number;
  readonly message: string;
  /** The change's place in the batch, -1 for the transaction as a whole. */
  readonly change: number;
}

/** Applies all of a batch or nothing; nobody refused it when the answer is empty. */
export function applyBatch(socket: NetlinkSocket, batch: Batch): readonly Refusal[] {
  const seq = socket.nextSeq();
  const { messages, changes } = encodeBatch(batch, { littleEndian: LITTLE_ENDIAN, seq });
  for (const _ of messages) socket.nextSeq();
  return [...socket.transact(datagram(messages, LITTLE_ENDIAN)).values()]
    .filter(({ errno }) => errno !== 0)
    .map(({ errno, message = '', seq: of }) => ({
      errno,
      message,
      change: changes[of - seq] ?? -1,
    }));
}
