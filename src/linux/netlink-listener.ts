// A netlink socket that is told of things: logged packets, and the events of multicast groups. It
// waits in the event loop, and says when more came than it could hold.

import { encodeMessage, isError, type Message, splitMessages } from '../netlink/index.ts';
import { SystemError } from './errors.ts';
import { checked, type Libc, type Watch } from './libc.ts';
import { joinGroup, LITTLE_ENDIAN, openNetlink } from './netlink-open.ts';
import { throwRefusal } from './netlink-socket.ts';
import { type Namespace, within } from './netns.ts';

const EAGAIN = 11;
const EINTR = 4;
const ENOBUFS = 105;

/** What may wait while the program is busy. */
const WAITING = 16 << 20;
/** A message of nfnetlink_log or of an event is far below this. */
const DATAGRAM = 1 << 18;
/** Datagrams read before other work has its turn. */
const AT_ONCE = 256;

export interface Told {
  message(message: Message): void;
  /** Something came that the socket had no room for (ENOBUFS). */
  lost(): void;
}

export interface ListenOptions {
  readonly protocol?: number;
  /** Multicast groups: NFNLGRP_*, RTNLGRP_*. */
  readonly groups?: readonly number[];
  /** The namespace to listen in; the thread's own without. */
  readonly namespace?: Namespace;
}

export class NetlinkListener {
  readonly #libc: Libc;
  readonly #told: Told;
  readonly #fd: number;
  readonly #watch: Watch;
  readonly #buffer = new Uint8Array(DATAGRAM);
  #seq = 1;
  #closed = false;

  /** @throws SystemError */
  constructor(libc: Libc, told: Told, options: ListenOptions = {}) {
    const { protocol, groups = [], namespace } = options;
    this.#libc = libc;
    this.#told = told;
    const open = () =>
      openNetlink(libc, {
        blocking: false,
        buffer: WAITING,
        ...(protocol !== undefined && { protocol }),
      });
    this.#fd = within(namespace, open);
    try {
      for (const group of groups) joinGroup(libc, this.#fd, group);
      this.#watch = libc.watch(this.#fd);
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
    this.#watch.start(() => this.#readable());
  }

  /**
   * Sends a request that is acknowledged; what else comes meanwhile is told.
   * @throws SystemError when the kernel refuses
   */
  request(what: string, make: (seq: number) => Message): void {
    const seq = this.#seq++;
    const bytes = encodeMessage(make(seq), LITTLE_ENDIAN);
    checked(this.#libc, `send ${what}`, this.#libc.send(this.#fd, bytes, bytes.length, 0));
    // The kernel has answered when send(2) returns.
    for (let messages = this.#receive(); messages !== undefined; messages = this.#receive())
      for (const message of messages)
        if (isError(message) && message.seq === seq) throwRefusal(message, what);
        else this.#told.message(message);
  }

  /** The messages of one datagram; undefined when there is none. */
  #receive(): readonly Message[] | undefined {
    const length = this.#libc.recv(this.#fd, this.#buffer, this.#buffer.length, 0);
    if (length >= 0) return splitMessages(this.#buffer.slice(0, length), LITTLE_ENDIAN).messages;
    const errno = this.#libc.errno();
    if (errno === EAGAIN) return undefined;
    if (errno === EINTR) return [];
    if (errno !== ENOBUFS) throw new SystemError('recv AF_NETLINK', errno);
    this.#told.lost();
    return [];
  }

  #readable(): void {
    for (let i = 0; i < AT_ONCE && !this.#closed; i++) {
      const messages = this.#receive();
      if (messages === undefined) return;
      for (const message of messages) if (!isError(message)) this.#told.message(message);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    this.#libc.close(this.#fd);
  }
}
