// Expressions of the syntax tree as text, spelt as `nft list` spells them.

import {
  type BinaryExpression,
  type ElementExpression,
  type Expression,
  type ExpressionHandlers,
  type IntegerExpression,
  type RelationalOperator,
  type SetExpression,
  type SymbolExpression,
  visitExpression,
} from '../ast/index.ts';
import { printStateful } from './text-statement.ts';
import { printTime } from './words.ts';

/** How statements inside elements are printed, and where element lists wrap. */
export interface TextOptions {
  readonly stateless?: boolean;
  readonly handles?: boolean;
}

/** Keys of meta that stand without the word. */
const UNQUALIFIED = new Set(['iif', 'oif', 'iifname', 'oifname', 'iifgroup', 'oifgroup']);

const printSymbol = (e: SymbolExpression): string => (e.form === 'word' ? e.name : `"${e.name}"`);

function printInteger(e: IntegerExpression): string {
  if (e.hexDigits === undefined) return String(e.value);
  return `0x${e.value.toString(16).padStart(e.hexDigits, '0')}`;
}

/** Binding strength; a weaker operand inside a stronger operator takes parentheses. */
const PRECEDENCE = { '<<': 1, '>>': 1, '&': 2, '^': 3, '|': 4 } as const;

function printOperand(parent: BinaryExpression, arg: Expression, o: TextOptions): string {
  const text = printExpression(arg, o);
  const weaker = arg.kind === 'binop' && PRECEDENCE[parent.op] < PRECEDENCE[arg.op];
  return weaker ? `(${text})` : text;
}

function printElement(e: ElementExpression, o: TextOptions): string {
  const parts = [printExpression(e.key, o)];
  const { options } = e;
  for (const statement of options?.statements ?? []) parts.push(printStateful(statement, o));
  if (options?.timeout === 'never') parts.push('timeout never');
  else if (options?.timeout !== undefined) parts.push(`timeout ${printTime(options.timeout)}`);
  if (options?.expires !== undefined && o.stateless !== true) {
    parts.push(`expires ${printTime(options.expires)}`);
  }
  if (options?.comment !== undefined) parts.push(`comment "${options.comment}"`);
  if (e.data !== undefined) parts.push(`: ${printExpression(e.data, o)}`);
  return parts.join(' ');
}

/** Elements of a set; with `perLine`, so many on a line, aligned below the first. */
export function printElements(e: SetExpression, o: TextOptions, perLine?: number): string {
  const texts = e.elements.map((element) => printElement(element, o));
  if (perLine === undefined) return `{ ${texts.join(', ')} }`;
  const lines: string[] = [];
  for (let i = 0; i < texts.length; i += perLine) {
    lines.push(texts.slice(i, i + perLine).join(', '));
  }
  return `{ ${lines.join(',\n\t\t\t     ')} }`;
}

const tunnelled = (tunnel: string | undefined, text: string): string =>
  tunnel === undefined ? text : `${tunnel} ${text}`;

const offset = (n: number): string => (n === 0 ? '' : ` offset ${n}`);
const family = (word: string | undefined): string => (word === undefined ? '' : `${word} `);

function printTcpOption(e: Extract<Expression, { kind: 'tcp option' }>): string {
  if (e.raw !== undefined) return `tcp option @${e.name},${e.raw.offset},${e.raw.len}`;
  return `tcp option ${e.name}${e.field === undefined ? '' : ` ${e.field}`}`;
}

/** A header without a field asks for presence: `exthdr frag exists`. */
const withField = (head: string, field: string | undefined): string =>
  field === undefined ? head : `${head} ${field}`;

const handlers: ExpressionHandlers<TextOptions, string> = {
  symbol: printSymbol,
  integer: printInteger,
  boolean: (e) => (e.value ? 'exists' : 'missing'),
  prefix: (e, o) => `${printExpression(e.addr, o)}/${e.len}`,
  range: (e, o) => `${printExpression(e.from, o)}-${printExpression(e.to, o)}`,
  concat: (e, o) => e.items.map((item) => printExpression(item, o)).join(' . '),
  list: (e, o) => e.items.map((item) => printExpression(item, o)).join(','),
  set: (e, o) => printElements(e, o),
  elem: printElement,
  catchall: () => '*',
  binop: (e, o) => `${printOperand(e, e.left, o)} ${e.op} ${printOperand(e, e.right, o)}`,
  map: (e, o) => `${printExpression(e.key, o)} map ${printExpression(e.mapping, o)}`,
  setref: (e) => `@${e.name}`,
  verdict: (e) => (e.target === undefined ? e.verdict : `${e.verdict} ${e.target.name}`),
  payload: (e) => tunnelled(e.tunnel, `${e.protocol} ${e.field}`),
  'payload raw': (e) => `@${e.base},${e.offset},${e.len}`,
  exthdr: (e) => (e.field === undefined ? `exthdr ${e.name}` : `${e.name} ${e.field}`),
  'tcp option': printTcpOption,
  'ip option': (e) => withField(`ip option ${e.name}`, e.field),
  'sctp chunk': (e) => withField(`sctp chunk ${e.name}`, e.field),
  'dccp option': (e) => `dccp option ${e.type}`,
  meta: (e) => (UNQUALIFIED.has(e.key) ? e.key : `meta ${e.key}`),
  ct: (e) => `ct ${family(e.dir)}${e.key}`,
  socket: (e) => (e.level === undefined ? `socket ${e.key}` : `socket ${e.key} level ${e.level}`),
  osf: (e) => `osf ${e.ttl === undefined ? '' : `ttl ${e.ttl} `}${e.key}`,
  fib: (e) => `fib ${e.flags.join(' . ')} ${e.result}`,
  rt: (e) => `rt ${family(e.family)}${e.key}`,
  ipsec: (e) =>
    `ipsec ${e.dir} ${e.spnum === 0 ? '' : `spnum ${e.spnum} `}${family(e.family)}${e.key}`,
  numgen: (e) => `numgen ${e.mode} mod ${e.mod}${offset(e.offset)}`,
  jhash: (e, o) =>
    `jhash ${printExpression(e.expr, o)} mod ${e.mod}` +
    `${e.seed === undefined ? '' : ` seed 0x${e.seed.toString(16)}`}${offset(e.offset)}`,
  symhash: (e) => `symhash mod ${e.mod}${offset(e.offset)}`,
  tunnel: (e) => `tunnel ${e.key}`,
};

/** One expression on one line. */
export const printExpression = (expr: Expression, options: TextOptions = {}): string =>
  visitExpression(handlers, expr, options);

/** `left op right`, the operator left out where it goes without saying. */
export function printMatch(
  op: RelationalOperator,
  left: Expression,
  right: Expression,
  o: TextOptions,
): string {
  const sign = op === 'implicit' ? ' ' : ` ${op} `;
  return `${printExpression(left, o)}${sign}${printExpression(right, o)}`;
}
