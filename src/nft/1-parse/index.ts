import { type Command, NO_SPAN } from '../ast/index.ts';
import { badDefine, type Diagnostic, type Source } from '../diagnostics/index.ts';
import { commonItem, recovering } from './blocks.ts';
import { command } from './commands.ts';
import { ParseAbort, type ParseOptions, Parser } from './parser.ts';
import { badDefines, prelude } from './variables.ts';

export { isIdentifier } from './keywords.ts';
export type { ParseOptions } from './parser.ts';
export * as grammar from './protocols.ts';
export { globPattern, memoryLoader, type SourceLoader } from './source.ts';

export interface ParseResult {
  /** What could be read, in order; a block with errors inside is there without the lines they hit. */
  readonly commands: readonly Command[];
  /** Empty exactly if the whole input was understood. */
  readonly diagnostics: readonly Diagnostic[];
  /** All texts that were read, included files as well: what spans point into. */
  readonly sources: readonly Source[];
}

/**
 * Reads a ruleset or commands in the nftables language. Only the shape is checked: names of tables
 * and values of fields are the business of `check`. Never throws, however the input looks.
 *
 * @example
 * const { commands, diagnostics, sources } = parse('add table inet filter');
 * for (const d of diagnostics) print(formatDiagnostic(d, sources));
 */
export function parse(input: string | Source, options: ParseOptions = {}): ParseResult {
  const main = typeof input === 'string' ? { name: '<input>', text: input } : input;
  const sources: Source[] = [main];
  const p = new Parser(sources, options);
  const commands: Command[] = [];
  try {
    begin(p);
    while (!p.is('eof')) recovering(p, () => item(p, commands));
  } catch (stop) {
    if (!(stop instanceof ParseAbort)) throw stop;
  }
  return { commands, diagnostics: p.diagnostics, sources };
}

/** Variables given by options are read first, as nft reads those of -D. */
function begin(p: Parser): void {
  const defines = p.options.defines ?? {};
  const bad = badDefines(defines);
  for (const name of bad) {
    p.report(badDefine(NO_SPAN, name));
  }
  const first = bad.length === 0 ? prelude(defines) : undefined;
  if (first !== undefined) {
    p.sources.push(first);
    p.scan.include(p.sources.length - 1, first.text);
  }
  p.scan.advance();
}

function item(p: Parser, commands: Command[]): void {
  if (p.accept('newline') || p.accept(';')) return;
  if (commonItem(p)) return;
  commands.push(command(p));
  p.separator();
  // Only inside a block may a brace end a line.
  if (p.is('}')) p.fail('<command>');
}
