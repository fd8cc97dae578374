// What matches of headers want: extension headers, options, chunks, bytes at a place.

import { hex, unhex } from '../../bytes/index.ts';
import type {
  AhInfo,
  BpfInfo,
  DccpInfo,
  EspInfo,
  IpcompInfo,
  MhInfo,
  SctpInfo,
  StringInfo,
  U32Info,
  U32Test,
} from '../../program/index.ts';
import { poked } from './grant.ts';
import { type Part, plainPart } from './shape.ts';
import { type Patch, shapeWish, type Wish } from './wish.ts';
import { IPV6_MATCHES } from './wish-ipv6.ts';
import { bytesAt, digits, isProtocol, of, type Wanted } from './wish-parts.ts';
import { tcpmss, withoutPart, withPart } from './wish-tcp.ts';

function ah({ spis, hdrlen, hdrres, invertSpi, invertLen }: AhInfo): Wish[] {
  const wishes = [isProtocol(51), bytesAt({ base: 'transport', offset: 4 }, spis, 4, invertSpi)];
  const units = Math.max(0, Math.floor(hdrlen / 4) - 2);
  if (hdrlen > 0)
    wishes.push(
      bytesAt({ base: 'transport', offset: 1 }, { min: units, max: units }, 1, invertLen),
    );
  if (hdrres) wishes.push(bytesAt({ base: 'transport', offset: 2 }, { min: 0, max: 0 }, 2));
  return wishes;
}

/** As many words as the header says, so that it ends in the packet. */
const authentication = (units: number): Patch =>
  withPart({
    op: 'ipv6',
    type: 51,
    bytes: `3b${digits(units & 0xff, 1)}0000`.padEnd((units + 2) * 8, '0'),
  });

function lengthOf6({ hdrlen, invertLen }: AhInfo): Wish[] {
  if (hdrlen === 0) return [];
  const units = Math.min(0xff, Math.max(1, Math.floor(hdrlen / 4) - 2));
  const others = [units ^ 1, units + 1, 4].filter((u) => u !== units && u > 0 && u <= 0xff);
  return [shapeWish([authentication(units)], others.map(authentication), invertLen)];
}

function ah6(info: AhInfo): Wish[] {
  const to = ah({ ...info, hdrlen: 0 })
    .slice(1)
    .map(
      (w): Wish => ({
        ...w,
        at: {
          base: 'ipv6',
          type: 51,
          offset: w.at !== undefined && 'offset' in w.at ? w.at.offset : 0,
        },
      }),
    );
  return [...lengthOf6(info), ...to];
}

export function chunks({ chunks: test }: SctpInfo): Wish[] {
  if (test === undefined) return [];
  const { how, types } = test.value;
  const part = (type: number, flags = 0): Part => ({
    op: 'sctp',
    type,
    bytes: `${digits(type & 255, 1)}${digits(flags & 255, 1)}0010`.padEnd(32, '0'),
  });
  const set =
    (list: readonly Part[]): Patch =>
    (d) => ({ ...d, protocol: 132, parts: [...d.parts.filter((p) => p.op !== 'sctp'), ...list] });
  const wanted = types.map((t) => part(t.type, t.flags ? t.flags.value : 0));
  const flagged = types.flatMap((t, i) =>
    [0, 1, 2, 3, 4, 7].map((f) => set(wanted.with(i, part(t.type, f)))),
  );
  const one = types.map((t) => set([part(t.type, t.flags?.value ?? 0)]));
  const missing = wanted.map((_, i) => set(wanted.toSpliced(i, 1))).filter(() => wanted.length > 1);
  const other = [5, 6, 7, 8, 0].find((t) => !types.some((x) => x.type === t)) ?? 9;
  const beside = types.flatMap((t) =>
    [t.type - 1, t.type + 1].filter((n) => n >= 0).map((n) => set([part(n)])),
  );
  const more = [set([...wanted, part(other)]), set([part(other)])];
  const good =
    how === 'any'
      ? [...one, set(wanted)]
      : how === 'all'
        ? [set(wanted), more[0]!]
        : [set(wanted), ...one];
  return [shapeWish(good, [...missing, ...flagged, ...more, ...beside], test.invert)];
}

/** Bytes between the fixed header of a DCCP packet and its options, by type (xt_dccp.c). */
const DCCP_TYPE = { base: 'transport', offset: 8 } as const;

export function dccpKinds({ types, option }: DccpInfo): Wish[] {
  const wishes: Wish[] = [];
  if (types !== undefined) {
    const list = Array.from({ length: 16 }, (_, t) => t);
    const of2 =
      (t: number): Patch =>
      (d) =>
        poked(d, DCCP_TYPE, digits(t << 1, 1), '1e');
    const is = (t: number): boolean => ((types.value >>> t) & 1) === 1;
    wishes.push(
      shapeWish(list.filter(is).map(of2), list.filter((t) => !is(t)).map(of2), types.invert),
    );
  }
  if (option !== undefined) {
    const { value } = option;
    const none: Patch = (d) => withoutPart(d, 'dccp');
    const only =
      (kind: number): Patch =>
      (d, r, p) =>
        withPart(plainPart('dccp', kind & 255))(none(d, r, p), r, p);
    wishes.push(
      shapeWish(
        [only(value)],
        [none, only(value + 1), only(Math.max(32, value - 1))],
        option.invert,
      ),
    );
  }
  return wishes;
}

const LETTER = (byte: number): boolean => (byte | 32) >= 97 && (byte | 32) <= 122;

/** The text at the first place it is looked for, at the last, and just outside of both. */
function text({ from, to, pattern, invert, icase }: StringInfo): Wish[] {
  const bytes = unhex(pattern);
  const other = bytes.slice();
  other[other.length - 1] = (other.at(-1) ?? 0) ^ 1;
  const cased = bytes.map((b) => (LETTER(b) ? b ^ 32 : b));
  const shorter = bytes.slice(0, -1);
  const at =
    (offset: number, what: Uint8Array): Patch =>
    (d) => {
      const header = d.six ? 40 : 20;
      const before = Math.max(0, offset - header - (HEADER[d.protocol] ?? 8));
      return { ...d, data: '00'.repeat(before) + hex(what) + '00' };
    };
  const last = Math.min(to, 1400) - bytes.length;
  const near = [from - 1, from, from + 1, last - 1, last, last + 1].filter(
    (n) => n >= 0 && n <= 1400,
  );
  const within = near.filter((n) => n >= from && n <= last);
  const outside = [...near.filter((n) => !within.includes(n))].map((n) => at(n, bytes));
  const places = within.length > 0 ? within : [from];
  const wrong = [other, shorter, ...(icase ? [] : [cased])].flatMap((w) =>
    places.slice(0, 2).map((n) => at(n, w)),
  );
  return [
    shapeWish(
      [
        ...places.map((n) => at(n, bytes)),
        at(from + 60, bytes),
        ...(icase ? [at(places[0] ?? 0, cased)] : []),
      ],
      [...outside, ...wrong, (d) => ({ ...d, data: '00' })],
      invert,
    ),
  ];
}

const HEADER: Readonly<Record<number, number>> = { 6: 20, 17: 8, 1: 8, 58: 8, 33: 16, 132: 32 };

/** Of a test the last load, and what is done to it: which bits of which bytes have to be what. */
function u32Wishes({ steps, values }: U32Test): Wish[] {
  const loadAt = steps.findLastIndex((s) => s.op === 'load' || s.op === 'at');
  const load = steps[loadAt];
  if (load === undefined) return [];
  let [mask, shift] = [0xffffffff, 0];
  for (const { op, number } of steps.slice(loadAt + 1)) {
    if (op === 'and') mask = (mask & (shift >= 0 ? number << shift : number >>> -shift)) >>> 0;
    else if (op === 'rshift') {
      shift += number;
      mask = ((mask >>> shift) << shift) >>> 0;
    } else shift -= number;
  }
  const placed = (n: number): number => (shift >= 0 ? n * 2 ** shift : n / 2 ** -shift) >>> 0;
  const at = { base: 'steps' as const, steps: steps.slice(0, loadAt + 1), offset: load.number };
  const most = (mask >>> Math.max(0, shift)) >>> 0;
  const put =
    (n: number): Patch =>
    (d) => {
      const long = Math.max(d.payload, 64);
      return poked(
        { ...d, payload: d.data === undefined ? long : d.payload },
        at,
        digits(placed(n), 4),
        digits(mask, 4),
      );
    };
  const good = values.flatMap(({ min, max }) => [min, Math.min(max, most)]);
  const bad = values
    .flatMap(({ min, max }) => [min - 1, max + 1])
    .filter((n) => n >= 0 && n <= most);
  return [shapeWish(good.map(put), bad.map(put))];
}

const u32 = ({ tests, invert }: U32Info): Wish[] =>
  tests.flatMap(u32Wishes).map((w) => ({ ...w, negated: invert }));

/** Classes of instructions (BPF_CLASS): what jumps compare was loaded before. */
const BPF_LD = 0;
const BPF_JMP = 5;

/** Numbers that jumps compare with, put where the load before them reads. */
function bpf(info: BpfInfo): Wish[] {
  if (info.mode !== 'bytecode') return [];
  const wishes: Wish[] = [];
  let at: number | undefined;
  let size = 4;
  for (const { code, k } of info.program) {
    if ((code & 7) === BPF_LD) {
      size = (code & 0x18) === 0x10 ? 1 : (code & 0x18) === 8 ? 2 : 4;
      at = (code & 0xe0) === 0x20 ? k : undefined;
    } else if ((code & 7) === BPF_JMP && at !== undefined && k < 2 ** (8 * size)) {
      const place = { base: 'network' as const, offset: at };
      wishes.push(known(at, size, k) ?? bytesAt(place, { min: k, max: k }, size));
    }
  }
  return wishes;
}

/** The protocol is better asked for by its name: a packet of it comes with its header. */
const known = (at: number, size: number, k: number): Wish | undefined =>
  at === 9 && size === 1 ? isProtocol(k) : undefined;

/** The lower half of the address is made of the hardware address (RFC 4291 §2.5.1). */
const eui64 = (): Wish[] => {
  const made =
    (by: number): Patch =>
    (d) => {
      const mac = '02005e00530a';
      const last = (0x0a ^ by).toString(16).padStart(2, '0');
      return d.device === undefined
        ? d
        : {
            ...d,
            six: true,
            source: `fe80::5eff:fe00:53${last}`,
            link: {
              source: (mac.match(/../g) ?? []).join(':'),
              destination: d.link?.destination ?? '02:00:5e:00:53:0b',
            },
          };
    };
  return [shapeWish([made(0)], [made(1)])];
};

export const HEADER_MATCHES: Readonly<Record<string, Wanted>> = {
  ...IPV6_MATCHES,
  ah: of<AhInfo>((info, family) => (family === 'ip6' ? ah6(info) : ah(info))),
  esp: of<EspInfo>(({ spis, invert }) => [
    isProtocol(50),
    bytesAt({ base: 'transport', offset: 0 }, spis, 4, invert),
  ]),
  ipcomp: of<IpcompInfo>(({ spis, invert }) => [
    isProtocol(108),
    bytesAt({ base: 'transport', offset: 2 }, spis, 2, invert),
  ]),
  mh: of<MhInfo>(({ types, invert }) => [
    isProtocol(135),
    bytesAt({ base: 'transport', offset: 2 }, types, 1, invert),
  ]),
  tcpmss: of(tcpmss),
  string: of(text),
  u32: of(u32),
  bpf: of(bpf),
  eui64: of(eui64),
};
