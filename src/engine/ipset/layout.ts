// The elements of hash types as the kernel keeps and hashes them: struct hash_*_elem of
// net/netfilter/ipset/ip_set_hash_*.c, read as words of a little-endian host. With the same initial value
// a set has the same buckets, the same order and the same size here as there.

import { hexOfWord, unhex } from '../../bytes/index.ts';
import type { IpSetElement, IpSetFamily, IpSetType } from '../../program/index.ts';

/** A byte of a word: where the kernel has a prefix length. `bias` is taken off (NETS_PACKED). */
interface CidrPlace {
  readonly word: number;
  readonly shift: number;
  readonly mask: number;
  readonly bias: number;
}

export interface Layout {
  readonly type: IpSetType;
  /** Bits of an address; 0 where there is none. */
  readonly hostMask: number;
  /** Words of an address. */
  readonly ipWords: number;
  readonly hasIp2: boolean;
  /** Word of the port and the protocol, or -1. */
  readonly portWord: number;
  readonly protoWord: number;
  readonly protoShift: number;
  /** Word of the Ethernet address or the mark, or -1. */
  readonly macWord: number;
  readonly markWord: number;
  /** IPSET_NET_COUNT places of prefix lengths. */
  readonly cidrs: readonly CidrPlace[];
  /** IP_SET_HASH_WITH_NET0: /0 can be stored. */
  readonly net0: boolean;
  /** IP_SET_HASH_WITH_MULTI: many elements may share a hash. */
  readonly multi: boolean;
  /** Words that are hashed. */
  readonly words: number;
  /** Bits that are set in every element. */
  readonly fixed: readonly number[];
  /** sizeof and alignof struct hash_*_elem, and sizeof struct htype without its nets and element. */
  readonly elementBytes: number;
  readonly elementAlign: number;
  readonly headBytes: number;
}

/** sizeof(struct htype) up to `next` and of a struct htable, as measured on Linux 6.18 (x86_64). */
const HEAD_BYTES = 168;
const NETMASK_BYTES = 16;

const MASKED: readonly IpSetType[] = ['hash:ip', 'hash:ip,port', 'hash:net,net'];

/** Whether the kernel knows a netmask for the type. */
export const hasNetmask = (type: IpSetType): boolean => MASKED.includes(type);

interface Tail {
  readonly words: number;
  readonly port?: true;
  /** Word (behind the addresses) and shift of the protocol. */
  readonly proto?: readonly [number, number];
  readonly mac?: true;
  readonly mark?: true;
  readonly cidrs?: readonly (readonly [word: number, shift: number, packed?: 'packed'])[];
  readonly ip2?: true;
  readonly net0?: true;
  readonly multi?: true;
  readonly fixed?: number;
  /** Bytes of the element behind its hashed words. */
  readonly more?: number;
}

const TAILS: Readonly<Record<string, Tail>> = {
  'hash:ip': { words: 0 },
  'hash:mac': { words: 2, mac: true },
  'hash:ip,mac': { words: 2, mac: true },
  'hash:ip,mark': { words: 1, mark: true },
  'hash:ip,port': { words: 1, port: true, proto: [0, 16] },
  'hash:ip,port,ip': { words: 1, port: true, proto: [0, 16], ip2: true },
  // be16 port; u8 cidr:7, nomatch:1; u8 proto
  'hash:ip,port,net': {
    words: 1,
    port: true,
    proto: [0, 24],
    ip2: true,
    cidrs: [[0, 16, 'packed']],
  },
  // u16 padding; u8 nomatch; u8 cidr
  'hash:net': { words: 1, cidrs: [[0, 24]] },
  // u8 physdev, cidr, nomatch, elem; u8 wildcard; char iface[16]
  'hash:net,iface': {
    words: 1,
    cidrs: [[0, 8]],
    net0: true,
    multi: true,
    fixed: 1 << 24,
    more: 20,
  },
  // be16 port; u8 proto; u8 cidr:7, nomatch:1
  'hash:net,port': { words: 1, port: true, proto: [0, 16], cidrs: [[0, 24, 'packed']] },
  // u8 nomatch, padding, cidr[2]
  'hash:net,net': {
    words: 1,
    ip2: true,
    cidrs: [
      [0, 16],
      [0, 24],
    ],
    net0: true,
  },
  // be16 port; u8 cidr[2]; u16 padding; u8 nomatch; u8 proto
  'hash:net,port,net': {
    words: 2,
    port: true,
    proto: [1, 24],
    ip2: true,
    cidrs: [
      [0, 16],
      [0, 24],
    ],
    net0: true,
  },
};

export function layoutOf(type: IpSetType, family: IpSetFamily): Layout {
  const tail = TAILS[type];
  if (tail === undefined) throw new RangeError(`${type} has no hash`);
  const ipWords = type === 'hash:mac' ? 0 : family === 'inet6' ? 4 : 1;
  const start = ipWords * (tail.ip2 ? 2 : 1);
  // A union with a 64-bit number pads the IPv4 element of two addresses to eight bytes.
  const wide = type === 'hash:net,net' || type === 'hash:net,port,net';
  const words = wide && family === 'inet' ? 4 : start + tail.words;
  const fixed = new Array<number>(words).fill(0);
  if (tail.fixed !== undefined) fixed[start] = tail.fixed;
  return {
    type,
    hostMask: ipWords * 32,
    ipWords,
    hasIp2: tail.ip2 === true,
    portWord: tail.port ? start : -1,
    protoWord: tail.proto === undefined ? -1 : start + tail.proto[0],
    protoShift: tail.proto?.[1] ?? 0,
    macWord: tail.mac ? start : -1,
    markWord: tail.mark ? start : -1,
    cidrs: (tail.cidrs ?? []).map(([word, shift, packed]) => ({
      word: start + word,
      shift,
      mask: packed ? 0x7f : 0xff,
      bias: packed ? 1 : 0,
    })),
    net0: tail.net0 === true,
    multi: tail.multi === true,
    words,
    fixed,
    elementBytes: words * 4 + (tail.more ?? 0),
    elementAlign: wide && family === 'inet' ? 8 : 4,
    headBytes: HEAD_BYTES + (hasNetmask(type) ? NETMASK_BYTES : 0),
  };
}

/** Bytes of struct htype with its prefix lengths, and of a struct htable. */
export function headBytes(layout: Layout): number {
  const lengths = layout.hostMask + (layout.net0 ? 1 : 0);
  const perLength = layout.cidrs.length === 2 ? 12 : 8;
  const nets = layout.cidrs.length === 0 ? 0 : lengths * perLength;
  return layout.headBytes + Math.ceil((layout.elementBytes + nets) / 8) * 8;
}

const swap32 = (n: number): number =>
  ((n << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24)) >>> 0;

/** ip_set_netmask() for each prefix length, as the host reads it. */
const MASKS = Uint32Array.from({ length: 33 }, (_, bits) =>
  bits === 0 ? 0 : swap32((0xffffffff << (32 - bits)) >>> 0),
);

/** The word of a mask of `cidr` bits that covers word `i` of an address. */
export const maskWord = (cidr: number, i: number): number =>
  MASKS[Math.max(0, Math.min(32, cidr - 32 * i))]!;

/**
 * An element that is looked for: its words, and the parts that are no words. There is one per set,
 * filled for each question.
 */
export class Key {
  readonly layout: Layout;
  readonly words: Uint32Array;
  iface = '';
  physdev = false;
  wildcard = false;

  constructor(layout: Layout) {
    this.layout = layout;
    this.words = new Uint32Array(layout.words);
  }

  reset(): void {
    this.words.set(this.layout.fixed);
    this.iface = '';
    this.physdev = false;
    this.wildcard = false;
  }

  /** Address 0 or 1 from the bytes of a packet. */
  setIp(which: number, bytes: Uint8Array, offset: number): void {
    const { ipWords } = this.layout;
    for (let i = 0; i < ipWords; i++) {
      const at = offset + 4 * i;
      this.words[which * ipWords + i] =
        bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    }
  }

  /** Address 0 or 1 from a number: IPv4. */
  setIpv4(which: number, address: number): void {
    this.words[which] = swap32(address);
  }

  /** Takes off what lies outside a prefix. */
  maskIp(which: number, cidr: number): void {
    const { ipWords } = this.layout;
    for (let i = 0; i < ipWords; i++)
      this.words[which * ipWords + i] = this.words[which * ipWords + i]! & maskWord(cidr, i);
  }

  maskIpBy(which: number, mask: Uint32Array): void {
    const { ipWords } = this.layout;
    for (let i = 0; i < ipWords; i++)
      this.words[which * ipWords + i] = this.words[which * ipWords + i]! & mask[i]!;
  }

  isZeroIp(): boolean {
    for (let i = 0; i < this.layout.ipWords; i++) if (this.words[i] !== 0) return false;
    return true;
  }

  setPort(port: number): void {
    const at = this.layout.portWord;
    const swapped = ((port & 0xff) << 8) | (port >>> 8);
    this.words[at] = (this.words[at]! & 0xffff0000) | swapped;
  }

  setProto(proto: number): void {
    const { protoWord, protoShift } = this.layout;
    this.words[protoWord] =
      (this.words[protoWord]! & ~(0xff << protoShift)) | (proto << protoShift);
  }

  setMark(mark: number): void {
    this.words[this.layout.markWord] = mark;
  }

  setMac(bytes: Uint8Array, offset: number): void {
    const at = this.layout.macWord;
    this.words[at] =
      bytes[offset]! |
      (bytes[offset + 1]! << 8) |
      (bytes[offset + 2]! << 16) |
      (bytes[offset + 3]! << 24);
    this.words[at + 1] = bytes[offset + 4]! | (bytes[offset + 5]! << 8);
  }

  isZeroMac(): boolean {
    const at = this.layout.macWord;
    return this.words[at] === 0 && this.words[at + 1] === 0;
  }

  setCidr(which: number, cidr: number): void {
    setCidr(this.layout, this.words, which, cidr);
  }

  setPhysdev(physdev: boolean): void {
    this.physdev = physdev;
    const { ipWords } = this.layout;
    this.words[ipWords] = (this.words[ipWords]! & ~0xff) | (physdev ? 1 : 0);
  }

  cidr(which: number): number {
    return cidrOf(this.layout, this.words, 0, which);
  }
}

function setCidr(layout: Layout, words: Uint32Array, which: number, cidr: number): void {
  const { word, shift, mask, bias } = layout.cidrs[which]!;
  words[word] = (words[word]! & ~(mask << shift)) | (((cidr - bias) & mask) << shift);
}

/** The prefix length of the element at `at`. */
export function cidrOf(layout: Layout, words: Uint32Array, at: number, which: number): number {
  const { word, shift, mask, bias } = layout.cidrs[which]!;
  return ((words[at + word]! >>> shift) & mask) + bias;
}

const hexWords = (words: Uint32Array, at: number, n: number): string => {
  let digits = '';
  for (let i = 0; i < n; i++) digits += hexOfWord(swap32(words[at + i]!), 4);
  return digits;
};

type Draft = { -readonly [K in keyof IpSetElement]: IpSetElement[K] };

/** The element at `at` as data; a set may have a hundred thousand. */
export function elementOf(layout: Layout, words: Uint32Array, at: number): Draft {
  const { ipWords, hasIp2, portWord, protoWord, protoShift, macWord, markWord, cidrs } = layout;
  // hash:ip,port,net has one prefix length, and it is the second address's.
  const isSecond = layout.type === 'hash:ip,port,net';
  const element: Draft = {};
  if (ipWords > 0) element.ip = hexWords(words, at, ipWords);
  if (cidrs.length > 0 && !isSecond) element.cidr = cidrOf(layout, words, at, 0);
  if (portWord >= 0) {
    const swapped = words[at + portWord]! & 0xffff;
    element.port = ((swapped & 0xff) << 8) | (swapped >>> 8);
  }
  if (protoWord >= 0) element.proto = (words[at + protoWord]! >>> protoShift) & 0xff;
  if (hasIp2) element.ip2 = hexWords(words, at + ipWords, ipWords);
  if (cidrs.length > (isSecond ? 0 : 1))
    element.cidr2 = cidrOf(layout, words, at, cidrs.length - 1);
  if (macWord >= 0) element.mac = hexWords(words, at + macWord, 2).slice(0, 12);
  if (markWord >= 0) element.mark = words[at + markWord]!;
  return element;
}

/** Fills a key from data. */
export function fillKey(key: Key, element: IpSetElement): void {
  const { layout } = key;
  key.reset();
  if (element.ip !== undefined) key.setIp(0, unhex(element.ip), 0);
  if (element.ip2 !== undefined) key.setIp(1, unhex(element.ip2), 0);
  if (layout.portWord >= 0) key.setPort(element.port ?? 0);
  if (layout.protoWord >= 0) key.setProto(element.proto ?? 0);
  if (layout.macWord >= 0 && element.mac !== undefined) key.setMac(unhex(element.mac), 0);
  if (layout.markWord >= 0) key.setMark(element.mark ?? 0);
  const own = layout.type === 'hash:ip,port,net' ? [element.cidr2] : [element.cidr, element.cidr2];
  layout.cidrs.forEach((_, i) => {
    key.setCidr(i, own[i] ?? layout.hostMask);
  });
  if (layout.multi) key.setPhysdev(element.physdev === true);
  key.iface = element.iface ?? '';
}
