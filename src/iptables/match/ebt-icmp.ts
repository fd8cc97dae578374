// Types of ICMP, ICMPv6 and IGMP with ranges, as ebtables writes them (libebt_ip.c, libebt_ip6.c).

import type { EbtIcmp, XtRange } from '../../program/index.ts';
import { type IcmpName, number, rangeText, wrong } from '../extension/index.ts';

const ALL: XtRange = { min: 0, max: 0xff };

function byteRange(text: string): XtRange | undefined {
  const [low = '', high = low, ...more] = text.split(':');
  const [min, max] = [number(low), number(high)];
  if (min === undefined || max === undefined || more.length > 0) return undefined;
  return min <= 0xff && max <= 0xff ? { min, max } : undefined;
}

/** A beginning of a name is enough where it is one name's. */
function named(word: string, names: readonly IcmpName[]): EbtIcmp | undefined {
  const start = word.toLowerCase();
  const all = names.flatMap((one) =>
    [one.name, ...(one.aliases ?? [])].map((name) => ({ name, one })),
  );
  const exact = all.filter(({ name }) => name.toLowerCase() === start);
  const found =
    exact.length > 0 ? exact : all.filter(({ name }) => name.toLowerCase().startsWith(start));
  if (found.length > 1)
    return wrong(`"${word}" is short for ${found.map(({ name }) => name).join(', ')}`);
  const { type, code } = found[0]?.one ?? { type: undefined, code: undefined };
  if (type === undefined) return undefined;
  return {
    type: { min: type, max: type },
    code: code === undefined ? ALL : { min: code, max: code },
  };
}

/** `type[:type][/code[:code]]` or a name. @throws XtError */
export function icmpOf(word: string, names: readonly IcmpName[]): EbtIcmp {
  const known = named(word, names);
  if (known !== undefined) return known;
  const [types = '', codes, ...more] = word.split('/');
  const type = byteRange(types);
  const code = codes === undefined ? ALL : byteRange(codes);
  if (type === undefined || code === undefined || more.length > 0)
    return wrong(`unknown type "${word}"`);
  return { type, code };
}

const isAll = (range: XtRange): boolean => range.min === 0 && range.max === 0xff;

function nameOf({ type, code }: EbtIcmp, names: readonly IcmpName[]): string | undefined {
  if (type.min !== type.max) return undefined;
  return names.find(
    (one) =>
      one.type === type.min &&
      (one.code === undefined ? isAll(code) : code.min === one.code && code.max === one.code),
  )?.name;
}

export const icmpText = (icmp: EbtIcmp, names: readonly IcmpName[]): string =>
  nameOf(icmp, names) ?? `${rangeText(icmp.type)}/${rangeText(icmp.code)}`;

/** `icmp type 3 icmp code 1`. */
export function nftIcmp(protocol: string, { type, code }: EbtIcmp, not: string): string {
  const types = `${protocol} type ${not}${rangeText(type, '-')}`;
  return isAll(code) ? types : `${types} ${protocol} code ${not}${rangeText(code, '-')}`;
}

const IGMP: Readonly<Record<string, number>> = {
  'membership-query': 0x11,
  'membership-report-v1': 0x12,
  'membership-report-v2': 0x16,
  'leave-group': 0x17,
  'membership-report-v3': 0x22,
};

/** A name, or the beginning of one alone; behind a number a code is not looked at. @throws XtError */
export function igmpOf(word: string): XtRange {
  const names = Object.keys(IGMP).filter((name) => name.startsWith(word.toLowerCase()));
  if (names.length > 1) return wrong(`"${word}" is short for ${names.join(', ')}`);
  const type = IGMP[names[0] ?? ''];
  if (type !== undefined) return { min: type, max: type };
  return (
    byteRange(word.split('/', 1)[0]!) ??
    wrong(`unknown type of IGMP "${word}"`, Object.keys(IGMP)[0])
  );
}

export function igmpText(range: XtRange): string {
  const name = Object.keys(IGMP).find((one) => IGMP[one] === range.min);
  return range.min === range.max && name !== undefined ? name : rangeText(range);
}
