// HMARK: a mark made of a hash of the packet (libxt_HMARK.c).

import type { HmarkInfo } from '../../program/index.ts';
import {
  extension,
  type Given,
  hexText,
  IP_FAMILIES,
  maskHex,
  maskOf,
  type OptionSpec,
  type ParseContext,
  type PrintContext,
  prefixLength,
  uint,
  words,
  wrong,
  type XtFamily,
} from '../extension/index.ts';

/** 1 << XT_HMARK_* of include/uapi/linux/netfilter/xt_HMARK.h */
const F = {
  src: 1 << 0,
  dst: 1 << 1,
  spi: 1 << 2,
  spiMask: 1 << 3,
  sport: 1 << 4,
  dport: 1 << 5,
  sportMask: 1 << 6,
  dportMask: 1 << 7,
  protoMask: 1 << 8,
  rnd: 1 << 9,
  modulus: 1 << 10,
  offset: 1 << 11,
  ct: 1 << 12,
} as const;

const PORT_MASKS = F.sportMask | F.dportMask;
/** What is hashed: one of these must be there. */
const WHAT =
  F.src | F.dst | F.spi | F.spiMask | F.sport | F.dport | PORT_MASKS | F.protoMask | F.ct;

const addressBytes = (family: XtFamily): number => (family === 'ip6' ? 16 : 4);
/** IPv4 takes the first word. */
const padded = (mask: string): string => mask.padEnd(32, '0');
const whole = (family: XtFamily): string => padded('ff'.repeat(addressBytes(family)));

/** What an option, or a word of --hmark-tuple, sets. */
type Step = (value: never, family: XtFamily) => Partial<HmarkInfo>;
type Steps = Readonly<Record<string, readonly [flag: number, step: Step]>>;

const halves = (spi: number): readonly [number, number] => [spi >>> 16, spi & 0xffff];

function spiMask(mask: number): Partial<HmarkInfo> {
  const [srcPortMask, dstPortMask] = halves(mask);
  return { srcPortMask, dstPortMask };
}

function spiSet(spi: number): Partial<HmarkInfo> {
  const [srcPortSet, dstPortSet] = halves(spi);
  return { srcPortSet, dstPortSet };
}

const STEPS: Steps = {
  'hmark-src-prefix': [F.src, (mask: string) => ({ srcMask: padded(mask) })],
  'hmark-dst-prefix': [F.dst, (mask: string) => ({ dstMask: padded(mask) })],
  'hmark-sport-mask': [F.sportMask, (srcPortMask: number) => ({ srcPortMask })],
  'hmark-dport-mask': [F.dportMask, (dstPortMask: number) => ({ dstPortMask })],
  'hmark-spi-mask': [F.spiMask, spiMask],
  'hmark-sport': [F.sport, (srcPortSet: number) => ({ srcPortSet })],
  'hmark-dport': [F.dport, (dstPortSet: number) => ({ dstPortSet })],
  'hmark-spi': [F.spi, spiSet],
  'hmark-proto-mask': [F.protoMask, (protoMask: number) => ({ protoMask })],
  'hmark-rnd': [F.rnd, (hashrnd: number) => ({ hashrnd })],
  'hmark-mod': [F.modulus, (hmodulus: number) => ({ hmodulus })],
  'hmark-offset': [F.offset, (hoffset: number) => ({ hoffset })],
};

const TUPLE: Steps = {
  src: [F.src, (_, family) => ({ srcMask: whole(family) })],
  dst: [F.dst, (_, family) => ({ dstMask: whole(family) })],
  sport: [F.sportMask, () => ({ srcPortMask: 0xffff })],
  dport: [F.dportMask, () => ({ dstPortMask: 0xffff })],
  spi: [F.spiMask, () => spiMask(0xffffffff)],
  proto: [F.protoMask, () => ({ protoMask: 0xffff })],
  ct: [F.ct, () => ({})],
};

const ZERO: HmarkInfo = {
  flags: 0,
  srcMask: maskOf(0, 16),
  dstMask: maskOf(0, 16),
  srcPortMask: 0,
  dstPortMask: 0,
  srcPortSet: 0,
  dstPortSet: 0,
  protoMask: 0,
  hashrnd: 0,
  hmodulus: 0,
  hoffset: 0,
};

const stepsOf = (name: string, value: unknown): readonly (readonly [number, Step])[] =>
  name === 'hmark-tuple' ? (value as string[]).map((word) => TUPLE[word]!) : [STEPS[name]!];

function build(given: Given, { family }: ParseContext): HmarkInfo {
  let info = ZERO;
  for (const { name, value } of given.options)
    for (const [flag, step] of stepsOf(name, value)) {
      if (name !== 'hmark-tuple' && (info.flags & flag) !== 0)
        wrong(`--${name} is given already, by --hmark-tuple`);
      info = { ...info, ...step(value as never, family), flags: info.flags | flag };
    }
  if ((info.flags & F.modulus) === 0) return wrong('HMARK needs --hmark-mod');
  if ((info.flags & F.rnd) === 0) return wrong('HMARK needs --hmark-rnd');
  if ((info.flags & F.spiMask) !== 0 && (info.flags & PORT_MASKS) !== 0)
    return wrong('an SPI and ports cannot both be hashed');
  if ((info.flags & WHAT) === 0) return wrong('HMARK needs something to hash, e.g. --hmark-tuple');
  return info;
}

const spi = (high: number, low: number): string => hexText(((high << 16) | low) >>> 0, 8);

function save(info: HmarkInfo, { family }: PrintContext): string {
  const has = (flag: number): boolean => (info.flags & flag) !== 0;
  const length = (mask: string): string =>
    `${prefixLength(mask.slice(0, addressBytes(family) * 2)) ?? 0}`;
  return words(
    has(F.src) && `--hmark-src-prefix ${length(info.srcMask)}`,
    has(F.dst) && `--hmark-dst-prefix ${length(info.dstMask)}`,
    has(F.sportMask) && `--hmark-sport-mask ${hexText(info.srcPortMask, 4)}`,
    has(F.dportMask) && `--hmark-dport-mask ${hexText(info.dstPortMask, 4)}`,
    has(F.spiMask) && `--hmark-spi-mask ${spi(info.srcPortMask, info.dstPortMask)}`,
    has(F.sport) && `--hmark-sport ${hexText(info.srcPortSet, 4)}`,
    has(F.dport) && `--hmark-dport ${hexText(info.dstPortSet, 4)}`,
    has(F.spi) && `--hmark-spi ${spi(info.srcPortSet, info.dstPortSet)}`,
    has(F.protoMask) && `--hmark-proto-mask ${hexText(info.protoMask, 2)}`,
    has(F.rnd) && `--hmark-rnd ${hexText(info.hashrnd, 8)}`,
    has(F.modulus) && `--hmark-mod ${info.hmodulus}`,
    has(F.offset) && `--hmark-offset ${info.hoffset}`,
    has(F.ct) && '--hmark-tuple ct',
  );
}

/** A blank stands behind each part. */
function list(info: HmarkInfo, { family }: PrintContext): string {
  const has = (flag: number): boolean => (info.flags & flag) !== 0;
  const length = (mask: string): string =>
    `${prefixLength(mask.slice(0, addressBytes(family) * 2)) ?? 0}`;
  const word = (high: number, low: number): string => hexText(((high << 16) | low) >>> 0);
  return `${words(
    'HMARK',
    has(F.modulus) && `mod ${info.hmodulus}`,
    has(F.offset) && `+ ${hexText(info.hoffset)}`,
    has(F.ct) && 'ct,',
    has(F.src) && `src-prefix ${length(info.srcMask)}`,
    has(F.dst) && `dst-prefix ${length(info.dstMask)}`,
    has(F.sportMask) && `sport-mask ${hexText(info.srcPortMask)}`,
    has(F.dportMask) && `dport-mask ${hexText(info.dstPortMask)}`,
    has(F.spiMask) && `spi-mask ${word(info.srcPortMask, info.dstPortMask)}`,
    has(F.sport) && `sport ${hexText(info.srcPortSet)}`,
    has(F.dport) && `dport ${hexText(info.dstPortSet)}`,
    has(F.spi) && `spi ${word(info.srcPortSet, info.dstPortSet)}`,
    has(F.protoMask) && `proto-mask ${hexText(info.protoMask)}`,
    has(F.rnd) && `rnd ${hexText(info.hashrnd)}`,
  )} `;
}

function tupleOf(list: string): readonly string[] {
  const parts = list.split(',');
  const stray = parts.find((part) => !Object.hasOwn(TUPLE, part));
  return stray === undefined ? parts : wrong(`bad part "${stray}"`, Object.keys(TUPLE).join(','));
}

const u16 = uint(0xffff);
const u32 = uint(0xffffffff);
const prefix: OptionSpec['parse'] = ([word = ''], { family }) => maskHex(word, family);

const OPTIONS: readonly OptionSpec[] = [
  {
    name: 'hmark-tuple',
    parse: ([word = '']) => tupleOf(word),
    about: `part[,part...]  what is hashed: ${Object.keys(TUPLE).join(', ')}`,
  },
  { name: 'hmark-src-prefix', parse: prefix, about: 'length of the prefix of the source' },
  { name: 'hmark-dst-prefix', parse: prefix, about: 'length of the prefix of the destination' },
  { name: 'hmark-sport-mask', parse: u16, about: 'bits of the source port' },
  { name: 'hmark-dport-mask', parse: u16, about: 'bits of the destination port' },
  { name: 'hmark-spi-mask', parse: u32, about: 'bits of the SPI' },
  { name: 'hmark-sport', parse: u16, about: 'bits set in the source port' },
  { name: 'hmark-dport', parse: u16, about: 'bits set in the destination port' },
  { name: 'hmark-spi', parse: u32, about: 'bits set in the SPI' },
  { name: 'hmark-proto-mask', parse: u16, about: 'bits of the protocol' },
  { name: 'hmark-rnd', parse: u32, about: 'start of the hash' },
  { name: 'hmark-mod', parse: uint(0xffffffff, 1), about: 'number of marks' },
  { name: 'hmark-offset', parse: u32, about: 'first mark' },
];

export const hmark = extension<HmarkInfo>({
  kind: 'target',
  name: 'HMARK',
  families: IP_FAMILIES,
  rev: 0,
  options: OPTIONS,
  build,
  save,
  list,
  translate: (_, { leave }) => leave('nft makes its hashes of other things, and in another way'),
});
