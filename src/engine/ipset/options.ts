// What a rule asks a set with: struct ip_set_adt_opt, and the part of the packet it needs.

import type { NetDevice, Packet } from '../../core/index.ts';

/** The packet and where it is; a walk through a chain (`PktInfo`) is one. */
export interface SetPacket {
  readonly packet: Packet;
  readonly in: NetDevice | null;
  readonly out: NetDevice | null;
  /** NFPROTO_* of the hook. */
  readonly pf: number;
}

/** IPSET_FLAG_* of struct ip_set_adt_opt, `cmdflags`. */
export const SetFlag = {
  exist: 1,
  /** `! --update-counters` */
  skipCounterUpdate: 1 << 3,
  /** `! --update-subcounters` */
  skipSubcounterUpdate: 1 << 4,
  matchCounters: 1 << 5,
  /** `--return-nomatch` */
  returnNomatch: 1 << 7,
  /** The interface is the bridge's port. */
  physdev: 1 << 17,
} as const;

/** enum ip_set_counter_match ops. */
export type CounterOp = 'none' | 'eq' | 'ne' | 'lt' | 'gt';

/** IPSET_NO_TIMEOUT: the set's own timeout is taken. */
export const NO_TIMEOUT = 0xffffffff;

/** One per rule, made when the rule is; reused for every packet. */
export class SetOptions {
  /** How many directions the rule gives. */
  readonly dim: number;
  /** Bit n set: dimension n, counted from 1, is the source (IPSET_DIM_*_SRC). */
  readonly flags: number;
  cmdflags = 0;
  /** Seconds for what is added. */
  timeout = NO_TIMEOUT;
  packetsOp: CounterOp = 'none';
  packets = 0;
  bytesOp: CounterOp = 'none';
  bytes = 0;
  /** What the entry that matched says of the packet; zeros where the set keeps no such thing. */
  skbmark = 0;
  skbmarkmask = 0;
  skbprio = 0;
  skbqueue = 0;

  /** @param directions as in a rule: `src`, `dst`, or several with commas between */
  constructor(directions: string) {
    const words = directions === '' ? [] : directions.split(',');
    this.dim = words.length;
    this.flags = words.reduce((bits, word, i) => bits | (word === 'src' ? 1 << (i + 1) : 0), 0);
  }
}

/** Whether a dimension, counted from 1, is looked at in the source. */
export const isSource = (options: SetOptions, dimension: number): boolean =>
  ((options.flags >>> dimension) & 1) === 1;
