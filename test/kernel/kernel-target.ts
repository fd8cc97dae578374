// The judge: a namespace of the running kernel.

import { readFileSync, writeFileSync } from 'node:fs';
import type { Libc } from '../../src/linux/index.ts';
import {
  type Case,
  type Outcome,
  resolved,
  type Sent,
  type Target,
  type Topology,
  type XtVariant,
} from './case.ts';
import { Host } from './host.ts';
import { namedState, ruleCounters } from './listing.ts';
import { ROUTER } from './topology.ts';

const parameterPath = (name: string): string => `/sys/module/${name.replace('.', '/parameters/')}`;

function withParameters<T>(values: Readonly<Record<string, string>>, run: () => T): T {
  const before = Object.keys(values).map((name) => {
    const path = parameterPath(name);
    return [path, readFileSync(path, 'utf8').trim()] as const;
  });
  for (const [name, value] of Object.entries(values)) writeFileSync(parameterPath(name), value);
  try {
    return run();
  } finally {
    for (const [path, value] of before) writeFileSync(path, value);
  }
}

export class KernelTarget implements Target {
  readonly name = 'kernel';
  readonly #libc: Libc;
  /** Of a topology one for each iptables: what legacy tables leave behind would be in nft's way. */
  readonly #hosts = new Map<Topology, Map<XtVariant, Host>>();

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Runs on a namespace that lives on, flushed between; on one of its own where the case asks. */
  run(one: Case): Outcome {
    return withParameters(one.modules ?? {}, () => this.#run(one));
  }

  #run(one: Case): Outcome {
    const { fresh = false, shared = one.topology === undefined } = one;
    if (fresh || !shared) return this.#runFresh(one);
    const host = this.#hostOf(one.topology ?? ROUTER, one.only ?? 'nft');
    host.flush();
    return outcome(host, one);
  }

  #hostOf(topology: Topology, variant: XtVariant): Host {
    const known = this.#hosts.get(topology)?.get(variant);
    if (known !== undefined) return known;
    const host = new Host(this.#libc, topology);
    host.settle();
    const hosts = this.#hosts.get(topology) ?? new Map<XtVariant, Host>();
    this.#hosts.set(topology, hosts.set(variant, host));
    return host;
  }

  #runFresh(one: Case): Outcome {
    const host = new Host(this.#libc, one.topology ?? ROUTER);
    try {
      if (one.topology?.interfaces.some((i) => i.bridge)) host.settle(0.3);
      // What interfaces announce of their own would be counted by its chains.
      else if (one.topology !== undefined && one.xtables?.ip6tables !== undefined) host.settle();
      return outcome(host, one);
    } finally {
      host.close();
    }
  }

  close(): void {
    for (const hosts of this.#hosts.values()) for (const host of hosts.values()) host.close();
    this.#hosts.clear();
  }
}

function outcome(host: Host, one: Case): Outcome {
  host.load(one);
  const looks: string[][] = [];
  const expected: string[][] = [];
  const sent: Sent[][] = [];
  for (const step of one.steps) {
    if ('look' in step)
      if (step.look === 'expect') expected.push(host.expectations());
      else looks.push(host.conntrack());
    sent.push(host.step(resolved(step, sent)));
  }
  const listing = host.listing();
  return {
    sent,
    conntrack: host.conntrack(),
    looks,
    expected,
    counters: [...ruleCounters(listing, one), ...host.xtCounters(one)],
    named: [...namedState(listing), ...host.accounting(one)],
  };
}
