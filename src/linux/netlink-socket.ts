// A netlink socket of the namespace it was opened in (netlink(7)): requests go out, and the answers
// are read until all are there.

import {
  decodeError,
  encodeMessage,
  isDone,
  isError,
  type Message,
  type NetlinkError,
  splitMessages,
} from '../netlink/index.ts';
import { SystemError } from './errors.ts';
import { checked, type Libc } from './libc.ts';

const AF_NETLINK = 16;
const NETLINK_NETFILTER = 12;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const MSG_DONTWAIT = 0x40;
const EAGAIN = 11;
/** A batch is one datagram, and a large ruleset makes a large one. */
const BUFFER = 16 << 20;
/** The kernel fills datagrams of a dump up to this. */
const DATAGRAM = 1 << 16;

/** Netlink is spoken in the byte order of the machine. */
export const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function numbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  values.forEach((value, i) => {
    new DataView(bytes.buffer).setUint32(4 * i, value, LITTLE_ENDIAN);
  });
  return bytes;
}

/** The answers to a batch: errors and acknowledgements by the sequence number they are about. */
export type Answers = ReadonlyMap<number, NetlinkError>;

export class NetlinkSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(DATAGRAM);
  #seq = 1;

  /** @throws SystemError */
  constructor(libc: Libc, protocol = NETLINK_NETFILTER) {
    this.#libc = libc;
    const type = SOCK_RAW | SOCK_CLOEXEC;
    this.#fd = checked(libc, 'socket AF_NETLINK', libc.socket(AF_NETLINK, type, protocol));
    const address = new Uint8Array(12);
    new DataView(address.buffer).setUint16(0, AF_NETLINK, LITTLE_ENDIAN);
    checked(libc, 'bind AF_NETLINK', libc.bind(this.#fd, address, address.length));
    this.#option(SOL_NETLINK, NETLINK_CAP_ACK, numbers(1));
    this.#option(SOL_NETLINK, NETLINK_EXT_ACK, numbers(1));
    this.#option(SOL_SOCKET, SO_SNDBUFFORCE, numbers(BUFFER));
    this.#option(SOL_SOCKET, SO_RCVBUFFORCE, numbers(BUFFER));
    // struct timeval of two longs: an answer that does not come in five seconds will not come.
    this.#option(SOL_SOCKET, SO_RCVTIMEO, numbers(5, 0, 0, 0));
  }

  /** Options make work easier; a kernel or container that refuses one still works. */
  #option(level: number, name: number, value: Uint8Array): void {
    this.#libc.setsockopt(this.#fd, level, name, value, value.length);
  }

  nextSeq(): number {
    return this.#seq++;
  }

  #receive(flags = 0): readonly Message[] {
    const length = this.#libc.recv(this.#fd, this.#buffer, this.#buffer.length, flags);
    if (length < 0 && flags !== 0 && this.#libc.errno() === EAGAIN) return [];
    checked(this.#libc, 'recv AF_NETLINK', length);
    return splitMessages(this.#buffer.slice(0, length), LITTLE_ENDIAN).messages;
  }

  #send(bytes: Uint8Array): void {
    checked(this.#libc, 'send AF_NETLINK', this.#libc.send(this.#fd, bytes, bytes.length, 0));
  }

  /**
   * Asks for a dump and gives all messages of it.
   * @throws SystemError when the kernel refuses
   */
  dump(request: Message): readonly Message[] {
    this.#send(encodeMessage(request, LITTLE_ENDIAN));
    const got: Message[] = [];
    for (;;) {
      for (const message of this.#receive()) {
        if (message.seq !== request.seq) continue;
        if (isDone(message)) return got;
        if (!isError(message)) got.push(message);
        else throwError(message);
      }
    }
  }

  /**
   * Sends a transaction. Every answer is there when the kernel has taken the datagram: the batch is
   * carried out inside send(2).
   */
  transact(bytes: Uint8Array): Answers {
    this.#send(bytes);
    const answers = new Map<number, NetlinkError>();
    for (;;) {
      const messages = this.#receive(MSG_DONTWAIT);
      if (messages.length === 0) return answers;
      for (const message of messages.filter(isError)) {
        const answer = decodeError(message, LITTLE_ENDIAN);
        // An error about a message weighs more than its acknowledgement.
        if (answer.ok && !answers.get(answer.seq)?.errno) answers.set(answer.seq, answer);
      }
    }
  }

  close(): void {
    this.#libc.close(this.#fd);
  }
}

function throwError(message: Message): void {
  const error = decodeError(message, LITTLE_ENDIAN);
  if (!error.ok) throw new Error(`netlink: ${error.error}`);
  if (error.errno !== 0) throw new SystemError(error.message ?? 'netlink dump', error.errno);
}
