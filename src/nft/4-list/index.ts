/**
 * Listing: programs read back into the syntax tree, and the tree as text, as `nft list` of
 * nftables 1.1 writes it. The decompiler follows what nft does with the kernel's answer: types are
 * recovered from context, protocol matches that a later match implies are left out.
 *
 * @example
 * listRuleset(program, { handles: true });
 * listRule(rule, table); // "tcp dport 22 accept"
 */
import type { Program, Rule as ProgramRule, Table } from '../../program/index.ts';
import type { AddCommand, Rule, TableItem } from '../ast/index.ts';
import type { ListOptions } from './options.ts';
import { decompileRule } from './rule.ts';
import { programCommands, tableDeclaration } from './tables.ts';
import { printTable } from './text-declaration.ts';
import { printRule } from './text-statement.ts';
import type { ValueContext } from './values.ts';

export { type ListOptions, NUMERIC, type NumberNames } from './options.ts';
export { type DeclarationOptions, printItem, printTable } from './text-declaration.ts';
export { printExpression, type TextOptions } from './text-expression.ts';
export { printRule, printStatement } from './text-statement.ts';

/** `for: 'json'` writes values as JSON has them: times in seconds, not `1m30s`. */
export interface DecompileOptions extends ListOptions {
  readonly for?: 'text' | 'json';
}

const contextOf = (options: DecompileOptions): ValueContext => ({
  options,
  json: options.for === 'json',
});

/** The commands that would make the program, one per table. */
export const decompile = (
  program: Program,
  options: DecompileOptions = {},
): readonly AddCommand[] => programCommands(program, contextOf(options));

/** One rule of a table of the program; sets and chains that only it uses are inside. */
export const decompileOneRule = (
  rule: ProgramRule,
  table: Table,
  options: DecompileOptions = {},
): Rule => decompileRule(rule, table, contextOf(options));

/** `nft list ruleset` */
export const listRuleset = (program: Program, options: ListOptions = {}): string =>
  program.tables.map((table) => listTable(table, options)).join('');

/** `nft list table` */
export const listTable = (table: Table, options: ListOptions = {}): string =>
  printTable(tableDeclaration(table, contextOf(options)), options);

/** What a listing shows of one thing: its table around it, and nothing else. */
function listOnly(table: Table, options: ListOptions, only: (item: TableItem) => boolean): string {
  const { flags: _flags, comment: _comment, ...rest } = tableDeclaration(table, contextOf(options));
  return printTable({ ...rest, flags: [] }, options, only);
}

/** `nft list chain` */
export const listChain = (table: Table, name: string, options: ListOptions = {}): string =>
  listOnly(table, options, (item) => item.kind === 'chain' && item.name.name === name);

/** `nft list set`, `nft list map` */
export const listSet = (table: Table, name: string, options: ListOptions = {}): string =>
  listOnly(
    table,
    options,
    (item) => (item.kind === 'set' || item.kind === 'map') && item.name.name === name,
  );

/** `nft list counter`, `nft list ct helper` … */
export const listObject = (
  table: Table,
  kind: TableItem['kind'],
  name: string,
  options: ListOptions = {},
): string => listOnly(table, options, (item) => item.kind === kind && item.name.name === name);

/** A rule on one line, without its handle unless that is asked for. */
export const listRule = (rule: ProgramRule, table: Table, options: ListOptions = {}): string =>
  printRule(decompileRule(rule, table, contextOf(options)), options);
