// time: when the packet arrives (libxt_time.c).

import type { TimeInfo } from '../../program/index.ts';
import {
  extension,
  type Given,
  IP_FAMILIES,
  type TranslateContext,
  words,
  wrong,
} from '../extension/index.ts';

/** INT_MAX: the last second of a 32-bit time, which stands for no end. */
const NO_END = 0x7fffffff;
const LAST_SECOND = 86_399;
/** XT_TIME_ALL_MONTHDAYS, XT_TIME_ALL_WEEKDAYS: bits 1 … 31 and 1 … 7. */
const ALL_MONTHDAYS = 0xfffffffe;
const ALL_WEEKDAYS = 0xfe;

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** `hh:mm[:ss]` @throws XtError */
function daytime([word = '']: readonly string[]): number {
  const [hour = '', minute, second = '0', ...more] = word.split(':');
  const parts = [hour, minute ?? '', second];
  if (more.length > 0 || !parts.every((one) => /^\d{1,2}$/.test(one)))
    return wrong(`bad time "${word}"`);
  const [h, m, s] = parts.map(Number) as [number, number, number];
  return h > 23 || m > 59 || s > 59 ? wrong(`bad time "${word}"`) : h * 3600 + m * 60 + s;
}

const DATE = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:T(\d{1,2})(?::(\d{1,2})(?::(\d{1,2}))?)?)?)?)?$/;

/** `YYYY[-MM[-DD[Thh[:mm[:ss]]]]]` @throws XtError */
function date([word = '']: readonly string[]): number {
  const parts = DATE.exec(word)
    ?.slice(1)
    .map((one) => (one === undefined ? undefined : Number(one)));
  if (parts === undefined) return wrong(`bad date "${word}"`);
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  const wanted = year >= 1970 && year <= 2038 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
  if (!wanted || hour > 23 || minute > 59 || second > 59) return wrong(`bad date "${word}"`);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

function monthdayIn(word: string): number {
  const day = /^\d{1,2}$/.test(word) ? Number(word) : 0;
  return day < 1 || day > 31 ? wrong(`bad day of the month "${word}"`) : day;
}

const monthdays = ([word = '']: readonly string[]): number =>
  word.split(',').reduce((all, one) => (all | (1 << monthdayIn(one))) >>> 0, 0);

/** `Mon`, `Mo` or `1`; further letters are not looked at. */
function weekdayIn(word: string): number {
  if (/^[1-7]$/.test(word)) return Number(word);
  const index = DAYS.findIndex((day) => day.slice(0, 2) === word.slice(0, 2));
  return index < 0 ? wrong(`bad day of the week "${word}"`) : index + 1;
}

const weekdays = ([word = '']: readonly string[]): number =>
  word.split(',').reduce((all, one) => all | (1 << weekdayIn(one)), 0);

function days(given: Given, name: string, all: number): number {
  const bits = given.value<number>(name) ?? all;
  return given.negated(name) ? (bits ^ all) >>> 0 : bits;
}

function build(given: Given): TimeInfo {
  if (given.has('utc') && given.has('kerneltz'))
    wrong('--utc and --kerneltz are two different times');
  const info: TimeInfo = {
    dateStart: given.value<number>('datestart') ?? 0,
    dateStop: given.value<number>('datestop') ?? NO_END,
    daytimeStart: given.value<number>('timestart') ?? 0,
    daytimeStop: given.value<number>('timestop') ?? LAST_SECOND,
    monthdays: days(given, 'monthdays', ALL_MONTHDAYS),
    weekdays: days(given, 'weekdays', ALL_WEEKDAYS),
    kerneltz: given.has('kerneltz') || given.has('localtz'),
    contiguous: given.has('contiguous'),
  };
  if (info.contiguous && info.daytimeStart < info.daytimeStop)
    wrong('--contiguous only makes sense when stoptime is smaller than starttime');
  return info;
}

const two = (value: number): string => `${value}`.padStart(2, '0');

const daytimeText = (seconds: number): string =>
  `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;

const dateText = (seconds: number, separator: string): string =>
  new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', separator);

const bitsOf = (bits: number, last: number): readonly number[] =>
  Array.from({ length: last }, (_, i) => i + 1).filter((day) => ((bits >>> day) & 1) === 1);

const hasDaytime = (info: TimeInfo): boolean =>
  info.daytimeStart !== 0 || info.daytimeStop !== LAST_SECOND;

const save = (info: TimeInfo): string =>
  words(
    hasDaytime(info) &&
      `--timestart ${daytimeText(info.daytimeStart)} --timestop ${daytimeText(info.daytimeStop)}`,
    info.monthdays !== ALL_MONTHDAYS && `--monthdays ${bitsOf(info.monthdays, 31).join(',')}`,
    info.weekdays !== ALL_WEEKDAYS &&
      `--weekdays ${bitsOf(info.weekdays, 7)
        .map((day) => DAYS[day - 1])
        .join(',')}`,
    info.dateStart !== 0 && `--datestart ${dateText(info.dateStart, 'T')}`,
    `--datestop ${dateText(info.dateStop, 'T')}`,
    info.kerneltz && '--kerneltz',
    info.contiguous && '--contiguous',
  );

/** time_print_monthdays() looks at the last digit alone: `11st`. */
const ordinal = (day: number): string => `${day}${['th', 'st', 'nd', 'rd'][day % 10] ?? 'th'}`;

const list = (info: TimeInfo): string =>
  words(
    'TIME',
    hasDaytime(info) &&
      `from ${daytimeText(info.daytimeStart)} to ${daytimeText(info.daytimeStop)}`,
    info.weekdays !== ALL_WEEKDAYS &&
      `on ${bitsOf(info.weekdays, 7)
        .map((day) => DAYS[day - 1])
        .join(',')}`,
    info.monthdays !== ALL_MONTHDAYS && `on ${bitsOf(info.monthdays, 31).map(ordinal).join(',')}`,
    info.dateStart !== 0 && `starting from ${dateText(info.dateStart, ' ')}`,
    info.dateStop !== NO_END && `until date ${dateText(info.dateStop, ' ')}`,
    !info.kerneltz && 'UTC',
    info.contiguous && 'contiguous',
  );

/** nft counts from Sunday, 0. */
const weekdayNft = (bits: number): string => {
  const numbers = bitsOf(bits, 7).map((day) => day % 7);
  return numbers.length === 1 ? `${numbers[0]}` : `{ ${numbers.join(', ')} }`;
};

/** nft reads a time of day or a date where it is loaded, in the local zone; numbers of seconds are UTC's everywhere. */
function exactly(info: TimeInfo): string {
  const { daytimeStart: start, daytimeStop: stop } = info;
  const isAlways = !hasDaytime(info) || start === stop || stop + 1 === start;
  const hours = start < stop ? `${start}-${stop}` : `!= ${spanText(stop + 1, start - 1)}`;
  return words(
    info.dateStart !== 0 && `meta time >= ${info.dateStart}`,
    // To the end of the last second.
    info.dateStop !== NO_END && `meta time < ${info.dateStop + 1}`,
    !isAlways && `meta hour ${hours}`,
    info.weekdays !== ALL_WEEKDAYS && `meta day ${weekdayNft(info.weekdays)}`,
  );
}

const spanText = (from: number, to: number): string => (from === to ? `${from}` : `${from}-${to}`);

function translate(info: TimeInfo, { exact, near, leave }: TranslateContext): string | undefined {
  if (info.monthdays !== ALL_MONTHDAYS) return leave('nft knows no days of the month');
  if (info.weekdays === 0) return leave('no day of the week is asked for');
  if (info.contiguous)
    return leave('nft does not count the hours behind midnight to the day before');
  const dated = info.dateStart !== 0 || info.dateStop !== NO_END;
  if (exact && info.kerneltz && dated)
    return near(exactly(info), "nft compares dates in UTC, not in the kernel's zone");
  if (exact) return exactly(info);
  return words(
    dated && `meta time "${dateText(info.dateStart, ' ')}"-"${dateText(info.dateStop, ' ')}"`,
    hasDaytime(info) &&
      `meta hour "${daytimeText(info.daytimeStart)}"-"${daytimeText(info.daytimeStop)}"`,
    info.weekdays !== ALL_WEEKDAYS && `meta day ${weekdayNft(info.weekdays)}`,
  );
}

export const time = extension<TimeInfo>({
  kind: 'match',
  name: 'time',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    { name: 'timestart', parse: daytime, about: 'hh:mm[:ss]' },
    { name: 'timestop', parse: daytime, about: 'hh:mm[:ss]' },
    { name: 'monthdays', parse: monthdays, negatable: true, about: 'day[,day...]  1 to 31' },
    {
      name: 'weekdays',
      parse: weekdays,
      negatable: true,
      about: 'day[,day...]  Mon to Sun, or 1 to 7',
    },
    { name: 'datestart', parse: date, about: 'YYYY[-MM[-DD[Thh[:mm[:ss]]]]]' },
    { name: 'datestop', parse: date, about: 'YYYY[-MM[-DD[Thh[:mm[:ss]]]]]' },
    { name: 'utc', excludes: ['localtz'], about: 'times are UTC, as they are anyway' },
    { name: 'localtz', excludes: ['utc'], about: 'as --kerneltz' },
    { name: 'kerneltz', excludes: ['utc'], about: "times are the kernel's" },
    { name: 'contiguous', about: 'a time that passes midnight belongs to the day it began' },
  ],
  build,
  save,
  list,
  translate,
});
