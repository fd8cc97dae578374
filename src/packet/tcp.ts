import { put16, put32, u16, u32 } from '../bytes/index.ts';
import {
  TCPHDR_ACK,
  TCPHDR_CWR,
  TCPHDR_ECE,
  TCPHDR_FIN,
  TCPHDR_PSH,
  TCPHDR_RST,
  TCPHDR_SYN,
  TCPHDR_URG,
} from '../uapi/index.ts';
import { type Malformed, malformed, shortHeader } from './malformed.ts';
import { encodeTcpOptions, readTcpOptions, type TcpOption } from './tcp-options.ts';

/** Offsets in the header, RFC 9293 §3.1. */
export const TCP_SOURCE_PORT = 0;
export const TCP_DESTINATION_PORT = 2;
export const TCP_SEQUENCE = 4;
export const TCP_ACKNOWLEDGMENT = 8;
export const TCP_DATA_OFFSET = 12;
export const TCP_FLAGS = 13;
export const TCP_WINDOW = 14;
export const TCP_CHECKSUM = 16;
export const TCP_URGENT = 18;
export const TCP_OPTIONS = 20;
export const TCP_HEADER_LENGTH = 20;
export const TCP_MAX_HEADER_LENGTH = 60;

/** The header length in bytes that the data offset at `transport` says. */
export const tcpHeaderLength = (bytes: Uint8Array, transport: number): number =>
  (bytes[transport + TCP_DATA_OFFSET]! >>> 4) << 2;

export class TcpView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get sourcePort(): number {
    return u16(this.bytes, TCP_SOURCE_PORT);
  }

  set sourcePort(value: number) {
    put16(this.bytes, TCP_SOURCE_PORT, value);
  }

  get destinationPort(): number {
    return u16(this.bytes, TCP_DESTINATION_PORT);
  }

  set destinationPort(value: number) {
    put16(this.bytes, TCP_DESTINATION_PORT, value);
  }

  get sequence(): number {
    return u32(this.bytes, TCP_SEQUENCE);
  }

  set sequence(value: number) {
    put32(this.bytes, TCP_SEQUENCE, value);
  }

  get acknowledgment(): number {
    return u32(this.bytes, TCP_ACKNOWLEDGMENT);
  }

  set acknowledgment(value: number) {
    put32(this.bytes, TCP_ACKNOWLEDGMENT, value);
  }

  /** In bytes. */
  get headerLength(): number {
    return tcpHeaderLength(this.bytes, 0);
  }

  /** TCPHDR_* bits; TCPHDR_AE (NS of RFC 3540) is bit 8, in the byte before the others. */
  get flags(): number {
    return u16(this.bytes, TCP_DATA_OFFSET) & 0x1ff;
  }

  set flags(value: number) {
    put16(
      this.bytes,
      TCP_DATA_OFFSET,
      (u16(this.bytes, TCP_DATA_OFFSET) & 0xfe00) | (value & 0x1ff),
    );
  }

  /** The three bits between data offset and flags, which are to be zero. */
  get reserved(): number {
    return (this.bytes[TCP_DATA_OFFSET]! >>> 1) & 7;
  }

  get window(): number {
    return u16(this.bytes, TCP_WINDOW);
  }

  set window(value: number) {
    put16(this.bytes, TCP_WINDOW, value);
  }

  get checksum(): number {
    return u16(this.bytes, TCP_CHECKSUM);
  }

  set checksum(value: number) {
    put16(this.bytes, TCP_CHECKSUM, value);
  }

  get urgentPointer(): number {
    return u16(this.bytes, TCP_URGENT);
  }

  set urgentPointer(value: number) {
    put16(this.bytes, TCP_URGENT, value);
  }

  get options(): Uint8Array {
    return this.bytes.subarray(TCP_OPTIONS, this.headerLength);
  }

  get payload(): Uint8Array {
    return this.bytes.subarray(this.headerLength);
  }
}

export interface TcpFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  /** In bytes; more than the options need is filled with end-of-list options. */
  readonly headerLength: number;
  readonly reserved: number;
  /** TCPHDR_* bits. */
  readonly flags: number;
  readonly window: number;
  readonly checksum: number;
  readonly urgentPointer: number;
  readonly options: readonly TcpOption[];
}

export function parseTcp(bytes: Uint8Array): TcpView | Malformed {
  if (bytes.length < TCP_HEADER_LENGTH) return shortHeader('tcp', TCP_HEADER_LENGTH, bytes.length);
  const length = tcpHeaderLength(bytes, 0);
  if (length < TCP_HEADER_LENGTH) {
    return malformed('tcp', 'dataOffset', `${length} is less than 20`, TCP_DATA_OFFSET);
  }
  if (length > bytes.length) {
    const reason = `${length} bytes wanted, ${bytes.length} there`;
    return malformed('tcp', 'dataOffset', reason, TCP_DATA_OFFSET);
  }
  return new TcpView(bytes);
}

export const tcpFields = (view: TcpView): TcpFields => ({
  sourcePort: view.sourcePort,
  destinationPort: view.destinationPort,
  sequence: view.sequence,
  acknowledgment: view.acknowledgment,
  headerLength: view.headerLength,
  reserved: view.reserved,
  flags: view.flags,
  window: view.window,
  checksum: view.checksum,
  urgentPointer: view.urgentPointer,
  options: readTcpOptions(view.options),
});

/**
 * The header with its options; the checksum is written as given, 0 without.
 * @throws RangeError on options of more than 40 bytes
 */
export function encodeTcp(fields: Partial<TcpFields>): Uint8Array {
  const options = encodeTcpOptions(fields.options ?? []);
  const length = Math.max(TCP_HEADER_LENGTH + options.length, fields.headerLength ?? 0);
  if (length > TCP_MAX_HEADER_LENGTH) throw new RangeError(`TCP header of ${length} bytes`);
  const view = new TcpView(new Uint8Array(length));
  view.bytes[TCP_DATA_OFFSET] = ((length >>> 2) << 4) | ((fields.reserved ?? 0) << 1);
  view.bytes.set(options, TCP_OPTIONS);
  view.sourcePort = fields.sourcePort ?? 0;
  view.destinationPort = fields.destinationPort ?? 0;
  view.sequence = fields.sequence ?? 0;
  view.acknowledgment = fields.acknowledgment ?? 0;
  view.flags = fields.flags ?? 0;
  view.window = fields.window ?? 0;
  view.checksum = fields.checksum ?? 0;
  view.urgentPointer = fields.urgentPointer ?? 0;
  return view.bytes;
}

/** Flag names as nftables and iptables write them, lowest bit first. */
export const TCP_FLAG_NAMES: readonly (readonly [string, number])[] = [
  ['fin', TCPHDR_FIN],
  ['syn', TCPHDR_SYN],
  ['rst', TCPHDR_RST],
  ['psh', TCPHDR_PSH],
  ['ack', TCPHDR_ACK],
  ['urg', TCPHDR_URG],
  ['ecn', TCPHDR_ECE],
  ['cwr', TCPHDR_CWR],
];
