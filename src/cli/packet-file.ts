// A pcapng that is written while packets come: nobody waits for the disk, and what it does not follow
// is left out and counted.

import { LinkType, PcapngWriter } from '../capture/index.ts';
import { fileFailure } from './failure.ts';
import type { Host, Sink } from './host.ts';
import { VERSION } from './version.ts';

/** Bytes gathered before they are written. */
const BLOCK = 1 << 16;
/** With more than this on its way to the disk packets are left out of the file, not kept waiting. */
const BACKLOG = 64 << 20;

/** From its network header on. */
export interface WrittenPacket {
  /** Name of the interface it is listed under. */
  readonly device: string;
  /** Seconds since 1970. */
  readonly time: number;
  readonly data: Uint8Array;
  readonly originalLength?: number;
  readonly comments?: readonly string[];
}

export class PacketFile {
  /** Packets that were left out because the disk did not follow. */
  skipped = 0;
  readonly #sink: Sink;
  readonly #writer = new PcapngWriter();
  readonly #interfaces = new Map<string, number>();
  #pending: Uint8Array[] = [];
  #bytes = 0;
  #backlog = 0;
  #written: Promise<void> = Promise.resolve();

  private constructor(sink: Sink) {
    this.#sink = sink;
    this.#add(this.#writer.section({ application: `sluice ${VERSION}` }));
  }

  /** @throws Failure when there can be no such file */
  static async create(path: string, host: Host): Promise<PacketFile> {
    const sink = await host.create(path).catch((error: unknown) => {
      throw fileFailure(path, error);
    });
    return new PacketFile(sink);
  }

  #interface(name: string): number {
    const known = this.#interfaces.get(name);
    if (known !== undefined) return known;
    const id = this.#writer.nextInterface;
    this.#add(this.#writer.interface({ linkType: LinkType.raw, name }));
    this.#interfaces.set(name, id);
    return id;
  }

  #add(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    this.#bytes += bytes.length;
    this.#backlog += bytes.length;
  }

  packet({ device, time, data, originalLength = data.length, comments }: WrittenPacket): void {
    if (this.#backlog > BACKLOG) {
      this.skipped++;
      return;
    }
    const seconds = Math.floor(time);
    const microseconds = Math.min(999_999, Math.round((time - seconds) * 1e6));
    this.#add(
      this.#writer.packet(this.#interface(device || 'lo'), {
        seconds,
        nanoseconds: microseconds * 1000,
        data,
        originalLength,
        ...(comments && { comments }),
      }),
    );
    if (this.#bytes >= BLOCK) this.flush();
  }

  /** Hands what was gathered to the file; comes back at once. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const blocks = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#bytes = 0;
    this.#written = this.#written.then(async () => {
      await this.#sink.write(blocks);
      this.#backlog -= blocks.length;
    });
  }

  async close(): Promise<void> {
    this.flush();
    await this.#written;
    await this.#sink.close();
  }
}
