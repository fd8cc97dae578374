// xt_sctp.c

import type { SctpChunk, SctpInfo } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { holds, hotdrop, inRange, u16At } from '../read.ts';

const IPPROTO_SCTP = 132;
const HEADER = 12;
const CHUNK = 4;

type Flags = NonNullable<SctpChunk['flags']>;

const isSeen = (left: number): boolean => left === 0;

class Sctp implements XtMatch {
  readonly #info: SctpInfo;
  readonly #wanted = new Uint8Array(256);
  readonly #flags: (Flags | undefined)[] = [];
  /** Types that were not seen yet, of all that must be. */
  readonly #left = new Uint8Array(256);

  constructor(info: SctpInfo) {
    this.#info = info;
    for (const { type, flags } of info.chunks?.value.types ?? []) {
      this.#wanted[type] = 1;
      this.#flags[type] = flags;
    }
  }

  matches(pkt: PktInfo): boolean {
    if (pkt.fragoff !== 0) return false;
    const { bytes, transport } = pkt;
    if (!holds(pkt, transport, HEADER)) return hotdrop(pkt);
    const { sports, dports, chunks } = this.#info;
    if (sports !== undefined && inRange(u16At(bytes, transport), sports.value) === sports.invert)
      return false;
    if (
      dports !== undefined &&
      inRange(u16At(bytes, transport + 2), dports.value) === dports.invert
    )
      return false;
    return chunks === undefined || this.#chunks(pkt, chunks.value.how) !== chunks.invert;
  }

  /** match_packet() */
  #chunks(pkt: PktInfo, how: 'any' | 'all' | 'only'): boolean {
    const { bytes } = pkt;
    if (how === 'all') this.#left.set(this.#wanted);
    let at = pkt.transport + HEADER;
    do {
      if (!holds(pkt, at, CHUNK) || u16At(bytes, at + 2) === 0) return hotdrop(pkt);
      const type = bytes[at]!;
      const is = this.#wanted[type] === 1 && this.#hasFlags(type, bytes[at + 1]!);
      if (how === 'any' && is) return true;
      if (how === 'only' && !is) return false;
      if (is) this.#left[type] = 0;
      at += (u16At(bytes, at + 2) + 3) & ~3;
    } while (at < pkt.end);
    return how === 'all' ? this.#left.every(isSeen) : how === 'only';
  }

  #hasFlags(type: number, seen: number): boolean {
    const flags = this.#flags[type];
    return flags === undefined || (seen & flags.mask) === flags.value;
  }

  why(pkt: PktInfo): string {
    const { bytes, transport } = pkt;
    if (pkt.fragoff !== 0 || !holds(pkt, transport, HEADER)) return 'no whole SCTP header';
    const first = holds(pkt, transport + HEADER, CHUNK)
      ? `first chunk ${bytes[transport + HEADER]}`
      : 'no chunk';
    return `ports ${u16At(bytes, transport)} > ${u16At(bytes, transport + 2)}, ${first}`;
  }
}

export const sctp = matchModule<SctpInfo>({
  name: 'sctp',
  placement: { families: ['ip', 'ip6', 'inet'], protocols: [IPPROTO_SCTP] },
  prepare: (info) => new Sctp(info),
});
