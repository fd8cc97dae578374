import { encodeOptions, OptionCode, textOption } from './options.ts';
import type { WritablePacket } from './pcap-write.ts';
import {
  BYTE_ORDER_MAGIC,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  INTERFACE_STATISTICS,
  NAME_RESOLUTION,
  PACKET_BLOCK,
  SECTION_HEADER,
  SIMPLE_PACKET,
} from './pcapng-read.ts';
import type { CaptureOption, CaptureRecord, PacketRecord } from './records.ts';
import { toTicks } from './time.ts';

export interface SectionInit {
  readonly littleEndian?: boolean;
  readonly hardware?: string;
  readonly os?: string;
  readonly application?: string;
  readonly comments?: readonly string[];
  /** Further options, written as they are. */
  readonly options?: readonly CaptureOption[];
}

export interface InterfaceInit {
  readonly linkType: number;
  readonly snapLen?: number;
  readonly name?: string;
  readonly description?: string;
  /** The raw if_tsresol byte; default 9, nanoseconds. */
  readonly tsResol?: number;
  readonly comments?: readonly string[];
  readonly options?: readonly CaptureOption[];
}

export interface PcapngPacket extends WritablePacket {
  readonly comments?: readonly string[];
  /** Sets the direction bits of epb_flags (§4.3.1). */
  readonly direction?: 'inbound' | 'outbound';
  readonly options?: readonly CaptureOption[];
}

const comments = (texts: readonly string[] | undefined): CaptureOption[] =>
  (texts ?? []).map((text) => textOption(OptionCode.comment, text));

const optional = (code: number, text: string | undefined): CaptureOption[] =>
  text === undefined ? [] : [textOption(code, text)];

const padded = (n: number): number => (n + 3) & ~3;

/**
 * Writes pcapng; every method gives the bytes to append to the file. A section comes first, an
 * interface before its packets.
 */
export class PcapngWriter {
  #le = true;
  #resolutions: number[] = [];
  #offsets: number[] = [];

  /** Starts a section; interfaces are numbered from 0 again. */
  section(init: SectionInit = {}): Uint8Array {
    const options = [
      ...comments(init.comments),
      ...optional(OptionCode.shbHardware, init.hardware),
      ...optional(OptionCode.shbOs, init.os),
      ...optional(OptionCode.shbUserAppl, init.application),
      ...(init.options ?? []),
    ];
    return this.#section(init.littleEndian ?? true, 0, options);
  }

  #section(littleEndian: boolean, minor: number, options: readonly CaptureOption[]): Uint8Array {
    this.#le = littleEndian;
    this.#resolutions = [];
    this.#offsets = [];
    const fields = new Uint8Array(16).fill(0xff, 8); // section length −1: not known
    const view = new DataView(fields.buffer);
    view.setUint32(0, BYTE_ORDER_MAGIC, this.#le);
    view.setUint16(4, 1, this.#le);
    view.setUint16(6, minor, this.#le);
    return this.#block(SECTION_HEADER, fields, options);
  }

  /** Describes the next interface; `nextInterface` was its number. */
  interface(init: InterfaceInit): Uint8Array {
    const tsResol = init.tsResol ?? 9;
    const options = [
      ...comments(init.comments),
      ...optional(OptionCode.ifName, init.name),
      ...optional(OptionCode.ifDescription, init.description),
      { code: OptionCode.ifTsResol, value: Uint8Array.of(tsResol) },
      ...(init.options ?? []),
    ];
    return this.#interface(init.linkType, init.snapLen ?? 0, tsResol, 0, options);
  }

  /** The number that the next described interface will have. */
  get nextInterface(): number {
    return this.#resolutions.length;
  }

  #interface(
    linkType: number,
    snapLen: number,
    tsResol: number,
    tsOffset: number,
    options: readonly CaptureOption[],
  ): Uint8Array {
    this.#resolutions.push(tsResol);
    this.#offsets.push(tsOffset);
    const fields = new Uint8Array(8);
    const view = new DataView(fields.buffer);
    view.setUint16(0, linkType, this.#le);
    view.setUint32(4, snapLen, this.#le);
    return this.#block(INTERFACE_DESCRIPTION, fields, options);
  }

  /** An Enhanced Packet Block. */
  packet(interfaceId: number, packet: PcapngPacket): Uint8Array {
    const options = [...comments(packet.comments), ...(packet.options ?? [])];
    if (packet.direction !== undefined) {
      const value = new Uint8Array(4);
      new DataView(value.buffer).setUint32(0, packet.direction === 'inbound' ? 1 : 2, this.#le);
      options.push({ code: OptionCode.epbFlags, value });
    }
    return this.#packet(ENHANCED_PACKET, interfaceId, 0, packet, options);
  }

  #packet(
    type: number,
    interfaceId: number,
    drops: number,
    packet: WritablePacket,
    options: readonly CaptureOption[],
  ): Uint8Array {
    const { data } = packet;
    const fields = new Uint8Array(20 + padded(data.length));
    const view = new DataView(fields.buffer);
    if (type === PACKET_BLOCK) {
      view.setUint16(0, interfaceId, this.#le);
      view.setUint16(2, drops, this.#le);
    } else view.setUint32(0, interfaceId, this.#le);
    this.#time(view, 4, interfaceId, packet.seconds, packet.nanoseconds);
    view.setUint32(12, data.length, this.#le);
    view.setUint32(16, packet.originalLength ?? data.length, this.#le);
    fields.set(data, 20);
    return this.#block(type, fields, options);
  }

  #time(view: DataView, at: number, id: number, seconds: number, nanoseconds: number): void {
    const tsResol = this.#resolutions[id];
    if (tsResol === undefined) throw new RangeError(`interface ${id} is not described`);
    const [high, low] = toTicks(seconds - (this.#offsets[id] ?? 0), nanoseconds, tsResol);
    view.setUint32(at, high, this.#le);
    view.setUint32(at + 4, low, this.#le);
  }

  /** Any block by type and body; the body is padded to four bytes. */
  block(type: number, body: Uint8Array): Uint8Array {
    return this.#block(type, body, []);
  }

  /**
   * Writes a record as it was read, whichever kind it is. A section of a pcap becomes one of pcapng,
   * with its packets as Enhanced Packet Blocks.
   */
  record(record: CaptureRecord): Uint8Array {
    switch (record.kind) {
      case 'section':
        return this.#section(record.littleEndian, sectionMinor(record), record.options);
      case 'interface':
        return this.#interface(
          record.linkType,
          record.snapLen,
          record.tsResol,
          record.tsOffset,
          record.section.format === 'pcap'
            ? [{ code: OptionCode.ifTsResol, value: Uint8Array.of(record.tsResol) }]
            : record.options,
        );
      case 'packet':
        return this.#packetRecord(record);
      case 'names':
        return this.block(NAME_RESOLUTION, record.body);
      case 'statistics':
        return this.block(INTERFACE_STATISTICS, record.body);
      case 'block':
        return this.block(record.type, record.body);
    }
  }

  #packetRecord(record: PacketRecord): Uint8Array {
    if (record.form === 'simple') {
      const fields = new Uint8Array(4 + padded(record.data.length));
      new DataView(fields.buffer).setUint32(0, record.originalLength, this.#le);
      fields.set(record.data, 4);
      return this.#block(SIMPLE_PACKET, fields, []);
    }
    const type = record.form === 'obsolete' ? PACKET_BLOCK : ENHANCED_PACKET;
    return this.#packet(type, record.interface.id, record.drops, record, record.options);
  }

  #block(type: number, fields: Uint8Array, options: readonly CaptureOption[]): Uint8Array {
    const tail = encodeOptions(options, this.#le);
    const total = 12 + padded(fields.length) + tail.length;
    const out = new Uint8Array(total);
    const view = new DataView(out.buffer);
    view.setUint32(0, type, this.#le);
    view.setUint32(4, total, this.#le);
    out.set(fields, 8);
    out.set(tail, 8 + padded(fields.length));
    view.setUint32(total - 4, total, this.#le);
    return out;
  }
}

/** pcapng 1.0 and 1.2 are the same format; the number of a pcap file is not one of them. */
const sectionMinor = (record: CaptureRecord & { kind: 'section' }): number =>
  record.format === 'pcapng' ? record.minor : 0;
