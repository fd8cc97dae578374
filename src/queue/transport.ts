// The port between a runner and what queues packets: the kernel, a capture, the engine.

import type { QueueMessage } from '../netlink/index.ts';
import type { QueuedPacket } from './packet.ts';

/** How packets of one netfilter come and go. */
export interface QueueTransport {
  /**
   * Hands over what is there now, at most `most` packets, and says how many that were. A message and
   * the buffer it points into are the transport's own, and hold until the next call of `receive`.
   */
  receive(take: (message: QueueMessage) => void, most: number): number;
  /**
   * Calls `ready` once when `receive` has something to give, or when the transport is closed. May
   * call it at once.
   */
  wait(ready: () => void): void;
  /** The next `receive` must leave the buffers handed over so far alone: somebody looks at them. */
  keep(): void;
  /**
   * A packet's verdict: NF_* with what belongs in its upper bits. With `edited` the packet goes on as
   * its `storage` from `start` to `end` holds it, otherwise as it came. With `marks` those that were
   * set on it are set. `oldest` says that no older packet is unanswered.
   */
  answer(
    packet: QueuedPacket,
    verdict: number,
    edited: boolean,
    marks: boolean,
    oldest: boolean,
  ): void;
  /** Verdicts given since the last call go out. */
  flush(): void;
  /** Every packet that waits on the other side, known here or not, gets this verdict. */
  answerAll(verdict: number): void;
  /** The name of an interface, '' for index 0 and for one that is gone. */
  interfaceName(index: number): string;
  /** What was lost on the way here. */
  readonly losses: QueueLosses;
  /** True when no packet will come any more, as at the end of a capture. */
  readonly ended: boolean;
  /** Nothing more is received. Idempotent. */
  close(): void;
}

export interface QueueLosses {
  /** Times that the socket's buffer overran (ENOBUFS): packets the kernel could not hand over. */
  readonly overruns: number;
  /** Packets dropped because the queue was full. */
  readonly full: number;
  /** Packets dropped because the socket's buffer was. */
  readonly undelivered: number;
  /** Messages that could not be read. */
  readonly malformed: number;
  /** Verdicts that the kernel refused: the packet was gone. */
  readonly refused: number;
}

export const noLosses = (): { -readonly [K in keyof QueueLosses]: QueueLosses[K] } => ({
  overruns: 0,
  full: 0,
  undelivered: 0,
  malformed: 0,
  refused: 0,
});
