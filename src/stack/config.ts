// A namespace's network as plain data: what YAML topologies and `ip -j` fill in.

import type { SocketState } from '../core/index.ts';
import type { RouteTypeName, ScopeName } from './numbers.ts';

export interface AddressConfig {
  /** With prefix length: `10.0.0.1/24`, `2001:db8::1/64`. */
  readonly address: string;
  /** The other end of a point-to-point address; its prefix length is that of `address`. */
  readonly peer?: string;
  /** IPv4 broadcast address; the last address of the prefix is one in any case (`ip addr … brd`). */
  readonly broadcast?: string;
  readonly scope?: ScopeName;
  /** Metric of the connected route. */
  readonly metric?: number;
  /** No connected route is made. */
  readonly noPrefixRoute?: boolean;
}

/** Who answers for neighbours nobody configured. */
export type NeighbourMode =
  /** ARP and ND on the wire, packets wait for the answer. */
  | 'resolve'
  /** Every address on the link has a made-up hardware address; nothing is asked. */
  | 'static';

export interface InterfaceConfig {
  readonly name: string;
  /** Counted from 2 in order of mention where absent (1 is `lo`). */
  readonly index?: number;
  /** `02:00:00:00:00:01`; made up from the index where absent. */
  readonly mac?: string;
  readonly mtu?: number;
  /** ARPHRD_*: 1 Ethernet (default), 772 loopback, 65534 raw IP as TUN has it. */
  readonly type?: number;
  readonly kind?: string;
  readonly up?: boolean;
  readonly group?: number;
  /** Name of the bridge or VRF it belongs to. */
  readonly master?: string;
  /** Takes frames for other stations too (they still go no further than the hooks of netdev). */
  readonly promiscuous?: boolean;
  readonly addresses?: readonly (string | AddressConfig)[];
  readonly arp?: NeighbourMode;
  /** A VLAN device on top of another one. */
  readonly vlan?: { readonly link: string; readonly id: number; readonly protocol?: number };
  /** `none` where the kernel's link-local address should not be made; default `eui64`. */
  readonly linkLocal?: 'eui64' | 'none';
}

export interface NexthopConfig {
  readonly via?: string;
  readonly device?: string;
  readonly weight?: number;
  /** A gateway named with its device is taken at its word, with this or without. */
  readonly onlink?: boolean;
}

export interface RouteConfig extends NexthopConfig {
  /** A prefix, or `default` (then `via` or `family` tells the family). */
  readonly to: string;
  readonly family?: 'ip' | 'ip6';
  readonly type?: RouteTypeName;
  /** Number, or one of `main`, `local`, `default`. */
  readonly table?: number | string;
  readonly source?: string;
  readonly metric?: number;
  readonly scope?: ScopeName;
  readonly mtu?: number;
  /** IPv4 only: takes packets of this type of service alone. */
  readonly tos?: number;
  readonly realm?: number;
  readonly nexthops?: readonly NexthopConfig[];
}

export interface RuleConfig {
  readonly priority: number;
  /** Told from `from` or `to` where absent; without those too it counts for both families. */
  readonly family?: 'ip' | 'ip6';
  readonly not?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly mark?: number;
  readonly mask?: number;
  readonly iif?: string;
  readonly oif?: string;
  readonly tos?: number;
  readonly ipproto?: number;
  readonly sport?: readonly [number, number];
  readonly dport?: readonly [number, number];
  readonly table?: number | string;
  readonly action?: 'table' | 'blackhole' | 'unreachable' | 'prohibit' | 'goto' | 'nop';
  /** Priority of the rule that `goto` goes on with. */
  readonly target?: number;
  /** Answers with prefixes of this length or less do not count. */
  readonly suppressPrefixLength?: number;
}

export interface NeighbourConfig {
  readonly device: string;
  readonly address: string;
  readonly mac: string;
}

/** A socket that a program of this host has open. */
export interface SocketConfig {
  readonly protocol: 'tcp' | 'udp';
  /** `0.0.0.0` for every IPv4 address, `::` (default) for every address of both families. */
  readonly address?: string;
  readonly port: number;
  /** The other end of a connected one: `10.0.0.2:40000`, `[2001:db8::2]:40000`. */
  readonly peer?: string;
  /** Connected with a `peer`, listening without. */
  readonly state?: SocketState;
  /** Takes no IPv4 packets (IPV6_V6ONLY). */
  readonly v6only?: boolean;
  /** Takes packets of this interface alone (SO_BINDTODEVICE). */
  readonly device?: string;
  /** IP_TRANSPARENT: may take what is sent to addresses of others. */
  readonly transparent?: boolean;
  /** SO_MARK. */
  readonly mark?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Path in the cgroup v2 hierarchy. */
  readonly cgroup?: string;
  /** net_cls group of cgroup v1. */
  readonly classid?: number;
}

export interface StackConfig {
  /** `lo` with 127.0.0.1/8 and ::1/128 is added where absent. */
  readonly interfaces: readonly InterfaceConfig[];
  readonly routes?: readonly RouteConfig[];
  /** Replaces the standard rules (0 local, 32766 main, 32767 default) of a family it has rules for. */
  readonly rules?: readonly RuleConfig[];
  readonly neighbours?: readonly NeighbourConfig[];
  readonly sockets?: readonly SocketConfig[];
  /** By path with dots: `net.ipv4.ip_forward`. */
  readonly sysctl?: Readonly<Record<string, number>>;
}
