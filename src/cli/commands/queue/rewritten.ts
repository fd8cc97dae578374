// The capture that --replay writes: the one that was read, with the packets as they went on.

import {
  type CaptureRecord,
  type PacketRecord,
  PcapngWriter,
  PcapWriter,
} from '../../../capture/index.ts';
import { EXIT_USAGE, Failure, fileFailure } from '../../failure.ts';
import type { Host, Sink } from '../../host.ts';

/** Bytes gathered before they are written. */
const BLOCK = 1 << 16;
/** Of pcapng: epb_hash, a sum over the packet as it was. */
const EPB_HASH = 3;
const MICROSECONDS = 6;

type Format = 'pcap' | 'pcapng';

/** By the file's name, where it has one that says so. */
function formatOf(path: string): Format | undefined {
  if (path.endsWith('.pcapng')) return 'pcapng';
  return path.endsWith('.pcap') || path.endsWith('.cap') ? 'pcap' : undefined;
}

export class Rewritten {
  readonly #path: string;
  readonly #sink: Sink;
  readonly #pcapng = new PcapngWriter();
  #format: Format | undefined;
  #pcap: PcapWriter | undefined;
  #linkType = -1;
  #pending: Uint8Array[] = [];
  #bytes = 0;

  private constructor(path: string, sink: Sink) {
    this.#path = path;
    this.#sink = sink;
    this.#format = formatOf(path);
  }

  static async create(path: string, host: Host): Promise<Rewritten> {
    const sink = await host.create(path).catch((error: unknown) => {
      throw fileFailure(path, error);
    });
    return new Rewritten(path, sink);
  }

  #add(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    this.#bytes += bytes.length;
  }

  /** What describes the packets. @throws Failure for interfaces that a pcap cannot have */
  describe(record: Exclude<CaptureRecord, PacketRecord>): void {
    if (record.kind === 'section') this.#format ??= record.format;
    if (this.#format === 'pcapng') {
      this.#add(this.#pcapng.record(record));
      return;
    }
    if (record.kind !== 'interface') return;
    const { linkType, tsResol, snapLen, section } = record;
    if (this.#pcap !== undefined && linkType !== this.#linkType)
      throw new Failure(
        `${this.#path}: a pcap has one link type, not ${this.#linkType} and ${linkType}; name it .pcapng`,
        EXIT_USAGE,
      );
    if (this.#pcap !== undefined) return;
    this.#linkType = linkType;
    this.#pcap = new PcapWriter({
      linkType,
      nanoseconds: tsResol !== MICROSECONDS,
      littleEndian: section.littleEndian,
      ...(snapLen > 0 && { snapLen }),
    });
    this.#add(this.#pcap.header());
  }

  /** @param data the frame, where it is another than in the record */
  packet(record: PacketRecord, data?: Uint8Array): void {
    const edited: Partial<PacketRecord> =
      data === undefined
        ? {}
        : {
            data,
            originalLength: data.length,
            options: record.options.filter(({ code }) => code !== EPB_HASH),
          };
    const written = { ...record, ...edited };
    this.#add(this.#pcap?.packet(written) ?? this.#pcapng.record(written));
  }

  async flush(least = BLOCK): Promise<void> {
    if (this.#bytes < least) return;
    const blocks = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#bytes = 0;
    await this.#sink.write(blocks);
  }

  async close(): Promise<void> {
    await this.flush(1);
    await this.#sink.close();
  }
}
