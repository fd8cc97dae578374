// NAT as hooks. A dispatcher at −100 and 100 owns the nat chains of rulesets and runs them for the first
// packet of a connection only; every later packet is rewritten by what was decided then
// (net/netfilter/nf_nat_core.c, nf_nat_proto.c).

import { equalBytes } from '../bytes/index.ts';
import type { Conntrack, Tuple } from '../conntrack/index.ts';
import {
  createTuple,
  directionOf,
  equalTuples,
  IPS_CONFIRMED,
  IPS_DST_NAT,
  IPS_DST_NAT_DONE,
  IPS_NAT_MASK,
  IPS_SRC_NAT,
  IPS_SRC_NAT_DONE,
  invertTuple,
  T_DST,
  T_SRC,
} from '../conntrack/index.ts';
import type {
  HookEntry,
  HookFunction,
  HookPoint,
  NetDevice,
  Netns,
  Packet,
  Verdict,
} from '../core/index.ts';
import {
  ACCEPT,
  DROP,
  dissectNetwork,
  IP_CT_NEW,
  IP_CT_RELATED,
  IP_CT_RELATED_REPLY,
  NF_IP_PRI_NAT_DST,
  NF_IP_PRI_NAT_SRC,
} from '../core/index.ts';
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../uapi/index.ts';
import { FOLLOW_MASTER, followMaster } from './expected.ts';
import { IcmpTranslator } from './icmp.ts';
import { manipPacket } from './manip.ts';
import { masqueradeRange, netmapRange, redirectRange } from './presets.ts';
import type { Manip } from './range.ts';
import { NatRange, NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC, NF_NAT_RANGE_MAP_IPS } from './range.ts';
import { SourceIndex } from './sources.ts';
import { tellNat } from './tell.ts';
import { keepsDestination, UniqueTuples } from './unique.ts';

export type NatHook = 'prerouting' | 'input' | 'output' | 'postrouting';
const HOOKS: readonly NatHook[] = ['prerouting', 'input', 'output', 'postrouting'];

/** HOOK2MANIP(): sources change where packets leave or arrive for good, destinations before routing. */
export const manipOf = (point: HookPoint): Manip =>
  point.hook === 'postrouting' || point.hook === 'input' ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST;

/** A nat chain: what runs, and what a trace calls it. */
export interface NatChain {
  readonly name: string;
  readonly priority: number;
  readonly run: HookFunction;
}

/** Where a header has its destination, and how long that is. */
const destinationAt = (point: HookPoint): number => (point.family === 'ip' ? 16 : 24);
const destinationLength = (point: HookPoint): number => (point.family === 'ip' ? 4 : 16);

export class Nat {
  readonly netns: Netns;
  /** Destination before the chains of prerouting. */
  readonly #destination = new Uint8Array(16);
  readonly ct: Conntrack;
  readonly #sources: SourceIndex;
  readonly #unique: UniqueTuples;
  readonly #icmp: IcmpTranslator;
  readonly #chains = new Map<string, readonly HookEntry[]>();
  readonly #users = new Map<'ip' | 'ip6', { count: number; undo: (() => void)[] }>();
  readonly #range = new NatRange();
  readonly #current: Tuple = createTuple();
  readonly #chosen: Tuple = createTuple();
  readonly #reply: Tuple = createTuple();

  constructor(netns: Netns, ct: Conntrack) {
    this.netns = netns;
    this.ct = ct;
    this.#sources = new SourceIndex(ct, netns.random.u32());
    this.#unique = new UniqueTuples(ct, this.#sources, netns.random);
    this.#icmp = new IcmpTranslator(ct);
    ct.store.onFree = (slot) => {
      if ((ct.status(slot) & IPS_SRC_NAT_DONE) !== 0) this.#sources.remove(slot);
    };
    ct.store.onAdopt = (slot) => {
      if ((ct.status(slot) & IPS_SRC_NAT_DONE) !== 0) this.#sources.add(slot);
    };
    netns.addressGone.add((device, address) => this.#endMasqueraded(device, address));
    netns.deviceDown.add((device) => this.#endMasqueraded(device, null));
    ct.store.expectFunctions.set(FOLLOW_MASTER, (slot, one) => followMaster(this, slot, one));
  }

  /** Bytes the index of sources holds. */
  get bytes(): number {
    return this.#sources.bytes;
  }

  /**
   * nf_nat_register_fn(): adds a nat chain; the first of a family brings the dispatcher's hooks, the
   * last takes them away. Chains of one hook run by priority, of equals the last registered first.
   */
  registerChain(family: 'ip' | 'ip6' | 'inet', hook: NatHook, chain: NatChain): () => void {
    const families = family === 'inet' ? (['ip', 'ip6'] as const) : ([family] as const);
    const undo = families.map((one) => this.#register(one, hook, chain));
    return () => {
      for (const one of undo) one();
    };
  }

  #register(family: 'ip' | 'ip6', hook: NatHook, chain: NatChain): () => void {
    const key = `${family} ${hook}`;
    const entry: HookEntry = { ...chain, kind: 'chain' };
    const before = this.#chains.get(key) ?? [];
    const behind = before.findIndex((other) => other.priority >= entry.priority);
    const at = behind < 0 ? before.length : behind;
    this.#chains.set(key, [...before.slice(0, at), entry, ...before.slice(at)]);
    this.#use(family);
    let registered = true;
    return () => {
      if (!registered) return;
      registered = false;
      const rest = (this.#chains.get(key) ?? []).filter((other) => other !== entry);
      this.#chains.set(key, rest);
      this.#release(family);
    };
  }

  #use(family: 'ip' | 'ip6'): void {
    const users = this.#users.get(family);
    if (users !== undefined) {
      users.count++;
      return;
    }
    const undo = HOOKS.map((hook) => this.#registerHook(family, hook));
    this.#users.set(family, { count: 1, undo });
  }

  #registerHook(family: 'ip' | 'ip6', hook: NatHook): () => void {
    const key = `${family} ${hook}`;
    const source = hook === 'postrouting' || hook === 'input';
    return this.netns.hooks.register(family, hook, {
      kind: 'implicit',
      name: source ? 'nat src' : 'nat dst',
      priority: source ? NF_IP_PRI_NAT_SRC : NF_IP_PRI_NAT_DST,
      run: (packet, point) => this.#hook(packet, point, key),
    });
  }

  #release(family: 'ip' | 'ip6'): void {
    const users = this.#users.get(family);
    if (users === undefined || --users.count > 0) return;
    for (const one of users.undo) one();
    this.#users.delete(family);
  }

  /** nf_nat_ipv4_fn() and its siblings for each hook. */
  #hook(packet: Packet, point: HookPoint, key: string): Verdict {
    if (packet.ct === 0 || this.ct.isTemplate(packet.ct)) return ACCEPT;
    if (point.hook === 'prerouting') this.#rememberDestination(packet, point);
    const verdict = this.#translate(packet, point, this.#chains.get(key) ?? []);
    if (verdict !== ACCEPT) return verdict;
    if (point.hook === 'prerouting') this.#forgetRoute(packet, point);
    else if (point.hook === 'output') return this.#routeAgain(packet);
    return ACCEPT;
  }

  #rememberDestination({ buf, network }: Packet, point: HookPoint): void {
    const at = network + destinationAt(point);
    for (let i = 0; i < destinationLength(point); i++) this.#destination[i] = buf[at + i]!;
  }

  /**
   * nf_nat_ipv4_pre_routing(): a received packet with a new destination is routed by that. One that came
   * round through lo was translated on its way out and keeps its route.
   */
  #forgetRoute(packet: Packet, point: HookPoint): void {
    const at = packet.network + destinationAt(point);
    if (!equalBytes(packet.buf, at, this.#destination, 0, destinationLength(point)))
      packet.dst = null;
  }

  /** nf_nat_ipv4_local_fn(): a local packet was routed before its destination changed. */
  #routeAgain(packet: Packet): Verdict {
    if (!this.#destinationChanged(packet)) return ACCEPT;
    if (this.netns.network === null || this.netns.network.reroute(packet)) return ACCEPT;
    this.#note(packet, 'no route to the translated destination');
    return DROP;
  }

  #destinationChanged(packet: Packet): boolean {
    const dir = directionOf(packet.ctinfo);
    this.ct.readTuple(packet.ct, dir, this.#current);
    this.ct.readTuple(packet.ct, dir === 0 ? 1 : 0, this.#reply);
    for (let i = 0; i < 4; i++)
      if (this.#current[T_DST + i] !== this.#reply[T_SRC + i]) return true;
    return false;
  }

  #translate(packet: Packet, point: HookPoint, chains: readonly HookEntry[]): Verdict {
    const { ctinfo } = packet;
    const manip = manipOf(point);
    if (ctinfo === IP_CT_RELATED || ctinfo === IP_CT_RELATED_REPLY) {
      dissectNetwork(packet);
      const family = point.family === 'ip' ? 'ip' : 'ip6';
      if (packet.l4proto === (family === 'ip' ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
        if (this.#icmp.translate(packet, manip, family)) return ACCEPT;
        this.#note(packet, 'the ICMP error cannot be translated');
        return DROP;
      }
    }
    if (ctinfo === IP_CT_NEW || ctinfo === IP_CT_RELATED || ctinfo === IP_CT_RELATED_REPLY) {
      if (!this.isInitialized(packet.ct, manip)) {
        const verdict = this.#bind(packet, point, manip, chains);
        if (verdict !== ACCEPT) return verdict;
      } else if (this.#deviceChanged(packet, point)) return this.#killMoved(packet);
    } else if (this.#deviceChanged(packet, point)) return this.#killMoved(packet);
    return this.manipulate(packet, manip);
  }

  /** Runs the chains until one binds the connection; else it is bound to what it has. */
  #bind(packet: Packet, point: HookPoint, manip: Manip, chains: readonly HookEntry[]): Verdict {
    const { tracer } = this.netns;
    for (const chain of chains) {
      tracer?.enterHook(packet, point, chain);
      const verdict = chain.run(packet, point);
      tracer?.leaveHook(packet, point, chain, verdict);
      if (verdict !== ACCEPT) return verdict;
      if (this.isInitialized(packet.ct, manip)) return ACCEPT;
    }
    return this.nullBinding(packet, manip);
  }

  /** nf_nat_oif_changed(): a masqueraded connection whose packets leave elsewhere now is over. */
  #deviceChanged(packet: Packet, point: HookPoint): boolean {
    if (point.hook !== 'postrouting' || directionOf(packet.ctinfo) !== 0) return false;
    const index = this.ct.masqIndex(packet.ct);
    return index !== 0 && index !== (packet.oif?.index ?? 0);
  }

  #killMoved(packet: Packet): Verdict {
    this.ct.store.account(packet.ct, directionOf(packet.ctinfo), packet.length);
    this.ct.kill(packet.ct);
    this.#note(packet, 'masqueraded towards another interface before');
    return DROP;
  }

  /**
   * masq_inet_event(), masq_inet6_event(), masq_device_event(): what was masqueraded as this address, or
   * as any of the device, is over.
   */
  #endMasqueraded(device: NetDevice, address: Uint8Array | null): void {
    for (const slot of this.ct.connections.slots()) {
      if (this.ct.masqIndex(slot) !== device.index) continue;
      if (address === null) {
        this.ct.kill(slot);
        continue;
      }
      const length = this.ct.putDestination(slot, 1, this.#destination, 0);
      if (length === address.length && equalBytes(this.#destination, 0, address, 0, length))
        this.ct.kill(slot);
    }
  }

  /** nf_nat_initialized(): whether sources (or destinations) of a connection are decided. */
  isInitialized(slot: number, manip: Manip): boolean {
    const done = manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE;
    return (this.ct.status(slot) & done) !== 0;
  }

  /**
   * nf_nat_setup_info(): decides sources or destinations of the packet's connection within a range. Does
   * nothing once it is confirmed. The packet itself is changed when the dispatcher goes on.
   */
  setupInfo(packet: Packet, range: NatRange, manip: Manip): Verdict {
    const before = this.ct.status(packet.ct) & IPS_NAT_MASK;
    const verdict = this.setup(packet.ct, range, manip);
    if (this.netns.tracer !== null && (this.ct.status(packet.ct) & IPS_NAT_MASK) !== before)
      tellNat(this.netns, packet, { manip, action: 'bind' }, this.#current, this.#chosen);
    return verdict;
  }

  /** As {@link setupInfo} for an entry that no packet carries: an expected or an injected one. */
  setup(slot: number, range: NatRange, manip: Manip): Verdict {
    const status = this.ct.status(slot);
    if ((status & IPS_CONFIRMED) !== 0) return ACCEPT;
    if (this.isInitialized(slot, manip)) return DROP;
    this.ct.readTuple(slot, 1, this.#reply);
    invertTuple(this.#reply, this.#current);
    this.#unique.choose(this.#chosen, this.#current, range, slot, manip);
    if (!equalTuples(this.#chosen, this.#current)) {
      invertTuple(this.#chosen, this.#reply);
      this.ct.alterReply(slot, this.#reply);
      this.ct.addStatus(slot, manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT : IPS_DST_NAT);
    }
    if (manip === NF_NAT_MANIP_SRC) this.#sources.add(slot);
    this.ct.addStatus(slot, manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE);
    return ACCEPT;
  }

  /** nf_nat_alloc_null_binding(): the addresses stay; a port may still have to give way. */
  nullBinding(packet: Packet, manip: Manip): Verdict {
    const { ct } = packet;
    if (manip === NF_NAT_MANIP_DST && keepsDestination(this.ct.l4proto(ct))) {
      if (!this.ct.isConfirmed(ct)) this.ct.addStatus(ct, IPS_DST_NAT_DONE);
      return ACCEPT;
    }
    this.keepEnd(packet.ct, manip, this.#range);
    return this.setupInfo(packet, this.#range, manip);
  }

  /** Makes a range of the address that a connection has already. */
  keepEnd(slot: number, manip: Manip, range: NatRange): void {
    range.clear();
    this.ct.readTuple(slot, 1, this.#reply);
    const from = manip === NF_NAT_MANIP_SRC ? T_DST : T_SRC;
    for (let i = 0; i < 4; i++) {
      range.min[i] = this.#reply[from + i]!;
      range.max[i] = this.#reply[from + i]!;
    }
    range.flags = NF_NAT_RANGE_MAP_IPS;
  }

  /** nf_nat_masquerade_ipv4/6(): the address of the device the packet leaves by. */
  masquerade(packet: Packet, range: NatRange, point: HookPoint): Verdict {
    const { network } = this.netns;
    const device = packet.oif;
    this.ct.readTuple(packet.ct, 0, this.#current);
    // A packet without source address asks for one (DHCP); it must stay so.
    if (point.family === 'ip' && this.#current[T_SRC] === 0) return ACCEPT;
    if (
      network === null ||
      device === null ||
      !masqueradeRange(this.#range, range, packet, point, network)
    ) {
      this.#note(packet, 'the interface has no address to masquerade with');
      return DROP;
    }
    this.ct.setMasqIndex(packet.ct, device.index);
    return this.setupInfo(packet, this.#range, NF_NAT_MANIP_SRC);
  }

  /** nf_nat_redirect_ipv4/6(): to this machine: loopback for its own packets, else the device's address. */
  redirect(packet: Packet, range: NatRange, point: HookPoint): Verdict {
    if (!redirectRange(this.#range, range, packet, point, this.netns.network)) {
      this.#note(packet, 'the interface has no address to redirect to');
      return DROP;
    }
    return this.setupInfo(packet, this.#range, NF_NAT_MANIP_DST);
  }

  /** nft_nat_setup_netmap(): keeps the host part of the address, takes the network part of the range. */
  netmap(packet: Packet, range: NatRange, point: HookPoint, manip: Manip): Verdict {
    netmapRange(this.#range, range, packet, point, manip);
    return this.setupInfo(packet, this.#range, manip);
  }

  /** nf_nat_packet(): rewrites a packet as its connection was bound. */
  manipulate(packet: Packet, manip: Manip): Verdict {
    const dir = directionOf(packet.ctinfo);
    const wanted = (manip === NF_NAT_MANIP_SRC) === (dir === 0) ? IPS_SRC_NAT : IPS_DST_NAT;
    if ((this.ct.status(packet.ct) & wanted) === 0) return ACCEPT;
    // It is to look like the inverse of the other direction.
    this.ct.readTuple(packet.ct, dir === 0 ? 1 : 0, this.#reply);
    invertTuple(this.#reply, this.#chosen);
    if (this.netns.tracer !== null) {
      this.ct.readTuple(packet.ct, dir, this.#current);
      tellNat(this.netns, packet, { manip, action: 'translate' }, this.#current, this.#chosen);
    }
    if (manipPacket(packet, packet.network, this.#chosen, manip)) return ACCEPT;
    this.#note(packet, 'too short to be translated');
    return DROP;
  }

  #note(packet: Packet, text: string): void {
    if (this.netns.tracer !== null) this.netns.emit(packet, { kind: 'note', room: 'nat', text });
  }
}

/** NAT of a namespace. Needs its connection tracking; registers hooks when the first chain comes. */
export const createNat = (netns: Netns, ct: Conntrack): Nat => new Nat(netns, ct);
