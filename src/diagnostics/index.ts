/**
 * What is wrong with an input, where, and how a person is shown it. Each language keeps the
 * catalogue of its own mistakes; this is the form they share.
 */
export { type Details, type Diagnostic, error, type Related, warning } from './diagnostic.ts';
export { formatDiagnostic, formatPlace, type Position, positionOf, type Source } from './render.ts';
export { NO_SPAN, type Span } from './span.ts';
export { editDistance, nearest } from './suggest.ts';
