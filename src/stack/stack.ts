// The stack of one namespace: what all its parts share, and how packets enter it.

import { u32 } from '../bytes/index.ts';
import type {
  BridgeInfo,
  HookPoint,
  MadeSegment,
  NetDevice,
  Netns,
  NetworkLayer,
  RouteAnswer,
  RouteKey,
  Verdict,
} from '../core/index.ts';
import { Packet } from '../core/index.ts';
import { type BridgeSettings, bridgeSettings, divert } from './br-netfilter.ts';
import type { SocketConfig } from './config.ts';
import { configure } from './configure.ts';
import { registerDefrag } from './defrag.ts';
import { StackFastPath } from './fast-path.ts';
import { DONE, KEPT } from './fate.ts';
import { IdentSource } from './ident.ts';
import type { Interface } from './interface.ts';
import * as layer from './network-layer.ts';
import { RT_SCOPE_LINK } from './numbers.ts';
import type { LocalService, ReceiveOptions, SendOptions, StackOptions } from './options.ts';
import { type InetPoints, inetPoints } from './points.ts';
import { RateLimits } from './rate-limit.ts';
import { Reassemblies } from './reassembly.ts';
import { dissectLink, receiveFrame } from './receive.ts';
import { RouteCache } from './route.ts';
import { Fib, FlowKey } from './rules.ts';
import { sendSegment } from './segment.ts';
import { sendPacket } from './send.ts';
import { SocketTable, socketFrom } from './sockets.ts';

/** Packet objects kept for reuse at most. */
const POOL = 256;

/**
 * Packets that go round through loopback before the next one from outside: net.core.netdev_max_backlog.
 * A copy that each round makes anew (TEE to an address of this host) keeps the kernel busy for ever.
 */
const MAX_ROUNDS = 1000;

export class Stack implements NetworkLayer {
  readonly netns: Netns;
  readonly ip: InetPoints;
  readonly ip6: InetPoints;
  readonly arpInput: HookPoint;
  readonly arpOutput: HookPoint;
  readonly arpForward: HookPoint;
  readonly bridgePoints: InetPoints;
  readonly fib4 = new Fib('ip');
  readonly fib6 = new Fib('ip6');
  readonly cache4 = new RouteCache(1);
  readonly cache6 = new RouteCache(4);
  /** Scratch key of look-ups. */
  readonly flow = new FlowKey();
  readonly limits: RateLimits;
  readonly idents: IdentSource;
  readonly services: LocalService[] = [];
  readonly sockets = new SocketTable();
  /** Packets on their way round through loopback. */
  readonly backlog: Packet[] = [];
  /** How many packets were dropped for what. */
  readonly drops = new Map<string, number>();
  readonly reassemblies: Reassemblies;
  /** Cached routes of an older generation are void. */
  generation = 1;
  /** As `generation`, but not for what a neighbour table forgot: rt_genid, fn_sernum. */
  routingGeneration = 1;
  /** Routes depend on nothing but addresses, mark, type of service and input device. */
  cacheable = true;
  /** The local table holds routes that no address made (fib_has_custom_local_routes). */
  customLocal4 = false;
  forwardUpdatesPriority = true;
  /** Which frames bridges show to the IP families. */
  bridging: BridgeSettings;
  /** Of packets that are gone, for reuse. */
  readonly bridgeInfos: BridgeInfo[] = [];
  /**
   * The ICMP sockets are in use (icmp_xmit_lock, icmpv6_xmit_lock): what a hook does to a message on
   * its way out causes no other one.
   */
  readonly icmpBusy = { ip: false, ip6: false };
  readonly #interfaces: (Interface | undefined)[] = [];
  readonly #local4 = new Set<number>();
  readonly #pool: Packet[] = [];
  readonly #defragmented = new Map<'ip' | 'ip6', () => void>();
  #depth = 0;

  constructor(netns: Netns, options: StackOptions) {
    this.netns = netns;
    this.bridging = bridgeSettings(this);
    this.ip = inetPoints(netns, 'ip');
    this.ip6 = inetPoints(netns, 'ip6');
    this.bridgePoints = inetPoints(netns, 'bridge');
    this.arpInput = netns.hooks.point('arp', 'input');
    this.arpOutput = netns.hooks.point('arp', 'output');
    this.arpForward = netns.hooks.point('arp', 'forward');
    this.limits = new RateLimits(netns);
    this.idents = new IdentSource(netns.random);
    configure(this, options.config, options.arp ?? 'resolve');
    this.reassemblies = new Reassemblies(this);
    if (options.defrag ?? false)
      for (const family of ['ip', 'ip6'] as const) this.defragment(family);
    this.flush();
    netns.network = this;
    netns.fastPath = new StackFastPath(this);
    netns.sockets = this.sockets;
  }

  /**
   * Reassembles before connection tracking from now on (nf_defrag_ipv4_enable), or no longer
   * (nf_defrag_ipv4_disable). A second call changes nothing.
   */
  defragment(family: 'ip' | 'ip6', on = true): void {
    const off = this.#defragmented.get(family);
    if (on === (off !== undefined)) return;
    off?.();
    if (off !== undefined) this.#defragmented.delete(family);
    else this.#defragmented.set(family, registerDefrag(this, this.reassemblies, family));
  }

  get loopback(): Interface {
    return this.#interfaces[1]!;
  }

  get interfaces(): Interface[] {
    return this.#interfaces.filter((one) => one !== undefined);
  }

  attach(iface: Interface): void {
    this.#interfaces[iface.device.index] = iface;
  }

  interfaceOf(device: NetDevice | null): Interface | null {
    return device === null ? null : (this.#interfaces[device.index] ?? null);
  }

  /** @throws RangeError when there is no interface of that name */
  interfaceNamed(name: string): Interface {
    const iface = this.interfaceOf(this.netns.devices.byName(name) ?? null);
    if (iface === null) throw new RangeError(`no interface '${name}'`);
    return iface;
  }

  /** Cached routes are looked up again; what was decided stands. */
  forgetRoutes(): void {
    this.generation++;
  }

  /** Forgets what was routed: after routes, addresses, devices or sysctls changed. */
  flush(): void {
    this.forgetRoutes();
    this.routingGeneration++;
    this.cacheable = ![...this.fib4.rules, ...this.fib6.rules].some(
      (r) => r.ipproto !== 0 || r.sport !== null || r.dport !== null,
    );
    this.forwardUpdatesPriority = this.sysctl('net.ipv4.ip_forward_update_priority', 1) !== 0;
    this.bridging = bridgeSettings(this);
    this.#local4.clear();
    for (const { addresses4 } of this.interfaces)
      for (const { local } of addresses4) this.#local4.add(u32(local, 0));
  }

  sysctl(name: string, fallback: number): number {
    return this.netns.sysctlOr(name, fallback);
  }

  /** Sets a sysctl and forgets what was decided by the old value. */
  setSysctl(name: string, value: number): void {
    this.netns.sysctl.set(name, value);
    this.flush();
  }

  #conf4(name: string, key: string, fallback: number): number {
    return this.netns.sysctlOr(`net.ipv4.conf.${name}.${key}`, fallback);
  }

  /** IN_DEV_MAXCONF: the larger of `all` and the device's own. */
  confMax(iface: Interface, key: string, fallback: number): number {
    const own = this.#conf4(iface.device.name, key, this.#conf4('default', key, fallback));
    return Math.max(this.#conf4('all', key, fallback), own);
  }

  /** IN_DEV_ORCONF. */
  confAny(iface: Interface, key: string, fallback: number): boolean {
    return this.confMax(iface, key, fallback) > 0;
  }

  /** IN_DEV_FORWARD. */
  forwarding4(iface: Interface): boolean {
    const all = this.sysctl('net.ipv4.ip_forward', this.#conf4('all', 'forwarding', 0));
    return this.#conf4(iface.device.name, 'forwarding', all) > 0;
  }

  forwarding6(iface: Interface): boolean {
    const all = this.sysctl('net.ipv6.conf.all.forwarding', 0);
    return this.sysctl(`net.ipv6.conf.${iface.device.name}.forwarding`, all) > 0;
  }

  hasAddress4(address: number): boolean {
    // 127/8 as a whole is lo's, by its local route (__ip_dev_find).
    return this.#local4.has(address) || this.addressType4(address, null) === 2;
  }

  addressType4(address: number, device: NetDevice | null): number {
    return layer.addressType4(this, address, device);
  }

  /** inet_select_addr(): of this device, else of any that is wide enough. */
  selectAddress4(
    iface: Interface | null,
    towards: Uint8Array | null,
    scope: number,
  ): Uint8Array | null {
    const own = iface?.selectAddress4(towards, scope) ?? null;
    if (own !== null) return own;
    for (const other of this.interfaces) {
      const found = other.addresses4.find(
        (a) => !a.secondary && a.scope !== RT_SCOPE_LINK && a.scope <= scope,
      );
      if (found !== undefined) return found.local;
    }
    return null;
  }

  /** A packet object with nothing in it. Traced packets are never used twice: they are told apart by identity. */
  take(): Packet {
    return (this.netns.tracer === null ? this.#pool.pop() : undefined) ?? new Packet();
  }

  /** A copy that walks on its own (skb_copy). */
  copy(packet: Packet): Packet {
    return packet.clone();
  }

  /** Ends a packet's way, unless somebody keeps it. */
  finish(packet: Packet, fate: boolean): void {
    if (fate === KEPT) return;
    // An entry that was never confirmed dies with its packet, which conntrack sees by this.
    packet.ct = 0;
    packet.dst = null;
    if (packet.bridge !== null) this.forgetBridge(packet);
    if (this.#pool.length < POOL && this.netns.tracer === null) this.#pool.push(packet);
  }

  /** nf_bridge_info_free(): the packet is no bridge's any more. */
  forgetBridge(packet: Packet): void {
    const { bridge } = packet;
    packet.bridge = null;
    if (bridge !== null && this.bridgeInfos.length < POOL) this.bridgeInfos.push(bridge);
  }

  drop(packet: Packet, reason: string, where: string): boolean {
    if (packet.dropReason === '') packet.dropReason = reason;
    const known = packet.dropReason;
    this.drops.set(known, (this.drops.get(known) ?? 0) + 1);
    if (this.netns.tracer !== null) this.netns.emit(packet, { kind: 'drop', reason: known, where });
    return DONE;
  }

  /** A hook said something else than accept. */
  halt(packet: Packet, verdict: Verdict, where: string): boolean {
    return verdict.kind === 'drop' ? this.drop(packet, 'NETFILTER_DROP', where) : KEPT;
  }

  /**
   * A frame from the wire. `frame` is copied and must begin with the link header of the device
   * (none for raw IP devices).
   */
  receive(device: NetDevice, frame: Uint8Array, options: ReceiveOptions = {}): void {
    const iface = this.interfaceOf(device);
    if (iface === null || !device.up) return;
    const packet = this.take();
    packet.fill(frame, iface.ethernet ? 14 : 0);
    packet.tstamp = options.time ?? this.netns.clock.now();
    packet.secpath = options.secpath ?? null;
    packet.mark = options.mark ?? 0;
    if (this.netns.tracer !== null)
      this.netns.emit(packet, { kind: 'receive', device: device.name });
    this.#depth++;
    this.finish(
      packet,
      dissectLink(packet, iface)
        ? receiveFrame(this, packet, iface)
        : this.drop(packet, 'PKT_TOO_SMALL', 'receive'),
    );
    this.#depth--;
    this.drain();
  }

  /**
   * Sends a whole IPv4 or IPv6 packet from this host, as a raw socket with IP_HDRINCL would: length
   * and header checksum are written, an IPv4 source of 0.0.0.0 and an id of 0 are filled in.
   * False when there is no route.
   */
  send(bytes: Uint8Array, options: SendOptions = {}): boolean {
    this.#depth++;
    const sent = sendPacket(this, bytes, options);
    this.#depth--;
    this.drain();
    return sent;
  }

  /** Receives what went round through loopback, once nobody is in the middle of a packet. */
  drain(): void {
    if (this.#depth > 0) return;
    this.#depth++;
    let rounds = 0;
    for (let packet = this.backlog.shift(); packet !== undefined; packet = this.backlog.shift()) {
      const iface = this.interfaceOf(packet.iif);
      if (iface === null) continue;
      const fate =
        ++rounds > MAX_ROUNDS
          ? this.drop(packet, 'CPU_BACKLOG', 'receive')
          : receiveFrame(this, packet, iface);
      this.finish(packet, fate);
    }
    this.#depth--;
  }

  /**
   * A program opens a socket: it takes what comes for it, and rules can ask for it. Returns what closes
   * it.
   * @throws RangeError where the data is malformed
   */
  open(config: SocketConfig): () => void {
    return this.sockets.add(socketFrom(this, config));
  }

  /** Listens; returns what stops it. */
  listen(service: LocalService): () => void {
    this.services.push(service);
    return () => {
      const at = this.services.indexOf(service);
      if (at >= 0) this.services.splice(at, 1);
    };
  }

  route(key: RouteKey): RouteAnswer | null {
    return layer.route(this, key);
  }

  routeOf(packet: Packet): RouteAnswer | null {
    return layer.routeOf(packet);
  }

  addressType(family: 'ip' | 'ip6', address: Uint8Array, device?: NetDevice): number {
    return layer.addressType(this, family, address, device ?? null);
  }

  sourceAddress(family: 'ip' | 'ip6', device: NetDevice, daddr: Uint8Array): Uint8Array | null {
    return layer.sourceAddress(this, family, device, daddr);
  }

  broadcastPrefix(device: NetDevice, broadcast: Uint8Array): number {
    return layer.broadcastPrefix(this, device, broadcast);
  }

  firstAddress(family: 'ip' | 'ip6', device: NetDevice): Uint8Array | null {
    return layer.firstAddress(this, family, device);
  }

  sendParameterProblem(packet: Packet, pointer: number): void {
    layer.sendParameterProblem(this, packet, pointer);
  }

  sendUnreachable(packet: Packet, code: number, hook: string): void {
    layer.sendUnreachable(this, packet, code, hook);
  }

  sendReset(packet: Packet, hook: string): void {
    layer.sendReset(this, packet, hook);
  }

  sendSegment(segment: MadeSegment): void {
    sendSegment(this, segment);
  }

  reroute(packet: Packet): boolean {
    return layer.reroute(this, packet);
  }

  duplicate(packet: Packet, gateway: Uint8Array, device: NetDevice | null): void {
    layer.duplicate(this, packet, gateway, device);
  }

  neighbourTransmit(packet: Packet, gateway: Uint8Array, device: NetDevice): void {
    layer.neighbourTransmit(this, packet, gateway, device);
  }

  transmit(packet: Packet, device: NetDevice): void {
    layer.transmit(this, packet, device);
  }

  /** Goes on with a packet for which a hook behind a queue has answered DIVERTED. */
  divert(packet: Packet): void {
    this.#depth++;
    this.finish(packet, divert(this, packet));
    this.#depth--;
    this.drain();
  }

  proceed(packet: Packet, point: HookPoint): void {
    this.#depth++;
    this.finish(packet, layer.proceed(this, packet, point));
    this.#depth--;
    this.drain();
  }
}

/** Makes a namespace's network: devices, addresses, routes; sets `netns.network`. */
export const createStack = (netns: Netns, options: StackOptions): Stack =>
  new Stack(netns, options);
