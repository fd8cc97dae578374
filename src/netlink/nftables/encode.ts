// Changes to messages: one transaction, framed by batch begin and end.

import { concatBytes } from '../../bytes/index.ts';
import type { Batch, Change, Family, Program, SetElement } from '../../program/index.ts';
import { EMPTY_PROGRAM } from '../../program/index.ts';
import * as u from '../../uapi/index.ts';
import { AttributeWriter } from '../attributes.ts';
import { batchMessage, encodeMessage, encodeNfgenmsg, type Message } from '../message.ts';
import { BatchContext } from './batch-context.ts';
import { writeChain, writeComment, writeFlowtable, writeTable } from './chains.ts';
import { writeCompat } from './compat.ts';
import { type DeleteChange, deletion, writeDeletedDevices } from './deletions.ts';
import { writeElement } from './elements.ts';
import { OBJECT_KINDS, writeExprs } from './expr/index.ts';
import { NFPROTO } from './family.ts';
import { splitRanges, type WireElement } from './intervals.ts';
import { writeObject } from './objects.ts';
import { RuleNumbers } from './rule-places.ts';
import { fieldsOf } from './set-fields.ts';
import { writeSet } from './sets.ts';
import { turnElement, turnExprs } from './turn.ts';
import { ENOENT, numberOf, Unencodable } from './unencodable.ts';

export interface EncodeOptions {
  /** Of the host whose kernel is spoken to. */
  readonly littleEndian: boolean;
  /** The ruleset the batch is for: existing sets, and the handles of rules named by place. */
  readonly current?: Program;
  /** Sequence number of the first message. */
  readonly seq?: number;
  /** The generation that `current` is: where it has passed the kernel refuses all (ERESTART). */
  readonly generation?: number;
  /** The kernel tells what it made of each change, with the handles it gave (NLM_F_ECHO). */
  readonly echo?: boolean;
  /** Without an end the kernel looks at all of it and changes nothing (nfnetlink_rcv_batch()). */
  readonly check?: boolean;
}

export interface EncodedBatch {
  readonly messages: readonly Message[];
  /** For each message the change it carries, by its place in the batch; -1 for begin and end. */
  readonly changes: readonly number[];
}

function beginning(first: number, { generation, littleEndian }: EncodeOptions): Message {
  if (generation === undefined) return batchMessage('begin', first);
  const w = new AttributeWriter(littleEndian).u32be(u.NFNL_BATCH_GENID, generation);
  return batchMessage('begin', first, w.finish());
}

interface Draft {
  readonly type: number;
  readonly flags: number;
  readonly family: number;
  readonly attributes: Uint8Array;
}

/** An attribute holds 64 KiB at most; elements go in as many messages as it takes. */
const ELEMENT_BYTES = 0xf000;

class Encoder {
  readonly #littleEndian: boolean;
  readonly #context: BatchContext;
  readonly #current: Program;
  readonly #batch: Batch;
  readonly #rules: RuleNumbers;

  constructor(batch: Batch, options: EncodeOptions) {
    this.#batch = batch;
    this.#littleEndian = options.littleEndian;
    this.#current = options.current ?? EMPTY_PROGRAM;
    this.#context = new BatchContext(batch, this.#current);
    this.#rules = new RuleNumbers(batch, this.#current);
  }

  #draft(
    type: number,
    flags: number,
    family: Family | undefined,
    write: (w: AttributeWriter) => void,
  ): Draft {
    const w = new AttributeWriter(this.#littleEndian);
    write(w);
    const number = family === undefined ? 0 : NFPROTO[family];
    return { type, flags, family: number, attributes: w.finish() };
  }

  drafts(change: Change): readonly Draft[] {
    switch (change.op) {
      case 'newtable':
        return [
          this.#draft(u.NFT_MSG_NEWTABLE, created(change), change.family, (w) =>
            writeTable(w, change.table),
          ),
        ];
      case 'deltable':
        return [this.#deltable(change)];
      case 'newrule':
        return [this.#newrule(change)];
      case 'delrule':
        return [this.#delrule(change)];
      case 'newelem':
      case 'delelem':
        return this.#elements(change);
      case 'reset':
        throw new Unencodable('a reset is a dump, no part of a batch');
      default:
        return [this.#named(change)];
    }
  }

  #deltable(change: Extract<Change, { op: 'deltable' }>): Draft {
    const type = change.destroy ? u.NFT_MSG_DESTROYTABLE : u.NFT_MSG_DELTABLE;
    return this.#draft(type, 0, change.family, (w) => {
      if (change.table?.name !== undefined) w.text(u.NFTA_TABLE_NAME, change.table.name);
      if (change.table?.handle !== undefined) w.u64be(u.NFTA_TABLE_HANDLE, change.table.handle);
    });
  }

  #chainName(w: AttributeWriter, change: NewRule | DelRule): void {
    if (change.chain === undefined) return;
    const id = this.#context.chainId(change.family, change.table, change.chain);
    if (id === undefined) w.text(u.NFTA_RULE_CHAIN, change.chain);
    else w.u32be(u.NFTA_RULE_CHAIN_ID, id);
  }

  #newrule(change: NewRule): Draft {
    const { rule, where } = change;
    const names = this.#context.names(change.family, change.table);
    const id = this.#rules.idOf(change);
    return this.#draft(u.NFT_MSG_NEWRULE, RULE_FLAGS[where], change.family, (w) => {
      w.text(u.NFTA_RULE_TABLE, change.table);
      this.#chainName(w, change);
      this.#place(w, change, POSITION[where], change);
      if (id !== undefined) w.u32be(u.NFTA_RULE_ID, id);
      const exprs = this.#littleEndian
        ? turnExprs(rule.exprs, this.#context.slices(change))
        : rule.exprs;
      writeExprs(w, u.NFTA_RULE_EXPRESSIONS, exprs, names);
      writeCompat(w, rule.compat);
      writeComment(w, u.NFTA_RULE_USERDATA, rule);
    });
  }

  /** The rule that a change is about, or that its rule stands beside. */
  #place(
    w: AttributeWriter,
    change: NewRule | DelRule,
    numbers: { readonly handle: number; readonly id: number | undefined },
    at: { readonly handle?: number; readonly index?: number },
  ): void {
    if (at.handle === undefined && at.index === undefined) return;
    const anchor = at.handle === undefined ? this.#rules.anchorOf(change) : { handle: at.handle };
    if (anchor === undefined)
      throw new Unencodable(
        `there is no rule with index ${at.index} in chain ${change.chain}`,
        ENOENT,
      );
    if ('handle' in anchor) w.u64be(numbers.handle, anchor.handle);
    else if (numbers.id !== undefined) w.u32be(numbers.id, anchor.id);
    else throw new Unencodable(`rule ${at.index} of chain ${change.chain} has no handle yet`);
  }

  #delrule(change: DelRule): Draft {
    const type = change.destroy ? u.NFT_MSG_DESTROYRULE : u.NFT_MSG_DELRULE;
    return this.#draft(type, 0, change.family, (w) => {
      w.text(u.NFTA_RULE_TABLE, change.table);
      this.#chainName(w, change);
      this.#place(w, change, DELETED_RULE, change.rule ?? {});
    });
  }

  #elements(change: Extract<Change, { op: 'newelem' | 'delelem' }>): readonly Draft[] {
    const add = change.op === 'newelem';
    const known = this.#context.set(change.family, change.table, change.set);
    const turned = (change.elements ?? []).map((element) =>
      known && this.#littleEndian ? turnElement(element, known.fields) : element,
    );
    const wire = this.#wire(change, turned);
    const type = add
      ? u.NFT_MSG_NEWSETELEM
      : change.destroy
        ? u.NFT_MSG_DESTROYSETELEM
        : u.NFT_MSG_DELSETELEM;
    const flags = add ? created(change) : 0;
    const names = this.#context.names(change.family, change.table);
    return this.#chunks(wire, change).map((chunk) =>
      this.#draft(type, flags, change.family, (w) => {
        w.text(u.NFTA_SET_ELEM_LIST_SET, names.setName(change.set));
        const id = names.setId(change.set);
        if (id !== undefined) w.u32be(u.NFTA_SET_ELEM_LIST_SET_ID, id);
        w.text(u.NFTA_SET_ELEM_LIST_TABLE, change.table);
        if (change.elements === undefined) return;
        w.nested(u.NFTA_SET_ELEM_LIST_ELEMENTS, (list) => {
          for (const element of chunk) {
            list.nested(u.NFTA_LIST_ELEM, (one) => writeElement(one, element, names));
          }
        });
      }),
    );
  }

  #wire(
    change: Extract<Change, { op: 'newelem' | 'delelem' }>,
    elements: readonly SetElement[],
  ): readonly WireElement[] {
    const known = this.#context.set(change.family, change.table, change.set);
    const flags = known?.set.flags ?? [];
    if (!flags.includes('interval')) return elements;
    if (!flags.includes('concat')) {
      const first = this.#batch.find(
        (c) => c.op === 'newelem' && c.set === change.set && c.table === change.table,
      );
      return splitRanges(elements, known?.id !== 0 && first === change);
    }
    return elements.map((e) => (e.catchall ? e : { ...e, keyEnd: e.keyEnd ?? e.key }));
  }

  #chunks(
    elements: readonly WireElement[],
    change: Extract<Change, { op: 'newelem' | 'delelem' }>,
  ): readonly (readonly WireElement[])[] {
    const names = this.#context.names(change.family, change.table);
    const chunks: WireElement[][] = [[]];
    let size = 0;
    for (const element of elements) {
      const w = new AttributeWriter(this.#littleEndian);
      writeElement(w, element, names);
      const bytes = w.finish().length + 4;
      if (size + bytes > ELEMENT_BYTES) {
        chunks.push([]);
        size = 0;
      }
      chunks[chunks.length - 1]!.push(element);
      size += bytes;
    }
    return chunks;
  }

  #newset(change: Extract<Change, { op: 'newset' }>): Draft {
    const { family, table, set } = change;
    const known = this.#context.set(family, table, set.name);
    const names = this.#context.names(family, table);
    return this.#draft(u.NFT_MSG_NEWSET, created(change), family, (w) => {
      w.text(u.NFTA_SET_TABLE, table);
      writeSet(w, set, { names, id: known?.id ?? 0, fields: known?.fields ?? fieldsOf(set) });
    });
  }

  #rename(change: Extract<Change, { op: 'renamechain' }>): Draft {
    const { family, table, chain, to } = change;
    const handle = this.#current.tables
      .find((t) => t.family === family && t.name === table)
      ?.chains.find((c) => c.name === chain)?.handle;
    if (handle === undefined)
      throw new Unencodable(`there is no chain ${chain} to be renamed`, ENOENT);
    return this.#draft(u.NFT_MSG_NEWCHAIN, 0, family, (w) =>
      w
        .text(u.NFTA_CHAIN_TABLE, table)
        .u64be(u.NFTA_CHAIN_HANDLE, handle)
        .text(u.NFTA_CHAIN_NAME, to),
    );
  }

  #named(change: NamedChange): Draft {
    const { family, table } = change;
    switch (change.op) {
      case 'newchain':
        return this.#draft(u.NFT_MSG_NEWCHAIN, created(change), family, (w) => {
          w.text(u.NFTA_CHAIN_TABLE, table);
          const id = this.#context.chainId(family, table, change.chain.name);
          writeChain(w, family, change.chain, id);
        });
      case 'renamechain':
        return this.#rename(change);
      case 'newset':
        return this.#newset(change);
      case 'newobj':
        return this.#draft(u.NFT_MSG_NEWOBJ, created(change), family, (w) => {
          w.text(u.NFTA_OBJ_TABLE, table);
          writeObject(w, change.object, this.#context.names(family, table));
        });
      case 'newflowtable':
        return this.#draft(u.NFT_MSG_NEWFLOWTABLE, created(change), family, (w) => {
          w.text(u.NFTA_FLOWTABLE_TABLE, table);
          writeFlowtable(w, change.flowtable);
        });
      default:
        return this.#delete(change);
    }
  }

  #delete(change: DeleteChange): Draft {
    const { family, table } = change;
    const [ref, numbers] = deletion(change);
    return this.#draft(change.destroy ? numbers.destroy : numbers.type, 0, family, (w) => {
      // The attribute of the table is number 1 of every kind.
      w.text(u.NFTA_CHAIN_TABLE, table);
      if (ref.name !== undefined) w.text(numbers.name, ref.name);
      if (ref.handle !== undefined) w.u64be(numbers.handle, ref.handle);
      if (change.op === 'delobj') {
        w.u32be(u.NFTA_OBJ_TYPE, numberOf(OBJECT_KINDS, change.type, 'object'));
      }
      if ('devices' in change) writeDeletedDevices(w, change);
    });
  }
}

type NewRule = Extract<Change, { op: 'newrule' }>;
type DelRule = Extract<Change, { op: 'delrule' }>;
type NamedChange = Exclude<
  Change,
  { op: 'newtable' | 'deltable' | 'newrule' | 'delrule' | 'newelem' | 'delelem' | 'reset' }
>;

/** The attributes that name a rule. A replacement is told by its handle alone (nf_tables_newrule()). */
const BESIDE = { handle: u.NFTA_RULE_POSITION, id: u.NFTA_RULE_POSITION_ID };
const POSITION = {
  add: BESIDE,
  insert: BESIDE,
  replace: { handle: u.NFTA_RULE_HANDLE, id: undefined },
} as const;
const DELETED_RULE = { handle: u.NFTA_RULE_HANDLE, id: u.NFTA_RULE_ID };

const RULE_FLAGS = {
  add: u.NLM_F_CREATE | u.NLM_F_APPEND,
  insert: u.NLM_F_CREATE,
  replace: u.NLM_F_REPLACE,
} as const;

const created = ({ create }: { readonly create: boolean }): number =>
  u.NLM_F_CREATE | (create ? u.NLM_F_EXCL : 0);

/**
 * One transaction as messages, begin and end included. Sequence numbers count up, so that an answer
 * can be laid at its change.
 * @throws Unencodable when a change has no form in the kernel's messages
 */
export function encodeBatch(batch: Batch, options: EncodeOptions): EncodedBatch {
  const encoder = new Encoder(batch, options);
  const first = options.seq ?? 0;
  const messages: Message[] = [beginning(first, options)];
  const changes: number[] = [-1];
  // A refusal is told without being asked for.
  const flags = u.NLM_F_REQUEST | (options.echo === true ? u.NLM_F_ECHO : 0);
  batch.forEach((change, i) => {
    for (const draft of draftsOf(encoder, change, i)) {
      messages.push({
        type: (u.NFNL_SUBSYS_NFTABLES << 8) | draft.type,
        flags: draft.flags | flags,
        seq: first + messages.length,
        pid: 0,
        payload: encodeNfgenmsg(draft.family, draft.attributes),
      });
      changes.push(i);
    }
  });
  if (options.check === true) return { messages, changes };
  messages.push(batchMessage('end', first + messages.length));
  return { messages, changes: [...changes, -1] };
}

function draftsOf(encoder: Encoder, change: Change, index: number): readonly Draft[] {
  try {
    return encoder.drafts(change);
  } catch (error) {
    throw error instanceof Unencodable ? error.of(index) : error;
  }
}

/** The datagram that carries `messages`. */
export const datagram = (messages: readonly Message[], littleEndian: boolean): Uint8Array =>
  concatBytes(...messages.map((message) => encodeMessage(message, littleEndian)));
