// SYN cookies: the initial sequence number that says everything about a SYN, so that nothing needs to be
// kept of it (net/ipv4/syncookies.c, net/ipv6/syncookies.c). The secret is of this namespace's chance, the
// hash is another one than the kernel's: nobody but who made a cookie can read it.

import { u32 } from '../../bytes/index.ts';
import type { Random } from '../../core/index.ts';
import { jhashWords } from '../jhash.ts';

const COOKIE_BITS = 24;
const COOKIE_MASK = (1 << COOKIE_BITS) - 1;
/** In minutes; an older one is not taken (MAX_SYNCOOKIE_AGE). */
const MAX_AGE = 2;

/** The sizes a cookie can tell, by family (msstab). */
const MSS = { ip: [536, 1300, 1440, 1460], ip6: [1220, 1420, 1440, 8940] } as const;

/** Where the packet is that a cookie speaks of. */
export interface Flow {
  readonly bytes: Uint8Array;
  readonly network: number;
  readonly transport: number;
  readonly v6: boolean;
}

export class Cookies {
  readonly #secrets: readonly [number, number];

  constructor(random: Random) {
    this.#secrets = [random.u32(), random.u32()];
  }

  /** cookie_hash(). */
  #hash({ bytes, network, transport, v6 }: Flow, count: number, which: 0 | 1): number {
    const ports = u32(bytes, transport);
    let hash = jhashWords(ports, count, which, this.#secrets[which]);
    const first = network + (v6 ? 8 : 12);
    const end = first + (v6 ? 32 : 8);
    for (let at = first; at < end; at += 8)
      hash = jhashWords(u32(bytes, at), u32(bytes, at + 4), hash, this.#secrets[which]);
    return hash;
  }

  /** __cookie_v4_init_sequence(): for a SYN that was sent with this MSS, 0 if it did not say. */
  make(flow: Flow, mss: number, minutes: number): number {
    const sizes = MSS[flow.v6 ? 'ip6' : 'ip'];
    const index = Math.max(
      sizes.findLastIndex((size) => mss >= size),
      0,
    );
    const seq = u32(flow.bytes, flow.transport + 4);
    const data = (this.#hash(flow, minutes, 1) + index) & COOKIE_MASK;
    return (this.#hash(flow, 0, 0) + seq + (minutes << COOKIE_BITS) + data) >>> 0;
  }

  /** __cookie_v4_check(): the MSS, of an ACK from the same host; 0 for what is no cookie of ours. */
  check(flow: Flow, minutes: number): number {
    const { bytes, transport } = flow;
    const cookie = u32(bytes, transport + 8) - 1;
    const seq = u32(bytes, transport + 4) - 1;
    const rest = (cookie - this.#hash(flow, 0, 0) - seq) >>> 0;
    const age = (minutes - (rest >>> COOKIE_BITS)) & 0xff;
    if (age >= MAX_AGE) return 0;
    const index = (rest - this.#hash(flow, minutes - age, 1)) & COOKIE_MASK;
    return MSS[flow.v6 ? 'ip6' : 'ip'][index] ?? 0;
  }
}
