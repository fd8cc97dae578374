// ICMP errors about translated connections: the quoted packet is translated back, and the error with it
// (nf_nat_icmp_reply_translation(), nf_nat_icmpv6_reply_translation()).

import { checksum, fold16, pseudoHeaderSum6, put16, sum16 } from '../bytes/index.ts';
import type { Conntrack, Tuple } from '../conntrack/index.ts';
import {
  checksumHolds,
  createTuple,
  directionOf,
  IPS_DST_NAT,
  IPS_NAT_DONE_MASK,
  IPS_NAT_MASK,
  IPS_SRC_NAT,
  invertTuple,
  l3Of,
  NFPROTO_IPV4,
  T_PROTO,
} from '../conntrack/index.ts';
import type { Packet } from '../core/index.ts';
import { ICMP_REDIRECT, IPPROTO_ICMP, IPPROTO_ICMPV6, NDISC_REDIRECT } from '../uapi/index.ts';
import { manipPacket } from './manip.ts';
import type { Manip } from './range.ts';
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from './range.ts';

const HEADER = 8;

export class IcmpTranslator {
  readonly #ct: Conntrack;
  readonly #other: Tuple = createTuple();
  readonly #target: Tuple = createTuple();

  constructor(ct: Conntrack) {
    this.#ct = ct;
  }

  /** False where the error must be dropped: too short, damaged, or a redirect about a translation. */
  translate(packet: Packet, manip: Manip, family: 'ip' | 'ip6'): boolean {
    const slot = packet.ct;
    const l3Header = family === 'ip' ? 20 : 40;
    if (packet.transport + HEADER + l3Header > packet.end) return false;
    const protocol = family === 'ip' ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    if (!checksumHolds(packet, protocol)) return false;
    const status = this.#ct.status(slot);
    const redirect = family === 'ip' ? ICMP_REDIRECT : NDISC_REDIRECT;
    if (packet.buf[packet.transport] === redirect) {
      if ((status & IPS_NAT_DONE_MASK) !== IPS_NAT_DONE_MASK) return false;
      if ((status & IPS_NAT_MASK) !== 0) return false;
    }
    const dir = directionOf(packet.ctinfo);
    const wanted = (manip === NF_NAT_MANIP_SRC) === (dir === 0) ? IPS_SRC_NAT : IPS_DST_NAT;
    if ((status & wanted) === 0) return true;
    return this.#rewrite(packet, manip, dir === 0 ? 1 : 0, protocol);
  }

  #rewrite(packet: Packet, manip: Manip, otherDir: 0 | 1, protocol: number): boolean {
    const { transport } = packet;
    const opposite = manip === NF_NAT_MANIP_SRC ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC;
    this.#ct.readTuple(packet.ct, otherDir, this.#other);
    // What was quoted went the other way, so it gets the other side's address.
    if (!manipPacket(packet, transport + HEADER, this.#other, opposite)) return false;
    this.#sumAgain(packet, protocol);
    invertTuple(this.#other, this.#target);
    this.#target[T_PROTO] = l3Of(this.#target) | (protocol << 8);
    return manipPacket(packet, packet.network, this.#target, manip);
  }

  /** The whole checksum of the error, made anew over what it quotes now. */
  #sumAgain(packet: Packet, protocol: number): void {
    const { buf, network, transport, end } = packet;
    const length = end - transport;
    put16(buf, transport + 2, 0);
    const sum =
      l3Of(this.#other) === NFPROTO_IPV4
        ? checksum(buf, transport, length)
        : ~fold16(sum16(buf, transport, length, pseudoHeaderSum6(buf, network, protocol, length))) &
          0xffff;
    put16(buf, transport + 2, sum);
  }
}
