// Expectations from outside and for helpers: announced, listed, taken back; each ends by the clock.

import type { Expectation } from './expect.ts';
import type { Store } from './store.ts';
import { EXPECT_MAX, sysctlOf } from './sysctl.ts';
import { createTuple, type Tuple } from './tuple.ts';

/** What a helper says of a connection it expects. */
export interface ExpectationRequest {
  readonly tuple: Tuple;
  /** Which bits of the source part count; the destination part always does. */
  readonly mask: Tuple;
  readonly master: number;
  /** Seconds it waits. */
  readonly timeout: number;
  readonly class?: number;
  readonly flags?: number;
  readonly helper?: string;
  readonly expectFn?: Expectation['expectFn'];
  readonly direction?: 0 | 1;
  readonly savedAddress?: readonly number[];
  readonly savedPort?: number;
}

export class Expectations {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get size(): number {
    return this.#store.expectations.size;
  }

  *list(): Iterable<Expectation> {
    yield* this.#store.expectations.list(this.#store.now);
  }

  /**
   * nf_ct_expect_related(). `exists`: another connection expects the very same; `busy`: it cannot be told
   * from one that is there; `full`: nf_conntrack_expect_max.
   */
  add(request: ExpectationRequest): 'ok' | 'exists' | 'busy' | 'full' {
    const store = this.#store;
    const { master } = request;
    const expectation: Expectation = {
      tuple: createTuple(),
      mask: createTuple(),
      master,
      masterId: store.idOf(master),
      zone: store.zoneIdOf(master),
      class: request.class ?? 0,
      flags: request.flags ?? 0,
      helper: request.helper ?? '',
      expectFn: request.expectFn ?? null,
      direction: request.direction ?? 0,
      savedAddress: request.savedAddress ?? [0, 0, 0, 0],
      savedPort: request.savedPort ?? 0,
      deadline: store.now + request.timeout * 1e9,
    };
    expectation.tuple.set(request.tuple);
    expectation.mask.set(request.mask);
    const result = store.expectations.add(
      expectation,
      store.now,
      sysctlOf(store.netns, EXPECT_MAX),
    );
    if (result !== 'ok') return result;
    if (store.eventsOn) store.events.emit({ type: 'expect-new', expectation });
    store.netns.clock.after(request.timeout * 1e9, () => store.removeExpectation(expectation));
    return 'ok';
  }

  /** False where it was fulfilled, taken back or over already. */
  remove(expectation: Expectation): boolean {
    const before = this.size;
    this.#store.removeExpectation(expectation);
    return this.size < before;
  }

  flush(): void {
    for (const one of [...this.list()]) this.#store.removeExpectation(one);
  }
}
