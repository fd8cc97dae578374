// Userdata: bytes the kernel keeps and does not read. nftables puts entries of type, length and
// value there (libnftnl's udata.h), each of a byte, and numbers in host order.

import {
  concatBytes,
  hex,
  put32,
  put32le,
  unhex,
  utf8Decode,
  viewOf,
  Writer,
} from '../../bytes/index.ts';
import type { Hex } from '../../program/index.ts';

/** enum nftnl_udata_rule_types; tables, chains and objects have the same one entry. */
export const UDATA_COMMENT = 0;

/** enum nftnl_udata_set_types */
export const UDATA_SET = {
  keyByteorder: 0,
  dataByteorder: 1,
  mergeElements: 2,
  keyTypeof: 3,
  dataTypeof: 4,
  expr: 5,
  dataInterval: 6,
  comment: 7,
} as const;

/** enum nftnl_udata_set_elem_types */
export const UDATA_ELEM = { comment: 0, flags: 1 } as const;
/** enum nftnl_udata_set_elem_flags: the interval goes on to the greatest value. */
export const ELEM_INTERVAL_OPEN = 1;

/** nftables' enum byteorder */
export const BYTEORDER = { host: 1, big: 2 } as const;

const MOST = 255;

export class UserdataWriter {
  readonly #out = new Writer(32);
  readonly #littleEndian: boolean;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  /** Text with its NUL; undefined writes nothing. */
  text(type: number, text: string | undefined): this {
    if (text === undefined) return this;
    const bytes = new Writer(32).text(text).u8(0).finish();
    if (bytes.length > MOST) throw new RangeError(`comment of ${bytes.length} bytes: 255 fit`);
    this.#out.u8(type).u8(bytes.length).bytes(bytes);
    return this;
  }

  u32host(type: number, value: number | undefined): this {
    if (value === undefined) return this;
    const bytes = new Uint8Array(4);
    (this.#littleEndian ? put32le : put32)(bytes, 0, value);
    this.#out.u8(type).u8(4).bytes(bytes);
    return this;
  }

  /** Entries within an entry. */
  nested(type: number, write: (inner: UserdataWriter) => void): this {
    const inner = new UserdataWriter(this.#littleEndian);
    write(inner);
    const bytes = inner.finish();
    if (bytes.length > MOST) throw new RangeError(`userdata of ${bytes.length} bytes: 255 fit`);
    this.#out.u8(type).u8(bytes.length).bytes(bytes);
    return this;
  }

  /** What was there beside nft's entries. */
  raw(bytes: Hex | undefined): this {
    if (bytes !== undefined) this.#out.bytes(unhex(bytes));
    return this;
  }

  finish(): Uint8Array {
    return this.#out.finish();
  }
}

const NOTHING = new Uint8Array(0);

/** Entries by type. Userdata of other programs may be anything: what is no entry is kept as it is. */
export class Userdata {
  readonly #entries = new Map<number, Uint8Array>();
  readonly #littleEndian: boolean;
  readonly #tail: Uint8Array;

  constructor(bytes: Uint8Array, littleEndian: boolean) {
    this.#littleEndian = littleEndian;
    let at = 0;
    while (at + 2 <= bytes.length) {
      const end = at + 2 + bytes[at + 1]!;
      if (end > bytes.length) break;
      this.#entries.set(bytes[at]!, bytes.subarray(at, end));
      at = end;
    }
    this.#tail = bytes.subarray(at);
  }

  #value(type: number): Uint8Array | undefined {
    return this.#entries.get(type)?.subarray(2);
  }

  /** Entries of types that are not `known`, and what is no entry. */
  rest(known: readonly number[]): { readonly userdata?: Hex } {
    const unknown = [...this.#entries].filter(([type]) => !known.includes(type));
    const bytes = concatBytes(...unknown.map(([, entry]) => entry), this.#tail);
    return bytes.length === 0 ? {} : { userdata: hex(bytes) };
  }

  text(type: number): string | undefined {
    const value = this.#value(type);
    if (value === undefined) return undefined;
    const end = value.indexOf(0);
    return utf8Decode(end < 0 ? value : value.subarray(0, end));
  }

  u32host(type: number): number | undefined {
    const value = this.#value(type);
    if (value === undefined || value.length < 4) return undefined;
    return viewOf(value).getUint32(0, this.#littleEndian);
  }

  nested(type: number): Userdata | undefined {
    const value = this.#value(type);
    return value === undefined ? undefined : new Userdata(value, this.#littleEndian);
  }

  /** What every entry holds, where entries are the items of a list. */
  all(): readonly Userdata[] {
    return [...this.#entries.keys()].map(
      (type) => new Userdata(this.#value(type) ?? NOTHING, this.#littleEndian),
    );
  }
}
