// The judge: a namespace of the running kernel.

import type { Libc } from '../../src/linux/index.ts';
import type { Case, Outcome, Target } from './case.ts';
import { Host } from './host.ts';
import { namedState, ruleCounters } from './listing.ts';
import { ROUTER } from './topology.ts';

export class KernelTarget implements Target {
  readonly name = 'kernel';
  readonly #libc: Libc;
  #host: Host | undefined;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Runs on a namespace that lives on, flushed between; on one of its own where the case asks. */
  run(one: Case): Outcome {
    if (one.fresh || one.topology !== undefined) return this.#runFresh(one);
    if (this.#host === undefined) {
      this.#host = new Host(this.#libc, ROUTER);
      this.#host.settle();
    }
    this.#host.flush();
    return outcome(this.#host, one);
  }

  #runFresh(one: Case): Outcome {
    const host = new Host(this.#libc, one.topology ?? ROUTER);
    try {
      if (one.topology?.interfaces.some((i) => i.bridge)) host.settle(0.3);
      return outcome(host, one);
    } finally {
      host.close();
    }
  }

  close(): void {
    this.#host?.close();
    this.#host = undefined;
  }
}

function outcome(host: Host, one: Case): Outcome {
  host.load(one);
  const looks: string[][] = [];
  const expected: string[][] = [];
  const sent = one.steps.map((step) => {
    if ('look' in step)
      if (step.look === 'expect') expected.push(host.expectations());
      else looks.push(host.conntrack());
    return host.step(step);
  });
  const listing = host.listing();
  return {
    sent,
    conntrack: host.conntrack(),
    looks,
    expected,
    counters: ruleCounters(listing),
    named: namedState(listing),
  };
}
