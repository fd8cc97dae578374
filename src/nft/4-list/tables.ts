// Tables of a program, and what is in them, as declarations of the syntax tree.

import { formatIPv4, formatIPv6, unhex } from '../../bytes/index.ts';
import type {
  Chain,
  Family,
  Flowtable,
  NamedObject,
  ObjectData,
  Program,
  SetSpec,
  Table,
} from '../../program/index.ts';
import {
  type AddCommand,
  type ChainDeclaration,
  type DataSpec,
  type Expression,
  type FlowtableDeclaration,
  type KeySpec,
  type MapDeclaration,
  NO_SPAN,
  type ObjectDeclaration,
  type Priority,
  type SetDeclaration,
  type StatefulStatement,
  type TableDeclaration,
  type TableItem,
} from '../ast/index.ts';
import { priorityByName, priorityNames } from '../types/index.ts';
import { type ElementTypes, renderElements, typesOfSet } from './elements.ts';
import { decompileRule } from './rule.ts';
import { typeOfSelector } from './selector-type.ts';
import { limitSpec, statefulStatement, synproxySpec } from './simple.ts';
import { readTypeof } from './typeof.ts';
import type { ValueContext } from './values.ts';

const span = NO_SPAN;
const nameOf = (name: string) => ({ name, span });

interface Described {
  readonly handle?: number;
  readonly comment?: string;
}

/** What every declaration carries; what is not there stays away. */
const common = (table: Table, item: Described & { readonly name: string }) => ({
  span,
  family: table.family,
  table: nameOf(table.name),
  name: nameOf(item.name),
  ...(item.handle === undefined ? {} : { handle: item.handle }),
  ...(item.comment === undefined ? {} : { comment: item.comment }),
});

/** How far from a named priority nft still counts from it (prio2str). */
const REACH = 10;

function priorityOf(value: number, family: Family, hook: string, cx: ValueContext): Priority {
  if (cx.options.numericPriority !== true) {
    for (const [name, base] of priorityNames(family)) {
      if (Math.abs(value - base) > REACH) continue;
      // A name that does not suit the hook ends the search: `dstnat` at input is a number.
      if (priorityByName(name, family, hook) === undefined) break;
      return { name, offset: value - base, span };
    }
  }
  return { offset: value, span };
}

function chainDeclaration(table: Table, chain: Chain, cx: ValueContext): ChainDeclaration {
  const { base } = chain;
  const hook = base && {
    type: nameOf(base.type),
    hook: nameOf(base.hook),
    priority: priorityOf(base.priority, table.family, base.hook, cx),
    span,
  };
  return {
    kind: 'chain',
    ...common(table, chain),
    devices: (base?.devices ?? []).map(nameOf),
    offload: chain.flags.includes('offload'),
    rules: chain.rules.map((rule) => decompileRule(rule, table, cx)),
    ...(hook && { hook, policy: chain.policy ?? 'accept' }),
  };
}

function keySpec(typeName: string, typeofText: string | undefined): KeySpec {
  if (typeofText !== undefined) return { kind: 'typeof', expr: readTypeof(typeofText), span };
  return { kind: 'type', names: typeName.split(' . ').map(nameOf), span };
}

/** JSON names the type of a map's data even where the text says `typeof`. */
function dataSpec(set: SetSpec, cx: ValueContext): DataSpec {
  if (set.objType !== undefined && set.objType !== 'connlimit') {
    return { kind: 'object', object: set.objType, span };
  }
  const type = set.dataType ?? 'verdict';
  if (type === 'verdict') return { kind: 'verdict', span };
  const interval = set.dataInterval === true;
  return { ...keySpec(type, cx.json ? undefined : set.dataTypeof), interval };
}

/** Values of a `typeof` set are spelt as those of the expression, which may know better names. */
function elementTypes(set: SetSpec): ElementTypes {
  const own = typesOfSet(set);
  const better = (text: string | undefined) =>
    text === undefined ? undefined : typeOfSelector(readTypeof(text));
  const key = better(set.keyTypeof) ?? own.key;
  const sameShape = key.parts?.length === own.key.parts?.length;
  const data = better(set.dataTypeof) ?? own.data;
  return { ...own, key: sameShape ? key : own.key, data };
}

const SET_FLAGS = ['constant', 'dynamic', 'interval', 'timeout'] as const;

function setDeclaration(
  table: Table,
  set: SetSpec,
  cx: ValueContext,
): SetDeclaration | MapDeclaration {
  const statements = set.exprs.flatMap((expr): StatefulStatement[] => {
    const statement = statefulStatement(expr);
    return statement === undefined ? [] : [statement];
  });
  const elements = renderElements(set, elementTypes(set), cx);
  const fields = {
    ...common(table, set),
    key: keySpec(set.keyType, set.keyTypeof),
    flags: SET_FLAGS.filter((flag) => set.flags.includes(flag)),
    autoMerge: set.autoMerge === true,
    statements,
    ...(set.timeout === undefined ? {} : { timeout: set.timeout }),
    ...(set.gcInterval === undefined ? {} : { gcInterval: set.gcInterval }),
    ...(set.size === undefined ? {} : { size: set.size }),
    ...(set.policy === undefined ? {} : { policy: set.policy }),
    ...(elements.length === 0 ? {} : { elements: { kind: 'set' as const, span, elements } }),
  };
  const isMap = set.dataType !== undefined || set.objType !== undefined;
  return isMap ? { kind: 'map', ...fields, data: dataSpec(set, cx) } : { kind: 'set', ...fields };
}

const flowtableDeclaration = (
  table: Table,
  flow: Flowtable,
  cx: ValueContext,
): FlowtableDeclaration => ({
  kind: 'flowtable',
  ...common(table, flow),
  hook: nameOf(flow.hook),
  priority: priorityOf(flow.priority, 'netdev', flow.hook, cx),
  devices: flow.devices.map(nameOf),
  counter: flow.flags.includes('counter'),
  offload: flow.flags.includes('offload'),
});

const IPPROTO_TCP = 6;
const transport = (l4proto: number): 'tcp' | 'udp' => (l4proto === IPPROTO_TCP ? 'tcp' : 'udp');

type Common = ReturnType<typeof common>;
type TunnelAttributes = Extract<ObjectData, { kind: 'tunnel' }>['attributes'];

function objectOf(data: ObjectData, fields: Common): ObjectDeclaration | undefined {
  switch (data.kind) {
    case 'counter':
      return { kind: 'counter', ...fields, packets: data.packets, bytes: data.bytes };
    case 'quota':
      return {
        kind: 'quota',
        ...fields,
        over: data.invert,
        bytes: data.bytes,
        used: data.consumed,
      };
    case 'limit':
      return { kind: 'limit', ...fields, ...limitSpec(data) };
    case 'ct helper':
      return {
        kind: 'ct helper',
        ...fields,
        type: data.helper,
        protocol: transport(data.l4proto),
        ...(data.l3proto && { l3proto: data.l3proto }),
      };
    case 'ct timeout':
      return {
        kind: 'ct timeout',
        ...fields,
        protocol: transport(data.l4proto),
        policy: Object.entries(data.policy).map(([state, seconds]) => ({
          state: nameOf(state),
          seconds,
        })),
        ...(data.l3proto && { l3proto: data.l3proto }),
      };
    case 'ct expectation':
      return {
        kind: 'ct expectation',
        ...fields,
        protocol: transport(data.l4proto),
        dport: data.dport,
        timeout: data.timeout,
        size: data.size,
        ...(data.l3proto && { l3proto: data.l3proto }),
      };
    case 'secmark':
      return { kind: 'secmark', ...fields, context: data.context };
    case 'synproxy':
      return { kind: 'synproxy', ...fields, ...synproxySpec(data) };
    case 'tunnel':
      return tunnelOf(data.attributes, fields);
    case 'connlimit':
      // The kernel has it, the language has no word for it.
      return undefined;
  }
}

/** A tunnel's attributes are those of its declaration: the kernel's nest differs by its kind. */
function tunnelOf(attributes: TunnelAttributes, fields: Common): ObjectDeclaration {
  const { id, src, dst, ...rest } = attributes;
  return {
    kind: 'tunnel',
    ...rest,
    ...(typeof src === 'string' && { src: addressSymbol(src) }),
    ...(typeof dst === 'string' && { dst: addressSymbol(dst) }),
    ...fields,
    id: typeof id === 'number' ? id : 0,
  };
}

const addressSymbol = (digits: string): Expression => ({
  kind: 'symbol',
  span,
  form: 'word',
  name: digits.length === 8 ? formatIPv4(Number.parseInt(digits, 16)) : formatIPv6(unhex(digits)),
});

const objectDeclarations = (table: Table, object: NamedObject): ObjectDeclaration[] => {
  const declaration = objectOf(object.data, common(table, object));
  return declaration === undefined ? [] : [declaration];
};

/** A table with everything a listing shows: anonymous sets and chains are inside their rules. */
export function tableDeclaration(table: Table, cx: ValueContext): TableDeclaration {
  const items: TableItem[] = [
    ...table.objects.flatMap((object) => objectDeclarations(table, object)),
    ...table.sets
      .filter((set) => !set.flags.includes('anonymous'))
      .map((set) => setDeclaration(table, set, cx)),
    ...table.flowtables.map((flow) => flowtableDeclaration(table, flow, cx)),
    ...table.chains
      .filter((chain) => !chain.flags.includes('binding'))
      .map((chain) => chainDeclaration(table, chain, cx)),
  ];
  return {
    kind: 'table',
    span,
    family: table.family,
    name: nameOf(table.name),
    flags: table.flags.map(nameOf),
    items,
    ...(table.handle === undefined ? {} : { handle: table.handle }),
    ...(table.comment === undefined ? {} : { comment: table.comment }),
  };
}

/** The commands that would make the program. */
export const programCommands = (program: Program, cx: ValueContext): AddCommand[] =>
  program.tables.map((table) => ({ kind: 'add', span, object: tableDeclaration(table, cx) }));
