import { formatIPv4, put16, put32, u16, u32 } from '../bytes/index.ts';
import { IP_CE, IP_DF, IP_MF, IP_OFFSET, IPDEFTTL } from '../uapi/index.ts';
import { ipv4Number } from './address.ts';
import { encodeIPv4Options, type IPv4Option, readIPv4Options } from './ipv4-options.ts';
import { type Malformed, malformed, shortHeader } from './malformed.ts';

/** Offsets in the header, RFC 791 §3.1. */
export const IPV4_VERSION_IHL = 0;
export const IPV4_TOS = 1;
export const IPV4_TOTAL_LENGTH = 2;
export const IPV4_IDENTIFICATION = 4;
export const IPV4_FLAGS_FRAGMENT = 6;
export const IPV4_TTL = 8;
export const IPV4_PROTOCOL = 9;
export const IPV4_CHECKSUM = 10;
export const IPV4_SOURCE = 12;
export const IPV4_DESTINATION = 16;
export const IPV4_OPTIONS = 20;
export const IPV4_HEADER_LENGTH = 20;
export const IPV4_MAX_HEADER_LENGTH = 60;

/** The header length in bytes that the IHL field at `networkOffset` says. */
export const ipv4HeaderLength = (bytes: Uint8Array, networkOffset: number): number =>
  (bytes[networkOffset]! & 0x0f) << 2;

/** An IPv4 packet; `bytes` ends where the packet does, without link padding. */
export class IPv4View {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** In bytes. */
  get headerLength(): number {
    return ipv4HeaderLength(this.bytes, 0);
  }

  get tos(): number {
    return this.bytes[IPV4_TOS]!;
  }

  set tos(value: number) {
    this.bytes[IPV4_TOS] = value;
  }

  get dscp(): number {
    return this.tos >>> 2;
  }

  set dscp(value: number) {
    this.tos = (value << 2) | this.ecn;
  }

  get ecn(): number {
    return this.tos & 3;
  }

  set ecn(value: number) {
    this.tos = (this.tos & 0xfc) | (value & 3);
  }

  get totalLength(): number {
    return u16(this.bytes, IPV4_TOTAL_LENGTH);
  }

  set totalLength(value: number) {
    put16(this.bytes, IPV4_TOTAL_LENGTH, value);
  }

  get identification(): number {
    return u16(this.bytes, IPV4_IDENTIFICATION);
  }

  set identification(value: number) {
    put16(this.bytes, IPV4_IDENTIFICATION, value);
  }

  /** Flags and fragment offset together, as the kernel's `frag_off`. */
  get flagsFragment(): number {
    return u16(this.bytes, IPV4_FLAGS_FRAGMENT);
  }

  set flagsFragment(value: number) {
    put16(this.bytes, IPV4_FLAGS_FRAGMENT, value);
  }

  get dontFragment(): boolean {
    return (this.flagsFragment & IP_DF) !== 0;
  }

  set dontFragment(value: boolean) {
    this.flagsFragment = (this.flagsFragment & ~IP_DF) | (value ? IP_DF : 0);
  }

  get moreFragments(): boolean {
    return (this.flagsFragment & IP_MF) !== 0;
  }

  set moreFragments(value: boolean) {
    this.flagsFragment = (this.flagsFragment & ~IP_MF) | (value ? IP_MF : 0);
  }

  /** In bytes. */
  get fragmentOffset(): number {
    return (this.flagsFragment & IP_OFFSET) << 3;
  }

  set fragmentOffset(value: number) {
    this.flagsFragment = (this.flagsFragment & ~IP_OFFSET) | ((value >>> 3) & IP_OFFSET);
  }

  /** True for every fragment, the first one too. */
  get isFragment(): boolean {
    return (this.flagsFragment & (IP_MF | IP_OFFSET)) !== 0;
  }

  get ttl(): number {
    return this.bytes[IPV4_TTL]!;
  }

  set ttl(value: number) {
    this.bytes[IPV4_TTL] = value;
  }

  get protocol(): number {
    return this.bytes[IPV4_PROTOCOL]!;
  }

  set protocol(value: number) {
    this.bytes[IPV4_PROTOCOL] = value;
  }

  get checksum(): number {
    return u16(this.bytes, IPV4_CHECKSUM);
  }

  set checksum(value: number) {
    put16(this.bytes, IPV4_CHECKSUM, value);
  }

  /** As a number, 10.0.0.1 is 0x0a000001. */
  get source(): number {
    return u32(this.bytes, IPV4_SOURCE);
  }

  set source(value: number) {
    put32(this.bytes, IPV4_SOURCE, value);
  }

  get destination(): number {
    return u32(this.bytes, IPV4_DESTINATION);
  }

  set destination(value: number) {
    put32(this.bytes, IPV4_DESTINATION, value);
  }

  /** The bytes of the options, padding included. */
  get options(): Uint8Array {
    return this.bytes.subarray(IPV4_OPTIONS, this.headerLength);
  }

  get payload(): Uint8Array {
    return this.bytes.subarray(this.headerLength);
  }
}

export interface IPv4Fields {
  /** In bytes; more than the options need is filled with end-of-list options. */
  readonly headerLength: number;
  readonly tos: number;
  readonly totalLength: number;
  readonly identification: number;
  /** The first of the three flags, which is to be zero ("evil bit", RFC 3514). */
  readonly reservedFlag: boolean;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** In bytes, a multiple of 8. */
  readonly fragmentOffset: number;
  readonly ttl: number;
  readonly protocol: number;
  readonly checksum: number;
  readonly source: string;
  readonly destination: string;
  readonly options: readonly IPv4Option[];
}

/**
 * Checks version and lengths. Bytes after the total length are link padding and are left out. A
 * packet quoted in an ICMP error is `truncated`: its total length may be more than is there.
 */
export function parseIPv4Packet(bytes: Uint8Array, truncated = false): IPv4View | Malformed {
  if (bytes.length < IPV4_HEADER_LENGTH) {
    return shortHeader('ipv4', IPV4_HEADER_LENGTH, bytes.length);
  }
  const version = bytes[0]! >>> 4;
  if (version !== 4) return malformed('ipv4', 'version', `${version} is not 4`);
  const headerLength = ipv4HeaderLength(bytes, 0);
  if (headerLength < IPV4_HEADER_LENGTH) {
    return malformed('ipv4', 'headerLength', `${headerLength} is less than 20`);
  }
  if (headerLength > bytes.length) {
    return malformed('ipv4', 'headerLength', `${headerLength} bytes wanted, ${bytes.length} there`);
  }
  const total = u16(bytes, IPV4_TOTAL_LENGTH);
  if (total < headerLength) {
    const reason = `${total} is less than the header's ${headerLength}`;
    return malformed('ipv4', 'totalLength', reason, IPV4_TOTAL_LENGTH);
  }
  if (total > bytes.length && !truncated) {
    const reason = `${total} bytes wanted, ${bytes.length} there`;
    return malformed('ipv4', 'totalLength', reason, IPV4_TOTAL_LENGTH);
  }
  return new IPv4View(bytes.subarray(0, total));
}

export const ipv4Fields = (view: IPv4View): IPv4Fields => ({
  headerLength: view.headerLength,
  tos: view.tos,
  totalLength: view.totalLength,
  identification: view.identification,
  reservedFlag: (view.flagsFragment & IP_CE) !== 0,
  dontFragment: view.dontFragment,
  moreFragments: view.moreFragments,
  fragmentOffset: view.fragmentOffset,
  ttl: view.ttl,
  protocol: view.protocol,
  checksum: view.checksum,
  source: formatIPv4(view.source),
  destination: formatIPv4(view.destination),
  options: readIPv4Options(view.options),
});

/**
 * The header with its options. Total length and checksum are written as given, 0 without.
 * @throws RangeError on what is no address, and on options of more than 40 bytes
 */
export function encodeIPv4(fields: Partial<IPv4Fields>): Uint8Array {
  const options = encodeIPv4Options(fields.options ?? []);
  const length = Math.max(IPV4_HEADER_LENGTH + options.length, fields.headerLength ?? 0);
  if (length > IPV4_MAX_HEADER_LENGTH) throw new RangeError(`IPv4 header of ${length} bytes`);
  const view = new IPv4View(new Uint8Array(length));
  view.bytes[IPV4_VERSION_IHL] = 0x40 | (length >>> 2);
  view.bytes.set(options, IPV4_OPTIONS);
  view.tos = fields.tos ?? 0;
  view.totalLength = fields.totalLength ?? 0;
  view.identification = fields.identification ?? 0;
  view.flagsFragment = fields.reservedFlag ? IP_CE : 0;
  view.dontFragment = fields.dontFragment ?? false;
  view.moreFragments = fields.moreFragments ?? false;
  view.fragmentOffset = fields.fragmentOffset ?? 0;
  view.ttl = fields.ttl ?? IPDEFTTL;
  view.protocol = fields.protocol ?? 0;
  view.checksum = fields.checksum ?? 0;
  view.source = ipv4Number(fields.source ?? 0);
  view.destination = ipv4Number(fields.destination ?? 0);
  return view.bytes;
}
