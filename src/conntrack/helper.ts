// Helpers as connection tracking knows them (net/netfilter/nf_conntrack_helper.c): what stands behind a
// name, and what each class of its expectations may be. Room helpers holds the helpers themselves.

import type { Packet, Verdict } from '../core/index.ts';
import { NFPROTO_IPV4 } from './constants.ts';

/** struct nf_conntrack_expect_policy: one class of expectations. */
export interface ExpectPolicy {
  readonly name: string;
  /** How many a connection may have at a time, 0 for any number; the oldest gives way. */
  readonly maxExpected: number;
  /** Seconds one waits. */
  readonly timeout: number;
}

/** struct nf_conntrack_helper. */
export interface ConntrackHelper {
  readonly name: string;
  readonly families: readonly ('ip' | 'ip6')[];
  /** IPPROTO_* of the connections it reads. */
  readonly protocols: readonly number[];
  /** By class of expectation; class 0 always exists. */
  readonly policies: readonly ExpectPolicy[];
  /** Reads a packet that is about to leave; anything but ACCEPT ends it. */
  help(packet: Packet, slot: number, ctinfo: number): Verdict;
  /** Private state of a connection that gets the helper; plain data, so that it can be moved. */
  fresh(): unknown;
  /** from_nlattr: state of a connection that was brought from outside without any. */
  adopted?(): unknown;
  /** The connection ends. */
  destroy?(slot: number): void;
}

/** Helpers by the name, family and protocol that a rule asks for. */
export class HelperTable {
  readonly #byName = new Map<string, ConntrackHelper[]>();

  /** @throws RangeError where there is one for this name and protocol */
  register(helper: ConntrackHelper): void {
    const others = this.#byName.get(helper.name) ?? [];
    for (const other of others)
      if (other.protocols.some((one) => helper.protocols.includes(one)))
        throw new RangeError(`there is a helper '${helper.name}' for this protocol`);
    this.#byName.set(helper.name, [...others, helper]);
  }

  /** __nf_conntrack_helper_find(). */
  find(name: string, l3: number, l4: number): ConntrackHelper | null {
    const family = l3 === NFPROTO_IPV4 ? 'ip' : 'ip6';
    for (const helper of this.#byName.get(name) ?? [])
      if (helper.protocols.includes(l4) && helper.families.includes(family)) return helper;
    return null;
  }

  /** Whatever protocol it is for: what an expectation holds is the helper itself, not its name. */
  named(name: string, l3: number): ConntrackHelper | null {
    const family = l3 === NFPROTO_IPV4 ? 'ip' : 'ip6';
    return this.#byName.get(name)?.find(({ families }) => families.includes(family)) ?? null;
  }

  get size(): number {
    return this.#byName.size;
  }
}
