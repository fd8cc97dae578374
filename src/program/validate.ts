// Whether plain data is a program: for state files and whatever else comes from outside.

import type { ObjectKind } from './expr.ts';
import type {
  BaseHook,
  Chain,
  Flowtable,
  NamedObject,
  ObjectData,
  Program,
  Rule,
  RuleCompat,
  SetElement,
  SetSpec,
  Source,
  Table,
} from './program.ts';
import {
  anything,
  boolean,
  type Check,
  count,
  type Fields,
  hex,
  integer,
  list,
  name,
  object,
  oneOf,
  optional,
  type Problem,
  record,
  string,
  tagged,
} from './schema.ts';
import { anyKind, data, EXPRS, exprList, objectKind, u8, u16 } from './validate-expr.ts';

const source = optional(
  object<Source>({
    file: string,
    line: integer(1),
    column: integer(1),
    text: optional(string),
  }),
);
const handle = optional(count);
const comment = optional(string);
const userdata = optional(hex);
const lens = optional(list(integer(1, 64)));

const element = object<SetElement>({
  key: hex,
  keyEnd: optional(hex),
  catchall: optional(boolean),
  data: optional(data),
  dataEnd: optional(hex),
  objref: optional(name),
  timeout: optional(count),
  expires: optional(count),
  comment,
  userdata,
  exprs: optional(exprList),
  attributes: optional(record(hex)),
});

const set = object<SetSpec>({
  name,
  handle,
  flags: list(oneOf('anonymous', 'constant', 'interval', 'timeout', 'dynamic', 'concat')),
  keyType: name,
  keyLen: count,
  fieldLens: lens,
  keyTypeof: optional(string),
  dataType: optional(name),
  dataLen: optional(count),
  dataTypeof: optional(string),
  dataInterval: optional(boolean),
  objType: optional(objectKind),
  timeout: optional(count),
  gcInterval: optional(count),
  size: optional(count),
  policy: optional(oneOf('performance', 'memory')),
  autoMerge: optional(boolean),
  comment,
  userdata,
  exprs: exprList,
  elements: list(element),
  source,
});

const l3proto = optional(oneOf('ip', 'ip6', 'inet'));
const objectFields = <K extends ObjectKind>(f: Fields<Extract<ObjectData, { kind: K }>>): Check =>
  object(f);
const OBJECTS: { readonly [K in ObjectKind]: Check } = {
  counter: EXPRS.counter,
  quota: EXPRS.quota,
  limit: EXPRS.limit,
  connlimit: EXPRS.connlimit,
  synproxy: EXPRS.synproxy,
  'ct helper': objectFields<'ct helper'>({ kind: anyKind, helper: name, l4proto: u8, l3proto }),
  'ct timeout': objectFields<'ct timeout'>({
    kind: anyKind,
    l4proto: u8,
    l3proto,
    policy: record(count),
  }),
  'ct expectation': objectFields<'ct expectation'>({
    kind: anyKind,
    l4proto: u8,
    l3proto,
    dport: u16,
    timeout: count,
    size: u8,
  }),
  secmark: objectFields<'secmark'>({ kind: anyKind, context: string }),
  tunnel: objectFields<'tunnel'>({ kind: anyKind, attributes: record(anything) }),
};

const baseHook = object<BaseHook>({
  type: oneOf('filter', 'nat', 'route'),
  hook: oneOf('prerouting', 'input', 'forward', 'output', 'postrouting', 'ingress', 'egress'),
  priority: integer(-0x80000000, 0x7fffffff),
  devices: list(name),
});

const compat = optional(object<RuleCompat>({ protocol: integer(0, 0xffff), invert: boolean }));
const rule = object<Rule>({ handle, exprs: exprList, compat, comment, userdata, source });

const chain = object<Chain>({
  name,
  handle,
  base: optional(baseHook),
  policy: optional(oneOf('accept', 'drop')),
  counters: optional(object<{ packets: number; bytes: number }>({ packets: count, bytes: count })),
  flags: list(oneOf('offload', 'binding')),
  comment,
  userdata,
  rules: list(rule),
  source,
});

const table = object<Table>({
  family: oneOf('ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'),
  name,
  handle,
  flags: list(oneOf('dormant', 'owner', 'persist')),
  comment,
  userdata,
  chains: list(chain),
  sets: list(set),
  objects: list(
    object<NamedObject>({ name, handle, data: tagged('kind', OBJECTS), comment, userdata, source }),
  ),
  flowtables: list(
    object<Flowtable>({
      name,
      handle,
      hook: oneOf('ingress'),
      priority: integer(-0x80000000, 0x7fffffff),
      devices: list(name),
      flags: list(oneOf('offload', 'counter')),
      source,
    }),
  ),
});

const program = object<Program>({ tables: list(table) });

/** What keeps `value` from being a program, with paths; nothing if it is one. */
export function validateProgram(value: unknown): readonly Problem[] {
  const problems: Problem[] = [];
  program(value, '', problems);
  return problems;
}

export const isProgram = (value: unknown): value is Program => validateProgram(value).length === 0;
