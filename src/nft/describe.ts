// `describe`: what an expression or a type of the language is (expr_describe and datatype_print in
// nftables' expression.c and datatype.c say the same).

import { allocate, Refused } from './2-check/index.ts';
import type { Expression } from './ast/index.ts';
import type { Diagnostic } from './diagnostics/index.ts';
import { DATATYPES, type Datatype, type SymbolTable } from './types/index.ts';

const BITS_PER_CHARACTER = 8;
const NAME_WIDTH = 30;
const DECIMAL_WIDTH = 20;

/** Kinds of the syntax tree that nft calls by another name. */
const WORDS: Readonly<Record<string, string>> = {
  'payload raw': 'payload',
  'tcp option': 'exthdr',
  'ip option': 'exthdr',
  'sctp chunk': 'exthdr',
  'dccp option': 'exthdr',
  ipsec: 'xfrm',
  jhash: 'hash',
  symhash: 'hash',
  integer: 'value',
};

function bases(type: Datatype): string {
  const names: string[] = [];
  for (let base = type.base; base !== undefined; base = base.base) names.push(base.name);
  return names.length === 0 || names[0] === type.name ? '' : ` (basetype ${names.join(', ')})`;
}

const isText = (type: Datatype): boolean =>
  type.name === 'string' || (type.base !== undefined && isText(type.base));

function width(type: Datatype, bits: number): string {
  if (bits === 0) return '';
  return isText(type) ? `, ${bits / BITS_PER_CHARACTER} characters` : `, ${bits} bits`;
}

const described = (type: Datatype, bits: number): string =>
  `datatype ${type.name} (${type.desc})${bases(type)}${width(type, bits)}\n`;

function constants(table: SymbolTable, bits: number): string {
  const hexadecimal = table.radix === 16;
  const digits = Math.ceil(bits / 8) * 2;
  const lines = table.names.map(([name, value]) => {
    const number = hexadecimal
      ? `0x${value.toString(16).padStart(digits, '0')}`
      : String(value).padStart(DECIMAL_WIDTH);
    return `\t${name.padEnd(NAME_WIDTH)}\t${number}\n`;
  });
  const head = `pre-defined symbolic constants (in ${hexadecimal ? 'hexadecimal' : 'decimal'}):`;
  return `\n${head}\n${lines.join('')}`;
}

const withConstants = (type: Datatype, bits: number): string =>
  described(type, bits) + (type.symbols === undefined ? '' : constants(type.symbols, bits));

/** What `nft describe` prints, or what is wrong with the expression. */
export function describe(e: Expression): string | Diagnostic {
  const named = e.kind === 'symbol' && DATATYPES.find(({ name }) => name === e.name);
  if (named) return withConstants(named, named.size);
  try {
    const { type, len } = allocate(e);
    return `${WORDS[e.kind] ?? e.kind} expression, ${withConstants(type, type.size || len)}`;
  } catch (thrown) {
    if (thrown instanceof Refused) return thrown.diagnostic;
    throw thrown;
  }
}
