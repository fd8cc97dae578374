// Messages to changes. A message is read by itself first; byte order and ranges need the sets of
// the others (assemble.ts).

import type { Change, Family } from '../../program/index.ts';
import * as u from '../../uapi/index.ts';
import { Attributes } from '../attributes.ts';
import { type Malformed, malformed } from '../malformed.ts';
import { decodeNfgenmsg } from '../message.ts';
import { readChain, readComment, readFlowtable, readTable } from './chains.ts';
import { readCompat } from './compat.ts';
import { readElement } from './elements.ts';
import { anonymousChain, anonymousSet, OBJECT_KINDS, readExprs } from './expr/index.ts';
import { familyOf } from './family.ts';
import type { WireElement } from './intervals.ts';
import { readObject } from './objects.ts';
import { readSet } from './sets.ts';

type OfOp<Op extends Change['op']> = Extract<Change, { op: Op }>;

/** Elements as a message has them: ranges in two parts, values as the host holds them. */
export type WireElements =
  | (Omit<OfOp<'newelem'>, 'elements'> & { readonly elements: readonly WireElement[] })
  | (Omit<OfOp<'delelem'>, 'elements'> & { readonly elements?: readonly WireElement[] });

/** A change whose values are still as the host holds them. */
export type WireChange = Exclude<Change, { op: 'newelem' | 'delelem' }> | WireElements;

export type NftMessage =
  | {
      readonly ok: true;
      readonly kind: 'change';
      readonly change: WireChange;
      /** Sets only: what the userdata says of the key's order. */
      readonly hostKey?: boolean;
      /** Rules only: numbers that hold within a batch. */
      readonly rule?: RuleIds;
      /** Attributes at the top that this version does not know. */
      readonly unread: readonly number[];
    }
  | {
      readonly ok: true;
      readonly kind: 'generation';
      readonly id: number;
      /** Whose it is: process and name. */
      readonly process?: number;
      readonly name?: string;
    };

/** What a message of a rule says of its place among the rules of its batch. */
export interface RuleIds {
  /** NFTA_RULE_ID: of the rule itself, or of the one to delete. */
  readonly id?: number;
  /** NFTA_RULE_POSITION_ID: of the rule it stands beside. */
  readonly beside?: number;
}

export interface DecodeOptions {
  readonly littleEndian: boolean;
}

interface Head {
  readonly a: Attributes;
  readonly family: Family;
  readonly table: string;
  readonly create: boolean;
  readonly flags: number;
}
type Read = (head: Head) => WireChange | ReadChange;
interface ReadChange {
  readonly change: WireChange;
  readonly hostKey?: boolean;
  readonly rule?: RuleIds;
}

const refOf = (a: Attributes, name: number, handle: number) => ({
  ...(a.has(name) && { name: a.text(name) }),
  ...(a.has(handle) && { handle: a.u64be(handle) }),
});

const chainOf = (a: Attributes, name: number, id: number): string =>
  a.has(name) ? a.text(name) : anonymousChain(a.u32be(id));

const ruleIds = (a: Attributes): { readonly rule?: RuleIds } => {
  const rule = {
    ...(a.has(u.NFTA_RULE_ID) && { id: a.u32be(u.NFTA_RULE_ID) }),
    ...(a.has(u.NFTA_RULE_POSITION_ID) && { beside: a.u32be(u.NFTA_RULE_POSITION_ID) }),
  };
  return Object.keys(rule).length > 0 ? { rule } : {};
};

const readRule: Read = (head) => ({ change: ruleOf(head), ...ruleIds(head.a) });

function ruleOf({ a, family, table, flags }: Head): WireChange {
  const handle = a.has(u.NFTA_RULE_HANDLE) ? a.u64be(u.NFTA_RULE_HANDLE) : undefined;
  const position = a.has(u.NFTA_RULE_POSITION) ? a.u64be(u.NFTA_RULE_POSITION) : undefined;
  const replace = (flags & u.NLM_F_REPLACE) !== 0;
  const add = (flags & u.NLM_F_APPEND) !== 0 || (flags & u.NLM_F_CREATE) === 0;
  const at = replace ? handle : position;
  return {
    op: 'newrule',
    family,
    table,
    chain: chainOf(a, u.NFTA_RULE_CHAIN, u.NFTA_RULE_CHAIN_ID),
    rule: {
      ...(handle !== undefined && !replace && { handle }),
      exprs: readExprs(a, u.NFTA_RULE_EXPRESSIONS),
      ...readCompat(a),
      ...readComment(a, u.NFTA_RULE_USERDATA),
    },
    where: replace ? 'replace' : add ? 'add' : 'insert',
    ...(at !== undefined && { handle: at }),
  };
}

function readElements(op: 'newelem' | 'delelem', destroy: boolean): Read {
  return ({ a, family, create }) => {
    const { NFTA_SET_ELEM_LIST_ELEMENTS: list } = u;
    const elements = a.has(list)
      ? { elements: a.list(list, u.NFTA_LIST_ELEM).map(readElement) }
      : {};
    const place = {
      family,
      table: a.text(u.NFTA_SET_ELEM_LIST_TABLE),
      set: anonymousSet(a.text(u.NFTA_SET_ELEM_LIST_SET), a.u32be(u.NFTA_SET_ELEM_LIST_SET_ID)),
    };
    return op === 'newelem'
      ? { op, ...place, create, elements: [], ...elements }
      : { op, ...place, destroy, ...elements };
  };
}

const readNewSet: Read = ({ a, family, table, create }) => {
  const name = anonymousSet(a.text(u.NFTA_SET_NAME), a.u32be(u.NFTA_SET_ID));
  const { set, ...order } = readSet(a, name);
  return { change: { op: 'newset', family, table, create, set }, ...order };
};

const deleting = (destroy: boolean) => ({
  table: ({ a, family }: Head): WireChange => ({
    op: 'deltable',
    destroy,
    family,
    table: refOf(a, u.NFTA_TABLE_NAME, u.NFTA_TABLE_HANDLE),
  }),
  chain: ({ a, family, table }: Head): WireChange => ({
    op: 'delchain',
    destroy,
    family,
    table,
    chain: refOf(a, u.NFTA_CHAIN_NAME, u.NFTA_CHAIN_HANDLE),
  }),
  rule: ({ a, family, table }: Head): ReadChange => ({
    change: {
      op: 'delrule',
      destroy,
      family,
      table,
      ...(a.has(u.NFTA_RULE_CHAIN) && { chain: a.text(u.NFTA_RULE_CHAIN) }),
      ...(a.has(u.NFTA_RULE_HANDLE) && { rule: { handle: a.u64be(u.NFTA_RULE_HANDLE) } }),
    },
    ...ruleIds(a),
  }),
  set: ({ a, family, table }: Head): WireChange => ({
    op: 'delset',
    destroy,
    family,
    table,
    set: refOf(a, u.NFTA_SET_NAME, u.NFTA_SET_HANDLE),
  }),
  object: ({ a, family, table }: Head): WireChange => ({
    op: 'delobj',
    destroy,
    family,
    table,
    type: a.word(u.NFTA_OBJ_TYPE, OBJECT_KINDS, 'object type'),
    object: refOf(a, u.NFTA_OBJ_NAME, u.NFTA_OBJ_HANDLE),
  }),
  flowtable: ({ a, family, table }: Head): WireChange => ({
    op: 'delflowtable',
    destroy,
    family,
    table,
    flowtable: refOf(a, u.NFTA_FLOWTABLE_NAME, u.NFTA_FLOWTABLE_HANDLE),
  }),
});

const del = deleting(false);
const destroy = deleting(true);

const READERS: Readonly<Record<number, Read>> = {
  [u.NFT_MSG_NEWTABLE]: ({ a, family, create }) => ({
    op: 'newtable',
    family,
    create,
    table: readTable(a),
  }),
  [u.NFT_MSG_DELTABLE]: del.table,
  [u.NFT_MSG_DESTROYTABLE]: destroy.table,
  [u.NFT_MSG_NEWCHAIN]: ({ a, family, table, create }) => ({
    op: 'newchain',
    family,
    table,
    create,
    chain: readChain(a, family, chainOf(a, u.NFTA_CHAIN_NAME, u.NFTA_CHAIN_ID)),
  }),
  [u.NFT_MSG_DELCHAIN]: del.chain,
  [u.NFT_MSG_DESTROYCHAIN]: destroy.chain,
  [u.NFT_MSG_NEWRULE]: readRule,
  [u.NFT_MSG_DELRULE]: del.rule,
  [u.NFT_MSG_DESTROYRULE]: destroy.rule,
  [u.NFT_MSG_NEWSET]: readNewSet,
  [u.NFT_MSG_DELSET]: del.set,
  [u.NFT_MSG_DESTROYSET]: destroy.set,
  [u.NFT_MSG_NEWSETELEM]: readElements('newelem', false),
  [u.NFT_MSG_DELSETELEM]: readElements('delelem', false),
  [u.NFT_MSG_DESTROYSETELEM]: readElements('delelem', true),
  [u.NFT_MSG_NEWOBJ]: ({ a, family, table, create }) => ({
    op: 'newobj',
    family,
    table,
    create,
    object: readObject(a),
  }),
  [u.NFT_MSG_DELOBJ]: del.object,
  [u.NFT_MSG_DESTROYOBJ]: destroy.object,
  [u.NFT_MSG_NEWFLOWTABLE]: ({ a, family, table, create }) => ({
    op: 'newflowtable',
    family,
    table,
    create,
    flowtable: readFlowtable(a),
  }),
  [u.NFT_MSG_DELFLOWTABLE]: del.flowtable,
  [u.NFT_MSG_DESTROYFLOWTABLE]: destroy.flowtable,
};

function readGeneration(a: Attributes): NftMessage {
  const name = a.text(u.NFTA_GEN_PROC_NAME);
  return {
    ok: true,
    kind: 'generation',
    id: a.u32be(u.NFTA_GEN_ID),
    ...(a.has(u.NFTA_GEN_PROC_PID) && { process: a.u32be(u.NFTA_GEN_PROC_PID) }),
    ...(name !== '' && { name }),
  };
}

/**
 * Reads one message: `type` without the subsystem, `payload` from nfgenmsg on. Bytes of any kind
 * give a value; what could not be read says why.
 */
export function decodeNft(
  type: number,
  flags: number,
  payload: Uint8Array,
  { littleEndian }: DecodeOptions,
): NftMessage | Malformed {
  const head = decodeNfgenmsg(payload);
  if ('ok' in head) return head;
  const a = new Attributes(head.attributes, littleEndian);
  const message =
    type === u.NFT_MSG_NEWGEN ? readGeneration(a) : readChange(type, flags, head.family, a);
  return a.error === undefined ? message : malformed(a.error);
}

function readChange(
  type: number,
  flags: number,
  number: number,
  a: Attributes,
): NftMessage | Malformed {
  const read = READERS[type];
  if (read === undefined) return malformed(`message type ${type} is none that changes a ruleset`);
  const family = familyOf(number);
  if (family === undefined) return readFlush(type, number, a);
  const create = (flags & u.NLM_F_EXCL) !== 0;
  // The attribute of the table is number 1 of every kind but elements, which read their own.
  const got = read({ a, family, table: a.text(u.NFTA_CHAIN_TABLE), create, flags });
  const { change, ...order } = 'change' in got ? got : { change: got };
  return { ok: true, kind: 'change', change, ...order, unread: a.unread };
}

/** Only `flush ruleset` is about no family. */
function readFlush(type: number, number: number, a: Attributes): NftMessage | Malformed {
  if (type !== u.NFT_MSG_DELTABLE || number !== 0) return malformed(`unknown family ${number}`);
  const change: WireChange = { op: 'deltable', destroy: false };
  return { ok: true, kind: 'change', change, unread: a.unread };
}
