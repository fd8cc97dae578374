// rateest: what a rate estimator says (libxt_rateest.c).

import type { RateestInfo } from '../../program/index.ts';
import {
  defined,
  extension,
  flagText,
  type Given,
  IP_FAMILIES,
  type PrintContext,
  text,
  U32_MAX,
  uint,
  type ValueParser,
  words,
  wrong,
} from '../extension/index.ts';

/** IFNAMSIZ without its terminator. */
const MAX_NAME = 15;

const UNITS: readonly (readonly [suffix: string, bits: number])[] = [
  ['bit', 1],
  ['kibit', 1024],
  ['kbit', 1000],
  ['mibit', 1024 ** 2],
  ['mbit', 1e6],
  ['gibit', 1024 ** 3],
  ['gbit', 1e9],
  ['tibit', 1024 ** 4],
  ['tbit', 1e12],
  ['bps', 8],
  ['kibps', 8 * 1024],
  ['kbps', 8e3],
  ['mibps', 8 * 1024 ** 2],
  ['mbps', 8e6],
  ['gibps', 8 * 1024 ** 3],
  ['gbps', 8e9],
  ['tibps', 8 * 1024 ** 4],
  ['tbps', 8e12],
];

/** Bytes per second. */
function bytes([word = '']: readonly string[]): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d*)?|\.\d+)([a-zA-Z]*)$/.exec(word) ?? [];
  const found = UNITS.find(([suffix]) => suffix === unit.toLowerCase());
  if (amount === undefined || (unit !== '' && found === undefined))
    return wrong(`bad rate "${word}"`);
  const rate = unit === '' ? Number(amount) / 8 : (Number(amount) * found![1]) / 8;
  return rate > U32_MAX ? wrong(`rate "${word}" is too high`) : Math.floor(rate);
}

/** rateest_print_rate(): from a thousand of the smaller unit on. */
function bitsText(rate: number): string {
  const bits = rate * 8;
  if (bits >= 1e9) return `${(bits / 1e6).toFixed(0)}Mbit`;
  return bits >= 1e6 ? `${(bits / 1e3).toFixed(0)}Kbit` : `${bits}bit`;
}

const MODES = ['lt', 'gt', 'eq'] as const;

/** The last one said. */
function modeOf(given: Given): RateestInfo['mode'] | undefined {
  const said = given.options.map(({ name }) => MODES.find((one) => name === `rateest-${one}`));
  return said.findLast((one) => one !== undefined);
}

function names(given: Given): { first: string; second?: string } {
  const first = given.value<string>('rateest') ?? given.value<string>('rateest1');
  const second = given.value<string>('rateest2');
  if (first === undefined) return wrong('rateest needs --rateest or --rateest1');
  return second === undefined ? { first } : { first, second };
}

function build(given: Given): RateestInfo {
  const mode = modeOf(given);
  if (mode === undefined) return wrong('rateest needs --rateest-lt, --rateest-gt or --rateest-eq');
  const value = (name: string): number => given.value<number>(`rateest-${name}`) ?? 0;
  const has = (...options: readonly string[]): boolean =>
    options.some((one) => given.has(`rateest-${one}`));
  for (const unit of ['bps', 'pps'])
    if (has(unit) && has(`${unit}2`)) wrong(`--rateest-${unit} is --rateest-${unit}2`);
  const bps = has('bps', 'bps1', 'bps2');
  const pps = has('pps', 'pps1', 'pps2');
  if (!bps && !pps) wrong('rateest needs a rate to compare');
  const delta = given.has('rateest-delta');
  const [plainBps, plainPps] = [value('bps'), value('pps')];
  return defined<RateestInfo>({
    ...names(given),
    second: names(given).second,
    mode,
    invert: given.options.some((one) => one.negated),
    delta,
    bps,
    pps,
    bps1: value('bps1'),
    bps2: has('bps2') ? value('bps2') : plainBps,
    pps1: value('pps1'),
    pps2: has('pps2') ? value('pps2') : plainPps,
  });
}

function save(info: RateestInfo): string {
  const { first, second, delta } = info;
  const mode = flagText(`rateest-${info.mode}`, info.invert);
  const compared = (unit: 'bps' | 'pps', text: (rate: number) => string): string =>
    words(
      delta && `--rateest-${unit}1 ${text(info[`${unit}1`])}`,
      mode,
      `--rateest-${unit}${delta ? '2' : ''}`,
      (delta || second === undefined) && text(info[`${unit}2`]),
    );
  return words(
    delta && '--rateest-delta',
    `--rateest${second === undefined ? '' : '1'} ${first}`,
    info.bps && compared('bps', bitsText),
    info.pps && compared('pps', String),
    second !== undefined && `--rateest2 ${second}`,
  );
}

/** An estimator beside a number: packets stand behind the comparison, bits before it. */
function listAlone(info: RateestInfo, mode: string, bits: (rate: number) => string): string {
  const { delta } = info;
  return words(
    info.bps && words('bps', delta && bits(info.bps1), bits(info.bps2), mode),
    info.pps && words('pps', delta && `${info.pps1}`, mode, `${info.pps2}`),
  );
}

function list(info: RateestInfo, { numeric }: PrintContext): string {
  const { first, second, delta } = info;
  const mode = words(info.invert && '!', info.mode);
  const bits = (rate: number): string => (numeric ? `${rate}` : bitsText(rate));
  const side = (bps: number, pps: number): string =>
    words(
      info.bps && words('bps', delta && bits(bps)),
      info.pps && words('pps', delta && `${pps}`),
    );
  return words(
    `rateest match ${first}`,
    delta && 'delta',
    second === undefined
      ? listAlone(info, mode, bits)
      : words(side(info.bps1, info.pps1), mode, second, side(info.bps2, info.pps2)),
  );
}

const name = text(MAX_NAME, 'name');
/** Only what is compared to a number needs one. */
const ifSaid =
  (parse: ValueParser): ValueParser =>
  (given, cx) =>
    given.length === 0 ? 0 : parse(given, cx);
const rate = { parse: ifSaid(bytes), optional: true } as const;
const packets = { parse: ifSaid(uint(U32_MAX)), optional: true } as const;

export const rateest = extension<RateestInfo>({
  kind: 'match',
  name: 'rateest',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    { name: 'rateest', parse: name, excludes: ['rateest1'], about: 'name  of an estimator' },
    { name: 'rateest1', parse: name, excludes: ['rateest'], about: 'name  of the first estimator' },
    { name: 'rateest2', parse: name, about: 'name  of the second estimator' },
    { name: 'rateest-delta', about: 'compare differences' },
    { name: 'rateest-bps', ...rate, about: '[rate]  in bits' },
    { name: 'rateest-bps1', ...rate, about: '[rate]' },
    { name: 'rateest-bps2', ...rate, about: '[rate]' },
    { name: 'rateest-pps', ...packets, about: '[number]  packets' },
    { name: 'rateest-pps1', ...packets, about: '[number]' },
    { name: 'rateest-pps2', ...packets, about: '[number]' },
    {
      name: 'rateest-lt',
      negatable: true,
      about: 'less than',
    },
    {
      name: 'rateest-gt',
      negatable: true,
      about: 'more than',
    },
    {
      name: 'rateest-eq',
      negatable: true,
      about: 'as much as',
    },
  ],
  build,
  save,
  list,
  translate: (_, { leave }) => leave('nft has no rate estimators'),
});
