import type { Span } from '../ast/index.ts';
import { type Details, type Diagnostic, error } from '../diagnostics/index.ts';

/**
 * Carries a diagnostic out of the depth of an expression to the command it belongs to. It never
 * leaves this folder: `check` catches it, so that the next command is still looked at.
 */
export class Refused extends Error {
  readonly diagnostic: Diagnostic;

  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
  }
}

export function refuse(code: string, at: Span, message: string, details: Details = {}): never {
  throw new Refused(error(code, at, message, details));
}

export function refuseWith(diagnostic: Diagnostic): never {
  throw new Refused(diagnostic);
}

/** Runs a step; a refusal goes on the list and gives undefined. */
export function attempt<T>(diagnostics: Diagnostic[], step: () => T): T | undefined {
  try {
    return step();
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown;
    diagnostics.push(thrown.diagnostic);
    return undefined;
  }
}
