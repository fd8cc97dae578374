// Reads what a rule wants of a packet off its expressions, as its registers would be filled.

import type { Expr, Hex, IpSet, Rule, SetInfo, SetSpec, Table } from '../../program/index.ts';
import { talksOf } from './counting.ts';
import { granted } from './grant.ts';
import { type Held, heldBy, isName } from './loads.ts';
import type { BytePlace } from './shape.ts';
import { specialWishes } from './special.ts';
import { type Patch, type Span, shapeWish, type Wish } from './wish.ts';
import { setWishes } from './wish-set.ts';
import { natWishes, targetWishes } from './wish-targets.ts';
import { xtWishes } from './wish-xt.ts';

/** Elements of one set that are looked at: ends of a long list teach as much as all of it. */
const MOST_ELEMENTS = 32;

/** Registers 1-4 hold sixteen bytes, 8-23 the same four at a time. */
const wordOf = (register: number): number => (register < 8 ? (register - 1) * 4 : register - 8);

const filled = (digits: Hex, bytes: number, digit: string): Hex =>
  digits.padEnd(bytes * 2, digit).slice(0, bytes * 2);

/** A name with its closing zero is whole, without it the beginning of others. */
const spanOf = ({ field, full }: Held, low: Hex, high: Hex): Span => ({
  low: filled(low, full, '0'),
  high: filled(high, full, isName(field) && high.endsWith('00') ? '0' : 'f'),
});

const isPrefixMask = (mask: Hex): boolean => /^f*[08ce]?0*$/.test(mask);

const placed = ({ place }: Held): { at?: BytePlace } => (place === undefined ? {} : { at: place });

/** `saddr & 255.255.255.0 == 10.0.0.0` is a range; any other mask stays one. */
function maskedWish(held: Held, data: Hex, negated: boolean): Wish {
  const { field, mask } = held;
  if (mask === undefined || !isPrefixMask(mask))
    return {
      field,
      spans: [spanOf(held, data, data)],
      negated,
      ...(mask && { mask: filled(mask, held.full, '0') }),
      ...placed(held),
    };
  const size = BigInt(`0x${mask}`) ^ ((1n << BigInt(mask.length * 4)) - 1n);
  const high = (BigInt(`0x${data}`) | size).toString(16).padStart(data.length, '0');
  return { field, spans: [spanOf(held, data, high)], negated, ...placed(held) };
}

const isZero = (digits: Hex): boolean => /^0*$/.test(digits);

const beside = (digits: Hex, by: bigint): Hex => {
  const all = (1n << BigInt(digits.length * 4)) - 1n;
  return ((BigInt(`0x${digits}`) + by) & all).toString(16).padStart(digits.length, '0');
};

function compared(held: Held, expr: Extract<Expr, { kind: 'cmp' }>): Wish {
  const { field, full } = held;
  const zero = filled('', full, '0');
  const most = filled('', full, 'f');
  const data = filled(expr.data, full, '0');
  const between = (low: Hex, high: Hex): Wish => ({
    field,
    spans: [{ low, high }],
    negated: false,
    ...placed(held),
  });
  switch (expr.op) {
    case 'eq':
    case 'neq':
      // Bits that are asked for: `ct state established` is "not none of them".
      if (held.mask !== undefined && isZero(expr.data))
        return {
          field,
          spans: bitsOf(held.mask).map((bit) => spanOf(held, bit, bit)),
          negated: expr.op === 'eq',
          ...placed(held),
        };
      return maskedWish(held, expr.data, expr.op === 'neq');
    case 'lt':
      return between(zero, isZero(data) ? zero : beside(data, -1n));
    case 'lte':
      return between(zero, data);
    case 'gt':
      return between(beside(data, 1n), most);
    default:
      return between(data, most);
  }
}

/** All of the mask, and each of its bits alone. */
function bitsOf(mask: Hex): Hex[] {
  const whole = BigInt(`0x${mask}`);
  const single: Hex[] = [];
  for (let bit = 1n; bit <= whole; bit <<= 1n)
    if (whole & bit) single.push(bit.toString(16).padStart(mask.length, '0'));
  return [mask, ...single.slice(0, MOST_ELEMENTS)];
}

const part = (digits: Hex, { at, len }: Held): Hex => digits.slice(at * 2, (at + len) * 2);

/** Reads a rule's expressions in order, as its registers would be filled. */
class Reader {
  readonly #held = new Map<number, readonly Held[]>();
  readonly #known: Known;
  readonly #table: Table;
  readonly #values = new Map<number, Hex>();
  #protocol: number | undefined;
  readonly wishes: Wish[] = [];

  constructor(table: Table, known: Known) {
    this.#table = table;
    this.#known = known;
  }

  read(expr: Expr): void {
    if (expr.kind === 'bitwise') this.#mask(expr);
    else if (expr.kind === 'cmp') this.#compare(expr);
    else if (expr.kind === 'range') this.#range(expr);
    else if (expr.kind === 'lookup') this.#lookup(expr);
    else if (expr.kind === 'match') this.#match(expr);
    else if (expr.kind === 'byteorder')
      this.#held.set(wordOf(expr.dreg), this.#held.get(wordOf(expr.sreg)) ?? []);
    else if (expr.kind === 'target') this.#add(...targetWishes(expr));
    else if (expr.kind === 'immediate' && expr.data.kind === 'value')
      this.#values.set(wordOf(expr.dreg), expr.data.bytes);
    else if ('dreg' in expr)
      this.#held.set(wordOf(expr.dreg ?? 0), heldBy(expr, this.#table.family, this.#protocol));
    else this.#add(...talksOf(expr), ...natWishes(expr, (at) => this.#values.get(wordOf(at))));
  }

  #match(expr: Extract<Expr, { kind: 'match' }>): void {
    if (expr.name === 'set') this.#add(...setWishes(expr.info as SetInfo, this.#known.ipsets));
    else this.#add(...xtWishes(expr, this.#table.family));
  }

  #add(...wishes: readonly Wish[]): void {
    for (const wish of wishes) {
      if (wish.field === 'protocol' && !wish.negated && wish.spans.length === 1)
        this.#protocol = Number.parseInt(wish.spans[0]!.low, 16);
      this.wishes.push(wish);
    }
  }

  #at(register: number): readonly Held[] {
    return this.#held.get(wordOf(register)) ?? [];
  }

  #mask(expr: Extract<Expr, { kind: 'bitwise' }>): void {
    const held = expr.op === 'mask-xor' ? this.#at(expr.sreg) : [];
    const masked = held.map((h) =>
      expr.op === 'mask-xor' ? { ...h, mask: part(expr.mask, h) } : h,
    );
    this.#held.set(
      wordOf(expr.dreg),
      masked.filter((h) => !isZero(h.mask ?? '1')),
    );
  }

  /** Of several fields at once only equality says something about each. */
  #compare(expr: Extract<Expr, { kind: 'cmp' }>): void {
    const held = this.#at(expr.sreg);
    if (held.length > 1 && expr.op !== 'eq' && expr.op !== 'neq') return;
    for (const one of held) {
      const data = part(expr.data, one);
      if (one.special !== undefined) this.#add(...specialWishes(one.special, expr.op, data));
      else this.#add(compared(one, { ...expr, data }));
    }
  }

  #range(expr: Extract<Expr, { kind: 'range' }>): void {
    const [held, ...more] = this.#at(expr.sreg);
    if (held === undefined || more.length > 0) return;
    const negated = expr.op === 'neq';
    if (held.special !== undefined)
      this.#add(...specialWishes(held.special, expr.op, expr.from, expr.to));
    else
      this.#add({
        field: held.field,
        spans: [spanOf(held, expr.from, expr.to)],
        negated,
        ...placed(held),
      });
  }

  #lookup(expr: Extract<Expr, { kind: 'lookup' }>): void {
    const set = this.#known.sets.get(expr.set);
    if (set === undefined) return;
    const fields = this.#fieldsOf(set, expr.sreg);
    if (fields.length > 1) {
      this.#add(...together(set, fields, expr.invert));
      return;
    }
    let at = 0;
    for (const len of set.fieldLens ?? [set.keyLen]) {
      for (const held of this.#held.get(wordOf(expr.sreg) + at / 4) ?? [])
        this.#elements(held, set, at, expr.invert);
      at += Math.ceil(len / 4) * 4;
    }
  }

  /** What a concatenation is of, with where each stands in a key. */
  #fieldsOf(set: SetSpec, sreg: number): Placed[] {
    let at = 0;
    return (set.fieldLens ?? []).flatMap((len): Placed[] => {
      const from = at;
      at += Math.ceil(len / 4) * 4;
      const held = this.#held.get(wordOf(sreg) + from / 4) ?? [];
      return held.filter((h) => h.special === undefined).map((h) => ({ held: h, from }));
    });
  }

  #elements(held: Held, set: SetSpec, at: number, negated: boolean): void {
    const cut = (key: Hex): Hex => part(key.slice(at * 2), held);
    const all = set.elements.filter((e) => e.catchall !== true);
    const some = all.slice(0, MOST_ELEMENTS);
    if (held.special !== undefined) {
      for (const { key, keyEnd } of some.slice(0, 1))
        this.#add(...specialWishes(held.special, 'eq', cut(key), cut(keyEnd ?? key)));
      return;
    }
    const spans = some.map((e) => spanOf(held, cut(e.key), cut(e.keyEnd ?? e.key)));
    // What is looked up and added to is met by anything, twice.
    if (spans.length > 0) this.#add({ field: held.field, spans, negated, ...placed(held) });
  }
}

/** A field of a concatenation and where it begins in a key. */
interface Placed {
  readonly held: Held;
  readonly from: number;
}

/** All fields of one element at once, or all but one. */
function together(set: SetSpec, fields: readonly Placed[], negated: boolean): Wish[] {
  const elements = set.elements.filter((e) => e.catchall !== true).slice(0, MOST_ELEMENTS);
  const wanted = elements.map(({ key, keyEnd }) =>
    fields.map(({ held, from }): Wish => {
      const cut = (digits: Hex): Hex => part(digits.slice(from * 2), held);
      const spans = [spanOf(held, cut(key), cut(keyEnd ?? key))];
      return { field: held.field, spans, negated: false, ...placed(held) };
    }),
  );
  const patch =
    (wishes: readonly Wish[], missed: number): Patch =>
    (d, random, places) =>
      wishes.reduce((draft, wish, i) => granted(draft, wish, i !== missed, random, places), d);
  const spans = (at: number): Wish => ({
    ...wanted[0]![at]!,
    spans: wanted.flatMap((wishes) => wishes[at]!.spans),
  });
  if (wanted.length === 0) return [];
  return [
    // Named for the network; what the shape asks for comes last, and holds.
    ...(negated ? [] : fields.map((_, at) => spans(at))),
    shapeWish(
      wanted.map((wishes) => patch(wishes, -1)),
      wanted.flatMap((wishes) => wishes.map((_, i) => patch(wishes, i))),
      negated,
    ),
  ];
}

/** Sets by name that rules of a table may ask. */
export interface Known {
  readonly sets: ReadonlyMap<string, SetSpec>;
  readonly ipsets: ReadonlyMap<string, IpSet>;
}

export const knownTo = (table: Table, ipsets: readonly IpSet[]): Known => ({
  sets: new Map(table.sets.map((set) => [set.name, set])),
  ipsets: new Map(ipsets.map((set) => [set.name, set])),
});

export function wishesOf(rule: Rule, table: Table, known: Known): readonly Wish[] {
  const reader = new Reader(table, known);
  for (const expr of rule.exprs) reader.read(expr);
  return reader.wishes;
}
