// Connection tracking as hooks: nf_conntrack_in() where packets come in or are made, nf_confirm() where
// they leave (net/netfilter/nf_conntrack_core.c, nf_conntrack_proto.c).

import type { HookPoint, Netns, Packet, Verdict } from '../core/index.ts';
import {
  ACCEPT,
  DROP,
  dissectNetwork,
  ETH_P_IPV6,
  IP_CT_ESTABLISHED,
  IP_CT_ESTABLISHED_REPLY,
  IP_CT_NEW,
  IP_CT_RELATED,
  IP_CT_RELATED_REPLY,
  IP_CT_UNTRACKED,
  NF_IP_PRI_CONNTRACK,
  NF_IP_PRI_CONNTRACK_CONFIRM,
} from '../core/index.ts';
import {
  ARPHRD_LOOPBACK,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_NONE,
  IPPROTO_TCP,
} from '../uapi/index.ts';
import { resolveClash } from './clash.ts';
import { Connections } from './connections.ts';
import {
  IPCT_REPLY,
  IPS_CONFIRMED,
  IPS_DYING,
  IPS_EXPECTED,
  IPS_SEEN_REPLY,
  IPS_SEQ_ADJUST,
  IPS_TEMPLATE,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  TRACK_ACCEPT,
  TRACK_DROP,
  TRACK_REPEAT,
} from './constants.ts';
import { directionOf, Entries } from './entries.ts';
import { Expectations } from './expectations.ts';
import { fulfil } from './fulfil.ts';
import { trackIcmpError } from './icmp-error.ts';
import { logInvalid } from './invalid.ts';
import { Offload } from './offload.ts';
import { adjustSegment } from './seqadj.ts';
import { SIDE_HELPER } from './sides.ts';
import { stateName } from './state.ts';
import { W_SIDE, W_ZONE } from './table.ts';
import { closeTcp } from './tcp.ts';
import { DIRECTIONS, tellAdjusted, tellState } from './tell.ts';
import { trackPacket } from './track.ts';
import type { Tuple } from './tuple.ts';
import { createTuple, invertTuple, readTuple } from './tuple.ts';
import { DEFAULT_ZONE, type Zone, zoneIdFor } from './zone.ts';

export interface ConntrackOptions {
  /** Families whose packets are tracked from the start; both unless told otherwise. */
  readonly families?: readonly ('ip' | 'ip6')[];
}

/** nf_is_loopback_packet(): its numbers were moved when it went out. */
const isLoopback = (packet: Packet): boolean => packet.iif?.type === ARPHRD_LOOPBACK;

const IP_FRAGMENT = 0x3f;

/** ip_is_fragment(): any part of a fragmented packet, the first one too. */
const isIpv4Fragment = (packet: Packet): boolean =>
  (packet.buf[packet.network + 6]! & IP_FRAGMENT) !== 0 || packet.buf[packet.network + 7] !== 0;

export class Conntrack extends Entries {
  /** Dump, look up, change and follow entries from outside, as the conntrack command does. */
  readonly connections: Connections;
  /** Connections that others have announced. */
  readonly expectations: Expectations;
  /** What flow tables do to entries. */
  readonly offload: Offload;
  readonly #original: Tuple = createTuple();
  readonly #reply: Tuple = createTuple();
  readonly #enabled = new Map<'ip' | 'ip6', readonly (() => void)[]>();

  constructor(netns: Netns, options: ConntrackOptions = {}) {
    super(netns);
    this.connections = new Connections(this.store);
    this.expectations = new Expectations(this.store);
    this.offload = new Offload(this.store);
    for (const family of options.families ?? ['ip', 'ip6']) this.enable(family);
    netns.conntrack = this;
  }

  /** nf_conntrack_set_closing(). */
  setClosing(packet: Packet): void {
    const slot = packet.ct;
    if (slot !== 0 && !this.isTemplate(slot) && packet.l4proto === IPPROTO_TCP)
      closeTcp(this.store, slot);
  }

  /** Zone of a template, 0 without one; -1 for a packet that has its connection already. */
  defragZone(packet: Packet): number {
    if (packet.ct === 0) return 0;
    return this.isTemplate(packet.ct) ? this.#zoneOf(packet.ct) & 0xffff : -1;
  }

  /** Registers the hooks of a family; a second call changes nothing. */
  enable(family: 'ip' | 'ip6'): void {
    if (this.#enabled.has(family)) return;
    const { hooks } = this.netns;
    const track = { kind: 'implicit', name: 'conntrack', priority: NF_IP_PRI_CONNTRACK } as const;
    const confirm = { kind: 'implicit', name: 'conntrack confirm' } as const;
    const last = NF_IP_PRI_CONNTRACK_CONFIRM;
    const run = (packet: Packet, point: HookPoint): Verdict => this.in(packet, point);
    const leave = (packet: Packet): Verdict => this.confirm(packet);
    this.#enabled.set(family, [
      hooks.register(family, 'prerouting', { ...track, run }),
      hooks.register(family, 'output', { ...track, run }),
      hooks.register(family, 'postrouting', { ...confirm, priority: last, run: leave }),
      // ipv6_conntrack_ops has NF_IP6_PRI_LAST - 1 on its way in.
      hooks.register(family, 'input', {
        ...confirm,
        priority: family === 'ip' ? last : last - 1,
        run: leave,
      }),
    ]);
  }

  disable(family: 'ip' | 'ip6'): void {
    for (const undo of this.#enabled.get(family) ?? []) undo();
    this.#enabled.delete(family);
  }

  /** `notrack`: only packets that carry nothing yet; one with a template is tracked all the same. */
  untrack(packet: Packet): void {
    if (packet.ct === 0) packet.ctinfo = IP_CT_UNTRACKED;
  }

  /** nf_conntrack_in(). */
  in(packet: Packet, point: HookPoint): Verdict {
    const before = packet.ct;
    if (before !== 0 && (this.store.status(before) & IPS_TEMPLATE) === 0) return ACCEPT;
    if (before === 0 && packet.ctinfo === IP_CT_UNTRACKED) {
      tellState(this, packet, 'untracked', '');
      return ACCEPT;
    }
    packet.ct = 0;
    packet.ctinfo = 0;
    // ipv4_conntrack_local(): a program that fragments its packets itself is not tracked.
    if (point.hook === 'output' && point.family === 'ip' && isIpv4Fragment(packet)) return ACCEPT;
    return this.#track(packet, point, before === 0 ? DEFAULT_ZONE : this.#zoneOf(before), before);
  }

  #zoneOf(slot: number): Zone {
    return this.store.table.get(slot, W_ZONE);
  }

  #track(packet: Packet, point: HookPoint, zone: Zone, template: number): Verdict {
    const { store } = this;
    dissectNetwork(packet);
    const protocol = packet.l4proto;
    // ipv6_skip_exthdr() ends there; of IPv4 it is a protocol as any other.
    const isNone = protocol === IPPROTO_NONE && packet.protocol === ETH_P_IPV6;
    if (protocol < 0 || packet.fragOffset !== 0 || isNone)
      return this.#invalid(packet, point, 'no transport header', false);
    store.why = '';
    if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) {
      const result = trackIcmpError(store, packet, point, zone);
      if (result !== TRACK_ACCEPT) {
        store.stats.error++;
        return this.#invalid(packet, point, store.why, true);
      }
      if (packet.ct !== 0) {
        tellState(this, packet, 'related', '');
        return ACCEPT;
      }
      if (packet.ctinfo === IP_CT_UNTRACKED) {
        tellState(this, packet, 'untracked', store.why);
        return ACCEPT;
      }
    }
    return this.#trackNormal(packet, point, zone, template);
  }

  #trackNormal(packet: Packet, point: HookPoint, zone: Zone, template: number): Verdict {
    const { store } = this;
    for (;;) {
      const fresh = this.#resolve(packet, point, zone, template);
      if (fresh < 0) return this.#full(packet);
      if (packet.ct === 0) return this.#invalid(packet, point, 'no tuple', true);
      const slot = packet.ct;
      const { ctinfo } = packet;
      const traced = this.netns.tracer === null || fresh > 0 ? undefined : this.snapshot(slot);
      const result = trackPacket(store, packet, point, slot, directionOf(ctinfo));
      if (result !== TRACK_ACCEPT) {
        packet.ct = 0;
        packet.ctinfo = 0;
        store.pending.release(slot);
        if (result === TRACK_REPEAT) continue;
        if (result === TRACK_DROP) {
          store.stats.drop++;
          return DROP;
        }
        return this.#invalid(packet, point, store.why, true);
      }
      if (ctinfo === IP_CT_ESTABLISHED_REPLY && (store.status(slot) & IPS_SEEN_REPLY) === 0) {
        store.addStatus(slot, IPS_SEEN_REPLY);
        store.cacheEvent(slot, IPCT_REPLY);
      }
      if (this.netns.tracer !== null) {
        const after = this.snapshot(slot);
        this.netns.emit(packet, {
          kind: 'conntrack',
          action: fresh > 0 ? 'new' : 'found',
          state: stateName(packet),
          direction: DIRECTIONS[directionOf(ctinfo)],
          ...(traced === undefined ? {} : { before: traced }),
          after,
          ...(store.why === '' ? {} : { why: store.why }),
        });
      }
      return ACCEPT;
    }
  }

  /**
   * resolve_normal_ct(): sets `packet.ct` and `ctinfo`. 1: a new entry, 0: a known one or (ct 0) none
   * possible, -1: the table is full.
   */
  #resolve(packet: Packet, point: HookPoint, zone: Zone, template: number): 1 | 0 | -1 {
    const { store } = this;
    const tuple = this.#original;
    const l3 = point.family === 'ip' ? NFPROTO_IPV4 : NFPROTO_IPV6;
    const { buf, network, transport, end, l4proto } = packet;
    if (!readTuple(buf, network, transport, end, l3, l4proto, tuple)) return 0;
    if (l4proto === IPPROTO_GRE) store.greKeys.complete(tuple);
    const originalId = zoneIdFor(zone, 0);
    const hash = store.hash(tuple, originalId);
    let link = store.findHashed(tuple, zone, hash);
    const replyId = zoneIdFor(zone, 1);
    if (link === 0 && replyId !== originalId)
      link = store.findHashed(tuple, zone, store.hash(tuple, replyId));
    if (link === 0) return this.#create(packet, tuple, zone, hash, template);
    store.stats.found++;
    this.#attach(packet, link >>> 1, link & 1);
    return 0;
  }

  #attach(packet: Packet, slot: number, dir: number): void {
    const status = this.store.status(slot);
    packet.ct = slot;
    if (dir === 1) packet.ctinfo = IP_CT_ESTABLISHED_REPLY;
    else if ((status & IPS_SEEN_REPLY) !== 0) packet.ctinfo = IP_CT_ESTABLISHED;
    else packet.ctinfo = (status & IPS_EXPECTED) !== 0 ? IP_CT_RELATED : IP_CT_NEW;
  }

  /** init_conntrack(). */
  #create(packet: Packet, tuple: Tuple, zone: Zone, hash: number, template: number): 1 | 0 | -1 {
    const { store } = this;
    if (!invertTuple(tuple, this.#reply)) return 0;
    const slot = store.create(tuple, this.#reply, zone, hash, packet);
    if (slot === 0) return -1;
    const expected =
      store.expectations.size > 0 && fulfil(this, packet, slot, tuple, zone, template);
    if (template !== 0) this.#inherit(slot, template, expected);
    this.#attach(packet, slot, 0);
    return 1;
  }

  /** What a template has its connections have; a helper is for connections that nobody announced. */
  #inherit(slot: number, template: number, expected: boolean): void {
    const { sides, table } = this.store;
    if (sides.synproxy(table, template) !== null) sides.addSynproxy(table, slot);
    const policy = sides.policy(table, template);
    if (policy !== null) this.setTimeoutPolicy(slot, policy);
    const helper = this.helper(template);
    if (helper !== '' && !expected) this.setHelper(slot, helper);
  }

  /** nf_confirm() and nf_conntrack_confirm(). */
  confirm(packet: Packet): Verdict {
    const slot = packet.ct;
    if (slot === 0) return ACCEPT;
    const status = this.store.status(slot);
    const helped = this.store.table.get(slot, W_SIDE) & SIDE_HELPER;
    if (((status & IPS_SEQ_ADJUST) | helped) !== 0) {
      const verdict = this.#assist(packet, slot, status);
      if (verdict === DROP && (status & IPS_CONFIRMED) === 0) this.#giveUp(packet, slot);
      if (verdict !== ACCEPT) return verdict;
    }
    if ((status & IPS_CONFIRMED) === 0) {
      if ((status & IPS_TEMPLATE) !== 0) return ACCEPT;
      const verdict = this.#insert(packet, slot);
      if (verdict !== ACCEPT) return verdict;
    }
    this.store.deliverEvents(packet.ct);
    return ACCEPT;
  }

  /**
   * nf_ct_drop_unconfirmed(): its connection is that of a packet it is a copy of, and not known yet. Only one of
   * them may make it known, so none but that one can wait in a queue.
   */
  isOfAnother(packet: Packet): boolean {
    if (packet.ct === 0 || this.isTemplate(packet.ct)) return false;
    const owner = this.store.pending.ownerOf(packet.ct);
    return owner !== null && owner !== packet;
  }

  /** The connection ends with its first packet, and with it what that announced. */
  #giveUp(packet: Packet, slot: number): void {
    packet.ct = 0;
    this.store.pending.release(slot);
  }

  /** The few connections with a helper or moved sequence numbers. Neither expects ICMP errors. */
  #assist(packet: Packet, slot: number, status: number): Verdict {
    if (packet.ctinfo === IP_CT_RELATED_REPLY || (status & IPS_TEMPLATE) !== 0) return ACCEPT;
    dissectNetwork(packet);
    if (packet.l4proto < 0 || packet.fragOffset !== 0) return ACCEPT;
    const helper = this.store.sides.helper(this.store.table, slot)?.helper ?? null;
    if (helper !== null) {
      const verdict = helper.help(packet, slot, packet.ctinfo);
      if (verdict !== ACCEPT) return verdict;
    }
    // Asked before the helper ran: what it has just changed stands where it belongs.
    if ((status & IPS_SEQ_ADJUST) === 0 || isLoopback(packet)) return ACCEPT;
    const moved = tellAdjusted(this, packet);
    if (adjustSegment(this.store, packet)) {
      moved?.();
      return ACCEPT;
    }
    this.store.stats.drop++;
    return this.#dropAt(packet, 'sequence numbers of the segment cannot be adjusted');
  }

  /** __nf_conntrack_confirm(). */
  #insert(packet: Packet, slot: number): Verdict {
    const { store } = this;
    if (directionOf(packet.ctinfo) !== 0) return ACCEPT;
    if ((store.status(slot) & IPS_DYING) !== 0) {
      store.stats.insertFailed++;
      return this.#dropAt(packet, 'the connection ended while its first packet was on its way');
    }
    const replyHash = store.replyHash(slot);
    const clash = store.clashing(slot, replyHash);
    if (clash !== 0) return this.#clash(packet, clash);
    // The time counts from now, not from when the packet came in.
    store.table.setDeadline(slot, store.table.deadline(slot) + store.now);
    store.insert(slot, true, replyHash);
    store.beginEvent(slot);
    if (this.netns.tracer !== null)
      this.netns.emit(packet, {
        kind: 'conntrack',
        action: 'confirm',
        state: stateName(packet),
        direction: 'original',
        after: this.snapshot(slot),
      });
    return ACCEPT;
  }

  #clash(packet: Packet, link: number): Verdict {
    const resolved = resolveClash(this.store, packet, link);
    if (this.netns.tracer !== null)
      this.netns.emit(packet, {
        kind: 'conntrack',
        action: 'clash',
        state: stateName(packet),
        why: resolved ? 'another packet of the flow was first' : 'another flow has this tuple',
      });
    if (resolved) return ACCEPT;
    this.store.stats.drop++;
    this.store.stats.insertFailed++;
    return this.#dropAt(packet, 'another connection has this tuple');
  }

  #dropAt(packet: Packet, why: string): Verdict {
    if (this.netns.tracer !== null)
      this.netns.emit(packet, { kind: 'note', room: 'conntrack', text: why });
    return DROP;
  }

  #full(packet: Packet): Verdict {
    this.store.stats.drop++;
    packet.ct = 0;
    tellState(this, packet, 'full', 'nf_conntrack_max is reached and nothing could be dropped');
    return DROP;
  }

  #invalid(packet: Packet, point: HookPoint, why: string, log: boolean): Verdict {
    this.store.stats.invalid++;
    packet.ct = 0;
    packet.ctinfo = 0;
    if (log && why !== '') logInvalid(this.netns, packet, point, why);
    tellState(this, packet, 'invalid', why);
    return ACCEPT;
  }
}

/** Connection tracking of a namespace, with its hooks registered. One per namespace. */
export const createConntrack = (netns: Netns, options: ConntrackOptions = {}): Conntrack =>
  new Conntrack(netns, options);
