// The sockets of a namespace and who gets a packet: net/ipv4/inet_hashtables.c, net/ipv4/udp.c and
// their IPv6 siblings. Sockets that share a port (SO_REUSEPORT) are told apart by a secret hash in the
// kernel; here the one opened last gets all.

import { equalBytes, u16 } from '../bytes/index.ts';
import type { Packet, Socket, Sockets } from '../core/index.ts';
import { cgroupPath, PACKET_HOST, SocketKey, socketOf } from '../core/index.ts';
import { familyOf, formatAddress, isZero, parseAddress } from './address.ts';
import type { SocketConfig } from './config.ts';
import {
  IP_MF,
  IP_OFFSET,
  IPPROTO_FRAGMENT,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV6_HLEN,
} from './numbers.ts';
import type { Stack } from './stack.ts';

const isAny = (socket: Socket): boolean => isZero(socket.address, 0, socket.address.length);

/** How well a socket fits a packet; below zero it does not. */
type Score = (socket: Socket, key: SocketKey) => number;

const deviceFits = ({ device }: Socket, key: SocketKey): boolean =>
  device === null || device === key.device;

const localFits = ({ address }: Socket, key: SocketKey): boolean =>
  equalBytes(address, 0, key.local, key.localAt, address.length);

function remoteFits({ peer }: Socket, key: SocketKey): boolean {
  if (peer === null || peer.port !== key.remotePort) return false;
  return equalBytes(peer.address, 0, key.remote, key.remoteAt, peer.address.length);
}

/** inet_match(): both ends, exactly. */
const connects = (socket: Socket, key: SocketKey): boolean =>
  socket.family === key.family &&
  remoteFits(socket, key) &&
  localFits(socket, key) &&
  deviceFits(socket, key);

/** An IPv6 socket takes IPv4 packets where it listens on every address and is not told otherwise. */
const familyFits = (socket: Socket, key: SocketKey): boolean =>
  socket.family === key.family || (key.family === 'ip' && !socket.v6only && isAny(socket));

/** compute_score() of inet_hashtables.c and inet6_hashtables.c. */
const scoreListener: Score = (socket, key) => {
  if (socket.state !== 'listen' || !familyFits(socket, key) || !deviceFits(socket, key)) return -1;
  const ipv4 = key.family === 'ip' && socket.family === 'ip' ? 1 : 0;
  return (socket.device === null ? 1 : 2) + ipv4;
};

/** compute_score() of udp.c and its sibling. */
const scoreDatagram: Score = (socket, key) => {
  if (!familyFits(socket, key) || !deviceFits(socket, key)) return -1;
  if (socket.peer !== null && !remoteFits(socket, key)) return -1;
  const ipv4 = key.family === 'ip' ? (socket.family === 'ip' ? 2 : 1) : 0;
  return ipv4 + (socket.peer === null ? 0 : 8) + (socket.device === null ? 0 : 4);
};

const NONE: readonly Socket[] = [];
const slotOf = (protocol: number, port: number): number => (protocol << 16) | port;

export class SocketTable implements Sockets {
  readonly #byPort = new Map<number, Socket[]>();

  /** Opens a socket; returns what closes it. */
  add(socket: Socket): () => void {
    const slot = slotOf(socket.protocol, socket.port);
    const list = this.#byPort.get(slot) ?? [];
    this.#byPort.set(slot, list);
    // hlist_add_head(): of two that fit as well, the one opened last is met first.
    list.unshift(socket);
    return () => {
      const at = list.indexOf(socket);
      if (at >= 0) list.splice(at, 1);
    };
  }

  get empty(): boolean {
    return this.#byPort.size === 0;
  }

  lookup(key: SocketKey): Socket | null {
    if (key.protocol === IPPROTO_UDP) return this.#datagram(key);
    return this.established(key) ?? this.listener(key);
  }

  established(key: SocketKey): Socket | null {
    for (const socket of this.#at(key))
      if (socket.state !== 'listen' && connects(socket, key)) return socket;
    return null;
  }

  listener(key: SocketKey): Socket | null {
    const bound = this.#best(key, scoreListener, false);
    return bound ?? this.#best(key, scoreListener, true);
  }

  /** The socket a packet of this host's own making could have been sent by. */
  senderOf(packet: Uint8Array): Socket | null {
    const version = (packet[0] ?? 0) >>> 4;
    const header = version === 4 ? ((packet[0] ?? 0) & 15) << 2 : IPV6_HLEN;
    const protocol = packet[version === 4 ? 9 : 6] ?? 0;
    if ((version !== 4 && version !== 6) || packet.length < header + 8) return null;
    if (protocol !== IPPROTO_TCP && protocol !== IPPROTO_UDP) return null;
    const key = new SocketKey();
    const addresses = version === 4 ? ([16, 12] as const) : ([24, 8] as const);
    key.protocol = protocol;
    key.family = version === 4 ? 'ip' : 'ip6';
    key.remote = packet;
    key.local = packet;
    [key.remoteAt, key.localAt] = addresses;
    key.remotePort = u16(packet, header + 2);
    key.localPort = u16(packet, header);
    return this.lookup(key);
  }

  #datagram(key: SocketKey): Socket | null {
    const bound = this.#best(key, scoreDatagram, false);
    return bound ?? this.#best(key, scoreDatagram, true);
  }

  #at(key: SocketKey): readonly Socket[] {
    return this.#byPort.get(slotOf(key.protocol, key.localPort)) ?? NONE;
  }

  /** @param any among those bound to every address, else among those bound to this one */
  #best(key: SocketKey, score: Score, any: boolean): Socket | null {
    let best: Socket | null = null;
    let most = -1;
    for (const socket of this.#at(key)) {
      if (isAny(socket) !== any || (!any && !localFits(socket, key))) continue;
      const points = score(socket, key);
      if (points > most) {
        best = socket;
        most = points;
      }
    }
    return best;
  }
}

const scratch = new SocketKey();

/** The key of a packet that came for this host; ports are read at its transport header. */
export function keyOf(packet: Packet, family: 'ip' | 'ip6', protocol: number): SocketKey {
  const { buf, network, transport } = packet;
  scratch.protocol = protocol;
  scratch.family = family;
  scratch.remote = buf;
  scratch.remoteAt = network + (family === 'ip' ? 12 : 8);
  scratch.remotePort = u16(buf, transport);
  scratch.local = buf;
  scratch.localAt = network + (family === 'ip' ? 16 : 24);
  scratch.localPort = u16(buf, transport + 2);
  scratch.device = packet.iif;
  return scratch;
}

/**
 * tcp_v4_early_demux(), udp_v4_early_demux() and their siblings: a packet of a connected socket is its
 * own before it is routed. That its route is known then, too, decides nothing and is left out.
 */
export function earlyDemux(stack: Stack, packet: Packet, family: 'ip' | 'ip6'): void {
  const { l4proto } = packet;
  if (stack.sockets.empty || packet.sk !== null || packet.pktType !== PACKET_HOST) return;
  if ((l4proto !== IPPROTO_TCP && l4proto !== IPPROTO_UDP) || isFragment(packet, family)) return;
  const name = l4proto === IPPROTO_TCP ? 'tcp' : 'udp';
  if (stack.sysctl('net.ipv4.ip_early_demux', 1) === 0) return;
  if (stack.sysctl(`net.ipv4.${name}_early_demux`, 1) === 0) return;
  const key = keyOf(packet, family, l4proto);
  const socket =
    l4proto === IPPROTO_TCP ? stack.sockets.established(key) : stack.sockets.lookup(key);
  if (socket !== null && socket.state !== 'listen') packet.sk = socket;
}

const isFragment = (packet: Packet, family: 'ip' | 'ip6'): boolean =>
  family === 'ip'
    ? (u16(packet.buf, packet.network + 6) & (IP_MF | IP_OFFSET)) !== 0
    : packet.buf[packet.network + 6] === IPPROTO_FRAGMENT;

const PROTOCOLS = { tcp: IPPROTO_TCP, udp: IPPROTO_UDP } as const;

/** `10.0.0.2:40000`, `[2001:db8::2]:40000`. */
function endpointOf(text: string): NonNullable<Socket['peer']> {
  const at = text.lastIndexOf(':');
  const host = text.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  const port = Number(text.slice(at + 1));
  if (at < 0 || !Number.isInteger(port) || port < 1 || port > 0xffff)
    throw new RangeError(`not an address with a port: '${text}'`);
  return { address: parseAddress(familyOf(host), host), port };
}

/** @throws RangeError where the data is malformed */
export function socketFrom(stack: Stack, config: SocketConfig): Socket {
  const { protocol, address = '::', port, peer, device, state, ...attributes } = config;
  if (!Number.isInteger(port) || port < 1 || port > 0xffff)
    throw new RangeError(`not a port: ${port}`);
  const family = familyOf(address);
  const other = peer === undefined ? null : endpointOf(peer);
  if (other !== null && other.address.length !== (family === 'ip' ? 4 : 16))
    throw new RangeError(`a socket at ${address} cannot be connected to ${peer}`);
  return socketOf({
    ...attributes,
    protocol: PROTOCOLS[protocol],
    family,
    address: parseAddress(family, address),
    port,
    peer: other,
    state: state ?? (other === null ? 'listen' : 'established'),
    device: device === undefined ? null : stack.interfaceNamed(device).device,
    cgroup: cgroupPath(config.cgroup ?? ''),
  });
}

/** `tcp 0.0.0.0:3128`, as a trace names it. */
export function socketText({ protocol, address, port, peer, state }: Socket): string {
  const at = (bytes: Uint8Array, number: number): string =>
    bytes.length === 4
      ? `${formatAddress(bytes)}:${number}`
      : `[${formatAddress(bytes)}]:${number}`;
  const kind = protocol === IPPROTO_TCP ? 'tcp' : 'udp';
  const other = peer === null ? '' : ` connected to ${at(peer.address, peer.port)}`;
  return `${kind} ${at(address, port)}${other}${state === 'time-wait' ? ' in TIME_WAIT' : ''}`;
}
