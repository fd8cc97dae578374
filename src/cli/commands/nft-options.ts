// The options of nft(8), read as getopt_long(3) reads them: short ones in a bundle, values in the
// next word or at once, and none behind the first word of a command.

import { EXIT_INPUT, Failure } from '../failure.ts';

/** Short, long, what a value is called, and what it does. `id` is where it goes. */
const TABLE = [
  ['h', 'help', undefined, 'show this help'],
  ['v', 'version', undefined, 'show the version'],
  ['V', undefined, undefined, 'show the version and what it was made with'],
  ['f', 'file', 'filename', 'read input from a file, or - for standard input'],
  ['D', 'define', 'name=value', 'define a variable'],
  ['i', 'interactive', undefined, 'read commands line by line'],
  ['I', 'includepath', 'directory', 'search included files there, too (default: /etc)'],
  ['c', 'check', undefined, 'check commands without applying them'],
  ['o', 'optimize', undefined, 'join rules that differ only in values, and say which'],
  ['a', 'handle', undefined, 'print handles'],
  ['s', 'stateless', undefined, 'leave out what packets change: counters, used quotas'],
  ['t', 'terse', undefined, 'leave out the elements of sets'],
  ['S', 'service', undefined, 'ports as names of services'],
  ['N', 'reversedns', undefined, 'addresses as names of hosts, where they are known'],
  ['u', 'guid', undefined, 'users and groups by name'],
  ['n', 'numeric', undefined, 'everything in numbers'],
  ['y', 'numeric-priority', undefined, 'priorities of chains in numbers'],
  ['p', 'numeric-protocol', undefined, 'layer 4 protocols in numbers'],
  ['T', 'numeric-time', undefined, 'times in numbers'],
  ['e', 'echo', undefined, 'print what was added, inserted or replaced'],
  ['j', 'json', undefined, 'read and print JSON'],
  ['d', 'debug', 'level', 'netlink prints the expressions the kernel would get'],
  [undefined, 'state', 'file', 'where the ruleset is kept between calls'],
  [undefined, 'live', undefined, "on the running kernel's ruleset, as root"],
  [undefined, 'netns', 'name', 'with --live: that of a namespace, by name or path'],
] as const;

type Row = (typeof TABLE)[number];
/** An option by its long name, or its letter where it has none. */
export type NftOptionName = NonNullable<Row[1]> | 'V';

/** For the help and the completions of the whole program. */
export const NFT_OPTIONS: readonly { readonly flags: string; readonly about: string }[] = TABLE.map(
  ([short, long, value, about]) => {
    const flags = [short && `-${short}`, long && `--${long}`].filter(Boolean).join(', ');
    return { flags: value === undefined ? flags : `${flags} <${value}>`, about };
  },
);

export interface NftArguments {
  readonly on: ReadonlySet<NftOptionName>;
  readonly files: readonly string[];
  readonly defines: Readonly<Record<string, string>>;
  readonly includes: readonly string[];
  readonly debug: readonly string[];
  readonly state: string | undefined;
  /** The namespace of `--live`. */
  readonly netns: string | undefined;
  /** The words of a command, joined as nft joins them. */
  readonly command: string | undefined;
}

const DEBUG = ['scanner', 'parser', 'eval', 'netlink', 'mnl', 'proto-ctx', 'segtree', 'all'];

const usage = (message: string): never => {
  throw new Failure(message, EXIT_INPUT);
};

/** getopt_long(3) takes an unambiguous beginning for a long option. */
function longRow(name: string): Row {
  const exact = TABLE.find(([, long]) => long === name);
  if (exact !== undefined) return exact;
  const begin = TABLE.filter(([, long]) => long?.startsWith(name) && name !== '');
  const [only] = begin;
  if (only === undefined) return usage(`unrecognized option '--${name}'`);
  return begin.length > 1 ? usage(`option '--${name}' is ambiguous`) : only;
}

const shortRow = (letter: string): Row =>
  TABLE.find(([short]) => short === letter) ?? usage(`invalid option -- '${letter}'`);

interface Given {
  readonly name: NftOptionName;
  readonly value: string | undefined;
}

class Words {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  /** The options at the front; what is left is the command. */
  options(): Given[] {
    const given: Given[] = [];
    for (;;) {
      const word = this.#words[this.#at];
      if (word === undefined || word === '-' || !word.startsWith('-')) return given;
      this.#at++;
      if (word === '--') return given;
      if (word.startsWith('--')) given.push(this.#long(word.slice(2)));
      else given.push(...this.#bundle(word.slice(1)));
    }
  }

  rest(): readonly string[] {
    return this.#words.slice(this.#at);
  }

  #value(what: string): string {
    const word = this.#words[this.#at++];
    return word ?? usage(`option requires an argument -- '${what}'`);
  }

  #long(text: string): Given {
    const equals = text.indexOf('=');
    const [short, long, takes] = longRow(equals < 0 ? text : text.slice(0, equals));
    const name = long ?? 'V';
    if (takes === undefined) {
      if (equals >= 0) usage(`option '--${long ?? short}' doesn't allow an argument`);
      return { name, value: undefined };
    }
    return { name, value: equals >= 0 ? text.slice(equals + 1) : this.#value(name) };
  }

  #bundle(letters: string): Given[] {
    const given: Given[] = [];
    for (let at = 0; at < letters.length; at++) {
      const letter = letters[at] ?? '';
      const [, long, takes] = shortRow(letter);
      const name = long ?? 'V';
      if (takes === undefined) {
        given.push({ name, value: undefined });
        continue;
      }
      const joined = letters.slice(at + 1);
      given.push({ name, value: joined === '' ? this.#value(letter) : joined });
      break;
    }
    return given;
  }
}

/** Words that look like options but stand where only a command may: nft refuses them, too. */
function refuseLateOptions(rest: readonly string[]): void {
  const late = rest.find((word) => /^-[a-zA-Z]$|^--[a-z]/.test(word));
  if (late !== undefined) usage('options must be specified before commands');
}

function definesOf(values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    values.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals <= 0) usage(`invalid definition '${pair}': it is --define name=value`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

function debugOf(values: readonly string[]): string[] {
  const levels = values.flatMap((value) => value.split(','));
  const unknown = levels.find((level) => !DEBUG.includes(level));
  if (unknown !== undefined)
    usage(`invalid debug level '${unknown}'; there are ${DEBUG.join(', ')}`);
  return levels;
}

/** Options that nft does not have may stand behind the command, too: `list ruleset --live`. */
function ownFirst(words: readonly string[]): readonly string[] {
  const own: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const isPair = word === '--netns' && i + 1 < words.length;
    if (isPair) own.push(word, words[++i]!);
    else (word === '--live' || word.startsWith('--netns=') ? own : rest).push(word);
  }
  return [...own, ...rest];
}

/** @throws Failure for what nft would not understand */
export function parseNftArguments(words: readonly string[]): NftArguments {
  const reader = new Words(ownFirst(words));
  const given = reader.options();
  const rest = reader.rest();
  refuseLateOptions(rest);
  const valuesOf = (name: NftOptionName): string[] =>
    given.flatMap((o) => (o.name === name && o.value !== undefined ? [o.value] : []));
  return {
    on: new Set(given.map((o) => o.name)),
    files: valuesOf('file'),
    defines: definesOf(valuesOf('define')),
    includes: valuesOf('includepath'),
    debug: debugOf(valuesOf('debug')),
    state: valuesOf('state').at(-1),
    netns: valuesOf('netns').at(-1),
    command: rest.length === 0 ? undefined : rest.join(' '),
  };
}
