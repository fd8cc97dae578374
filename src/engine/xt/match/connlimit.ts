// xt_connlimit.c with nf_conncount.c: connections of one address, network and zone at the same time.

import { ConnectionList, type Conntrack } from '../../../conntrack/index.ts';
import { Nfproto } from '../../../core/index.ts';
import type { ConnlimitInfo } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { type Keyed, KeyTable } from '../key-table.ts';
import { destinationAt, hotdrop, sourceAt, u32At } from '../read.ts';

class Host implements Keyed {
  readonly key: Uint32Array;
  readonly list = new ConnectionList();

  constructor(key: Uint32Array) {
    this.key = key.slice();
  }
}

class Connlimit implements XtMatch {
  readonly #info: ConnlimitInfo;
  readonly #ct: Conntrack;
  readonly #hosts = new KeyTable<Host>();
  /** Four words of address and the zone. */
  readonly #key = new Uint32Array(5);
  #last = 0;

  constructor(info: ConnlimitInfo, ct: Conntrack) {
    this.#info = info;
    this.#ct = ct;
  }

  #host(pkt: PktInfo): Host | undefined {
    const { prefix, daddr } = this.#info;
    const at = daddr ? destinationAt(pkt) : sourceAt(pkt);
    const words = pkt.pf === Nfproto.ip6 ? 4 : 1;
    this.#key.fill(0);
    for (let i = 0; i < words; i++) {
      const bits = Math.min(32, Math.max(0, prefix - 32 * i));
      const mask = bits === 0 ? 0 : -1 << (32 - bits);
      this.#key[i] = u32At(pkt.bytes, at + 4 * i) & mask;
    }
    this.#key[4] = pkt.packet.ct === 0 ? 0 : this.#ct.zoneId(pkt.packet.ct);
    return this.#hosts.find(this.#key);
  }

  /** count_tree(); -1 for a packet that has no tuple. */
  #count(pkt: PktInfo): number {
    const known = this.#host(pkt);
    if (known !== undefined)
      return known.list.add(this.#ct, pkt.packet, pkt.pf) ? known.list.size : -1;
    const host = new Host(this.#key);
    if (!host.list.begin(this.#ct, pkt.packet, pkt.pf)) return -1;
    this.#hosts.add(host);
    return host.list.size;
  }

  matches(pkt: PktInfo): boolean {
    const count = this.#count(pkt);
    this.#last = count;
    // The kernel takes an empty list, of which the last connection has just ended, for one without memory.
    if (count <= 0) return hotdrop(pkt);
    return count > this.#info.limit !== this.#info.invert;
  }

  /** Asked right behind `matches`. */
  why(pkt: PktInfo): string {
    return pkt.hotdrop
      ? 'it belongs to no connection that could be counted'
      : `${this.#last} connections`;
  }
}

export const connlimit = matchModule<ConnlimitInfo>({
  name: 'connlimit',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: (info, { env: { conntrack } }) =>
    conntrack === null ? undefined : new Connlimit(info, conntrack),
});
