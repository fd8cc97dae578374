// icmp of ip_tables.c and icmp6 of ip6_tables.c.

import type { IcmpInfo } from '../../../program/index.ts';
import { type MatchModule, matchModule } from '../extension.ts';
import { holds, hotdrop, inRange } from '../read.ts';

/** struct icmphdr and icmp6hdr */
const HEADER = 8;
const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
/** Stands for any type of ICMP. */
const ANY = 0xff;

const icmpOf = (name: string, family: 'ip' | 'ip6', protocol: number, any: number): MatchModule =>
  matchModule<IcmpInfo>({
    name,
    placement: { families: [family, 'inet'], protocols: [protocol] },
    prepare: ({ type, code, invert }) => ({
      matches(pkt) {
        if (pkt.fragoff !== 0) return false;
        if (!holds(pkt, pkt.transport, HEADER)) return hotdrop(pkt);
        if (type === any) return !invert;
        const is =
          pkt.bytes[pkt.transport] === type && inRange(pkt.bytes[pkt.transport + 1]!, code);
        return is !== invert;
      },
      why: (pkt) =>
        pkt.fragoff !== 0 || !holds(pkt, pkt.transport, HEADER)
          ? 'no whole ICMP header'
          : `type ${pkt.bytes[pkt.transport]} code ${pkt.bytes[pkt.transport + 1]}`,
    }),
  });

export const icmp = icmpOf('icmp', 'ip', IPPROTO_ICMP, ANY);
export const icmp6 = icmpOf('icmp6', 'ip6', IPPROTO_ICMPV6, -1);
