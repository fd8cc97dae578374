// A netlink socket of the namespace it was opened in (netlink(7)): requests go out, and the answers
// are read until all are there.

import {
  decodeError,
  encodeMessage,
  isDone,
  isError,
  isInterrupted,
  type Message,
  type NetlinkError,
  refusalText,
  splitMessages,
} from '../netlink/index.ts';
import { SystemError } from './errors.ts';
import { checked, type Libc } from './libc.ts';
import { LITTLE_ENDIAN, NETLINK_NETFILTER, openNetlink, setNumber } from './netlink-open.ts';

const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const MSG_DONTWAIT = 0x40;
const EAGAIN = 11;
const EINTR = 4;
const ENOBUFS = 105;
/** The kernel fills datagrams of a dump up to this. */
const DATAGRAM = 1 << 16;
/** A dump that something changes under is asked for again, but not for ever. */
const TRIES = 10;

/** What a batch was answered. */
export interface Answers {
  /** By the sequence number of the message they are about. */
  readonly errors: ReadonlyMap<number, NetlinkError>;
  /** What the kernel tells of itself: echoes. */
  readonly told: readonly Message[];
}

export class NetlinkSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(DATAGRAM);
  #seq = 1;

  /** @throws SystemError */
  constructor(libc: Libc, protocol = NETLINK_NETFILTER) {
    this.#libc = libc;
    this.#fd = openNetlink(libc, { protocol });
    // struct timeval of two longs: an answer that does not come in five seconds will not come.
    setNumber(libc, this.#fd, SOL_SOCKET, SO_RCVTIMEO, 5, 0, 0, 0);
  }

  nextSeq(): number {
    return this.#seq++;
  }

  #receive(flags = 0): readonly Message[] {
    for (;;) {
      const length = this.#libc.recv(this.#fd, this.#buffer, this.#buffer.length, flags);
      if (length < 0 && this.#libc.errno() === EINTR) continue;
      if (length < 0 && flags !== 0 && this.#libc.errno() === EAGAIN) return [];
      // Of more refusals than there was room for, the first are there.
      if (length < 0 && flags !== 0 && this.#libc.errno() === ENOBUFS) continue;
      checked(this.#libc, 'recv AF_NETLINK', length);
      return splitMessages(this.#buffer.slice(0, length), LITTLE_ENDIAN).messages;
    }
  }

  #send(bytes: Uint8Array): void {
    checked(this.#libc, 'send AF_NETLINK', this.#libc.send(this.#fd, bytes, bytes.length, 0));
  }

  /** What an answer says, until it says that there is no more. @throws SystemError */
  *#answers(seq: number, operation: string): Generator<Message> {
    for (;;) {
      for (const message of this.#receive()) {
        if (message.seq !== seq) continue;
        if (isDone(message)) return;
        if (!isError(message)) yield message;
        else {
          throwRefusal(message, operation);
          return;
        }
      }
    }
  }

  /**
   * Asks for a dump and gives all messages of it; again where something changed while it was told.
   * @throws SystemError when the kernel refuses
   */
  dump(request: Message, operation = 'netlink dump'): readonly Message[] {
    for (let tries = 1; ; tries++) {
      const again = tries === 1 ? request : { ...request, seq: this.nextSeq() };
      this.#send(encodeMessage(again, LITTLE_ENDIAN));
      const got = [...this.#answers(again.seq, operation)];
      if (tries >= TRIES || !got.some(isInterrupted)) return got;
    }
  }

  /**
   * Sends a request that is acknowledged, and gives the messages before the acknowledgement.
   * @throws SystemError when the kernel refuses, with its words
   */
  ask(request: Message, operation: string): readonly Message[] {
    this.#send(encodeMessage(request, LITTLE_ENDIAN));
    return [...this.#answers(request.seq, operation)];
  }

  /**
   * Sends a transaction. Every answer is there when the kernel has taken the datagram: the batch is
   * carried out inside send(2).
   */
  transact(bytes: Uint8Array): Answers {
    this.#send(bytes);
    const errors = new Map<number, NetlinkError>();
    const told: Message[] = [];
    for (;;) {
      const messages = this.#receive(MSG_DONTWAIT);
      if (messages.length === 0) return { errors, told };
      for (const message of messages) {
        if (!isError(message)) told.push(message);
        else {
          const answer = decodeError(message, LITTLE_ENDIAN);
          if (answer.ok && answer.errno !== 0) errors.set(answer.seq, answer);
        }
      }
    }
  }

  close(): void {
    this.#libc.close(this.#fd);
  }
}

/** @throws SystemError unless the message acknowledges */
export function throwRefusal(message: Message, operation: string): void {
  const error = decodeError(message, LITTLE_ENDIAN);
  if (!error.ok) throw new Error(`netlink: ${error.error}`);
  if (error.errno !== 0) throw new SystemError(operation, error.errno, refusalText(error));
}
