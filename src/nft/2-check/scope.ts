// What names mean while a batch is checked: the ruleset it will be applied to, plus what the
// batch itself has added so far, minus what it deleted.

import type { BaseHook, ObjectKind, Program, SetSpec, Table } from '../../program/index.ts';
import type { Family, StatefulStatement } from '../ast/index.ts';
import { NO_SPAN } from '../ast/index.ts';
import {
  type Datatype,
  datatypeOf,
  integerType,
  paddedBits,
  sizedInteger,
  stringType,
  verdictType,
} from '../types/index.ts';
import { type Typed, value, verdict } from './typed.ts';
import { describedBy } from './typeof.ts';

/** A set, map or object map as rules and elements see it. */
export interface SetInfo {
  readonly name: string;
  readonly anonymous: boolean;
  /** Its type, byte order and length; of a concatenation also the fields. */
  key: Typed;
  /** Of a map. */
  data?: Typed;
  dataInterval: boolean;
  readonly objType?: ObjectKind;
  interval: boolean;
  /** Ranges within the fields of a concatenation. */
  concat: boolean;
  dynamic: boolean;
  readonly timeout: boolean;
  readonly autoMerge: boolean;
  /** The stateful statements every element carries. */
  readonly statements: readonly StatefulStatement['kind'][];
  /** Closed intervals already in an interval set, ascending. Read from the ruleset when needed. */
  ranges?: IntervalList;
  readonly loadRanges?: () => IntervalList;
  readonly size?: number;
  /** How many elements its declaration has, once they are read. */
  declared?: number;
}

export interface Interval {
  readonly low: bigint;
  readonly high: bigint;
}
export type IntervalList = Interval[];

export interface ChainInfo {
  readonly base?: BaseHook;
  /** It was there before the batch, and so has a handle. */
  readonly existed?: true;
}

export interface TableInfo {
  readonly family: Family;
  readonly name: string;
  readonly chains: Map<string, ChainInfo>;
  readonly sets: Map<string, SetInfo>;
  /** Keyed by kind and name: a counter and a quota may share one. */
  readonly objects: Set<string>;
  readonly flowtables: Set<string>;
  /** Names of sets that are taken, anonymous ones included. */
  readonly taken: Set<string>;
  /** Where the search for a free anonymous name goes on. */
  nextAnonymous: number;
}

export const objectKey = (kind: ObjectKind, name: string): string => `${kind} ${name}`;

/** A key of the given type: a constant without a value, or a concatenation of them. */
export function keyOfType(type: Datatype, len = type.size, fieldLens?: readonly number[]): Typed {
  if (type.parts === undefined) return value(NO_SPAN, type, type.byteorder, len, 0n);
  const items = type.parts.map((part, i) => {
    const bits = part.size || (fieldLens?.[i] ?? 4) * 8;
    const sized = part.size === 0 ? sizedInteger(part, bits, 'big') : part;
    return value(NO_SPAN, sized, sized.byteorder, bits, 0n) as Typed;
  });
  return {
    kind: 'concat',
    span: NO_SPAN,
    type,
    byteorder: 'big',
    len: items.reduce((bits, item) => bits + paddedBits(item.len), 0),
    items,
    fieldLens: items.map((item) => Math.ceil(item.len / 8)),
  };
}

function dataOf(set: SetSpec): Typed | undefined {
  if (set.objType !== undefined) return value(NO_SPAN, stringType, 'host', 256 * 8, 0n);
  if (set.dataType === undefined) return undefined;
  if (set.dataType === verdictType.name) return verdict(NO_SPAN, 'continue');
  const type = datatypeOf(set.dataType) ?? integerType;
  return keyOfType(type, type.size || (set.dataLen ?? 4) * 8);
}

const rangesOf = (set: SetSpec): IntervalList =>
  set.elements
    .filter((element) => element.catchall !== true)
    .map(({ key, keyEnd }) => ({ low: BigInt(`0x${key}`), high: BigInt(`0x${keyEnd ?? key}`) }))
    .sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));

function setInfo(set: SetSpec): SetInfo {
  const type = datatypeOf(set.keyType) ?? integerType;
  const described = describedBy(set);
  const data = described.data ?? dataOf(set);
  const flags = new Set(set.flags);
  return {
    name: set.name,
    anonymous: flags.has('anonymous'),
    key: described.key ?? keyOfType(type, type.size || set.keyLen * 8, set.fieldLens),
    ...(data !== undefined && { data }),
    dataInterval: set.dataInterval === true,
    ...(set.objType !== undefined && { objType: set.objType }),
    interval: flags.has('interval'),
    concat: flags.has('concat') || (flags.has('interval') && type.parts !== undefined),
    dynamic: flags.has('dynamic'),
    timeout: flags.has('timeout'),
    autoMerge: set.autoMerge === true,
    statements: set.exprs.map((e) => e.kind as StatefulStatement['kind']),
    loadRanges: () => rangesOf(set),
    ...(set.size !== undefined && { size: set.size }),
  };
}

function tableInfo(table: Table): TableInfo {
  return {
    family: table.family,
    name: table.name,
    chains: new Map(
      table.chains.map(({ name, base }) => [name, { ...(base && { base }), existed: true }]),
    ),
    sets: new Map(table.sets.map((s) => [s.name, setInfo(s)])),
    objects: new Set(table.objects.map((o) => objectKey(o.data.kind, o.name))),
    flowtables: new Set(table.flowtables.map((f) => f.name)),
    taken: new Set(table.sets.map((s) => s.name)),
    nextAnonymous: 0,
  };
}

const tableKey = (family: Family, name: string): string => `${family} ${name}`;

export class Scope {
  readonly #tables = new Map<string, TableInfo>();

  constructor(current: Program | undefined) {
    for (const table of current?.tables ?? []) {
      this.#tables.set(tableKey(table.family, table.name), tableInfo(table));
    }
  }

  table(family: Family, name: string): TableInfo | undefined {
    return this.#tables.get(tableKey(family, name));
  }

  /** The table of that name, made if it is not there. */
  addTable(family: Family, name: string): TableInfo {
    const known = this.table(family, name);
    if (known !== undefined) return known;
    const table: TableInfo = {
      family,
      name,
      chains: new Map(),
      sets: new Map(),
      objects: new Set(),
      flowtables: new Set(),
      taken: new Set(),
      nextAnonymous: 0,
    };
    this.#tables.set(tableKey(family, name), table);
    return table;
  }

  deleteTable(family: Family, name: string): void {
    this.#tables.delete(tableKey(family, name));
  }

  /** Of one family, or of all. */
  deleteTables(family: Family | undefined): void {
    for (const [key, table] of this.#tables) {
      if (family === undefined || table.family === family) this.#tables.delete(key);
    }
  }

  tableNames(): string[] {
    return [...this.#tables.values()].map((table) => table.name);
  }

  /** `__set0`, `__map1` …: the first free number, as the kernel picks for `__set%d`. */
  anonymousName(table: TableInfo, prefix: '__set' | '__map' | '__objmap'): string {
    let name = `${prefix}${table.nextAnonymous}`;
    while (table.taken.has(name)) name = `${prefix}${++table.nextAnonymous}`;
    table.taken.add(name);
    table.nextAnonymous++;
    return name;
  }

  /** A chain of a rule's own is named by number, as the kernel names it (`__chain0`). */
  anonymousChain(table: TableInfo): string {
    let number = 0;
    while (table.chains.has(`__chain${number}`)) number++;
    const name = `__chain${number}`;
    table.chains.set(name, {});
    return name;
  }
}

/** The intervals a set holds so far. */
export function intervalsOf(set: SetInfo): IntervalList {
  set.ranges ??= set.loadRanges?.() ?? [];
  return set.ranges;
}
