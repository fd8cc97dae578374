// One command of ipset(8): options anywhere, the command by any of its beginnings, its arguments.

import type { IpSetChange, IpSetFamily, IpSetRequest, IpSetType } from '../../program/index.ts';
import { type KnownSet, readElement } from './element.ts';
import { IpsetFault, notAllowed, parameter, refused, syntax } from './fault.ts';
import type { IpsetNames } from './names.ts';
import { readCreate, readExtensions } from './options.ts';
import { type Allowed, defaultFamily, infoOf, type TypeInfo, typeNamed } from './types.ts';
import { setName, WrongIcmp } from './values.ts';

export type OutputMode = 'plain' | 'save' | 'xml';

/** Options that stay on from one line to the next. */
export interface IpsetOptions {
  output: OutputMode | undefined;
  sorted: boolean;
  quiet: boolean;
  resolve: boolean;
  exist: boolean;
  names: boolean;
  terse: boolean;
  file: string | undefined;
}

export const ipsetOptions = (): IpsetOptions => ({
  output: undefined,
  sorted: false,
  quiet: false,
  resolve: false,
  exist: false,
  names: false,
  terse: false,
  file: undefined,
});

export type IpsetCommand =
  | { readonly kind: 'change'; readonly change: IpSetChange; readonly warnings: readonly string[] }
  | { readonly kind: 'list' | 'save'; readonly set?: string }
  | { readonly kind: 'help'; readonly type?: string }
  | { readonly kind: 'restore' | 'version' | 'quit' | 'interactive' | 'none' };

/** What a command is read against. */
export interface IpsetContext {
  readonly options: IpsetOptions;
  readonly names: IpsetNames;
  /** Whose lines these are: a restore file, or a person who is asked line by line. */
  readonly mode: 'command' | 'restore' | 'interactive';
  known(set: string): { readonly type: IpSetType; readonly family: IpSetFamily } | undefined;
}

type Flag = 'sorted' | 'quiet' | 'resolve' | 'exist' | 'names' | 'terse';

const ENVIRONMENT: readonly (readonly [string, string, Flag | 'output' | 'file'])[] = [
  ['-o', '-output', 'output'],
  ['-s', '-sorted', 'sorted'],
  ['-q', '-quiet', 'quiet'],
  ['-r', '-resolve', 'resolve'],
  ['-!', '-exist', 'exist'],
  ['-n', '-name', 'names'],
  ['-t', '-terse', 'terse'],
  ['-f', '-file', 'file'],
];

/** In the order in which a beginning is looked up; how many arguments each needs, and may take. */
const COMMANDS = [
  ['create', ['create', 'new', '-N'], 2, 2],
  ['add', ['add', '-A'], 2, 2],
  ['del', ['del', '-D'], 2, 2],
  ['test', ['test', '-T'], 2, 2],
  ['destroy', ['destroy', 'x', '-X'], 0, 1],
  ['list', ['list', '-L'], 0, 1],
  ['save', ['save', '-S'], 0, 1],
  ['restore', ['restore', '-R'], 0, 0],
  ['flush', ['flush', '-F'], 0, 1],
  ['rename', ['rename', 'e', '-E'], 2, 2],
  ['swap', ['swap', 'w', '-W'], 2, 2],
  ['help', ['help', '-h', '-H'], 0, 1],
  ['version', ['version', '-v', '-V'], 0, 0],
  ['quit', ['quit'], 0, 0],
] as const;
type CommandName = (typeof COMMANDS)[number][0];

/** Takes the options out, each kind in its turn, wherever they stand. */
function takeEnvironment(words: readonly string[], options: IpsetOptions): string[] {
  const left = [...words];
  // Few of a hundred thousand lines have options.
  if (!left.some((word) => word.startsWith('-'))) return left;
  for (const [short, long, name] of ENVIRONMENT)
    for (let i = 0; i < left.length; ) {
      const word = left[i]?.replace(/^--/, '-');
      if (word !== short && word !== long) {
        i++;
        continue;
      }
      left.splice(i, 1);
      if (name === 'output' || name === 'file')
        takeValue(name, short, left.splice(i, 1)[0], options);
      else options[name] = true;
    }
  return left;
}

function takeValue(
  name: 'output' | 'file',
  short: string,
  value: string | undefined,
  options: IpsetOptions,
): void {
  if (value === undefined) parameter(`Missing mandatory argument to option ${short}`);
  else if (name === 'file') {
    if (options.file !== undefined)
      parameter('-file option cannot be used when full io is activated');
    options.file = value;
  } else if (value === 'plain' || value === 'save' || value === 'xml') options.output = value;
  else syntax(`unknown output mode '${value}'`);
}

function commandNamed(word: string): (typeof COMMANDS)[number] | undefined {
  const text = word.startsWith('--') ? word.slice(2) : word;
  if (text === '' || word === '-') return undefined;
  return COMMANDS.find(([, names]) => names.some((name) => name.startsWith(text)));
}

/** @throws IpsetFault */
export function readCommand(words: readonly string[], context: IpsetContext): IpsetCommand {
  const [word, ...rest] = takeEnvironment(words, context.options);
  const command = word === undefined ? undefined : commandNamed(word);
  if (command === undefined) return withoutCommand(word, context);
  const [name, , needed, most] = command;
  const invalid = ['restore', 'version', 'help'].includes(name);
  if (context.mode === 'restore' && invalid)
    parameter(`Command \`${name}' is invalid in restore mode.`);
  if (needed > 0 && rest[0] === undefined)
    parameter(`Missing mandatory argument to command ${name}`);
  if (needed > 1 && rest[1] === undefined)
    parameter(`Missing second mandatory argument to command ${name}`);
  if (['help', 'version', 'quit'].includes(name)) return aboutItself(name, rest);
  const read = run(name, rest, context);
  const more = rest[most];
  if (!['create', 'add', 'del', 'test'].includes(name) && more !== undefined)
    parameter(`Unknown argument ${more}`);
  return read;
}

function withoutCommand(word: string | undefined, { mode }: IpsetContext): IpsetCommand {
  if (mode === 'interactive') return { kind: 'none' };
  if (word === '-') return { kind: 'interactive' };
  return parameter(
    word === undefined ? 'No command specified.' : `No command specified: unknown argument ${word}`,
  );
}

const aboutItself = (name: CommandName, [first]: readonly string[]): IpsetCommand =>
  name === 'help'
    ? { kind: 'help', ...(first === undefined ? {} : { type: first }) }
    : { kind: name === 'version' ? 'version' : 'quit' };

function run(name: CommandName, words: readonly string[], context: IpsetContext): IpsetCommand {
  const [first = '', second = '', ...rest] = words;
  const exist = context.options.exist ? { exist: true } : {};
  const set = words.length === 0 ? {} : { set: setName(first) };
  switch (name) {
    case 'restore':
      return { kind: 'restore' };
    case 'list':
    case 'save':
      return { kind: name, ...set };
    case 'destroy':
    case 'flush':
      return { kind: 'change', change: { kind: name, ...set, ...exist }, warnings: [] };
    case 'rename':
    case 'swap': {
      const to = setName(second);
      return { kind: 'change', change: { kind: name, set: first, to, ...exist }, warnings: [] };
    }
    case 'create':
      return create(first, second, rest, context);
    default:
      return element(name as 'add' | 'del' | 'test', first, second, rest, context);
  }
}

function create(
  name: string,
  typeName: string,
  words: readonly string[],
  { options, names }: IpsetContext,
): IpsetCommand {
  const set = setName(name);
  if (typeName.length > 31) syntax(`typename '${typeName}' is longer than 31 characters`);
  const info = typeNamed(typeName) ?? syntax(`typename '${typeName}' is unknown`);
  const { warnings, ...read } = readCreate(words, info, defaultFamily(info), names);
  const exist = options.exist ? { exist: true } : {};
  return {
    kind: 'change',
    change: { kind: 'create', set, type: info.type, ...read, ...exist },
    warnings,
  };
}

function element(
  kind: 'add' | 'del' | 'test',
  name: string,
  text: string,
  words: readonly string[],
  context: IpsetContext,
): IpsetCommand {
  const set = setName(name);
  const found = context.known(set) ?? refused('The set with the given name does not exist');
  const known: KnownSet = { info: infoOf(found.type), family: found.family };
  const entry = readEntry(kind, text, words, known, context);
  const exist = context.options.exist ? { exist: true } : {};
  return { kind: 'change', change: { kind, set, entry, ...exist }, warnings: [] };
}

function readEntry(
  kind: 'add' | 'del' | 'test',
  text: string,
  words: readonly string[],
  known: KnownSet,
  { names }: IpsetContext,
): IpSetRequest {
  try {
    const parts = readElement(text, known, names);
    const request = readExtensions(words, known.info[kind], parts);
    checkAllowed(kind, request, known);
    return request;
  } catch (error) {
    if (error instanceof WrongIcmp) return afterWrongIcmp(kind, known.info, words, error);
    throw error;
  }
}

/** The first error lost what was read and does not end the reading: the options come, and a second one. */
function afterWrongIcmp(
  kind: 'add' | 'del' | 'test',
  info: TypeInfo,
  words: readonly string[],
  error: IpsetFault,
): never {
  try {
    readExtensions(words, info[kind], {});
  } catch (second) {
    if (!(second instanceof IpsetFault) || second.hint) throw second;
    throw new IpsetFault(`${error.message}\n${second.message}`, 1, false, true);
  }
  if (info[kind].length === 0)
    return notAllowed(
      "There are missing mandatory flags but can't check them. It's a bug, please report the problem.",
    );
  throw new IpsetFault(
    `${error.message}\nInvalid ${kind} command: missing setname`,
    1,
    false,
    true,
  );
}

/** Forms of elements that a command does not take with a type. */
function checkAllowed(
  kind: 'add' | 'del' | 'test',
  request: IpSetRequest,
  { info, family }: KnownSet,
): void {
  const allowed: Allowed = kind === 'test' ? info.testAllows : info.addAllows;
  const refuse = (what: string): never =>
    notAllowed(
      `${what} is not allowed in command ${kind} with set type ${info.type} and family ${family}`,
    );
  if (request.cidr !== undefined && allowed.cidr !== true) refuse('IP/CIDR range');
  if (request.ipTo !== undefined && allowed.range !== true) refuse('FROM-TO IP range');
  if (request.portTo !== undefined && allowed.ports !== true) refuse('FROM-TO port range');
}
