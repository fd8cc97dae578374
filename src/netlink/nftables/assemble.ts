// Changes that were read one by one, put together: values turned to the order of programs, ranges
// closed, and a dump made a program.

import type {
  Batch,
  Chain,
  Change,
  Flowtable,
  NamedObject,
  Program,
  Rule,
  SetElement,
  SetSpec,
  Table,
} from '../../program/index.ts';
import { EMPTY_PROGRAM } from '../../program/index.ts';
import { BatchContext } from './batch-context.ts';
import type { DecodeOptions, NftMessage, WireChange, WireElements } from './decode.ts';
import { splitData } from './elements.ts';
import { joinRanges, type WireElement } from './intervals.ts';
import { RulePlaces } from './rule-places.ts';
import { dataLengths } from './set-fields.ts';
import type { Declared } from './sets.ts';
import { turnElement, turnExprs } from './turn.ts';

type Changed = Extract<NftMessage, { kind: 'change' }>;

const isElements = (change: WireChange): change is WireElements =>
  change.op === 'newelem' || change.op === 'delelem';

function closed(set: Declared | undefined, elements: readonly WireElement[]): SetElement[] {
  const halves =
    set?.dataInterval === true
      ? elements.map((element) => splitData(element, dataLengths(set)))
      : elements;
  const flags = set?.flags ?? [];
  if (flags.includes('interval') && !flags.includes('concat')) return joinRanges(halves);
  return halves.map(({ end: _end, openEnd: _open, ...element }) => element);
}

/** What userdata says of the order of a key whose type does not tell. */
function settleKeys(messages: readonly Changed[], context: BatchContext): void {
  for (const { change, hostKey } of messages) {
    if (change.op !== 'newset' || hostKey !== true) continue;
    const { key } = context.set(change.family, change.table, change.set.name)?.fields ?? {
      key: [],
    };
    for (const { length, order } of key) order.settle(length);
  }
}

function finished(change: WireChange, context: BatchContext, turn: boolean): Change {
  if (change.op === 'newrule') {
    if (!turn) return change;
    const exprs = turnExprs(change.rule.exprs, context.slices(change));
    return { ...change, rule: { ...change.rule, exprs } };
  }
  if (!isElements(change)) return change;
  const known = context.set(change.family, change.table, change.set);
  const finish = (wire: readonly WireElement[]): SetElement[] => {
    const elements = closed(known?.set, wire);
    return turn && known ? elements.map((e) => turnElement(e, known.fields)) : elements;
  };
  if (change.op === 'newelem') return { ...change, elements: finish(change.elements) };
  const { elements, ...rest } = change;
  return elements === undefined ? rest : { ...rest, elements: finish(elements) };
}

/**
 * The changes of messages read by `decodeNft`, in the byte order of programs. Elements need their
 * set: among the messages, or in `current`.
 */
export function assembleBatch(
  messages: readonly NftMessage[],
  { littleEndian }: DecodeOptions,
  current: Program = EMPTY_PROGRAM,
): Batch {
  const changed = placeRules(
    messages.filter((m): m is Changed => m.kind === 'change'),
    current,
  );
  const wire = joinChunks(changed);
  // Elements are told by their set's name alone here, so their wire form does no harm.
  const context = new BatchContext(wire as Batch, current);
  settleKeys(changed, context);
  return wire.map((change) => finished(change, context, littleEndian));
}

/** The numbers that name rules within a batch, as the indices that the language counts. */
function placeRules(messages: readonly Changed[], current: Program): readonly Changed[] {
  if (messages.every(({ rule }) => rule === undefined)) return messages;
  const places = new RulePlaces(current);
  const made = new Map<number, NewRule>();
  return messages.map((message) => {
    const change = placed(message, (id) => {
      const rule = made.get(id);
      return rule === undefined ? -1 : places.indexOf(rule);
    });
    if (change.op === 'newrule' && message.rule?.id !== undefined)
      made.set(message.rule.id, change);
    if (!isElements(change)) places.make(change);
    return { ...message, change };
  });
}

type NewRule = Extract<Change, { op: 'newrule' }>;

function placed({ change, rule = {} }: Changed, indexOf: (id: number) => number): WireChange {
  if (change.op === 'newrule' && rule.beside !== undefined && change.handle === undefined) {
    return { ...change, index: indexOf(rule.beside) };
  }
  if (change.op === 'delrule' && rule.id !== undefined && change.rule === undefined) {
    return { ...change, rule: { index: indexOf(rule.id) } };
  }
  return change;
}

/** Elements of one set come in several messages, and a range may begin in one and end in the next. */
function joinChunks(messages: readonly Changed[]): WireChange[] {
  const out: WireChange[] = [];
  for (const { change } of messages) {
    const last = out[out.length - 1];
    if (last !== undefined && isElements(last) && isElements(change) && sameSet(last, change)) {
      const elements = [...(last.elements ?? []), ...(change.elements ?? [])];
      out[out.length - 1] = { ...last, elements } as WireChange;
    } else out.push(change);
  }
  return out;
}

const sameSet = (a: WireElements, b: WireElements): boolean =>
  a.op === b.op && a.family === b.family && a.table === b.table && a.set === b.set;

interface Growing {
  readonly head: Omit<Table, 'chains' | 'sets' | 'objects' | 'flowtables'>;
  readonly chains: Map<string, Omit<Chain, 'rules'> & { readonly rules: Rule[] }>;
  readonly sets: Map<string, Declared & { elements: readonly SetElement[] }>;
  readonly objects: NamedObject[];
  readonly flowtables: Flowtable[];
}

function grow(table: Growing, change: Change): void {
  switch (change.op) {
    case 'newchain':
      table.chains.set(change.chain.name, { ...change.chain, rules: [] });
      return;
    case 'newrule':
      table.chains.get(change.chain)?.rules.push(change.rule);
      return;
    case 'newset':
      table.sets.set(change.set.name, { ...change.set, elements: [] });
      return;
    case 'newelem': {
      const set = table.sets.get(change.set);
      if (set !== undefined) set.elements = [...set.elements, ...change.elements];
      return;
    }
    case 'newobj':
      table.objects.push(change.object);
      return;
    case 'newflowtable':
      table.flowtables.push(change.flowtable);
      return;
    default:
      return;
  }
}

const grown = ({ head, chains, sets, objects, flowtables }: Growing): Table => ({
  ...head,
  chains: [...chains.values()],
  sets: [...sets.values()] as SetSpec[],
  objects,
  flowtables,
});

/** The program that a dump of tables, chains, sets, elements, objects and rules describes. */
export function assembleProgram(messages: readonly NftMessage[], options: DecodeOptions): Program {
  const tables = new Map<string, Growing>();
  for (const change of assembleBatch(messages, options)) {
    if (change.op === 'newtable') {
      const head = { family: change.family, ...change.table };
      const empty = { chains: new Map(), sets: new Map(), objects: [], flowtables: [] };
      tables.set(`${change.family} ${change.table.name}`, { head, ...empty });
      continue;
    }
    if (change.op === 'deltable') continue;
    const table = tables.get(`${change.family} ${change.table}`);
    if (table !== undefined) grow(table, change);
  }
  return { tables: [...tables.values()].map(grown) };
}
