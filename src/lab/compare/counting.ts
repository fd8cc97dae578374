// Rules that count, and rules about time: what has to be said so that they decide otherwise.

import type { Expr, XtRange } from '../../program/index.ts';
import type { Draft, Talking } from './draft.ts';
import { type Patch, shapeWish, type Wish } from './wish.ts';

/** Packets in one conversation: who counts further is not followed. */
export const MOST_PACKETS = 3000;
const FEW = 8;

export const talking =
  (talk: Talking): Patch =>
  (d: Draft): Draft => ({ ...d, talk: { ...d.talk, ...talk } });

/** What would take more than that is out of reach, and a few show as much. */
const limited = (again: number): number =>
  again > MOST_PACKETS ? FEW : Math.max(0, Math.ceil(again));

/** So many packets, one fewer and one more, and again after a while. */
export function burst(count: number, perPacket: number, vary = false): Wish {
  const pauses = [0.5, 0.95, 1, 1.05, 2].map((n) => Math.max(1, Math.round(n * perPacket)));
  const of = (again: number): Patch[] =>
    pauses.map((pause) => talking({ again: limited(again), vary, pauses: [pause, 1, pause] }));
  return shapeWish(
    [...of(count), ...of(count + 1)],
    [talking({ again: limited(count - 1), vary })],
  );
}

const LONG = 1400;

/** So many bytes, in packets as large as need be. */
export function volume(bytes: number, perByte = 0): Wish {
  const sized = (payload: number): Patch => {
    const again = limited(bytes / (payload + 28)) + 1;
    const pause = Math.max(1, Math.round(perByte * payload));
    return (d) => ({ ...d, payload, talk: { ...d.talk, again, pauses: [pause, pause] } });
  };
  const exact: Patch = (d) => {
    const header = (d.six ? 40 : 20) + (d.protocol === 6 ? 20 : 8);
    return { ...d, payload: Math.max(0, Math.min(8900, bytes - header)) };
  };
  const near = [-1, 1].map(
    (by): Patch =>
      (d) => {
        const right = exact(d, undefined as never, undefined as never);
        return {
          ...right,
          payload: Math.max(0, right.payload + by),
          talk: { ...d.talk, again: 2 },
        };
      },
  );
  const sizes = [0, 100, LONG].filter((payload) => bytes / (payload + 28) < MOST_PACKETS);
  return shapeWish(
    [exact, ...near, ...(sizes.length > 0 ? sizes : [LONG]).map(sized)],
    [talking({})],
  );
}

/** So many connections at once. */
export const connections = (count: number): Wish => burst(count, 1000, true);

/** Again and again, for who draws lots or takes every nth. */
export const repeated = (again: number): Wish =>
  shapeWish(
    [again, again + 1, again * 2 + 1].map((n) => talking({ again: limited(n) })),
    [talking({ again: 1 })],
  );

/** Packets both ways, so many. */
export const exchanged = (count: number): Wish =>
  shapeWish(
    [count, count + 1, Math.ceil(count / 2)].flatMap((n) => [
      talking({ replies: limited(n), again: 1 }),
      talking({ again: limited(n) }),
    ]),
    [talking({ again: limited(count - 1) })],
  );

const DAY = 86_400;

/** At these seconds of a day, and beside them. */
export const atTimes = (seconds: readonly number[]): Wish => {
  const near = seconds.flatMap((s) => [s - 1, s, s + 1]).filter((s) => s >= 0);
  const all = near.flatMap((at) => [talking({ at }), talking({ at: at + DAY })]);
  return shapeWish(all, all);
};

/** Timeouts that connections begin with, in seconds: UDP, ICMP, a SYN, an established TCP. */
const TIMEOUTS = [30, 120, 60, 432_000, 300, 600];

/** So many seconds before a connection ends. */
export function untilEnd({ min, max }: XtRange): Wish {
  const left = [min - 1, min, max, max + 1];
  const pauses = TIMEOUTS.flatMap((from) => left.map((end) => (from - end) * 1000 + 500));
  const good = pauses.filter((ms) => ms > 0 && ms < 864_000_000);
  const all = good.flatMap((ms) => [
    talking({ pauses: [ms] }),
    talking({ replies: 2, again: 1, pauses: [ms] }),
  ]);
  return shapeWish([talking({ again: 1 }), ...all], [talking({ again: 1 })]);
}

/** Statements of nft that count. */
export function talksOf(expr: Expr): Wish[] {
  switch (expr.kind) {
    case 'limit': {
      const per = (expr.unit * 1000) / Math.max(1, expr.rate);
      if (expr.type === 'bytes') return [volume(expr.burst + expr.rate, per)];
      return [burst(expr.burst, per)];
    }
    case 'quota':
      return [volume(expr.bytes - expr.consumed)];
    case 'connlimit':
      return [connections(expr.count)];
    case 'dynset': {
      const inner = (expr.exprs ?? []).flatMap(talksOf);
      const timeout = Number(expr.timeout ?? 0);
      return inner.length > 0 ? inner : [burst(1, timeout > 0 ? timeout : 1000)];
    }
    case 'objref':
    case 'last':
      return [repeated(FEW)];
    default:
      return [];
  }
}
