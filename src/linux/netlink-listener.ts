// A netlink socket that is told of things: logged packets, and the events of multicast groups. It
// waits in the event loop, and says when more came than it could hold.

import {
  decodeError,
  encodeMessage,
  isError,
  type Message,
  splitMessages,
} from '../netlink/index.ts';
import { SystemError } from './errors.ts';
import { checked, type Libc, type Watch } from './libc.ts';
import { LITTLE_ENDIAN } from './netlink-socket.ts';
import type { Namespace } from './netns.ts';

const AF_NETLINK = 16;
const NETLINK_NETFILTER = 12;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_EXT_ACK = 11;
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
    const { protocol = NETLINK_NETFILTER, groups = [], namespace } = options;
    this.#libc = libc;
    this.#told = told;
    const type = SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK;
    const open = () => libc.socket(AF_NETLINK, type, protocol);
    this.#fd = checked(libc, 'socket AF_NETLINK', namespace ? namespace.run(open) : open());
    try {
      this.#setUp(groups);
      this.#watch = libc.watch(this.#fd);
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
    this.#watch.start(() => this.#readable());
  }

  #setUp(groups: readonly number[]): void {
    const address = new Uint8Array(12);
    new DataView(address.buffer).setUint16(0, AF_NETLINK, LITTLE_ENDIAN);
    checked(this.#libc, 'bind AF_NETLINK', this.#libc.bind(this.#fd, address, address.length));
    this.#option(SOL_SOCKET, SO_RCVBUFFORCE, WAITING);
    this.#option(SOL_NETLINK, NETLINK_EXT_ACK, 1);
    for (const group of groups)
      checked(
        this.#libc,
        `netlink group ${group}`,
        this.#option(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group),
      );
  }

  #option(level: number, name: number, value: number): number {
    const bytes = new Uint8Array(new Uint32Array([value]).buffer);
    return this.#libc.setsockopt(this.#fd, level, name, bytes, 4);
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
        if (isError(message) && message.seq === seq) {
          const error = decodeError(message, LITTLE_ENDIAN);
          if (error.ok && error.errno !== 0)
            throw new SystemError(what, error.errno, error.message);
        } else this.#told.message(message);
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
