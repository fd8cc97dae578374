import {
  type Family,
  type Flowtable,
  notesOf,
  type Table as TableSpec,
} from '../../program/index.ts';
import type { RunningFlowtable } from '../flowtables.ts';
import type { RuntimeSet } from '../set/set.ts';
import type { Chain } from './chain.ts';
import type { NamedObj } from './objects.ts';

export interface RuntimeFlowtable {
  readonly handle: number;
  spec: Flowtable;
  uses: number;
  /** Null before its batch is committed, and where nothing carries flowtables out. */
  running: RunningFlowtable | null;
}

/** One table at run time (struct nft_table). */
export class Table {
  readonly family: Family;
  readonly name: string;
  readonly handle: number;
  flags: TableSpec['flags'];
  readonly notes: ReturnType<typeof notesOf>;
  readonly chains = new Map<string, Chain>();
  readonly sets = new Map<string, RuntimeSet>();
  /** By kind and name: two kinds may share a name. */
  readonly objects = new Map<string, NamedObj>();
  readonly flowtables = new Map<string, RuntimeFlowtable>();
  /** Chains deleted by the transaction at hand, whose hooks are still to be taken away. */
  readonly retired = new Set<Chain>();
  #lastHandle = 0;

  constructor(handle: number, spec: Omit<TableSpec, 'chains' | 'sets' | 'objects' | 'flowtables'>) {
    this.handle = handle;
    this.family = spec.family;
    this.name = spec.name;
    this.flags = spec.flags;
    this.notes = notesOf(spec);
  }

  get dormant(): boolean {
    return this.flags.includes('dormant');
  }

  /** nf_tables_alloc_handle(): chains, rules, sets and objects of a table share one counter. */
  nextHandle(): number {
    return ++this.#lastHandle;
  }

  get lastHandle(): number {
    return this.#lastHandle;
  }

  /** Handles up to this one were given out before; nobody gets one of them again. */
  resumeHandles(last: number): void {
    this.#lastHandle = Math.max(this.#lastHandle, last);
  }
}

export const tableKey = (family: Family, name: string): string => `${family} ${name}`;
export const objectKey = (kind: string, name: string): string => `${kind}/${name}`;
