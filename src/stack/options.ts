// What a stack is made with, and what goes with a packet that comes or is sent.

import type { NetDevice, Packet, Socket, Transformation } from '../core/index.ts';
import type { NeighbourMode, StackConfig } from './config.ts';

/** A program that listens. */
export interface LocalService {
  /** IP protocol: 6, 17, … */
  readonly protocol: number;
  /** Destination port; absent for every port, and for protocols without ports. */
  readonly port?: number;
  /** Gets the packet as the host sees it; must copy what it keeps. */
  readonly receive: (packet: Packet) => void;
}

export interface StackOptions {
  readonly config: StackConfig;
  /** Reassemble before connection tracking (nf_defrag_ipv4/6 is loaded). Default false. */
  readonly defrag?: boolean;
  /** For interfaces whose configuration does not say. Default `resolve`. */
  readonly arp?: NeighbourMode;
}

export interface ReceiveOptions {
  /** Nanoseconds on the namespace's clock; default now. */
  readonly time?: number;
  /** What IPsec has undone of it, outermost first. */
  readonly secpath?: readonly Transformation[];
  /** What was done before netfilter has marked it: tc, XDP. */
  readonly mark?: number;
}

export interface SendOptions {
  readonly mark?: number;
  readonly device?: NetDevice;
  readonly priority?: number;
  /** The socket it is sent by; without one it is a raw socket with the attributes below. */
  readonly socket?: Socket;
  readonly uid?: number;
  readonly gid?: number;
  readonly cgroup?: string;
  readonly classid?: number;
}
