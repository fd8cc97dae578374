// What a rule wants of a packet: read off its expressions, so that packets can be made that meet it,
// and others that miss it by one.

import type {
  Chain,
  Expr,
  Family,
  Hex,
  Program,
  Rule,
  SetSpec,
  Table,
} from '../../program/index.ts';
import { xtWishes } from './wish-xt.ts';

/** What of a packet a rule asks for, in the words of nft. */
export type Field =
  | 'family'
  | 'protocol'
  | 'saddr'
  | 'daddr'
  | 'sport'
  | 'dport'
  | 'flags'
  | 'type'
  | 'code'
  | 'ttl'
  | 'tos'
  | 'length'
  | 'mark'
  | 'iif'
  | 'oif'
  /** The bridges of the ports a frame comes in and goes out by. */
  | 'bridge in'
  | 'bridge out'
  | 'ether saddr'
  | 'ether daddr'
  | 'state';

/** Both ends inclusive, of the same number of digits. */
export interface Span {
  readonly low: Hex;
  readonly high: Hex;
}

export interface Wish {
  readonly field: Field;
  readonly spans: readonly Span[];
  /** The value must be in none of the spans. */
  readonly negated: boolean;
  /** Bits that count; absent where all do. */
  readonly mask?: Hex;
}

/** A rule with what it wants, and the rules that lead to its chain. */
export interface Goal {
  readonly table: Table;
  readonly chain: Chain;
  readonly index: number;
  readonly rule: Rule;
  readonly wishes: readonly Wish[];
  /** From a base chain down to this one. */
  readonly through: readonly Wish[];
  /** The hook whose packets meet it, where only one does. */
  readonly hook: string | undefined;
}

/** Elements of one set that are looked at: ends of a long list teach as much as all of it. */
const MOST_ELEMENTS = 32;
const MOST_PATHS = 4;

interface Held {
  readonly field: Field;
  /** Where in the load it stands, in bytes. */
  readonly at: number;
  /** Bytes loaded; fewer than the field has for a prefix. */
  readonly len: number;
  readonly full: number;
  readonly mask?: Hex;
}

/** Field, offset and length; a load may take several that stand side by side, or part of the last. */
type Layout = readonly (readonly [Field, number, number])[];

const IPV4: Layout = [
  ['tos', 1, 1],
  ['ttl', 8, 1],
  ['protocol', 9, 1],
  ['saddr', 12, 4],
  ['daddr', 16, 4],
];
const IPV6: Layout = [
  ['protocol', 6, 1],
  ['ttl', 7, 1],
  ['saddr', 8, 16],
  ['daddr', 24, 16],
];
const ETHERNET: Layout = [
  ['ether daddr', 0, 6],
  ['ether saddr', 6, 6],
  ['family', 12, 2],
];
/** ARP over Ethernet for IPv4. */
const ARP: Layout = [
  ['code', 6, 2],
  ['ether saddr', 8, 6],
  ['saddr', 14, 4],
  ['daddr', 24, 4],
];
const PORTS: Layout = [
  ['sport', 0, 2],
  ['dport', 2, 2],
  ['flags', 13, 1],
];
const ICMP: Layout = [
  ['type', 0, 1],
  ['code', 1, 1],
];

const META: Readonly<Record<string, readonly [Field, number]>> = {
  l4proto: ['protocol', 1],
  nfproto: ['family', 1],
  protocol: ['family', 2],
  iif: ['iif', 4],
  iifname: ['iif', 16],
  oif: ['oif', 4],
  oifname: ['oif', 16],
  bri_iifname: ['bridge in', 16],
  bri_oifname: ['bridge out', 16],
  mark: ['mark', 4],
  len: ['length', 4],
};

/** Loads of one or two bytes at the start are ICMP's type and code, unless they are a whole port. */
function layoutOf(
  { base, offset, len }: Extract<Expr, { kind: 'payload' }>,
  family: Family,
): Layout {
  if (base === 'link') return ETHERNET;
  if (base === 'network' && family === 'arp') return ARP;
  if (base === 'transport') return offset < 2 && len === 1 ? ICMP : PORTS;
  if (base !== 'network') return [];
  const isFour = offset === 1 || offset === 8 ? len === 1 : offset >= 9 && offset < 20 && len <= 8;
  return isFour ? IPV4 : IPV6;
}

function payloadFields(e: Extract<Expr, { kind: 'payload' }>, family: Family): Held[] {
  return layoutOf(e, family).flatMap(([field, offset, full]) => {
    const at = offset - e.offset;
    if (at < 0 || at >= e.len) return [];
    return [{ field, at, len: Math.min(full, e.len - at), full }];
  });
}

function loaded(expr: Expr, family: Family): Held[] {
  if (expr.kind === 'payload') return payloadFields(expr, family);
  if (expr.kind === 'ct' && expr.key === 'state')
    return [{ field: 'state', at: 0, len: 4, full: 4 }];
  if (expr.kind !== 'meta') return [];
  const [field, len] = META[expr.key] ?? [];
  return field && len ? [{ field, at: 0, len, full: len }] : [];
}

/** Registers 1-4 hold sixteen bytes, 8-23 the same four at a time. */
const wordOf = (register: number): number => (register < 8 ? (register - 1) * 4 : register - 8);

const filled = (digits: Hex, bytes: number, digit: string): Hex =>
  digits.padEnd(bytes * 2, digit).slice(0, bytes * 2);

const isName = (field: Field): boolean =>
  field === 'iif' || field === 'oif' || field === 'bridge in' || field === 'bridge out';

/** A name with its closing zero is whole, without it the beginning of others. */
const spanOf = ({ field, full }: Held, low: Hex, high: Hex): Span => ({
  low: filled(low, full, '0'),
  high: filled(high, full, isName(field) && high.endsWith('00') ? '0' : 'f'),
});

const isPrefixMask = (mask: Hex): boolean => /^f*[08ce]?0*$/.test(mask);

/** `saddr & 255.255.255.0 == 10.0.0.0` is a range; any other mask stays one. */
function maskedWish(held: Held, data: Hex, negated: boolean): Wish {
  const { field, mask } = held;
  if (mask === undefined || !isPrefixMask(mask))
    return { field, spans: [spanOf(held, data, data)], negated, ...(mask && { mask }) };
  const size = BigInt(`0x${mask}`) ^ ((1n << BigInt(mask.length * 4)) - 1n);
  const high = (BigInt(`0x${data}`) | size).toString(16).padStart(data.length, '0');
  return { field, spans: [spanOf(held, data, high)], negated };
}

function compared(held: Held, expr: Extract<Expr, { kind: 'cmp' }>): Wish {
  const { field, full } = held;
  const zero = filled('', full, '0');
  const most = filled('', full, 'f');
  switch (expr.op) {
    case 'eq':
    case 'neq':
      // Bits that are asked for: `ct state established` is "not none of them".
      if (held.mask !== undefined && /^0*$/.test(expr.data) && expr.op === 'neq')
        return { field, spans: [{ low: held.mask, high: held.mask }], negated: false };
      return maskedWish(held, expr.data, expr.op === 'neq');
    case 'lt':
    case 'lte':
      return { field, spans: [{ low: zero, high: filled(expr.data, full, '0') }], negated: false };
    default:
      return { field, spans: [{ low: filled(expr.data, full, '0'), high: most }], negated: false };
  }
}

const part = (digits: Hex, { at, len }: Held): Hex => digits.slice(at * 2, (at + len) * 2);

/** Reads a rule's expressions in order, as its registers would be filled. */
class Reader {
  readonly #held = new Map<number, readonly Held[]>();
  readonly #sets: ReadonlyMap<string, SetSpec>;
  readonly #family: Family;
  readonly wishes: Wish[] = [];

  constructor(table: Table) {
    this.#family = table.family;
    this.#sets = new Map(table.sets.map((set) => [set.name, set]));
  }

  read(expr: Expr): void {
    if (expr.kind === 'bitwise') this.#mask(expr);
    else if (expr.kind === 'cmp') this.#compare(expr);
    else if (expr.kind === 'range') this.#range(expr);
    else if (expr.kind === 'lookup') this.#lookup(expr);
    else if (expr.kind === 'match') this.wishes.push(...xtWishes(expr));
    else if ('dreg' in expr) this.#held.set(wordOf(expr.dreg ?? 0), loaded(expr, this.#family));
  }

  #at(register: number): readonly Held[] {
    return this.#held.get(wordOf(register)) ?? [];
  }

  #mask(expr: Extract<Expr, { kind: 'bitwise' }>): void {
    const held = expr.op === 'mask-xor' ? this.#at(expr.sreg) : [];
    const masked = held.map((h) =>
      expr.op === 'mask-xor' ? { ...h, mask: part(expr.mask, h) } : h,
    );
    this.#held.set(wordOf(expr.dreg), masked);
  }

  /** Of several fields at once only equality says something about each. */
  #compare(expr: Extract<Expr, { kind: 'cmp' }>): void {
    const held = this.#at(expr.sreg);
    if (held.length > 1 && expr.op !== 'eq') return;
    for (const one of held)
      this.wishes.push(compared(one, { ...expr, data: part(expr.data, one) }));
  }

  #range(expr: Extract<Expr, { kind: 'range' }>): void {
    const [held, ...more] = this.#at(expr.sreg);
    if (held === undefined || more.length > 0) return;
    const span = spanOf(held, expr.from, expr.to);
    this.wishes.push({ field: held.field, spans: [span], negated: expr.op === 'neq' });
  }

  #lookup(expr: Extract<Expr, { kind: 'lookup' }>): void {
    const set = this.#sets.get(expr.set);
    if (set === undefined) return;
    let at = 0;
    for (const len of set.fieldLens ?? [set.keyLen]) {
      for (const held of this.#held.get(wordOf(expr.sreg) + at / 4) ?? [])
        this.#elements(held, set, at, expr.invert);
      at += Math.ceil(len / 4) * 4;
    }
  }

  #elements(held: Held, set: SetSpec, at: number, negated: boolean): void {
    const cut = (key: Hex): Hex => part(key.slice(at * 2), held);
    const some = set.elements.filter((e) => e.catchall !== true).slice(0, MOST_ELEMENTS);
    const spans = some.map((e) => spanOf(held, cut(e.key), cut(e.keyEnd ?? e.key)));
    if (spans.length > 0) this.wishes.push({ field: held.field, spans, negated });
  }
}

export function wishesOf(rule: Rule, table: Table): readonly Wish[] {
  const reader = new Reader(table);
  for (const expr of rule.exprs) reader.read(expr);
  return reader.wishes;
}

function jumpsOf(rule: Rule, table: Table): string[] {
  const names: string[] = [];
  for (const expr of rule.exprs) {
    if (expr.kind === 'immediate' && expr.data.kind === 'verdict' && 'chain' in expr.data.verdict)
      names.push(expr.data.verdict.chain);
    if (expr.kind !== 'lookup' || expr.dreg !== 0) continue;
    for (const { data } of table.sets.find((s) => s.name === expr.set)?.elements ?? [])
      if (data?.kind === 'verdict' && 'chain' in data.verdict) names.push(data.verdict.chain);
  }
  return names;
}

interface Path {
  readonly hook: string;
  readonly wishes: readonly Wish[];
}

/** The ways into each chain of a table, a few of them. */
function pathsOf(table: Table): ReadonlyMap<string, readonly Path[]> {
  const paths = new Map<string, Path[]>();
  const queue: [string, Path][] = [];
  const reach = (name: string, path: Path): void => {
    const known = paths.get(name) ?? [];
    if (known.length >= MOST_PATHS) return;
    paths.set(name, [...known, path]);
    queue.push([name, path]);
  };
  for (const chain of table.chains)
    if (chain.base !== undefined) reach(chain.name, { hook: chain.base.hook, wishes: [] });
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [name, path] = next;
    for (const rule of table.chains.find((c) => c.name === name)?.rules ?? [])
      for (const to of jumpsOf(rule, table))
        reach(to, { hook: path.hook, wishes: [...path.wishes, ...wishesOf(rule, table)] });
  }
  return paths;
}

/** Every rule that some base chain leads to, with what it wants. */
export function goalsOf(program: Program): Goal[] {
  return program.tables.flatMap((table) => {
    const paths = pathsOf(table);
    return table.chains.flatMap((chain) =>
      chain.rules.flatMap((rule, index) =>
        (paths.get(chain.name) ?? []).map(({ hook, wishes }): Goal => {
          const own = wishesOf(rule, table);
          return { table, chain, index, rule, wishes: own, through: wishes, hook };
        }),
      ),
    );
  });
}
