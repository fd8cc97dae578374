import type { Span } from './span.ts';

/** Another place that explains the first: where a name was defined, who includes a file. */
export interface Related {
  readonly span: Span;
  readonly message: string;
}

/** One thing wrong with an input. `code` is stable between versions, the sentence is not. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly span: Span;
  /** Starts in lower case, ends without a full stop. */
  readonly message: string;
  /** Why, or what to do about it. */
  readonly hint?: string;
  /** What probably was meant, ready to put in the place of the span. */
  readonly suggestion?: string;
  readonly related?: readonly Related[];
}

/** What a diagnostic may carry beyond its code, place and sentence. */
export interface Details {
  readonly hint?: string | undefined;
  readonly suggestion?: string | undefined;
  readonly related?: readonly Related[] | undefined;
}

function make(
  severity: Diagnostic['severity'],
  code: string,
  span: Span,
  message: string,
  details: Details,
): Diagnostic {
  const { hint, suggestion, related } = details;
  return {
    code,
    severity,
    span,
    message,
    ...(hint !== undefined && { hint }),
    ...(suggestion !== undefined && { suggestion }),
    ...(related !== undefined && { related }),
  };
}

/** For the catalogue's own functions: each of them names one code. */
export const error = (code: string, at: Span, message: string, details: Details = {}): Diagnostic =>
  make('error', code, at, message, details);

/** The same for what is kept in spite of it. */
export const warning = (
  code: string,
  at: Span,
  message: string,
  details: Details = {},
): Diagnostic => make('warning', code, at, message, details);
