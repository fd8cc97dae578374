// Options, headers and chunks put into a packet or taken out of it, and what matches of TCP's options want.

import type { ExthdrOp, TcpmssInfo } from '../../program/index.ts';
import { IPPROTO_TCP } from '../../uapi/index.ts';
import type { Draft } from './draft.ts';
import { withPlace } from './grant.ts';
import { type Part, plainPart } from './shape.ts';
import { type Patch, shapeWish, type Wish } from './wish.ts';
import { digits } from './wish-parts.ts';

export const withoutPart = (d: Draft, op: ExthdrOp, type?: number): Draft => ({
  ...d,
  parts: d.parts.filter((p) => p.op !== op || (type !== undefined && p.type !== type)),
});

/** With exactly these bytes of an option, header or chunk. */
export const withPart =
  (part: Part): Patch =>
  (d) => {
    const others = withoutPart(d, part.op, part.type);
    const known: Draft = { ...others, parts: [...others.parts, part] };
    return withPlace(known, { base: part.op, type: part.type, offset: 0 });
  };

export const withTcpOption = (kind: number): Patch => withPart(plainPart('tcpopt', kind & 0xff));
export const withoutTcpOption =
  (kind: number): Patch =>
  (d) => ({ ...withoutPart(d, 'tcpopt', kind), protocol: IPPROTO_TCP });

export const mssOption = (mss: number): Patch =>
  withPart({
    op: 'tcpopt',
    type: 2,
    bytes: `0204${digits(Math.max(0, Math.min(0xffff, mss)), 2)}`,
  });

export function tcpmss({ mss: { min, max }, invert }: TcpmssInfo): Wish[] {
  const none: Patch = (d) => ({ ...withoutPart(d, 'tcpopt', 2), protocol: IPPROTO_TCP, flags: 2 });
  const beside = [min - 1, max + 1].filter((n) => n >= 0 && n <= 0xffff).map(mssOption);
  return [shapeWish([mssOption(min), mssOption(max)], [none, ...beside], invert)];
}
