// nf_conncount.c: connections that went by, by their tuples, and how many of them there are still.

import type { Packet } from '../core/index.ts';
import { IPPROTO_GRE, IPPROTO_TCP } from '../uapi/index.ts';
import type { Conntrack } from './conntrack.ts';
import { IPS_ASSURED, IPS_CONFIRMED, IPS_DYING, NFPROTO_IPV4, NFPROTO_IPV6 } from './constants.ts';
import { slotOfLink, W_ZONE } from './table.ts';
import { createTuple, type L4Location, locate, readTuple, type Tuple } from './tuple.ts';
import { DEFAULT_ZONE, type Zone, zoneIdFor } from './zone.ts';

/** TCP_CONNTRACK_TIME_WAIT and TCP_CONNTRACK_CLOSE: over, though still in the table. */
const TIME_WAIT = 7;
const CLOSE = 8;

const ASSURED = IPS_CONFIRMED | IPS_ASSURED;

/** CONNCOUNT_GC_MAX_COLLECT: so many are forgotten at a time, and one more. */
const MAX_FORGOTTEN = 64;

/** struct nf_conncount_tuple; where it was found last, so that it need not be looked up each time. */
interface Counted {
  readonly tuple: Tuple;
  readonly zone: Zone;
  slot: number;
  id: number;
}

/** What a packet is counted as: get_ct_or_tuple_from_skb(). */
class Identity {
  readonly tuple = createTuple();
  readonly #at: L4Location = { offset: 0, protocol: 0 };
  zone: Zone = DEFAULT_ZONE;
  /** Its connection, or the one that has its tuple; 0 for none. */
  slot = 0;

  /** False where the packet has no tuple. */
  read(ct: Conntrack, packet: Packet, pf: number): boolean {
    const { store } = ct;
    const own = packet.ct;
    this.zone = own === 0 ? DEFAULT_ZONE : store.table.get(own, W_ZONE);
    this.slot = own;
    if (own !== 0 && !ct.isTemplate(own)) {
      store.table.readTuple(own, 0, this.tuple);
      return true;
    }
    // get_l4proto(): of a bridge, say, nothing is known.
    if (pf !== NFPROTO_IPV4 && pf !== NFPROTO_IPV6) return false;
    const { buf, network, end } = packet;
    if (!locate(buf, network, end, pf, this.#at)) return false;
    const { offset, protocol } = this.#at;
    if (!readTuple(buf, network, offset, end, pf, protocol, this.tuple)) return false;
    if (protocol === IPPROTO_GRE) store.greKeys.complete(this.tuple);
    this.slot = slotOfLink(store.find(this.tuple, this.zone));
    return true;
  }
}

const equal = (a: Tuple, b: Tuple): boolean => {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

/** struct nf_conncount_list. */
export class ConnectionList {
  readonly #counted = new Set<Counted>();
  readonly #own = new Identity();

  get size(): number {
    return this.#counted.size;
  }

  /**
   * nf_conncount_add_skb(): counts the connection of a packet, or what has no connection by the tuple of the
   * packet. One that is assured was counted when it came, and all the dead are forgotten instead. False where the
   * packet has no tuple. Garbage is looked for each time: the kernel's is not twice in a tick.
   */
  add(ct: Conntrack, packet: Packet, pf: number): boolean {
    const own = this.#own;
    if (!own.read(ct, packet, pf)) return false;
    if (own.slot !== 0 && (ct.status(own.slot) & ASSURED) === ASSURED) this.#collect(ct);
    else if (!this.#knows(ct)) this.#append(ct);
    return true;
  }

  /** The first of a list, which is counted also where it is assured (insert_tree()). */
  begin(ct: Conntrack, packet: Packet, pf: number): boolean {
    if (!this.#own.read(ct, packet, pf)) return false;
    this.#append(ct);
    return true;
  }

  #append(ct: Conntrack): void {
    const { tuple, zone, slot } = this.#own;
    const id = slot === 0 ? 0 : ct.id(slot);
    this.#counted.add({ tuple: tuple.slice(), zone, slot, id });
  }

  /** Whether the tuple is one of a connection that is counted; the dead are forgotten up to there. */
  #knows(ct: Conntrack): boolean {
    const { tuple, zone } = this.#own;
    let forgotten = 0;
    for (const one of this.#counted) {
      if (forgotten > MAX_FORGOTTEN) break;
      if (this.#isAlive(ct, one)) {
        if (equal(one.tuple, tuple) && isSameZone(ct, one.slot, zone)) return true;
        if (!isClosed(ct, one.slot)) continue;
      }
      this.#counted.delete(one);
      forgotten++;
    }
    return false;
  }

  /** nf_conncount_gc_list() */
  #collect(ct: Conntrack): void {
    let forgotten = 0;
    for (const one of this.#counted) {
      if (this.#isAlive(ct, one) && !isClosed(ct, one.slot)) {
        if (forgotten > MAX_FORGOTTEN) break;
        continue;
      }
      this.#counted.delete(one);
      forgotten++;
    }
  }

  /** find_or_evict() */
  #isAlive(ct: Conntrack, one: Counted): boolean {
    const { slot } = one;
    if (slot !== 0 && ct.id(slot) === one.id && isFound(ct, slot)) return true;
    one.slot = slotOfLink(ct.store.find(one.tuple, one.zone));
    one.id = one.slot === 0 ? 0 : ct.id(one.slot);
    return one.slot !== 0;
  }
}

/** What nf_conntrack_find_get() finds. */
const isFound = (ct: Conntrack, slot: number): boolean =>
  (ct.status(slot) & (IPS_CONFIRMED | IPS_DYING)) === IPS_CONFIRMED && !ct.store.isGone(slot);

/** already_closed() */
const isClosed = (ct: Conntrack, slot: number): boolean =>
  ct.l4proto(slot) === IPPROTO_TCP &&
  (ct.protocolState(slot) === TIME_WAIT || ct.protocolState(slot) === CLOSE);

/** nf_ct_zone_equal() */
const isSameZone = (ct: Conntrack, slot: number, zone: Zone): boolean =>
  zoneIdFor(ct.store.table.get(slot, W_ZONE), 0) === zoneIdFor(zone, 0);
