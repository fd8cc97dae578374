// How a command ends. Documented in `sluice --help` and README.md.

/** Everything was done. */
export const EXIT_OK = 0;
/** The input has errors: a ruleset with diagnostics, a broken capture, a packet nobody can read. */
export const EXIT_INPUT = 1;
/** `diff` and `translate --prove`: a packet was found that the two rulesets treat differently. */
export const EXIT_DIFFERENT = 3;
/** The same two: none was found, but verdicts depend on something that cannot be evaluated. */
export const EXIT_UNSURE = 4;
/** The command line was not understood. */
export const EXIT_USAGE = 2;
/** A bug of sluice. */
export const EXIT_INTERNAL = 70;

/**
 * What a person did wrong, in a sentence; ends the command with `code`. The built command is several
 * scripts, each with this class of its own: they know each other's failures by the name.
 */
export class Failure extends Error {
  readonly code: number;
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'Failure';
  }
  constructor(message: string, code: number = EXIT_INPUT) {
    super(message);
    this.name = 'Failure';
    this.code = code;
  }
}

const ERRNO: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'is not in a directory',
  Z_BUF_ERROR: 'the gzip file ends too early',
  Z_DATA_ERROR: 'the gzip file is damaged',
};

/** Turns what node throws for a file into a sentence; other errors are bugs and stay. */
export function fileFailure(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  return new Failure(`${path}: ${ERRNO[code] ?? code}`);
}
