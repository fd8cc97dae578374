import {
  PCAP_FILE_HEADER,
  PCAP_MICROSECONDS,
  PCAP_NANOSECONDS,
  PCAP_PACKET_HEADER,
} from './pcap-read.ts';

export interface PcapWriterOptions {
  /** LINKTYPE_ value; a pcap has one for the whole file. */
  readonly linkType: number;
  /** Default 262144, as tcpdump writes. */
  readonly snapLen?: number;
  /** Default true. */
  readonly nanoseconds?: boolean;
  /** Default true. */
  readonly littleEndian?: boolean;
}

/** What a writer needs to know of a packet; a `PacketRecord` serves. */
export interface WritablePacket {
  readonly seconds: number;
  /** 0 to 999,999,999; cut to microseconds where the file has no more. */
  readonly nanoseconds: number;
  readonly data: Uint8Array;
  /** Length on the wire if the packet was cut. Default: the length of `data`. */
  readonly originalLength?: number;
}

/** Writes the classic format; every method gives the bytes to append to the file. */
export class PcapWriter {
  readonly #options: PcapWriterOptions;
  readonly #le: boolean;
  readonly #nanoseconds: boolean;

  constructor(options: PcapWriterOptions) {
    this.#options = options;
    this.#le = options.littleEndian ?? true;
    this.#nanoseconds = options.nanoseconds ?? true;
  }

  /** The file header; comes first, once. */
  header(): Uint8Array {
    const out = new Uint8Array(PCAP_FILE_HEADER);
    const view = new DataView(out.buffer);
    view.setUint32(0, this.#nanoseconds ? PCAP_NANOSECONDS : PCAP_MICROSECONDS, this.#le);
    view.setUint16(4, 2, this.#le);
    view.setUint16(6, 4, this.#le);
    view.setUint32(16, this.#options.snapLen ?? 262144, this.#le);
    view.setUint32(20, this.#options.linkType, this.#le);
    return out;
  }

  packet(packet: WritablePacket): Uint8Array {
    const { data } = packet;
    const out = new Uint8Array(PCAP_PACKET_HEADER + data.length);
    const view = new DataView(out.buffer);
    const fraction = this.#nanoseconds ? packet.nanoseconds : Math.floor(packet.nanoseconds / 1000);
    view.setUint32(0, packet.seconds, this.#le);
    view.setUint32(4, fraction, this.#le);
    view.setUint32(8, data.length, this.#le);
    view.setUint32(12, packet.originalLength ?? data.length, this.#le);
    out.set(data, PCAP_PACKET_HEADER);
    return out;
  }
}
