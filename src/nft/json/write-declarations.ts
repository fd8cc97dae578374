import type {
  ChainDeclaration,
  DataSpec,
  Declaration,
  InTable,
  Integer,
  KeySpec,
  MapDeclaration,
  Name,
  ObjectDeclaration,
  Priority,
  Rule,
  RuleDeclaration,
  SetDeclaration,
  TableDeclaration,
  TunnelObject,
} from '../ast/index.ts';
import { priorityNames } from '../types/index.ts';
import type { Json, JsonObject } from './text.ts';
import { expressionJson, inSeconds, type WriteContext } from './write-expressions.ts';
import { limitJson } from './write-stateful.ts';
import { stateless, statementsJson, synproxyJson } from './write-statements.ts';

export interface WriteOptions {
  /** Counters, quotas and last uses without their values. */
  readonly stateless?: boolean;
  /** Sets without their elements. */
  readonly terse?: boolean;
  /** The handle of what has none: a listing of libnftables always shows one. */
  readonly defaultHandle?: Integer;
  /** Leaves out what listings of libnftables do: the flags of a flow table. */
  readonly listing?: boolean;
}

/** An array, one thing by itself, or nothing. */
const oneOrMany = (items: readonly string[]): Json | undefined =>
  items.length > 1 ? items : items[0];
const some = (items: readonly Json[]): readonly Json[] | undefined =>
  items.length > 0 ? items : undefined;
const namesOf = (items: readonly Name[]): string[] => items.map((item) => item.name);

const context = (family: string, o: WriteOptions): WriteContext =>
  o.stateless === true ? { family, stateless: true } : { family };

/** Family, name, table and handle. */
function place(d: InTable & { readonly name: Name }, o: WriteOptions): JsonObject {
  const handle = d.handle ?? o.defaultHandle;
  return { family: d.family, name: d.name.name, table: d.table.name, handle, comment: d.comment };
}

function table(d: TableDeclaration, o: WriteOptions): JsonObject {
  return {
    table: {
      family: d.family,
      name: d.name.name,
      handle: d.handle ?? o.defaultHandle,
      flags: some(namesOf(d.flags)),
      comment: d.comment,
    },
  };
}

/** Names become numbers; one that the family does not know has only its offset. */
const priority = (p: Priority, family: string): number =>
  (p.name === undefined ? 0 : (priorityNames(family).get(p.name) ?? 0)) + p.offset;

function chain(d: ChainDeclaration, o: WriteOptions): JsonObject {
  const base = d.hook && {
    type: d.hook.type.name,
    hook: d.hook.hook.name,
    prio: priority(d.hook.priority, d.family),
    policy: d.policy ?? 'accept',
  };
  // Of all things in a table a chain alone has its table before its name (json.c).
  const { family, table, ...rest } = place(d, o);
  return { chain: { family, table, ...rest, dev: oneOrMany(namesOf(d.devices)), ...base } };
}

function rule(d: RuleDeclaration, body: Rule, o: WriteOptions): JsonObject {
  const { position } = d;
  const handle = position?.by === 'handle' ? position.handle : (body.handle ?? o.defaultHandle);
  return {
    rule: {
      family: d.family,
      table: d.table.name,
      chain: d.chain.name,
      handle,
      index: position?.by === 'index' ? position.index : undefined,
      comment: body.comment,
      expr: statementsJson(body.statements, context(d.family, o)),
    },
  };
}

function keyJson(key: KeySpec, o: WriteContext): Json | undefined {
  return key.kind === 'typeof'
    ? { typeof: expressionJson(key.expr, o) }
    : oneOrMany(namesOf(key.names));
}

function dataJson(data: DataSpec, cx: WriteContext): Json | undefined {
  if (data.kind === 'object') return data.object;
  return 'names' in data || 'expr' in data ? keyJson(data, cx) : data.kind;
}

const SET_FLAGS = ['constant', 'interval', 'timeout', 'dynamic'];

function set(d: SetDeclaration | MapDeclaration, o: WriteOptions): JsonObject {
  const cx = context(d.family, o);
  const constant = d.flags.includes('constant');
  const elements = o.terse === true ? [] : (d.elements?.elements ?? []);
  const { comment, handle, ...name } = place(d, o);
  const seconds = (time: number | undefined): number | undefined =>
    time === undefined ? undefined : inSeconds(time);
  return {
    [d.kind]: {
      ...name,
      type: d.key && keyJson(d.key, cx),
      handle,
      comment,
      map: d.kind === 'map' && d.data !== undefined ? dataJson(d.data, cx) : undefined,
      policy: constant || d.policy === 'performance' ? undefined : d.policy,
      size: constant ? undefined : d.size,
      flags: some(SET_FLAGS.filter((flag) => d.flags.includes(flag))),
      timeout: seconds(d.timeout),
      'gc-interval': seconds(d.gcInterval),
      'auto-merge': d.autoMerge ? true : undefined,
      elem: some(elements.map((element) => expressionJson(element, cx))),
      stmt: some(stateless(d.statements, cx)),
    },
  };
}

/** What an object has beside its name. */
function objectJson(d: ObjectDeclaration, o: WriteOptions): JsonObject {
  switch (d.kind) {
    case 'counter':
      return o.stateless === true ? {} : { packets: d.packets, bytes: d.bytes };
    case 'quota':
      return { bytes: d.bytes, used: o.stateless === true ? 0 : d.used, inv: d.over };
    case 'limit':
      return limitJson(d, false);
    case 'ct helper':
      return { type: d.type, protocol: d.protocol, l3proto: d.l3proto };
    case 'ct timeout': {
      const policy = Object.fromEntries(d.policy.map((p) => [p.state.name, p.seconds]));
      const shown = d.policy.length > 0 ? policy : null;
      return { protocol: d.protocol, l3proto: d.l3proto, policy: shown };
    }
    case 'ct expectation': {
      const { protocol, dport, timeout, size, l3proto } = d;
      return { protocol, dport, timeout, size, l3proto };
    }
    case 'secmark':
      return { context: d.context };
    case 'synproxy':
      return synproxyJson(d);
    case 'tunnel':
      return tunnelJson(d);
  }
}

function tunnelJson(d: TunnelObject): JsonObject {
  const address = (side: 'src' | 'dst'): JsonObject => {
    const value = d[side];
    if (value === undefined) return {};
    const json = expressionJson(value);
    const version = typeof json === 'string' && json.includes(':') ? 'ipv6' : 'ipv4';
    return { [`${side}-${version}`]: json };
  };
  return {
    id: d.id,
    ...address('src'),
    ...address('dst'),
    sport: d.sport ?? 0,
    dport: d.dport ?? 0,
    tos: d.tos ?? 0,
    ttl: d.ttl ?? 0,
    ...encapsulationJson(d),
  };
}

function encapsulationJson(d: TunnelObject): JsonObject {
  const e = d.encapsulation;
  switch (e?.kind) {
    case undefined:
      return {};
    case 'vxlan':
      return { type: 'vxlan', tunnel: { gbp: e.gbp } };
    case 'geneve': {
      const options = e.options.map((opt) => ({
        class: opt.class,
        'opt-type': opt.optType,
        data: opt.data,
      }));
      return { type: 'geneve', tunnel: options };
    }
    case 'erspan':
      return {
        type: 'erspan',
        tunnel:
          e.version === 1
            ? { version: 1, index: e.index }
            : { version: 2, dir: e.direction, hwid: e.id },
      };
  }
}

function flowtable(d: Extract<Declaration, { kind: 'flowtable' }>, o: WriteOptions): JsonObject {
  const dev = oneOrMany(namesOf(d.devices));
  const hook = d.hook && { hook: d.hook.name };
  const prio = d.priority && { prio: priority(d.priority, 'netdev') };
  const flags = [...(d.offload ? ['offload'] : []), ...(d.counter ? ['counter'] : [])];
  return {
    flowtable: {
      ...place(d, o),
      ...hook,
      ...prio,
      dev,
      flags: o.listing === true ? undefined : some(flags),
    },
  };
}

/** One thing, without what is inside it. */
export function declarationJson(d: Declaration, o: WriteOptions): JsonObject {
  switch (d.kind) {
    case 'table':
      return table(d, o);
    case 'chain':
      return chain(d, o);
    case 'rule':
      return rule(d, d.rule, o);
    case 'set':
    case 'map':
      return set(d, o);
    case 'element': {
      const { handle: _, comment: __, ...name } = place(d, o);
      const elem = d.elements.elements.map((e) => expressionJson(e, context(d.family, o)));
      return { element: { ...name, elem } };
    }
    case 'flowtable':
      return flowtable(d, o);
    default:
      return { [d.kind]: { ...place(d, o), ...objectJson(d, o) } };
  }
}

function ruleOf(d: ChainDeclaration, body: Rule, o: WriteOptions): JsonObject {
  const { family, table: owner, name, span } = d;
  return rule({ kind: 'rule', family, table: owner, chain: name, rule: body, span }, body, o);
}

/** The order of a listing's parts; all that is not here is an object. */
const RANKS: ReadonlyMap<string, number> = new Map([
  ['chain', 0],
  ['set', 2],
  ['map', 2],
  ['flowtable', 3],
]);
const rank = (kind: Declaration['kind']): number => RANKS.get(kind) ?? 1;

/**
 * A declaration and what its block holds, as a flat list: a table, its chains, objects, sets, flow
 * tables, then the rules of all chains. Sets and rules refer to chains, so those come first.
 */
export function flattened(d: Declaration, o: WriteOptions): JsonObject[] {
  if (d.kind === 'chain') return [chain(d, o), ...d.rules.map((body) => ruleOf(d, body, o))];
  if (d.kind !== 'table') return [declarationJson(d, o)];
  const items = [...d.items].sort((a, b) => rank(a.kind) - rank(b.kind));
  const rules = items.flatMap((item) =>
    item.kind === 'chain' ? item.rules.map((body) => ruleOf(item, body, o)) : [],
  );
  return [table(d, o), ...items.map((item) => declarationJson(item, o)), ...rules];
}
