// pcapng (draft-ietf-opsawg-pcapng): blocks of type, total length, body, total length again. Every
// section has its own byte order and its own interfaces.
import { utf8Decode, viewOf } from '../bytes/index.ts';
import { CaptureError } from './error.ts';
import { OptionCode, optionText, parseOptions } from './options.ts';
import type { ByteQueue } from './queue.ts';
import type { Decoder } from './reader.ts';
import type {
  CaptureRecord,
  InterfaceRecord,
  NamesRecord,
  PacketForm,
  PacketRecord,
  ResolvedName,
  SectionRecord,
  StatisticsRecord,
} from './records.ts';
import { fromTicks, type Timestamp } from './time.ts';

/** Reads the same in both byte orders, so that a section header is recognised before its order is known. */
export const SECTION_HEADER = 0x0a0d0d0a;
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
export const INTERFACE_DESCRIPTION = 1;
export const PACKET_BLOCK = 2;
export const SIMPLE_PACKET = 3;
export const NAME_RESOLUTION = 4;
export const INTERFACE_STATISTICS = 5;
export const ENHANCED_PACKET = 6;

const BLOCK_OVERHEAD = 12;
const DEFAULT_TSRESOL = 6;
/** What an interface costs in memory beside its own bytes, roughly; bounds floods of tiny ones. */
const INTERFACE_COST = 256;

/** The body of the block in hand. */
interface Block {
  type: number;
  /** File offset of the block; `start` is its body within `view`. */
  offset: number;
  start: number;
  end: number;
  view: DataView;
  bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

export class PcapngDecoder implements Decoder {
  readonly #limit: number;
  #le = false;
  #section: SectionRecord | undefined;
  #interfaces: InterfaceRecord[] = [];
  #retained = 0;
  #packets = 0;
  readonly #time: Timestamp = { seconds: 0, nanoseconds: 0 };
  readonly #block: Block = {
    type: 0,
    offset: 0,
    start: 0,
    end: 0,
    view: new DataView(NO_BYTES.buffer),
    bytes: NO_BYTES,
  };

  constructor(maxBlockLength: number) {
    this.#limit = maxBlockLength;
  }

  get expected(): string {
    return this.#section === undefined ? 'the section header' : 'a block';
  }

  next(queue: ByteQueue): CaptureRecord | undefined {
    if (!queue.has(BLOCK_OVERHEAD)) return undefined;
    const isSection = queue.view.getUint32(queue.at) === SECTION_HEADER;
    const le = isSection ? sectionOrder(queue) : this.#le;
    const total = queue.view.getUint32(queue.at + 4, le);
    this.#checkLength(queue.offset, total, isSection ? 28 : BLOCK_OVERHEAD);
    if (!queue.has(total)) return undefined;
    const { view, at, offset, bytes } = queue;
    const trailer = view.getUint32(at + total - 4, le);
    if (trailer !== total)
      throw new CaptureError(
        offset + total - 4,
        `a block of ${total} bytes says ${trailer} at its end`,
      );
    this.#le = le;
    const block = this.#block;
    block.type = view.getUint32(at, le);
    block.offset = offset;
    block.start = at + 8;
    block.end = at + total - 4;
    block.view = view;
    block.bytes = bytes;
    const record = this.#record(block);
    queue.consume(total);
    return record;
  }

  #checkLength(offset: number, total: number, least: number): void {
    if (total < least || total % 4 !== 0)
      throw new CaptureError(offset + 4, `a block cannot be ${total} bytes long`);
    if (total > this.#limit)
      throw new CaptureError(
        offset + 4,
        `a block claims ${total} bytes, more than the ${this.#limit} allowed`,
      );
  }

  #record(b: Block): CaptureRecord {
    if (b.type === SECTION_HEADER) return this.#sectionHeader(b);
    const section = this.#section;
    if (section === undefined)
      throw new CaptureError(b.offset, 'a block before any section header');
    switch (b.type) {
      case ENHANCED_PACKET:
        return this.#enhanced(b);
      case INTERFACE_DESCRIPTION:
        return this.#interface(b, section);
      case SIMPLE_PACKET:
        return this.#simple(b);
      case PACKET_BLOCK:
        return this.#obsolete(b);
      case NAME_RESOLUTION:
        return this.#names(b, section);
      case INTERFACE_STATISTICS:
        return this.#statistics(b, section);
      default:
        return {
          kind: 'block',
          offset: b.offset,
          section,
          type: b.type,
          body: b.bytes.subarray(b.start, b.end),
        };
    }
  }

  #sectionHeader(b: Block): SectionRecord {
    const major = b.view.getUint16(b.start + 4, this.#le);
    const minor = b.view.getUint16(b.start + 6, this.#le);
    if (major !== 1)
      throw new CaptureError(b.offset + 12, `pcapng version ${major}.${minor}, not 1.x`);
    this.#section = {
      kind: 'section',
      offset: b.offset,
      format: 'pcapng',
      littleEndian: this.#le,
      major,
      minor,
      options: this.#keptOptions(b, 16),
    };
    this.#interfaces = [];
    this.#retained = 0;
    return this.#section;
  }

  #interface(b: Block, section: SectionRecord): InterfaceRecord {
    need(b, 8, 'interface description');
    this.#retained += b.end - b.start + INTERFACE_COST;
    if (this.#retained > this.#limit)
      throw new CaptureError(
        b.offset,
        'the interface descriptions of this section take too much memory',
      );
    const options = this.#keptOptions(b, 8);
    const iface: InterfaceRecord = {
      kind: 'interface',
      offset: b.offset,
      section,
      id: this.#interfaces.length,
      linkType: b.view.getUint16(b.start, this.#le),
      snapLen: b.view.getUint32(b.start + 4, this.#le),
      name: optionText(options, OptionCode.ifName),
      description: optionText(options, OptionCode.ifDescription),
      tsResol: options.find((o) => o.code === OptionCode.ifTsResol)?.value[0] ?? DEFAULT_TSRESOL,
      tsOffset: this.#tsOffset(options.find((o) => o.code === OptionCode.ifTsOffset)?.value),
      options,
    };
    this.#interfaces.push(iface);
    return iface;
  }

  /** Options of blocks that live as long as the section: copied, so as not to hold the chunk. */
  #keptOptions(b: Block, skip: number) {
    // Not slice(): a Node Buffer's does not copy.
    const copy = new Uint8Array(b.bytes.subarray(b.start + skip, b.end));
    return parseOptions(viewOf(copy), 0, copy.length, this.#le, b.offset + 8 + skip);
  }

  #tsOffset(value: Uint8Array | undefined): number {
    if (value === undefined || value.length < 8) return 0;
    const view = viewOf(value);
    return Number(view.getBigInt64(0, this.#le));
  }

  #enhanced(b: Block): PacketRecord {
    need(b, 20, 'enhanced packet');
    const iface = this.#interfaceOf(b, b.view.getUint32(b.start, this.#le));
    this.#readTime(b, 4, iface);
    return this.#packet(b, 'enhanced', iface, 20, b.view.getUint32(b.start + 12, this.#le), 0);
  }

  #obsolete(b: Block): PacketRecord {
    need(b, 20, 'packet');
    const iface = this.#interfaceOf(b, b.view.getUint16(b.start, this.#le));
    const drops = b.view.getUint16(b.start + 2, this.#le);
    this.#readTime(b, 4, iface);
    return this.#packet(b, 'obsolete', iface, 20, b.view.getUint32(b.start + 12, this.#le), drops);
  }

  /** §4.4: belongs to interface 0 and is cut at its snap length; nothing tells when it was seen. */
  #simple(b: Block): PacketRecord {
    need(b, 4, 'simple packet');
    const iface = this.#interfaceOf(b, 0);
    const original = b.view.getUint32(b.start, this.#le);
    const captured = Math.min(original, iface.snapLen || original, b.end - b.start - 4);
    this.#time.seconds = 0;
    this.#time.nanoseconds = 0;
    return this.#packet(b, 'simple', iface, 4, captured, 0);
  }

  #packet(
    b: Block,
    form: PacketForm,
    iface: InterfaceRecord,
    header: number,
    length: number,
    drops: number,
  ): PacketRecord {
    const data = b.start + header;
    if (length > b.end - data)
      throw new CaptureError(
        b.offset + 20,
        `a packet of ${length} bytes in a block that has room for ${b.end - data}`,
      );
    // Options follow the padded data, except in a simple packet, which has none.
    const after = form === 'simple' ? b.end : data + ((length + 3) & ~3);
    const options = parseOptions(b.view, after, b.end, this.#le, b.offset + 8 + after - b.start);
    return {
      kind: 'packet',
      offset: b.offset,
      number: ++this.#packets,
      form,
      interface: iface,
      seconds: this.#time.seconds,
      nanoseconds: this.#time.nanoseconds,
      timed: form !== 'simple',
      originalLength: b.view.getUint32(b.start + header - 4, this.#le),
      data: b.bytes.subarray(data, data + length),
      options,
      drops,
      ifindex: undefined,
    };
  }

  #names(b: Block, section: SectionRecord): NamesRecord {
    const body = b.bytes.subarray(b.start, b.end);
    return {
      kind: 'names',
      offset: b.offset,
      section,
      entries: nameEntries(b, this.#le),
      body,
    };
  }

  #statistics(b: Block, section: SectionRecord): StatisticsRecord {
    need(b, 12, 'interface statistics');
    const iface = this.#interfaceOf(b, b.view.getUint32(b.start, this.#le));
    this.#readTime(b, 4, iface);
    return {
      kind: 'statistics',
      offset: b.offset,
      section,
      interface: iface,
      seconds: this.#time.seconds,
      nanoseconds: this.#time.nanoseconds,
      options: parseOptions(b.view, b.start + 12, b.end, this.#le, b.offset + 20),
      body: b.bytes.subarray(b.start, b.end),
    };
  }

  #readTime(b: Block, skip: number, iface: InterfaceRecord): void {
    const high = b.view.getUint32(b.start + skip, this.#le);
    const low = b.view.getUint32(b.start + skip + 4, this.#le);
    fromTicks(high, low, iface.tsResol, this.#time);
    this.#time.seconds += iface.tsOffset;
  }

  #interfaceOf(b: Block, id: number): InterfaceRecord {
    const found = this.#interfaces[id];
    if (found === undefined)
      throw new CaptureError(
        b.offset + 8,
        `interface ${id} is not described; this section has ${this.#interfaces.length}`,
      );
    return found;
  }
}

/** Byte order of the section header at the head of the queue. */
function sectionOrder(queue: ByteQueue): boolean {
  const at = queue.at + 8;
  if (queue.view.getUint32(at, true) === BYTE_ORDER_MAGIC) return true;
  if (queue.view.getUint32(at) === BYTE_ORDER_MAGIC) return false;
  throw new CaptureError(queue.offset + 8, 'the section header has no byte-order magic');
}

function need(b: Block, least: number, what: string): void {
  if (b.end - b.start < least)
    throw new CaptureError(
      b.offset + 4,
      `an ${what} block is too short: ${b.end - b.start + 12} bytes`,
    );
}

const NRB_END = 0;

/** Records of a Name Resolution Block (§4.5). Address sizes by record type: IPv4, IPv6, EUI-48, EUI-64. */
function nameEntries(b: Block, le: boolean): ResolvedName[] {
  const entries: ResolvedName[] = [];
  for (let at = b.start; b.end - at >= 4; ) {
    const type = b.view.getUint16(at, le);
    const length = b.view.getUint16(at + 2, le);
    if (type === NRB_END) break;
    if (length > b.end - at - 4)
      throw new CaptureError(
        b.offset + 8 + at - b.start,
        `a name record claims ${length} bytes, its block has ${b.end - at - 4} left`,
      );
    const size = [0, 4, 16, 6, 8][type] ?? 0;
    if (size > 0 && length >= size) entries.push(nameEntry(b.bytes, at + 4, size, length));
    at += 4 + ((length + 3) & ~3);
  }
  return entries;
}

function nameEntry(bytes: Uint8Array, at: number, size: number, length: number): ResolvedName {
  const names = utf8Decode(bytes.subarray(at + size, at + length))
    .split('\0')
    .filter((name) => name !== '');
  return { address: bytes.subarray(at, at + size), names };
}
