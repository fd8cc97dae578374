// One flow: a connection and its two directions as packets of it look where they come in (struct
// flow_offload, struct flow_offload_tuple).

import type { Conntrack, Direction, Tuple } from '../conntrack/index.ts';
import {
  createTuple,
  hashTuple,
  IPS_DST_NAT,
  IPS_SRC_NAT,
  l4Of,
  T_PORTS,
  TUPLE_WORDS,
} from '../conntrack/index.ts';
import type { LinkAddresses, NetDevice } from '../core/index.ts';
import { IPPROTO_GRE } from '../uapi/index.ts';

/** What tells packets of one direction: addresses, ports and protocols, the device, the tags. */
export class FlowKey {
  readonly tuple: Tuple = createTuple();
  /** Index of the device that they come in by. */
  iif = 0;
  /** Protocol << 16 | tag, the outermost first; 0 for none. */
  outer = 0;
  inner = 0;

  hash(seed: number): number {
    return hashTuple(this.tuple, this.iif ^ (this.outer << 8) ^ (this.inner << 16), seed);
  }

  equals({ tuple, iif, outer, inner }: FlowKey): boolean {
    if (this.iif !== iif || this.outer !== outer || this.inner !== inner) return false;
    for (let i = 0; i < TUPLE_WORDS; i++) if (this.tuple[i] !== tuple[i]) return false;
    return true;
  }
}

/** How packets of one direction leave (xmit_type and what belongs to it). */
export interface WayOut {
  readonly device: NetDevice;
  readonly nexthop: Uint8Array;
  /** FLOW_OFFLOAD_XMIT_DIRECT: the frame's addresses, known beforehand; null asks the neighbour. */
  readonly link: LinkAddresses | null;
  readonly mtu: number;
  /** The routing this was decided by. */
  readonly generation: number;
}

export class FlowSide {
  readonly flow: Flow;
  readonly dir: Direction;
  readonly key = new FlowKey();
  readonly out: WayOut;
  readonly tags: number;
  hash = 0;
  /** Next with the same hash. */
  next: FlowSide | null = null;

  /** @param tags of its packets where they come in, the outermost first */
  constructor(
    flow: Flow,
    ct: Conntrack,
    dir: Direction,
    out: WayOut,
    iif: number,
    tags: readonly number[],
  ) {
    this.flow = flow;
    this.dir = dir;
    this.out = out;
    this.tags = tags.length;
    ct.readTuple(flow.slot, dir, this.key.tuple);
    // A key of GRE is no part of it (flow_offload_fill_dir()).
    if (l4Of(this.key.tuple) === IPPROTO_GRE) this.key.tuple[T_PORTS] = 0;
    this.key.iif = iif;
    this.key.outer = tags[0] ?? 0;
    this.key.inner = tags[1] ?? 0;
  }
}

/** How one direction arrives and leaves. */
export interface SidePath {
  readonly iif: number;
  readonly tags: readonly number[];
  readonly out: WayOut;
}

export class Flow {
  readonly slot: number;
  readonly id: number;
  readonly sides: readonly [FlowSide, FlowSide];
  readonly snat: boolean;
  readonly dnat: boolean;
  /** NF_FLOW_CLOSING: a FIN or RST went by. */
  closing = false;
  /** NF_FLOW_TEARDOWN: nobody finds it any more. */
  torn = false;
  deadline = 0;

  constructor(ct: Conntrack, slot: number, original: SidePath, reply: SidePath) {
    this.slot = slot;
    this.id = ct.id(slot);
    this.snat = (ct.status(slot) & IPS_SRC_NAT) !== 0;
    this.dnat = (ct.status(slot) & IPS_DST_NAT) !== 0;
    this.sides = [
      new FlowSide(this, ct, 0, original.out, original.iif, original.tags),
      new FlowSide(this, ct, 1, reply.out, reply.iif, reply.tags),
    ];
  }
}

/** Flows by the packets of either direction. */
export class FlowIndex {
  readonly #seed: number;
  readonly #sides = new Map<number, FlowSide>();
  readonly flows = new Set<Flow>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  find(key: FlowKey): FlowSide | null {
    let side = this.#sides.get(key.hash(this.#seed)) ?? null;
    while (side !== null && !side.key.equals(key)) side = side.next;
    return side;
  }

  /** False where another flow has one of its keys; nothing is added then. */
  add(flow: Flow): boolean {
    const [original, reply] = flow.sides;
    if (this.find(original.key) !== null || this.find(reply.key) !== null) return false;
    if (original.key.equals(reply.key)) return false;
    for (const side of flow.sides) this.#insert(side);
    this.flows.add(flow);
    return true;
  }

  #insert(side: FlowSide): void {
    side.hash = side.key.hash(this.#seed);
    side.next = this.#sides.get(side.hash) ?? null;
    this.#sides.set(side.hash, side);
  }

  remove(flow: Flow): void {
    if (!this.flows.delete(flow)) return;
    for (const side of flow.sides) this.#take(side);
  }

  #take(side: FlowSide): void {
    const head = this.#sides.get(side.hash);
    if (head !== side) {
      let before = head;
      while (before !== undefined && before.next !== side) before = before.next ?? undefined;
      if (before !== undefined) before.next = side.next;
    } else if (side.next === null) this.#sides.delete(side.hash);
    else this.#sides.set(side.hash, side.next);
  }
}
