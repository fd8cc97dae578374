// Sockets of a namespace as netfilter sees them: struct sock, and the look-ups of inet_hashtables.h
// and udp.h. Room stack holds the table.

import type { NetDevice } from './device.ts';

/** TCP_LISTEN and TCP_ESTABLISHED also for UDP: not connected, connected. */
export type SocketState = 'listen' | 'established' | 'time-wait';

export interface Socket {
  /** 6 or 17. */
  readonly protocol: number;
  /** An `ip6` socket bound to every address takes IPv4 packets too, unless `v6only`. */
  readonly family: 'ip' | 'ip6';
  /** sk_rcv_saddr: 4 or 16 bytes, all zero for every address. */
  readonly address: Uint8Array;
  readonly port: number;
  /** The other end of a connected socket. */
  readonly peer: { readonly address: Uint8Array; readonly port: number } | null;
  readonly state: SocketState;
  readonly v6only: boolean;
  /** SO_BINDTODEVICE. */
  readonly device: NetDevice | null;
  /** IP_TRANSPARENT. */
  readonly transparent: boolean;
  /** SO_MARK. */
  readonly mark: number;
  /** Owner of the file behind it; -1 where no program holds it open. */
  readonly uid: number;
  readonly gid: number;
  /** Path in the cgroup v2 hierarchy, without the first slash; the root is empty. */
  readonly cgroup: string;
  /** net_cls group of cgroup v1. */
  readonly classid: number;
}

const NOWHERE = new Uint8Array(4);

/** A socket that is bound to nothing and belongs to nobody, but for what is given. */
export const socketOf = (fields: Partial<Socket>): Socket => ({
  protocol: 0,
  family: 'ip',
  address: NOWHERE,
  port: 0,
  peer: null,
  state: 'listen',
  v6only: false,
  device: null,
  transparent: false,
  mark: 0,
  uid: -1,
  gid: -1,
  cgroup: '',
  classid: 0,
  ...fields,
});

/** What the kernel answers with itself: ICMP errors, resets of closed ports (net->ipv4.icmp_sk …). */
export const CONTROL_SOCKET: Socket = Object.freeze(socketOf({}));

/** sk_fullsock(): one that waits for its end has lost everything but its addresses. */
export const isFullSocket = (socket: Socket): boolean => socket.state !== 'time-wait';

/** Who is looked for: addresses in place, so that a packet's own can be named. */
export class SocketKey {
  protocol = 0;
  family: 'ip' | 'ip6' = 'ip';
  remote: Uint8Array = NOWHERE;
  remoteAt = 0;
  remotePort = 0;
  local: Uint8Array = NOWHERE;
  localAt = 0;
  localPort = 0;
  /** The device the packet came in by. */
  device: NetDevice | null = null;
}

/** Look-ups of sockets by packet. */
export interface Sockets {
  /** inet_lookup(), udp4_lib_lookup() and their IPv6 siblings: connected ones first, then who listens. */
  lookup(key: SocketKey): Socket | null;
  /** inet_lookup_established(): TCP alone. */
  established(key: SocketKey): Socket | null;
  /** inet_lookup_listener(): TCP alone. */
  listener(key: SocketKey): Socket | null;
}

/**
 * The number rules name a cgroup by: on a live host the inode of its directory, here made up from its
 * path (FNV-1a, 32 bits).
 */
export function cgroupId(path: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** `/system.slice/squid.service/` and `system.slice/squid.service` are the same group. */
export const cgroupPath = (text: string): string => text.replace(/^\/+|\/+$/g, '');

/** cgroup_ancestor(): the group `level` steps below the root that `path` is in; null if it is higher. */
export function cgroupAncestor(path: string, level: number): string | null {
  if (level === 0) return '';
  const parts = path === '' ? [] : path.split('/');
  return parts.length < level ? null : parts.slice(0, level).join('/');
}
