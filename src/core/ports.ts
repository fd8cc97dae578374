// What a netfilter offers, whether it is the engine or the running kernel. Data types of rooms
// above stand as type parameters.

import type { NetDevice } from './device.ts';
import type { HookPoint } from './hooks.ts';
import type { Packet } from './packet.ts';
import type { Verdict } from './verdict.ts';

/** A subscription; closing it twice is harmless. */
export interface Subscription {
  close(): void;
}

/** A ruleset that changes by whole batches. */
export interface Ruleset<Batch, Program, Event> {
  /** All of it or nothing. @throws when the batch is refused; nothing has changed then */
  apply(batch: Batch): void | Promise<void>;
  list(): Program | Promise<Program>;
  events(listener: (event: Event) => void): Subscription;
}

/** Connection state that can be looked at and steered. */
export interface Connections<Entry, Filter, Event> {
  dump(filter?: Filter): Iterable<Entry> | AsyncIterable<Entry>;
  get(filter: Filter): Entry | undefined | Promise<Entry | undefined>;
  create(entry: Entry): unknown;
  update(entry: Entry): void | Promise<void>;
  delete(filter: Filter): number | Promise<number>;
  flush(): void | Promise<void>;
  events(listener: (event: Event) => void): Subscription;
}

/** Log lines and NFLOG packets. */
export interface LogRecord {
  readonly prefix: string;
  /** Syslog level 0-8 (8 is audit), for LOG; group for NFLOG. */
  readonly level?: number;
  readonly group?: number;
  readonly flags: number;
  readonly snaplen?: number;
}
export interface LogSink {
  log(packet: Packet, record: LogRecord, hook: string): void;
}

/** What a route look-up answers. Addresses are 4 or 16 bytes, network order. */
export interface RouteAnswer {
  /** RTN_*, include/uapi/linux/rtnetlink.h: 1 unicast, 2 local, 3 broadcast, 5 multicast … */
  readonly type: number;
  readonly device: NetDevice | null;
  readonly gateway: Uint8Array | null;
  /** Preferred source address. */
  readonly source: Uint8Array | null;
  readonly mtu: number;
  readonly table: number;
  /** rt classid / realm. */
  readonly realm: number;
}

/** A route look-up's key (struct flowi4, flowi6). */
export interface RouteKey {
  readonly family: 'ip' | 'ip6';
  readonly daddr: Uint8Array;
  readonly saddr?: Uint8Array;
  readonly mark?: number;
  readonly tos?: number;
  readonly iif?: NetDevice;
  readonly oif?: NetDevice;
}

/** What a frame to a neighbour passes below the device it is routed to (struct net_device_path_stack). */
export interface DevicePath {
  /** The lowest device: frames from that neighbour come in by it. */
  readonly device: NetDevice;
  /** VLAN tags a frame has there, the outermost first: protocol << 16 | id. */
  readonly tags: readonly number[];
  /** Behind a bridge: what a frame for the neighbour has. */
  readonly link: LinkAddresses | null;
}

export interface LinkAddresses {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** A TCP segment that a hook makes: header and options, the checksum not yet written. */
export interface MadeSegment {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly bytes: Uint8Array;
  /** The packet it is made because of. */
  readonly cause: Packet;
  /** Connection or template it belongs to, 0 for none. */
  readonly ct: number;
  readonly ctinfo: number;
  /** For traces. */
  readonly what: string;
}

/**
 * What hooks may ask of the network stack below them. Room stack implements it; engine and NAT
 * use it through the namespace, so that no room calls another behind the hooks' back.
 */
export interface NetworkLayer {
  route(key: RouteKey): RouteAnswer | null;
  /** What routing decided for this packet (skb_dst), null before. */
  routeOf(packet: Packet): RouteAnswer | null;
  /** RTN_* type of an address as `fib … type` and addrtype see it, optionally on one device. */
  addressType(family: 'ip' | 'ip6', address: Uint8Array, device?: NetDevice): number;
  /** First address of a device that masquerade and redirect take towards `daddr`; null if none. */
  sourceAddress(family: 'ip' | 'ip6', device: NetDevice, daddr: Uint8Array): Uint8Array | null;
  /** The first address of a device, whoever asks: nf_tproxy_laddr4/6; null if it has none. */
  firstAddress(family: 'ip' | 'ip6', device: NetDevice): Uint8Array | null;
  /** Prefix length of the primary address of a device that has this broadcast address; 0 for none. */
  broadcastPrefix(device: NetDevice, broadcast: Uint8Array): number;
  /** nf_send_unreach / nf_send_unreach6: an ICMP error about `packet`. */
  sendUnreachable(packet: Packet, code: number, hook: string): void;
  /** icmpv6_send() about a header field of an IPv6 packet. @param pointer where it is in the packet */
  sendParameterProblem(packet: Packet, pointer: number): void;
  /** nf_send_reset / nf_send_reset6. */
  sendReset(packet: Packet, hook: string): void;
  /** synproxy_send_tcp, synproxy_send_tcp_ipv6: routes a segment and sends it as one of this host. */
  sendSegment(segment: MadeSegment): void;
  /** ip_route_me_harder: route a locally made packet again after a hook changed it. */
  reroute(packet: Packet): boolean;
  /** nf_dup_ipv4/6: send a copy of the packet to a gateway, past the hooks that made it. */
  duplicate(packet: Packet, gateway: Uint8Array, device: NetDevice | null): void;
  /** nf_fwd_netdev, nf_dup_netdev: hand the frame to a device as it is. */
  transmit(packet: Packet, device: NetDevice): void;
  /** neigh_xmit() behind a hop taken off: hand the packet to a neighbour on a device, unrouted. */
  neighbourTransmit(packet: Packet, gateway: Uint8Array, device: NetDevice): void;
  /** Goes on with a packet that was kept at `point` (a queue) and has passed all hooks there. */
  proceed(packet: Packet, point: HookPoint): void;
}

/**
 * What a flow table asks of the stack to send packets on without it: a route to keep, and the ways out
 * behind it. Room stack implements it.
 */
export interface FastPath {
  /** Another number whenever routes, addresses or devices have changed (rt_genid, fn_sernum). */
  readonly generation: number;
  /** nf_route() with FLOWI_FLAG_ANYSRC: as for a packet of this host, from whatever source. */
  routeOutput(key: RouteKey): RouteAnswer | null;
  /** dev_fill_forward_path(): null where the neighbour, or its port of a bridge, is not known. */
  pathBelow(device: NetDevice, neighbour: Uint8Array): DevicePath | null;
  /** neigh_xmit(): takes the packet and hands it to a neighbour on a device, past all hooks but egress. */
  neighbourXmit(packet: Packet, neighbour: Uint8Array, device: NetDevice): void;
  /** dev_hard_header() and dev_queue_xmit(): takes the packet and sends it with these addresses. */
  linkXmit(packet: Packet, link: LinkAddresses, device: NetDevice): void;
}

/** What the stack asks of connection tracking, struct nf_ct_hook. */
export interface ConntrackHook {
  /** A reset was sent in answer to this packet: its connection is closing (nf_ct_set_closing). */
  setClosing(packet: Packet): void;
  /**
   * Zone of the template a packet carries, 0 without one: fragments of different zones never meet.
   * -1 for a packet that has its connection already.
   */
  defragZone(packet: Packet): number;
  /** nf_conntrack_confirm(): the connection of a packet counts from now on. */
  confirm(packet: Packet): Verdict;
}
