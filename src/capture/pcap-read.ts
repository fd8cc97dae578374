// The classic format: a 24-byte file header, then 16 bytes before each packet
// (draft-ietf-opsawg-pcap §4-5; libpcap sf-pcap.c for the variants).
import { CaptureError } from './error.ts';
import { NO_OPTIONS } from './options.ts';
import type { ByteQueue } from './queue.ts';
import type { Decoder } from './reader.ts';
import type { CaptureRecord, InterfaceRecord, SectionRecord } from './records.ts';

export const PCAP_MICROSECONDS = 0xa1b2c3d4;
export const PCAP_NANOSECONDS = 0xa1b23c4d;
/** Alexey Kuznetzov's patched libpcap: eight more bytes (ifindex, protocol, packet type) per packet. */
export const PCAP_MODIFIED = 0xa1b2cd34;

export const PCAP_FILE_HEADER = 24;
export const PCAP_PACKET_HEADER = 16;
const PCAP_MODIFIED_HEADER = 24;
/** What libpcap and Wireshark accept in files that claim a smaller or no snap length. */
const MAX_SNAPLEN = 262144;

const MAGIC = [PCAP_MICROSECONDS, PCAP_NANOSECONDS, PCAP_MODIFIED];

/** True if the first four bytes, read in either order, are one of the pcap magics. */
export const isPcapMagic = (be: number, le: number): boolean =>
  MAGIC.includes(be) || MAGIC.includes(le);

export class PcapDecoder implements Decoder {
  readonly #limit: number;
  #le = false;
  #header = 0;
  #unitsToNs = 1000;
  #maxLength = 0;
  #swapped = false;
  #interface: InterfaceRecord | undefined;
  #announced = false;
  #packets = 0;

  constructor(maxPacketLength: number) {
    this.#limit = maxPacketLength;
  }

  next(queue: ByteQueue): CaptureRecord | undefined {
    if (this.#header === 0) return this.#fileHeader(queue);
    const iface = this.#interface;
    if (iface === undefined) return undefined;
    if (this.#announced) return this.#packet(queue, iface);
    this.#announced = true;
    return iface;
  }

  #fileHeader(queue: ByteQueue): SectionRecord | undefined {
    if (!queue.has(PCAP_FILE_HEADER)) return undefined;
    const { view, at } = queue;
    this.#le = MAGIC.includes(view.getUint32(at, true));
    const magic = view.getUint32(at, this.#le);
    const section = this.#section(queue);
    this.#unitsToNs = magic === PCAP_NANOSECONDS ? 1 : 1000;
    const snapLen = view.getUint32(at + 16, this.#le);
    this.#maxLength = Math.min(Math.max(snapLen, MAX_SNAPLEN), this.#limit);
    this.#interface = {
      kind: 'interface',
      offset: queue.offset,
      section,
      id: 0,
      // The upper bits tell the length of a frame check sequence, not the link type.
      linkType: view.getUint32(at + 20, this.#le) & 0x03ffffff,
      snapLen,
      name: undefined,
      description: undefined,
      tsResol: magic === PCAP_NANOSECONDS ? 9 : 6,
      tsOffset: 0,
      options: NO_OPTIONS,
    };
    queue.consume(PCAP_FILE_HEADER);
    this.#header = magic === PCAP_MODIFIED ? PCAP_MODIFIED_HEADER : PCAP_PACKET_HEADER;
    return section;
  }

  #section(queue: ByteQueue): SectionRecord {
    const { view, at, offset } = queue;
    const major = view.getUint16(at + 4, this.#le);
    const minor = view.getUint16(at + 6, this.#le);
    if (major !== 2) throw new CaptureError(offset + 4, `pcap version ${major}.${minor}, not 2.x`);
    // Before 2.3 the two lengths stood the other way round (libpcap sf-pcap.c, SWAPPED).
    this.#swapped = minor < 3;
    const littleEndian = this.#le;
    return {
      kind: 'section',
      offset,
      format: 'pcap',
      littleEndian,
      major,
      minor,
      options: NO_OPTIONS,
    };
  }

  #packet(queue: ByteQueue, iface: InterfaceRecord): CaptureRecord | undefined {
    if (!queue.has(this.#header)) return undefined;
    const le = this.#le;
    const first = queue.view.getUint32(queue.at + 8, le);
    const second = queue.view.getUint32(queue.at + 12, le);
    const length = this.#swapped ? second : first;
    if (length > this.#maxLength)
      throw new CaptureError(
        queue.offset + (this.#swapped ? 12 : 8),
        `packet ${this.#packets + 1} claims ${length} captured bytes, more than ${this.#maxLength}`,
      );
    if (!queue.has(this.#header + length)) return undefined;
    const { view, at, offset, bytes } = queue;
    const fraction = view.getUint32(at + 4, le) * this.#unitsToNs;
    const carry = Math.floor(fraction / 1_000_000_000);
    queue.consume(this.#header + length);
    return {
      kind: 'packet',
      offset,
      number: ++this.#packets,
      form: 'pcap',
      interface: iface,
      seconds: view.getUint32(at, le) + carry,
      nanoseconds: fraction - carry * 1_000_000_000,
      timed: true,
      originalLength: this.#swapped ? first : second,
      data: bytes.subarray(at + this.#header, at + this.#header + length),
      options: NO_OPTIONS,
      drops: 0,
      ifindex: this.#header === PCAP_MODIFIED_HEADER ? view.getUint32(at + 16, le) : undefined,
    };
  }

  /** What the bytes left over at the end of the file were the beginning of. */
  get expected(): string {
    return this.#header === 0 ? 'the pcap file header' : `packet ${this.#packets + 1}`;
  }
}
