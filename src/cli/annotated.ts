// The annotated capture: what came in with what became of it, and what went out for it.
import { LinkType, type PacketRecord, PcapngWriter } from '../capture/index.ts';
import { hasEthernetHeader, type NetDevice } from '../core/index.ts';
import { packetComment } from '../lab/index.ts';
import type { PacketTrace } from '../trace/index.ts';
import { fileFailure } from './failure.ts';
import type { Frame } from './frames.ts';
import type { Host, Sink } from './host.ts';
import { VERSION } from './version.ts';

const NS = 1e9;
/** Blocks gathered before they are written. */
const BATCH = 64;

interface Sent {
  readonly device: NetDevice;
  readonly frame: Uint8Array;
  readonly ns: number;
}

export class Annotated {
  readonly #writer = new PcapngWriter();
  readonly #sink: Sink | undefined;
  readonly #first: PacketRecord | undefined;
  readonly #interfaces = new Map<string, number>();
  #pending: Uint8Array[] = [];
  /** Frames sent since the last packet came in; they stand behind it in the file. */
  #sent: Sent[] = [];

  private constructor(sink: Sink | undefined, first: PacketRecord | undefined) {
    this.#sink = sink;
    this.#first = first;
    if (sink !== undefined)
      this.#pending.push(this.#writer.section({ application: `sluice ${VERSION}` }));
  }

  /** @param first the first packet of the capture, from which time is counted */
  static async create(
    path: string | undefined,
    first: PacketRecord | undefined,
    host: Host,
  ): Promise<Annotated> {
    if (path === undefined) return new Annotated(undefined, first);
    const sink = await host.create(path).catch((error: unknown) => {
      throw fileFailure(path, error);
    });
    return new Annotated(sink, first);
  }

  /** A frame left the firewall. `ns` on its clock, which began with the capture. */
  sent(device: NetDevice, frame: Uint8Array, ns: number): void {
    if (this.#sink !== undefined) this.#sent.push({ device, frame: frame.slice(), ns });
  }

  /** One interface for each device and link type that frames come in by or leave by. */
  #interface(device: string, linkType: number): number {
    const key = `${device} ${linkType}`;
    const known = this.#interfaces.get(key);
    if (known !== undefined) return known;
    const id = this.#writer.nextInterface;
    this.#pending.push(this.#writer.interface({ linkType, name: device }));
    this.#interfaces.set(key, id);
    return id;
  }

  /** A packet of the capture, with what became of it, and then what was sent meanwhile. */
  async packet({ record, number }: Frame, device: string, trace?: PacketTrace): Promise<void> {
    if (this.#sink === undefined) return;
    const id = this.#interface(device, record.interface.linkType);
    const { seconds, nanoseconds, data, originalLength } = record;
    const comments = trace === undefined ? [] : [packetComment(trace)];
    const packet = { seconds, nanoseconds, data, originalLength, comments } as const;
    this.#pending.push(this.#writer.packet(id, { ...packet, direction: 'inbound' }));
    for (const one of this.#sent) this.#outbound(one, `sent for packet ${number} of the capture`);
    this.#sent = [];
    await this.#flush(BATCH);
  }

  #outbound({ device, frame, ns }: Sent, comment: string): void {
    const linkType = hasEthernetHeader(device) ? LinkType.ethernet : LinkType.raw;
    const total = (this.#first?.nanoseconds ?? 0) + ns;
    const packet = {
      seconds: (this.#first?.seconds ?? 0) + Math.floor(total / NS),
      nanoseconds: total % NS,
      data: frame,
      comments: [comment],
      direction: 'outbound',
    } as const;
    this.#pending.push(this.#writer.packet(this.#interface(device.name, linkType), packet));
  }

  async #flush(least: number): Promise<void> {
    if (this.#sink === undefined || this.#pending.length < least) return;
    const chunk = new Uint8Array(this.#pending.reduce((n, piece) => n + piece.length, 0));
    let at = 0;
    for (const piece of this.#pending) {
      chunk.set(piece, at);
      at += piece.length;
    }
    this.#pending = [];
    await this.#sink.write(chunk);
  }

  async close(): Promise<void> {
    await this.#flush(1);
    await this.#sink?.close();
  }
}
