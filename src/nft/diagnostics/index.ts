/**
 * The catalogue of everything that can be wrong with a ruleset: one function per stable code, in
 * `syntax.ts` (said by `1-parse` and the JSON reader) and `semantic.ts` (said by `2-check`), and
 * the printer for people. Bad input is a `Diagnostic`, never an exception.
 */
export { type Details, type Diagnostic, error, type Related } from './diagnostic.ts';
export { formatDiagnostic, formatPlace, type Position, positionOf, type Source } from './render.ts';
export * from './semantic.ts';
export { editDistance, nearest } from './suggest.ts';
export * from './syntax.ts';
