/**
 * The JSON form of the language, libnftables-json(5), both ways. Reading gives the same commands as
 * the parser, so everything after is shared; writing is a renaming of the tree. For a listing hand
 * `listingJson` the tables that `4-list` made for JSON: there, values have their JSON form (times in
 * seconds, marks as numbers) and each match its operator.
 *
 * Beyond libnftables: a chain without a name is `{"jump": {"rules": [{"expr": […]}]}}`, and the
 * level of `socket cgroupv2` is kept.
 */

import type { ParseResult } from '../1-parse/index.ts';
import type { Command, TableDeclaration } from '../ast/index.ts';
import {
  badJson,
  type Diagnostic,
  type Source,
  tooDeep,
  tooManyErrors,
} from '../diagnostics/index.ts';
import { readCommand } from './read-commands.ts';
import { asArray, asObject, need, ReadFailure } from './reader.ts';
import { type Json, type JsonNode, JsonSyntaxError, MAX_DEPTH, parseJsonText } from './text.ts';
import { commandJson } from './write-commands.ts';
import { flattened, type WriteOptions } from './write-declarations.ts';

export { type Json, type JsonObject, stringifyJson } from './text.ts';
export type { WriteOptions } from './write-declarations.ts';
export { expressionJson, type WriteContext } from './write-expressions.ts';
export { statementJson, statementsJson } from './write-statements.ts';

const MAX_ERRORS = 10;

/**
 * Reads commands or a listing in JSON: `{"nftables": [ … ]}`. Never throws, however the input
 * looks; an entry that is wrong is reported and left out.
 */
export function parseJson(input: string | Source): ParseResult {
  const main = typeof input === 'string' ? { name: '<input>', text: input } : input;
  const diagnostics: Diagnostic[] = [];
  const commands = entries(main.text, diagnostics).flatMap((node) => one(node, diagnostics));
  return { commands, diagnostics, sources: [main] };
}

/** The entries of the array, or none if the text is something else. */
function entries(text: string, diagnostics: Diagnostic[]): readonly JsonNode[] {
  try {
    return asArray(need(asObject(parseJsonText(text, 0)), 'nftables'));
  } catch (failure) {
    diagnostics.push(reason(failure));
    return [];
  }
}

function reason(failure: unknown): Diagnostic {
  if (failure instanceof ReadFailure) return failure.diagnostic;
  if (!(failure instanceof JsonSyntaxError)) throw failure;
  const { code, span, message } = failure;
  return code === 'nesting_too_deep' ? tooDeep(span, MAX_DEPTH) : badJson(span, message);
}

function one(node: JsonNode, diagnostics: Diagnostic[]): Command[] {
  if (diagnostics.length > MAX_ERRORS) return [];
  try {
    const command = readCommand(node);
    return command === undefined ? [] : [command];
  } catch (failure) {
    const full = diagnostics.length === MAX_ERRORS;
    diagnostics.push(full ? tooManyErrors(node.span, MAX_ERRORS) : reason(failure));
    return [];
  }
}

/** What stands at the head of a listing. */
export interface Metainfo {
  readonly version: string;
  readonly releaseName: string;
}

/** Commands as libnftables takes them. */
export const commandsJson = (commands: readonly Command[], options: WriteOptions = {}): Json => ({
  nftables: commands.flatMap((command) => commandJson(command, options)),
});

/** A ruleset as `nft -j list ruleset` prints it. */
export function listingJson(
  tables: readonly TableDeclaration[],
  info: Metainfo,
  options: WriteOptions = {},
): Json {
  const metainfo = {
    version: info.version,
    release_name: info.releaseName,
    json_schema_version: 1,
  };
  const listed = { defaultHandle: 0, listing: true, ...options };
  return {
    nftables: [{ metainfo }, ...tables.flatMap((table) => flattened(table, listed))],
  };
}
