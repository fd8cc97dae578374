// Expectations for helpers and from outside: announced, listed, taken back; each ends by the clock.

import type { Timer } from '../core/index.ts';
import { NFPROTO_IPV4 } from './constants.ts';
import type { Expectation, ExpectResult } from './expect.ts';
import type { ExpectationEntry } from './expect-entry.ts';
import { describeExpectation, requestOf, snapshotExpectation } from './expect-entry.ts';
import { slotOfTuple } from './fields.ts';
import type { Store } from './store.ts';
import { EXPECT_MAX, sysctlOf } from './sysctl.ts';
import { createTuple, T_DST, T_PORTS, T_PROTO, T_SRC, type Tuple } from './tuple.ts';

/** What a helper says of a connection it expects. */
export interface ExpectationRequest {
  readonly tuple: Tuple;
  /** Which bits of the source part count; the destination part always does. */
  readonly mask: Tuple;
  readonly master: number;
  /** Seconds it waits, where the master's helper has no policy for the class. */
  readonly timeout?: number;
  readonly class?: number;
  readonly flags?: number;
  readonly helper?: string;
  readonly fn?: string;
  readonly direction?: 0 | 1;
  readonly savedAddress?: readonly number[];
  readonly savedPort?: number;
  /** NF_CT_EXP_F_SKIP_MASTER. */
  readonly skipMaster?: boolean;
}

/** Ends of an expected connection for {@link expectedTuple}: words of an address, and ports. */
export interface ExpectedEnds {
  readonly l3: number;
  readonly l4: number;
  /** null: from anywhere. */
  readonly source: ArrayLike<number> | null;
  readonly sourcePort?: number;
  readonly destination: ArrayLike<number>;
  readonly port: number;
}

const NO_POLICY = { name: '', maxExpected: 0, timeout: 0 } as const;

/** nf_ct_expect_init(): the tuple and mask of a connection to a port, from one address or from any. */
export function expectedTuple(ends: ExpectedEnds): { tuple: Tuple; mask: Tuple } {
  const [tuple, mask] = [createTuple(), createTuple()];
  const words = ends.l3 === NFPROTO_IPV4 ? 1 : 4;
  for (let i = 0; i < words; i++) {
    tuple[T_DST + i] = ends.destination[i]!;
    if (ends.source === null) continue;
    tuple[T_SRC + i] = ends.source[i]!;
    mask[T_SRC + i] = -1;
  }
  const { sourcePort } = ends;
  tuple[T_PORTS] = ((sourcePort ?? 0) << 16) | ends.port;
  if (sourcePort !== undefined) mask[T_PORTS] = 0xffff << 16;
  tuple[T_PROTO] = ends.l3 | (ends.l4 << 8);
  return { tuple, mask };
}

export class Expectations {
  readonly #store: Store;
  readonly #timers = new WeakMap<Expectation, Timer>();

  constructor(store: Store) {
    this.#store = store;
  }

  get size(): number {
    return this.#store.expectations.size;
  }

  list(): Iterable<Expectation> {
    return this.#store.expectations.list();
  }

  /** As plain data, for a person, a state file or another firewall. */
  *dump(): Iterable<ExpectationEntry> {
    for (const one of this.list()) yield this.entryOf(one);
  }

  entryOf(one: Expectation): ExpectationEntry {
    return snapshotExpectation(this.#store, one);
  }

  /** The lines `conntrack -L expect` prints. */
  lines(): string[] {
    return [...this.dump()].map(describeExpectation);
  }

  /** Those of one connection, newest first. */
  of(master: number): readonly Expectation[] {
    return this.#store.expectations.ofMaster(master);
  }

  /**
   * nf_ct_expect_related(). An equal one of the same master is replaced; `exists`: it has another class;
   * `busy`: it cannot be told from another one; `full`: nf_conntrack_expect_max.
   */
  add(request: ExpectationRequest): ExpectResult {
    const store = this.#store;
    const expectation = this.#make(request);
    const policy = this.#policy(request);
    const result = store.expectations.check(expectation, {
      total: sysctlOf(store.netns, EXPECT_MAX),
      perMaster: policy.maxExpected,
      skipMaster: request.skipMaster ?? false,
    });
    if (result !== 'ok') return result;
    store.expectations.insert(expectation);
    store.stats.expectCreate++;
    this.#arm(expectation, (policy.timeout || (request.timeout ?? 0)) * 1e9);
    if (store.eventsOn) store.expectEvent('expect-new', expectation);
    return 'ok';
  }

  /**
   * ctnetlink_create_expect(): one from outside, as {@link dump} gives it; it has the time left that it
   * says. Its connection must be there.
   * @throws RangeError where it is not, for addresses that are none, or where it clashes or is too many
   */
  create(entry: ExpectationEntry): Expectation {
    const { family, zone, master } = entry;
    const slot = slotOfTuple(this.#store, family, master.protocol, master, zone);
    if (slot === 0) throw new RangeError('the connection that announced it is not there');
    const request = { ...requestOf(entry), master: slot };
    const result = this.add(request);
    if (result !== 'ok') throw new RangeError(`the expectation is refused: ${result}`);
    const made = this.find(request.tuple, zone)!;
    this.refresh(made, entry.timeout);
    return made;
  }

  #policy({ master, class: which = 0 }: ExpectationRequest): typeof NO_POLICY {
    const helper = this.#store.sides.helper(this.#store.table, master)?.helper;
    return (helper?.policies[which] as typeof NO_POLICY | undefined) ?? NO_POLICY;
  }

  #make(request: ExpectationRequest): Expectation {
    const { master } = request;
    return {
      tuple: request.tuple.slice(),
      mask: request.mask.slice(),
      master,
      masterId: this.#store.idOf(master),
      zone: this.#store.zoneIdOf(master),
      class: request.class ?? 0,
      flags: request.flags ?? 0,
      helper: request.helper ?? '',
      fn: request.fn ?? '',
      direction: request.direction ?? 0,
      savedAddress: request.savedAddress ?? [0, 0, 0, 0],
      savedPort: request.savedPort ?? 0,
      deadline: Number.POSITIVE_INFINITY,
    };
  }

  #arm(expectation: Expectation, ns: number): void {
    const { clock } = this.#store.netns;
    this.#timers.get(expectation)?.cancel();
    expectation.deadline = clock.now() + ns;
    this.#timers.set(
      expectation,
      clock.after(ns, () => {
        // One that was fulfilled or taken back is not in the table any more.
        if (expectation.deadline <= clock.now()) this.#store.removeExpectation(expectation);
      }),
    );
  }

  /** mod_timer(): it waits this many seconds from now. */
  refresh(expectation: Expectation, seconds: number): void {
    this.#arm(expectation, seconds * 1e9);
  }

  /** The one a packet with this tuple would fulfil, active or not; nothing happens to it. */
  find(tuple: Tuple, zone: number): Expectation | undefined {
    return this.#store.expectations.lookUp(tuple, zone);
  }

  /** nf_ct_unexpect_related(); false where it was fulfilled, taken back or over already. */
  remove(expectation: Expectation): boolean {
    return this.#store.removeExpectation(expectation);
  }

  flush(): void {
    for (const one of [...this.list()]) this.remove(one);
  }
}
