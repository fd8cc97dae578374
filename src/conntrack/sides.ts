// Parts that few entries have, kept beside the rows.

import type { ConntrackHelper } from './helper.ts';
import { CHUNK_BITS, CHUNK_MASK, ROW, type Table, W_SIDE } from './table.ts';
import type { Tuple } from './tuple.ts';

export const SIDE_ACCT = 1;
export const SIDE_TIME = 2;
export const SIDE_LABELS = 4;
export const SIDE_HELPER = 8;
export const SIDE_POLICY = 16;
export const SIDE_SECMARK = 32;
export const SIDE_SEQADJ = 64;
export const SIDE_MASTER = 128;
export const SIDE_SYNPROXY = 256;
/** Kept in maps, as opposed to columns. */
const SIDE_MAPS =
  SIDE_LABELS |
  SIDE_HELPER |
  SIDE_POLICY |
  SIDE_SECMARK |
  SIDE_SEQADJ |
  SIDE_MASTER |
  SIDE_SYNPROXY;

/** struct nf_ct_seqadj of one direction: shifts before and behind a position. */
export interface SeqAdjust {
  correctionPos: number;
  offsetBefore: number;
  offsetAfter: number;
}

/** What a SYN proxy knows of a connection it has opened (struct nf_conn_synproxy). */
export interface SynproxySide {
  /** The sequence number the client was answered with. */
  isn: number;
  /** Our time stamp that the client was sent, and how much later the server's clock is. */
  its: number;
  tsoff: number;
}

/** What an expected connection keeps of the one that announced it, which may end first. */
export interface MasterSide {
  readonly slot: number;
  readonly id: number;
  readonly helper: string;
  readonly original: Tuple;
}

/** A helper on a connection (struct nf_conn_help); `data` belongs to the helper. */
export interface HelperSide {
  readonly name: string;
  /** null where nobody registered one of this name. */
  readonly helper: ConntrackHelper | null;
  data: unknown;
}

export class Sides {
  readonly #labels = new Map<number, Uint8Array>();
  readonly #helpers = new Map<number, HelperSide>();
  readonly #policies = new Map<number, readonly number[]>();
  readonly #secmarks = new Map<number, number>();
  readonly #seqadj = new Map<number, readonly [SeqAdjust, SeqAdjust]>();
  readonly #masters = new Map<number, MasterSide>();
  readonly #synproxies = new Map<number, SynproxySide>();

  has(table: Table, slot: number, bit: number): boolean {
    return (table.rows[slot >>> CHUNK_BITS]![(slot & CHUNK_MASK) * ROW + W_SIDE]! & bit) !== 0;
  }

  mark(table: Table, slot: number, bit: number): void {
    table.set(slot, W_SIDE, table.get(slot, W_SIDE) | bit);
  }

  /** Forgets everything about an entry that ends. */
  clear(table: Table, slot: number): void {
    if (!this.has(table, slot, SIDE_MAPS)) return;
    // Labels stay until the slot is somebody else's: a packet that ended its connection still has them.
    this.#helpers.delete(slot);
    this.#policies.delete(slot);
    this.#secmarks.delete(slot);
    this.#seqadj.delete(slot);
    this.#masters.delete(slot);
    this.#synproxies.delete(slot);
  }

  labels(table: Table, slot: number): Uint8Array | null {
    return this.has(table, slot, SIDE_LABELS) ? (this.#labels.get(slot) ?? null) : null;
  }

  /** 128 bits; made when a label is first set. */
  labelsFor(table: Table, slot: number): Uint8Array {
    let labels = this.labels(table, slot);
    if (labels === null) {
      labels = new Uint8Array(16);
      this.#labels.set(slot, labels);
      this.mark(table, slot, SIDE_LABELS);
    }
    return labels;
  }

  helper(table: Table, slot: number): HelperSide | null {
    return this.has(table, slot, SIDE_HELPER) ? (this.#helpers.get(slot) ?? null) : null;
  }

  setHelper(table: Table, slot: number, helper: HelperSide): void {
    this.#helpers.set(slot, helper);
    this.mark(table, slot, SIDE_HELPER);
  }

  master(table: Table, slot: number): MasterSide | null {
    return this.has(table, slot, SIDE_MASTER) ? (this.#masters.get(slot) ?? null) : null;
  }

  setMaster(table: Table, slot: number, master: MasterSide): void {
    this.#masters.set(slot, master);
    this.mark(table, slot, SIDE_MASTER);
  }

  /** Timeouts of a `ct timeout` object, seconds by state. */
  policy(table: Table, slot: number): readonly number[] | null {
    return this.has(table, slot, SIDE_POLICY) ? (this.#policies.get(slot) ?? null) : null;
  }

  setPolicy(table: Table, slot: number, seconds: readonly number[]): void {
    this.#policies.set(slot, seconds);
    this.mark(table, slot, SIDE_POLICY);
  }

  secmark(table: Table, slot: number): number {
    return this.has(table, slot, SIDE_SECMARK) ? (this.#secmarks.get(slot) ?? 0) : 0;
  }

  setSecmark(table: Table, slot: number, value: number): void {
    this.#secmarks.set(slot, value);
    this.mark(table, slot, SIDE_SECMARK);
  }

  synproxy(table: Table, slot: number): SynproxySide | null {
    return this.has(table, slot, SIDE_SYNPROXY) ? (this.#synproxies.get(slot) ?? null) : null;
  }

  /** nfct_synproxy_ext_add(). */
  addSynproxy(table: Table, slot: number): void {
    this.#synproxies.set(slot, { isn: 0, its: 0, tsoff: 0 });
    this.mark(table, slot, SIDE_SYNPROXY);
  }

  seqAdjust(table: Table, slot: number): readonly [SeqAdjust, SeqAdjust] | null {
    return this.has(table, slot, SIDE_SEQADJ) ? (this.#seqadj.get(slot) ?? null) : null;
  }

  seqAdjustFor(table: Table, slot: number): readonly [SeqAdjust, SeqAdjust] {
    let both = this.#seqadj.get(slot);
    if (both === undefined) {
      both = [
        { correctionPos: 0, offsetBefore: 0, offsetAfter: 0 },
        { correctionPos: 0, offsetBefore: 0, offsetAfter: 0 },
      ];
      this.#seqadj.set(slot, both);
      this.mark(table, slot, SIDE_SEQADJ);
    }
    return both;
  }
}
