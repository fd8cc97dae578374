// A netlink socket of the namespace the thread is in, bound to a port of the kernel's choice.

import { SystemError } from './errors.ts';
import { checked, type Libc } from './libc.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;

export const NETLINK_NETFILTER = 12;

/** Netlink is spoken in the byte order of the machine. */
export const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

export interface NetlinkOptions {
  readonly protocol?: number;
  readonly blocking?: boolean;
  /** Bytes that wait in the socket, either way. */
  readonly buffer?: number;
}

export function setNumber(
  libc: Libc,
  fd: number,
  level: number,
  name: number,
  ...values: readonly number[]
): number {
  const bytes = new Uint8Array(Uint32Array.from(values).buffer);
  return libc.setsockopt(fd, level, name, bytes, bytes.length);
}

/** @throws SystemError */
export function openNetlink(libc: Libc, options: NetlinkOptions = {}): number {
  const { protocol = NETLINK_NETFILTER, blocking = true, buffer = 16 << 20 } = options;
  const type = SOCK_RAW | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK);
  const fd = checked(libc, 'socket AF_NETLINK', libc.socket(AF_NETLINK, type, protocol));
  const address = new Uint8Array(12);
  new DataView(address.buffer).setUint16(0, AF_NETLINK, LITTLE_ENDIAN);
  if (libc.bind(fd, address, address.length) < 0) {
    const errno = libc.errno();
    libc.close(fd);
    throw new SystemError('bind AF_NETLINK', errno);
  }
  // Options make work easier; a kernel or container that refuses one still works.
  setNumber(libc, fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
  setNumber(libc, fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  setNumber(libc, fd, SOL_SOCKET, SO_SNDBUFFORCE, buffer);
  setNumber(libc, fd, SOL_SOCKET, SO_RCVBUFFORCE, buffer);
  return fd;
}

/** Messages sent to a group come to this socket from now on. @throws SystemError */
export function joinGroup(libc: Libc, fd: number, group: number): void {
  const joined = setNumber(libc, fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
  checked(libc, `join netlink group ${group}`, joined);
}
