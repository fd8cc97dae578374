// skb_seq_read() of net/core/skbuff.c: the bytes of a packet piece by piece, as searches of lib/textsearch.c read them.

import type { PktInfo } from '../pktinfo.ts';

export class SeqReader {
  #pkt!: PktInfo;
  /** Offset of the next byte, from the network header on. */
  at = 0;
  #to = 0;
  /** Where the piece at hand ends. */
  #limit = 0;
  /** Which of the fragments that the packet was put together from is at hand, and where it begins. */
  #piece = 0;
  #begin = 0;
  /** st->stepped_offset, which moves on at the end of the last piece, too. */
  #stepped = 0;

  start(pkt: PktInfo, from: number, to: number): void {
    this.#pkt = pkt;
    this.at = from;
    this.#to = to;
    this.#limit = 0;
    this.#piece = 0;
    this.#begin = 0;
    this.#stepped = 0;
  }

  #length(piece: number): number {
    const { packet, length } = this.#pkt;
    const fragments = packet.fragLengths;
    if (fragments === null) return length;
    if (piece > 0) return fragments[piece]!;
    let first = length;
    for (let i = 1; i < fragments.length; i++) first -= fragments[i]!;
    return first;
  }

  /**
   * False at the end of the data, and behind `to`. Who asks again at the end goes on with the last piece from its
   * beginning, as if it stood there once more.
   */
  get hasMore(): boolean {
    if (this.at < this.#limit) return true;
    if (this.at >= this.#to) return false;
    for (;;) {
      const length = this.#length(this.#piece);
      this.#limit = this.#stepped + length;
      if (this.at < this.#limit) return true;
      this.#stepped += length;
      if (this.#piece + 1 >= (this.#pkt.packet.fragLengths?.length ?? 1)) return false;
      this.#begin += length;
      this.#piece++;
    }
  }

  /** Behind `hasMore` alone. */
  get byte(): number {
    const { bytes, network } = this.#pkt;
    return bytes[network + this.#begin + this.at - this.#stepped]!;
  }
}
