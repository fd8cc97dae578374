// The bitmap types: a bit for each address or port of a range (net/netfilter/ipset/ip_set_bitmap_gen.h
// and ip_set_bitmap_{ip,ipmac,port}.c).

import { hex, u32, unhex } from '../../bytes/index.ts';
import type { Clock } from '../../core/index.ts';
import type {
  IpSetCreate,
  IpSetEntry,
  IpSetOptions,
  IpSetRequest,
  IpSetType,
} from '../../program/index.ts';
import { type SetData, sameExtensions } from './data.ts';
import { Extensions } from './extensions.ts';
import { addressAt, findBarePort, found, macAt } from './from-packet.ts';
import { type Adt, EAGAIN, EINVAL, EXIST, failed } from './numbers.ts';
import { isSource, SetFlag, type SetOptions, type SetPacket } from './options.ts';
import { hostmask, lastOf } from './range.ts';

const MAX_RANGE = 0xffff;

/** sizeof(struct bitmap_*), Linux 6.18 on x86_64. */
const MAP_BYTES: Readonly<Partial<Record<IpSetType, number>>> = {
  'bitmap:ip': 88,
  'bitmap:ip,mac': 80,
  'bitmap:port': 72,
};

interface Range {
  readonly from: number;
  readonly to: number;
}

/** The range a create asks for, in order and whole, or an error. */
export function bitmapRange(create: IpSetCreate): Range | number {
  const { range, netmask } = create.options;
  if (range === undefined) return failed('PROTOCOL');
  if (create.cidr !== undefined && create.cidr >= 32) return failed('INVALID_CIDR');
  const given =
    create.cidr === undefined
      ? { from: Math.min(range.from, range.to), to: Math.max(range.from, range.to) }
      : {
          from: (range.from & hostmask(create.cidr)) >>> 0,
          to: lastOf(range.from, create.cidr),
        };
  if (netmask === undefined) return checked(given, given.to - given.from + 1);
  return netmaskRange(given, netmask);
}

const checked = (range: Range, elements: number): Range | number =>
  elements > MAX_RANGE + 1 ? failed('BITMAP_RANGE_SIZE') : range;

function netmaskRange({ from, to }: Range, netmask: number): Range | number {
  if (netmask === 0 || netmask > 32) return failed('INVALID_NETMASK');
  const range = { from: (from & hostmask(netmask)) >>> 0, to: lastOf(to, netmask) };
  if (netmask === 32) return checked(range, range.to - range.from + 1);
  const bits = commonBits(range);
  const isAll = range.from === 0 && range.to === 0xffffffff;
  if ((bits === 0 && !isAll) || netmask <= bits) return failed('BITMAP_RANGE');
  return checked(range, 2 ** (netmask - bits));
}

/** range_to_mask(): the prefix length that both ends share from the first one on. */
function commonBits({ from, to }: Range): number {
  for (let bits = 31; bits > 0; bits--) if ((to & hostmask(bits)) >>> 0 === from) return bits;
  return 0;
}

const ETH_ALEN = 6;

export class Bitmap implements SetData {
  readonly type: IpSetType;
  readonly #options: IpSetOptions;
  readonly #range: Range;
  readonly #hosts: number;
  readonly #extensions: Extensions;
  readonly #members: Uint8Array;
  /** bitmap:ip,mac: the addresses, and whether there is one. */
  readonly #macs: Uint8Array;
  readonly #filled: Uint8Array;
  readonly #mac = new Uint8Array(ETH_ALEN);
  #hasMac = false;

  constructor(type: IpSetType, options: IpSetOptions, range: Range, clock: Clock) {
    this.type = type;
    const { netmask, ...others } = options;
    // A mask that takes nothing off is none.
    this.#options = netmask === 32 ? { ...others, range } : { ...options, range };
    this.#range = range;
    this.#hosts = 2 ** (32 - (netmask ?? 32));
    const elements = Math.floor((range.to - range.from) / this.#hosts) + 1;
    this.#members = new Uint8Array(elements);
    this.#extensions = new Extensions(options, clock);
    this.#extensions.reserve(elements);
    const withMac = type === 'bitmap:ip,mac';
    this.#macs = new Uint8Array(withMac ? elements * ETH_ALEN : 0);
    this.#filled = new Uint8Array(withMac ? elements : 0);
  }

  request(adt: Adt, request: IpSetRequest, exist: boolean): number {
    // bitmap:port looks at its range first.
    const outside = this.type === 'bitmap:port' && this.#isOutside(request.port ?? 0);
    if (outside) return failed('BITMAP_RANGE');
    const wrong = this.#extensions.fromRequest(request);
    if (wrong < 0) return wrong;
    const span = this.#span(adt, request);
    if (typeof span === 'number') return span;
    this.#hasMac = request.mac !== undefined;
    if (request.mac !== undefined) this.#mac.set(unhex(request.mac));
    if (adt === 'test') return this.#test(this.#id(span.from), null);
    for (let at = span.from; at <= span.to; at += this.#hosts) {
      const answer = adt === 'add' ? this.#add(this.#id(at), exist) : this.#delete(this.#id(at));
      if (answer < 0 && !(answer === EXIST && exist)) return answer;
    }
    return 0;
  }

  #id(at: number): number {
    return Math.floor((this.#masked(at) - this.#range.from) / this.#hosts);
  }

  #span(adt: Adt, request: IpSetRequest): Range | number {
    const isPort = this.type === 'bitmap:port';
    const from = isPort ? request.port : numberOf(request.ip);
    if (from === undefined) return failed('PROTOCOL');
    if (this.#isOutside(from)) return failed('BITMAP_RANGE');
    if (adt === 'test' || this.type === 'bitmap:ip,mac') return { from, to: from };
    const end = isPort ? request.portTo : numberOf(request.ipTo);
    const span = end === undefined ? this.#cidrSpan(from, request.cidr) : ordered(from, end);
    if (typeof span === 'number') return span;
    return this.#isOutside(span.from) || this.#isOutside(span.to) ? failed('BITMAP_RANGE') : span;
  }

  #isOutside(value: number): boolean {
    return value < this.#range.from || value > this.#range.to;
  }

  #cidrSpan(from: number, cidr: number | undefined): Range | number {
    if (cidr === undefined) return { from, to: from };
    if (cidr === 0 || cidr > 32) return failed('INVALID_CIDR');
    return { from: (from & hostmask(cidr)) >>> 0, to: lastOf(from, cidr) };
  }

  #masked(value: number): number {
    return this.#hosts === 1 ? value : (value & hostmask(this.#options.netmask ?? 32)) >>> 0;
  }

  /** mtype_test(): EAGAIN where the packet is to say the Ethernet address. */
  #test(id: number, asked: SetOptions | null): number {
    if (this.#members[id] === 0) return 0;
    if (this.type === 'bitmap:ip,mac') {
      if (this.#filled[id] === 0) return -EAGAIN;
      if (this.#hasMac && !this.#sameMac(id)) return 0;
    }
    return this.#extensions.match(id, asked) ? 1 : 0;
  }

  #sameMac(id: number): boolean {
    for (let i = 0; i < ETH_ALEN; i++)
      if (this.#macs[id * ETH_ALEN + i] !== this.#mac[i]) return false;
    return true;
  }

  #fill(id: number): void {
    this.#macs.set(this.#mac, id * ETH_ALEN);
    this.#filled[id] = 1;
  }

  /** mtype_add() */
  #add(id: number, exist: boolean): number {
    const isSet = this.#members[id] === 1;
    const starts = isSet && this.#fillsIn(id);
    if (isSet && !starts) {
      const wasFilled = this.type === 'bitmap:ip,mac' && this.#filled[id] === 1;
      if (!exist && !this.#extensions.expired(id)) return EXIST;
      if (wasFilled && exist && this.#hasMac) this.#fill(id);
      this.#extensions.dropComment(id);
    }
    if (this.type === 'bitmap:ip,mac') this.#writeMac(id, isSet, starts);
    else this.#extensions.write(id);
    this.#members[id] = 1;
    return 0;
  }

  /** An element without an Ethernet address, and now there is one. */
  #fillsIn(id: number): boolean {
    return this.type === 'bitmap:ip,mac' && this.#filled[id] === 0 && this.#hasMac;
  }

  /** The timeout of an element begins when its Ethernet address is known (mtype_add_timeout()). */
  #writeMac(id: number, isSet: boolean, starts: boolean): void {
    const { ext } = this.#extensions;
    const timed = this.#options.timeout !== undefined;
    if (starts) {
      this.#fill(id);
      if (timed) {
        const kept = ext.timeout === this.#options.timeout;
        this.#extensions.startTimeout(id, kept ? this.#extensions.keptTimeout(id) : ext.timeout);
      }
    } else {
      if (!isSet && this.#hasMac) this.#fill(id);
      else if (!isSet) this.#filled[id] = 0;
      if (timed && this.#hasMac) this.#extensions.startTimeout(id, ext.timeout);
      else if (timed) this.#extensions.keepTimeout(id, ext.timeout);
    }
    this.#extensions.write(id, false);
  }

  /** An element whose Ethernet address is not known does not end. */
  #hasEnded(id: number): boolean {
    const waits = this.type === 'bitmap:ip,mac' && this.#filled[id] === 0;
    return !waits && this.#extensions.expired(id);
  }

  /** mtype_del() */
  #delete(id: number): number {
    if (this.#members[id] === 0) return EXIST;
    this.#members[id] = 0;
    this.#extensions.dropComment(id);
    return this.#extensions.expired(id) ? EXIST : 0;
  }

  packet(adt: Adt, from: SetPacket, asked: SetOptions): number {
    const at = this.#at(from, asked);
    if (at < 0) return at;
    const wrong = this.#takeMac(from, asked);
    if (wrong !== 0) return wrong;
    const id = this.#id(at);
    this.#extensions.fromPacket(from.packet.end - from.packet.network, asked);
    if (adt === 'test') return this.#test(id, asked);
    if (adt === 'del') return this.#delete(id);
    return this.#add(id, (asked.cmdflags & SetFlag.exist) !== 0);
  }

  /** The address or port of the packet, or an error. */
  #at(from: SetPacket, asked: SetOptions): number {
    const source = isSource(asked, 1);
    if (this.type === 'bitmap:port' && !findBarePort(from, source)) return -EINVAL;
    const at =
      this.type === 'bitmap:port'
        ? found.port
        : this.#masked(u32(from.packet.buf, addressAt(from, source)));
    return this.#isOutside(at) ? failed('BITMAP_RANGE') : at;
  }

  #takeMac(from: SetPacket, asked: SetOptions): number {
    if (this.type !== 'bitmap:ip,mac') return 0;
    const at = macAt(from.packet, isSource(asked, 2));
    if (at < 0) return -EINVAL;
    const { buf } = from.packet;
    let bits = 0;
    for (let i = 0; i < ETH_ALEN; i++) bits |= this.#mac[i] = buf[at + i]!;
    this.#hasMac = true;
    return bits === 0 ? -EINVAL : 0;
  }

  flush(): void {
    // What was counted stays in the memory, and shows when the element comes again.
    for (let id = 0; id < this.#members.length; id++) this.#extensions.dropComment(id);
    this.#members.fill(0);
    this.#filled.fill(0);
  }

  collect(): void {
    if (this.#options.timeout === undefined) return;
    for (let id = 0; id < this.#members.length; id++)
      if (this.#members[id] === 1 && this.#hasEnded(id)) {
        this.#members[id] = 0;
        this.#extensions.dropComment(id);
      }
  }

  entries(): IpSetEntry[] {
    const entries: IpSetEntry[] = [];
    for (let id = 0; id < this.#members.length; id++)
      if (this.#members[id] === 1 && !this.#hasEnded(id)) entries.push(this.#entry(id));
    return entries;
  }

  #entry(id: number): IpSetEntry {
    const at = this.#range.from + id * this.#hosts;
    const extensions = this.#extensions.entry(id);
    if (this.type === 'bitmap:port') return { port: at, ...extensions };
    const ip = at.toString(16).padStart(8, '0');
    if (this.#filled[id] !== 1) return { ip, ...extensions };
    const mac = this.#macs.subarray(id * ETH_ALEN, (id + 1) * ETH_ALEN);
    return { ip, mac: hex(mac), ...extensions };
  }

  elements(): number {
    let count = 0;
    for (const member of this.#members) count += member;
    return count;
  }

  restore(entries: readonly IpSetEntry[]): void {
    for (const entry of entries) {
      const id = this.#id(entry.port ?? numberOf(entry.ip) ?? 0);
      if (id < 0 || id >= this.#members.length) continue;
      const { timeout: _, ...untimed } = entry;
      this.#extensions.fromRequest(untimed);
      this.#extensions.write(id, false);
      this.#extensions.restoreTimeout(id, entry);
      this.#members[id] = 1;
      if (entry.mac === undefined) continue;
      this.#mac.set(unhex(entry.mac));
      this.#fill(id);
    }
  }

  options(): IpSetOptions {
    return this.#options;
  }

  memsize(): number {
    const elements = this.#members.length;
    const withMac = this.type === 'bitmap:ip,mac';
    const each = this.#extensions.size(withMac ? ETH_ALEN + 1 : 0, withMac ? 8 : 1);
    const bits = Math.ceil(elements / 64) * 8;
    return (MAP_BYTES[this.type] ?? 0) + bits + elements * each + this.#extensions.commentBytes;
  }

  same(options: IpSetOptions): boolean {
    const { range, netmask } = this.#options;
    return (
      range?.from === options.range?.from &&
      range?.to === options.range?.to &&
      (netmask ?? 32) === (options.netmask ?? 32) &&
      sameExtensions(this.#options, options)
    );
  }
}

const numberOf = (ip: string | undefined): number | undefined =>
  ip === undefined ? undefined : Number.parseInt(ip, 16);

const ordered = (a: number, b: number): Range => ({ from: Math.min(a, b), to: Math.max(a, b) });
