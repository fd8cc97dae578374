// The judge: a namespace of the running kernel.

import type { Libc } from '../../src/linux/index.ts';
import type { Case, Outcome, Target } from './case.ts';
import { Host } from './host.ts';
import { ROUTER } from './topology.ts';

export class KernelTarget implements Target {
  readonly name = 'kernel';
  readonly #libc: Libc;
  readonly #keep: boolean;
  #host: Host | undefined;

  /** `keep`: the namespaces live on from case to case, flushed between (faster, less separate). */
  constructor(libc: Libc, options: { keep?: boolean } = {}) {
    this.#libc = libc;
    this.#keep = options.keep ?? false;
  }

  run(one: Case): Outcome {
    const host = this.#hostFor(one);
    try {
      host.load(one);
      const sent = one.steps.map((step) => host.step(step));
      return { sent, conntrack: host.conntrack(), counters: host.counters() };
    } finally {
      if (!this.#keep) this.close();
    }
  }

  #hostFor(one: Case): Host {
    if (this.#host !== undefined) this.#host.flush();
    this.#host ??= new Host(this.#libc, one.topology ?? ROUTER);
    return this.#host;
  }

  close(): void {
    this.#host?.close();
    this.#host = undefined;
  }
}
