// What a queued packet is beside its bytes: where it was queued, who sent it, and its marks.

import type { HookName, PacketFamily } from '../core/index.ts';
import { QueueMessage } from '../netlink/index.ts';
import { NFQA_SKB_GSO } from '../uapi/index.ts';
import {
  type ConnectionInfo,
  type ConnectionState,
  connectionInfo,
  connectionState,
  familyName,
  hookName,
  macText,
} from './meta.ts';

const NOTHING = new Uint8Array(0);

/** Interface names by index, and the byte order of the machine that describes packets. */
export interface PacketSurroundings {
  interfaceName(index: number): string;
  readonly littleEndian: boolean;
}

/** Marks that a handler has set; undefined ones it has not. */
export interface GivenMarks {
  mark: number | undefined;
  ctMark: number | undefined;
  ctLabel: Uint8Array | undefined;
}

export abstract class DescribedPacket {
  protected readonly around: PacketSurroundings;
  protected about: QueueMessage = new QueueMessage();
  protected readonly given: GivenMarks = { mark: undefined, ctMark: undefined, ctLabel: undefined };

  constructor(around: PacketSurroundings) {
    this.around = around;
  }

  /** Where the packet lies now. */
  abstract get start(): number;
  abstract get end(): number;

  /** Where it was queued, in the kernel's numbers; `message.buffer` is not to be written. */
  get message(): Readonly<QueueMessage> {
    return this.about;
  }

  /** Number of the queue. */
  get queue(): number {
    return this.about.queue;
  }

  /** The kernel's number for it, one more for each packet of a queue. */
  get id(): number {
    return this.about.id;
  }

  get hook(): HookName {
    return hookName(this.about);
  }

  get family(): PacketFamily {
    return familyName(this.about.family);
  }

  /** EtherType. */
  get etherType(): number {
    return this.about.protocol;
  }

  /** Names of the interfaces it came in by and will leave by, '' where there is none. */
  get indev(): string {
    return this.around.interfaceName(this.about.indev);
  }

  get outdev(): string {
    return this.around.interfaceName(this.about.outdev);
  }

  get indevIndex(): number {
    return this.about.indev;
  }

  get outdevIndex(): number {
    return this.about.outdev;
  }

  /** Ports of a bridge. */
  get physIndev(): string {
    return this.around.interfaceName(this.about.physindev);
  }

  get physOutdev(): string {
    return this.around.interfaceName(this.about.physoutdev);
  }

  /** Source address of the link layer. */
  get mac(): string | undefined {
    return macText(this.about);
  }

  /** Tag control information of a VLAN tag, where the kernel keeps it beside the packet. */
  get vlan(): number | undefined {
    const { vlanTci } = this.about;
    return vlanTci < 0 ? undefined : vlanTci;
  }

  /** Owner of the local socket, where the queue was asked for it and there is one. */
  get uid(): number | undefined {
    const { uid } = this.about;
    return uid < 0 ? undefined : uid;
  }

  get gid(): number | undefined {
    const { gid } = this.about;
    return gid < 0 ? undefined : gid;
  }

  /** Seconds since 1970, to the microsecond; undefined where the kernel took no time. */
  get timestamp(): number | undefined {
    const { seconds, microseconds } = this.about;
    return seconds === 0 ? undefined : seconds + microseconds / 1e6;
  }

  get priority(): number {
    return this.about.priority;
  }

  /** How it belongs to its connection; undefined where the kernel does not say. */
  get connectionState(): ConnectionState | undefined {
    return connectionState(this.about);
  }

  /** Its connection, where the kernel is built and the queue is told to say it. */
  get connection(): ConnectionInfo | undefined {
    return connectionInfo(this.about, this.around.littleEndian);
  }

  /** The whole packet's length, more than `bytes` has when the copy range cut it. */
  get length(): number {
    return Math.max(this.about.length, this.end - this.start);
  }

  /** Only its beginning was copied: it can be judged and marked, not edited. */
  get truncated(): boolean {
    return this.about.length > this.about.payloadEnd - this.about.payload;
  }

  /** It will be cut into segments later on (GSO): one object for up to 64 KiB of a stream. */
  get gso(): boolean {
    return (this.about.skbInfo & NFQA_SKB_GSO) !== 0;
  }

  get mark(): number {
    return this.given.mark ?? this.about.mark;
  }

  set mark(value: number) {
    this.given.mark = value >>> 0;
  }

  /** The connection's mark; it is set with the verdict, where the kernel is built for that. */
  get ctMark(): number {
    return this.given.ctMark ?? this.connection?.mark ?? 0;
  }

  set ctMark(value: number) {
    this.given.ctMark = value >>> 0;
  }

  /** The connection's label: 16 bytes, or empty. */
  get ctLabel(): Uint8Array {
    return this.given.ctLabel ?? this.connection?.label ?? NOTHING;
  }

  /** @throws RangeError for other than 16 bytes */
  set ctLabel(value: Uint8Array) {
    if (value.length !== 16) throw new RangeError(`a label has 16 bytes, not ${value.length}`);
    this.given.ctLabel = value.slice();
  }

  /** For transports: marks that were set, undefined for those that were not. */
  get newMark(): number | undefined {
    return this.given.mark;
  }

  get newCtMark(): number | undefined {
    return this.given.ctMark;
  }

  get newCtLabel(): Uint8Array | undefined {
    return this.given.ctLabel;
  }
}
