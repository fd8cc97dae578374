// ICMP and ICMPv6 errors about packets of live flows, as somebody behind the router sees them: whole,
// cut short, with a word changed, to the sender or to somebody else.

import { hex, put16 } from '../../../../src/bytes/index.ts';
import type { Random } from '../../../../src/core/index.ts';
import type { Step } from '../../case.ts';
import { packetOf } from '../../frames.ts';
import { pick } from '../words.ts';
import { heard, isV6, type Side, sourceOf } from './place.ts';

const KINDS4 = [
  'host-unreachable',
  'port-unreachable',
  'ttl-exceeded',
  'frag-needed mtu 1000',
  'type 3 code 13',
  'type 4 code 0',
  'type 12 code 0',
  'redirect gateway 192.0.2.254',
];
const KINDS6 = [
  'no-route',
  'port-unreachable',
  'ttl-exceeded',
  'packet-too-big mtu 1280',
  'type 4 code 1',
];

/** How much is quoted, in bytes from the network header on; the length says the rest was there. */
const LENGTHS = [10_000, 10_000, 10_000, 28, 48, 68, 24, 20, 12, 40, 44, 45];

/** Who complains, on each link. */
const ROUTERS: Readonly<Record<string, readonly [string, string]>> = {
  eth0: ['10.0.0.7', '2001:db8::7'],
  eth1: ['192.0.2.7', '2001:db8:1::7'],
  eth2: ['10.0.2.7', '2001:db8:2::7'],
};

const ICMP_MOST = 548;
const IP6_FRAGMENT = 44;

/** Nothing changed, a port, an address, the header's length. */
const HARMS = [-1, -1, -1, -1, -1, -1, 21, 41, 15, 0];

function quoted(packet: Uint8Array, length: number, harm: number): Uint8Array {
  const quote = packet.slice(0, Math.min(length, ICMP_MOST));
  // The identification of a fragment that the router made is chance.
  if (packet[0]! >> 4 === 6 && packet[6] === IP6_FRAGMENT) quote.fill(0, 44, 48);
  if (harm >= 0 && harm < quote.length) quote[harm]! ^= 1;
  return quote;
}

/** About the last packet of `about` that reached the other side's link; nothing if none did. */
export function complaint(r: Random, about: Side, link: string): Step {
  const [kind4, kind6] = [pick(r, KINDS4), pick(r, KINDS6)];
  const [length, harm] = [pick(r, LENGTHS), pick(r, HARMS)];
  const self = r.below(3) === 0;
  const astray = r.below(12) === 0;
  const sum = r.below(15) === 0;
  return {
    on: link,
    answer: (sent) => {
      const packet = heard(sent, link, about.tag);
      if (packet === undefined) return undefined;
      const to = sourceOf(packet).address;
      const v6 = isV6(to);
      const by = self ? about.other.address : ROUTERS[link]![v6 ? 1 : 0];
      const goal = astray ? (v6 ? '2001:db8::9' : '10.0.0.9') : to;
      const quote = quoted(packet, length, harm);
      const error = packetOf(
        `${v6 ? 'icmp6' : 'icmp'} ${by} > ${goal} ${v6 ? kind6 : kind4} hex ${hex(quote)}`,
      );
      if (sum) put16(error, (v6 ? 40 : 20) + 2, 0xbad);
      return error;
    },
  };
}
