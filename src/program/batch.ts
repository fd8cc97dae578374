// A transaction: what one nfnetlink batch carries, as data. Either all of it becomes the next
// generation or nothing does (nf_tables_api.c, nf_tables_commit and nf_tables_abort).

import type { ObjectKind } from './expr.ts';
import type {
  Chain,
  Family,
  Flowtable,
  NamedObject,
  Rule,
  SetElement,
  SetSpec,
  Source,
  Table,
} from './program.ts';

/** Names an object in a table, or by its handle where the language allows that. */
export interface Ref {
  readonly name?: string;
  readonly handle?: number;
}

interface InTable {
  readonly family: Family;
  readonly table: string;
  /** The command that asked for it, for error messages. */
  readonly source?: Source;
}

/**
 * `create` fails with EEXIST if it exists (NLM_F_EXCL), `add` does not; `destroy` is a delete that
 * does not mind absence. Tables, chains and sets come without their contents: rules and elements
 * are messages of their own, as in the kernel's ABI.
 */
export type Change =
  | {
      readonly op: 'newtable';
      readonly create: boolean;
      readonly family: Family;
      readonly table: Omit<Table, 'chains' | 'sets' | 'objects' | 'flowtables' | 'family'>;
      readonly source?: Source;
    }
  | {
      readonly op: 'deltable';
      readonly destroy: boolean;
      /** Absent: every family or every table (flush ruleset). */
      readonly family?: Family;
      readonly table?: Ref;
      readonly source?: Source;
    }
  | (InTable & {
      readonly op: 'newchain';
      readonly create: boolean;
      readonly chain: Omit<Chain, 'rules'>;
    })
  | (InTable & { readonly op: 'renamechain'; readonly chain: string; readonly to: string })
  | (InTable & {
      readonly op: 'delchain';
      readonly destroy: boolean;
      readonly chain: Ref;
      /** Delete only these devices of a base chain. */
      readonly devices?: readonly string[];
    })
  | (InTable & {
      readonly op: 'newrule';
      readonly chain: string;
      readonly rule: Rule;
      /** add: after the last or `handle`; insert: before the first or `handle`; replace: `handle`. */
      readonly where: 'add' | 'insert' | 'replace';
      readonly handle?: number;
      /** Position by index as the language counts it; resolved against the state when applied. */
      readonly index?: number;
    })
  | (InTable & {
      readonly op: 'delrule';
      readonly destroy: boolean;
      /** Absent: all rules of the table; without `rule` all rules of the chain (flush). */
      readonly chain?: string;
      readonly rule?: { readonly handle?: number; readonly index?: number };
    })
  | (InTable & {
      readonly op: 'newset';
      readonly create: boolean;
      readonly set: Omit<SetSpec, 'elements'>;
    })
  | (InTable & { readonly op: 'delset'; readonly destroy: boolean; readonly set: Ref })
  | (InTable & {
      readonly op: 'newelem';
      readonly create: boolean;
      readonly set: string;
      readonly elements: readonly SetElement[];
    })
  | (InTable & {
      readonly op: 'delelem';
      readonly destroy: boolean;
      readonly set: string;
      /** Absent: all elements (flush set). */
      readonly elements?: readonly SetElement[];
    })
  | (InTable & { readonly op: 'newobj'; readonly create: boolean; readonly object: NamedObject })
  | (InTable & {
      readonly op: 'delobj';
      readonly destroy: boolean;
      readonly type: ObjectKind;
      readonly object: Ref;
    })
  | (InTable & {
      readonly op: 'newflowtable';
      readonly create: boolean;
      readonly flowtable: Flowtable;
    })
  | (InTable & {
      readonly op: 'delflowtable';
      readonly destroy: boolean;
      readonly flowtable: Ref;
      readonly devices?: readonly string[];
    })
  | (InTable & {
      readonly op: 'reset';
      readonly what: 'rule' | 'rules' | 'set' | 'element' | ObjectKind;
      readonly chain?: string;
      readonly name?: string;
      readonly handle?: number;
      readonly elements?: readonly SetElement[];
    });

export type Batch = readonly Change[];
