// The options behind a set's type and behind an element.

import type { IpSetFamily, IpSetOptions, IpSetRequest } from '../../program/index.ts';
import { address } from './address.ts';
import { parameter, refused, syntax } from './fault.ts';
import type { IpsetNames } from './names.ts';
import type { AddOption, CreateOption, TypeInfo } from './types.ts';
import * as values from './values.ts';

/** Words that are options alone, and what they are called when they are printed. */
const FLAGS: ReadonlySet<string> = new Set([
  'counters',
  'forceadd',
  'skbinfo',
  'nomatch',
  'wildcard',
]);

const FAMILY_WORDS: Readonly<Record<string, IpSetFamily>> = {
  inet: 'inet',
  ipv4: 'inet',
  '-4': 'inet',
  inet6: 'inet6',
  ipv6: 'inet6',
  '-6': 'inet6',
  any: 'unspec',
  unspec: 'unspec',
};

/** Two leading dashes do not count. */
const bare = (word: string): string => (word.startsWith('--') ? word.slice(2) : word);

interface Given<Option> {
  readonly option: Option;
  /** The value, or the word itself where it takes none. */
  readonly value: string;
  /** The word as it was given. */
  readonly word: string;
}

/** Options and their values, in their order. `match` says which option a word is. */
function* walk<Option extends string>(
  words: readonly string[],
  match: (word: string) => Option | undefined,
  takesValue: (option: Option, word: string) => boolean,
): Generator<Given<Option>> {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const option = match(bare(word));
    if (option === undefined) return parameter(`Unknown argument: \`${word}'`);
    if (!takesValue(option, bare(word))) {
      yield { option, value: bare(word), word };
      continue;
    }
    const value = words[++i];
    if (value === undefined) return parameter(`Missing mandatory argument of option \`${option}'`);
    yield { option, value, word };
  }
}

export interface CreateRead {
  readonly family: IpSetFamily;
  readonly options: IpSetOptions;
  readonly cidr?: number;
  readonly warnings: readonly string[];
}

/** Old options of which one stands for another. */
const IGNORED_AS: Readonly<Partial<Record<CreateOption, string>>> = { network: 'from' };

class CreateReader {
  readonly #info: TypeInfo;
  readonly #names: IpsetNames;
  readonly #seen = new Set<string>();
  readonly #warned = new Set<string>();
  readonly warnings: string[] = [];
  family: IpSetFamily;
  #familySaid = false;
  options: IpSetOptions = {};
  from: number | undefined = undefined;
  to: number | undefined = undefined;
  cidr: number | undefined = undefined;

  constructor(info: TypeInfo, family: IpSetFamily, names: IpsetNames) {
    this.#info = info;
    this.#names = names;
    this.family = family;
  }

  match(word: string): CreateOption | undefined {
    const { create, ignored } = this.#info;
    if ((word === '-4' || word === '-6') && create.includes('family')) return 'family';
    return [...create, ...ignored].find((option) => option === word);
  }

  takesValue(option: CreateOption, word: string): boolean {
    return !FLAGS.has(option) && option !== 'comment' && word !== '-4' && word !== '-6';
  }

  /** The family first: addresses depend on it. */
  readFamily({ option, value, word }: Given<CreateOption>): void {
    if (option !== 'family') return;
    if (this.#familySaid) syntax(`${bare(word)} already specified`);
    this.#familySaid = true;
    const family = Object.hasOwn(FAMILY_WORDS, value) ? FAMILY_WORDS[value] : undefined;
    this.family = family ?? syntax(`unknown inet family ${value}`);
  }

  read({ option, value }: Given<CreateOption>): void {
    if (option === 'family') return;
    if (this.#info.ignored.includes(option)) this.#ignore(option, value);
    else if (option === 'netmask' || option === 'bitmask')
      this.#once(option, () => this.#mask(option, value));
    else if (['range', 'from', 'to', 'network'].includes(option)) this.#readRange(option, value);
    else this.#once(option, () => this.#plain(option, value));
  }

  #once(option: string, read: () => void): void {
    if (this.#seen.has(option) && !FLAGS.has(option) && option !== 'comment')
      syntax(`${option} already specified`);
    this.#seen.add(option);
    read();
  }

  #ignore(option: CreateOption, value: string): void {
    const name = IGNORED_AS[option] ?? option;
    if (this.#warned.has(name)) return;
    this.#warned.add(name);
    this.warnings.push(`Option '--${name} ${value}' is ignored. Please upgrade your syntax.`);
  }

  #plain(option: CreateOption, value: string): void {
    if (option === 'timeout') this.#set({ timeout: values.timeout(value) });
    else if (option === 'bucketsize') this.#set({ bucketsize: values.u8(value) });
    else if (FLAGS.has(option) || option === 'comment') this.#set({ [option]: true });
    else this.#set({ [option]: values.u32(value) });
  }

  #set(options: IpSetOptions): void {
    this.options = { ...this.options, ...options };
  }

  #mask(option: 'netmask' | 'bitmask', value: string): void {
    const other = option === 'netmask' ? 'bitmask' : 'netmask';
    if (this.#seen.has(other))
      syntax('bitmask and netmask are mutually exclusive, provide only one');
    const bits = this.family === 'inet6' ? 128 : 32;
    if (option === 'netmask') this.#set({ netmask: netmask(value, bits) });
    else this.#set({ bitmask: this.#bitmask(value) });
  }

  #bitmask(value: string): string {
    return alsoSaying(
      () => address(value, this.family, 'any', this.#names).ip,
      `bitmask is not valid for family = ${this.family}`,
    );
  }

  /** The range of a bitmap; `from`, `to` and `network` are its older forms. */
  #readRange(option: CreateOption, value: string): void {
    const isEnd = option === 'to';
    if ((isEnd ? this.to : this.from) !== undefined) syntax(`${option} already specified`);
    if (this.#info.type === 'bitmap:port') this.#portRange(option, value);
    else this.#addressRange(option, value);
  }

  #addressRange(option: CreateOption, value: string): void {
    const form = option === 'range' ? 'netrange' : option === 'network' ? 'net' : 'plain';
    const { ip, ipTo, cidr } = address(value, 'inet', form, this.#names);
    const number = Number.parseInt(ip, 16);
    if (option === 'to') this.to = number;
    else this.from = number;
    if (ipTo !== undefined) this.to = Number.parseInt(ipTo, 16);
    if (cidr !== undefined) this.cidr = cidr;
  }

  #portRange(option: CreateOption, value: string): void {
    if (option !== 'range') {
      const port = values.port(value, 'tcp', this.#names);
      if (option === 'to') this.to = port;
      else this.from = port;
      return;
    }
    const { port, portTo } = values.barePorts(value, this.#names);
    this.from = port;
    if (portTo !== undefined) this.to = portTo;
  }

  /** A bitmap without both ends is none. */
  checkRange(): void {
    if (!this.#info.create.includes('range')) return;
    const end = this.to ?? this.cidr;
    if (this.from === undefined) parameter("Mandatory option `range' is missing");
    if (end === undefined) parameter("Mandatory option `to' is missing");
  }
}

const netmask = (value: string, bits: number): number =>
  alsoSaying(
    () => values.cidr(value, 1, bits),
    `netmask is out of the inclusive range of 1-${bits}`,
  );

/** What is wrong with a value is said twice. */
function alsoSaying<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return refused(`${error.message}\nSyntax error: ${what}`);
  }
}

/** @throws IpsetFault */
export function readCreate(
  words: readonly string[],
  info: TypeInfo,
  family: IpSetFamily,
  names: IpsetNames,
): CreateRead {
  const reader = new CreateReader(info, family, names);
  const given = () =>
    walk<CreateOption>(
      words,
      (word) => reader.match(word),
      (option, word) => reader.takesValue(option, word),
    );
  for (const one of given()) reader.readFamily(one);
  for (const one of given()) reader.read(one);
  reader.checkRange();
  const { options, from, to, cidr, warnings } = reader;
  const range = from === undefined ? {} : { range: { from, to: to ?? from } };
  return {
    family: reader.family,
    options: { ...options, ...range },
    ...(cidr === undefined || to !== undefined ? {} : { cidr }),
    warnings,
  };
}

function readAddOption(option: AddOption, value: string): IpSetRequest {
  switch (option) {
    case 'timeout':
      return { timeout: values.timeout(value) };
    case 'nomatch':
    case 'wildcard':
      return { [option]: true };
    case 'before':
    case 'after':
      return { [option]: values.setName(value) };
    case 'packets':
    case 'bytes':
      return { [option]: values.u64(value) };
    case 'comment':
      return { comment: values.comment(value) };
    case 'skbmark':
      return values.skbmark(value);
    case 'skbprio':
      return { skbprio: values.skbprio(value) };
    default:
      return { skbqueue: values.u16(value) };
  }
}

/** `before` and `after` are one place. */
const placeOf = (option: AddOption): string => (option === 'before' ? 'after' : option);

/** The options behind an element. @throws IpsetFault */
export function readExtensions(
  words: readonly string[],
  known: readonly AddOption[],
  element: IpSetRequest,
): IpSetRequest {
  const seen = new Set<string>();
  if (element.before !== undefined || element.after !== undefined) seen.add('after');
  let request = element;
  const given = walk<AddOption>(
    words,
    (word) => known.find((option) => option === word),
    (option) => !FLAGS.has(option),
  );
  for (const { option, value } of given) {
    if (seen.has(placeOf(option)) && !FLAGS.has(option)) syntax(`${option} already specified`);
    seen.add(placeOf(option));
    request = { ...request, ...readAddOption(option, value) };
  }
  return request;
}
