// The packet a handler holds: what the kernel says of it, its bytes, and views of its headers. The
// object is used again for another packet when its verdict is given.

import {
  copyBytes,
  formatIPv4,
  formatIPv6,
  parseIPv4,
  parseIPv6,
  put16,
  put32,
  u16,
  u32,
} from '../bytes/index.ts';
import { QueueMessage } from '../netlink/index.ts';
import type {
  DccpView,
  IcmpView,
  Icmpv6View,
  IPv4View,
  IPv6View,
  SctpView,
  TcpView,
  UdpLiteView,
  UdpView,
} from '../packet/index.ts';
import {
  findTransport,
  isMalformed,
  parseIPv4Packet,
  parseIPv6Packet,
  transportPlace,
} from '../packet/index.ts';
import {
  IPPROTO_DCCP,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  NFQA_SKB_CSUMNOTREADY,
} from '../uapi/index.ts';
import { adoptMessage } from './adopt.ts';
import { DescribedPacket } from './described.ts';
import { repairInPlace, repairWhole, setLengths } from './repair.ts';
import { payloadOffset, type TransportView, transportView } from './views.ts';

const NOTHING = new Uint8Array(0);
/** Protocols whose header begins with two ports. */
const hasPorts = (protocol: number): boolean =>
  protocol === IPPROTO_TCP ||
  protocol === IPPROTO_UDP ||
  protocol === IPPROTO_UDPLITE ||
  protocol === IPPROTO_SCTP ||
  protocol === IPPROTO_DCCP;

export class QueuedPacket extends DescribedPacket {
  /** A copy that outlives the transport's buffers, made when a handler takes its time. */
  #kept: QueueMessage | undefined;

  // The packet as it is now: in the buffer it came in, or in one of its own once it was resized.
  #bytes: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;
  #room: Uint8Array = NOTHING;
  /** The packet as it came, from its network header on; kept from the first look that may write. */
  #before: Uint8Array = NOTHING;
  #watched = false;
  #resized = false;

  readonly #place = transportPlace();
  /** 0 not looked for, 1 found, -1 there is none. */
  #located = 0;
  #network: IPv4View | IPv6View | undefined;
  #transport: TransportView | undefined;

  /** For runners: takes the next packet. With `keep` it copies what the transport will reuse. */
  fill(message: QueueMessage, keep: boolean): void {
    this.about = message;
    this.#watched = false;
    this.#resized = false;
    this.given.mark = undefined;
    this.given.ctMark = undefined;
    this.given.ctLabel = undefined;
    if (keep) this.keep(true);
    this.#bytes = this.about.buffer;
    this.#start = this.about.payload;
    this.#end = this.about.payloadEnd;
    this.#forget();
  }

  /** For runners: makes the description its own; with `bytes` what it points into as well. */
  keep(bytes: boolean): void {
    this.#kept ??= new QueueMessage();
    adoptMessage(this.#kept, this.about, bytes);
    this.about = this.#kept;
  }

  #forget(): void {
    this.#located = 0;
    this.#network = undefined;
    this.#transport = undefined;
  }

  // ── bytes ─────────────────────────────────────────────────────────────────────────────────────

  /** The packet from its network header on. Writing into it changes the packet. */
  get bytes(): Uint8Array {
    this.#watch();
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /**
   * Another packet instead. Its lengths and checksums are set by the verdict.
   * @throws RangeError when it is empty or longer than 65,535 bytes
   */
  set bytes(value: Uint8Array) {
    if (value.length === 0 || value.length > 0xffff)
      throw new RangeError(`a packet of ${value.length} bytes`);
    this.#watch();
    this.#refuseTruncated();
    this.#move(value.length, 0, value);
  }

  /** What the transport protocol carries; without one what IP does. Views are of this moment. */
  get payload(): Uint8Array {
    this.#watch();
    return this.#bytes.subarray(this.#payloadStart(), this.#transportEnd());
  }

  /**
   * Another payload, longer or shorter or as long: lengths and checksums follow. Views and bytes that
   * were taken before are of the old packet then.
   * @throws RangeError when the packet becomes too long, is a fragment, or was copied in part only
   */
  set payload(value: Uint8Array) {
    this.#watch();
    const from = this.#payloadStart();
    if (value.length === this.#transportEnd() - from) this.#bytes.set(value, from);
    else this.#resize(from - this.#start, value);
  }

  #resize(header: number, payload: Uint8Array): void {
    this.#refuseTruncated();
    if (this.#place.isFragment && this.#located > 0)
      throw new RangeError('the payload of a fragment cannot change its length');
    const length = header + payload.length;
    if (length > 0xffff) throw new RangeError(`a packet of ${length} bytes: 65535 is the most`);
    this.#move(length, header, payload);
    setLengths(this.#bytes, this.#start, this.#end);
  }

  /** Into a buffer of its own: `header` bytes as they are, then `rest`. */
  #move(length: number, header: number, rest: Uint8Array): void {
    const inOwn = this.#bytes === this.#room;
    if (this.#room.length < length || (inOwn && rest.buffer === this.#room.buffer)) {
      this.#room = new Uint8Array(Math.max(2048, 1 << (32 - Math.clz32(length - 1))));
    }
    const from = this.#bytes;
    if (from !== this.#room) this.#room.set(from.subarray(this.#start, this.#start + header));
    this.#room.set(rest, header);
    this.#bytes = this.#room;
    this.#start = 0;
    this.#end = length;
    this.#resized = true;
    this.#forget();
  }

  #refuseTruncated(): void {
    if (this.truncated) throw new RangeError('only the beginning of this packet was copied');
  }

  /** From here on somebody may write: remembers the packet as it is. */
  #watch(): void {
    if (this.#watched) return;
    this.#watched = true;
    const length = this.#end - this.#start;
    if (this.#before.length < length) this.#before = new Uint8Array(Math.max(2048, 2 * length));
    copyBytes(this.#bytes, this.#start, this.#end, this.#before, 0);
  }

  // ── headers ───────────────────────────────────────────────────────────────────────────────────

  #locate(): boolean {
    if (this.#located !== 0) return this.#located > 0;
    const found =
      this.#end > this.#start && findTransport(this.#bytes, this.#start, this.#end, this.#place);
    this.#located = found ? 1 : -1;
    return found;
  }

  #payloadStart(): number {
    if (!this.#locate()) return this.#start;
    return payloadOffset(this.#bytes, this.#place);
  }

  #transportEnd(): number {
    return this.#locate() ? this.#place.end : this.#end;
  }

  /** Number of the transport protocol, -1 for what is no IP packet or is cut short. */
  get protocol(): number {
    return this.#locate() ? this.#place.protocol : -1;
  }

  /** A part of a datagram; only the first has a transport header. */
  get isFragment(): boolean {
    return this.#locate() && (this.#place.moreFragments || this.#place.fragmentOffset !== 0);
  }

  #portsAt(): number {
    if (!this.#locate() || this.#place.fragmentOffset !== 0) return -1;
    const { protocol, offset, end } = this.#place;
    return hasPorts(protocol) && end - offset >= 4 ? offset : -1;
  }

  /** -1 where there are no ports. */
  get sourcePort(): number {
    const at = this.#portsAt();
    return at < 0 ? -1 : u16(this.#bytes, at);
  }

  set sourcePort(value: number) {
    this.#setPort(0, value);
  }

  get destinationPort(): number {
    const at = this.#portsAt();
    return at < 0 ? -1 : u16(this.#bytes, at + 2);
  }

  set destinationPort(value: number) {
    this.#setPort(2, value);
  }

  #setPort(offset: number, value: number): void {
    const at = this.#portsAt();
    if (at < 0) throw new RangeError('this packet has no ports');
    this.#watch();
    put16(this.#bytes, at + offset, value);
  }

  /** As text, '' for what is no IP packet. */
  get source(): string {
    return this.#address(12, 8);
  }

  set source(value: string) {
    this.#setAddress(12, 8, value);
  }

  get destination(): string {
    return this.#address(16, 24);
  }

  set destination(value: string) {
    this.#setAddress(16, 24, value);
  }

  #isIPv4(): boolean {
    return this.#bytes[this.#start]! >>> 4 === 4;
  }

  #address(in4: number, in6: number): string {
    if (!this.#locate()) return '';
    if (this.#isIPv4()) return formatIPv4(u32(this.#bytes, this.#start + in4));
    return formatIPv6(this.#bytes, this.#start + in6);
  }

  #setAddress(in4: number, in6: number, text: string): void {
    if (!this.#locate()) throw new RangeError('this packet has no addresses');
    const four = this.#isIPv4() ? parseIPv4(text) : undefined;
    const six = this.#isIPv4() ? undefined : parseIPv6(text);
    if (four === undefined && six === undefined)
      throw new RangeError(`no address of this packet's family: '${text}'`);
    this.#watch();
    if (four !== undefined) put32(this.#bytes, this.#start + in4, four);
    if (six !== undefined) this.#bytes.set(six, this.#start + in6);
  }

  /** The IPv4 packet; undefined for others and for malformed ones. So with all views below. */
  get ip(): IPv4View | undefined {
    return this.#isIPv4() ? (this.#networkView() as IPv4View | undefined) : undefined;
  }

  get ip6(): IPv6View | undefined {
    return this.#isIPv4() ? undefined : (this.#networkView() as IPv6View | undefined);
  }

  #networkView(): IPv4View | IPv6View | undefined {
    if (this.#network !== undefined || !this.#locate()) return this.#network;
    this.#watch();
    const bytes = this.#bytes.subarray(this.#start, this.#end);
    const view = this.#isIPv4() ? parseIPv4Packet(bytes) : parseIPv6Packet(bytes);
    if (!isMalformed(view)) this.#network = view;
    return this.#network;
  }

  #view(protocol: number): TransportView | undefined {
    if (!this.#locate() || this.#place.protocol !== protocol) return undefined;
    if (this.#transport === undefined && this.#place.fragmentOffset === 0) {
      this.#watch();
      this.#transport = transportView(this.#bytes, this.#place);
    }
    return this.#transport;
  }

  get udp(): UdpView | undefined {
    return this.#view(IPPROTO_UDP) as UdpView | undefined;
  }

  get tcp(): TcpView | undefined {
    return this.#view(IPPROTO_TCP) as TcpView | undefined;
  }

  get icmp(): IcmpView | undefined {
    return this.#view(IPPROTO_ICMP) as IcmpView | undefined;
  }

  get icmpv6(): Icmpv6View | undefined {
    return this.#view(IPPROTO_ICMPV6) as Icmpv6View | undefined;
  }

  get sctp(): SctpView | undefined {
    return this.#view(IPPROTO_SCTP) as SctpView | undefined;
  }

  get udplite(): UdpLiteView | undefined {
    return this.#view(IPPROTO_UDPLITE) as UdpLiteView | undefined;
  }

  get dccp(): DccpView | undefined {
    return this.#view(IPPROTO_DCCP) as DccpView | undefined;
  }

  // ── the verdict ───────────────────────────────────────────────────────────────────────────────

  /**
   * For runners, once: repairs what was edited and says whether the packet is another one now. An
   * edit of a packet that was copied in part only would cut it, and is refused.
   * @throws RangeError
   */
  seal(): boolean {
    if (!this.#watched) return false;
    if (this.#resized) {
      repairWhole(this.#bytes, this.#start, this.#end);
      return true;
    }
    const partial = (this.about.skbInfo & NFQA_SKB_CSUMNOTREADY) !== 0;
    const cut = this.truncated;
    const changed = repairInPlace(
      this.#before,
      this.#bytes,
      this.#start,
      this.#end,
      partial && !cut,
    );
    if (changed && cut) this.#refuseTruncated();
    return changed;
  }

  /** For transports: where the packet lies now. */
  get storage(): Uint8Array {
    return this.#bytes;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }
}
