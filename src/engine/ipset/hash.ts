// The hash types: what of a request or a packet becomes an element (the uadt and kadt functions of
// net/netfilter/ipset/ip_set_hash_*.c).

import { unhex } from '../../bytes/index.ts';
import type { Clock } from '../../core/index.ts';
import type {
  IpSetEntry,
  IpSetFamily,
  IpSetOptions,
  IpSetRequest,
  IpSetType,
} from '../../program/index.ts';
import { type SetData, sameExtensions } from './data.ts';
import { addressAt, findPort, found, macAt } from './from-packet.ts';
import { fillKey, hasNetmask, type Key, layoutOf, maskWord } from './layout.ts';
import {
  type Adt,
  EAGAIN,
  EINVAL,
  ENOTEMPTY,
  EXIST,
  FEATURES,
  Feature,
  failed,
} from './numbers.ts';
import { isSource, SetFlag, type SetOptions, type SetPacket } from './options.ts';
import { addressesOf, eachPart, type Masks, type Parts, portsOf } from './parts.ts';
import { AHASH_INIT_SIZE, AHASH_MAX_SIZE, HashTable } from './table.ts';

const DEFAULT_HASHSIZE = 1024;
const MINIMAL_HASHSIZE = 64;
const DEFAULT_MAXELEM = 65536;
/** The kernel asks for memory; here nobody needs a table this large. */
const MAXIMAL_HASHSIZE = 1 << 24;
const IFNAMSIZ = 16;

type Made = Required<Pick<IpSetOptions, 'hashsize' | 'maxelem' | 'bucketsize' | 'initval'>> &
  IpSetOptions;

/** What the kernel makes of the options of a hash, or an error. */
export function hashOptions(
  type: IpSetType,
  family: IpSetFamily,
  options: IpSetOptions,
  initval: number,
): Made | number {
  if ((family === 'unspec') !== (type === 'hash:mac')) return failed('INVALID_FAMILY');
  const bits = family === 'inet6' ? 128 : 32;
  const { netmask, bitmask, markmask } = options;
  if (netmask !== undefined && bitmask !== undefined) return failed('BITMASK_NETMASK_EXCL');
  if (netmask !== undefined && (netmask === 0 || netmask > bits)) return failed('INVALID_NETMASK');
  if (bitmask !== undefined && /^0*$/.test(bitmask)) return failed('INVALID_NETMASK');
  if (markmask === 0) return failed('INVALID_MARKMASK');
  const hashsize = Math.max(options.hashsize ?? DEFAULT_HASHSIZE, MINIMAL_HASHSIZE);
  if (hashsize > MAXIMAL_HASHSIZE) return failed('ENOMEM');
  const { netmask: _, bitmask: __, ...others } = options;
  const whole = netmask === bits || (bitmask !== undefined && /^f+$/.test(bitmask));
  return {
    // A mask that takes nothing off is none.
    ...(whole ? others : options),
    hashsize: 2 ** (32 - Math.clz32(hashsize - 1)),
    maxelem: options.maxelem ?? DEFAULT_MAXELEM,
    bucketsize: bucketsizeOf(options.bucketsize ?? AHASH_MAX_SIZE),
    initval: options.initval ?? initval,
    ...(type === 'hash:ip,mark' ? { markmask: markmask ?? 0xffffffff } : {}),
  };
}

function bucketsizeOf(wanted: number): number {
  const most = Math.min(Math.max(wanted, AHASH_INIT_SIZE), AHASH_MAX_SIZE);
  return most + (most % 2);
}

/** The words of a netmask or bitmask, or null where all bits count. */
function maskOf(options: IpSetOptions, ipWords: number): Uint32Array | null {
  const { netmask, bitmask } = options;
  if (bitmask !== undefined) {
    const bytes = unhex(bitmask);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Uint32Array.from({ length: ipWords }, (_, i) => view.getUint32(4 * i, true));
  }
  if (netmask === undefined) return null;
  return Uint32Array.from({ length: ipWords }, (_, i) => maskWord(netmask, i));
}

export class HashSet implements SetData {
  readonly type: IpSetType;
  readonly family: IpSetFamily;
  readonly #options: Made;
  readonly #table: HashTable;
  readonly #key: Key;
  readonly #masks: Masks;
  readonly #canNomatch: boolean;
  /** The kernel takes no address that is zero, or becomes it under the mask. */
  readonly #refusesZero: boolean;

  constructor(type: IpSetType, family: IpSetFamily, options: Made, clock: Clock) {
    this.type = type;
    this.family = family;
    this.#options = options;
    this.#table = new HashTable(layoutOf(type, family), options, clock);
    this.#key = this.#table.key;
    this.#masks = {
      words: hasNetmask(type) ? maskOf(options, this.#table.layout.ipWords) : null,
      netmask: options.netmask,
    };
    this.#refusesZero = type === 'hash:ip' || type === 'hash:ip,port';
    this.#canNomatch = (FEATURES[type] & Feature.nomatch) !== 0;
  }

  request(adt: Adt, asked: IpSetRequest, exist: boolean): number {
    const request = this.#own(asked);
    const parts = this.#parts(adt, request);
    if (typeof parts === 'number') return parts;
    const nomatch = this.#canNomatch && request.nomatch === true;
    if (this.type === 'hash:ip,port') {
      this.#fill(request, parts);
      if (this.#key.isZeroIp()) return -EINVAL;
    }
    if (!eachPartIsRange(parts) || adt === 'test') {
      this.#fill(request, parts);
      const answer = this.#act(adt, exist, nomatch);
      if (adt === 'test' && nomatch && (answer > 0 || answer === -ENOTEMPTY)) return -answer;
      return answer === EXIST && exist ? 0 : answer;
    }
    return eachPart(parts, (ip, cidr, port, ip2, cidr2) => {
      this.#fill(request, parts);
      this.#fillPart(parts, ip, cidr, port, ip2, cidr2);
      const answer = this.#act(adt, exist, nomatch);
      return answer === EXIST && exist ? 0 : answer;
    });
  }

  /** The parts that elements of the type have: others are not looked at. */
  #own(asked: IpSetRequest): IpSetRequest {
    const { layout } = this.#table;
    const { ip2, ip2To, cidr2, port, portTo, ...others } = asked;
    return {
      ...others,
      ...(layout.hasIp2 && ip2 !== undefined ? { ip2 } : {}),
      ...(layout.hasIp2 && ip2To !== undefined ? { ip2To } : {}),
      ...(layout.hasIp2 && cidr2 !== undefined ? { cidr2 } : {}),
      ...(layout.portWord >= 0 && port !== undefined ? { port } : {}),
      ...(layout.portWord >= 0 && portTo !== undefined ? { portTo } : {}),
    };
  }

  /** The ranges of a request, or why there are none. */
  #parts(adt: Adt, request: IpSetRequest): Parts | number {
    const v4 = this.family === 'inet';
    const inverted = v4 ? undefined : this.#refuseRanges(request);
    if (inverted !== undefined) return inverted;
    const wrong = this.#table.extensions.fromRequest(request);
    if (wrong < 0) return wrong;
    const { layout } = this.#table;
    if (layout.multi && request.iface === undefined) return failed('PROTOCOL');
    if (layout.markWord >= 0 && request.mark === undefined) return failed('PROTOCOL');
    if (layout.ipWords === 0) return this.#checkMac(request) ?? {};
    const addresses = addressesOf(layout, this.type, adt, request, this.#masks, v4);
    if (typeof addresses === 'number') return addresses;
    if (layout.macWord >= 0) {
      const nothing = this.#checkMac(request);
      if (nothing !== undefined) return nothing;
    }
    if (layout.portWord < 0) return addresses;
    const ports = portsOf(request, v4);
    return typeof ports === 'number' ? ports : { ...addresses, ...ports };
  }

  #checkMac(request: IpSetRequest): number | undefined {
    if (request.mac === undefined) return failed('PROTOCOL');
    return /^0*$/.test(request.mac) ? failed('HASH_ELEM') : undefined;
  }

  #refuseRanges(request: IpSetRequest): number | undefined {
    if (request.ipTo === undefined && request.ip2To === undefined) return undefined;
    return failed(this.type === 'hash:ip' ? 'PROTOCOL' : 'HASH_RANGE_UNSUPPORTED');
  }

  #fill(request: IpSetRequest, parts: Parts): void {
    const key = this.#key;
    const { layout } = this.#table;
    fillKey(key, { ...request, ...(parts.port === undefined ? {} : { port: parts.port }) });
    key.wildcard = request.wildcard === true;
    key.iface = (request.iface ?? '').slice(0, IFNAMSIZ - 1);
    if (layout.markWord >= 0) key.setMark((request.mark ?? 0) & (this.#options.markmask ?? -1));
    this.#applyMask();
    this.#cutToCidrs();
  }

  #applyMask(): void {
    const { words } = this.#masks;
    if (words === null) return;
    this.#key.maskIpBy(0, words);
    if (this.type === 'hash:net,net') this.#key.maskIpBy(1, words);
  }

  /** Nets are stored without what lies behind the prefix. */
  #cutToCidrs(): void {
    const { layout } = this.#table;
    const second = this.type === 'hash:ip,port,net' ? 1 : 0;
    layout.cidrs.forEach((_, i) => {
      this.#key.maskIp(i === 0 ? second : 1, this.#key.cidr(i));
    });
  }

  #fillPart(
    parts: Parts,
    ip: number,
    cidr: number,
    port: number,
    ip2: number,
    cidr2: number,
  ): void {
    const key = this.#key;
    const { layout } = this.#table;
    const one = this.type === 'hash:ip,port,net';
    if (parts.ip !== undefined) key.setIpv4(0, ip);
    if (parts.ip2 !== undefined) key.setIpv4(1, ip2);
    if (parts.port !== undefined) key.setPort(port);
    if (parts.ip === undefined || layout.cidrs.length === 0) return;
    key.setCidr(0, one ? cidr2 : cidr);
    if (layout.cidrs.length === 2) key.setCidr(1, cidr2);
  }

  #act(adt: Adt, exist: boolean, nomatch: boolean): number {
    if (this.type === 'hash:ip' && this.#key.isZeroIp()) return failed('HASH_ELEM');
    if (adt === 'test') return this.#table.test(null);
    if (adt === 'del') return this.#table.delete();
    for (;;) {
      const answer = this.#table.add(exist, nomatch);
      if (answer !== -EAGAIN) return answer;
      this.#table.resize();
    }
  }

  packet(adt: Adt, from: SetPacket, asked: SetOptions): number {
    const key = this.#key;
    const table = this.#table;
    key.reset();
    const wrong = this.#fromPacket(adt, from, asked);
    if (wrong !== 0) return wrong;
    table.extensions.fromPacket(from.packet.end - from.packet.network, asked);
    if (adt === 'test') return table.test(asked);
    if (adt === 'del') return table.delete();
    // A packet never makes the table larger: then it is full for it.
    return table.add((asked.cmdflags & SetFlag.exist) !== 0, false);
  }

  #fromPacket(adt: Adt, from: SetPacket, asked: SetOptions): number {
    const { layout } = this.#table;
    const key = this.#key;
    const { buf } = from.packet;
    if (layout.portWord >= 0) {
      if (!findPort(from, isSource(asked, 2))) return -EINVAL;
      key.setPort(found.port);
      key.setProto(found.proto);
    }
    if (layout.ipWords > 0) key.setIp(0, buf, addressAt(from, isSource(asked, 1)));
    if (layout.hasIp2) {
      const dimension = layout.portWord < 0 ? 2 : 3;
      key.setIp(1, buf, addressAt(from, isSource(asked, dimension)));
    }
    this.#applyMask();
    if (this.#refusesZero && key.isZeroIp()) return -EINVAL;
    if (layout.markWord >= 0) key.setMark(from.packet.mark & (this.#options.markmask ?? -1));
    this.#cutForPacket(adt);
    return this.#linkParts(from, asked);
  }

  /** What is added or deleted by a packet is as long as the longest prefix there is. */
  #cutForPacket(adt: Adt): void {
    const { layout, nets } = this.#table;
    for (let i = 0; i < layout.cidrs.length; i++) {
      const cidr = adt === 'test' ? layout.hostMask : nets[i]!.longest(layout.hostMask);
      this.#key.setCidr(i, cidr);
      this.#key.maskIp(this.type === 'hash:ip,port,net' ? 1 : i, cidr);
    }
  }

  #linkParts(from: SetPacket, asked: SetOptions): number {
    const { layout } = this.#table;
    if (layout.macWord >= 0) {
      const at = macAt(from.packet, isSource(asked, layout.ipWords === 0 ? 1 : 2));
      if (at < 0) return -EINVAL;
      this.#key.setMac(from.packet.buf, at);
      return this.#key.isZeroMac() ? -EINVAL : 0;
    }
    return layout.multi ? this.#interface(from, asked) : 0;
  }

  #interface(from: SetPacket, asked: SetOptions): number {
    const device = isSource(asked, 2) ? from.in : from.out;
    // Frames of a bridge do not pass IP hooks here, so no packet has a port of a bridge to tell.
    if (device === null || (asked.cmdflags & SetFlag.physdev) !== 0) return -EINVAL;
    this.#key.iface = device.name;
    return 0;
  }

  flush(): void {
    this.#table.flush();
  }

  collect(): void {
    this.#table.collect();
  }

  entries(): IpSetEntry[] {
    return this.#table.entries();
  }

  elements(): number {
    return this.#table.live();
  }

  restore(entries: readonly IpSetEntry[]): void {
    const table = this.#table;
    for (const entry of entries) {
      fillKey(this.#key, entry);
      this.#key.wildcard = entry.wildcard === true;
      const { timeout: _, ...untimed } = entry;
      table.extensions.fromRequest(untimed);
      while (table.add(true, entry.nomatch === true) === -EAGAIN) table.resize();
      const slot = table.slotOfKey();
      if (slot >= 0) table.extensions.restoreTimeout(slot, entry);
    }
  }

  options(): IpSetOptions {
    const { bits, bucketsize } = this.#table;
    return { ...this.#options, hashsize: 2 ** bits, bucketsize };
  }

  memsize(): number {
    return this.#table.memsize();
  }

  same(options: IpSetOptions): boolean {
    const own = this.#options;
    return (
      own.maxelem === options.maxelem &&
      own.netmask === options.netmask &&
      own.bitmask === options.bitmask &&
      own.markmask === options.markmask &&
      sameExtensions(own, options)
    );
  }
}

const eachPartIsRange = (parts: Parts): boolean =>
  parts.ipTo !== undefined || parts.portTo !== undefined || parts.ip2To !== undefined;
