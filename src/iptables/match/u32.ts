// u32: numbers out of the packet (libxt_u32.c).
//
//   tests    = test { "&&" test }
//   test     = location "=" range { "," range }
//   location = number { ( "&" | "<<" | ">>" | "@" ) number }
//   range    = number [ ":" number ]

import type { U32Info, U32Step, U32Test, XtRange } from '../../program/index.ts';
import { bangWord, extension, flagText, hexText, IP_FAMILIES, wrong } from '../extension/index.ts';

import { u32Nft } from './u32-nft.ts';

/** XT_U32_MAXSIZE: steps of a location, ranges and tests. */
const MAX = 10;

const OPERATORS = { '&': 'and', '<<': 'lshift', '>>': 'rshift', '@': 'at' } as const;
const SYMBOLS = { load: '', and: '&', lshift: '<<', rshift: '>>', at: '@' } as const;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #skip(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  take(...symbols: readonly string[]): string | undefined {
    this.#skip();
    const found = symbols.find((one) => this.#text.startsWith(one, this.#at));
    this.#at += found?.length ?? 0;
    return found;
  }

  get ended(): boolean {
    this.#skip();
    return this.#at >= this.#text.length;
  }

  /** strtoul with base 0 */
  number(): number {
    this.#skip();
    const digits = /^(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)/.exec(this.#text.slice(this.#at))?.[0];
    if (digits === undefined) return wrong(`a number is missing in "${this.#text}" at ${this.#at}`);
    this.#at += digits.length;
    const octal = /^0[0-7]+$/.test(digits);
    const value = octal ? Number.parseInt(digits, 8) : Number(digits);
    return value > 0xffffffff ? wrong(`number ${digits} is above 32 bits`) : value;
  }
}

function location(reader: Reader): readonly U32Step[] {
  const steps: U32Step[] = [{ op: 'load', number: reader.number() }];
  for (;;) {
    const symbol = reader.take('&&', '<<', '>>', '&', '@', '=') as
      | keyof typeof OPERATORS
      | '='
      | '&&'
      | undefined;
    if (symbol === '=') return steps;
    if (symbol === undefined || symbol === '&&') return wrong('a location ends with =');
    steps.push({ op: OPERATORS[symbol], number: reader.number() });
    if (steps.length > MAX) wrong(`a location has at most ${MAX} numbers`);
  }
}

function ranges(reader: Reader): readonly XtRange[] {
  const values: XtRange[] = [];
  do {
    const min = reader.number();
    const max = reader.take(':') === undefined ? min : reader.number();
    values.push({ min, max });
    if (values.length > MAX) wrong(`a test has at most ${MAX} ranges`);
  } while (reader.take(',') !== undefined);
  return values;
}

function testsIn([word = '']: readonly string[]): readonly U32Test[] {
  const reader = new Reader(word);
  const tests: U32Test[] = [];
  do {
    const steps = location(reader);
    tests.push({ steps, values: ranges(reader) });
    if (tests.length > MAX) wrong(`there are at most ${MAX} tests`);
  } while (reader.take('&&') !== undefined);
  return reader.ended ? tests : wrong('tests are joined by &&');
}

const stepText = ({ op, number }: U32Step): string => `${SYMBOLS[op]}${hexText(number)}`;

const valueText = ({ min, max }: XtRange): string =>
  min === max ? hexText(min) : `${hexText(min)}:${hexText(max)}`;

const testText = ({ steps, values }: U32Test): string =>
  `${steps.map(stepText).join('')}=${values.map(valueText).join(',')}`;

export const u32 = extension<U32Info>({
  kind: 'match',
  name: 'u32',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'u32',
      parse: testsIn,
      negatable: true,
      mandatory: true,
      about: 'tests  of 32-bit numbers in the packet',
    },
  ],
  build: (given) => ({
    invert: given.negated('u32'),
    tests: given.value<readonly U32Test[]>('u32') ?? [],
  }),
  save: ({ invert, tests }) => `${flagText('u32', invert)} "${tests.map(testText).join('&&')}"`,
  translate: (info, cx) => (cx.exact ? u32Nft(info, cx) : undefined),
  list: ({ invert, tests }) => `u32 ${bangWord(invert)}"${tests.map(testText).join('&&')}"`,
});
