// ipt_rpfilter.c and ip6t_rpfilter.c: a route back to the source.

import { Nfproto, PACKET_LOOPBACK, type RouteKey } from '../../../core/index.ts';
import type { RpfilterInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import type { Env } from '../../op.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { addressText } from '../address-text.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { addressLength, destinationAt, sourceAt } from '../read.ts';

const RTN_UNICAST = 1;
const RTN_LOCAL = 2;
const LOOPBACK_IFINDEX = 1;
const TABLES = ['raw', 'mangle'];

class Rpfilter implements XtMatch {
  readonly #info: RpfilterInfo;
  readonly #env: Env;

  constructor(info: RpfilterInfo, env: Env) {
    this.#info = info;
    this.#env = env;
  }

  /** Packets that no route has to answer for. */
  #isExempt(pkt: PktInfo): boolean {
    if (pkt.packet.pktType === PACKET_LOOPBACK || pkt.in?.index === LOOPBACK_IFINDEX) return true;
    const source = sourceAt(pkt);
    const { bytes } = pkt;
    if (pkt.pf === Nfproto.ip6) {
      for (let i = 0; i < 16; i++) if (bytes[source + i] !== 0) return false;
      return true;
    }
    const to = destinationAt(pkt);
    const everybody =
      bytes[to] === 255 && bytes[to + 1] === 255 && bytes[to + 2] === 255 && bytes[to + 3] === 255;
    const linkGroup = bytes[to] === 224 && bytes[to + 1] === 0 && bytes[to + 2] === 0;
    return bytes[source] === 0 && (everybody || linkGroup);
  }

  #key(pkt: PktInfo): RouteKey {
    const length = addressLength(pkt);
    const from = pkt.bytes.subarray(sourceAt(pkt), sourceAt(pkt) + length);
    const to = pkt.bytes.subarray(destinationAt(pkt), destinationAt(pkt) + length);
    const v6 = pkt.pf === Nfproto.ip6;
    const unicast = v6 ? to[0] !== 0xff : to[0] !== 0 && to[0]! < 224;
    return {
      family: v6 ? 'ip6' : 'ip',
      daddr: from,
      ...(unicast ? { saddr: to } : {}),
      ...(this.#info.validMark ? { mark: pkt.packet.mark } : {}),
      ...(v6 ? {} : { tos: pkt.bytes[pkt.network + 1]! & 0xfc }),
    };
  }

  #hasRoute(pkt: PktInfo): boolean {
    const route = this.#env.netns.network?.route(this.#key(pkt)) ?? null;
    if (route === null) return false;
    const { loose, acceptLocal } = this.#info;
    if (route.type === RTN_LOCAL) {
      if (!acceptLocal) return false;
      // An address of this host is on whatever device it was given to.
      return pkt.pf === Nfproto.ip6 || loose || route.device === pkt.in;
    }
    return route.type === RTN_UNICAST && (loose || route.device === pkt.in);
  }

  matches(pkt: PktInfo): boolean {
    return (this.#isExempt(pkt) || this.#hasRoute(pkt)) !== this.#info.invert;
  }

  why(pkt: PktInfo): string {
    const source = addressText(pkt.bytes, sourceAt(pkt), addressLength(pkt));
    const route = this.#env.netns.network?.route(this.#key(pkt)) ?? null;
    if (route === null) return `no route to ${source}`;
    return `the route to ${source} is by ${route.device?.name ?? 'no device'}`;
  }
}

export const rpfilter = matchModule<RpfilterInfo>({
  name: 'rpfilter',
  placement: { families: ['ip', 'ip6', 'inet'], hooks: ['prerouting'] },
  prepare(info, cx) {
    if (!TABLES.includes(cx.table.name))
      refuse('EINVAL', `rpfilter only works in tables raw and mangle, not in ${cx.table.name}`);
    return new Rpfilter(info, cx.env);
  },
});
