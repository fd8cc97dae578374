// What matches of IPv6's extension headers want.

import type {
  FragInfo,
  Hex,
  Ipv6headerInfo,
  OptsInfo,
  RtInfo,
  SrhInfo,
  XtTest,
} from '../../program/index.ts';
import { type Part, plainPart } from './shape.ts';
import { type Patch, shapeWish, type Wish } from './wish.ts';
import { digits, netWish, of, type Wanted } from './wish-parts.ts';
import { withoutPart, withPart } from './wish-tcp.ts';

/** A chain of extension headers of IPv6. */
const withHeaders =
  (types: readonly number[]): Patch =>
  (d) => ({
    ...d,
    six: true,
    parts: [
      ...d.parts.filter((p) => p.op !== 'ipv6'),
      ...types.filter((t) => t < 256 && ORDERED.includes(t)).map((t) => plainPart('ipv6', t)),
    ],
    protocol: types.find((t) => !ORDERED.includes(t)) ?? d.protocol,
  });

const ORDERED = [0, 60, 43, 44, 51];
/** MASK_* (ip6t_ipv6header.h), by header. */
const HEADER_BITS: readonly (readonly [number, number])[] = [
  [0x80, 0],
  [0x40, 60],
  [0x20, 43],
  [0x10, 44],
  [0x08, 51],
  [0x04, 50],
  [0x02, 59],
];

function ipv6header({ headers, invert }: Ipv6headerInfo): Wish[] {
  const of2 = (bits: number): Patch =>
    withHeaders(HEADER_BITS.filter(([bit]) => bits & bit).map(([, type]) => type));
  const others = [...HEADER_BITS.map(([bit]) => headers ^ bit), headers | 1, 0].map(of2);
  return [shapeWish([of2(headers)], others, invert)];
}

/** Options one after the other, filled up to a multiple of eight with PadN. */
function optionsHeader(
  type: number,
  list: readonly (readonly [number, number])[],
  length = 0,
): Part {
  const body = list.map(([kind, size]) =>
    kind === 0 ? '00' : digits(kind, 1) + digits(size, 1) + '00'.repeat(size),
  );
  const bytes = body.join('');
  const least = Math.max(8, Math.ceil(Math.max(length, bytes.length / 2 + 2) / 8) * 8);
  const free = least - 2 - bytes.length / 2;
  const pad =
    free === 1 ? '00' : free > 1 ? `01${digits(free - 2, 1)}${'00'.repeat(free - 2)}` : '';
  return { op: 'ipv6', type, bytes: `00${digits(least / 8 - 1, 1)}${bytes}${pad}` };
}

const options =
  (type: number) =>
  ({ hdrlen, options: list }: OptsInfo): Wish[] => {
    const plain = list.map(({ type: kind, length }) => [kind, length ?? 2] as const);
    const length = hdrlen?.value ?? 0;
    const at = (l: number): Patch => withPart(optionsHeader(type, plain, l));
    const near = plain.flatMap(([kind, size], i) =>
      [
        [kind ^ 1, size],
        [kind + 1, size],
        [kind, size + 1],
        [kind, Math.max(0, size - 1)],
      ].map((pair) =>
        withPart(optionsHeader(type, plain.with(i, [pair[0]! & 0xff, pair[1]!]), length)),
      ),
    );
    const shorter = plain.map((_, i) =>
      withPart(optionsHeader(type, plain.toSpliced(i, 1), length)),
    );
    const none: Patch = (d) => withoutPart(d, 'ipv6', type);
    const sizes = hdrlen ? [length - 8, length + 8].filter((l) => l >= 8).map(at) : [];
    const good =
      hdrlen?.invert === true ? [at(length + 8), at(Math.max(8, length - 8))] : [at(length)];
    const bad = hdrlen?.invert === true ? [at(length)] : sizes;
    return [shapeWish(good, [none, ...bad, ...near, ...shorter])];
  };

const routing = (
  type: number,
  left: number,
  addresses: readonly Hex[],
  res: number,
  hdrlen?: number,
): Part => {
  const length = hdrlen ?? addresses.length * 2;
  const body = addresses
    .join('')
    .padEnd(length * 16, '0')
    .slice(0, length * 16);
  return {
    op: 'ipv6',
    type: 43,
    bytes: `00${digits(length & 255, 1)}${digits(type, 1)}${digits(left & 255, 1)}${digits(res, 4)}${body}`,
  };
};

const SOME = '20010db8000000000000000000000099';
const want = (test: XtTest<number> | undefined, otherwise: number, by: number): number =>
  test === undefined ? otherwise : (test.invert ? test.value + 1 : test.value) + by;

function rt({ type, segsleft, len, addresses, notStrict }: RtInfo): Wish[] {
  const left = segsleft?.value ?? { min: 1, max: 1 };
  const list = addresses.length > 0 ? addresses : [SOME];
  const units = len === undefined ? undefined : Math.max(0, Math.ceil(len.value / 8) - 1);
  const of2 = (t: number, l: number, a: readonly Hex[], h = units, res = 0): Patch =>
    withPart(routing(t & 255, Math.max(0, l), a, res, h));
  const kind = want(type, 0, 0);
  const swapped = list.length > 1 ? [[...list].reverse()] : [];
  const changed = list.map((_, i) => list.with(i, SOME));
  const shorter = list.map((_, i) => list.toSpliced(i, 1));
  const variants = [...(type ? [type.value - 1, type.value, type.value + 1] : [0, 2])].filter(
    (t) => t >= 0,
  );
  const ends = [...new Set([left.min - 1, left.min, left.max, left.max + 1])].filter(
    (l) => l >= 0 && l < 256,
  );
  const many = [
    ...variants.map((t) => of2(t, left.min, list)),
    ...ends.map((l) => of2(kind, l, list)),
    ...[...swapped, ...changed, ...shorter, [...list, SOME], [SOME, ...list]].map((a) =>
      of2(kind, left.min, a),
    ),
    ...(units === undefined ? [0, 2] : [units - 2, units - 1, units, units + 1, units + 2])
      .filter((h) => h >= 0)
      .map((h) => of2(kind, left.min, list, h)),
    of2(kind, left.min, list, units, 1),
  ];
  const good = [
    of2(kind, left.min, list),
    of2(kind, left.max, list),
    ...(notStrict ? [of2(kind, left.min, [SOME, ...list])] : []),
  ];
  return [shapeWish(good, [...many, (d) => withoutPart(d, 'ipv6', 43)])];
}

/** Segment routing (RFC 8754): numbers of the header near what is asked, and segments near those. */
function srh(info: SrhInfo): Wish[] {
  const asked = (...tests: readonly (XtTest<number> | undefined)[]): number[] =>
    tests
      .flatMap((t) => (t ? [t.value - 1, t.value, t.value + 1] : []))
      .filter((n) => n >= 0 && n < 256);
  const lasts = [...asked(info.lastEntryEq, info.lastEntryGt, info.lastEntryLt), 3];
  const lefts = [...asked(info.segsLeftEq, info.segsLeftGt, info.segsLeftLt), 2];
  const lengths = asked(info.hdrLenEq, info.hdrLenGt, info.hdrLenLt);
  const tags = info.tag
    ? [info.tag.value - 1, info.tag.value, info.tag.value + 1].map(
        (t) => ((t & 255) << 8) | ((t >>> 8) & 255),
      )
    : [0];
  const near = (test: SrhInfo['psid']): Hex[] => {
    if (test === undefined) return [SOME];
    const { low, high } = netWish('saddr', test).spans[0]!;
    const flipped = (BigInt(`0x${high}`) + 1n).toString(16).padStart(32, '0').slice(-32);
    const under = (BigInt(`0x1${low}`) - 1n).toString(16).slice(-32);
    return test.invert ? [flipped, under, low, high] : [low, high, flipped, under];
  };
  const next = info.nextHdr;
  const built: Patch = (d, random) => {
    const one = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
    const last = one(lasts);
    const left = Math.min(255, one(lefts));
    const segments = Array.from({ length: Math.max(last, left) + 1 }, () => SOME);
    if (left + 1 < segments.length || info.psid) segments[left + 1] = one(near(info.psid));
    if (left > 0) segments[left - 1] = one(near(info.nsid));
    if (info.lsid) segments[0] = one(near(info.lsid));
    const body = Array.from(segments, (s) => s ?? SOME).join('');
    const length = lengths.length > 0 ? one(lengths) : body.length / 16;
    const header = `00${digits(length & 255, 1)}04${digits(left, 1)}${digits(last & 255, 1)}00${digits(one(tags), 2)}`;
    const protocols = next ? [next.value - 1, next.value, next.value + 1] : [d.protocol];
    const part: Part = {
      op: 'ipv6',
      type: 43,
      bytes: header + body.padEnd(length * 16, '0').slice(0, Math.max(0, length * 16)),
    };
    return { ...withPart(part)(d, random, undefined as never), protocol: one(protocols) & 255 };
  };
  return [shapeWish([built], [built, (d) => withoutPart(d, 'ipv6', 43)])];
}

function frag(info: FragInfo): Wish[] {
  const { ids, invertId, res, first, more, last } = info;
  const of2 = (id: number, offset: number, flags: number, reserved = 0): Patch =>
    withPart({
      op: 'ipv6',
      type: 44,
      bytes: `00${digits(reserved, 1)}${digits((offset & 0xfff8) | flags, 2)}${digits(id >>> 0, 4)}`,
    });
  const beside = [ids.min - 1, ids.max + 1].filter((id) => id >= 0 && id <= 0xffffffff);
  const inside = invertId ? beside : [ids.min, ids.max];
  const outside = invertId ? [ids.min, ids.max] : beside;
  const flags = more ? 1 : last ? 0 : 1;
  const offset = first ? 0 : last ? 64 : 8;
  const good = inside[0] ?? 7;
  const others = [
    ...outside.map((id) => of2(id, offset, flags)),
    of2(good, offset, flags ^ 1),
    of2(good, offset === 0 ? 8 : 0, flags),
    of2(good, offset === 0 ? 8 : 0, flags ^ 1),
    of2(good, offset, flags, 1),
    of2(good, offset, flags | 2),
  ];
  return [
    shapeWish(
      inside.map((id) => of2(id, offset, flags, res ? 0 : 0)),
      [...others, (d) => withoutPart(d, 'ipv6', 44)],
    ),
  ];
}

export const IPV6_MATCHES: Readonly<Record<string, Wanted>> = {
  frag: of(frag),
  hbh: of(options(0)),
  dst: of(options(60)),
  rt: of(rt),
  srh: of(srh),
  ipv6header: of(ipv6header),
};
