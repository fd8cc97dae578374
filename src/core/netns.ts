// A network namespace: what hooks share.

import type { Clock } from './clock.ts';
import { DeviceTable, type NetDevice } from './device.ts';
import type { Fingerprint } from './fingerprint.ts';
import { HookTable } from './hooks.ts';
import type { Packet } from './packet.ts';
import type { ConntrackHook, FastPath, LogSink, NetworkLayer } from './ports.ts';
import type { Random } from './random.ts';
import type { Sockets } from './socket.ts';
import type { TraceEvent, Tracer } from './trace-events.ts';

export interface NetnsOptions {
  readonly name?: string;
  readonly clock: Clock;
  readonly random: Random;
}

export class Netns {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly hooks = new HookTable();
  readonly devices = new DeviceTable();
  /** Sysctls by their path below /proc/sys, with dots: `net.ipv4.ip_forward`. */
  readonly sysctl = new Map<string, number>();
  /** Set by room stack. */
  network: NetworkLayer | null = null;
  /** Set by room stack. */
  fastPath: FastPath | null = null;
  /** Set by room stack. */
  sockets: Sockets | null = null;
  /** Set by room conntrack. */
  conntrack: ConntrackHook | null = null;
  log: LogSink | null = null;
  /** Told of every address that a device loses (inetaddr_chain, inet6addr_chain). */
  readonly addressGone = new Set<(device: NetDevice, address: Uint8Array) => void>();
  /** Told of every device that is set down (NETDEV_DOWN). */
  readonly deviceDown = new Set<(device: NetDevice) => void>();
  /** What operating systems are told by; the kernel has one list for all namespaces. */
  fingerprints: readonly Fingerprint[] = [];

  constructor(options: NetnsOptions) {
    this.name = options.name ?? 'main';
    this.clock = options.clock;
    this.random = options.random;
  }

  get tracer(): Tracer | null {
    return this.hooks.tracer;
  }

  set tracer(tracer: Tracer | null) {
    this.hooks.tracer = tracer;
  }

  /** Tells the tracer, if there is one. Guard with `tracer !== null` where making the event costs. */
  emit(packet: Packet, event: TraceEvent): void {
    this.hooks.tracer?.emit(packet, event);
  }

  /** The value of a sysctl, or `fallback` where it was never set. */
  sysctlOr(name: string, fallback: number): number {
    return this.sysctl.get(name) ?? fallback;
  }
}
