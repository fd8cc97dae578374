// The words of a command to what it asks for, do_parse() of conntrack(8).

import { type Address, atoi, leadingNumber, maskText, readAddress, splitPort } from './address.ts';
import { ConntrackFault, OTHER_PROBLEM } from './fault.ts';
import { Getopt } from './getopt.ts';
import type { Labels } from './labels.ts';
import {
  ALLOWED,
  COMMANDS,
  type CommandName,
  checkOptions,
  halfPair,
  LONG_OPTIONS,
  longName,
  OPTION_NAMES,
  SHORT_OPTIONS,
} from './options.ts';
import { handlerOf, longOptionsOf, type ProtocolHandler } from './protocols.ts';
import {
  createTemplate,
  type Ends,
  type Output,
  type ParsedCommand,
  type Template,
} from './template.ts';
import { readEvents, readOutputs, readStatus } from './words.ts';

const TABLES = ['expect', 'conntrack', 'dying', 'unconfirmed'] as const;

/** The mask that a prefix sets. */
const MASK_OF: Readonly<Record<string, '{' | '}'>> = { s: '{', d: '}', '[': '{', ']': '}' };

/** Where the address of an option goes. */
const PLACES: Readonly<
  Record<string, readonly ['original' | 'reply' | 'mask' | 'expected', 'src' | 'dst']>
> = {
  s: ['original', 'src'],
  d: ['original', 'dst'],
  r: ['reply', 'src'],
  q: ['reply', 'dst'],
  '{': ['mask', 'src'],
  '}': ['mask', 'dst'],
  '[': ['expected', 'src'],
  ']': ['expected', 'dst'],
};

/** Commands that look at both families where none is given. */
const BOTH_FAMILIES: ReadonlySet<string> = new Set([
  'list',
  'update',
  'delete',
  'get',
  'flush',
  'event',
]);

class Parser {
  readonly #getopt: Getopt;
  readonly #labels: () => Labels;
  readonly #options = new Set<string>();
  readonly #protocolOptions = new Set<string>();
  readonly #template: Template = createTemplate();
  readonly #output = new Set<Output>();
  readonly #events = new Set<'new' | 'update' | 'destroy'>();
  readonly #warn: (text: string) => void;
  #command: CommandName | 'none' = 'none';
  #table: ParsedCommand['table'] = 'conntrack';
  #family: 'ip' | 'ip6' | undefined;
  #handler: ProtocolHandler | undefined;
  #bufferSize = 0;

  constructor(words: readonly string[], labels: () => Labels, warn: (text: string) => void) {
    this.#getopt = new Getopt(words, SHORT_OPTIONS, LONG_OPTIONS);
    this.#labels = labels;
    this.#warn = warn;
  }

  parse(): ParsedCommand {
    for (let found = this.#getopt.next(); found !== undefined; found = this.#getopt.next()) {
      if (found.kind === 'missing')
        throw new ConntrackFault(`option \`${found.word}' requires an argument`);
      if (found.kind === 'unknown') throw new ConntrackFault(`unknown option \`${found.word}'`);
      if (found.id in COMMANDS) this.#readCommand(found.id, found.value);
      else this.#readOption(found.id, found.value);
    }
    this.#check();
    const command = this.#command;
    const family = this.#family ?? (BOTH_FAMILIES.has(command) ? undefined : 'ip');
    return {
      command,
      table: this.#table,
      options: this.#options,
      family,
      template: this.#template,
      output: this.#output,
      events: this.#events,
      bufferSize: this.#bufferSize,
    };
  }

  #readCommand(letter: string, value: string | undefined): void {
    const table = this.#tableOf(value);
    this.#table = table;
    const odd = table === 'dying' || table === 'unconfirmed';
    if (odd && letter !== 'L')
      throw new ConntrackFault("Can't do that command with tables `dying' and `unconfirmed'");
    const command = COMMANDS[letter]![table === 'expect' ? 1 : 0];
    if (command === undefined)
      throw new ConntrackFault(`Can't do --${longName(letter)} on expectations`);
    if (this.#command !== 'none') throw new ConntrackFault('Invalid commands combination');
    this.#command = command;
  }

  /** A name may be shortened; one in the same word as the command says nothing. */
  #tableOf(value: string | undefined): ParsedCommand['table'] {
    if (value !== undefined) return 'conntrack';
    const name = this.#getopt.takeOperand();
    if (name === undefined) return 'conntrack';
    const table = TABLES.find((one) => one.startsWith(name));
    if (table === undefined) throw new ConntrackFault(`unknown type \`${name}'`);
    return table;
  }

  #readOption(id: string, value = ''): void {
    if (id.startsWith('proto ')) {
      const which = id.slice('proto '.length);
      this.#protocolOptions.add(which);
      this.#handler?.options[which]?.set(this.#template, value);
    } else if (id === 'a') {
      this.#warn('WARNING: ignoring -a, deprecated option.\n');
    } else {
      this.#options.add(id);
      this.#readers[id]?.(value);
    }
  }

  readonly #readers: Readonly<Record<string, (value: string) => void>> = {
    s: (value) => this.#address('s', value),
    d: (value) => this.#address('d', value),
    r: (value) => this.#address('r', value),
    q: (value) => this.#address('q', value),
    '{': (value) => this.#address('{', value),
    '}': (value) => this.#address('}', value),
    '[': (value) => this.#address('[', value),
    ']': (value) => this.#address(']', value),
    n: () => this.#nat('n'),
    g: () => this.#nat('g'),
    j: () => this.#nat('j'),
    p: (value) => this.#protocol(value),
    t: (value) => {
      this.#template.timeout = atoi(value) >>> 0;
    },
    u: (value) => this.#status(value),
    m: (value) => {
      const { value: mark, rest } = leadingNumber(value);
      const mask = rest.startsWith('/') ? leadingNumber(rest.slice(1)).value : -1;
      this.#template.mark = { value: mark >>> 0, mask: mask >>> 0 };
    },
    c: (value) => {
      this.#template.secmark = leadingNumber(value).value >>> 0;
    },
    i: (value) => {
      this.#template.id = leadingNumber(value).value >>> 0;
    },
    w: (value) => {
      this.#template.zone = leadingNumber(value).value & 0xffff;
    },
    '(': (value) => {
      this.#template.originalZone = leadingNumber(value).value & 0xffff;
    },
    ')': (value) => {
      this.#template.replyZone = leadingNumber(value).value & 0xffff;
    },
    f: (value) => {
      if (!/^ipv[46]/.test(value)) throw new ConntrackFault(`\`${value}' unsupported protocol`);
      this.#setFamily(value.startsWith('ipv4') ? 'ip' : 'ip6');
    },
    o: (value) => this.#outputs(value),
    e: (value) => {
      for (const kind of readEvents(value, this.#warn)) this.#events.add(kind);
    },
    b: (value) => {
      this.#bufferSize = atoi(value);
    },
    l: (value) => this.#label('l', value),
    '<': (value) => this.#label('<', value),
    '>': (value) => this.#label('>', value),
  };

  #setFamily(family: 'ip' | 'ip6'): void {
    if (this.#family !== undefined && this.#family !== family)
      throw new ConntrackFault('mismatched address family');
    this.#family = family;
  }

  #checked(id: string, value: string): Address {
    const address = readAddress(value);
    this.#setFamily(address.family);
    if (address.prefix !== undefined && MASK_OF[id] === undefined)
      throw new ConntrackFault(`CIDR notation unavailable for \`--${longName(id)}'`);
    if (address.prefix === -2) throw new ConntrackFault('Invalid netmask');
    return address;
  }

  #address(id: string, value: string): void {
    const { family, text, prefix } = this.#checked(id, value);
    this.#place(id, text);
    const mask = MASK_OF[id];
    if (prefix === undefined || mask === undefined) return;
    if (prefix === (family === 'ip' ? 32 : 128)) return;
    this.#options.add(mask);
    this.#place(mask, maskText(family, prefix));
  }

  #place(id: string, text: string): void {
    const [where, end] = PLACES[id]!;
    const ends: Ends = this.#template[where];
    ends[end] = text;
  }

  #nat(id: 'n' | 'g' | 'j'): void {
    const operand = this.#getopt.takeOperand();
    if (operand === undefined) return;
    const { address, port } = splitPort(operand);
    const { text } = this.#checked(id, address);
    const to = { address: text, ...(port === undefined ? {} : { port }) };
    if (id !== 'g') this.#template.snat = to;
    if (id !== 'n') this.#template.dnat = to;
  }

  #protocol(value: string): void {
    this.#handler = handlerOf(value);
    this.#template.protocol = this.#handler.protocol;
    this.#getopt.extend(longOptionsOf(this.#handler));
  }

  #status(value: string): void {
    const { status, mask } = readStatus(value, this.#warn);
    // A mask stays over several -u; without one, what the kernel is asked to compare is all named.
    const whole = this.#template.statusMask | mask;
    this.#template.status = status;
    this.#template.statusMask = whole === 0 ? status : whole;
  }

  #outputs(value: string): void {
    for (const output of readOutputs(value, this.#warn)) this.#output.add(output);
    if (this.#output.has('labels')) this.#labels();
    const others = [...this.#output].filter((one) => one !== 'save' && one !== 'userspace');
    if (this.#output.has('save') && others.length > 0)
      throw new ConntrackFault(
        'cannot combine save output with any other output type, use -o save only',
        OTHER_PROBLEM,
      );
  }

  #label(id: 'l' | '<' | '>', value: string): void {
    const labels = this.#labels();
    if (this.#options.has('<') && this.#options.has('>'))
      throw new ConntrackFault(
        'cannot use --label-add and --label-del at the same time',
        OTHER_PROBLEM,
      );
    const names = id === '>' ? this.#getopt.takeOperand() : value;
    if (names === undefined) return;
    const bits = names.split(',').map((name) => {
      const bit = labels.bitOf(name);
      if (bit === undefined) throw new ConntrackFault(`unknown label '${name}'`);
      return bit;
    });
    const key = id === 'l' ? 'labels' : 'labelsChanged';
    this.#template[key] = new Set([...(this.#template[key] ?? []), ...bits]);
  }

  #check(): void {
    const command = this.#command;
    const given = this.#options;
    if (given.has('j') && (given.has('n') || given.has('g')))
      throw new ConntrackFault("cannot specify `--src-nat' or `--dst-nat' with `--any-nat'");
    // Without a command, what holds for a listing holds.
    const allowed = ALLOWED[command === 'none' ? 'list' : command];
    const wrong = checkOptions(allowed, given, OPTION_NAMES);
    if (wrong !== undefined) throw new ConntrackFault(wrong);
    const half = halfPair(allowed.pairs ?? '', given);
    if (half === 0) throw new ConntrackFault("you have to specify `--src' and `--dst'");
    if (half === 1) throw new ConntrackFault("you have to specify `--reply-src' and `--reply-dst'");
    if (command !== 'help' && command !== 'none') this.#checkProtocol(command);
  }

  #checkProtocol(command: CommandName): void {
    const handler = this.#handler;
    if (handler === undefined) return;
    const allowed = handler.allowed[command] ?? {};
    const names = Object.fromEntries(
      Object.entries(handler.options).map(
        ([
          id,
          {
            names: [name = ''],
          },
        ]) => [id, name],
      ),
    );
    const wrong = checkOptions(allowed, this.#protocolOptions, names);
    if (wrong !== undefined) throw new ConntrackFault(wrong);
    const half = halfPair(allowed.pairs ?? '', this.#protocolOptions);
    if (half !== undefined) throw new ConntrackFault(handler.halves[half]);
  }
}

/**
 * @param labels the names of labels; asked only where they matter
 * @param warn takes what is said although the command goes on
 * @throws ConntrackFault
 */
export const parseCommand = (
  words: readonly string[],
  labels: () => Labels,
  warn: (text: string) => void,
): ParsedCommand => new Parser(words, labels, warn).parse();
