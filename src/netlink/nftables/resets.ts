// What `reset` asks for: the same dumps and answers as a list, of values that are set back while they
// are told (NFT_MSG_GET*_RESET).

import type { Change, Program } from '../../program/index.ts';
import * as u from '../../uapi/index.ts';
import { AttributeWriter } from '../attributes.ts';
import { encodeNfgenmsg, type Message } from '../message.ts';
import type { NftMessage, WireElements } from './decode.ts';
import { encodeBatch } from './encode.ts';
import { OBJECT_KINDS } from './expr/index.ts';
import { NFPROTO } from './family.ts';
import type { WireElement } from './intervals.ts';
import { numberOf } from './unencodable.ts';

export type ResetChange = Extract<Change, { op: 'reset' }>;

/** Whether a reset is about one thing, which is answered, or about many, which are dumped. */
const isOne = ({ what, handle, name }: ResetChange): boolean =>
  what === 'rule'
    ? handle !== undefined
    : what === 'element' || (what !== 'set' && name !== undefined);

function rules(w: AttributeWriter, { table, chain, handle }: ResetChange): number {
  w.text(u.NFTA_RULE_TABLE, table);
  if (chain !== undefined) w.text(u.NFTA_RULE_CHAIN, chain);
  if (handle !== undefined) w.u64be(u.NFTA_RULE_HANDLE, handle);
  return u.NFT_MSG_GETRULE_RESET;
}

function objects(w: AttributeWriter, { table, name, what }: ResetChange): number {
  w.text(u.NFTA_OBJ_TABLE, table);
  if (name !== undefined) w.text(u.NFTA_OBJ_NAME, name);
  w.u32be(u.NFTA_OBJ_TYPE, numberOf(OBJECT_KINDS, what as never, 'object'));
  return u.NFT_MSG_GETOBJ_RESET;
}

function elements(w: AttributeWriter, { table, name = '' }: ResetChange): number {
  w.text(u.NFTA_SET_ELEM_LIST_TABLE, table).text(u.NFTA_SET_ELEM_LIST_SET, name);
  return u.NFT_MSG_GETSETELEM_RESET;
}

/** Elements are asked for as they are deleted: by their keys, ranges end by end. */
function someElements(change: ResetChange, current: Program, littleEndian: boolean): Uint8Array {
  const { family, table, name = '', elements: asked = [] } = change;
  const named = {
    op: 'delelem',
    destroy: false,
    family,
    table,
    set: name,
    elements: asked,
  } as const;
  const [, message] = encodeBatch([named], { littleEndian, current }).messages;
  return message!.payload;
}

/** The request that resets, and how it is answered. */
export function resetRequest(
  change: ResetChange,
  current: Program,
  seq: number,
  littleEndian: boolean,
): { readonly message: Message; readonly dumped: boolean } {
  const { what, family } = change;
  const w = new AttributeWriter(littleEndian);
  const write =
    what === 'rule' || what === 'rules'
      ? rules
      : what === 'set' || what === 'element'
        ? elements
        : objects;
  const type = write(w, change);
  const payload =
    what === 'element'
      ? someElements(change, current, littleEndian)
      : encodeNfgenmsg(NFPROTO[family], w.finish());
  const dumped = !isOne(change);
  const flags = u.NLM_F_REQUEST | (dumped ? u.NLM_F_DUMP : u.NLM_F_ACK);
  const message = { type: (u.NFNL_SUBSYS_NFTABLES << 8) | type, flags, seq, pid: 0, payload };
  return { message, dumped };
}

type Changed = Extract<NftMessage, { kind: 'change' }>;

/** What tells rules and objects of a dump apart; undefined for what no reset is about. */
function identity({ change }: Changed): string | undefined {
  if (change.op === 'newrule') return `rule ${change.family} ${change.table} ${change.rule.handle}`;
  if (change.op !== 'newobj') return undefined;
  return `${change.object.data.kind} ${change.family} ${change.table} ${change.object.name}`;
}

const elementKey = ({ key, keyEnd, end, catchall }: WireElement): string =>
  `${key} ${keyEnd} ${end} ${catchall}`;

/** The messages of a dump, with what a reset told in the place of what was dumped before. */
export function replaced(
  messages: readonly NftMessage[],
  were: readonly NftMessage[],
): readonly NftMessage[] {
  const told = new Map<string, Changed>();
  const elements = new Map<string, WireElement>();
  for (const message of were) {
    if (message.kind !== 'change') continue;
    const { change } = message;
    if (change.op === 'newelem')
      for (const one of change.elements) elements.set(setKey(change) + elementKey(one), one);
    else told.set(identity(message) ?? '', message);
  }
  return messages.map((message) => {
    if (message.kind !== 'change') return message;
    const { change } = message;
    if (change.op !== 'newelem') return told.get(identity(message) ?? '-') ?? message;
    const now = change.elements.map((one) => elements.get(setKey(change) + elementKey(one)) ?? one);
    return { ...message, change: { ...change, elements: now } };
  });
}

const setKey = ({ family, table, set }: WireElements): string => `${family} ${table} ${set} `;
