// --record: what a queue saw, as it came, to a pcapng that --replay gives to a handler again. What
// the kernel said of a packet stands in its comment.

import { LinkType, PcapngWriter } from '../../../capture/index.ts';
import { ctInfoOf, type QueuedPacket } from '../../../queue/index.ts';
import { fileFailure } from '../../failure.ts';
import type { Host, Sink } from '../../host.ts';
import { VERSION } from '../../version.ts';

/** Bytes gathered before they are written. */
const BLOCK = 1 << 16;
/** With more than this on its way to the disk packets are left out of the file, not kept waiting. */
const BACKLOG = 64 << 20;

/** `queue 7 forward in eth0 out eth1 mark 5`: words and values, for a person and for a replay. */
export function packetComment(packet: QueuedPacket): string {
  const words = [`queue ${packet.queue} ${packet.hook}`];
  if (packet.indev !== '') words.push(`in ${packet.indev}`);
  if (packet.outdev !== '') words.push(`out ${packet.outdev}`);
  if (packet.mark !== 0) words.push(`mark ${packet.mark}`);
  if (packet.uid !== undefined) words.push(`uid ${packet.uid}`);
  if (packet.gid !== undefined) words.push(`gid ${packet.gid}`);
  const { connectionState: ct } = packet;
  if (ct !== undefined) words.push(`ct ${ct.state} ${ct.reply ? 'reply' : 'original'}`);
  if (packet.mac !== undefined) words.push(`mac ${packet.mac}`);
  return words.join(' ');
}

/** What a comment says that `packetComment` made; undefined for other comments. */
export function readComment(comment: string): Recorded | undefined {
  const found =
    /^queue (\d+) (\w+)((?: \w+ \S+)*?)(?: ct (\w+) (original|reply))?(?: mac \S+)?$/.exec(comment);
  if (found === null) return undefined;
  const [, queue = '', hook = '', words = '', state, direction] = found;
  const pairs = new Map([...words.matchAll(/ (\w+) (\S+)/g)].map(([, k, v]) => [k, v]));
  const number = (name: string): number | undefined =>
    pairs.has(name) ? Number(pairs.get(name)) : undefined;
  return {
    queue: Number(queue),
    hook,
    indev: pairs.get('in'),
    outdev: pairs.get('out'),
    mark: number('mark') ?? 0,
    uid: number('uid') ?? -1,
    gid: number('gid') ?? -1,
    ctInfo: state === undefined ? -1 : ctInfoOf({ state, reply: direction === 'reply' }),
  };
}

export interface Recorded {
  readonly queue: number;
  readonly hook: string;
  readonly indev: string | undefined;
  readonly outdev: string | undefined;
  readonly mark: number;
  /** −1 where nothing was said; so with the next two. */
  readonly uid: number;
  readonly gid: number;
  readonly ctInfo: number;
}

export class Recording {
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

  static async create(path: string, host: Host): Promise<Recording> {
    const sink = await host.create(path).catch((error: unknown) => {
      throw fileFailure(path, error);
    });
    return new Recording(sink);
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

  packet(packet: QueuedPacket): void {
    if (this.#backlog > BACKLOG) {
      this.skipped++;
      return;
    }
    const time = packet.timestamp ?? Date.now() / 1000;
    const seconds = Math.floor(time);
    const microseconds = Math.min(999_999, Math.round((time - seconds) * 1e6));
    const data = packet.storage.slice(packet.start, packet.end);
    this.#add(
      this.#writer.packet(this.#interface(packet.indev || packet.outdev || 'lo'), {
        seconds,
        nanoseconds: microseconds * 1000,
        data,
        originalLength: packet.length,
        comments: [packetComment(packet)],
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
