// What xtables extensions carry: the struct xt_*_info of include/uapi/linux/netfilter/xt_*.h as
// plain data. Each extension has a file of its own under `match/` or `target/`: the type of its
// info, and the check that tells whether data from outside (a state file) is one.

import type { Check } from '../schema.ts';

/** Plain frozen data; fields are named after the struct's. */
export type XtInfo = object;

/** A range of numbers, both ends inclusive. */
export interface XtRange {
  readonly min: number;
  readonly max: number;
}

/** What must be so, or with `invert` must not. */
export interface XtTest<T> {
  readonly value: T;
  readonly invert: boolean;
}

/** An address and its mask, both in hex. */
export interface XtNet {
  readonly address: string;
  readonly mask: string;
}

export interface XtMasked {
  readonly value: number;
  readonly mask: number;
}

/** From one address to another in hex, both inclusive. */
export interface XtAddresses {
  readonly from: string;
  readonly to: string;
}

/** What a program knows of one extension. */
export interface XtShape {
  readonly name: string;
  readonly check: Check;
}
