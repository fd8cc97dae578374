// The table of expectations: connections that a helper announced
// (net/netfilter/nf_conntrack_expect.c).

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
  /** NF_CT_EXPECT_*. */
  flags: number;
  /** Helper of the expected connection, or ''. */
  readonly helper: string;
  /** Name of a function that is called with the new connection, or '' (nf_ct_helper_expectfn). */
  readonly fn: string;
  /** The direction of the master that the expected connection takes; used by NAT. */
  readonly direction: 0 | 1;
  /** Address words and port before NAT changed them. */
  readonly savedAddress: readonly number[];
  readonly savedPort: number;
  /** Instant it ends, ns; Infinity for none. */
  deadline: number;
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

/** nf_ct_tuple_mask_equal() knows the source part of masks alone. */
const equalMasks = (a: Tuple, b: Tuple): boolean =>
  a[0] === b[0] &&
  a[1] === b[1] &&
  a[2] === b[2] &&
  a[3] === b[3] &&
  a[T_PORTS]! >>> 16 === b[T_PORTS]! >>> 16;

const same = (a: Expectation, b: Expectation): boolean =>
  a.zone === b.zone &&
  a.tuple.every((word, i) => word === b.tuple[i]) &&
  equalMasks(a.mask, b.mask);

/** `exists` EALREADY, `busy` EBUSY, `full` EMFILE. */
export type ExpectResult = 'ok' | 'exists' | 'busy' | 'full';

export interface ExpectLimits {
  /** nf_conntrack_expect_max. */
  readonly total: number;
  /** Of the master's helper for this class; 0 for no limit. */
  readonly perMaster: number;
  /** NF_CT_EXP_F_SKIP_MASTER: the same one of another master is `exists`, not `busy`. */
  readonly skipMaster: boolean;
}

/** Few and short-lived, so plain objects do. Chains are newest first, as the kernel's are. */
export class ExpectTable {
  readonly #byKey = new Map<string, Expectation[]>();
  readonly #byMaster = new Map<number, Expectation[]>();
  readonly #remove: (expectation: Expectation) => void;
  readonly #all = new Set<Expectation>();

  /** @param remove what takes one out and tells of it */
  constructor(remove: (expectation: Expectation) => void) {
    this.#remove = remove;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Oldest first. */
  list(): Iterable<Expectation> {
    return this.#all;
  }

  /** __nf_ct_expect_check(): makes room for a new one, or says why there is none. */
  check(wanted: Expectation, limits: ExpectLimits): ExpectResult {
    for (const other of this.#byKey.get(keyOf(wanted.tuple)) ?? []) {
      if ((limits.skipMaster || other.master === wanted.master) && same(other, wanted)) {
        if (other.class !== wanted.class || other.master !== wanted.master) return 'exists';
        this.#remove(other);
        break;
      }
      if (clashes(other, wanted)) return 'busy';
    }
    if (limits.perMaster > 0) this.#evict(wanted, limits.perMaster);
    return this.size >= limits.total ? 'full' : 'ok';
  }

  /** evict_oldest_expect(). */
  #evict(wanted: Expectation, limit: number): void {
    const ofClass = this.ofMaster(wanted.master).filter((one) => one.class === wanted.class);
    const oldest = ofClass[ofClass.length - 1];
    if (oldest !== undefined && ofClass.length >= limit) this.#remove(oldest);
  }

  insert(expectation: Expectation): void {
    const key = keyOf(expectation.tuple);
    this.#byKey.set(key, [expectation, ...(this.#byKey.get(key) ?? [])]);
    const { master } = expectation;
    this.#byMaster.set(master, [expectation, ...(this.#byMaster.get(master) ?? [])]);
    this.#all.add(expectation);
  }

  /** The expectation a new connection fulfils; the caller removes it unless it is permanent. */
  find(tuple: Tuple, zone: number): Expectation | undefined {
    for (const one of this.#byKey.get(keyOf(tuple)) ?? [])
      if (
        (one.flags & NF_CT_EXPECT_INACTIVE) === 0 &&
        one.zone === zone &&
        matchesMask(tuple, one.tuple, one.mask)
      )
        return one;
    return undefined;
  }

  /** __nf_ct_expect_find(): inactive ones, too. */
  lookUp(tuple: Tuple, zone: number): Expectation | undefined {
    const group = this.#byKey.get(keyOf(tuple)) ?? [];
    return group.find((one) => one.zone === zone && matchesMask(tuple, one.tuple, one.mask));
  }

  delete(expectation: Expectation): boolean {
    if (!drop(this.#byKey, keyOf(expectation.tuple), expectation)) return false;
    drop(this.#byMaster, expectation.master, expectation);
    this.#all.delete(expectation);
    return true;
  }

  /** All of one master's, newest first. */
  ofMaster(master: number): readonly Expectation[] {
    return this.#byMaster.get(master) ?? [];
  }
}

function drop<K>(groups: Map<K, Expectation[]>, key: K, expectation: Expectation): boolean {
  const group = groups.get(key);
  if (group === undefined || !group.includes(expectation)) return false;
  const rest = group.filter((one) => one !== expectation);
  if (rest.length > 0) groups.set(key, rest);
  else groups.delete(key);
  return true;
}
