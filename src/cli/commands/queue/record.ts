// --record: what a queue saw, as it came, to a pcapng that --replay gives to a handler again. What
// the kernel said of a packet stands in its comment.

import { ctInfoOf, type QueuedPacket } from '../../../queue/index.ts';
import type { PacketFile } from '../../packet-file.ts';

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

/** Writes down what comes. */
export function recordPacket(file: PacketFile, packet: QueuedPacket): void {
  file.packet({
    device: packet.indev || packet.outdev,
    time: packet.timestamp ?? Date.now() / 1000,
    data: packet.storage.slice(packet.start, packet.end),
    originalLength: packet.length,
    comments: [packetComment(packet)],
  });
}
