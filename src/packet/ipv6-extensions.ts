import { concatBytes, formatIPv6, put16, put32, u16, u32, Writer } from '../bytes/index.ts';
import { IP6_MF, IP6_OFFSET, IPV6_SRCRT_TYPE_4 } from '../uapi/index.ts';
import { ipv6Bytes } from './address.ts';
import { encodeIPv6Options, type IPv6Option, readIPv6Options } from './ipv6-options.ts';
import { type Malformed, malformed, shortHeader } from './malformed.ts';

/*
 * The extension headers of RFC 8200 §4 and the others of the same shape (next header, length in
 * units of eight bytes not counting the first): mobility (RFC 6275 §6.1), HIP (RFC 7401 §5.1),
 * Shim6 (RFC 5533 §5).
 */

/** Any of them; a fragment header has no length field and needs {@link FragmentView}. */
export class ExtensionView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get nextHeader(): number {
    return this.bytes[0]!;
  }

  set nextHeader(value: number) {
    this.bytes[0] = value;
  }

  /** In bytes. */
  get headerLength(): number {
    return (this.bytes[1]! + 1) << 3;
  }

  /** All after next header and length. */
  get body(): Uint8Array {
    return this.bytes.subarray(2);
  }
}

/** Hop-by-hop and destination options. */
export class OptionsView extends ExtensionView {
  get options(): IPv6Option[] {
    return readIPv6Options(this.body);
  }
}

export class RoutingView extends ExtensionView {
  get type(): number {
    return this.bytes[2]!;
  }

  get segmentsLeft(): number {
    return this.bytes[3]!;
  }

  set segmentsLeft(value: number) {
    this.bytes[3] = value;
  }

  /**
   * Type 0 and 2: the addresses. Type 4 (SRH, RFC 8754 §2): the segment list, last segment first.
   */
  get addresses(): Uint8Array[] {
    const most = (this.bytes.length - 8) >>> 4;
    const count = this.type === IPV6_SRCRT_TYPE_4 ? Math.min(this.lastEntry + 1, most) : most;
    return Array.from({ length: count }, (_, i) => this.bytes.subarray(8 + 16 * i, 24 + 16 * i));
  }

  /** SRH: index of the last element of the segment list. */
  get lastEntry(): number {
    return this.bytes[4]!;
  }

  /** SRH. */
  get flags(): number {
    return this.bytes[5]!;
  }

  /** SRH. */
  get tag(): number {
    return u16(this.bytes, 6);
  }

  /** What follows the addresses: TLVs of an SRH. */
  get rest(): Uint8Array {
    return this.bytes.subarray(8 + 16 * this.addresses.length);
  }
}

/** Offsets in the fragment header, RFC 8200 §4.5. */
export const FRAGMENT_OFFSET = 2;
export const FRAGMENT_IDENTIFICATION = 4;
export const FRAGMENT_HEADER_LENGTH = 8;

export class FragmentView extends ExtensionView {
  override get headerLength(): number {
    return FRAGMENT_HEADER_LENGTH;
  }

  /** In bytes. */
  get fragmentOffset(): number {
    return u16(this.bytes, FRAGMENT_OFFSET) & IP6_OFFSET;
  }

  get moreFragments(): boolean {
    return (u16(this.bytes, FRAGMENT_OFFSET) & IP6_MF) !== 0;
  }

  get identification(): number {
    return u32(this.bytes, FRAGMENT_IDENTIFICATION);
  }
}

/** Mobility header (RFC 6275 §6.1.1); its checksum has the pseudo header of protocol 135. */
export class MobilityView extends ExtensionView {
  get type(): number {
    return this.bytes[2]!;
  }

  get checksum(): number {
    return u16(this.bytes, 4);
  }

  get data(): Uint8Array {
    return this.bytes.subarray(6);
  }
}

const sized = (bytes: Uint8Array, name: string, least: number): Uint8Array | Malformed => {
  if (bytes.length < least) return shortHeader(name, least, bytes.length);
  const length = (bytes[1]! + 1) << 3;
  if (length <= bytes.length) return bytes.subarray(0, length);
  return malformed(name, 'headerLength', `${length} bytes wanted, ${bytes.length} there`, 1);
};

type Maker<V> = new (bytes: Uint8Array) => V;

function parseSized<V>(bytes: Uint8Array, name: string, Make: Maker<V>): V | Malformed {
  const header = sized(bytes, name, 8);
  return header instanceof Uint8Array ? new Make(header) : header;
}

export const parseExtension = (bytes: Uint8Array, name: string): ExtensionView | Malformed =>
  parseSized(bytes, name, ExtensionView);
export const parseOptionsHeader = (bytes: Uint8Array, name: string): OptionsView | Malformed =>
  parseSized(bytes, name, OptionsView);
export const parseRouting = (bytes: Uint8Array): RoutingView | Malformed =>
  parseSized(bytes, 'routing', RoutingView);
export const parseMobility = (bytes: Uint8Array): MobilityView | Malformed =>
  parseSized(bytes, 'mobility', MobilityView);

export const parseFragment = (bytes: Uint8Array): FragmentView | Malformed =>
  bytes.length < FRAGMENT_HEADER_LENGTH
    ? shortHeader('fragment', FRAGMENT_HEADER_LENGTH, bytes.length)
    : new FragmentView(bytes.subarray(0, FRAGMENT_HEADER_LENGTH));

export interface OptionsFields {
  readonly nextHeader: number;
  readonly options: readonly IPv6Option[];
}

export const optionsFields = (view: OptionsView): OptionsFields => ({
  nextHeader: view.nextHeader,
  options: view.options,
});

/** Padded to a multiple of eight bytes. */
export function encodeOptionsHeader(fields: Partial<OptionsFields>): Uint8Array {
  return encodeExtension(fields.nextHeader ?? 0, encodeIPv6Options(fields.options ?? []));
}

/** Next header, length and `body`, zeros after it up to a multiple of eight bytes. */
export function encodeExtension(nextHeader: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.max(8, (body.length + 2 + 7) & ~7));
  bytes[0] = nextHeader;
  bytes[1] = (bytes.length >>> 3) - 1;
  bytes.set(body, 2);
  return bytes;
}

export interface RoutingFields {
  readonly nextHeader: number;
  readonly type: number;
  readonly segmentsLeft: number;
  readonly addresses: readonly string[];
  /** Types other than 0, 2 and 4 read the 4 bytes after `segmentsLeft` as their own. */
  readonly flags: number;
  readonly tag: number;
  readonly lastEntry: number;
  readonly rest: Uint8Array;
}

export const routingFields = (view: RoutingView): RoutingFields => ({
  nextHeader: view.nextHeader,
  type: view.type,
  segmentsLeft: view.segmentsLeft,
  addresses: view.addresses.map((address) => formatIPv6(address)),
  flags: view.flags,
  tag: view.tag,
  lastEntry: view.lastEntry,
  rest: view.rest,
});

/** @throws RangeError on what is no address */
export function encodeRouting(fields: Partial<RoutingFields>): Uint8Array {
  const addresses = fields.addresses ?? [];
  const type = fields.type ?? IPV6_SRCRT_TYPE_4;
  const isSrh = type === IPV6_SRCRT_TYPE_4;
  const head = new Writer(8)
    .u8(type)
    .u8(fields.segmentsLeft ?? Math.max(0, addresses.length - (isSrh ? 1 : 0)))
    .u8(fields.lastEntry ?? (isSrh ? Math.max(0, addresses.length - 1) : 0))
    .u8(fields.flags ?? 0)
    .u16(fields.tag ?? 0)
    .finish();
  const rest = fields.rest ?? new Uint8Array(0);
  const body = concatBytes(head, ...addresses.map((address) => ipv6Bytes(address)), rest);
  return encodeExtension(fields.nextHeader ?? 0, body);
}

export interface FragmentFields {
  readonly nextHeader: number;
  /** In bytes, a multiple of 8. */
  readonly fragmentOffset: number;
  readonly moreFragments: boolean;
  readonly identification: number;
}

export const fragmentFields = (view: FragmentView): FragmentFields => ({
  nextHeader: view.nextHeader,
  fragmentOffset: view.fragmentOffset,
  moreFragments: view.moreFragments,
  identification: view.identification,
});

export function encodeFragment(fields: Partial<FragmentFields>): Uint8Array {
  const bytes = new Uint8Array(FRAGMENT_HEADER_LENGTH);
  bytes[0] = fields.nextHeader ?? 0;
  const more = fields.moreFragments ? IP6_MF : 0;
  put16(bytes, FRAGMENT_OFFSET, ((fields.fragmentOffset ?? 0) & IP6_OFFSET) | more);
  put32(bytes, FRAGMENT_IDENTIFICATION, fields.identification ?? 0);
  return bytes;
}

export interface MobilityFields {
  readonly nextHeader: number;
  readonly type: number;
  readonly checksum: number;
  readonly data: Uint8Array;
}

export const mobilityFields = (view: MobilityView): MobilityFields => ({
  nextHeader: view.nextHeader,
  type: view.type,
  checksum: view.checksum,
  data: view.data,
});

export function encodeMobility(fields: Partial<MobilityFields>): Uint8Array {
  const head = new Writer(4)
    .u8(fields.type ?? 0)
    .u8(0)
    .u16(fields.checksum ?? 0)
    .finish();
  return encodeExtension(
    fields.nextHeader ?? 59,
    concatBytes(head, fields.data ?? new Uint8Array(0)),
  );
}

/**
 * Any other header of that shape: HIP, Shim6, and options headers whose bytes are given as they
 * are.
 */
export interface ExtensionFields {
  readonly nextHeader: number;
  readonly body: Uint8Array;
}

export const extensionFields = (view: ExtensionView): ExtensionFields => ({
  nextHeader: view.nextHeader,
  body: view.body,
});
