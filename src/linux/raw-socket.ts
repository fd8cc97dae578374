// Raw IP sockets (raw(7)): packets of this namespace's own making, header included.

import { SystemError } from './errors.ts';
import { checked, type Libc } from './libc.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_RAW = 255;
const SOL_SOCKET = 1;
const SO_BROADCAST = 6;

/** struct sockaddr_in of the packet's destination. */
function sockaddrIn(packet: Uint8Array): Uint8Array {
  const address = new Uint8Array(16);
  new DataView(address.buffer).setUint16(0, AF_INET, true);
  address.set(packet.subarray(16, 20), 4);
  return address;
}

/** struct sockaddr_in6 of the packet's destination. */
function sockaddrIn6(packet: Uint8Array): Uint8Array {
  const address = new Uint8Array(28);
  new DataView(address.buffer).setUint16(0, AF_INET6, true);
  address.set(packet.subarray(24, 40), 8);
  return address;
}

/** Sends IPv4 and IPv6 packets as local output of the namespace it was opened in. */
export class RawSocket {
  readonly #libc: Libc;
  readonly #fd4: number;
  readonly #fd6: number;

  /** @throws SystemError */
  constructor(libc: Libc) {
    this.#libc = libc;
    const type = SOCK_RAW | SOCK_CLOEXEC;
    this.#fd4 = checked(libc, 'socket AF_INET raw', libc.socket(AF_INET, type, IPPROTO_RAW));
    const on = new Uint8Array(Uint32Array.of(1).buffer);
    checked(
      libc,
      'setsockopt SO_BROADCAST',
      libc.setsockopt(this.#fd4, SOL_SOCKET, SO_BROADCAST, on, on.length),
    );
    this.#fd6 = checked(libc, 'socket AF_INET6 raw', libc.socket(AF_INET6, type, IPPROTO_RAW));
  }

  /**
   * Sends one whole packet. The kernel fills an IPv4 identification of 0 and the header checksum.
   * @returns false when a hook dropped it (EPERM)
   */
  send(packet: Uint8Array): boolean {
    const v6 = packet[0]! >> 4 === 6;
    const to = v6 ? sockaddrIn6(packet) : sockaddrIn(packet);
    const fd = v6 ? this.#fd6 : this.#fd4;
    const result = this.#libc.sendto(fd, packet, packet.length, 0, to, to.length);
    if (result >= 0) return true;
    const error = new SystemError('sendto', this.#libc.errno());
    if (error.code === 'EPERM') return false;
    throw error;
  }

  close(): void {
    this.#libc.close(this.#fd4);
    this.#libc.close(this.#fd6);
  }
}
