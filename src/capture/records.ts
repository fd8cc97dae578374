// What a capture file is made of, the same for pcap and pcapng: a section, interfaces, packets.
// Names of blocks and options: draft-ietf-opsawg-pcapng §3-4.

/** One pcapng option as it stood in the file. */
export interface CaptureOption {
  readonly code: number;
  readonly value: Uint8Array;
}

/** pcapng Section Header Block, or the file header of a pcap. */
export interface SectionRecord {
  readonly kind: 'section';
  /** Byte offset in the file. */
  readonly offset: number;
  readonly format: 'pcap' | 'pcapng';
  readonly littleEndian: boolean;
  readonly major: number;
  readonly minor: number;
  readonly options: readonly CaptureOption[];
}

/** pcapng Interface Description Block; a pcap has exactly one, made from its file header. */
export interface InterfaceRecord {
  readonly kind: 'interface';
  readonly offset: number;
  readonly section: SectionRecord;
  /** Index within the section, from 0. */
  readonly id: number;
  /** LINKTYPE_ value, see `LinkType`. */
  readonly linkType: number;
  /** 0 means no limit. */
  readonly snapLen: number;
  readonly name: string | undefined;
  readonly description: string | undefined;
  /** The raw if_tsresol byte: 10^-n, or 2^-(n & 0x7f) with the top bit set. */
  readonly tsResol: number;
  /** Seconds to add to every timestamp (if_tsoffset). */
  readonly tsOffset: number;
  readonly options: readonly CaptureOption[];
}

/** Which structure held the packet. */
export type PacketForm = 'pcap' | 'enhanced' | 'simple' | 'obsolete';

/** One captured frame. `data` is a view of the chunk it came in; copy it to keep it for long. */
export interface PacketRecord {
  readonly kind: 'packet';
  readonly offset: number;
  /** Counted from 1 over the whole file, as Wireshark does. */
  readonly number: number;
  readonly form: PacketForm;
  readonly interface: InterfaceRecord;
  /** Seconds since 1970; 0 when `timed` is false. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
  /** False for a Simple Packet Block, which carries no time. */
  readonly timed: boolean;
  /** Length on the wire; larger than `data.length` when the capture cut the packet. */
  readonly originalLength: number;
  readonly data: Uint8Array;
  readonly options: readonly CaptureOption[];
  /** Packets lost before this one: obsolete Packet Block only, where 0xffff means unknown. */
  readonly drops: number;
  /** Interface index of the capturing host: only the modified pcap header has it. */
  readonly ifindex: number | undefined;
}

/** One line of a Name Resolution Block: an address and the names it goes by. */
export interface ResolvedName {
  /** 4 or 16 bytes for IPv4 and IPv6, 6 or 8 for EUI-48 and EUI-64. */
  readonly address: Uint8Array;
  readonly names: readonly string[];
}

/** pcapng Name Resolution Block. */
export interface NamesRecord {
  readonly kind: 'names';
  readonly offset: number;
  readonly section: SectionRecord;
  readonly entries: readonly ResolvedName[];
  readonly body: Uint8Array;
}

/** pcapng Interface Statistics Block. */
export interface StatisticsRecord {
  readonly kind: 'statistics';
  readonly offset: number;
  readonly section: SectionRecord;
  readonly interface: InterfaceRecord;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly options: readonly CaptureOption[];
  readonly body: Uint8Array;
}

/** Any other block (custom, secrets, journal, unknown), kept whole so that it can be written back. */
export interface BlockRecord {
  readonly kind: 'block';
  readonly offset: number;
  readonly section: SectionRecord;
  readonly type: number;
  readonly body: Uint8Array;
}

export type CaptureRecord =
  | SectionRecord
  | InterfaceRecord
  | PacketRecord
  | NamesRecord
  | StatisticsRecord
  | BlockRecord;
