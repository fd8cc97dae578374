/**
 * The nftables language. `compile` takes a ruleset or commands, in text or JSON, and gives the
 * batch that makes them true; `list` and its kin print a program back.
 */
import type { Batch, Program, SetElement } from '../program/index.ts';
import { type ParseResult, parse, type SourceLoader } from './1-parse/index.ts';
import { compileCommands } from './3-compile/index.ts';
import { decompile, type ListOptions, printRule } from './4-list/index.ts';
import type { Command } from './ast/index.ts';
import type { Diagnostic, Source } from './diagnostics/index.ts';
import { type Json, listingJson, type Metainfo, parseJson, stringifyJson } from './json/index.ts';
import { type Optimized, optimize } from './optimize/index.ts';
import type { Names } from './types/index.ts';

export { globPattern, isIdentifier, memoryLoader, type SourceLoader } from './1-parse/index.ts';
export {
  decompile,
  type ListOptions,
  listChain,
  listObject,
  listRule,
  listRuleset,
  listSet,
  listTable,
  NUMERIC,
  type NumberNames,
  printItem,
} from './4-list/index.ts';
export type { Collection, Command, Reference, TableDeclaration, TableItem } from './ast/index.ts';
export { describe } from './describe.ts';
export {
  type Diagnostic,
  formatDiagnostic,
  formatPlace,
  type Source,
} from './diagnostics/index.ts';
export { type JsonObject, stringifyJson } from './json/index.ts';
export type { Names } from './types/index.ts';
export { InterfaceIndexes } from './types/interfaces.ts';

export interface CompileOptions {
  /** The ruleset the commands will be applied to: what their references are looked up in. */
  readonly current?: Program;
  /** For `include`. */
  readonly loader?: SourceLoader;
  /** Directories searched for includes, as with nft -I. */
  readonly searchPath?: readonly string[];
  /** Variables, as with nft -D. */
  readonly defines?: Readonly<Record<string, string>>;
  /** Joins rules that differ only in values, as nft -o does; `merges` says which. */
  readonly optimize?: boolean;
  /** Names that only the system knows: interfaces, users, hosts. */
  readonly symbols?: Names;
}

export interface CompileResult {
  /** What was understood. Not to be applied if a diagnostic is an error: nft would not, either. */
  readonly batch: Batch;
  readonly diagnostics: readonly Diagnostic[];
  /** Rules that were joined into one. */
  readonly merges: readonly MergedRules[];
  /** Commands that change nothing (list, get, monitor …), in order, for the caller to answer. */
  readonly queries: readonly Command[];
  /** All texts read, included files as well: what the spans of diagnostics point into. */
  readonly sources: readonly Source[];
}

/** Rules that `optimize` joined: where they stood, and the one they became. */
export interface MergedRules {
  readonly rules: readonly Diagnostic['span'][];
  readonly into: string;
}

/**
 * Compiles rulesets and commands, one text or several in order, into one batch.
 *
 * @example
 * const { batch, diagnostics, sources } = compile({ name: 'rules.nft', text });
 * for (const d of diagnostics) print(formatDiagnostic(d, sources));
 */
export function compile(
  input: Source | readonly Source[],
  options: CompileOptions = {},
): CompileResult {
  const inputs = Array.isArray(input) ? (input as readonly Source[]) : [input as Source];
  const commands: Command[] = [];
  const diagnostics: Diagnostic[] = [];
  const sources: Source[] = [];
  for (const one of inputs) {
    const parsed = read(one, options);
    const shift = sources.length;
    // Not spread into push: a saved set may be a hundred thousand commands.
    for (const command of parsed.commands) {
      commands.push(shift === 0 ? command : shifted(command, shift));
    }
    diagnostics.push(...(shift === 0 ? parsed.diagnostics : shifted(parsed.diagnostics, shift)));
    sources.push(...parsed.sources);
  }
  const { commands: all, merges } = options.optimize ? optimize(commands) : asWritten(commands);
  const compiled = compileCommands(all, sources, options.current, options.symbols ?? {});
  return {
    ...compiled,
    diagnostics: [...diagnostics, ...compiled.diagnostics],
    merges: merges.map(({ rules, into }) => ({
      rules: rules.map(({ span }) => span),
      into: printRule(into, { stateless: true }),
    })),
    sources,
  };
}

const asWritten = (commands: readonly Command[]): Optimized => ({ commands, merges: [] });

/** No command of the language starts with a brace, so a text that does is JSON. */
const read = (source: Source, options: CompileOptions): ParseResult =>
  /^\s*\{/.test(source.text) ? parseJson(source) : parse(source, parseOptions(options));

function parseOptions({ loader, searchPath, defines }: CompileOptions) {
  return {
    ...(loader !== undefined && { loader }),
    ...(searchPath !== undefined && { searchPath }),
    ...(defines !== undefined && { defines }),
  };
}

/** Spans of a further text point into the joint list of sources. */
function shifted<T>(node: T, by: number): T {
  if (Array.isArray(node)) return node.map((item) => shifted(item, by)) as T;
  if (node === null || typeof node !== 'object') return node;
  const entries = Object.entries(node).map(([key, inner]) =>
    key === 'source' && typeof inner === 'number' && inner >= 0
      ? [key, inner + by]
      : [key, shifted(inner, by)],
  );
  return Object.fromEntries(entries) as T;
}

/** Commands that ask for single elements, or name them to be reset. */
type ElementQuery = Extract<Command, { kind: 'get' | 'reset' }>;

/** The elements that `get element` and `reset element` name, as keys of the set. */
export function elementsAskedFor(
  query: ElementQuery,
  sources: readonly Source[],
  options: CompileOptions,
): { readonly elements: readonly SetElement[]; readonly diagnostics: readonly Diagnostic[] } {
  const { object, span } = query;
  if (object.kind !== 'element') return { elements: [], diagnostics: [] };
  const compiled = compileCommands(
    [{ kind: 'delete', span, object }],
    sources,
    options.current,
    options.symbols ?? {},
  );
  const elements = compiled.batch.flatMap((change) =>
    change.op === 'delelem' ? (change.elements ?? []) : [],
  );
  return { elements, diagnostics: compiled.diagnostics };
}

/** One thing of a listing: `{"rule": {…}}` is kind `rule` and its fields. */
export type ListingFilter = (kind: string, fields: Readonly<Record<string, unknown>>) => boolean;

/** The ruleset as `nft -j list ruleset` prints it, on one line; `keep` chooses what of it. */
export function listJson(
  program: Program,
  info: Metainfo,
  options: ListOptions = {},
  keep: ListingFilter = () => true,
): string {
  const tables = decompile(program, { ...options, for: 'json' }).flatMap((command) =>
    command.object.kind === 'table' ? [command.object] : [],
  );
  return stringifyJson(kept(listingJson(tables, info), keep));
}

function kept(listing: Json, keep: ListingFilter): Json {
  if (listing === null || typeof listing !== 'object' || !('nftables' in listing)) return listing;
  const { nftables } = listing;
  if (!Array.isArray(nftables)) return listing;
  return { nftables: nftables.filter((entry: Json) => isWanted(entry, keep)) };
}

function isWanted(entry: Json, keep: ListingFilter): boolean {
  if (entry === null || typeof entry !== 'object') return true;
  return Object.entries(entry).every(([kind, fields]) => {
    const isOne = kind !== 'metainfo' && fields !== null && typeof fields === 'object';
    return !isOne || keep(kind, { ...fields });
  });
}
