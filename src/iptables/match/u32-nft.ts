// u32 in nft's words: a number of the header under a mask, in ranges.

import type { U32Info, U32Test, XtRange } from '../../program/index.ts';
import { hexText, type NftWords, type TranslateContext, words } from '../extension/index.ts';

const U32_MAX = 0xffffffff;
const SIZE = 4;
/** What nf_tables loads begins at most here. */
const MOST_OFFSET = 255 - SIZE;

/** The bits of a loaded number that count, and how far they were moved to the left. */
interface Moved {
  readonly mask: number;
  readonly by: number;
}

const shifted = (bits: number, by: number): number =>
  by >= 32 || by <= -32 ? 0 : (by < 0 ? bits >>> -by : bits << by) >>> 0;

/** Bits that fall out at either end count no more. */
function move({ mask, by }: Moved, left: number): Moved {
  const sum = by + left;
  return { mask: (mask & shifted(shifted(U32_MAX, sum), -sum)) >>> 0, by: sum };
}

/** Undefined where a step is more than masks and shifts. */
function movedBy(steps: U32Test['steps']): Moved | undefined {
  let moved: Moved = { mask: U32_MAX, by: 0 };
  for (const { op, number } of steps) {
    // Counts are taken modulo 32, as the reference's processor does.
    if (op === 'and') moved = { ...moved, mask: (moved.mask & shifted(number, -moved.by)) >>> 0 };
    else if (op === 'lshift') moved = move(moved, number & 31);
    else if (op === 'rshift') moved = move(moved, -(number & 31));
    else return undefined;
  }
  return moved;
}

/** The range before the bits were moved; undefined where there is none. */
function back({ min, max }: XtRange, by: number): XtRange | undefined {
  const size = 2 ** Math.abs(by);
  const range =
    by < 0
      ? { min: min * size, max: Math.min(U32_MAX, max * size + size - 1) }
      : { min: Math.ceil(min / size), max: Math.floor(max / size) };
  return range.min > U32_MAX || range.min > range.max ? undefined : range;
}

function merged(ranges: readonly XtRange[]): XtRange[] {
  const all: XtRange[] = [];
  for (const one of [...ranges].sort((a, b) => a.min - b.min)) {
    const last = all.at(-1);
    if (last !== undefined && one.min <= last.max + 1)
      all[all.length - 1] = { min: last.min, max: Math.max(last.max, one.max) };
    else all.push(one);
  }
  return all;
}

const rangeText = ({ min, max }: XtRange): string =>
  min === max ? hexText(min) : `${hexText(min)}-${hexText(max)}`;

/** `0>>22&0x3C@`: the header behind IPv4's. */
const isBehindIp = ([first, second, third, fourth]: U32Test['steps']): boolean =>
  first?.number === 0 &&
  second?.op === 'rshift' &&
  second.number === 22 &&
  third?.op === 'and' &&
  third.number === 0x3c &&
  fourth?.op === 'at';

/** `4&0x1FFF=0`: not of a later fragment. */
const isFirstFragment = ({ steps, values }: U32Test): boolean => {
  const [load, and, ...more] = steps;
  const [value, ...others] = values;
  const isAsked = load?.number === 4 && and?.op === 'and' && (and.number & 0x1fff) === 0x1fff;
  return isAsked && more.length === 0 && others.length === 0 && value?.max === 0;
};

function testNft({ steps, values }: U32Test, hasPorts: boolean): string | undefined {
  const behind = hasPorts && isBehindIp(steps);
  const [load, ...more] = behind ? steps.slice(3) : steps;
  const moved = movedBy(more);
  if (load === undefined || load.number > MOST_OFFSET || moved === undefined) return undefined;
  const ranges = merged(
    values.map((one) => back(one, moved.by)).filter((one) => one !== undefined),
  );
  if (ranges.length === 0 || moved.mask === 0) return undefined;
  const key = `@${behind ? 'th' : 'nh'},${load.number * 8},${SIZE * 8}`;
  const masked = moved.mask === U32_MAX ? key : `${key} & ${hexText(moved.mask)}`;
  const list = ranges.map(rangeText).join(', ');
  return `${masked} ${ranges.length === 1 ? list : `{ ${list} }`}`;
}

export function u32Nft({ tests, invert }: U32Info, cx: TranslateContext): NftWords {
  const hasPorts = cx.family === 'ip' && tests.some(isFirstFragment);
  const said = tests.map((one) => testNft(one, hasPorts));
  if (said.includes(undefined))
    return cx.leave(
      'nft loads from a place that it knows before the packet comes, in the first 255 bytes of a header',
    );
  const all = words(...said.map((one) => one ?? ''));
  return invert ? { unless: [all] } : all;
}
