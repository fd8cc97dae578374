// rateest: what a rate estimator says (libxt_rateest.c).

import type { RateestInfo } from '../../program/index.ts';
import {
  defined,
  extension,
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

function bitsText(rate: number): string {
  const bits = rate * 8;
  if (bits >= 1e6 && bits % 1e6 === 0) return `${bits / 1e6}Mbit`;
  return bits >= 1e3 && bits % 1e3 === 0 ? `${bits / 1e3}Kbit` : `${bits}bit`;
}

const MODES = ['lt', 'gt', 'eq'] as const;

function names(given: Given): { first: string; second?: string } {
  const first = given.value<string>('rateest') ?? given.value<string>('rateest1');
  const second = given.value<string>('rateest2');
  if (first === undefined) return wrong('rateest needs --rateest or --rateest1');
  return second === undefined ? { first } : { first, second };
}

function build(given: Given): RateestInfo {
  const mode = MODES.find((one) => given.has(`rateest-${one}`));
  if (mode === undefined) return wrong('rateest needs --rateest-lt, --rateest-gt or --rateest-eq');
  const value = (name: string): number => given.value<number>(`rateest-${name}`) ?? 0;
  const has = (...options: readonly string[]): boolean =>
    options.some((one) => given.has(`rateest-${one}`));
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
  const mode = words(info.invert && '!', `--rateest-${info.mode}`);
  const delta = info.delta && '--rateest-delta';
  if (info.second === undefined) {
    const suffix = info.delta ? '1' : '';
    const second = info.delta ? '2' : '';
    const rate1 = words(
      info.bps && info.delta && `--rateest-bps1 ${bitsText(info.bps1)}`,
      info.pps && info.delta && `--rateest-pps${suffix} ${info.pps1}`,
    );
    const rate2 = words(
      info.bps && `--rateest-bps${second} ${bitsText(info.bps2)}`,
      info.pps && `--rateest-pps${second} ${info.pps2}`,
    );
    return words(delta, `--rateest ${info.first}`, rate1, mode, rate2);
  }
  return words(
    delta,
    `--rateest1 ${info.first}`,
    info.bps && words('--rateest-bps', info.delta && `--rateest-bps1 ${bitsText(info.bps1)}`),
    info.pps && words('--rateest-pps', info.delta && `--rateest-pps1 ${info.pps1}`),
    mode,
    `--rateest2 ${info.second}`,
    info.bps && info.delta && `--rateest-bps2 ${bitsText(info.bps2)}`,
    info.pps && info.delta && `--rateest-pps2 ${info.pps2}`,
  );
}

/** What one estimator is compared to, or by how much it differs. */
function sideListed(
  info: RateestInfo,
  name: string,
  [bps, pps]: readonly [number, number],
  cx: PrintContext,
): string {
  const compare = info.second === undefined ? words(info.invert && '!', info.mode) : undefined;
  const bits = (rate: number): string => (cx.numeric ? `${rate}` : bitsText(rate));
  return words(
    name,
    info.delta && 'delta',
    info.bps && words('bps', info.delta && bits(bps), compare && `${compare} ${bits(info.bps2)}`),
    info.pps && words('pps', info.delta && `${pps}`, compare && `${compare} ${info.pps2}`),
  );
}

function list(info: RateestInfo, cx: PrintContext): string {
  const first = `rateest match ${sideListed(info, info.first, [info.bps1, info.pps1], cx)}`;
  if (info.second === undefined) return first;
  const second = sideListed(info, info.second, [info.bps2, info.pps2], cx);
  return words(first, info.invert && '!', info.mode, second);
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
      excludes: ['rateest-gt', 'rateest-eq'],
      about: 'less than',
    },
    {
      name: 'rateest-gt',
      negatable: true,
      excludes: ['rateest-lt', 'rateest-eq'],
      about: 'more than',
    },
    {
      name: 'rateest-eq',
      negatable: true,
      excludes: ['rateest-lt', 'rateest-gt'],
      about: 'as much as',
    },
  ],
  build,
  save,
  list,
});
