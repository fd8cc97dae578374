// Tables and what is in them as text, spelt and indented as `nft list` does (rule.c).

import type {
  ChainDeclaration,
  DataSpec,
  FlowtableDeclaration,
  KeySpec,
  LimitSpec,
  MapDeclaration,
  ObjectDeclaration,
  Priority,
  SetDeclaration,
  TableDeclaration,
  TableItem,
  TunnelEncapsulation,
  TunnelObject,
} from '../ast/index.ts';
import { printElements, printExpression } from './text-expression.ts';
import { printLimit, printQuota, printRule, printStateful } from './text-statement.ts';
import { printTime } from './words.ts';
import { elementsPerLine } from './wrap.ts';

/** What of a listing is left out; values are spelt when the tree is made. */
export interface DeclarationOptions {
  readonly handles?: boolean;
  readonly stateless?: boolean;
  readonly terse?: boolean;
}
type O = DeclarationOptions;

/** Lines of a block's inside; undefined for what is not there. */
type Lines = readonly (string | undefined | false)[];

const indent = (text: string): string => (text === '' ? '' : `\t${text}\n`);

function block(head: string, lines: Lines): string {
  const inside = lines.filter((line) => line !== undefined && line !== false);
  return `\t${head} {\n${inside.map((line) => `\t\t${line}\n`).join('')}\t}\n`;
}

interface Handled {
  readonly handle?: number | bigint;
  readonly comment?: string;
}

const comment = (item: Handled): string | undefined =>
  item.comment === undefined ? undefined : `comment "${item.comment}"`;

/** `head {`, with the handle behind the brace where it is wanted. */
function opened(words: string, item: Handled, lines: Lines, o: O): string {
  const text = block(words, lines);
  if (o.handles !== true || item.handle === undefined) return text;
  return text.replace(' {\n', ` { # handle ${item.handle}\n`);
}

function printPriority(p: Priority): string {
  if (p.name === undefined) return String(p.offset);
  if (p.offset === 0) return p.name;
  return `${p.name} ${p.offset > 0 ? '+' : '-'} ${Math.abs(p.offset)}`;
}

const quoted = (names: readonly { readonly name: string }[]): string =>
  names.map(({ name }) => `"${name}"`).join(', ');

function printHook(chain: ChainDeclaration): string | undefined {
  const { hook, devices } = chain;
  if (hook === undefined) return undefined;
  const device =
    devices.length === 0
      ? ''
      : devices.length === 1
        ? ` device ${quoted(devices)}`
        : ` devices = { ${quoted(devices)} }`;
  const policy = chain.policy === undefined ? '' : ` policy ${chain.policy};`;
  const offload = chain.offload ? ' flags offload;' : '';
  return (
    `type ${hook.type.name} hook ${hook.hook.name}${device} ` +
    `priority ${printPriority(hook.priority)};${policy}${offload}`
  );
}

const printChain = (c: ChainDeclaration, o: O): string =>
  opened(
    `chain ${c.name.name}`,
    c,
    [comment(c), printHook(c), ...c.rules.map((rule) => printRule(rule, o))],
    o,
  );

const printKey = (key: KeySpec): string =>
  key.kind === 'type' ? key.names.map(({ name }) => name).join(' . ') : printExpression(key.expr);

function printData(data: DataSpec): string {
  switch (data.kind) {
    case 'verdict':
    case 'queue':
      return data.kind;
    case 'object':
      return data.object;
    default:
      return `${data.interval ? 'interval ' : ''}${printKey(data)}`;
  }
}

type AnySet = SetDeclaration | MapDeclaration;

function printType(s: AnySet): string | undefined {
  if (s.key === undefined) return undefined;
  const data = s.kind === 'map' && s.data !== undefined ? ` : ${printData(s.data)}` : '';
  return `${s.key.kind} ${printKey(s.key)}${data}`;
}

/** nft says how full a set of limited size is, where it is not empty. */
function printSize(s: AnySet, o: O): string | undefined {
  if (s.size === undefined || s.flags.includes('constant')) return undefined;
  const count = s.elements?.elements.length ?? 0;
  return `size ${s.size}${count > 0 && o.stateless !== true ? `\t# count ${count}` : ''}`;
}

const FLAG_ORDER = ['constant', 'dynamic', 'interval', 'timeout'];

/** A default timeout says that elements time out: the flag alone is then left out. */
function printFlags(s: AnySet): string | undefined {
  const flags = FLAG_ORDER.filter((flag) => s.flags.includes(flag));
  const only = s.timeout === undefined ? flags : flags.filter((flag) => flag !== 'timeout');
  return only.length === 0 ? undefined : `flags ${flags.join(',')}`;
}

function printSet(s: AnySet, o: O): string {
  const fresh = { ...o, stateless: true };
  const { elements } = s;
  const hasElements = o.terse !== true && elements !== undefined && elements.elements.length > 0;
  const lines: Lines = [
    printType(s),
    s.policy === 'memory' && !s.flags.includes('constant') && 'policy memory',
    printSize(s, o),
    printFlags(s),
    s.statements.length > 0 && s.statements.map((x) => printStateful(x, fresh)).join(' '),
    s.autoMerge && 'auto-merge',
    s.timeout !== undefined && `timeout ${printTime(s.timeout)}`,
    s.gcInterval !== undefined && `gc-interval ${printTime(s.gcInterval)}`,
    comment(s),
    hasElements && `elements = ${printElements(elements, o, elementsPerLine(s))}`,
  ];
  return opened(`${s.kind} ${s.name.name}`, s, lines, o);
}

const printFlowtable = (f: FlowtableDeclaration, o: O): string =>
  opened(
    `flowtable ${f.name.name}`,
    f,
    [
      f.hook !== undefined &&
        f.priority !== undefined &&
        `hook ${f.hook.name} priority ${printPriority(f.priority)}`,
      f.devices.length > 0 && `devices = { ${quoted(f.devices)} }`,
      f.offload && 'flags offload',
      f.counter && 'counter',
    ],
    o,
  );

function printEncapsulation(e: TunnelEncapsulation): string[] {
  switch (e.kind) {
    case 'vxlan':
      return ['vxlan {', `\tgbp ${e.gbp}`, '}'];
    case 'geneve':
      return [
        'geneve {',
        ...e.options.map(
          (x) =>
            `\tclass 0x${x.class.toString(16)} opt-type 0x${x.optType.toString(16)} data "${x.data}"`,
        ),
        '}',
      ];
    case 'erspan':
      return e.version === 1
        ? ['erspan {', '\tversion 1', `\tindex ${e.index}`, '}']
        : ['erspan {', '\tversion 2', `\tdirection ${e.direction}`, `\tid ${e.id}`, '}'];
  }
}

function tunnelLines(t: TunnelObject): Lines {
  const address = (word: 'saddr' | 'daddr', e: TunnelObject['src']): string | undefined => {
    if (e === undefined) return undefined;
    const text = printExpression(e);
    return `${text.includes(':') ? 'ip6' : 'ip'} ${word} ${text}`;
  };
  return [
    `id ${t.id}`,
    address('saddr', t.src),
    address('daddr', t.dst),
    t.sport !== undefined && `sport ${t.sport}`,
    t.dport !== undefined && `dport ${t.dport}`,
    t.tos !== undefined && `tos ${t.tos}`,
    t.ttl !== undefined && `ttl ${t.ttl}`,
    ...(t.encapsulation === undefined ? [] : printEncapsulation(t.encapsulation)),
  ];
}

/** An object leaves out the default burst, which a statement always says. */
function printLimitObject(x: LimitSpec): string {
  const text = printLimit(x).slice('limit '.length);
  return x.unit === 'packets' && (x.burst ?? 5) === 5 ? text.replace(/ burst .*$/, '') : text;
}

function objectLines(x: ObjectDeclaration, o: O): Lines {
  switch (x.kind) {
    case 'counter':
      return o.stateless === true ? [] : [`packets ${x.packets} bytes ${x.bytes}`];
    case 'quota':
      return [printQuota(x, o)];
    case 'limit':
      return [printLimitObject(x)];
    case 'ct helper':
      return [`type "${x.type}" protocol ${x.protocol}`, x.l3proto && `l3proto ${x.l3proto}`];
    case 'ct timeout':
      return [
        `protocol ${x.protocol}`,
        x.l3proto && `l3proto ${x.l3proto}`,
        `policy = { ${x.policy
          .map(({ state, seconds }) => `${state.name} : ${printTime(seconds * 1000)}`)
          .join(', ')} }`,
      ];
    case 'ct expectation':
      return [
        `protocol ${x.protocol}`,
        `dport ${x.dport}`,
        `timeout ${printTime(x.timeout)}`,
        `size ${x.size}`,
        x.l3proto && `l3proto ${x.l3proto}`,
      ];
    case 'secmark':
      return [`"${x.context}"`];
    case 'synproxy':
      return [
        x.mss !== undefined && `mss ${x.mss}`,
        x.wscale !== undefined && `wscale ${x.wscale}`,
        [x.timestamp && 'timestamp', x.sackPerm && 'sack-perm'].filter(Boolean).join(' ') ||
          undefined,
      ];
    case 'tunnel':
      return tunnelLines(x);
  }
}

/** Anything inside a table, indented as it stands there. */
export function printItem(item: TableItem, o: DeclarationOptions = {}): string {
  switch (item.kind) {
    case 'chain':
      return printChain(item, o);
    case 'set':
    case 'map':
      return printSet(item, o);
    case 'flowtable':
      return printFlowtable(item, o);
    default:
      return opened(
        `${item.kind} ${item.name.name}`,
        item,
        [comment(item), ...objectLines(item, o)],
        o,
      );
  }
}

/** Objects, sets, flowtables, chains: the order nft lists them in, each in order of making. */
const RANK: Readonly<Record<string, number>> = { set: 1, map: 1, flowtable: 2, chain: 3 };
const rank = (item: TableItem): number => RANK[item.kind] ?? 0;

/** A whole table; `only` keeps the parts for which it is true (`nft list chain` and the like). */
export function printTable(
  t: TableDeclaration,
  o: DeclarationOptions = {},
  only: (item: TableItem) => boolean = () => true,
): string {
  const handle = o.handles === true && t.handle !== undefined ? ` # handle ${t.handle}` : '';
  const flags = t.flags.length === 0 ? '' : indent(`flags ${t.flags.map((f) => f.name).join(',')}`);
  const note = t.comment === undefined ? '' : indent(`comment "${t.comment}"`);
  const items = [...t.items].filter(only).sort((a, b) => rank(a) - rank(b));
  const body = [flags === '' ? '' : `${flags}${note}`, ...items.map((item) => printItem(item, o))];
  const parts = body.filter((part) => part !== '').join('\n');
  // A table's comment is no part of its own: nothing separates it from what follows.
  const lead = flags === '' ? note : '';
  return `table ${t.family} ${t.name.name} {${handle}\n${lead}${parts}}\n`;
}
