// A queue of the running kernel: a netlink socket bound to its number, read 64 packets at a time and
// answered with one send(2) for as many (net/netfilter/nfnetlink_queue.c).

import {
  COPY_RANGE,
  decodeError,
  encodeMessage,
  encodeQueueConfig,
  isError,
  isErrorType,
  messageLength,
  messageType,
  QUEUE_LENGTH,
  QUEUE_PACKET,
  type QueueBinding,
  type QueueConfig,
  QueueMessage,
  queueBinding,
  queueUnbinding,
  readQueueMessage,
  splitMessages,
  type VerdictExtras,
  VerdictWriter,
} from '../netlink/index.ts';
import { noLosses, type QueuedPacket, type QueueTransport, verdictOf } from '../queue/index.ts';
import { SystemError } from './errors.ts';
import { InterfaceNames } from './interface-names.ts';
import { checked, type Libc, type Watch } from './libc.ts';
import { LITTLE_ENDIAN, openNetlink } from './netlink-open.ts';
import { type Namespace, within } from './netns.ts';
import { processName, QueueTable } from './queue-table.ts';
import { ReceiveBatch } from './receive-batch.ts';
import type { Watchdog } from './watchdog.ts';

const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_NO_ENOBUFS = 5;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const EAGAIN = 11;
const EINTR = 4;
const EPERM = 1;
const EBUSY = 16;
const ENOBUFS = 105;

const BATCH = 64;
/** What a message has beside the packet: headers, and a connection with all its attributes. */
const OVERHEAD = 4096;
/** Verdicts of one send; far below what SO_SNDBUF takes. */
const SEND_AT = 1 << 20;
const SEND_BUFFER = 8 << 20;
const ACCEPT = verdictOf('accept');

export interface QueueSocketOptions extends QueueBinding {
  /** Bytes of packets that wait in the socket. */
  readonly receiveBuffer?: number;
}

export class QueueSocket implements QueueTransport {
  readonly losses = noLosses();
  readonly queue: number;
  /** Told that this thread turns, and how far it is. */
  watchdog: Watchdog | undefined = undefined;
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #watch: Watch;
  readonly #batch: ReceiveBatch;
  readonly #message = new QueueMessage();
  readonly #out = new VerdictWriter(LITTLE_ENDIAN);
  readonly #extras: { -readonly [K in keyof VerdictExtras]: VerdictExtras[K] } = {
    mark: undefined,
    ctMark: undefined,
    ctLabel: undefined,
    bytes: undefined,
    start: 0,
    end: 0,
  };
  readonly #names: InterfaceNames;
  readonly #table: QueueTable;
  #kept = false;
  /** The event loop looks after the socket, and calls as long as there is something to read. */
  #watching = false;
  #closed = false;
  #ready: (() => void) | undefined;
  #seq = 1;
  /** Packets up to this one get `#runVerdict`, which is still to be written. */
  #run = 0;
  #runId = 0;
  #runVerdict = 0;

  /**
   * Binds a queue of the namespace, or of the thread's own without one.
   * @throws SystemError: no root, the queue is taken, the kernel has no queues
   */
  constructor(libc: Libc, options: QueueSocketOptions, namespace?: Namespace) {
    this.#libc = libc;
    this.queue = options.queue;
    this.#fd = within(namespace, () => openNetlink(libc, { blocking: false }));
    try {
      this.#names = within(namespace, () => new InterfaceNames(libc));
      this.#table = within(namespace, () => new QueueTable(options.queue));
      this.#setUp(options);
      const range = Math.min(options.copyRange || COPY_RANGE, COPY_RANGE);
      this.#batch = new ReceiveBatch(libc, BATCH, range + OVERHEAD);
      this.#configure(queueBinding(options));
      this.#watch = libc.watch(this.#fd);
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
  }

  #setUp(options: QueueSocketOptions): void {
    const buffer =
      options.receiveBuffer ?? Math.max(8 << 20, (options.maxLength ?? QUEUE_LENGTH) * 4096);
    this.#option(SOL_SOCKET, SO_RCVBUFFORCE, Math.min(buffer, 0x3fffffff));
    this.#option(SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER);
    // Else one overrun makes every packet fail until the socket is read to its end (netlink_overrun()).
    this.#option(SOL_NETLINK, NETLINK_NO_ENOBUFS, 1);
    this.#option(SOL_NETLINK, NETLINK_CAP_ACK, 1);
    this.#option(SOL_NETLINK, NETLINK_EXT_ACK, 1);
  }

  /** Options make work easier; a kernel or container that refuses one still works. */
  #option(level: number, name: number, value: number): void {
    const bytes = new Uint8Array(new Uint32Array([value]).buffer);
    this.#libc.setsockopt(this.#fd, level, name, bytes, 4);
  }

  /** Sends one configuration and waits for its acknowledgement, which send(2) has made. */
  #configure(config: QueueConfig): void {
    const seq = this.#seq++;
    this.#send(encodeMessage(encodeQueueConfig(config, seq, LITTLE_ENDIAN), LITTLE_ENDIAN));
    const answer = new Uint8Array(8192);
    const length = this.#libc.recv(this.#fd, answer, answer.length, 0);
    checked(this.#libc, `queue ${this.queue}`, length);
    const { messages } = splitMessages(answer.subarray(0, length), LITTLE_ENDIAN);
    const error = messages.filter(isError).map((m) => decodeError(m, LITTLE_ENDIAN))[0];
    if (error?.ok && error.errno !== 0) throw this.#refused(error.errno, error.message);
  }

  /** EPERM is both: no right to ask, and a queue that belongs to somebody else. */
  #refused(errno: number, text?: string): SystemError {
    const owner = errno === EPERM || errno === EBUSY ? this.#table.read()?.owner : undefined;
    const taken = owner === undefined ? text : `it is taken by ${processName(owner)}`;
    return new SystemError(`bind queue ${this.queue}`, errno, taken);
  }

  get fd(): number {
    return this.#fd;
  }

  get ended(): boolean {
    return this.#closed;
  }

  receive(take: (message: QueueMessage) => void, most: number): number {
    if (this.#closed) return 0;
    if (this.#kept) this.#batch.renew();
    this.#kept = false;
    const count = this.#batch.receive(this.#fd, most);
    if (count < 0) return this.#nothing();
    let packets = 0;
    for (let i = 0; i < count; i++) packets += this.#datagram(i, take);
    this.watchdog?.beat();
    // Answers to verdicts alone are no end: there may be packets behind them.
    return packets === 0 ? this.receive(take, most) : packets;
  }

  #nothing(): number {
    const errno = this.#libc.errno();
    if (errno === EAGAIN || errno === EINTR) return 0;
    if (errno !== ENOBUFS) throw new SystemError(`recvmmsg queue ${this.queue}`, errno);
    this.losses.overruns++;
    return 0;
  }

  /** All messages of one datagram; says how many were packets. */
  #datagram(index: number, take: (message: QueueMessage) => void): number {
    const { bytes } = this.#batch;
    let at = this.#batch.offset(index);
    const end = at + Math.min(this.#batch.length(index), this.#batch.offset(1));
    if (this.#batch.isCut(index)) this.losses.malformed++;
    let packets = 0;
    while (end - at >= 16) {
      const length = messageLength(bytes, at, LITTLE_ENDIAN);
      if (length < 16 || length > end - at) break;
      packets += this.#one(bytes, at, at + length, take);
      at += (length + 3) & ~3;
    }
    if (at < end && !this.#batch.isCut(index)) this.losses.malformed++;
    return packets;
  }

  #one(bytes: Uint8Array, at: number, end: number, take: (message: QueueMessage) => void): number {
    const type = messageType(bytes, at, LITTLE_ENDIAN);
    if (isErrorType(type)) this.losses.refused++;
    if (type !== QUEUE_PACKET) return 0;
    this.#message.id = 0;
    if (readQueueMessage(bytes, at, end, LITTLE_ENDIAN, this.#message) !== '') {
      this.#unreadable();
      return 0;
    }
    this.watchdog?.seen(this.#message.id);
    take(this.#message);
    return 1;
  }

  /** What cannot be read cannot be judged: it goes its way, if it can be named. */
  #unreadable(): void {
    this.losses.malformed++;
    if (this.#message.id === 0) return;
    this.#endRun();
    this.#out.one(this.queue, this.#message.id, ACCEPT);
  }

  wait(ready: () => void): void {
    this.#ready = ready;
    if (this.#closed) setImmediate(() => this.#wake());
    else if (!this.#watching) {
      this.#watching = true;
      this.#watch.start(() => this.#wake());
    }
  }

  #wake(): void {
    const ready = this.#ready;
    this.#ready = undefined;
    ready?.();
    if (this.#ready !== undefined || !this.#watching) return;
    // Nobody wants more for now, and the loop would call again and again.
    this.#watching = false;
    this.#watch.stop();
  }

  keep(): void {
    this.#kept = true;
  }

  answer(
    packet: QueuedPacket,
    verdict: number,
    edited: boolean,
    marks: boolean,
    oldest: boolean,
  ): void {
    const marked =
      marks &&
      (packet.newMark !== undefined ||
        packet.newCtMark !== undefined ||
        packet.newCtLabel !== undefined);
    if (oldest && !edited && !marked) {
      if (this.#run > 0 && this.#runVerdict !== verdict) this.#endRun();
      this.#run++;
      this.#runId = packet.id;
      this.#runVerdict = verdict;
      return;
    }
    this.#endRun();
    const extras = this.#extras;
    extras.mark = marks ? packet.newMark : undefined;
    extras.ctMark = marks ? packet.newCtMark : undefined;
    extras.ctLabel = marks ? packet.newCtLabel : undefined;
    extras.bytes = edited ? packet.storage : undefined;
    extras.start = packet.start;
    extras.end = packet.end;
    this.#out.one(this.queue, packet.id, verdict, extras);
    if (this.#out.length >= SEND_AT) this.flush();
  }

  /** A batch verdict is for every packet up to a number, and no older one is unanswered here. */
  #endRun(): void {
    if (this.#run > 1) this.#out.batch(this.queue, this.#runId, this.#runVerdict);
    else if (this.#run === 1) this.#out.one(this.queue, this.#runId, this.#runVerdict);
    this.#run = 0;
  }

  flush(): void {
    this.#endRun();
    const { length } = this.#out;
    if (length === 0) return;
    this.#out.clear();
    if (!this.#closed) this.#send(this.#out.buffer, length);
  }

  #send(bytes: Uint8Array, length = bytes.length): void {
    for (;;) {
      const sent = this.#libc.send(this.#fd, bytes, length, 0);
      if (sent >= 0 || this.#libc.errno() !== EINTR) {
        checked(this.#libc, `send to queue ${this.queue}`, sent);
        return;
      }
    }
  }

  /** Ids are compared modulo 2^32: one far ahead of any that was given is after them all. */
  answerAll(verdict: number): void {
    if (this.#closed) return;
    this.#endRun();
    const last = this.#table.read()?.lastId ?? this.#runId;
    this.#out.batch(this.queue, last, verdict);
    this.flush();
  }

  interfaceName(index: number): string {
    return this.#names.get(index);
  }

  /** Names may have changed, and the kernel's counts have. */
  refresh(): void {
    if (this.#closed) return;
    this.#names.forget();
    const state = this.#table.read();
    if (state === undefined) return;
    this.losses.full = state.dropped;
    this.losses.undelivered = state.userDropped;
  }

  /** Packets that wait in the kernel for their verdicts. */
  get waiting(): number {
    return this.#table.read()?.waiting ?? 0;
  }

  close(): void {
    if (this.#closed) return;
    this.refresh();
    this.#closed = true;
    this.#watching = false;
    this.#watch.close();
    // The kernel drops what is still there when the queue goes; `answerAll` comes before this.
    const message = encodeMessage(
      encodeQueueConfig(queueUnbinding(this.queue), this.#seq++, LITTLE_ENDIAN),
      LITTLE_ENDIAN,
    );
    this.#libc.send(this.#fd, message, message.length, 0);
    this.#libc.close(this.#fd);
    this.#names.close();
    this.#table.close();
    this.#wake();
  }
}
