// Netlink attributes: struct nlattr (16-bit length with header, 16-bit type), padded to four bytes;
// include/uapi/linux/netlink.h. The header is in the host's byte order, what an attribute holds is
// said by its accessor: nf_tables is big-endian throughout, other families are not.

import {
  put16,
  put16le,
  put32,
  put32le,
  u16,
  u16le,
  utf8Decode,
  viewOf,
  Writer,
} from '../bytes/index.ts';
import { NLA_F_NESTED, NLA_TYPE_MASK } from '../uapi/index.ts';

const HEADER = 4;
const NOTHING = new Uint8Array(0);
/** Nested deeper than this is no message of the kernel's, and would exhaust the stack. */
const MAX_DEPTH = 16;

export interface Attribute {
  readonly type: number;
  readonly nested: boolean;
  readonly bytes: Uint8Array;
}

/** Remembers the first thing that was wrong, so that a codec reads all its fields and asks once. */
export class Faults {
  error: string | undefined = undefined;

  note(error: string): void {
    this.error ??= error;
  }
}

/** Attributes of types that are not known here, by type. */
export type Kept = Readonly<Record<number, Uint8Array>>;

/** NLA_ALIGN */
export const align4 = (length: number): number => (length + 3) & ~3;

function* attributesOf(
  bytes: Uint8Array,
  littleEndian: boolean,
  faults: Faults,
): Generator<Attribute> {
  const half = littleEndian ? u16le : u16;
  let at = 0;
  while (bytes.length - at >= HEADER) {
    const length = half(bytes, at);
    const type = half(bytes, at + 2);
    if (length < HEADER || length > bytes.length - at) {
      faults.note(`attribute ${type & NLA_TYPE_MASK}: length ${length}, ${bytes.length - at} left`);
      return;
    }
    yield {
      type: type & NLA_TYPE_MASK,
      nested: (type & NLA_F_NESTED) !== 0,
      bytes: bytes.subarray(at + HEADER, at + length),
    };
    at += align4(length);
  }
  if (at < bytes.length) faults.note(`${bytes.length - at} bytes after the last attribute`);
}

/**
 * The attributes of one level by their type. Reads never throw: an absent attribute gives 0, '' or
 * nothing, a short one is noted as the fault of the whole message. Types that nobody asks for are
 * kept in `unread`.
 */
export class Attributes {
  readonly littleEndian: boolean;
  readonly #faults: Faults;
  readonly #depth: number;
  readonly #all: readonly Attribute[];
  readonly #byType = new Map<number, Uint8Array>();
  readonly #read = new Set<number>();

  constructor(bytes: Uint8Array, littleEndian: boolean, faults = new Faults(), depth = 0) {
    this.littleEndian = littleEndian;
    this.#faults = faults;
    this.#depth = depth;
    this.#all = [...attributesOf(bytes, littleEndian, faults)];
    for (const { type, bytes: value } of this.#all) this.#byType.set(type, value);
  }

  /** The first thing that was wrong, here or in anything nested. */
  get error(): string | undefined {
    return this.#faults.error;
  }

  fail(error: string): void {
    this.#faults.note(error);
  }

  has(type: number): boolean {
    return this.#byType.has(type);
  }

  /** Types that were there and that nothing has read: newer kernels add attributes. */
  get unread(): readonly number[] {
    return [...this.#byType.keys()].filter((type) => !this.#read.has(type));
  }

  /** What nothing has read, to be kept beside what was. Asked for last. */
  kept(): { readonly unknown?: Kept } {
    const rest = this.unread.map((type) => [type, this.#byType.get(type) ?? NOTHING] as const);
    return rest.length === 0 ? {} : { unknown: Object.fromEntries(rest) };
  }

  #value(type: number, least = 0): Uint8Array | undefined {
    this.#read.add(type);
    const value = this.#byType.get(type);
    if (value === undefined || value.length >= least) return value;
    this.fail(`attribute ${type}: ${least} bytes wanted, ${value.length} there`);
    return undefined;
  }

  bytes(type: number): Uint8Array {
    return this.#value(type) ?? NOTHING;
  }

  u8(type: number): number {
    return this.#value(type, 1)?.[0] ?? 0;
  }

  u16be(type: number): number {
    const value = this.#value(type, 2);
    return value === undefined ? 0 : viewOf(value).getUint16(0);
  }

  u32be(type: number): number {
    const value = this.#value(type, 4);
    return value === undefined ? 0 : viewOf(value).getUint32(0);
  }

  i32be(type: number): number {
    return this.u32be(type) | 0;
  }

  u32host(type: number): number {
    const value = this.#value(type, 4);
    return value === undefined ? 0 : viewOf(value).getUint32(0, this.littleEndian);
  }

  /** Counts beyond 2^53 become the greatest number that is exact. */
  u64be(type: number): number {
    const value = this.#value(type, 8);
    if (value === undefined) return 0;
    return Math.min(Number(viewOf(value).getBigUint64(0)), Number.MAX_SAFE_INTEGER);
  }

  /** Text up to its NUL, or all of it: libmnl sends some strings without one. */
  text(type: number): string {
    const value = this.#value(type) ?? NOTHING;
    const end = value.indexOf(0);
    return utf8Decode(end < 0 ? value : value.subarray(0, end));
  }

  nested(type: number): Attributes {
    return this.#inside(this.bytes(type));
  }

  #inside(bytes: Uint8Array): Attributes {
    const tooDeep = this.#depth >= MAX_DEPTH;
    if (tooDeep) this.fail('attributes nested too deep');
    return new Attributes(
      tooDeep ? NOTHING : bytes,
      this.littleEndian,
      this.#faults,
      this.#depth + 1,
    );
  }

  /** Each attribute of `item` inside the nested attribute `type`: NFTA_LIST_ELEM and the like. */
  list(type: number, item: number): readonly Attributes[] {
    return this.nested(type).each(item);
  }

  /** Each attribute of type `item` here, in order. */
  each(item: number): readonly Attributes[] {
    return this.raw(item).map((bytes) => this.#inside(bytes));
  }

  /** The bytes of each attribute of type `item`, in order. */
  raw(item: number): readonly Uint8Array[] {
    this.#read.add(item);
    return this.#all.filter(({ type }) => type === item).map(({ bytes }) => bytes);
  }

  /** A number that stands for a word: its place in `words`. An unknown one is a fault. */
  word<T extends string>(type: number, words: readonly (T | undefined)[], what: string): T {
    const value = this.u32be(type);
    return this.pick(value, words, what);
  }

  pick<T extends string>(value: number, words: readonly (T | undefined)[], what: string): T {
    const word = words[value];
    if (word !== undefined) return word;
    this.fail(`unknown ${what} ${value}`);
    return words.find((w) => w !== undefined) as T;
  }
}

/** Writes attributes one after the other, each padded to four bytes. Methods return the writer. */
export class AttributeWriter {
  readonly littleEndian: boolean;
  readonly #out = new Writer(128);

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
  }

  bytes(type: number, value: Uint8Array): this {
    if (value.length + HEADER > 0xffff) {
      throw new RangeError(`attribute ${type} of ${value.length} bytes: 65531 is the most`);
    }
    const header = new Uint8Array(HEADER);
    const put = this.littleEndian ? put16le : put16;
    put(header, 0, value.length + HEADER);
    put(header, 2, type);
    this.#out.bytes(header).bytes(value).align(4);
    return this;
  }

  u8(type: number, value: number): this {
    return this.bytes(type, Uint8Array.of(value));
  }

  u16be(type: number, value: number): this {
    return this.bytes(type, new Writer(2).u16(value).finish());
  }

  u32be(type: number, value: number): this {
    return this.bytes(type, new Writer(4).u32(value).finish());
  }

  u32host(type: number, value: number): this {
    const bytes = new Uint8Array(4);
    (this.littleEndian ? put32le : put32)(bytes, 0, value);
    return this.bytes(type, bytes);
  }

  u64be(type: number, value: number): this {
    return this.bytes(type, new Writer(8).u64(BigInt(value)).finish());
  }

  kept(unknown: Kept | undefined): this {
    for (const [type, bytes] of Object.entries(unknown ?? {})) this.bytes(Number(type), bytes);
    return this;
  }

  /** NUL-terminated. */
  text(type: number, value: string): this {
    return this.bytes(type, new Writer(value.length + 1).text(value).u8(0).finish());
  }

  nested(type: number, write: (inner: AttributeWriter) => void): this {
    const inner = new AttributeWriter(this.littleEndian);
    write(inner);
    return this.bytes(type | NLA_F_NESTED, inner.finish());
  }

  list<T>(
    type: number,
    item: number,
    values: readonly T[],
    write: (inner: AttributeWriter, value: T) => void,
  ): this {
    return this.nested(type, (list) => {
      for (const value of values) list.nested(item, (inner) => write(inner, value));
    });
  }

  finish(): Uint8Array {
    return this.#out.finish();
  }
}
