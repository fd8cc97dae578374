// A queue in memory: packets are put in by hand, and their verdicts are there to be looked at. For
// tests of handlers and of the runner.

import { QueueMessage } from '../netlink/index.ts';
import { ETH_P_IP, ETH_P_IPV6, NFPROTO_IPV4, NFPROTO_IPV6 } from '../uapi/index.ts';
import type { QueuedPacket } from './packet.ts';
import { noLosses, type QueueTransport } from './transport.ts';
import { type VerdictName, verdictName, verdictQueue } from './verdict.ts';

/** What a queue would say of a packet beside its bytes. */
export type PacketDescription = Partial<
  Omit<QueueMessage, 'buffer' | 'id' | 'payload' | 'payloadEnd' | 'reset'>
>;

export interface MemoryVerdict {
  readonly id: number;
  readonly verdict: VerdictName;
  /** Of `queue` verdicts. */
  readonly queue?: number;
  /** The packet that goes on, where it was changed. */
  readonly bytes?: Uint8Array;
  readonly mark?: number;
  readonly ctMark?: number;
}

interface Waiting {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly description: PacketDescription;
}

export class MemoryQueue implements QueueTransport {
  /** Verdicts in the order they were given. */
  readonly verdicts: MemoryVerdict[] = [];
  /** Calls of `flush` that had something to send. */
  flushes = 0;
  readonly losses = noLosses();
  readonly interfaces: Record<number, string>;
  readonly #message = new QueueMessage();
  readonly #waiting: Waiting[] = [];
  #ready: (() => void) | undefined;
  #ids = 0;
  #ended = false;
  #dirty = false;

  constructor(interfaces: Record<number, string> = {}) {
    this.interfaces = interfaces;
  }

  /** Queues a packet, from its network header on, and gives its number. */
  push(bytes: Uint8Array, description: PacketDescription = {}): number {
    const id = ++this.#ids;
    this.#waiting.push({ id, bytes: bytes.slice(), description });
    this.#wake();
    return id;
  }

  /** Packets queued so far, which is the number of the last one. */
  get pushed(): number {
    return this.#ids;
  }

  /** No packet will follow. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    const ready = this.#ready;
    this.#ready = undefined;
    ready?.();
  }

  get ended(): boolean {
    return this.#ended && this.#waiting.length === 0;
  }

  receive(take: (message: QueueMessage) => void, most: number): number {
    const batch = this.#waiting.splice(0, most);
    for (const { id, bytes, description } of batch) take(this.#describe(id, bytes, description));
    return batch.length;
  }

  #describe(id: number, bytes: Uint8Array, description: PacketDescription): QueueMessage {
    const message = this.#message;
    message.reset();
    const v6 = bytes[0]! >>> 4 === 6;
    Object.assign(message, {
      family: v6 ? NFPROTO_IPV6 : NFPROTO_IPV4,
      protocol: v6 ? ETH_P_IPV6 : ETH_P_IP,
      length: bytes.length,
      queue: 0,
      hook: 0,
      ...description,
      id,
      buffer: bytes,
      payload: 0,
      payloadEnd: bytes.length,
      attributes: 0,
      end: bytes.length,
    });
    return message;
  }

  wait(ready: () => void): void {
    this.#ready = ready;
    if (this.#waiting.length > 0) this.#wake();
  }

  /** Each packet has a buffer of its own. */
  keep(): void {}

  answer(packet: QueuedPacket, verdict: number, edited: boolean, marks: boolean): void {
    const name = verdictName(verdict);
    this.verdicts.push({
      id: packet.id,
      verdict: name,
      ...(name === 'queue' && { queue: verdictQueue(verdict) }),
      ...(edited && { bytes: packet.storage.slice(packet.start, packet.end) }),
      ...(marks && packet.newMark !== undefined && { mark: packet.newMark }),
      ...(marks && packet.newCtMark !== undefined && { ctMark: packet.newCtMark }),
    });
    this.#dirty = true;
  }

  flush(): void {
    if (this.#dirty) this.flushes++;
    this.#dirty = false;
  }

  answerAll(verdict: number): void {
    for (const { id } of this.#waiting.splice(0))
      this.verdicts.push({ id, verdict: verdictName(verdict) });
  }

  interfaceName(index: number): string {
    return this.interfaces[index] ?? '';
  }

  close(): void {
    this.#ended = true;
    this.#wake();
  }
}
