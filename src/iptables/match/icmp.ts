// icmp and icmp6: type and code (libxt_icmp.h, libipt_icmp.c, libip6t_icmp6.c).

import { nearest } from '../../diagnostics/index.ts';
import type { IcmpInfo, XtRange } from '../../program/index.ts';
import {
  bang,
  type Extension,
  extension,
  flagText,
  ICMP_NAMES,
  ICMPV6_NAMES,
  type IcmpName,
  isFull,
  NFT_ICMP,
  NFT_ICMPV6,
  numberIn,
  rangeNft,
  type TranslateContext,
  U8_MAX,
  unequal,
  type ValueParser,
  words,
  wrong,
} from '../extension/index.ts';

/** Stands for any type, of ICMP alone. */
const ANY = 0xff;
const ALL_CODES: XtRange = { min: 0, max: U8_MAX };

interface Typed {
  readonly type: number;
  readonly code: XtRange;
}

type Spelled = readonly { readonly one: IcmpName; readonly name: string }[];

const SPELLED = new WeakMap<readonly IcmpName[], Spelled>();

/** All names in lower case, other spellings with them. */
function spelledOf(names: readonly IcmpName[]): Spelled {
  const known = SPELLED.get(names);
  if (known !== undefined) return known;
  const spelled = names.flatMap((one) =>
    [one.name, ...(one.aliases ?? [])].map((name) => ({ one, name: name.toLowerCase() })),
  );
  SPELLED.set(names, spelled);
  return spelled;
}

/** A name may be abbreviated as long as it means one thing. */
function byName(word: string, names: readonly IcmpName[]): Typed | undefined {
  const lower = word.toLowerCase();
  const spelled = spelledOf(names);
  const exact = spelled.filter(({ name }) => name === lower);
  const found = exact.length > 0 ? exact : spelled.filter(({ name }) => name.startsWith(lower));
  if (lower === '' || found.length === 0) return undefined;
  if (new Set(found.map(({ one }) => one)).size > 1)
    wrong(`"${word}" is short for ${found.map(({ name }) => name).join(', ')}`);
  const { type, code } = found[0]!.one;
  return { type, code: code === undefined ? ALL_CODES : { min: code, max: code } };
}

const nameWords = (names: readonly IcmpName[]): readonly string[] =>
  names.flatMap(({ name, aliases = [] }) => [name, ...aliases]);

function typed(word: string, names: readonly IcmpName[]): Typed {
  const named = byName(word, names);
  if (named !== undefined) return named;
  const [type = '', code, ...more] = word.split('/');
  if (more.length > 0) wrong(`bad type "${word}"`);
  // A number begins with a digit; what does not is a name that is not known.
  if (!/^\s*\+?\d/.test(type)) wrong(`bad type "${word}"`, nearest(word, nameWords(names)));
  const number = numberIn(type, 0, U8_MAX, 'type');
  if (code === undefined) return { type: number, code: ALL_CODES };
  const one = numberIn(code, 0, U8_MAX, 'code');
  return { type: number, code: { min: one, max: one } };
}

interface Kind {
  readonly name: 'icmp' | 'icmp6';
  readonly family: 'ip' | 'ip6';
  readonly option: string;
  readonly names: readonly IcmpName[];
  readonly nft: Readonly<Record<number, string>>;
  readonly key: string;
  readonly any: string;
  /** Its name in lists. */
  readonly listed: string;
}

const isAny = (kind: Kind, info: IcmpInfo): boolean =>
  kind.name === 'icmp' && info.type === ANY && isFull(info.code, U8_MAX);

function typeText(kind: Kind, info: IcmpInfo): string {
  if (isAny(kind, info)) return 'any';
  const { min, max } = info.code;
  return isFull(info.code, U8_MAX)
    ? `${info.type}`
    : `${info.type}/${min === max ? min : `${min}-${max}`}`;
}

/** print_icmp() and print_icmpv6(): numbers stand right behind `type`. */
function typeListed(kind: Kind, info: IcmpInfo, numeric: boolean): string {
  const { type, code, invert } = info;
  const named = numeric ? undefined : nameOf(kind, info);
  if (named !== undefined) return `${kind.listed} ${bang(invert)}${named}`;
  const one = code.min === code.max ? ` code ${code.min}` : ` codes ${code.min}-${code.max}`;
  const codes = isFull(code, U8_MAX) ? '' : one;
  return `${kind.listed}${invert ? ' !' : ''}type ${type}${codes}`;
}

const nameOf = (kind: Kind, info: IcmpInfo): string | undefined =>
  isAny(kind, info)
    ? 'any'
    : kind.names.find(
        ({ type, code }) =>
          type === info.type &&
          (code === undefined
            ? isFull(info.code, U8_MAX)
            : code === info.code.min && code === info.code.max),
      )?.name;

/** nft has no pair of type and code that could be negated, and libxt_icmp translates none at all. */
function translate(
  kind: Kind,
  info: IcmpInfo,
  { exact, leave }: TranslateContext,
): string | undefined {
  if (exact && kind.name === 'icmp' && info.type === ANY && info.invert)
    return leave('no packet has none of all types');
  if (isAny(kind, info)) return kind.any;
  const name = kind.nft[info.type];
  const isAnyCode = isFull(info.code, U8_MAX);
  if (exact && !info.invert) {
    const code = isAnyCode ? '' : rangeNft(`${kind.key} code`, info.code, false);
    return words(`${kind.key} type ${name ?? info.type}`, code);
  }
  if (exact) {
    const { min, max } = info.code;
    const pair = `${name ?? info.type} . ${min === max ? min : `${min}-${max}`}`;
    return isAnyCode
      ? `${kind.key} type != ${name ?? info.type}`
      : `${kind.key} type . ${kind.key} code != { ${pair} }`;
  }
  if (name === undefined || !isAnyCode) return undefined;
  return `${kind.key} type ${unequal(info.invert)}${name}`;
}

function icmpOf(kind: Kind): Extension {
  const parse: ValueParser = ([word = '']) =>
    kind.name === 'icmp' && word.toLowerCase() === 'any'
      ? { type: ANY, code: ALL_CODES }
      : typed(word, kind.names);
  return extension<IcmpInfo>({
    kind: 'match',
    name: kind.name,
    families: [kind.family],
    rev: 0,
    options: [
      {
        name: kind.option,
        parse,
        negatable: true,
        mandatory: true,
        about: 'type[/code]  by number or by name',
      },
    ],
    build: (given) => ({ ...given.value<Typed>(kind.option)!, invert: given.negated(kind.option) }),
    save: (info) => `${flagText(kind.option, info.invert)} ${typeText(kind, info)}`,
    list: (info, { numeric }) => typeListed(kind, info, numeric),
    translate: (info, cx) => translate(kind, info, cx),
  });
}

export const icmp = icmpOf({
  name: 'icmp',
  family: 'ip',
  option: 'icmp-type',
  names: ICMP_NAMES,
  nft: NFT_ICMP,
  key: 'icmp',
  any: 'ip protocol icmp',
  listed: 'icmp',
});

export const icmp6 = icmpOf({
  name: 'icmp6',
  family: 'ip6',
  option: 'icmpv6-type',
  names: ICMPV6_NAMES,
  nft: NFT_ICMPV6,
  key: 'icmpv6',
  any: 'meta l4proto ipv6-icmp',
  listed: 'ipv6-icmp',
});
