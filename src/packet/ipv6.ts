import { formatIPv6, put16, put32, u16, u32 } from '../bytes/index.ts';
import { IPDEFTTL } from '../uapi/index.ts';
import { ipv6Bytes } from './address.ts';
import { type Malformed, malformed, shortHeader } from './malformed.ts';

/** Offsets in the header, RFC 8200 §3. */
export const IPV6_PAYLOAD_LENGTH = 4;
export const IPV6_NEXT_HEADER = 6;
export const IPV6_HOP_LIMIT = 7;
export const IPV6_SOURCE = 8;
export const IPV6_DESTINATION = 24;
export const IPV6_HEADER_LENGTH = 40;

/** An IPv6 packet; `bytes` ends where the packet does, without link padding. */
export class IPv6View {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get trafficClass(): number {
    return (u16(this.bytes, 0) >>> 4) & 0xff;
  }

  set trafficClass(value: number) {
    put16(this.bytes, 0, 0x6000 | ((value & 0xff) << 4) | (this.bytes[1]! & 0x0f));
  }

  get dscp(): number {
    return this.trafficClass >>> 2;
  }

  get ecn(): number {
    return this.trafficClass & 3;
  }

  get flowLabel(): number {
    return u32(this.bytes, 0) & 0xfffff;
  }

  set flowLabel(value: number) {
    put32(this.bytes, 0, (u32(this.bytes, 0) & 0xfff00000) | (value & 0xfffff));
  }

  get payloadLength(): number {
    return u16(this.bytes, IPV6_PAYLOAD_LENGTH);
  }

  set payloadLength(value: number) {
    put16(this.bytes, IPV6_PAYLOAD_LENGTH, value);
  }

  get nextHeader(): number {
    return this.bytes[IPV6_NEXT_HEADER]!;
  }

  set nextHeader(value: number) {
    this.bytes[IPV6_NEXT_HEADER] = value;
  }

  get hopLimit(): number {
    return this.bytes[IPV6_HOP_LIMIT]!;
  }

  set hopLimit(value: number) {
    this.bytes[IPV6_HOP_LIMIT] = value;
  }

  get source(): Uint8Array {
    return this.bytes.subarray(IPV6_SOURCE, IPV6_DESTINATION);
  }

  set source(address: Uint8Array) {
    this.bytes.set(address.subarray(0, 16), IPV6_SOURCE);
  }

  get destination(): Uint8Array {
    return this.bytes.subarray(IPV6_DESTINATION, IPV6_HEADER_LENGTH);
  }

  set destination(address: Uint8Array) {
    this.bytes.set(address.subarray(0, 16), IPV6_DESTINATION);
  }

  get payload(): Uint8Array {
    return this.bytes.subarray(IPV6_HEADER_LENGTH);
  }
}

export interface IPv6Fields {
  readonly trafficClass: number;
  readonly flowLabel: number;
  readonly payloadLength: number;
  readonly nextHeader: number;
  readonly hopLimit: number;
  readonly source: string;
  readonly destination: string;
}

/**
 * Checks version and length; bytes after the payload are left out. A payload length of 0 is a
 * jumbogram (RFC 2675) or nothing, and then all bytes are taken. A packet quoted in an ICMPv6 error
 * is `truncated`.
 */
export function parseIPv6Packet(bytes: Uint8Array, truncated = false): IPv6View | Malformed {
  if (bytes.length < IPV6_HEADER_LENGTH) {
    return shortHeader('ipv6', IPV6_HEADER_LENGTH, bytes.length);
  }
  const version = bytes[0]! >>> 4;
  if (version !== 6) return malformed('ipv6', 'version', `${version} is not 6`);
  const payload = u16(bytes, IPV6_PAYLOAD_LENGTH);
  const there = bytes.length - IPV6_HEADER_LENGTH;
  if (payload > there && !truncated) {
    const reason = `${payload} bytes wanted, ${there} there`;
    return malformed('ipv6', 'payloadLength', reason, IPV6_PAYLOAD_LENGTH);
  }
  return new IPv6View(payload === 0 ? bytes : bytes.subarray(0, IPV6_HEADER_LENGTH + payload));
}

export const ipv6Fields = (view: IPv6View): IPv6Fields => ({
  trafficClass: view.trafficClass,
  flowLabel: view.flowLabel,
  payloadLength: view.payloadLength,
  nextHeader: view.nextHeader,
  hopLimit: view.hopLimit,
  source: formatIPv6(view.source),
  destination: formatIPv6(view.destination),
});

/** The 40 bytes of the header. @throws RangeError on what is no address */
export function encodeIPv6(fields: Partial<IPv6Fields>): Uint8Array {
  const view = new IPv6View(new Uint8Array(IPV6_HEADER_LENGTH));
  view.trafficClass = fields.trafficClass ?? 0;
  view.flowLabel = fields.flowLabel ?? 0;
  view.payloadLength = fields.payloadLength ?? 0;
  view.nextHeader = fields.nextHeader ?? 0;
  view.hopLimit = fields.hopLimit ?? IPDEFTTL;
  view.source = ipv6Bytes(fields.source ?? '::');
  view.destination = ipv6Bytes(fields.destination ?? '::');
  return view.bytes;
}
