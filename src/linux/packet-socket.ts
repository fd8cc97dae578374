// AF_PACKET sockets (packet(7)): whole frames to and from one interface.

import { SystemError } from './errors.ts';
import type { FrameBatch } from './frame-batch.ts';
import { checked, type Libc } from './libc.ts';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const ETH_P_ALL = 0x0003;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_IGNORE_OUTGOING = 23;
const EAGAIN = 11;

/** struct sockaddr_ll with family, protocol (network order) and interface index. */
function sockaddrLl(index: number): Uint8Array {
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, ETH_P_ALL);
  view.setInt32(4, index, true);
  return address;
}

/** A raw socket on one interface; it sees what the interface receives, not what it sends. */
export class PacketSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(65536 + 64);

  /** Opens on `device` of the namespace the thread is in. @throws SystemError */
  constructor(libc: Libc, device: string) {
    this.#libc = libc;
    const index = libc.ifNameToIndex(device);
    if (index === 0) throw new SystemError(`interface ${device}`, libc.errno());
    const type = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC;
    this.#fd = checked(libc, 'socket AF_PACKET', libc.socket(AF_PACKET, type, 0));
    this.#option(SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20);
    this.#option(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    checked(libc, `bind ${device}`, libc.bind(this.#fd, sockaddrLl(index), 20));
  }

  #option(level: number, name: number, value: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, value, true);
    const result = this.#libc.setsockopt(this.#fd, level, name, bytes, 4);
    checked(this.#libc, `setsockopt ${level}/${name}`, result);
  }

  /** Sends one frame with its link header. On a veth the other end has handled it on return. */
  send(frame: Uint8Array): void {
    checked(this.#libc, 'send', this.#libc.send(this.#fd, frame, frame.length, 0));
  }

  /** Sends all frames of a batch in one call. @throws SystemError if not all of them went */
  sendBatch(batch: FrameBatch): void {
    const result = this.#libc.sendmmsg(this.#fd, batch.headers, batch.length, 0);
    if (checked(this.#libc, 'sendmmsg', result) !== batch.length)
      throw new SystemError('sendmmsg', this.#libc.errno());
  }

  /** The next frame received, a copy; undefined when there is none. */
  receive(): Uint8Array | undefined {
    const length = this.#libc.recv(this.#fd, this.#buffer, this.#buffer.length, 0);
    if (length >= 0) return this.#buffer.slice(0, length);
    if (this.#libc.errno() === EAGAIN) return undefined;
    throw new SystemError('recv', this.#libc.errno());
  }

  /** Everything received so far. */
  drain(): Uint8Array[] {
    const frames: Uint8Array[] = [];
    for (let frame = this.receive(); frame !== undefined; frame = this.receive())
      frames.push(frame);
    return frames;
  }

  close(): void {
    this.#libc.close(this.#fd);
  }
}
