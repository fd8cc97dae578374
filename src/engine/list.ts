// The ruleset as a program: what `nft list ruleset` is made of, with the state of now.

import { NS_PER_MS } from '../core/index.ts';
import type {
  Chain as ChainSpec,
  NamedObject,
  Program,
  Rule as RuleSpec,
  SetElement,
  SetSpec,
  Table as TableSpec,
} from '../program/index.ts';
import { deepFreeze } from '../program/index.ts';
import { dumpVerdict } from './expr/immediate.ts';
import { type Element, NEVER } from './set/element.ts';
import type { RuntimeSet } from './set/set.ts';
import type { Chain, Rule } from './state/chain.ts';
import type { NamedObj } from './state/objects.ts';
import type { RulesetState } from './state/ruleset.ts';
import type { Table } from './state/table.ts';

function listElement(set: RuntimeSet, element: Element, now: number): SetElement {
  const { spec, verdict, data, object, timeout, expires, ops } = element;
  const { timeout: _timeout, expires: _expires, exprs: _exprs, ...rest } = spec;
  const made = data !== null && spec.data === undefined;
  return {
    ...rest,
    ...(verdict === null ? {} : { data: { kind: 'verdict', verdict: dumpVerdict(verdict) } }),
    ...(made ? { data: { kind: 'value', bytes: hexOf(data, set.spec.dataLen ?? 0) } } : {}),
    ...(object === null ? {} : { objref: object.name }),
    ...(timeout > 0 && timeout !== set.timeout ? { timeout: timeout / NS_PER_MS } : {}),
    ...(expires === NEVER ? {} : { expires: Math.max(0, Math.floor((expires - now) / NS_PER_MS)) }),
    ...(ops.length === 0 ? {} : { exprs: ops.map((op) => op.dump()) }),
  };
}

const hexOf = (words: Uint32Array, bytes: number): string =>
  Array.from(words, (word) => word.toString(16).padStart(8, '0'))
    .join('')
    .slice(0, bytes * 2);

const listSet = (set: RuntimeSet, now: number): SetSpec => ({
  ...set.spec,
  name: set.name,
  handle: set.handle,
  elements: set.elements(now).map((element) => listElement(set, element, now)),
});

const listRule = (rule: Rule): RuleSpec => ({
  ...rule.spec,
  handle: rule.handle,
  exprs: rule.exprs(),
});

const listChain = (chain: Chain): ChainSpec => ({
  name: chain.name,
  handle: chain.handle,
  ...(chain.base === undefined
    ? {}
    : { base: { ...chain.base, devices: chain.devices }, policy: chain.policy }),
  ...(chain.counted ? { counters: { packets: chain.packets, bytes: chain.bytes } } : {}),
  flags: chain.flags,
  ...chain.notes,
  ...(chain.source === undefined ? {} : { source: chain.source }),
  rules: chain.rules.map(listRule),
});

const listObject = (object: NamedObj): NamedObject => ({
  ...object.spec,
  handle: object.handle,
  data: object.body.dump(),
});

const listTable = (table: Table, now: number): TableSpec => ({
  family: table.family,
  name: table.name,
  handle: table.handle,
  flags: table.flags,
  ...table.notes,
  chains: [...table.chains.values()].map(listChain),
  sets: [...table.sets.values()].map((set) => listSet(set, now)),
  objects: [...table.objects.values()].map(listObject),
  flowtables: [...table.flowtables.values()].map(({ spec, handle }) => ({ ...spec, handle })),
});

export const listState = (state: RulesetState, now: number): Program =>
  deepFreeze({ tables: [...state.tables.values()].map((table) => listTable(table, now)) });
