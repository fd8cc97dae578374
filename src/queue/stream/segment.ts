// A TCP segment in an IP packet: what a rewriter reads of it, and the packet it becomes.

import { put16, put32, u16, u32 } from '../../bytes/index.ts';
import {
  findTcpOption,
  findTransport,
  TCP_ACKNOWLEDGMENT,
  TCP_FLAGS,
  TCP_HEADER_LENGTH,
  TCP_SEQUENCE,
  TCP_URGENT,
  tcpHeaderLength,
  transportPlace,
  verifyTransport,
} from '../../packet/index.ts';
import {
  IPPROTO_TCP,
  TCPHDR_FIN,
  TCPHDR_PSH,
  TCPHDR_URG,
  TCPOPT_AO,
  TCPOPT_MD5SIG,
  TCPOPT_MPTCP,
  TCPOPT_MSS,
  TCPOPT_NOP,
  TCPOPT_SACK,
} from '../../uapi/index.ts';

/** Used again for every packet. */
export class Segment {
  bytes: Uint8Array = new Uint8Array(0);
  readonly #place = transportPlace();
  #data = 0;

  /** Takes an IP packet; false for what is no whole segment. */
  read(bytes: Uint8Array): boolean {
    const place = this.#place;
    this.bytes = bytes;
    if (!findTransport(bytes, 0, bytes.length, place)) return false;
    const { protocol, offset, end } = place;
    if (protocol !== IPPROTO_TCP || place.fragmentOffset !== 0 || place.moreFragments) return false;
    if (offset + TCP_HEADER_LENGTH > end) return false;
    const header = tcpHeaderLength(bytes, offset);
    this.#data = offset + header;
    return header >= TCP_HEADER_LENGTH && this.#data <= end;
  }

  get hasGoodChecksum(): boolean {
    return verifyTransport(this.bytes, 0, this.#place)?.state === 'correct';
  }

  get #tcp(): number {
    return this.#place.offset;
  }

  /** Of TCP, with options. */
  get headerLength(): number {
    return this.#data - this.#tcp;
  }

  /** Bytes before the data. */
  get before(): number {
    return this.#data;
  }

  get sourcePort(): number {
    return u16(this.bytes, this.#tcp);
  }

  get destinationPort(): number {
    return u16(this.bytes, this.#tcp + 2);
  }

  get flags(): number {
    return this.bytes[this.#tcp + TCP_FLAGS]!;
  }

  get seq(): number {
    return u32(this.bytes, this.#tcp + TCP_SEQUENCE);
  }

  set seq(value: number) {
    put32(this.bytes, this.#tcp + TCP_SEQUENCE, value);
  }

  get ack(): number {
    return u32(this.bytes, this.#tcp + TCP_ACKNOWLEDGMENT);
  }

  set ack(value: number) {
    put32(this.bytes, this.#tcp + TCP_ACKNOWLEDGMENT, value);
  }

  get data(): Uint8Array {
    return this.bytes.subarray(this.#data, this.#place.end);
  }

  #option(kind: number): number {
    return findTcpOption(this.bytes, this.#tcp, this.headerLength, kind);
  }

  /** Signed over what is about to change (RFC 2385, RFC 5925). */
  get isSigned(): boolean {
    return this.#option(TCPOPT_MD5SIG) >= 0 || this.#option(TCPOPT_AO) >= 0;
  }

  /** What a SYN says of the longest segment, 536 where it says nothing (RFC 9293 §3.7.1). */
  get mss(): number {
    const at = this.#option(TCPOPT_MSS);
    return at < 0 ? 536 : u16(this.bytes, at + 2);
  }

  /** Asks for shorter segments, so that there is room for what becomes longer. */
  clampMss(most: number): void {
    const at = this.#option(TCPOPT_MSS);
    if (at < 0 || u16(this.bytes, at + 2) <= most) return;
    put16(this.bytes, at + 2, most);
  }

  /** MPTCP maps its own numbers on these bytes (RFC 8684 §3.3); without the option it is plain TCP. */
  removeMptcp(): void {
    for (let at = this.#option(TCPOPT_MPTCP); at >= 0; at = this.#option(TCPOPT_MPTCP)) {
      this.bytes.fill(TCPOPT_NOP, at, at + this.bytes[at + 1]!);
    }
  }

  /** Moves the blocks of a SACK option; those that `move` leaves nothing of are taken out. */
  moveSack(move: (left: number, right: number) => readonly [number, number] | undefined): void {
    const option = this.#option(TCPOPT_SACK);
    if (option < 0) return;
    const end = option + 2 + ((this.bytes[option + 1]! - 2) & ~7);
    let to = option + 2;
    for (let at = to; at < end; at += 8) {
      const block = move(u32(this.bytes, at), u32(this.bytes, at + 4));
      if (block === undefined) continue;
      put32(this.bytes, to, block[0]);
      put32(this.bytes, to + 4, block[1]);
      to += 8;
    }
    if (to === end) return;
    this.bytes[option + 1] = to - option;
    this.bytes.fill(TCPOPT_NOP, to === option + 2 ? option : to, end);
  }

  /** The packet with other data and sequence number; its lengths and checksums are still the old ones. */
  withData(seq: number, data: Uint8Array, fin: boolean): Uint8Array {
    const { bytes } = this;
    const header = this.#data;
    const packet = new Uint8Array(header + data.length);
    packet.set(bytes.subarray(0, header));
    packet.set(data, header);
    const tcp = this.#tcp;
    put32(packet, tcp + TCP_SEQUENCE, seq);
    const dropped = (fin ? 0 : TCPHDR_FIN) | (data.length > 0 ? 0 : TCPHDR_PSH);
    packet[tcp + TCP_FLAGS] = this.flags & ~dropped;
    return packet;
  }

  /** The end of urgent data, in the sender's numbers; undefined where there is none. */
  get urgent(): number | undefined {
    if ((this.flags & TCPHDR_URG) === 0) return undefined;
    return (this.seq + u16(this.bytes, this.#tcp + TCP_URGENT)) >>> 0;
  }

  /** The pointer counts from the sequence number; one that is out of reach is none. */
  setUrgent(pointer: number): void {
    const reaches = pointer > 0 && pointer <= 0xffff;
    put16(this.bytes, this.#tcp + TCP_URGENT, reaches ? pointer : 0);
    if (!reaches) this.bytes[this.#tcp + TCP_FLAGS] = this.flags & ~TCPHDR_URG;
  }
}
