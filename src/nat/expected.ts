// NAT of connections that a helper announced (net/netfilter/nf_nat_helper.c): where the announced port
// is taken another one is, and when the connection comes it is translated as its master is.

import type {
  Conntrack,
  Expectation,
  ExpectationRequest,
  ExpectResult,
  Tuple,
} from '../conntrack/index.ts';
import { createTuple, T_DST, T_PORTS, T_SRC } from '../conntrack/index.ts';
import type { Nat } from './nat.ts';
import { NatRange, NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC, NF_NAT_RANGE_MAP_IPS } from './range.ts';

/** The name expectations know {@link followMaster} by (CTA_EXPECT_FN). */
export const FOLLOW_MASTER = 'nat-follow-master';

/** Ports that are tried; the kernel does not search longer in a crowded range either. */
const MAX_ATTEMPTS = 128;

function setAddress(range: NatRange, tuple: Tuple, from: number): void {
  for (let i = 0; i < 4; i++) {
    range.min[i] = tuple[from + i]!;
    range.max[i] = tuple[from + i]!;
  }
}

/** A range of one address: that of a side of a tuple. */
export function rangeOf(tuple: Tuple, from: typeof T_SRC | typeof T_DST, flags: number): NatRange {
  const range = new NatRange();
  setAddress(range, tuple, from);
  range.flags = flags;
  return range;
}

/**
 * nf_nat_follow_master(): the source becomes what the master sends to, whoever the connection came
 * from; the destination becomes the one that announced the port.
 */
export function followMaster(nat: Nat, slot: number, expectation: Expectation): void {
  const { master, direction, savedPort } = expectation;
  const back = createTuple();
  nat.ct.readTuple(master, direction === 0 ? 1 : 0, back);
  nat.setup(slot, rangeOf(back, T_DST, NF_NAT_RANGE_MAP_IPS), NF_NAT_MANIP_SRC);
  const to = rangeOf(back, T_SRC, NF_NAT_RANGE_MAP_IPS);
  to.setPorts(savedPort);
  nat.setup(slot, to, NF_NAT_MANIP_DST);
}

/** Gives the request the port and asks for it. */
export function expectFrom(ct: Conntrack, request: ExpectationRequest, port: number): ExpectResult {
  request.tuple[T_PORTS] = (request.tuple[T_PORTS]! & ~0xffff) | port;
  return ct.expectations.add(request);
}

/**
 * nf_nat_exp_find_port(): announces the connection at `port`, or at one above it by chance where that
 * clashes with another one. The port, or 0 where there is none.
 */
export function expectPort(ct: Conntrack, request: ExpectationRequest, port: number): number {
  const range = 0xffff - port;
  let left = Math.min(range, MAX_ATTEMPTS);
  for (let candidate = port; ; candidate = port + ct.netns.random.below(range)) {
    const result = expectFrom(ct, request, candidate);
    if (result === 'ok') return candidate;
    if (result !== 'busy' || --left < 0) return 0;
  }
}
