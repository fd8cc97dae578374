// `describe`: what an expression or a type of the language is (expr_describe and datatype_print in
// nftables' expression.c and datatype.c say the same).

import { allocate, Refused } from './2-check/index.ts';
import type { Expression } from './ast/index.ts';
import type { Diagnostic } from './diagnostics/index.ts';
import {
  classidType,
  DATATYPES,
  type Datatype,
  dateType,
  inetProtoType,
  nameOfProtocol,
  type SymbolTable,
} from './types/index.ts';

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
  for (let base = type.base; base !== undefined; base = base.base) names.push(base.desc);
  return names.length === 0 || names[0] === type.name ? '' : ` (basetype ${names.join(', ')})`;
}

const isText = (type: Datatype): boolean =>
  type.name === 'string' || (type.base !== undefined && isText(type.base));

function width(type: Datatype, bits: number): string {
  if (bits === 0) return '';
  return isText(type) ? `, ${bits / BITS_PER_CHARACTER} characters` : `, ${bits} bits`;
}

/** nft calls two types `time`; here one of them has a name of its own. */
const nameOf = (type: Datatype): string => (type === dateType ? 'time' : type.name);

const described = (type: Datatype, size: string): string =>
  `datatype ${nameOf(type)} (${type.desc})${bases(type)}${size}\n`;

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

/** Without a heading, as nft tells what the machine knows (inet_protocol_type_describe()). */
function protocols(): string {
  const lines: string[] = [];
  for (let number = 0; number < 256; number++) {
    const name = nameOfProtocol(number);
    if (name !== undefined) lines.push(`\t${name.padEnd(NAME_WIDTH)}\t${number}\n`);
  }
  return lines.join('');
}

/** Handles of traffic control have two words that nft knows when it reads them, and hides here. */
function words(type: Datatype, bits: number): string {
  if (type === inetProtoType) return protocols();
  if (type.symbols === undefined || type === classidType) return '';
  return constants(type.symbols, bits);
}

/** What `nft describe` prints, or what is wrong with the expression. */
export function describe(e: Expression): string | Diagnostic {
  const named = e.kind === 'symbol' && DATATYPES.find(({ name }) => name === e.name);
  if (named) return described(named, `, ${named.size} bits`) + words(named, named.size);
  try {
    const { type, len } = allocate(e);
    const bits = type.size || len;
    const text = described(type, width(type, bits)) + words(type, bits);
    return `${WORDS[e.kind] ?? e.kind} expression, ${text}`;
  } catch (thrown) {
    if (thrown instanceof Refused) return thrown.diagnostic;
    throw thrown;
  }
}
