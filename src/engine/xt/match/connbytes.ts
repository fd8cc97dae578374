// xt_connbytes.c. Ends in the wrong order mean what is outside of them.

import type { Conntrack } from '../../../conntrack/index.ts';
import type { ConnbytesInfo } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';

type Count = 'packets' | 'bytes';

class Connbytes implements XtMatch {
  readonly #info: ConnbytesInfo;
  readonly #ct: Conntrack | null;
  /** Counters stay exact far beyond what flows here; the ends are rounded above 2^53. */
  readonly #from: number;
  readonly #to: number;

  constructor(info: ConnbytesInfo, ct: Conntrack | null) {
    this.#info = info;
    this.#ct = ct;
    this.#from = Number(info.from);
    this.#to = Number(info.to);
  }

  #sum(ct: Conntrack, slot: number, which: Count): number {
    const { direction } = this.#info;
    if (direction === 'both') return ct[which](slot, 0) + ct[which](slot, 1);
    return ct[which](slot, direction === 'original' ? 0 : 1);
  }

  /** -1 without counters: the entry is older than nf_conntrack_acct. */
  #value(slot: number): number {
    const ct = this.#ct;
    if (slot === 0 || ct === null) return -1;
    const { what } = this.#info;
    if (what !== 'avgpkt') return this.#sum(ct, slot, what);
    const packets = this.#sum(ct, slot, 'packets');
    return packets === 0 ? 0 : Math.floor(this.#sum(ct, slot, 'bytes') / packets);
  }

  matches({ packet }: PktInfo): boolean {
    const value = this.#value(packet.ct);
    if (value < 0) return false;
    if (this.#to >= this.#from) return value <= this.#to && value >= this.#from;
    return value < this.#to || value > this.#from;
  }

  why({ packet }: PktInfo): string {
    const value = this.#value(packet.ct);
    return value < 0 ? 'no conntrack entry' : `${this.#info.direction} ${this.#info.what} ${value}`;
  }
}

export const connbytes = matchModule<ConnbytesInfo>({
  name: 'connbytes',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare(info, cx) {
    // "Forcing CT accounting to be enabled", as the kernel says it.
    cx.env.netns.sysctl.set('net.netfilter.nf_conntrack_acct', 1);
    return new Connbytes(info, cx.env.conntrack);
  },
});
