// ip6t_NPT.c: RFC 6296, prefixes replaced so that checksums stay as they are.

import { fold16, put16, sum16, u16, unhex } from '../../../bytes/index.ts';
import type { Netns } from '../../../core/index.ts';
import type { HookName, NptInfo } from '../../../program/index.ts';
import { IPPROTO_ICMPV6 } from '../../../uapi/index.ts';
import { refuse } from '../../errno.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { NF_DROP, NFT_CONTINUE } from '../../verdict.ts';
import { targetModule, type XtTarget } from '../extension.ts';
import { touched } from '../header.ts';

const LONGEST = 64;
/** Up to here the word that evens out is the one behind the prefix (RFC 6296 §3.4). */
const SITE = 48;
const MANGLED_0 = 0xffff;
const SADDR = 8;
const DADDR = 24;
/** Behind the header of the error: the packet it is about. */
const QUOTED = 40 + 8;
const ICMPV6_INFOMSG_MASK = 0x80;

class Prefixes {
  readonly #from: Uint8Array;
  readonly #to: Uint8Array;
  readonly #length: number;
  /** What a word changes by, so that the sum over all stays. */
  readonly #adjustment: number;

  constructor({ srcPfx, dstPfx, srcPfxLen, dstPfxLen }: NptInfo) {
    this.#from = unhex(srcPfx);
    this.#to = unhex(dstPfx);
    this.#length = Math.max(srcPfxLen, dstPfxLen);
    const [from, to] = [fold16(sum16(this.#from, 0, 16)), fold16(sum16(this.#to, 0, 16))];
    this.#adjustment = fold16(from + (~to & 0xffff));
  }

  /** ip6t_npt_map_pfx(): false where no word of the address can even out. */
  map(bytes: Uint8Array, at: number): boolean {
    for (let bit = 0; bit < this.#length; bit++) {
      const byte = bit >>> 3;
      const mask = 0x80 >>> (bit & 7);
      bytes[at + byte] = (bytes[at + byte]! & ~mask) | (this.#to[byte]! & mask);
    }
    const word = this.#word(bytes, at);
    if (word < 0) return false;
    const sum = fold16(u16(bytes, word) + this.#adjustment);
    put16(bytes, word, sum === MANGLED_0 ? 0 : sum);
    return true;
  }

  #word(bytes: Uint8Array, at: number): number {
    if (this.#length <= SITE) return at + 6;
    for (let word = at + 8; word < at + 16; word += 2)
      if (u16(bytes, word) !== MANGLED_0) return word;
    return -1;
  }

  /** Whether an address has the prefix that is replaced. */
  has(bytes: Uint8Array, at: number): boolean {
    for (let bit = 0; bit < this.#length; bit++)
      if (((bytes[at + (bit >>> 3)]! ^ this.#from[bit >>> 3]!) & (0x80 >>> (bit & 7))) !== 0)
        return false;
    return true;
  }
}

/** icmpv6_bounced_ipv6hdr(): where the packet begins that an ICMPv6 error is about, or -1. */
function quoted({ bytes, network, end }: PktInfo): number {
  if (bytes[network + 6] !== IPPROTO_ICMPV6 || network + QUOTED + 40 > end) return -1;
  return (bytes[network + 40]! & ICMPV6_INFOMSG_MASK) === 0 ? network + QUOTED : -1;
}

/** The address that is mapped, and the one in the quoted packet that stands for the same host. */
function mapping(info: NptInfo, own: number, other: number, netns: Netns): XtTarget {
  const prefixes = new Prefixes(info);
  return {
    run(pkt) {
      const { bytes, network } = pkt;
      touched(pkt);
      if (!prefixes.map(bytes, network + own)) {
        // The sender is told, by the address that was mapped already.
        netns.network?.sendParameterProblem(pkt.packet, own);
        return NF_DROP;
      }
      const inner = quoted(pkt);
      if (inner >= 0 && prefixes.has(bytes, inner + other)) prefixes.map(bytes, inner + other);
      return NFT_CONTINUE;
    },
  };
}

/** Whether nothing is set behind the prefix. */
function isPrefix(address: string, length: number): boolean {
  return unhex(address).every((byte, i) => {
    const kept = Math.min(8, Math.max(0, length - 8 * i));
    return (byte & (0xff >>> kept)) === 0;
  });
}

function check({ srcPfx, dstPfx, srcPfxLen, dstPfxLen }: NptInfo): void {
  if (srcPfxLen > LONGEST || dstPfxLen > LONGEST)
    refuse('EINVAL', 'prefixes longer than 64 bits cannot be translated');
  if (!isPrefix(srcPfx, srcPfxLen) || !isPrefix(dstPfx, dstPfxLen))
    refuse('EINVAL', 'bits are set behind the prefix');
}

const translation = (name: string, hooks: readonly HookName[], own: number, other: number) =>
  targetModule<NptInfo>({
    name,
    placement: { families: ['ip6'], table: 'mangle', hooks },
    prepare(info, { env: { netns } }) {
      check(info);
      return mapping(info, own, other, netns);
    },
  });

export const snpt = translation('SNPT', ['input', 'postrouting'], SADDR, DADDR);
export const dnpt = translation('DNPT', ['prerouting', 'output'], DADDR, SADDR);
