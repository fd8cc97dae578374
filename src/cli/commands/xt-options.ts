// The options of iptables-save and iptables-restore, as getopt_long(3) reads them.

import { Failure } from '../failure.ts';
import { OTHER_PROBLEM } from './xt-report.ts';

interface Option {
  readonly id: string;
  readonly short?: string;
  readonly takes: 'nothing' | 'word' | 'maybe';
  readonly about: string;
}

const COUNTERS: Option = { id: 'counters', short: 'c', takes: 'nothing', about: 'with counters' };
const VERSION: Option = { id: 'version', short: 'V', takes: 'nothing', about: 'print the version' };
const HELP: Option = { id: 'help', short: 'h', takes: 'nothing', about: 'print this' };
const MODPROBE: Option = {
  id: 'modprobe',
  short: 'M',
  takes: 'word',
  about: 'taken, and means nothing here',
};

export const SAVE_OPTIONS: readonly Option[] = [
  COUNTERS,
  { id: 'table', short: 't', takes: 'word', about: 'only this table' },
  { id: 'file', short: 'f', takes: 'word', about: 'write to this file' },
  MODPROBE,
  VERSION,
  HELP,
];

export const RESTORE_OPTIONS: readonly Option[] = [
  COUNTERS,
  { id: 'noflush', short: 'n', takes: 'nothing', about: 'keep what is there' },
  { id: 'test', short: 't', takes: 'nothing', about: 'read and check, change nothing' },
  { id: 'table', short: 'T', takes: 'word', about: 'only this table' },
  {
    id: 'strict',
    takes: 'nothing',
    about: 'refuse what is not known, instead of keeping it as written',
  },
  { id: 'verbose', short: 'v', takes: 'nothing', about: 'tell what is done' },
  { id: 'wait', short: 'w', takes: 'maybe', about: 'the lock is always waited for' },
  { id: 'wait-interval', short: 'W', takes: 'maybe', about: 'means nothing any more' },
  { id: 'binary', short: 'b', takes: 'nothing', about: 'means nothing any more' },
  { id: 'ipv4', short: '4', takes: 'nothing', about: 'means nothing here' },
  { id: 'ipv6', short: '6', takes: 'nothing', about: 'means nothing here' },
  MODPROBE,
  VERSION,
  HELP,
];

export const RESTORE_TRANSLATE_OPTIONS: readonly Option[] = [
  { id: 'file', short: 'f', takes: 'word', about: 'the file to translate' },
  VERSION,
  HELP,
];

export interface Read {
  readonly given: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

const usage = (message: string): never => {
  throw new Failure(message, OTHER_PROBLEM);
};

function named(name: string, options: readonly Option[]): Option {
  const exact = options.find(({ id }) => id === name);
  const begins = options.filter(({ id }) => id.startsWith(name));
  if (exact !== undefined) return exact;
  const [only, ...more] = begins;
  if (only === undefined) return usage(`unrecognized option '--${name}'`);
  return more.length > 0 ? usage(`option '--${name}' is ambiguous`) : only;
}

const lettered = (letter: string, options: readonly Option[]): Option =>
  options.find(({ short }) => short === letter) ?? usage(`invalid option -- '${letter}'`);

/** @throws Failure for options there are not */
export function readOptions(words: readonly string[], options: readonly Option[]): Read {
  const given = new Map<string, string>();
  const rest: string[] = [];
  const left = [...words];
  const take = (option: Option, attached: string | undefined): void => {
    const isNext = left[0] !== undefined && !left[0].startsWith('-');
    const next =
      option.takes === 'word' || (option.takes === 'maybe' && isNext && /^\d+$/.test(left[0]!));
    const value = attached ?? (option.takes !== 'nothing' && next ? left.shift() : undefined);
    if (option.takes === 'word' && value === undefined)
      usage(`option '--${option.id}' requires an argument`);
    given.set(option.id, value ?? '');
  };
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--') rest.push(...left.splice(0));
    else if (word.startsWith('--')) {
      const [name = '', value] = word.slice(2).split(/=(.*)/s);
      take(named(name, options), value);
    } else if (word.length > 1 && word.startsWith('-')) cluster(word.slice(1), options, take);
    else rest.push(word);
  }
  return { given, rest };
}

function cluster(
  letters: string,
  options: readonly Option[],
  take: (option: Option, attached: string | undefined) => void,
): void {
  const [letter = '', ...more] = letters;
  const option = lettered(letter, options);
  const attached = more.join('');
  if (option.takes === 'nothing') {
    take(option, undefined);
    if (attached !== '') cluster(attached, options, take);
  } else take(option, attached === '' ? undefined : attached);
}

export interface RestoreArguments {
  readonly noFlush: boolean;
  readonly counters: boolean;
  readonly test: boolean;
  readonly strict: boolean;
  readonly verbose: boolean;
  readonly table: string | undefined;
}

export const restoreArguments = ({ given }: Read): RestoreArguments => ({
  noFlush: given.has('noflush'),
  counters: given.has('counters'),
  test: given.has('test'),
  strict: given.has('strict'),
  verbose: given.has('verbose'),
  table: given.get('table'),
});

/** A line for each option. */
export const optionsText = (options: readonly Option[]): string =>
  options
    .map(({ id, short, takes, about }) => {
      const flags = `${short === undefined ? '    ' : `-${short}, `}--${id}${takes === 'word' ? ' <word>' : ''}`;
      return `  ${flags.padEnd(24)}${about}\n`;
    })
    .join('');
