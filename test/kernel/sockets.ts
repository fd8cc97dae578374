// Sockets of programs of the router, as a case names them, in the namespace of the running kernel.

import { put16 } from '../../src/bytes/index.ts';
import { checked, type Libc } from '../../src/linux/index.ts';
import { parseAddress, type SocketConfig } from '../../src/stack/index.ts';

const [AF_INET, AF_INET6] = [2, 10];
const [SOCK_STREAM, SOCK_DGRAM] = [1, 2];
const [IPPROTO_IP, IPPROTO_TCP, IPPROTO_IPV6] = [0, 6, 41];
const SOL_SOCKET = 1;
const [SO_REUSEADDR, SO_REUSEPORT, SO_BINDTODEVICE, SO_MARK] = [2, 15, 25, 36];
const [IP_TRANSPARENT, IPV6_TRANSPARENT, IPV6_V6ONLY] = [19, 75, 26];
/** A connected socket is put together without a handshake, as a restored container's is. */
const TCP_REPAIR = 19;

const ONE = Uint8Array.of(1, 0, 0, 0);

const number = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);

/** struct sockaddr_in and sockaddr_in6. */
export function sockaddr(address: string, port: number): Uint8Array {
  const v6 = address.includes(':');
  const bytes = new Uint8Array(v6 ? 28 : 16);
  bytes[0] = v6 ? AF_INET6 : AF_INET;
  put16(bytes, 2, port);
  bytes.set(parseAddress(v6 ? 'ip6' : 'ip', address), v6 ? 8 : 4);
  return bytes;
}

function split(endpoint: string): [string, number] {
  const at = endpoint.lastIndexOf(':');
  return [endpoint.slice(0, at).replace(/^\[(.*)\]$/, '$1'), Number(endpoint.slice(at + 1))];
}

/**
 * Opens it in the namespace of the calling thread; `opened` is told what to close, whatever happens.
 * @throws SystemError
 */
export function openSocket(libc: Libc, config: SocketConfig, opened: (fd: number) => void): void {
  const { protocol, address = '::', port, peer, transparent, mark, device, v6only } = config;
  const v6 = address.includes(':');
  const type = protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM;
  const fd = checked(libc, 'socket', libc.socket(v6 ? AF_INET6 : AF_INET, type, 0));
  opened(fd);
  const set = (level: number, name: number, value: Uint8Array): void => {
    checked(libc, 'setsockopt', libc.setsockopt(fd, level, name, value, value.length));
  };
  set(SOL_SOCKET, SO_REUSEADDR, ONE);
  // Two that listen on one port, one of them on every address, must both agree to it.
  if (protocol === 'tcp') set(SOL_SOCKET, SO_REUSEPORT, ONE);
  if (transparent && v6) set(IPPROTO_IPV6, IPV6_TRANSPARENT, ONE);
  else if (transparent) set(IPPROTO_IP, IP_TRANSPARENT, ONE);
  if (mark !== undefined) set(SOL_SOCKET, SO_MARK, number(mark));
  if (v6only) set(IPPROTO_IPV6, IPV6_V6ONLY, ONE);
  if (device !== undefined)
    set(SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(`${device}\0`));
  if (peer !== undefined && protocol === 'tcp') set(IPPROTO_TCP, TCP_REPAIR, ONE);
  const local = sockaddr(address, port);
  checked(libc, `bind ${address}`, libc.bind(fd, local, local.length));
  if (peer !== undefined) {
    const other = sockaddr(...split(peer));
    checked(libc, `connect ${peer}`, libc.connect(fd, other, other.length));
  } else if (protocol === 'tcp') checked(libc, 'listen', libc.listen(fd, 16));
}
