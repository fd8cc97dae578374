// xt_cluster.c. It changes the type of a packet for another host to one for this, too.

import type { Conntrack } from '../../../conntrack/index.ts';
import { Nfproto, PACKET_HOST, PACKET_MULTICAST } from '../../../core/index.ts';
import type { ClusterInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { scale } from '../../expr/hash.ts';
import { jhash } from '../../jhash.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { destinationAt } from '../read.ts';

const MAX_NODES = 32;

class Cluster implements XtMatch {
  readonly #info: ClusterInfo;
  readonly #ct: Conntrack | null;
  readonly #address = new Uint8Array(16);
  /** The first word of the address as a little-endian host reads it: of IPv6 no more is hashed. */
  readonly #word = new Uint32Array(1);

  constructor(info: ClusterInfo, ct: Conntrack | null) {
    this.#info = info;
    this.#ct = ct;
  }

  /** xt_cluster_hash() of the connection, or of the one that announced it: a node from 0 on. */
  #node(ct: Conntrack, slot: number): number {
    const master = ct.master(slot);
    ct.putSource(master === 0 ? slot : master, 0, this.#address, 0);
    const a = this.#address;
    this.#word[0] = a[0]! | (a[1]! << 8) | (a[2]! << 16) | (a[3]! << 24);
    return scale(jhash(this.#word, 4, this.#info.hashSeed), this.#info.totalNodes);
  }

  matches(pkt: PktInfo): boolean {
    const { packet } = pkt;
    const first = pkt.bytes[destinationAt(pkt)]!;
    const multicast = pkt.pf === Nfproto.ip6 ? first === 0xff : first >>> 4 === 14;
    if (!multicast && packet.pktType === PACKET_MULTICAST) packet.pktType = PACKET_HOST;
    if (packet.ct === 0 || this.#ct === null) return false;
    const here = (this.#info.nodeMask >>> this.#node(this.#ct, packet.ct)) & 1;
    return (here === 1) !== this.#info.invert;
  }

  why({ packet }: PktInfo): string {
    if (packet.ct === 0 || this.#ct === null) return 'no conntrack entry';
    return `it falls to node ${this.#node(this.#ct, packet.ct) + 1}`;
  }
}

export const cluster = matchModule<ClusterInfo>({
  name: 'cluster',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare(info, cx) {
    const { totalNodes, nodeMask } = info;
    if (totalNodes > MAX_NODES || totalNodes === 0)
      refuse('EINVAL', `${totalNodes} nodes are not from 1 to ${MAX_NODES}`);
    if (nodeMask >= 2 ** totalNodes) refuse('EINVAL', `there are only ${totalNodes} nodes`);
    return new Cluster(info, cx.env.conntrack);
  },
});
