// A packet in fragments: two to four, in any order, sometimes one of them twice, missing or reaching
// into its neighbour.

import type { Random } from '../../../../src/core/index.ts';
import type { Step } from '../../case.ts';
import { cut } from '../../cases/crafted.ts';
import { pick } from '../words.ts';
import { at, isV6, type Say, type Side, said } from './place.ts';

interface Part {
  readonly from: number;
  readonly to: number;
}

/** What a frame may carry behind both headers. */
const MOST = 1440;

/** Where it is cut, in bytes of what the packet carries. */
function cuts(r: Random, payload: number): Part[] {
  const chosen = Array.from({ length: 1 + r.below(3) }, () => 8 * (1 + r.below(payload >> 3)));
  const needed = [MOST, 2 * MOST].filter((edge) => edge < payload);
  const all = [...new Set([...chosen, ...needed])].filter((edge) => edge < payload);
  const edges = [0, ...all.sort((a, b) => a - b), payload];
  return edges.slice(1).map((to, i) => ({ from: edges[i]!, to }));
}

function disturbed(r: Random, parts: Part[]): Part[] {
  const [any, ...others] = [...parts].sort(() => r.below(3) - 1);
  if (any === undefined) return parts;
  switch (r.below(10)) {
    case 0:
      return others;
    case 1:
      return [any, any, ...others];
    case 2:
      return [{ from: Math.max(0, any.from - 8), to: any.to }, ...others];
    case 3:
      return [any, ...others, { from: any.from, to: any.to - (any.to & 7 || 8) }];
    case 4:
    case 5:
      return parts;
    default:
      return [any, ...others];
  }
}

/** What is said, in pieces. `length` is what the packet carries with its transport header. */
export function speakInPieces(
  r: Random,
  by: Side,
  serial: number,
  say: Say,
  length: number,
): Step[] {
  const header = isV6(by.self.address) ? 40 : 20;
  const parts = disturbed(r, cuts(r, length)).filter(({ from, to }) => to > from);
  return parts.map(
    ({ from, to }): Step => ({
      on: by.link,
      answer: (sent) => {
        const packet = said(by, serial, say, sent);
        const end = Math.min(to, packet.length - header);
        return end > from ? cut(packet, from, end, (serial << 8) | by.tag) : undefined;
      },
    }),
  );
}

const LENGTHS = [24, 64, 500, 1480, 2000, 2900];

/** A datagram that comes in pieces, and its length. */
export function longDatagram(r: Random, echoId: number | undefined): { say: Say; length: number } {
  const length = pick(r, LENGTHS);
  const rest = `len ${length - 8}`;
  const udp: Say = (from, to) => `udp ${at(from)} > ${at(to)} ${rest}`;
  const echo: Say = ({ address }, to) =>
    `${isV6(address) ? 'icmp6' : 'icmp'} ${address} > ${to.address} echo-request id ${echoId} seq 1 ${rest}`;
  return { length, say: echoId === undefined ? udp : echo };
}
