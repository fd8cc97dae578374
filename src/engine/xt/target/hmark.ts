// xt_HMARK.c: a mark from a hash, the same for both directions of a flow.

import { u16, u32, unhex } from '../../../bytes/index.ts';
import type { Conntrack } from '../../../conntrack/index.ts';
import { createTuple, srcPortOf, T_SRC } from '../../../conntrack/index.ts';
import { Nfproto } from '../../../core/index.ts';
import { findIPv6Transport, headerPlace, IP6_FH_F_AUTH } from '../../../packet/index.ts';
import type { HmarkInfo } from '../../../program/index.ts';
import {
  IPPROTO_AH,
  IPPROTO_DCCP,
  IPPROTO_ESP,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../../../uapi/index.ts';
import { refuse } from '../../errno.ts';
import { jhashWords } from '../../jhash.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

/** 1 << XT_HMARK_* */
const SPI = 1 << 2;
const SPI_MASK = 1 << 3;
const PORTS = (1 << 4) | (1 << 5);
const PORT_MASKS = (1 << 6) | (1 << 7);
const CT = 1 << 12;
const METHOD_L3 = 1 << 13;

/** ICMP errors, which are hashed by the packet they are about: ICMP_DEST_UNREACH … */
const ERRORS: readonly number[] = [3, 4, 5, 11, 12];
const MF_OR_OFFSET = 0x3fff;

/** proto_ports_offset(): where ports, or an SPI, lie in the header; -1 where there are none. */
function portsOffset(protocol: number): number {
  switch (protocol) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_DCCP:
    case IPPROTO_ESP:
    case IPPROTO_SCTP:
    case IPPROTO_UDPLITE:
      return 0;
    case IPPROTO_AH:
      return 4;
    default:
      return -1;
  }
}

/** reciprocal_scale(): the upper half of a 64-bit product. */
const scale = (hash: number, modulus: number): number =>
  Math.floor(((hash >>> 16) * modulus + Math.floor(((hash & 0xffff) * modulus) / 65536)) / 65536);

const words = (mask: string): Int32Array =>
  Int32Array.from({ length: 4 }, (_, i) => u32(unhex(mask), 4 * i));

class Hash {
  readonly #info: HmarkInfo;
  readonly #srcMask: Int32Array;
  readonly #dstMask: Int32Array;
  readonly #tuple = createTuple();
  readonly #place = headerPlace();
  /** struct hmark_tuple */
  #src = 0;
  #dst = 0;
  #ports = 0;
  #proto = 0;

  constructor(info: HmarkInfo) {
    this.#info = info;
    this.#srcMask = words(info.srcMask);
    this.#dstMask = words(info.dstMask);
  }

  /** The mark for what was read last. */
  mark(): number {
    const { hashrnd, protoMask, hmodulus, hoffset } = this.#info;
    const [low, high] = [Math.min(this.#src, this.#dst), Math.max(this.#src, this.#dst)];
    const hash = (jhashWords(low, high, this.#ports, hashrnd) ^ (this.#proto & protoMask)) >>> 0;
    return (scale(hash, hmodulus) + hoffset) >>> 0;
  }

  clear(): void {
    this.#src = 0;
    this.#dst = 0;
    this.#ports = 0;
    this.#proto = 0;
  }

  /** hmark_swap_ports() */
  #setPorts(source: number, destination: number): void {
    const { srcPortMask, dstPortMask, srcPortSet, dstPortSet } = this.#info;
    const src = (source & srcPortMask) | srcPortSet;
    const dst = (destination & dstPortMask) | dstPortSet;
    this.#ports = ((Math.max(src, dst) << 16) | Math.min(src, dst)) >>> 0;
  }

  #address(bytes: Uint8Array, at: number, mask: Int32Array, count: number): number {
    let sum = 0;
    for (let i = 0; i < count; i++) sum ^= u32(bytes, at + 4 * i) & mask[i]!;
    return sum >>> 0;
  }

  #tupleAddress(mask: Int32Array, count: number): number {
    let sum = 0;
    for (let i = 0; i < count; i++) sum ^= this.#tuple[T_SRC + i]! & mask[i]!;
    return sum >>> 0;
  }

  /** hmark_ct_set_htuple() */
  readConnection(ct: Conntrack, slot: number): void {
    const count = ct.l3proto(slot) === Nfproto.ip6 ? 4 : 1;
    ct.readTuple(slot, 0, this.#tuple);
    this.#src = this.#tupleAddress(this.#srcMask, count);
    const source = srcPortOf(this.#tuple);
    ct.readTuple(slot, 1, this.#tuple);
    this.#dst = this.#tupleAddress(this.#dstMask, count);
    if ((this.#info.flags & METHOD_L3) !== 0) return;
    this.#proto = ct.l4proto(slot);
    if (this.#proto !== IPPROTO_ICMP) this.#setPorts(source, srcPortOf(this.#tuple));
  }

  /** hmark_pkt_set_htuple_ipv4(): false where the quoted packet is not all there. */
  read4({ bytes, network, end }: PktInfo): boolean {
    let ip = network;
    if (bytes[ip + 9] === IPPROTO_ICMP) {
      const icmp = ip + ((bytes[ip]! & 15) << 2);
      if (icmp + 8 <= end && ERRORS.includes(bytes[icmp]!)) ip = icmp + 8;
      if (ip + 20 > end) return false;
    }
    this.#src = this.#address(bytes, ip + 12, this.#srcMask, 1);
    this.#dst = this.#address(bytes, ip + 16, this.#dstMask, 1);
    if ((this.#info.flags & METHOD_L3) !== 0) return true;
    this.#proto = bytes[ip + 9]!;
    const isWhole = (u16(bytes, ip + 6) & MF_OR_OFFSET) === 0;
    if (this.#proto !== IPPROTO_ICMP && isWhole)
      this.#readPorts(bytes, ip + ((bytes[ip]! & 15) << 2), end);
    return true;
  }

  /** hmark_pkt_set_htuple_ipv6() */
  read6({ bytes, network, end }: PktInfo): boolean {
    const place = this.#place;
    let ip = network;
    if (!findIPv6Transport(bytes, ip, end, place, IP6_FH_F_AUTH)) return true;
    const icmp = place.offset;
    if (!place.isFragment && place.protocol === IPPROTO_ICMPV6 && isError6(bytes, icmp, end)) {
      ip = icmp + 8;
      if (!findIPv6Transport(bytes, ip, end, place, IP6_FH_F_AUTH)) return false;
    }
    this.#src = this.#address(bytes, ip + 8, this.#srcMask, 4);
    this.#dst = this.#address(bytes, ip + 24, this.#dstMask, 4);
    if ((this.#info.flags & METHOD_L3) !== 0) return true;
    this.#proto = place.protocol;
    if (this.#proto !== IPPROTO_ICMPV6 && !place.isFragment)
      this.#readPorts(bytes, place.offset, end);
    return true;
  }

  #readPorts(bytes: Uint8Array, transport: number, end: number): void {
    const offset = portsOffset(this.#proto);
    if (offset < 0 || transport + offset + 4 > end) return;
    this.#setPorts(u16(bytes, transport + offset), u16(bytes, transport + offset + 2));
  }
}

/** get_inner6_hdr() */
const isError6 = (bytes: Uint8Array, icmp: number, end: number): boolean =>
  icmp + 8 <= end && bytes[icmp]! > 0 && bytes[icmp]! < 128;

function check({ hmodulus, protoMask, flags }: HmarkInfo): void {
  if (hmodulus === 0) refuse('EINVAL', 'HMARK needs a modulus');
  if (protoMask !== 0 && (flags & METHOD_L3) !== 0)
    refuse('EINVAL', 'a hash of addresses alone has no protocol');
  const mixed = (flags & SPI_MASK) !== 0 && (flags & PORT_MASKS) !== 0;
  if (mixed || ((flags & SPI) !== 0 && (flags & PORTS) !== 0))
    refuse('EINVAL', 'an SPI and ports cannot both be hashed');
}

export const hmark = targetModule<HmarkInfo>({
  name: 'HMARK',
  placement: { families: ['ip', 'ip6'] },
  prepare(info, { env: { conntrack: ct } }) {
    check(info);
    const ofConnection = (info.flags & CT) !== 0;
    if (ofConnection && ct === null) return undefined;
    const hash = new Hash(info);
    return {
      run(pkt) {
        const { packet } = pkt;
        hash.clear();
        if (ofConnection) {
          if (packet.ct === 0) return NFT_CONTINUE;
          hash.readConnection(ct!, packet.ct);
        } else if (!(pkt.pf === Nfproto.ip6 ? hash.read6(pkt) : hash.read4(pkt)))
          return NFT_CONTINUE;
        packet.mark = hash.mark();
        return NFT_CONTINUE;
      },
    };
  },
});
