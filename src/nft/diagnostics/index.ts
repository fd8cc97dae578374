/**
 * The catalogue of everything that can be wrong with a ruleset: one function per stable code, in
 * `syntax.ts` (said by `1-parse` and the JSON reader) and `semantic.ts` (said by `2-check`). Bad
 * input is a `Diagnostic`, never an exception.
 */
export {
  type Details,
  type Diagnostic,
  editDistance,
  error,
  formatDiagnostic,
  formatPlace,
  nearest,
  type Position,
  positionOf,
  type Related,
  type Source,
} from '../../diagnostics/index.ts';
export * from './semantic.ts';
export * from './syntax.ts';
