// Sets of ipset: packets that are elements of them, and packets that just are not.

import { formatIPv4, formatIPv6, u32, unhex } from '../../bytes/index.ts';
import type { Hex, IpSet, IpSetEntry, SetInfo } from '../../program/index.ts';
import type { Draft } from './draft.ts';
import { linked, towards } from './grant.ts';
import { type Patch, shapeWish, type Wish } from './wish.ts';

/** Entries of one set that are looked at. */
const MOST_ENTRIES = 32;

const addressText = (digits: Hex): string =>
  digits.length === 8 ? formatIPv4(u32(unhex(digits), 0)) : formatIPv6(unhex(digits));

/** First and last address of a prefix, and those beside it. */
function endsOf(ip: Hex, cidr: number | undefined): { inside: Hex[]; outside: Hex[] } {
  const bits = BigInt(ip.length * 4);
  const all = (1n << bits) - 1n;
  const free = bits - BigInt(cidr ?? Number(bits));
  const low = (BigInt(`0x${ip}`) >> free) << free;
  const high = low | ((1n << free) - 1n);
  const text = (n: bigint): Hex => (n & all).toString(16).padStart(ip.length, '0');
  return {
    inside: [...new Set([text(low), text(high)])],
    outside: [text(low - 1n), text(high + 1n)],
  };
}

type Ways = { readonly inside: readonly Patch[]; readonly outside: readonly Patch[] };

const addressed =
  (side: 'src' | 'dst') =>
  (digits: Hex): Patch =>
  (d, _, places) => {
    const six = digits.length > 8;
    const whole: Draft =
      six === d.six
        ? d
        : {
            ...d,
            six,
            source: places.counterpart(d.source, six),
            destination: places.counterpart(d.destination, six),
          };
    return { ...whole, [side === 'src' ? 'source' : 'destination']: addressText(digits) };
  };

const PROTOCOLS = { tcp: 6, icmp: 1, icmp6: 58 } as const;

function portWays(entry: IpSetEntry, side: 'src' | 'dst'): Ways {
  const { port = 0, proto = PROTOCOLS.tcp } = entry;
  const isIcmp = proto === PROTOCOLS.icmp || proto === PROTOCOLS.icmp6;
  const at =
    (p: number, n: number): Patch =>
    (d) =>
      isIcmp && p === proto
        ? { ...d, protocol: p, type: (n >>> 8) & 255, code: n & 255 }
        : { ...d, protocol: p, [side === 'src' ? 'sport' : 'dport']: n & 0xffff };
  const other = proto === PROTOCOLS.tcp ? 17 : PROTOCOLS.tcp;
  return {
    inside: [at(proto, port)],
    outside: [at(proto, port + 1), at(proto, Math.max(0, port - 1)), at(other, port)],
  };
}

const macOf = (mac: Hex): string => (mac.match(/../g) ?? []).join(':');

function macWays(mac: Hex, side: 'src' | 'dst'): Ways {
  const at =
    (digits: Hex): Patch =>
    (d) => {
      const base = linked(d);
      const end = side === 'src' ? 'source' : 'destination';
      return base.link === undefined
        ? d
        : { ...base, link: { ...base.link, [end]: macOf(digits) } };
    };
  const beside = mac.slice(0, -1) + (Number.parseInt(mac.slice(-1), 16) ^ 1).toString(16);
  return { inside: [at(mac)], outside: [at(beside)] };
}

function ifaceWays(name: string, side: 'src' | 'dst'): Ways {
  const to =
    (pickName: (all: readonly string[]) => string | undefined): Patch =>
    (d, random, places) => {
      const device = pickName(places.devices);
      if (device === undefined) return d;
      return side === 'src' ? { ...d, device } : towards(d, device, random, places);
    };
  return {
    inside: [to((all) => all.find((n) => n === name))],
    outside: [to((all) => all.find((n) => n !== name))],
  };
}

/** Ways for each part of an element, in the order of its type. */
function waysOf(set: IpSet, entry: IpSetEntry, dirs: readonly ('src' | 'dst')[]): Ways[] {
  let addresses = 0;
  const kinds = set.type.split(':')[1]?.split(',') ?? [];
  return kinds.flatMap((kind, i): Ways[] => {
    const side = dirs[i] ?? dirs.at(-1) ?? 'src';
    if (kind === 'ip' || kind === 'net') {
      const [ip, cidr] = addresses++ === 0 ? [entry.ip, entry.cidr] : [entry.ip2, entry.cidr2];
      if (ip === undefined) return [];
      const { inside, outside } = endsOf(ip, cidr ?? set.options.netmask);
      return [{ inside: inside.map(addressed(side)), outside: outside.map(addressed(side)) }];
    }
    if (kind === 'port') return [portWays(entry, side)];
    if (kind === 'mac' && entry.mac !== undefined) return [macWays(entry.mac, side)];
    if (kind === 'iface' && entry.iface !== undefined) return [ifaceWays(entry.iface, side)];
    if (kind === 'mark' && entry.mark !== undefined) {
      const { mark } = entry;
      const at =
        (n: number): Patch =>
        (d) => ({ ...d, mark: n >>> 0 });
      return [{ inside: [at(mark)], outside: [at(mark + 1), at(mark ^ 0x10)] }];
    }
    return [];
  });
}

const together =
  (patches: readonly Patch[]): Patch =>
  (d, random, places) =>
    patches.reduce((draft, patch) => patch(draft, random, places), d);

function ofEntry(set: IpSet, entry: IpSetEntry, dirs: readonly ('src' | 'dst')[]): Ways {
  const parts = waysOf(set, entry, dirs);
  const first = parts.map((w) => w.inside[0]).filter((p) => p !== undefined);
  const last = parts.map((w) => w.inside.at(-1)).filter((p) => p !== undefined);
  const outside = parts.flatMap((w, i) => w.outside.map((p) => together(first.with(i, p))));
  return { inside: [together(first), together(last)], outside };
}

/** Of a list what is in its members. */
function entriesOf(set: IpSet, sets: ReadonlyMap<string, IpSet>): (readonly [IpSet, IpSetEntry])[] {
  if (set.type !== 'list:set') return set.entries.map((entry) => [set, entry] as const);
  return set.entries.flatMap(({ name }) => {
    const member = name === undefined ? undefined : sets.get(name);
    return member === undefined || member.type === 'list:set' ? [] : entriesOf(member, sets);
  });
}

export function setWishes({ matchSet, invert }: SetInfo, sets: ReadonlyMap<string, IpSet>): Wish[] {
  const set = sets.get(matchSet.name);
  if (set === undefined) return [];
  const ways = entriesOf(set, sets)
    .slice(0, MOST_ENTRIES)
    .map(([of, entry]) => ofEntry(of, entry, matchSet.dirs));
  const inside = ways.flatMap((w) => w.inside);
  return inside.length === 0
    ? []
    : [
        shapeWish(
          inside,
          ways.flatMap((w) => w.outside),
          invert,
        ),
      ];
}
