// Expectations: connections that a helper announced (nf_conntrack_expect.c).

import { NF_CT_EXPECT_INACTIVE } from './constants.ts';
import type { Tuple } from './tuple.ts';
import { createTuple, l3Of, l4Of, T_DST, T_PORTS, T_PROTO } from './tuple.ts';

/** Called when a packet fulfils an expectation, before NAT sees the new entry. */
export type ExpectFunction = (slot: number, expectation: Expectation) => void;

export interface Expectation {
  readonly tuple: Tuple;
  /** Mask over the source part; the destination part must be equal (nf_ct_tuple_mask_cmp). */
  readonly mask: Tuple;
  /** Slot and id of the connection that announced it. */
  readonly master: number;
  readonly masterId: number;
  readonly zone: number;
  readonly class: number;
  readonly flags: number;
  /** Helper of the expected connection, or ''. */
  readonly helper: string;
  readonly expectFn: ExpectFunction | null;
  /** Which direction of the master announced it; used by NAT. */
  readonly direction: 0 | 1;
  /** Address words and port before NAT changed them. */
  readonly savedAddress: readonly number[];
  readonly savedPort: number;
  /** Instant it ends, ns; Infinity for none. */
  readonly deadline: number;
}

/** nf_ct_tuple_mask_cmp(). */
export function matchesMask(tuple: Tuple, wanted: Tuple, mask: Tuple): boolean {
  for (let i = 0; i < T_DST; i++) if (((tuple[i]! ^ wanted[i]!) & mask[i]!) !== 0) return false;
  const ports = tuple[T_PORTS]! ^ wanted[T_PORTS]!;
  if (((ports >>> 16) & (mask[T_PORTS]! >>> 16)) !== 0 || (ports & 0xffff) !== 0) return false;
  for (let i = T_DST; i < T_PORTS; i++) if (tuple[i] !== wanted[i]) return false;
  return tuple[T_PROTO] === wanted[T_PROTO];
}

/** nf_ct_expect_dst_hash(): the part that no mask covers. */
const keyOf = (tuple: Tuple): string =>
  `${l3Of(tuple)}/${l4Of(tuple)}/${tuple[4]},${tuple[5]},${tuple[6]},${tuple[7]}/${tuple[T_PORTS]! & 0xffff}`;

/** Overlapping masks make two expectations clash unless they differ in the common part. */
function clashes(a: Expectation, b: Expectation): boolean {
  const common = createTuple();
  for (let i = 0; i < T_DST; i++) common[i] = a.mask[i]! & b.mask[i]!;
  common[T_PORTS] = a.mask[T_PORTS]! & b.mask[T_PORTS]!;
  return a.zone === b.zone && matchesMask(a.tuple, b.tuple, common);
}

const same = (a: Expectation, b: Expectation): boolean =>
  a.zone === b.zone &&
  a.tuple.every((word, i) => word === b.tuple[i]) &&
  a.mask.every((word, i) => word === b.mask[i]);

/** Few and short-lived, so plain objects do. The store tells it about time and dying masters. */
export class ExpectTable {
  readonly #byKey = new Map<string, Expectation[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  *list(now: number): Iterable<Expectation> {
    for (const group of this.#byKey.values())
      for (const one of group) if (one.deadline > now) yield one;
  }

  /**
   * nf_ct_expect_related(). `exists`: the same one with another master or class; `busy`: it clashes
   * with another; `full`: too many. An equal one of the same master is replaced.
   */
  add(expectation: Expectation, now: number, limit: number): 'ok' | 'exists' | 'busy' | 'full' {
    const key = keyOf(expectation.tuple);
    const group = (this.#byKey.get(key) ?? []).filter((one) => one.deadline > now);
    this.#size += group.length - (this.#byKey.get(key)?.length ?? 0);
    this.#byKey.set(key, group);
    for (const other of group) {
      if (same(other, expectation)) {
        if (other.class !== expectation.class || other.master !== expectation.master)
          return 'exists';
        this.remove(other);
        break;
      }
      if (clashes(other, expectation)) return 'busy';
    }
    if (this.#size >= limit) return 'full';
    this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), expectation]);
    this.#size++;
    return 'ok';
  }

  /** The expectation a new connection fulfils; the caller removes it unless it is permanent. */
  find(tuple: Tuple, zone: number, now: number): Expectation | undefined {
    if (this.#size === 0) return undefined;
    return this.#byKey
      .get(keyOf(tuple))
      ?.find(
        (one) =>
          (one.flags & NF_CT_EXPECT_INACTIVE) === 0 &&
          one.deadline > now &&
          one.zone === zone &&
          matchesMask(tuple, one.tuple, one.mask),
      );
  }

  remove(expectation: Expectation): boolean {
    const key = keyOf(expectation.tuple);
    const group = this.#byKey.get(key);
    if (group === undefined || !group.includes(expectation)) return false;
    const rest = group.filter((one) => one !== expectation);
    if (rest.length > 0) this.#byKey.set(key, rest);
    else this.#byKey.delete(key);
    this.#size--;
    return true;
  }

  /** All of one master's, when it goes. */
  ofMaster(master: number): Expectation[] {
    if (this.#size === 0) return [];
    return [...this.#byKey.values()].flat().filter((one) => one.master === master);
  }

  /** Drops what has ended; returns it. */
  expire(now: number): Expectation[] {
    const ended = [...this.#byKey.values()].flat().filter((one) => one.deadline <= now);
    for (const one of ended) this.remove(one);
    return ended;
  }
}
