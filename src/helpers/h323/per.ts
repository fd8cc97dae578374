// Aligned PER (X.691) of the types of ./notation.ts: one walk over a message, which gives every part that
// was read with its place. Nothing throws: what is not as its type says makes the whole message null.
//
// A damaged message ends as nf_conntrack_h323_asn1.c ends it: where reading stops inside of a part, what is
// around it goes on behind the last bit that was read; what an open type or a string holds may run on behind
// it, to the end of the message, and reading goes on where its length says. So parts may be read again and
// again, and only so many are.

import type { Asn1Type, ChoiceType, Component, Range, SequenceType } from './notation.ts';

/** Additions a sequence may say it has; the kernel's bitmap is a word. */
const MAX_ADDITIONS = 32;

/** Parts of one message: hundreds in a large one. */
const MAX_PARTS = 0x10000;

/** A part of a message that was read. */
export class Decoded {
  /** Offset of its first octet: of an octet string what it holds, of an integer its value. */
  readonly at: number;
  /** Octets it takes there. */
  readonly size: number;
  /** Of an integer. */
  readonly number: number;
  /** Of a list. */
  readonly items: Decoded[] = [];
  readonly #parts = new Map<string, Decoded>();

  constructor(at: number, size = 0, number = 0) {
    this.at = at;
    this.size = size;
    this.number = number;
  }

  add(name: string, part: Decoded): void {
    this.#parts.set(name, part);
  }

  /** All components that were there. */
  parts(): Iterable<Decoded> {
    return this.#parts.values();
  }

  /** A component, or the alternative that was chosen, by the names on the way to it. */
  get(...path: readonly string[]): Decoded | undefined {
    let part: Decoded | undefined = this;
    for (const name of path) part = part === undefined ? part : part.#parts.get(name);
    return part;
  }
}

class PerReader {
  readonly #bytes: Uint8Array;
  /** Bits: where it is, and where the message ends. */
  #pos: number;
  readonly #end: number;
  #parts = 0;
  failed = false;

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.#bytes = bytes;
    this.#pos = from * 8;
    this.#end = to * 8;
  }

  read(type: Asn1Type): Decoded {
    if (++this.#parts > MAX_PARTS) this.failed = true;
    switch (type.kind) {
      case 'sequence':
        return this.#sequence(type);
      case 'choice':
        return this.#choice(type);
      case 'list':
        return this.#list(type.item);
      case 'containing':
        return this.#open(type.type);
      case 'open':
        return this.#open(null);
      case 'integer':
        return this.#integer(type.range);
      case 'octets':
        return this.#octets(type.range);
      case 'bits':
        return this.#bitString(type.range);
      case 'digits':
        return this.#characters(this.#bounded(type.range), 4);
      case 'wide':
        return this.#characters(this.#bounded(type.range), 16);
      case 'identifier':
        this.#align();
        return this.#span(this.#bits(8));
      case 'boolean':
        return new Decoded(this.#octet, 0, this.#bits(1));
      case 'null':
      case 'unread':
        return new Decoded(this.#octet);
    }
  }

  get #octet(): number {
    return this.#pos >>> 3;
  }

  #align(): void {
    this.#pos = (this.#pos + 7) & ~7;
  }

  /** Goes on; beyond the end everything fails. */
  #skip(bits: number): void {
    this.#pos += bits;
    if (this.#pos <= this.#end) return;
    this.failed = true;
    this.#pos = this.#end;
  }

  #isSet(bit: number): boolean {
    return (this.#bytes[bit >>> 3]! & (0x80 >>> (bit & 7))) !== 0;
  }

  #bits(count: number): number {
    const from = this.#pos;
    this.#skip(count);
    if (this.failed) return 0;
    let value = 0;
    for (let bit = from; bit < from + count; bit++) value = value * 2 + (this.#isSet(bit) ? 1 : 0);
    return value;
  }

  /** So many octets, aligned already. */
  #span(octets: number): Decoded {
    const at = this.#octet;
    this.#skip(octets * 8);
    return new Decoded(at, octets);
  }

  /** A length of 14 bits at most. The kernel wants two octets left of the message, even for one. */
  #length(): number {
    this.#align();
    if (this.#pos + 16 > this.#end) this.failed = true;
    const first = this.#bits(8);
    return first < 0x80 ? first : ((first & 0x3f) << 8) | this.#bits(8);
  }

  /** A constrained whole number (X.691 §10.5.7) of a range up to 64 Ki. */
  #bounded({ min, max = 0 }: Range): number {
    const values = max - min + 1;
    if (values < 256) return min + this.#bits(bitsFor(values));
    this.#align();
    return min + this.#bits(values === 256 ? 8 : 16);
  }

  #integer(range: Range): Decoded {
    const { min, max } = range;
    if (max !== undefined && max - min < 0x10000) {
      const number = this.#bounded(range);
      return new Decoded(this.#octet, 0, number);
    }
    // Its length: of four octets at most in two bits, else as that of a string.
    const octets = max === undefined ? this.#length() : this.#bits(2) + 1;
    this.#align();
    const at = this.#octet;
    const number = max === undefined ? 0 : this.#bits(octets * 8) + min;
    if (max === undefined) this.#skip(octets * 8);
    return new Decoded(at, octets, number);
  }

  #octets(range: Range): Decoded {
    const { min, max } = range;
    if (max === undefined) return this.#span(this.#length());
    const octets = min === max ? min : this.#bounded(range);
    // Two octets of a fixed size lie where they are (X.691 §16.6).
    if (max > 2) this.#align();
    return this.#span(octets);
  }

  #bitString(range: Range): Decoded {
    const bits = range.max === undefined ? this.#length() : this.#bounded(range);
    this.#align();
    const at = this.#octet;
    this.#skip(bits);
    return new Decoded(at);
  }

  #characters(count: number, bits: number): Decoded {
    this.#align();
    const at = this.#octet;
    this.#skip(count * bits);
    return new Decoded(at);
  }

  /** What has its length before it; null: jumped over. */
  #open(type: Asn1Type | null): Decoded {
    const octets = this.#length();
    const begin = this.#pos;
    this.#skip(octets * 8);
    if (type === null || this.failed) return new Decoded(begin >>> 3, octets);
    const behind = this.#pos;
    this.#pos = begin;
    const value = this.read(type);
    this.#pos = behind;
    return value;
  }

  #list(item: Asn1Type): Decoded {
    const list = new Decoded(this.#octet);
    for (let left = this.#length(); left > 0 && !this.failed; left--)
      list.items.push(this.read(item));
    return list;
  }

  #sequence({ root, optionals, additions }: SequenceType): Decoded {
    const value = new Decoded(this.#octet);
    const extended = additions !== null && this.#bits(1) === 1;
    let presence = this.#pos;
    this.#skip(optionals);
    for (const { name, type, optional } of root) {
      if (this.failed || type === null || type.kind === 'unread') return value;
      if (!optional || this.#isSet(presence++)) value.add(name, this.read(type));
    }
    if (extended && !this.failed) this.#additions(additions, value);
    return value;
  }

  #additions(known: readonly Component[], value: Decoded): void {
    const count = this.#bits(7) + 1;
    const presence = this.#pos;
    this.#skip(count);
    this.#align();
    if (count > MAX_ADDITIONS) this.failed = true;
    for (let i = 0; i < count && !this.failed; i++) {
      const addition = known[i];
      if (addition?.type?.kind === 'unread') return;
      // Of one it does not know the kernel reads a length even where the bit says that it is not there.
      if (addition !== undefined && !this.#isSet(presence + i)) continue;
      const part = this.#open(addition?.type ?? null);
      if (addition !== undefined) value.add(addition.name, part);
    }
  }

  #choice({ root, additions }: ChoiceType): Decoded {
    const value = new Decoded(this.#octet);
    const extended = additions !== null && this.#bits(1) === 1;
    const index = this.#bits(extended ? 7 : bitsFor(root.length));
    const chosen = (extended ? additions : root)[index];
    if (chosen === undefined && !extended) this.failed = true;
    if (this.failed) return value;
    const type = chosen?.type ?? null;
    const stays = type?.kind === 'unread' || !extended;
    const part = stays ? this.read(type!) : this.#open(type);
    if (chosen !== undefined) value.add(chosen.name, part);
    return value;
  }
}

/** Bits that so many values need. */
const bitsFor = (values: number): number => 32 - Math.clz32(values - 1);

/** Reads a value that begins at `from` and ends before `to`; null where it is malformed. */
export function decodePer(
  type: Asn1Type,
  bytes: Uint8Array,
  from: number,
  to: number,
): Decoded | null {
  const reader = new PerReader(bytes, from, Math.min(to, bytes.length));
  const value = reader.read(type);
  return reader.failed ? null : value;
}
