// The one extension mechanism: functions registered at (family, hook, priority).
//
//   receive → prerouting → route → input → local process → output → route → postrouting → send
//                             └──→ forward ────────────────────────────────┘

import type { NetDevice } from './device.ts';
import type { FamilyName, HookName, PacketFamily } from './family.ts';
import { HOOKS_OF, Hook } from './family.ts';
import type { Packet } from './packet.ts';
import type { Tracer } from './trace-events.ts';
import type { Verdict } from './verdict.ts';
import { ACCEPT, DROP, STOLEN } from './verdict.ts';

export type HookFunction = (packet: Packet, point: HookPoint) => Verdict;

/**
 * One function at one point. Of equal priority the one registered last runs first
 * (net/netfilter/core.c, nf_hook_entries_grow()).
 */
export interface HookEntry {
  readonly priority: number;
  /** What a trace calls it: `conntrack`, `defrag`, `inet filter input`. */
  readonly name: string;
  /** Implicit hooks are netfilter's own; `chain` is a base chain of a ruleset. */
  readonly kind: 'implicit' | 'chain' | 'user';
  readonly run: HookFunction;
  /** Of a base chain: how many rules it has now. */
  readonly rules?: () => number;
}

/** A place in the stack where hooks are called; netdev points belong to one device. */
export class HookPoint {
  readonly family: PacketFamily;
  readonly hook: HookName;
  /** enum nf_inet_hooks. */
  readonly num: number;
  readonly device: NetDevice | null;
  /** Sorted; replaced, never changed in place, so that a walk in progress keeps its list. */
  entries: readonly HookEntry[] = [];

  constructor(family: PacketFamily, hook: HookName, device: NetDevice | null) {
    this.family = family;
    this.hook = hook;
    this.num = Hook[hook];
    this.device = device;
  }
}

/** Takes queued packets (nf_queue_handler). Answers false if nobody listens on that queue. */
export interface QueueSink {
  enqueue(
    packet: Packet,
    num: number,
    point: HookPoint,
    entries: readonly HookEntry[],
    next: number,
  ): boolean;
}

export class HookTable {
  readonly #points = new Map<string, HookPoint>();
  readonly #device = new Map<NetDevice, { ingress: HookPoint; egress: HookPoint }>();
  queues: QueueSink | null = null;
  tracer: Tracer | null = null;

  constructor() {
    for (const family of ['ip', 'ip6', 'arp', 'bridge'] as const)
      for (const hook of HOOKS_OF[family])
        this.#points.set(`${family} ${hook}`, new HookPoint(family, hook, null));
  }

  /** The point of a family and hook; look it up once, not per packet. */
  point(family: Exclude<PacketFamily, 'netdev'>, hook: HookName): HookPoint {
    const point = this.#points.get(`${family} ${hook}`);
    if (point === undefined) throw new RangeError(`family ${family} has no hook ${hook}`);
    return point;
  }

  /** Ingress and egress of one device, made at first use. */
  devicePoint(device: NetDevice, hook: 'ingress' | 'egress'): HookPoint {
    let points = this.#device.get(device);
    if (points === undefined) {
      points = {
        ingress: new HookPoint('netdev', 'ingress', device),
        egress: new HookPoint('netdev', 'egress', device),
      };
      this.#device.set(device, points);
    }
    return points[hook];
  }

  /** Every point that has entries, for listing. */
  points(): HookPoint[] {
    const devices = [...this.#device.values()].flatMap((p) => [p.ingress, p.egress]);
    return [...devices, ...this.#points.values()].filter((p) => p.entries.length > 0);
  }

  /** Registers an entry; `inet` registers in ip and ip6. Returns what takes it away again. */
  register(family: Exclude<FamilyName, 'netdev'>, hook: HookName, entry: HookEntry): () => void {
    const families = family === 'inet' ? (['ip', 'ip6'] as const) : ([family] as const);
    const undo = families.map((f) => this.registerAt(this.point(f, hook), entry));
    return () => {
      for (const one of undo) one();
    };
  }

  registerAt(point: HookPoint, entry: HookEntry): () => void {
    const index = point.entries.findIndex((e) => e.priority >= entry.priority);
    const at = index < 0 ? point.entries.length : index;
    point.entries = [...point.entries.slice(0, at), entry, ...point.entries.slice(at)];
    return () => {
      const i = point.entries.indexOf(entry);
      if (i >= 0) point.entries = point.entries.filter((_, j) => j !== i);
    };
  }

  /**
   * Walks a point. ACCEPT: go on with the packet. DROP: it is dropped (and `dropReason` set).
   * STOLEN: somebody else has it (a queue, too); the caller must not touch it again.
   * net/netfilter/core.c, nf_hook_slow().
   */
  run(point: HookPoint, packet: Packet): Verdict {
    const { entries } = point;
    if (entries.length === 0 && this.tracer === null) return ACCEPT;
    return this.tracer === null
      ? this.#walk(point, packet, entries, 0)
      : this.#walkTraced(point, packet, entries, 0, this.tracer);
  }

  /** Goes on behind a queue: `next` and `entries` are what the sink was given. */
  resume(point: HookPoint, packet: Packet, entries: readonly HookEntry[], next: number): Verdict {
    return this.tracer === null
      ? this.#walk(point, packet, entries, next)
      : this.#walkTraced(point, packet, entries, next, this.tracer);
  }

  #walk(point: HookPoint, packet: Packet, entries: readonly HookEntry[], from: number): Verdict {
    for (let i = from; i < entries.length; i++) {
      const verdict = entries[i]!.run(packet, point);
      if (verdict === ACCEPT) continue;
      if (verdict.kind === 'repeat') i--;
      else if (verdict.kind === 'stop') return ACCEPT;
      else if (verdict.kind !== 'queue') return this.#final(packet, verdict);
      else {
        const after = this.#queue(point, packet, entries, i, verdict);
        if (after !== ACCEPT) return after;
      }
    }
    return ACCEPT;
  }

  #walkTraced(
    point: HookPoint,
    packet: Packet,
    entries: readonly HookEntry[],
    from: number,
    tracer: Tracer,
  ): Verdict {
    for (let i = from; i < entries.length; i++) {
      const entry = entries[i]!;
      tracer.enterHook(packet, point, entry);
      const verdict = entry.run(packet, point);
      tracer.leaveHook(packet, point, entry, verdict);
      if (verdict.kind === 'repeat') i--;
      else if (verdict.kind === 'stop') return ACCEPT;
      else if (verdict.kind === 'queue') {
        const after = this.#queue(point, packet, entries, i, verdict);
        if (after !== ACCEPT) return after;
      } else if (verdict !== ACCEPT) return this.#final(packet, verdict);
    }
    return ACCEPT;
  }

  #final(packet: Packet, verdict: Verdict): Verdict {
    if (verdict.kind === 'drop' && packet.dropReason === '') packet.dropReason = 'NETFILTER_DROP';
    return verdict;
  }

  /** net/netfilter/nf_queue.c, nf_queue(): no listener drops, unless bypass was asked for. */
  #queue(
    point: HookPoint,
    packet: Packet,
    entries: readonly HookEntry[],
    at: number,
    verdict: Extract<Verdict, { kind: 'queue' }>,
  ): Verdict {
    if (this.queues?.enqueue(packet, verdict.num, point, entries, at + 1)) return STOLEN;
    if (verdict.bypass) return ACCEPT;
    packet.dropReason = 'NETFILTER_DROP';
    return DROP;
  }
}
