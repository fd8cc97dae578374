// How the helpers of this room are written down, and how one becomes part of a namespace.

import type { Conntrack, ConntrackHelper, ExpectPolicy } from '../conntrack/index.ts';
import type { Verdict } from '../core/index.ts';
import { Packet } from '../core/index.ts';
import type { Nat } from '../nat/index.ts';
import { HelperContext } from './context.ts';

/** One protocol: what it may expect, what it keeps, and how it reads a packet. */
export interface HelperSpec<S = unknown> {
  readonly name: string;
  readonly families: readonly ('ip' | 'ip6')[];
  /** IPPROTO_*. */
  readonly protocols: readonly number[];
  readonly policies: readonly ExpectPolicy[];
  /** State of a connection that gets the helper; plain data. */
  fresh(): S;
  /** State of one that was brought from outside without any. Default: a fresh one. */
  adopted?(): S;
  help(cx: HelperContext<S>): Verdict;
  /** Made once per namespace: functions of its expectations, maps beside connection tracking. */
  install?(ct: Conntrack, nat: Nat | null): void;
  destroy?(ct: Conntrack, slot: number): void;
}

/** Of any state: what lists of helpers hold. */
// biome-ignore lint/suspicious/noExplicitAny: each helper alone knows its state.
export type AnyHelper = HelperSpec<any>;

/** Binds a helper to a namespace. */
export function bind<S>(spec: HelperSpec<S>, ct: Conntrack, nat: Nat | null): ConntrackHelper {
  const cx = new HelperContext<S>(spec.name, ct, nat, new Packet(0));
  const { name, families, protocols, policies, adopted, destroy } = spec;
  spec.install?.(ct, nat);
  return {
    name,
    families,
    protocols,
    policies,
    fresh: () => spec.fresh(),
    ...(adopted === undefined ? {} : { adopted: () => adopted() }),
    ...(destroy === undefined ? {} : { destroy: (slot: number) => destroy(ct, slot) }),
    help: (packet, slot, ctinfo) => {
      cx.begin(packet, slot, ctinfo);
      return spec.help(cx);
    },
  };
}

/**
 * Makes helpers known to a namespace, so that rules can assign them by name.
 * @throws RangeError where one of that name and protocol is there
 */
export function registerHelpers(ct: Conntrack, nat: Nat | null, specs: readonly AnyHelper[]): void {
  for (const spec of specs) ct.store.helpers.register(bind(spec, ct, nat));
}
